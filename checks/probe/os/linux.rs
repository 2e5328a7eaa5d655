//! The socket's error queue and the kernel's view of a connection, both without privileges.

#![expect(unsafe_code, reason = "the error queue and TCP_INFO have no safe binding")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_ptr_alignment,
    reason = "sizes of small structs fit socklen_t, and CMSG_DATA is read unaligned"
)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsRawFd, RawFd};

use socket2::Socket;
use tokio::net::TcpStream;

use crate::{Icmp, TcpState};

/// Asks the kernel to keep ICMP errors with their sender. If it refuses, the evidence simply
/// stays without them.
pub(crate) fn keep_icmp_errors(socket: &Socket, v6: bool) {
    let (level, option) = if v6 {
        (libc::IPPROTO_IPV6, libc::IPV6_RECVERR)
    } else {
        (libc::IPPROTO_IP, libc::IP_RECVERR)
    };
    let on: libc::c_int = 1;
    // SAFETY: the pointer and the length are those of a live c_int.
    unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            (&raw const on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        );
    }
}

/// The ICMP error waiting on the socket, if any.
pub(crate) fn icmp_error(stream: &TcpStream) -> Option<Icmp> {
    let fd = stream.as_raw_fd();
    let mut control = [0_u64; 64];
    let mut payload = [0_u8; 64];
    let mut iov = libc::iovec { iov_base: payload.as_mut_ptr().cast(), iov_len: payload.len() };
    // SAFETY: all-zero is a valid `msghdr`.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut iov;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = size_of_val(&control) as _;
    // SAFETY: `message` points at live buffers with their true lengths.
    let n = unsafe { libc::recvmsg(fd, &raw mut message, libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT) };
    if n < 0 {
        return None;
    }
    // SAFETY: `message` was filled in by the kernel; the macros stay inside `control`.
    let mut header = unsafe { libc::CMSG_FIRSTHDR(&raw const message) };
    while !header.is_null() {
        // SAFETY: `header` is a control message inside `control`.
        let found = unsafe { icmp_of(header) };
        if found.is_some() {
            return found;
        }
        // SAFETY: as above.
        header = unsafe { libc::CMSG_NXTHDR(&raw const message, header) };
    }
    None
}

/// # Safety
/// `header` must point at a control message the kernel wrote.
unsafe fn icmp_of(header: *const libc::cmsghdr) -> Option<Icmp> {
    // SAFETY: by the caller's promise.
    let about = unsafe { header.read_unaligned() };
    let v6 = match (about.cmsg_level, about.cmsg_type) {
        (libc::IPPROTO_IP, libc::IP_RECVERR) => false,
        (libc::IPPROTO_IPV6, libc::IPV6_RECVERR) => true,
        _ => return None,
    };
    // SAFETY: a control message of this kind holds a `sock_extended_err` and, behind it, the
    // address of the sender.
    let (error, offender) = unsafe {
        let data = libc::CMSG_DATA(header).cast::<libc::sock_extended_err>();
        (data.read_unaligned(), data.add(1).cast::<libc::sockaddr>())
    };
    let icmp =
        error.ee_origin == libc::SO_EE_ORIGIN_ICMP || error.ee_origin == libc::SO_EE_ORIGIN_ICMP6;
    if !icmp {
        return None;
    }
    // SAFETY: the kernel writes a sockaddr of the socket's family, or AF_UNSPEC, there.
    let sender = unsafe { address(offender) };
    Some(Icmp { v6, kind: error.ee_type, code: error.ee_code, sender })
}

/// # Safety
/// `at` must point at a sockaddr with the room its family needs.
unsafe fn address(at: *const libc::sockaddr) -> Option<IpAddr> {
    // SAFETY: by the caller's promise.
    match i32::from(unsafe { at.read_unaligned() }.sa_family) {
        libc::AF_INET => {
            // SAFETY: the family says it is a `sockaddr_in`.
            let v4 = unsafe { at.cast::<libc::sockaddr_in>().read_unaligned() };
            Some(Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr)).into())
        }
        libc::AF_INET6 => {
            // SAFETY: the family says it is a `sockaddr_in6`.
            let v6 = unsafe { at.cast::<libc::sockaddr_in6>().read_unaligned() };
            Some(Ipv6Addr::from(v6.sin6_addr.s6_addr).into())
        }
        _ => None,
    }
}

/// What the kernel knows of the connection.
pub(crate) fn tcp_state(stream: &TcpStream) -> Option<TcpState> {
    tcp_state_of(stream.as_raw_fd())
}

/// As [`tcp_state`], for a stream that something else holds at the moment.
fn tcp_state_of(fd: RawFd) -> Option<TcpState> {
    let mut raw = [0_u8; 256];
    let mut length = raw.len() as libc::socklen_t;
    // SAFETY: the pointer and the length are those of a live buffer; the kernel writes at most
    // `length` bytes. A number that is no socket gives an error, not a fault.
    let code = unsafe {
        libc::getsockopt(
            fd,
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            raw.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if code != 0 {
        return None;
    }
    parse(&raw[..raw.len().min(length as usize)])
}

/// The layout of `struct tcp_info` in linux/tcp.h: eight bytes of small fields, 24 words, then
/// 64-bit counters. It only ever grows at the end.
fn parse(raw: &[u8]) -> Option<TcpState> {
    let word = |index: usize| {
        let at = 8 + 4 * index;
        raw.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes)
    };
    let long = |at: usize| raw.get(at..at + 8)?.try_into().ok().map(u64::from_ne_bytes);
    Some(TcpState {
        retransmits: u32::from(*raw.get(2)?),
        total_retransmits: word(23)?,
        unacknowledged: word(4)?,
        bytes_acknowledged: long(120),
        bytes_received: long(128),
        round_trip_us: word(15)?,
    })
}
