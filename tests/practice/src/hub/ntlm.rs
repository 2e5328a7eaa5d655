//! The server's half of an NTLM login: a challenge of the right shape. The proof is never verified; the
//! verdict is scripted.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";

/// Fixed fields, with the version field that every server of today sends.
const HEADER_LENGTH: u16 = 56;

/// Unicode, target wanted, NTLM, always sign, domain target, extended session security, target
/// information, version, 128 bit, key exchange, 56 bit.
const FLAGS: u32 = 0xe289_8205;

/// Windows Server 2019, NTLM revision 15.
const VERSION: [u8; 8] = [10, 0, 0x63, 0x45, 0, 0, 0, 15];

/// Seconds from 1601, where Windows begins to count, to 1970.
const SECONDS_BEFORE_1970: i64 = 11_644_473_600;

/// Which message of the login a client sent, from the value of its `Authorization` header.
pub(crate) fn message_number(authorization: &str) -> Option<u8> {
    let token = authorization.strip_prefix("NTLM ")?;
    let message = STANDARD.decode(token.trim()).ok()?;
    message.strip_prefix(SIGNATURE)?.first().copied()
}

/// The value of `WWW-Authenticate` that carries the challenge.
pub(crate) fn challenge(server: &str, nonce: [u8; 8], now: OffsetDateTime) -> String {
    let target = wide("PRACTICE");
    let information = target_information(server, now);
    let target_length = length(&target);
    let information_length = length(&information);
    let mut message = SIGNATURE.to_vec();
    message.extend(2_u32.to_le_bytes());
    message.extend(field(target_length, HEADER_LENGTH));
    message.extend(FLAGS.to_le_bytes());
    message.extend(nonce);
    message.extend([0; 8]);
    message.extend(field(information_length, HEADER_LENGTH + target_length));
    message.extend(VERSION);
    message.extend(target);
    message.extend(information);
    format!("NTLM {}", STANDARD.encode(message))
}

fn target_information(server: &str, now: OffsetDateTime) -> Vec<u8> {
    let computer = server.split('.').next().unwrap_or(server);
    let ticks = (now.unix_timestamp() + SECONDS_BEFORE_1970) * 10_000_000;
    let pairs = [
        (2_u16, wide("PRACTICE")),
        (1, wide(&computer.to_ascii_uppercase())),
        (4, wide("practice.test")),
        (3, wide(server)),
        (7, ticks.to_le_bytes().to_vec()),
        (0, Vec::new()),
    ];
    let mut information = Vec::new();
    for (kind, value) in pairs {
        information.extend(kind.to_le_bytes());
        information.extend(length(&value).to_le_bytes());
        information.extend(value);
    }
    information
}

fn field(length: u16, offset: u16) -> Vec<u8> {
    let mut field = length.to_le_bytes().to_vec();
    field.extend(length.to_le_bytes());
    field.extend(u32::from(offset).to_le_bytes());
    field
}

fn length(bytes: &[u8]) -> u16 {
    u16::try_from(bytes.len()).expect("practice names are short")
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
