// A text that names a hub: a link, an address or a host, whole or damaged.

use hublink_checks::frame::{Case, Check, judge};
use hublink_checks::link::{Inspection, Link, inspect, make};

/// The most that the evidence of one link may take in a report, in bytes: a text of 2 kB, its parts
/// and its repair, each perhaps escaped.
const EVIDENCE: usize = 256 * 1024;

/// Reads the input and holds what was read to what every report relies on.
pub(crate) fn inspected(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let seen = inspect(&text);
    let case = Case::default();
    let causes = judge(Link::CAUSES, &seen, &case);
    let saved = serde_json::to_string(&seen).expect("plain data");
    assert!(saved.len() < EVIDENCE, "{} bytes of evidence", saved.len());
    let again: Inspection = serde_json::from_str(&saved).expect("the same shape");
    assert_eq!(again, seen, "a saved report is the same report");
    assert_eq!(judge(Link::CAUSES, &again, &case), causes, "and is judged the same");
    if let Some(hub) = &seen.hub {
        // Wherever the address came from: a link for it can be made, and reads back.
        let link = make(&hub.url(""), None);
        if let Ok(link) = link {
            let back = inspect(&link);
            assert_eq!(back.signature_matches, Some(true), "{link}");
            assert_eq!(back.hub.map(|back| back.url("")), Some(hub.url("")), "{link}");
        }
    }
}
