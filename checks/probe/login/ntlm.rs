//! NTLM version 2, the client's side ([MS-NLMP]): the three messages, nothing older and nothing
//! that is signed or sealed after the login.
//!
//! The messages are those of a current Windows: Unicode only, extended session security, the
//! version field (a server refuses the shorter first message of 32 bytes, measured), the server's
//! own time, a code over all three messages, the name of the service and the binding to the TLS
//! connection. NT LAN Manager of old (LM, NTLM 1) is never answered.
//!
//! [MS-NLMP]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-nlmp

mod proof;
mod read;

use zeroize::Zeroizing;

use super::mechanism::{Mechanism, Stuck};
use super::secret::Account;
use crate::{Challenge, Timestamp};
use proof::{Proof, Question};
pub(crate) use read::ServerMessage;

/// What every message begins with.
pub(crate) const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";

/// Flags of [MS-NLMP] 2.2.2.5.
///
/// [MS-NLMP]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-nlmp
mod flag {
    pub(super) const UNICODE: u32 = 0x0000_0001;
    pub(super) const REQUEST_TARGET: u32 = 0x0000_0004;
    pub(super) const SIGN: u32 = 0x0000_0010;
    pub(super) const NTLM: u32 = 0x0000_0200;
    pub(super) const ALWAYS_SIGN: u32 = 0x0000_8000;
    pub(super) const EXTENDED_SESSIONSECURITY: u32 = 0x0008_0000;
    pub(super) const TARGET_INFO: u32 = 0x0080_0000;
    pub(super) const VERSION: u32 = 0x0200_0000;
    pub(super) const KEY_128: u32 = 0x2000_0000;
    pub(super) const KEY_56: u32 = 0x8000_0000;
}

/// What is offered: no OEM code page, no key exchange (nothing is sealed).
const OFFERED: u32 = flag::UNICODE
    | flag::REQUEST_TARGET
    | flag::NTLM
    | flag::ALWAYS_SIGN
    | flag::EXTENDED_SESSIONSECURITY
    | flag::TARGET_INFO
    | flag::VERSION
    | flag::KEY_128
    | flag::KEY_56;

/// Windows 10, build unknown, NTLM revision 15 ([MS-NLMP] 2.2.2.10). For debugging only.
///
/// [MS-NLMP]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-nlmp
const VERSION: [u8; 8] = [10, 0, 0, 0, 0, 0, 0, 15];

/// Where the third message's fixed part ends and its texts begin.
const HEAD: usize = 88;

/// Where the code over the three messages stands in the third.
const MIC_AT: usize = 72;

/// What one login is made from.
#[derive(Clone, Copy)]
pub(crate) struct Ingredients<'a> {
    /// Who logs in.
    pub(crate) account: &'a Account,
    /// The name of the server, for `HTTP/<host>`.
    pub(crate) host: &'a str,
    /// The binding to the TLS connection.
    pub(crate) binding: Option<[u8; 16]>,
    /// Eight random bytes.
    pub(crate) nonce: [u8; 8],
    /// This computer's clock, if the server does not tell its own.
    pub(crate) now: Timestamp,
}

/// One NTLM login.
pub(crate) struct Ntlm<'a> {
    from: Ingredients<'a>,
    offered: u32,
    negotiate: Vec<u8>,
    challenge: Option<Challenge>,
    /// To sign with, for SPNEGO; there once the third message is made and if the server agreed.
    signing_key: Option<Zeroizing<[u8; 16]>>,
}

impl<'a> Ntlm<'a> {
    /// By its own name.
    pub(crate) fn new(from: Ingredients<'a>) -> Self {
        Self { from, offered: OFFERED, negotiate: Vec::new(), challenge: None, signing_key: None }
    }

    /// Inside SPNEGO, whose list of mechanisms it signs.
    pub(crate) fn signing(from: Ingredients<'a>) -> Self {
        Self { offered: OFFERED | flag::SIGN, ..Self::new(from) }
    }

    /// A signature over a message, the first one in this session ([MS-NLMP] 3.4.4.2, without key
    /// exchange).
    ///
    /// [MS-NLMP]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-nlmp
    pub(crate) fn sign(&self, message: &[u8]) -> Option<[u8; 16]> {
        let key = self.signing_key.as_ref()?;
        Some(proof::signature(key, message))
    }

    /// Whether the next message is made from the password.
    fn proves_next(&self) -> bool {
        !self.negotiate.is_empty() && self.challenge.is_none()
    }

    fn authenticate(&mut self, message: &[u8]) -> Result<Zeroizing<Vec<u8>>, Stuck> {
        let server = ServerMessage::read(message).ok_or(Stuck::NotTheProtocol)?;
        let agreed = server.flags & self.offered;
        if agreed & flag::UNICODE == 0 {
            return Err(Stuck::NotTheProtocol);
        }
        let seen = server.told();
        let name = UserName::of(&self.from.account.user, seen.netbios_domain.as_deref());
        self.challenge = Some(seen);
        let question = Question {
            server: &server,
            nonce: self.from.nonce,
            now: self.from.now,
            service: format!("HTTP/{}", self.from.host),
            binding: self.from.binding,
        };
        let proof = Proof::of(&name, self.from.account.password.expose(), &question);
        let mut third = third_message(agreed, &name, &proof);
        if proof.has_mic {
            let mic = proof.mic(&[&self.negotiate, message, &third]);
            third[MIC_AT..HEAD].copy_from_slice(&mic);
        }
        self.signing_key = (agreed & flag::SIGN != 0).then(|| proof.signing_key());
        Ok(third)
    }
}

impl Mechanism for Ntlm<'_> {
    fn step(&mut self, answer: Option<&[u8]>) -> Result<Zeroizing<Vec<u8>>, Stuck> {
        match answer {
            None => {
                self.negotiate = first_message(self.offered);
                Ok(Zeroizing::new(self.negotiate.clone()))
            }
            Some(_) if !self.proves_next() => Err(Stuck::NotTheProtocol),
            Some(message) => self.authenticate(message),
        }
    }

    fn challenge(&self) -> Option<&Challenge> {
        self.challenge.as_ref()
    }
}

/// A user as the third message names them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct UserName {
    pub(crate) user: String,
    pub(crate) domain: String,
}

impl UserName {
    /// `DOMAIN\user` is taken apart. `user@dns.domain` stays whole beside an empty domain, as
    /// Windows sends it: only the directory knows which domain a user principal name belongs to.
    /// A bare user gets the server's own domain. Other clients leave the domain empty then (curl
    /// and Firefox do) and let the server guess; a domain controller takes both for its own users.
    fn of(typed: &str, server_domain: Option<&str>) -> Self {
        if let Some((domain, user)) = typed.split_once('\\') {
            return Self { user: user.to_owned(), domain: domain.to_owned() };
        }
        let domain = if typed.contains('@') { "" } else { server_domain.unwrap_or_default() };
        Self { user: typed.to_owned(), domain: domain.to_owned() }
    }
}

/// NEGOTIATE ([MS-NLMP] 2.2.1.1): flags and version; names of this computer stay at home.
fn first_message(flags: u32) -> Vec<u8> {
    let mut message = Vec::with_capacity(40);
    message.extend_from_slice(SIGNATURE);
    message.extend_from_slice(&1_u32.to_le_bytes());
    message.extend_from_slice(&flags.to_le_bytes());
    for _ in ["domain", "workstation"] {
        message.extend_from_slice(&[0, 0, 0, 0, 40, 0, 0, 0]);
    }
    message.extend_from_slice(&VERSION);
    message
}

/// AUTHENTICATE ([MS-NLMP] 2.2.1.3), its code over the three messages still zero.
fn third_message(flags: u32, name: &UserName, proof: &Proof) -> Zeroizing<Vec<u8>> {
    let (domain, user) = (utf16(&name.domain), utf16(&name.user));
    let texts: [&[u8]; 6] = [&proof.lm, &proof.nt, &domain, &user, &[], &[]];
    let length = HEAD + texts.iter().map(|text| text.len()).sum::<usize>();
    let mut message = Zeroizing::new(Vec::with_capacity(length));
    message.extend_from_slice(SIGNATURE);
    message.extend_from_slice(&3_u32.to_le_bytes());
    let mut at = HEAD;
    for text in texts {
        // Both fit: the texts are bounded, and the server's part of them came in one header.
        let size = u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes();
        message.extend_from_slice(&[size, size].concat());
        message.extend_from_slice(&u32::try_from(at).unwrap_or(u32::MAX).to_le_bytes());
        at += text.len();
    }
    message.extend_from_slice(&flags.to_le_bytes());
    message.extend_from_slice(&VERSION);
    message.extend_from_slice(&[0; HEAD - MIC_AT]);
    for text in texts {
        message.extend_from_slice(text);
    }
    message
}

fn utf16(text: &str) -> Zeroizing<Vec<u8>> {
    // Room for everything at once: growing would leave a copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() * 2));
    for unit in text.encode_utf16() {
        bytes.extend_from_slice(&unit.to_le_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests;
