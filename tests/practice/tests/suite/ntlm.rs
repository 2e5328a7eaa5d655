//! The client's half of an NTLM login, written apart from the hub's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use md4::Md4;
use md5::{Digest as _, Md5};
use ring::digest::{SHA256, digest};

/// Unicode, NTLM, always sign, extended session security, target information, version.
const FLAGS: u32 = 0x0288_8201;

/// What a client says in its third message.
#[derive(Clone, Copy)]
pub(crate) struct Login<'a> {
    pub(crate) domain: &'a str,
    pub(crate) user: &'a str,
    pub(crate) password: &'a str,
    /// The certificate the message is bound to.
    pub(crate) bound_to: Option<&'a [u8]>,
    /// Whether it carries its integrity code.
    pub(crate) protected: bool,
}

/// The first message, with its version.
pub(crate) fn first() -> Vec<u8> {
    let mut message = b"NTLMSSP\0\x01\0\0\0".to_vec();
    message.extend(FLAGS.to_le_bytes());
    message.extend([0; 16]);
    message.extend([10, 0, 0, 0, 0, 0, 0, 15]);
    message
}

/// A message under a scheme.
pub(crate) fn header(scheme: &str, message: &[u8]) -> String {
    format!("{scheme} {}", STANDARD.encode(message))
}

/// The answer to a challenge, as it stands in `WWW-Authenticate`.
pub(crate) fn third(challenge: &str, login: Login<'_>) -> Vec<u8> {
    let (_, token) = challenge.split_once(' ').expect("scheme and token");
    let second = STANDARD.decode(token).expect("base64");
    let at = |place: usize| usize::from(u16::from_le_bytes([second[place], second[place + 1]]));
    let mut information = second[at(44)..at(44) + at(40)].to_vec();
    information.truncate(information.len() - 4);
    let time = information[information.len() - 8..].to_vec();
    if login.protected {
        information.extend([6, 0, 4, 0, 2, 0, 0, 0]);
    }
    if let Some(certificate) = login.bound_to {
        information.extend([10, 0, 16, 0]);
        information.extend(binding(certificate));
    }
    information.extend([0; 4]);
    let key = keyed(
        &Md4::digest(wide(login.password)),
        &wide(&(login.user.to_uppercase() + login.domain)),
    );
    let mut blob = vec![1, 1, 0, 0, 0, 0, 0, 0];
    blob.extend(time);
    blob.extend(*b"practice");
    blob.extend([0; 4]);
    blob.extend(information);
    blob.extend([0; 4]);
    let proof = keyed(&key, &[&second[24..32], &blob[..]].concat());
    let response = [&proof[..], &blob[..]].concat();
    let mut message = b"NTLMSSP\0\x03\0\0\0".to_vec();
    let parts = [vec![0; 24], response, wide(login.domain), wide(login.user), vec![], vec![]];
    let mut offset = 88;
    for part in &parts {
        let length = u16::try_from(part.len()).expect("short").to_le_bytes();
        message.extend(length);
        message.extend(length);
        message.extend(u32::try_from(offset).expect("short").to_le_bytes());
        offset += part.len();
    }
    message.extend(FLAGS.to_le_bytes());
    message.extend([10, 0, 0, 0, 0, 0, 0, 15]);
    message.extend([0; 16]);
    message.extend(parts.concat());
    if login.protected {
        let code = keyed(&keyed(&key, &proof), &[first(), second, message.clone()].concat());
        message[72..88].copy_from_slice(&code);
    }
    message
}

fn binding(certificate: &[u8]) -> [u8; 16] {
    let name = [&b"tls-server-end-point:"[..], digest(&SHA256, certificate).as_ref()].concat();
    let mut structure = vec![0; 16];
    structure.extend(u32::try_from(name.len()).expect("short").to_le_bytes());
    structure.extend(name);
    Md5::digest(structure).into()
}

fn keyed(key: &[u8], data: &[u8]) -> [u8; 16] {
    let mut mac = Hmac::<Md5>::new_from_slice(key).expect("any length will do");
    mac.update(data);
    mac.finalize().into_bytes().into()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
