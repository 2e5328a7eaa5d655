//! Commands that a person can paste: values of a run in them, and nothing that a shell would obey.

use super::cause::{Verification, Verify};
use super::judge::filled;
use super::{Case, Proof, Severity};
use crate::hubs_file::HubsFile;

/// The commands of a cause with this run's values.
///
/// A hole without a value that every shell reads as it stands stays a hole. A command with one is
/// told only if there is no other.
pub(super) fn verified(
    commands: &[Verify],
    id: &str,
    severity: Severity,
    proof: &Proof,
    case: &Case,
) -> Vec<Verification> {
    let value = |hole: &str| {
        let value = proof.values.get(hole).cloned().or_else(|| of_case(hole, case))?;
        quoted(&value)
    };
    let command = |verify: &Verify| Verification {
        command: filled(verify.command, value),
        expect: expected(verify, id, severity),
    };
    let all: Vec<Verification> = commands.iter().map(command).collect();
    let whole: Vec<_> = all.iter().filter(|one| !one.command.contains('<')).cloned().collect();
    if whole.is_empty() { all } else { whole }
}

/// What a command does once the cause `id` is gone: the rest of "it …".
#[must_use]
pub fn expected(verify: &Verify, id: &str, severity: Severity) -> String {
    match (verify.expect, severity) {
        ("", Severity::Blocks) => "says READY".to_owned(),
        ("", Severity::Degrades | Severity::Informs) => format!("does not name {id} any more"),
        (expect, _) => expect.to_owned(),
    }
}

fn of_case(hole: &str, case: &Case) -> Option<String> {
    let hub = case.facts.hub.as_ref();
    let file = || case.of::<HubsFile>().map(|reading| reading.path.clone());
    match hole {
        "host" => hub.map(|hub| hub.host.clone()),
        "port" => hub.map(|hub| hub.port.to_string()),
        "hub" => hub.map(|hub| hub.url("")).or_else(file),
        "hubs.ini or hub" => file().or_else(|| hub.map(|hub| hub.url(""))),
        _ => None,
    }
}

/// A word that every shell reads as it stands, in quotes if need be; `None` for one that is no
/// honest name of a hub, a file or a server.
#[must_use]
pub fn quoted(word: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/[]~".contains(c);
    let in_quotes = |c: char| c.is_alphanumeric() || "-_.:/[]~\\ ()".contains(c);
    if word.is_empty() || word.starts_with('-') || word.chars().count() > 300 {
        None
    } else if word.chars().all(plain) {
        Some(word.to_owned())
    } else if word.chars().all(in_quotes) && !word.ends_with('\\') {
        Some(format!("\"{word}\""))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_pasted() {
        assert_eq!(quoted("https://a.test:1/x").as_deref(), Some("https://a.test:1/x"));
        assert_eq!(quoted("D:\\Old PC\\hubs.ini").as_deref(), Some("\"D:\\Old PC\\hubs.ini\""));
        for bad in ["a;b", "$(x)", "`x`", "a\"b", "-o", "a\nb", "%x%", "a&b", ""] {
            assert_eq!(quoted(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn what_a_shell_would_obey_stays_out() {
        let look_up = [Verify { command: "nslookup <host> <server>", expect: "names it" }];
        let proof = |server: &str| Proof::default().value("host", "a.test").value("server", server);
        let command = |server: &str| {
            let all =
                verified(&look_up, "dns/x", Severity::Blocks, &proof(server), &Case::default());
            all[0].command.clone()
        };
        assert_eq!(command("10.0.0.53"), "nslookup a.test 10.0.0.53");
        assert_eq!(command("1.1.1.1; reboot"), "nslookup a.test <server>");
    }
}
