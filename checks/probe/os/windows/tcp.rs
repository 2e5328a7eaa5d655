//! Winsock's control codes for TCP: how often a SYN is sent, and the system's view of a connection.

#![expect(unsafe_code, reason = "WSAIoctl has no safe binding")]

use std::os::windows::io::AsRawSocket;

use socket2::Socket;
use tokio::net::TcpStream;
use windows_sys::Win32::Networking::WinSock::{
    INVALID_SOCKET, SIO_TCP_INFO, SIO_TCP_INITIAL_RTO, SOCKET, TCP_INFO_v0,
    TCP_INITIAL_RTO_PARAMETERS, TCPSTATE_SYN_RCVD, TCPSTATE_SYN_SENT, WSAIoctl,
};

use crate::TcpState;

/// `TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS` of mstcpip.h, `((UCHAR) -2)`. The binding has it as a
/// 16-bit number, which does not fit the field.
const NO_SYN_RETRANSMISSIONS: u8 = 0xfe;

/// `TCP_INITIAL_RTO_UNSPECIFIED_RTT` of mstcpip.h, `((USHORT) -1)`: the system's own first guess.
const UNSPECIFIED_RTT: u16 = 0xffff;

/// Makes a refusal end the attempt at once: the SYN is sent once only, while Windows else sends it
/// again after a refusal and so takes two seconds for it. Returns whether the system agreed; before
/// Windows 8.1 it does not know the number. A lost SYN is not repeated either, so that silence says
/// nothing.
pub(crate) fn refuse_at_once(socket: &Socket) -> bool {
    let wanted = TCP_INITIAL_RTO_PARAMETERS {
        Rtt: UNSPECIFIED_RTT,
        MaxSynRetransmissions: NO_SYN_RETRANSMISSIONS,
    };
    // SAFETY: the structure is the one that this code reads, and it answers with nothing.
    unsafe { control::<_, ()>(raw(socket), SIO_TCP_INITIAL_RTO, &wanted) }.is_some()
}

/// What the system knows of the connection (Windows 10 1703 and later).
pub(crate) fn tcp_state(stream: &TcpStream) -> Option<TcpState> {
    let version: u32 = 0;
    // SAFETY: the code reads the version of the structure, and answers version 0 with this one,
    // which holds integers and a C `BOOLEAN` that the system sets to 0 or 1.
    let info: TCP_INFO_v0 = unsafe { control(raw(stream), SIO_TCP_INFO, &version) }?;
    Some(state_of(&info))
}

fn raw(socket: &impl AsRawSocket) -> SOCKET {
    // A handle that does not fit would be none of this system's.
    SOCKET::try_from(socket.as_raw_socket()).unwrap_or(INVALID_SOCKET)
}

/// One control call. `None` if the system refuses it or answers with another length.
///
/// # Safety
/// `code` must be one that reads an `I` and writes an `O` of which every pattern it may write is
/// valid.
unsafe fn control<I, O: Default>(socket: SOCKET, code: u32, given: &I) -> Option<O> {
    let mut answer = O::default();
    let mut written = 0;
    // SAFETY: pointers and lengths are those of live values, and nothing is overlapped, so that
    // the call is over when it returns. A handle that is no socket gives an error, not a fault.
    let failed = unsafe {
        WSAIoctl(
            socket,
            code,
            std::ptr::from_ref(given).cast(),
            u32::try_from(size_of::<I>()).ok()?,
            (&raw mut answer).cast(),
            u32::try_from(size_of::<O>()).ok()?,
            &raw mut written,
            std::ptr::null_mut(),
            None,
        )
    };
    (failed == 0 && written as usize == size_of::<O>()).then_some(answer)
}

/// In the terms of Linux, as the reports have them.
fn state_of(info: &TCP_INFO_v0) -> TcpState {
    let segments = |bytes: u32| bytes.div_ceil(info.Mss.max(1));
    let connecting = matches!(info.State, TCPSTATE_SYN_SENT | TCPSTATE_SYN_RCVD);
    let syn = u32::from(info.SynRetrans);
    // The documents do not say whether bytes that were sent again count twice in `BytesOut`. As
    // long as none were, it does not matter; the SYN counts as one, as on Linux.
    let certain = info.BytesRetrans == 0 && !connecting;
    let acknowledged = info.BytesOut.saturating_sub(info.BytesInFlight.into()) + 1;
    TcpState {
        // Of a segment of data it is not told.
        retransmits: if connecting { syn } else { 0 },
        total_retransmits: syn + segments(info.BytesRetrans),
        unacknowledged: segments(info.BytesInFlight),
        bytes_acknowledged: certain.then_some(acknowledged),
        bytes_received: Some(info.BytesIn),
        round_trip_us: info.RttUs,
    }
}

#[cfg(test)]
mod tests {
    use windows_sys::Win32::Networking::WinSock::TCPSTATE_ESTABLISHED;

    use super::*;

    fn info() -> TCP_INFO_v0 {
        TCP_INFO_v0 {
            State: TCPSTATE_ESTABLISHED,
            Mss: 1460,
            BytesOut: 517,
            RttUs: 41_000,
            ..TCP_INFO_v0::default()
        }
    }

    #[test]
    fn a_greeting_that_arrived_is_acknowledged() {
        let state = state_of(&info());
        assert_eq!((state.bytes_acknowledged, state.unacknowledged), (Some(518), 0));
        assert_eq!((state.total_retransmits, state.round_trip_us), (0, 41_000));
    }

    #[test]
    fn after_a_repeat_nothing_is_said_of_acknowledgements() {
        let state = state_of(&TCP_INFO_v0 { BytesInFlight: 517, BytesRetrans: 1551, ..info() });
        assert_eq!((state.bytes_acknowledged, state.unacknowledged), (None, 1));
        assert_eq!(state.total_retransmits, 2);
    }

    #[test]
    fn a_syn_that_was_repeated_shows_while_connecting_and_after() {
        let connecting = TCP_INFO_v0 { State: TCPSTATE_SYN_SENT, SynRetrans: 1, ..info() };
        assert_eq!(state_of(&connecting).retransmits, 1);
        let connected = state_of(&TCP_INFO_v0 { SynRetrans: 1, ..info() });
        assert_eq!((connected.retransmits, connected.total_retransmits), (0, 1));
    }
}
