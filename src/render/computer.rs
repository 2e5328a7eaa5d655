//! What a Windows computer says of itself, in a few lines.

use hublink_probe::{Computer, Documents, Encryption, Registered, System};

use super::words::bounded;
use crate::report::Report;

/// The longest value.
const VALUE: usize = 200;

/// What is known, each with a label; nothing of other systems, and nothing that is not known.
#[must_use]
pub fn this_computer(report: &Report) -> Vec<(&'static str, String)> {
    let Some(computer) = report.environment.computer.as_deref() else { return Vec::new() };
    let lines = [
        ("Windows", (computer.system != System::default()).then(|| computer.system.to_string())),
        ("Desktop", Some(desktop(computer))),
        ("Links open", opener(&computer.links.effective)),
        ("Documents", documents(&computer.documents)),
        ("Browser", computer.browser.default.map(|kind| kind.label().to_owned())),
        ("Browser rules", rules(computer)),
        ("Encryption settings", encryption(&computer.encryption)),
        (
            "Computer and user",
            computer.membership.computer_in.map(|_| computer.membership.to_string()),
        ),
    ];
    let told = lines.into_iter().filter_map(|(label, value)| Some((label, value?)));
    told.map(|(label, value)| (label, bounded(&value, VALUE))).collect()
}

/// The version of Desktop, or that it was not found.
pub(crate) fn desktop(computer: &Computer) -> String {
    let desktop = &computer.desktop;
    match (desktop.is_installed(), desktop.version(), desktop.other_users) {
        (true, Some(version), _) => format!("{version} is installed"),
        (true, None, _) => "installed".to_owned(),
        (false, _, Some(1..)) => "installed for another user only".to_owned(),
        (false, ..) => "not found for this user".to_owned(),
    }
}

/// The program that opens links, or that none does.
pub(crate) fn opener(registered: &Registered) -> Option<String> {
    let found = match registered {
        Registered::Unknown => return None,
        Registered::Absent => return Some("nothing".to_owned()),
        Registered::As(found) => found,
    };
    Some(match &found.program {
        Some(program) if program.exists == Some(false) => format!("{} (gone)", program.path),
        Some(program) if found.for_links => program.path.clone(),
        Some(program) => format!("nothing ({} is registered for something else)", program.path),
        None => "nothing".to_owned(),
    })
}

fn documents(documents: &Documents) -> Option<String> {
    let folder = documents.folder.as_ref()?;
    Some(match (documents.in_one_drive, documents.moved) {
        (Some(true), _) => format!("{folder} (in OneDrive)"),
        (_, Some(true)) => format!("{folder} (moved)"),
        _ => folder.clone(),
    })
}

fn rules(computer: &Computer) -> Option<String> {
    let policies = computer.browser.policies.iter();
    let told: Vec<String> = policies
        .map(|one| {
            let count = |lines: usize, own: &[String]| match own {
                [] => lines.to_string(),
                own => format!("{lines} ({})", own.join(", ")),
            };
            let blocked = count(one.blocked_lines, &one.blocked);
            let allowed = count(one.allowed_lines, &one.allowed);
            let (browser, scope) = (one.browser.label(), one.scope.label());
            let unasked = if one.opens_unasked { ", opens links unasked" } else { "" };
            format!("{browser} for {scope}: {blocked} blocked, {allowed} allowed{unasked}")
        })
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// What is set, with the names and numbers of the registry; nothing where all is as Windows has it.
fn encryption(set: &Encryption) -> Option<String> {
    let mut told = Vec::new();
    let mut tell = |name: &str, value: Option<u32>| {
        told.extend(value.map(|value| format!("{name} {value:#x}")));
    };
    for one in &set.versions {
        tell(&format!("{} Enabled", one.version), one.enabled);
        tell(&format!("{} DisabledByDefault", one.version), one.disabled_by_default);
    }
    tell("WinHTTP", set.winhttp);
    tell("WinHTTP (32 bits)", set.winhttp_32);
    tell("Internet options", set.wininet);
    for one in &set.dotnet {
        let name = format!(".NET {} ({} bits)", one.runtime, one.bits);
        tell(&format!("{name} SchUseStrongCrypto"), one.strong_crypto);
        tell(&format!("{name} SystemDefaultTlsVersions"), one.system_default);
    }
    tell("DisableRootAutoUpdate", set.root_update_disabled);
    (!told.is_empty()).then(|| told.join(", "))
}

#[cfg(test)]
mod tests {
    use hublink_probe::{ProgramFile, Registration, VersionSwitch};

    use super::*;

    #[test]
    fn what_opens_links_is_told() {
        let told = |exists, for_links| {
            let (path, version, maker) = ("C:\\q.exe".to_owned(), None, None);
            let program = Some(ProgramFile { path, exists, version, maker });
            opener(&Registered::As(Registration { for_links, program, hands_over: true }))
        };
        assert_eq!(told(Some(true), true).as_deref(), Some("C:\\q.exe"));
        assert_eq!(told(Some(false), true).as_deref(), Some("C:\\q.exe (gone)"));
        assert!(told(None, false).is_some_and(|text| text.starts_with("nothing (C:\\q.exe")));
        assert_eq!(opener(&Registered::Absent).as_deref(), Some("nothing"));
        assert_eq!(opener(&Registered::Unknown), None);
    }

    #[test]
    fn only_what_is_set_is_told() {
        assert_eq!(encryption(&Encryption::default()), None);
        let version = "TLS 1.2".to_owned();
        let one = VersionSwitch { version, enabled: Some(0), disabled_by_default: None };
        let set = Encryption { versions: vec![one], winhttp: Some(0xa0), ..Encryption::default() };
        assert_eq!(encryption(&set).as_deref(), Some("TLS 1.2 Enabled 0x0, WinHTTP 0xa0"));
    }
}
