//! The server's half of an NTLM login, as MS-NLMP describes it: a challenge, and what a client makes of
//! it. Only version 2 is taken. Its integrity code is wanted, because the challenge carries the time.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use md4::Md4;
use md5::{Digest as _, Md5};
use ring::digest::{SHA256, digest};
use time::OffsetDateTime;

use super::login::find;
use crate::people::{Account, AccountState, Membership};

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";

/// Fixed fields, with the version field that every server of today sends.
const HEADER_LENGTH: u16 = 56;

/// Unicode, target wanted, NTLM, always sign, domain target, extended session security, target
/// information, version, 128 bit, key exchange, 56 bit.
const FLAGS: u32 = 0xe289_8205;

/// The client sends a session key of its own.
const KEY_EXCHANGE: u32 = 0x4000_0000;

/// Windows Server 2019, NTLM revision 15.
const VERSION: [u8; 8] = [10, 0, 0x63, 0x45, 0, 0, 0, 15];

/// Seconds from 1601, where Windows begins to count, to 1970.
const SECONDS_BEFORE_1970: i64 = 11_644_473_600;

/// Where the third message keeps its integrity code, behind the version.
const MIC: std::ops::Range<usize> = 72..88;

/// Attribute-value pairs of the target information, by number.
const FLAGS_PAIR: u16 = 6;
const TIME_PAIR: u16 = 7;
const BINDING_PAIR: u16 = 10;

/// Why a third message let nobody in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// No account of this name in the hub's domain.
    UnknownAccount,
    /// The proof does not fit the password.
    Password,
    /// The password is right, and the account is not.
    State(AccountState),
    /// NTLM before version 2.
    OldResponse,
    /// The integrity code is missing or wrong.
    Integrity,
    /// The channel binding is missing or another connection's.
    ChannelBinding,
    /// The time is not the one of the challenge.
    Time,
    /// Not a third message.
    Malformed,
}

/// What was agreed on a connection before its third message.
#[derive(Clone)]
pub(crate) struct Challenge {
    first: Vec<u8>,
    second: Vec<u8>,
    nonce: [u8; 8],
    ticks: [u8; 8],
}

/// What a hub wants to see in a third message.
pub(crate) struct Demands<'a> {
    pub(crate) accounts: &'a [Account],
    /// The names under which the hub's domain may be called.
    pub(crate) domains: Vec<String>,
    /// The certificate of this connection, for the channel binding.
    pub(crate) leaf: Option<&'a [u8]>,
    pub(crate) binding_required: bool,
}

/// A message from the value of an `Authorization` header, and the scheme it came under.
pub(crate) fn message(authorization: &str) -> Option<(&str, Vec<u8>)> {
    let (scheme, token) = authorization.split_once(' ')?;
    let message = STANDARD.decode(token.trim()).ok()?;
    let ours = ["NTLM", "Negotiate"].contains(&scheme) && message.starts_with(SIGNATURE);
    ours.then_some((scheme, message))
}

/// Its number: 1, 2 or 3.
pub(crate) fn number(message: &[u8]) -> Option<u8> {
    message.strip_prefix(SIGNATURE)?.first().copied()
}

impl Challenge {
    pub(crate) fn new(
        server: &str,
        membership: Membership,
        first: Vec<u8>,
        nonce: [u8; 8],
        now: OffsetDateTime,
    ) -> Self {
        let seconds = now.unix_timestamp() + SECONDS_BEFORE_1970;
        let ticks = (seconds * 10_000_000).to_le_bytes();
        let computer = computer_name(server);
        let (domain, dns) = match membership {
            Membership::Domain(domain, dns) => (domain.to_owned(), dns),
            Membership::Workgroup => (computer.clone(), server),
        };
        let target = wide(&domain);
        let information = target_information(&domain, dns, &computer, server, ticks);
        let target_length = length(&target);
        let mut second = SIGNATURE.to_vec();
        second.extend(2_u32.to_le_bytes());
        second.extend(field(target_length, HEADER_LENGTH));
        second.extend(FLAGS.to_le_bytes());
        second.extend(nonce);
        second.extend([0; 8]);
        second.extend(field(length(&information), HEADER_LENGTH + target_length));
        second.extend(VERSION);
        second.extend(target);
        second.extend(information);
        Self { first, second, nonce, ticks }
    }

    /// What stands behind the scheme in `WWW-Authenticate`.
    pub(crate) fn token(&self) -> String {
        STANDARD.encode(&self.second)
    }

    /// The account as the client wrote it, and whether it gets in.
    pub(crate) fn judge(
        &self,
        third: &[u8],
        demands: &Demands<'_>,
    ) -> (String, Result<AccountState, Refusal>) {
        let Some(parts) = Third::read(third) else {
            return (String::new(), Err(Refusal::Malformed));
        };
        (parts.account(), self.examine(&parts, third, demands))
    }

    fn examine(
        &self,
        parts: &Third<'_>,
        third: &[u8],
        demands: &Demands<'_>,
    ) -> Result<AccountState, Refusal> {
        let account = parts.among(demands).ok_or(Refusal::UnknownAccount)?;
        // A response of version 1 has 24 bytes; the smallest of version 2 has 44.
        let (proof, blob) = match parts.response.split_at_checked(16) {
            Some((proof, blob)) if blob.len() >= 28 => (proof, blob),
            _ => return Err(Refusal::OldResponse),
        };
        let key = mac(
            &Md4::digest(wide(account.password)),
            &[&wide(&(parts.user.to_uppercase() + &parts.domain))],
        );
        if mac(&key, &[&self.nonce, blob]) != *proof {
            return Err(Refusal::Password);
        }
        let pairs = pairs(&blob[28..]);
        let value =
            |wanted| pairs.iter().find(|(kind, _)| *kind == wanted).map(|(_, value)| *value);
        if value(TIME_PAIR) != Some(&self.ticks) {
            return Err(Refusal::Time);
        }
        let promised =
            value(FLAGS_PAIR).and_then(|flags| flags.first()).is_some_and(|f| f & 2 != 0);
        if !promised || third.get(MIC) != Some(&self.integrity(&mac(&key, &[proof]), parts, third))
        {
            return Err(Refusal::Integrity);
        }
        // Whoever does not want a binding does not look at it, so that a server in front may end TLS.
        let right = demands.leaf.map(channel_binding);
        if demands.binding_required
            && value(BINDING_PAIR) != right.as_ref().map(<[u8; 16]>::as_slice)
        {
            return Err(Refusal::ChannelBinding);
        }
        match account.state {
            AccountState::Good | AccountState::Inactive => Ok(account.state),
            state => Err(Refusal::State(state)),
        }
    }

    /// The code over all three messages, the third with zeros in its place.
    fn integrity(&self, base: &[u8], parts: &Third<'_>, third: &[u8]) -> [u8; 16] {
        let exported = if parts.flags & KEY_EXCHANGE == 0 {
            base.to_vec()
        } else {
            rc4(base, parts.session_key)
        };
        let mut blank = third.to_vec();
        if let Some(code) = blank.get_mut(MIC) {
            code.fill(0);
        }
        mac(&exported, &[&self.first, &self.second, &blank])
    }
}

/// The parts of a third message.
struct Third<'a> {
    response: &'a [u8],
    domain: String,
    user: String,
    session_key: &'a [u8],
    flags: u32,
}

impl<'a> Third<'a> {
    fn read(message: &'a [u8]) -> Option<Self> {
        let part = |at: usize| {
            let length = usize::from(u16::from_le_bytes(message.get(at..at + 2)?.try_into().ok()?));
            let offset = u32::from_le_bytes(message.get(at + 4..at + 8)?.try_into().ok()?);
            let offset = usize::try_from(offset).ok()?;
            message.get(offset..offset.checked_add(length)?)
        };
        let text = |at: usize| {
            let units = part(at)?.chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]]));
            String::from_utf16(&units.collect::<Vec<_>>()).ok()
        };
        Some(Self {
            response: part(20)?,
            domain: text(28)?,
            user: text(36)?,
            session_key: part(52)?,
            flags: u32::from_le_bytes(message.get(60..64)?.try_into().ok()?),
        })
    }

    fn account(&self) -> String {
        if self.domain.is_empty() {
            self.user.clone()
        } else {
            format!("{}\\{}", self.domain, self.user)
        }
    }

    /// `DOMAIN\user`, `user` without a domain, or `user@dns.domain`.
    fn among<'d>(&self, demands: &Demands<'d>) -> Option<&'d Account> {
        let (user, domain) = match self.user.split_once('@') {
            Some((user, domain)) if self.domain.is_empty() => (user, domain),
            _ => (self.user.as_str(), self.domain.as_str()),
        };
        find(demands.accounts, &demands.domains, domain, user)
    }
}

/// What NTLM calls the computer.
pub(crate) fn computer_name(server: &str) -> String {
    server.split('.').next().unwrap_or(server).to_ascii_uppercase()
}

fn target_information(
    domain: &str,
    dns: &str,
    computer: &str,
    server: &str,
    ticks: [u8; 8],
) -> Vec<u8> {
    let pairs = [
        (2_u16, wide(domain)),
        (1, wide(computer)),
        (4, wide(dns)),
        (3, wide(server)),
        (TIME_PAIR, ticks.to_vec()),
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

/// Number and value of each pair, up to the one that ends the list.
fn pairs(mut rest: &[u8]) -> Vec<(u16, &[u8])> {
    let mut pairs = Vec::new();
    while let Some((head, tail)) = rest.split_at_checked(4) {
        let kind = u16::from_le_bytes([head[0], head[1]]);
        let length = usize::from(u16::from_le_bytes([head[2], head[3]]));
        let Some((value, behind)) = tail.split_at_checked(length).filter(|_| kind != 0) else {
            break;
        };
        pairs.push((kind, value));
        rest = behind;
    }
    pairs
}

/// MD5 of the binding structure of RFC 2744 around `tls-server-end-point` of RFC 5929. The practice
/// certificates are signed with SHA-256, so that is the hash.
fn channel_binding(leaf: &[u8]) -> [u8; 16] {
    let mut data = b"tls-server-end-point:".to_vec();
    data.extend(digest(&SHA256, leaf).as_ref());
    let size = u32::try_from(data.len()).expect("a hash is short");
    Md5::new()
        .chain_update([0; 16])
        .chain_update(size.to_le_bytes())
        .chain_update(data)
        .finalize()
        .into()
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    let mut mac = Hmac::<Md5>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn rc4(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut state: [u8; 256] = std::array::from_fn(|index| u8::try_from(index).expect("below 256"));
    let mut other = 0_u8;
    for index in 0..256 {
        other = other.wrapping_add(state[index]).wrapping_add(key[index % key.len()]);
        state.swap(index, usize::from(other));
    }
    let (mut first, mut second) = (0_u8, 0_u8);
    let mut next = || {
        first = first.wrapping_add(1);
        second = second.wrapping_add(state[usize::from(first)]);
        state.swap(usize::from(first), usize::from(second));
        let sum = state[usize::from(first)].wrapping_add(state[usize::from(second)]);
        state[usize::from(sum)]
    };
    data.iter().map(|byte| byte ^ next()).collect()
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

#[cfg(test)]
mod tests {
    use md4::Digest as _;

    use super::{Md4, mac, rc4, wide};

    /// MS-NLMP 4.2.4: user `User`, domain `Domain`, password `Password`.
    #[test]
    fn the_key_is_the_published_one() {
        let hash = Md4::digest(wide("Password"));
        assert_eq!(
            hash[..],
            [
                0xa4, 0xf4, 0x9c, 0x40, 0x65, 0x10, 0xbd, 0xca, 0xb6, 0x82, 0x4e, 0xe7, 0xc3, 0x0f,
                0xd8, 0x52
            ]
        );
        assert_eq!(
            mac(&hash, &[&wide("USERDomain")]),
            [
                0x0c, 0x86, 0x8a, 0x40, 0x3b, 0xfd, 0x7a, 0x93, 0xa3, 0x00, 0x1e, 0xf2, 0x2e, 0xf0,
                0x2e, 0x3f
            ]
        );
    }

    /// RFC 6229, 40 bit key, first bytes.
    #[test]
    fn the_stream_is_the_published_one() {
        assert_eq!(rc4(&[1, 2, 3, 4, 5], &[0; 4]), [0xb2, 0x39, 0x63, 0x05]);
    }
}
