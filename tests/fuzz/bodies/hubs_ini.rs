// A hubs.ini as anybody may hand it out, read and judged.

use std::sync::Arc;

use hublink_checks::frame::{Case, Check, Origin, Source, Target, judge};
use hublink_checks::hubs_file::{HubsFile, Reading};
use hublink_checks::link::inspect;

/// The most that the evidence of one file may take in a report, in bytes.
const EVIDENCE: usize = 1024 * 1024;

/// Reads the input and holds what was read to what every report relies on.
pub(crate) fn read(data: &[u8]) {
    let seen = Reading::of_bytes("hubs.ini", data);
    let case = Case::default();
    let causes = judge(HubsFile::CAUSES, &seen, &case);
    let saved = serde_json::to_string(&seen).expect("plain data");
    assert!(saved.len() < EVIDENCE, "{} bytes of evidence", saved.len());
    let again: Reading = serde_json::from_str(&saved).expect("the same shape");
    assert_eq!(judge(HubsFile::CAUSES, &again, &case), causes, "a saved report is judged the same");
    let read = Arc::new(seen);
    for hub in read.hubs() {
        let source = Source { kind: Origin::File, file: None, line: Some(hub.line) };
        let text = Some(inspect(hub.raw()));
        let target = Target { name: String::new(), source, file: Some(Arc::clone(&read)), text };
        let told = target.hub().map(|hub| hub.url(""));
        assert!(told.is_none_or(|url| !url.contains(char::is_control)), "an address is one line");
    }
}
