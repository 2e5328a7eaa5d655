//! What the standard library does not tell: one file or folder per system, and the only unsafe code.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::{fail_at_size_limit, getaddrinfo};

/// Elsewhere there is no such limit.
#[cfg(not(unix))]
pub(crate) fn fail_at_size_limit() {}

#[cfg(target_os = "linux")]
pub(crate) use linux::{icmp_error, keep_icmp_errors, tcp_state};
#[cfg(windows)]
pub(crate) use windows::{
    ChainHow, adapter_domains, ask_script, chain_verdict, computer, console_programs, follow_codes,
    login_packages, name_rules, refuse_at_once, secure_dns, signed_on_user, system_proxies,
    tcp_state,
};

#[cfg(not(target_os = "linux"))]
mod silent {
    use socket2::Socket;
    use tokio::net::TcpStream;

    use crate::Icmp;

    /// This system does not tell; the evidence stays without it.
    pub(crate) fn keep_icmp_errors(_: &Socket, _: bool) {}

    pub(crate) fn icmp_error(_: &TcpStream) -> Option<Icmp> {
        None
    }

    #[cfg(not(windows))]
    pub(crate) fn tcp_state(_: &TcpStream) -> Option<crate::TcpState> {
        None
    }
}
#[cfg(not(any(target_os = "linux", windows)))]
pub(crate) use silent::tcp_state;
#[cfg(not(target_os = "linux"))]
pub(crate) use silent::{icmp_error, keep_icmp_errors};

/// Whether a refusal ends an attempt at once, so that the time it took tells the distance. It does
/// so everywhere but on Windows.
#[cfg(not(windows))]
pub(crate) fn refuse_at_once(_: &socket2::Socket) -> bool {
    true
}

/// The Documents known folder, which `OneDrive` and company policies move elsewhere.
#[cfg(windows)]
pub(crate) fn documents() -> Option<std::path::PathBuf> {
    dirs::document_dir()
}

/// The Desktop known folder, which moves as the other does.
#[cfg(windows)]
pub(crate) fn desktop() -> Option<std::path::PathBuf> {
    dirs::desktop_dir()
}

/// Desktop runs on Windows alone, so nowhere else is there a place it reads from.
#[cfg(not(windows))]
pub(crate) fn documents() -> Option<std::path::PathBuf> {
    None
}

/// Nowhere else does a window come and go with a program.
#[cfg(not(windows))]
pub(crate) fn desktop() -> Option<std::path::PathBuf> {
    None
}

/// Nowhere else does the system log in at a hub.
#[cfg(not(windows))]
pub(crate) fn login_packages() -> Option<std::sync::Arc<dyn crate::login::Packages>> {
    None
}

#[cfg(not(windows))]
pub(crate) fn signed_on_user() -> Option<String> {
    None
}

/// Nowhere else is there anything to read of Desktop.
#[cfg(not(windows))]
pub(crate) fn computer(_: Option<&std::path::Path>) -> Option<crate::Computer> {
    None
}

#[cfg(not(windows))]
pub(crate) fn console_programs() -> u32 {
    0
}

/// Terminals elsewhere know the codes.
#[cfg(not(windows))]
pub(crate) fn follow_codes() -> bool {
    true
}

/// Only Windows has settings for proxies beside the environment that this program reads.
#[cfg(not(windows))]
pub(crate) fn system_proxies() -> Option<crate::SystemProxies> {
    None
}

/// Rules for certain names that this program can read are a thing of Windows.
#[cfg(not(windows))]
pub(crate) fn name_rules() -> Vec<crate::NameRule> {
    Vec::new()
}

#[cfg(not(windows))]
pub(crate) fn adapter_domains() -> Vec<crate::AdapterDomain> {
    Vec::new()
}

#[cfg(not(windows))]
pub(crate) fn secure_dns() -> Option<crate::SecureDns> {
    None
}

/// The system's look-up through the standard library, which keeps the Winsock number.
#[cfg(not(unix))]
pub(crate) fn getaddrinfo(
    host: &str,
) -> Result<Vec<std::net::IpAddr>, (crate::FailureKind, Option<i32>)> {
    use std::net::ToSocketAddrs;

    use crate::{Failure, Operation};

    match (host, 0).to_socket_addrs() {
        Ok(found) => Ok(found.map(|address| address.ip()).collect()),
        Err(error) => {
            let failure = Failure::from_io(Operation::Lookup, &error);
            Err((failure.kind, failure.code))
        }
    }
}
