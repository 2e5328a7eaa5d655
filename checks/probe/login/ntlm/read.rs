//! The server's message, CHALLENGE ([MS-NLMP] 2.2.1.2): whatever comes is read without panic.
//!
//! [MS-NLMP]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-nlmp

use time::OffsetDateTime;

use super::{SIGNATURE, flag};
use crate::{Challenge, Timestamp};

/// Ids of [MS-NLMP] 2.2.2.1.
///
/// [MS-NLMP]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-nlmp
pub(super) mod av {
    pub(in super::super) const END: u16 = 0;
    pub(in super::super) const NETBIOS_COMPUTER: u16 = 1;
    pub(in super::super) const NETBIOS_DOMAIN: u16 = 2;
    pub(in super::super) const DNS_COMPUTER: u16 = 3;
    pub(in super::super) const DNS_DOMAIN: u16 = 4;
    pub(in super::super) const DNS_FOREST: u16 = 5;
    pub(in super::super) const FLAGS: u16 = 6;
    pub(in super::super) const TIMESTAMP: u16 = 7;
    pub(in super::super) const TARGET_NAME: u16 = 9;
    pub(in super::super) const CHANNEL_BINDINGS: u16 = 10;
}

/// The longest message that is read. Real ones have a few hundred bytes; the limit keeps what is
/// made of it within the 16-bit lengths of the answer.
const MESSAGE_LIMIT: usize = 16 * 1024;

/// The most pairs of target information that are read. A dozen kinds are defined.
const PAIRS_LIMIT: usize = 64;

/// The longest name that is kept for people, in characters (DNS allows 253).
const NAME_KEPT: usize = 255;

/// From the beginning of 1601, where Windows counts from, to that of 1970, in seconds.
const EPOCHS_APART: i64 = 11_644_473_600;

/// The server's message.
#[derive(Debug)]
pub(crate) struct ServerMessage {
    pub(super) flags: u32,
    pub(super) challenge: [u8; 8],
    target_name: Option<String>,
    version: Option<String>,
    /// Id and value, without the end mark.
    pub(super) pairs: Vec<(u16, Vec<u8>)>,
}

impl ServerMessage {
    /// `None` if it is no such message.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..bytes.len().min(MESSAGE_LIMIT))?;
        if !bytes.starts_with(SIGNATURE) || number(bytes, 8)? != 2 {
            return None;
        }
        let flags = number(bytes, 20)?;
        let challenge = bytes.get(24..32)?.try_into().ok()?;
        let name = field(bytes, 12).unwrap_or_default();
        let is_wide = flags & flag::UNICODE != 0;
        let target_name = if is_wide { wide(name) } else { text(&String::from_utf8_lossy(name)) };
        let pairs = if flags & flag::TARGET_INFO == 0 { &[] } else { field(bytes, 40)? };
        Some(Self {
            flags,
            challenge,
            target_name,
            version: bytes.get(48..56).filter(|_| flags & flag::VERSION != 0).and_then(version),
            pairs: read_pairs(pairs)?,
        })
    }

    /// The value of a pair.
    pub(super) fn pair(&self, id: u16) -> Option<&[u8]> {
        self.pairs.iter().find(|(known, _)| *known == id).map(|(_, value)| value.as_slice())
    }

    /// The server's own time, as it stands there.
    pub(super) fn time(&self) -> Option<[u8; 8]> {
        self.pair(av::TIMESTAMP)?.try_into().ok()
    }

    /// What it says of the server.
    pub(crate) fn told(&self) -> Challenge {
        let name = |id| self.pair(id).and_then(wide);
        Challenge {
            target_name: self.target_name.clone(),
            netbios_domain: name(av::NETBIOS_DOMAIN),
            netbios_computer: name(av::NETBIOS_COMPUTER),
            dns_domain: name(av::DNS_DOMAIN),
            dns_computer: name(av::DNS_COMPUTER),
            dns_forest: name(av::DNS_FOREST),
            time: self.time().and_then(file_time),
            version: self.version.clone(),
        }
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

/// A text by its length and place.
fn field(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let length = usize::from(short(bytes, at)?);
    let from = usize::try_from(number(bytes, at + 4)?).ok()?;
    bytes.get(from..from.checked_add(length)?)
}

fn read_pairs(mut bytes: &[u8]) -> Option<Vec<(u16, Vec<u8>)>> {
    let mut pairs = Vec::new();
    while !bytes.is_empty() && pairs.len() < PAIRS_LIMIT {
        let (id, length) = (short(bytes, 0)?, usize::from(short(bytes, 2)?));
        if id == av::END {
            break;
        }
        pairs.push((id, bytes.get(4..4 + length)?.to_vec()));
        bytes = &bytes[4 + length..];
    }
    Some(pairs)
}

fn wide(bytes: &[u8]) -> Option<String> {
    let units = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    let decoded: String =
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    text(&decoded)
}

/// A name for people; `None` if there is nothing in it.
fn text(name: &str) -> Option<String> {
    let name: String = name.chars().filter(|c| !c.is_control()).take(NAME_KEPT).collect();
    (!name.is_empty()).then_some(name)
}

fn version(bytes: &[u8]) -> Option<String> {
    let (major, minor, build) = (bytes.first()?, bytes.get(1)?, short(bytes, 2)?);
    (*major != 0).then(|| format!("{major}.{minor}.{build}"))
}

fn file_time(bytes: [u8; 8]) -> Option<Timestamp> {
    let ticks = i128::from(u64::from_le_bytes(bytes));
    let nanoseconds = (ticks * 100) - i128::from(EPOCHS_APART) * 1_000_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok().map(Timestamp)
}

/// As Windows counts time: in steps of 100 ns since 1601.
pub(super) fn to_file_time(time: Timestamp) -> [u8; 8] {
    let since = time.0.unix_timestamp_nanos() + i128::from(EPOCHS_APART) * 1_000_000_000;
    u64::try_from(since / 100).unwrap_or(0).to_le_bytes()
}
