//! `getaddrinfo` with its code, which the standard library throws away on Unix, and a signal.

#![expect(
    unsafe_code,
    reason = "getaddrinfo has no safe binding that keeps its code, nor has signal"
)]

use std::ffi::CString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::FailureKind;

/// A write beyond the size that files may have (`ulimit -f`) then fails with `EFBIG`, as a full disk
/// does with its own number; otherwise the system ends the program in the middle of it.
pub(crate) fn fail_at_size_limit() {
    // SAFETY: to ignore a signal installs no handler, so no code of ours runs at an odd time.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Looks a name up; the error is the normalised kind and the `EAI_` code.
pub(crate) fn getaddrinfo(host: &str) -> Result<Vec<IpAddr>, (FailureKind, Option<i32>)> {
    match look_up(host, libc::AI_ADDRCONFIG) {
        // Addresses of a family that this computer has no address of were left out. Where there
        // are no others, the name is in order and the computer lacks the family.
        Err((FailureKind::NoData, _)) => look_up(host, 0),
        outcome => outcome,
    }
}

fn look_up(host: &str, flags: i32) -> Result<Vec<IpAddr>, (FailureKind, Option<i32>)> {
    let name = CString::new(host).map_err(|_| (FailureKind::Invalid, None))?;
    // SAFETY: all-zero is a valid `addrinfo`: null pointers and zero numbers.
    let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
    hints.ai_socktype = libc::SOCK_STREAM;
    hints.ai_flags = flags;
    let mut list: *mut libc::addrinfo = std::ptr::null_mut();
    // SAFETY: `name` is a C string that outlives the call, `hints` is initialised, `list` is a
    // place for the result.
    let code = unsafe {
        libc::getaddrinfo(name.as_ptr(), std::ptr::null(), &raw const hints, &raw mut list)
    };
    if code != 0 {
        return Err((kind(code), Some(code)));
    }
    let mut addresses = Vec::new();
    let mut next = list;
    while !next.is_null() {
        // SAFETY: `next` is a node of the list getaddrinfo made, which is freed only below.
        let node = unsafe { &*next };
        if let Some(address) = address(node)
            && !addresses.contains(&address)
        {
            addresses.push(address);
        }
        next = node.ai_next;
    }
    // SAFETY: `list` came from getaddrinfo and is freed once.
    unsafe { libc::freeaddrinfo(list) };
    Ok(addresses)
}

fn address(node: &libc::addrinfo) -> Option<IpAddr> {
    if node.ai_addr.is_null() {
        return None;
    }
    match node.ai_family {
        libc::AF_INET => {
            // SAFETY: for AF_INET the address is a `sockaddr_in`; it may be unaligned for us.
            let v4 = unsafe { node.ai_addr.cast::<libc::sockaddr_in>().read_unaligned() };
            Some(Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr)).into())
        }
        libc::AF_INET6 => {
            // SAFETY: for AF_INET6 the address is a `sockaddr_in6`; it may be unaligned for us.
            let v6 = unsafe { node.ai_addr.cast::<libc::sockaddr_in6>().read_unaligned() };
            Some(Ipv6Addr::from(v6.sin6_addr.s6_addr).into())
        }
        _ => None,
    }
}

fn kind(code: i32) -> FailureKind {
    match code {
        libc::EAI_NONAME => FailureKind::NameNotFound,
        libc::EAI_AGAIN => FailureKind::TryAgain,
        #[cfg(target_os = "linux")]
        libc::EAI_NODATA => FailureKind::NoData,
        _ => FailureKind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_needs_no_name_server() {
        assert_eq!(getaddrinfo("127.0.0.1"), Ok(vec![Ipv4Addr::LOCALHOST.into()]));
    }

    #[test]
    fn a_name_with_a_nul_byte_is_refused_before_the_system_sees_it() {
        assert_eq!(getaddrinfo("a\0b"), Err((FailureKind::Invalid, None)));
    }
}
