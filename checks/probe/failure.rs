//! What went wrong, by type and number. One table for all systems.

use std::fmt;
use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A failure of the network or of a file: the normalised kind beside the raw number.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Failure {
    /// What was attempted.
    pub operation: Operation,
    /// The normalised kind.
    pub kind: FailureKind,
    /// The system's number: errno, WSA code or `EAI_` code; of a proxy its HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
}

impl Failure {
    /// A failure without a number of the system, such as our own time limit.
    #[must_use]
    pub fn of(operation: Operation, kind: FailureKind) -> Self {
        Self { operation, kind, code: None }
    }

    /// The kind and the number, for a text that already says what was attempted.
    #[must_use]
    pub fn what(&self) -> String {
        match self.code {
            Some(code) => format!("{} ({code})", self.kind.label()),
            None => self.kind.label().to_owned(),
        }
    }

    /// Classifies an error of the system by its number, else by its type.
    #[must_use]
    pub fn from_io(operation: Operation, error: &io::Error) -> Self {
        let code = error.raw_os_error();
        let kind = code.map_or_else(|| by_type(error.kind()), by_number);
        Self { operation, kind, code }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation.label(), self.what())
    }
}

/// What was attempted when it failed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Operation {
    Connect,
    Fetch,
    Handshake,
    Lookup,
    OpenFile,
    Query,
    ReadAnswer,
    ReadFile,
    SendRequest,
    Tunnel,
}

impl Operation {
    /// For people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Fetch => "fetch",
            Self::Handshake => "TLS handshake",
            Self::Lookup => "system look-up",
            Self::OpenFile => "open file",
            Self::Query => "DNS query",
            Self::ReadAnswer => "read answer",
            Self::ReadFile => "read file",
            Self::SendRequest => "send request",
            Self::Tunnel => "tunnel through the proxy",
        }
    }
}

/// The normalised kinds of failure. A number that no row knows stays `unknown`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are those of the numbers they normalise")]
pub enum FailureKind {
    /// The connection was aborted on this side.
    Aborted,
    /// The end of the stream came too early.
    ClosedEarly,
    /// The file is in use, or its rights forbid reading it.
    Denied,
    HostUnreachable,
    /// Not an address or a route that can be used (a `blackhole` route on Linux).
    Invalid,
    IsDirectory,
    Missing,
    NameNotFound,
    NetworkDown,
    NetworkUnreachable,
    /// Our limit or the system's ran out without any answer.
    NoAnswer,
    /// The name exists and has no address of the kind asked for.
    NoData,
    /// No name server is configured.
    NoNameServer,
    /// The proxy opened no tunnel; the number is its HTTP status.
    NoTunnel,
    /// Local policy, or on IPv6 a router's "administratively prohibited".
    NotPermitted,
    /// Not a message of the protocol that was spoken.
    NotTheProtocol,
    PortsExhausted,
    ProtocolUnreachable,
    Refused,
    Reset,
    /// This process may not open more files or sockets.
    TooManyOpen,
    /// The look-up failed for now: server failure, refusal and silence all look like this.
    TryAgain,
    Unknown,
}

impl FailureKind {
    /// For people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Aborted => "connection aborted",
            Self::ClosedEarly => "closed too early",
            Self::Denied => "access denied",
            Self::HostUnreachable => "host unreachable",
            Self::Invalid => "invalid argument or blackhole route",
            Self::IsDirectory => "is a folder",
            Self::Missing => "does not exist",
            Self::NameNotFound => "name not found",
            Self::NetworkDown => "network down",
            Self::NetworkUnreachable => "network unreachable",
            Self::NoAnswer => "no answer",
            Self::NoData => "name without address",
            Self::NoNameServer => "no name server configured",
            Self::NoTunnel => "refused by the proxy",
            Self::NotPermitted => "not permitted",
            Self::NotTheProtocol => "another protocol",
            Self::PortsExhausted => "no free local port",
            Self::ProtocolUnreachable => "protocol unreachable",
            Self::Refused => "connection refused",
            Self::Reset => "connection reset",
            Self::TooManyOpen => "too many open files",
            Self::TryAgain => "temporary failure",
            Self::Unknown => "unknown failure",
        }
    }
}

/// Linux errno, Winsock and Win32 file codes. The ranges do not overlap where it matters:
/// Winsock starts at 10000, and the Win32 file codes (5, 32, 33) are handled on Windows alone.
fn by_number(code: i32) -> FailureKind {
    match code {
        1 | 13 if cfg!(unix) => FailureKind::NotPermitted,
        10013 => FailureKind::NotPermitted,
        2 => FailureKind::Missing,
        3 if cfg!(windows) => FailureKind::Missing,
        5 | 32 | 33 if cfg!(windows) => FailureKind::Denied,
        21 if cfg!(unix) => FailureKind::IsDirectory,
        22 if cfg!(unix) => FailureKind::Invalid,
        23 | 24 | 10024 => FailureKind::TooManyOpen,
        32 if cfg!(unix) => FailureKind::Reset,
        #[cfg(unix)]
        libc::ENOPROTOOPT | libc::EPROTONOSUPPORT => FailureKind::ProtocolUnreachable,
        #[cfg(unix)]
        libc::EADDRNOTAVAIL => FailureKind::PortsExhausted,
        10048 | 10055 => FailureKind::PortsExhausted,
        #[cfg(unix)]
        libc::ENETDOWN => FailureKind::NetworkDown,
        10050 => FailureKind::NetworkDown,
        #[cfg(unix)]
        libc::ENETUNREACH => FailureKind::NetworkUnreachable,
        10051 => FailureKind::NetworkUnreachable,
        #[cfg(unix)]
        libc::ECONNABORTED => FailureKind::Aborted,
        10053 => FailureKind::Aborted,
        #[cfg(unix)]
        libc::ECONNRESET => FailureKind::Reset,
        10054 => FailureKind::Reset,
        #[cfg(unix)]
        libc::ETIMEDOUT => FailureKind::NoAnswer,
        121 if cfg!(windows) => FailureKind::NoAnswer,
        10060 => FailureKind::NoAnswer,
        #[cfg(unix)]
        libc::ECONNREFUSED => FailureKind::Refused,
        10061 => FailureKind::Refused,
        #[cfg(unix)]
        libc::EHOSTUNREACH => FailureKind::HostUnreachable,
        10065 => FailureKind::HostUnreachable,
        11001 => FailureKind::NameNotFound,
        11002 => FailureKind::TryAgain,
        11004 => FailureKind::NoData,
        _ => FailureKind::Unknown,
    }
}

fn by_type(kind: io::ErrorKind) -> FailureKind {
    match kind {
        io::ErrorKind::UnexpectedEof => FailureKind::ClosedEarly,
        io::ErrorKind::InvalidData => FailureKind::NotTheProtocol,
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => FailureKind::Reset,
        io::ErrorKind::ConnectionAborted => FailureKind::Aborted,
        io::ErrorKind::ConnectionRefused => FailureKind::Refused,
        io::ErrorKind::TimedOut => FailureKind::NoAnswer,
        io::ErrorKind::NotFound => FailureKind::Missing,
        io::ErrorKind::PermissionDenied => FailureKind::Denied,
        _ => FailureKind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_both_systems_mean_the_same() {
        assert_eq!(by_number(10061), FailureKind::Refused);
        assert_eq!(by_number(10060), FailureKind::NoAnswer);
        assert_eq!(by_number(10051), FailureKind::NetworkUnreachable);
        assert_eq!(by_number(11001), FailureKind::NameNotFound);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_numbers_are_those_of_the_measurements() {
        assert_eq!(by_number(111), FailureKind::Refused);
        assert_eq!(by_number(113), FailureKind::HostUnreachable);
        assert_eq!(by_number(101), FailureKind::NetworkUnreachable);
        assert_eq!(by_number(92), FailureKind::ProtocolUnreachable);
        assert_eq!(by_number(13), FailureKind::NotPermitted);
        assert_eq!(by_number(22), FailureKind::Invalid);
    }

    #[test]
    fn a_number_nobody_knows_stays_unknown_and_is_kept() {
        let failure = Failure::from_io(Operation::Connect, &io::Error::from_raw_os_error(9999));
        assert_eq!(failure.kind, FailureKind::Unknown);
        assert_eq!(failure.code, Some(9999));
    }
}
