//! How Windows' own encryption is set, beside what our handshake showed.
//!
//! rustls does not read those settings, and which encryption Desktop has is not known: so a hub that
//! this tool reaches may be out of reach for Desktop.

use hublink_probe::{Computer, Encryption, TLS_1_2_AND_1_3};

use super::Evidence;
use crate::frame::{Case, Proof, ProofLine, Severity};

/// Where the switches of the versions stand.
const SCHANNEL: &str = "SCHANNEL\\Protocols";

/// Programs that leave encryption to Windows cannot reach the hub, or may not.
pub(super) fn switched_off(e: &Evidence, case: &Case) -> Option<Proof> {
    let computer = case.facts.computer.as_deref()?;
    let agreed = e.handshake.version.as_deref().filter(|_| e.handshake.completed())?;
    let off = for_every_program(computer, agreed);
    let older = for_some_programs(&computer.encryption, agreed);
    let severity = if off.is_some() { Severity::Degrades } else { Severity::Informs };
    let proof = off
        .into_iter()
        .chain(older)
        .reduce(|all, one| Proof { lines: [all.lines, one.lines].concat(), ..all })?;
    let settings: Vec<String> = proof.lines.iter().map(setting).collect();
    let proof = proof.value("settings", settings.join("; "));
    let proof = proof.and("this tool, which has its own encryption, agreed on", shown(agreed));
    Some(proof.and("Windows", &computer.system).severity(severity))
}

/// A setting, what it is and what it should be.
fn setting(line: &ProofLine) -> String {
    match &line.expected {
        Some(expected) => format!("{} is {} (should be {expected})", line.at, line.seen),
        None => format!("{} is {}", line.at, line.seen),
    }
}

/// As people write it.
fn shown(agreed: &str) -> &str {
    match agreed {
        "TLSv1_2" => "TLS 1.2",
        "TLSv1_3" => "TLS 1.3",
        other => other,
    }
}

/// TLS 1.2 is switched off, and TLS 1.3 does not take its place. A server that agreed on 1.2 has
/// no 1.3: it would have been taken.
fn for_every_program(computer: &Computer, agreed: &str) -> Option<Proof> {
    let set = &computer.encryption;
    let older = set.version("TLS 1.2").filter(|switch| switch.is_off())?;
    let newer = set.version("TLS 1.3");
    let lacks_1_3 = match newer {
        Some(switch) if switch.is_off() => true,
        // Before Windows had it, it could be switched on to be tried.
        Some(switch) if switch.enabled.is_some() => false,
        _ => computer.system.has_tls_1_3() == Some(false),
    };
    if agreed != "TLSv1_2" && !lacks_1_3 {
        return None;
    }
    let place = format!("{SCHANNEL}\\{}\\Client › Enabled", older.version);
    let proof = Proof::default().compared(place, "1, or not set", 0);
    Some(match newer.and_then(|switch| switch.enabled) {
        Some(value) => proof.and(format!("{SCHANNEL}\\TLS 1.3\\Client › Enabled"), value),
        None => proof,
    })
}

/// Settings that matter only to programs that do not say what they want.
fn for_some_programs(set: &Encryption, agreed: &str) -> Vec<Proof> {
    let mut found = Vec::new();
    let mut unlike = |at: String, expected: &str, value: u32| {
        found.push(Proof::default().compared(at, expected, value));
    };
    for switch in &set.versions {
        let matters = shown(agreed) == switch.version;
        if let Some(value) =
            switch.disabled_by_default.filter(|_| matters && switch.is_off_by_default())
        {
            let at = format!("{SCHANNEL}\\{}\\Client › DisabledByDefault", switch.version);
            unlike(at, "0, or not set", value);
        }
    }
    let lists = [
        ("WinHttp › DefaultSecureProtocols", set.winhttp),
        ("WinHttp › DefaultSecureProtocols (32 bits)", set.winhttp_32),
        ("Internet options › SecureProtocols", set.wininet),
    ];
    for (at, value) in lists {
        // 0 leaves the choice to Windows.
        if let Some(value) = value.filter(|&value| value != 0 && value & TLS_1_2_AND_1_3 == 0) {
            unlike(at.to_owned(), "0x800 for TLS 1.2 in it", value);
        }
    }
    for one in set.dotnet.iter().filter(|one| one.system_default != Some(1)) {
        if one.strong_crypto == Some(0) {
            let at =
                format!(".NETFramework\\{} › SchUseStrongCrypto ({} bits)", one.runtime, one.bits);
            unlike(at, "1, or not set", 0);
        }
    }
    found
}

/// What Windows does with a version that a server has alone.
pub(super) fn with_switch(case: &Case, version: &str, proof: Proof) -> Proof {
    let set = case.facts.computer.as_deref().map(|computer| &computer.encryption);
    let Some(switch) = set.and_then(|set| set.version(version)) else { return proof };
    let seen = match (switch.is_off(), switch.is_off_by_default()) {
        (true, _) => "switched off: programs that use it cannot connect either",
        (false, true) => "only for programs that ask for it",
        (false, false) => "switched on: programs that use it may connect",
    };
    proof.and(format!("{version} in Windows' own encryption"), seen)
}

#[cfg(test)]
mod tests {
    use hublink_probe::{Connect, DotNet, Handshake, VersionSwitch};

    use super::*;
    use crate::frame::Facts;

    fn switch(version: &str, enabled: Option<u32>, by_default: Option<u32>) -> VersionSwitch {
        VersionSwitch { version: version.into(), enabled, disabled_by_default: by_default }
    }

    fn told(agreed: &str, build: u32, encryption: Encryption) -> Option<Severity> {
        let connect = Connect {
            to: ([10, 1, 2, 3], 443).into(),
            from: None,
            failure: None,
            icmp: None,
            state: None,
            took_ms: 1.0,
        };
        let mut handshake = Handshake::of(connect, "sense.corp.test");
        (handshake.failure, handshake.version) = (None, Some(agreed.to_owned()));
        let mut computer = Computer { encryption, ..Computer::default() };
        computer.system.build = Some(build);
        let computer = Some(Box::new(computer));
        let case = Case::new(Facts { computer, ..Facts::default() });
        switched_off(&Evidence::of(handshake), &case).map(|proof| proof.severity.expect("one"))
    }

    fn versions(versions: Vec<VersionSwitch>) -> Encryption {
        Encryption { versions, ..Encryption::default() }
    }

    const TEN: u32 = 19_045;
    const ELEVEN: u32 = 22_631;

    #[test]
    fn a_version_is_missed_only_if_none_takes_its_place() {
        let off = || versions(vec![switch("TLS 1.2", Some(0), None)]);
        assert_eq!(told("TLSv1_2", ELEVEN, off()), Some(Severity::Degrades));
        assert_eq!(told("TLSv1_3", TEN, off()), Some(Severity::Degrades));
        assert_eq!(told("TLSv1_3", ELEVEN, off()), None);
        let both =
            versions(vec![switch("TLS 1.2", Some(0), None), switch("TLS 1.3", Some(0), None)]);
        assert_eq!(told("TLSv1_3", ELEVEN, both), Some(Severity::Degrades));
        let tried =
            versions(vec![switch("TLS 1.2", Some(0), None), switch("TLS 1.3", Some(1), None)]);
        assert_eq!(told("TLSv1_3", TEN, tried), None);
    }

    #[test]
    fn what_is_on_or_not_set_is_no_fault() {
        assert_eq!(told("TLSv1_2", TEN, Encryption::default()), None);
        let on = vec![
            switch("TLS 1.2", Some(1), Some(0)),
            switch("TLS 1.2", Some(0xffff_ffff), None),
            switch("TLS 1.0", Some(0), Some(1)),
        ];
        assert_eq!(told("TLSv1_2", TEN, versions(on)), None);
        let lists = Encryption {
            winhttp: Some(0xa00),
            winhttp_32: Some(0x2000),
            wininet: Some(0xa80),
            ..Encryption::default()
        };
        assert_eq!(told("TLSv1_2", TEN, lists), None);
    }

    #[test]
    fn what_only_some_programs_follow_informs() {
        let by_default = versions(vec![switch("TLS 1.2", Some(1), Some(1))]);
        assert_eq!(told("TLSv1_2", TEN, by_default.clone()), Some(Severity::Informs));
        assert_eq!(told("TLSv1_3", ELEVEN, by_default), None);
        let old = Encryption { winhttp: Some(0xa0), ..Encryption::default() };
        assert_eq!(told("TLSv1_2", TEN, old), Some(Severity::Informs));
        let net = |strong, system| {
            let one = DotNet {
                runtime: "v4.0.30319".into(),
                bits: 64,
                strong_crypto: strong,
                system_default: system,
            };
            told("TLSv1_2", TEN, Encryption { dotnet: vec![one], ..Encryption::default() })
        };
        assert_eq!(net(Some(0), None), Some(Severity::Informs));
        assert_eq!(
            (net(Some(0), Some(1)), net(Some(1), None), net(None, None)),
            (None, None, None)
        );
    }
}
