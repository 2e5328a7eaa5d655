//! What programs are told that leave encryption to the system.

use super::registry::Root;
use crate::{DotNet, Encryption, VersionSwitch};

const VERSIONS: [&str; 4] = ["TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"];

const SCHANNEL: &str = "SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols";

/// The rest of a path below either view of the machine's settings.
const WINHTTP: &str = "Microsoft\\Windows\\CurrentVersion\\Internet Settings\\WinHttp";

const WININET: &str = "Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings";

/// The two views of the machine's settings, and for programs of how many bits each is.
const VIEWS: [(u8, &str); 2] = [(64, "SOFTWARE"), (32, "SOFTWARE\\WOW6432Node")];

const RUNTIMES: [&str; 2] = ["v4.0.30319", "v2.0.50727"];

const ROOTS: &str = "SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\AuthRoot";

pub(super) fn encryption() -> Encryption {
    let winhttp = VIEWS.map(|(_, view)| {
        Root::Machine.number(&format!("{view}\\{WINHTTP}"), "DefaultSecureProtocols")
    });
    let runtimes = RUNTIMES.into_iter().flat_map(|runtime| VIEWS.map(|view| (runtime, view)));
    Encryption {
        versions: VERSIONS.into_iter().filter_map(switch).collect(),
        winhttp: winhttp[0],
        winhttp_32: winhttp[1],
        wininet: Root::User.number(WININET, "SecureProtocols"),
        dotnet: runtimes
            .filter_map(|(runtime, (bits, view))| dotnet(runtime, bits, view))
            .collect(),
        root_update_disabled: Root::Machine.number(ROOTS, "DisableRootAutoUpdate"),
    }
}

fn switch(version: &str) -> Option<VersionSwitch> {
    let path = format!("{SCHANNEL}\\{version}\\Client");
    let (enabled, disabled_by_default) =
        (Root::Machine.number(&path, "Enabled"), Root::Machine.number(&path, "DisabledByDefault"));
    (enabled.is_some() || disabled_by_default.is_some()).then(|| VersionSwitch {
        version: version.to_owned(),
        enabled,
        disabled_by_default,
    })
}

fn dotnet(runtime: &str, bits: u8, view: &str) -> Option<DotNet> {
    let path = format!("{view}\\Microsoft\\.NETFramework\\{runtime}");
    let (strong_crypto, system_default) = (
        Root::Machine.number(&path, "SchUseStrongCrypto"),
        Root::Machine.number(&path, "SystemDefaultTlsVersions"),
    );
    (strong_crypto.is_some() || system_default.is_some()).then(|| DotNet {
        runtime: runtime.to_owned(),
        bits,
        strong_crypto,
        system_default,
    })
}
