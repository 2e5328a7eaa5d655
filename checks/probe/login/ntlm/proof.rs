//! The proof of the password ([MS-NLMP] 3.3.2), and what else is made with its key.
//!
//! [MS-NLMP]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-nlmp

use hmac::{Hmac, KeyInit as _, Mac as _};
use md4::{Digest as _, Md4};
use md5::Md5;
use zeroize::Zeroizing;

use super::read::{ServerMessage, av, to_file_time};
use super::{UserName, utf16};
use crate::Timestamp;

/// `MsvAvFlags`: the third message has a code over all three.
const HAS_MIC: u32 = 2;

/// What is signed with the client's key ([MS-NLMP] 3.4.5.2).
const CLIENT_SIGNS: &[u8] = b"session key to client-to-server signing key magic constant\0";

/// What the proof answers.
pub(super) struct Question<'a> {
    pub(super) server: &'a ServerMessage,
    pub(super) nonce: [u8; 8],
    pub(super) now: Timestamp,
    pub(super) service: String,
    pub(super) binding: Option<[u8; 16]>,
}

/// The two responses, and the key of the session.
pub(super) struct Proof {
    pub(super) lm: Zeroizing<Vec<u8>>,
    pub(super) nt: Zeroizing<Vec<u8>>,
    pub(super) has_mic: bool,
    session_key: Zeroizing<[u8; 16]>,
}

impl Proof {
    pub(super) fn of(name: &UserName, password: &str, question: &Question<'_>) -> Self {
        let key = user_key(name, password);
        // A server that tells its time gets no LM response but a code over the messages.
        let server_time = question.server.time();
        let has_mic = server_time.is_some();
        let time = server_time.unwrap_or_else(|| to_file_time(question.now));
        let target = target_information(question, has_mic);
        let response = Response { time, nonce: question.nonce, target: &target };
        let challenge = question.server.challenge;
        let (nt, session_key) = response.ntlm(&key, challenge);
        let lm = if has_mic {
            Zeroizing::new(vec![0; 24])
        } else {
            lm_response(&key, challenge, question.nonce)
        };
        Self { lm, nt, has_mic, session_key }
    }

    /// The code over the three messages, of which the third has zeros in its place.
    pub(super) fn mic(&self, messages: &[&[u8]]) -> [u8; 16] {
        *keyed(&*self.session_key, messages)
    }

    pub(super) fn signing_key(&self) -> Zeroizing<[u8; 16]> {
        let mut hash = Md5::new();
        hash.update(*self.session_key);
        hash.update(CLIENT_SIGNS);
        Zeroizing::new(hash.finalize().into())
    }
}

/// The signature of a session's first message.
pub(super) fn signature(key: &[u8; 16], message: &[u8]) -> [u8; 16] {
    let sequence = 0_u32.to_le_bytes();
    let code = keyed(key, &[&sequence, message]);
    let mut signature = [0; 16];
    signature[..4].copy_from_slice(&1_u32.to_le_bytes());
    signature[4..12].copy_from_slice(&code[..8]);
    signature[12..].copy_from_slice(&sequence);
    signature
}

/// `NTOWFv2`.
fn user_key(name: &UserName, password: &str) -> Zeroizing<[u8; 16]> {
    let hash: Zeroizing<[u8; 16]> = Zeroizing::new(Md4::digest(&*utf16(password)).into());
    let who = [utf16(&upper(&name.user)).as_slice(), utf16(&name.domain).as_slice()].concat();
    keyed(&*hash, &[&who])
}

/// In upper case letter by letter, as Windows does: `ß`, which would become two, stays.
fn upper(text: &str) -> String {
    let letter = |c: char| {
        let mut upper = c.to_uppercase();
        if upper.len() == 1 { upper.next().unwrap_or(c) } else { c }
    };
    text.chars().map(letter).collect()
}

fn keyed(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 16]> {
    let mut code = Hmac::<Md5>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        code.update(part);
    }
    Zeroizing::new(code.finalize().into_bytes().into())
}

/// What the response is made over, besides the server's challenge.
struct Response<'a> {
    time: [u8; 8],
    nonce: [u8; 8],
    target: &'a [u8],
}

impl Response<'_> {
    /// `NTLMv2_RESPONSE`, and the session's key.
    fn ntlm(
        &self,
        key: &[u8; 16],
        challenge: [u8; 8],
    ) -> (Zeroizing<Vec<u8>>, Zeroizing<[u8; 16]>) {
        let mut blob = vec![1, 1, 0, 0, 0, 0, 0, 0];
        blob.extend_from_slice(&self.time);
        blob.extend_from_slice(&self.nonce);
        blob.extend_from_slice(&[0; 4]);
        blob.extend_from_slice(self.target);
        blob.extend_from_slice(&[0; 4]);
        let proof = keyed(key, &[&challenge, &blob]);
        let session_key = keyed(key, &[&*proof]);
        (Zeroizing::new([proof.as_slice(), &blob].concat()), session_key)
    }
}

/// `LMv2_RESPONSE`.
fn lm_response(key: &[u8; 16], challenge: [u8; 8], nonce: [u8; 8]) -> Zeroizing<Vec<u8>> {
    let code = keyed(key, &[&challenge, &nonce]);
    Zeroizing::new([code.as_slice(), &nonce].concat())
}

/// The server's own pairs, and ours behind them ([MS-NLMP] 3.1.5.1.2).
fn target_information(question: &Question<'_>, has_mic: bool) -> Vec<u8> {
    let ours = [av::FLAGS, av::TARGET_NAME, av::CHANNEL_BINDINGS, av::END];
    let theirs = question.server.pairs.iter().filter(|(id, _)| !ours.contains(id));
    let mut bytes = Vec::new();
    for (id, value) in theirs {
        push_pair(&mut bytes, *id, value);
    }
    let flags = question.server.pair(av::FLAGS).and_then(|value| value.try_into().ok());
    let flags = flags.map_or(0, u32::from_le_bytes) | if has_mic { HAS_MIC } else { 0 };
    if flags != 0 {
        push_pair(&mut bytes, av::FLAGS, &flags.to_le_bytes());
    }
    // Sixteen zeros say that there is no binding.
    push_pair(&mut bytes, av::CHANNEL_BINDINGS, &question.binding.unwrap_or_default());
    push_pair(&mut bytes, av::TARGET_NAME, &utf16(&question.service));
    push_pair(&mut bytes, av::END, &[]);
    bytes
}

fn push_pair(bytes: &mut Vec<u8>, id: u16, value: &[u8]) {
    bytes.extend_from_slice(&id.to_le_bytes());
    // Values come from a pair with such a length, or are names and numbers of ours.
    bytes.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_le_bytes());
    bytes.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::hex;

    /// The values of [MS-NLMP] 4.2.1 and 4.2.4.
    #[test]
    fn the_standards_own_example_comes_out() {
        let name = UserName { user: "User".to_owned(), domain: "Domain".to_owned() };
        let key = user_key(&name, "Password");
        assert_eq!(hex(&*key), "0c868a403bfd7a93a3001ef22ef02e3f");
        let challenge = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
        let mut target = Vec::new();
        push_pair(&mut target, av::NETBIOS_DOMAIN, &utf16("Domain"));
        push_pair(&mut target, av::NETBIOS_COMPUTER, &utf16("Server"));
        push_pair(&mut target, av::END, &[]);
        let response = Response { time: [0; 8], nonce: [0xaa; 8], target: &target };
        let (nt, session_key) = response.ntlm(&key, challenge);
        assert_eq!(hex(&nt[..16]), "68cd0ab851e51c96aabc927bebef6a1c");
        assert_eq!(hex(&*session_key), "8de40ccadbc14a82f15cb0ad0de95ca3");
        let lm = lm_response(&key, challenge, [0xaa; 8]);
        assert_eq!(hex(&lm), "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa");
    }

    #[test]
    fn names_are_raised_letter_by_letter() {
        assert_eq!(upper("müller.ßé"), "MÜLLER.ßÉ");
    }
}
