//! SPNEGO (RFC 4178), the client's side, with NTLM as the one mechanism in it.
//!
//! Only what two messages of each side need: the offer with the first NTLM message, the answer
//! with the challenge, and the third message with a signature over the offered list, which servers
//! ask for once NTLM carries a code over its messages.

use zeroize::Zeroizing;

use super::mechanism::{Mechanism, Stuck};
use super::ntlm::{Ntlm, SIGNATURE};
use crate::Challenge;

/// 1.3.6.1.5.5.2, with its tag.
const SPNEGO: &[u8] = &[0x06, 0x06, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x02];

/// 1.3.6.1.4.1.311.2.2.10, with its tag.
const NTLM: &[u8] = &[0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a];

/// 1.2.840.113554.1.2.2, with its tag: what a ticket of Kerberos begins with (RFC 4121 section 4.1).
const KERBEROS: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02];

const SEQUENCE: u8 = 0x30;
const OCTETS: u8 = 0x04;
const ENUMERATED: u8 = 0x0a;
const APPLICATION: u8 = 0x60;

/// States of a negotiation.
const INCOMPLETE: u8 = 1;
const REJECT: u8 = 2;

/// A context tag.
const fn tagged(number: u8) -> u8 {
    0xa0 | number
}

/// NTLM inside Negotiate.
pub(crate) struct Negotiate<'a> {
    ntlm: Ntlm<'a>,
    /// The server answered with a bare NTLM message, as Windows does when it was sent one.
    is_bare: bool,
}

impl<'a> Negotiate<'a> {
    /// Wrapped as RFC 4178 says.
    pub(crate) fn wrapped(ntlm: Ntlm<'a>) -> Self {
        Self { ntlm, is_bare: false }
    }

    /// With NTLM messages as they are, which is what Windows sends where Kerberos is out of reach.
    pub(crate) fn bare(ntlm: Ntlm<'a>) -> Self {
        Self { ntlm, is_bare: true }
    }
}

impl Mechanism for Negotiate<'_> {
    fn step(&mut self, answer: Option<&[u8]>) -> Result<Zeroizing<Vec<u8>>, Stuck> {
        let Some(answer) = answer else {
            let first = self.ntlm.step(None)?;
            return Ok(if self.is_bare { first } else { offer(&first) });
        };
        self.is_bare |= answer.starts_with(SIGNATURE);
        if self.is_bare {
            return self.ntlm.step(Some(answer));
        }
        let reply = Reply::read(answer).ok_or(Stuck::NotTheProtocol)?;
        let other = reply.mechanism.is_some_and(|mechanism| mechanism != NTLM);
        if other || reply.state == Some(REJECT) {
            return Err(Stuck::OtherMechanism);
        }
        let third = self.ntlm.step(Some(reply.token.ok_or(Stuck::NotTheProtocol)?))?;
        Ok(last(&third, self.ntlm.sign(&mechanisms()).as_ref()))
    }

    fn challenge(&self) -> Option<&Challenge> {
        self.ntlm.challenge()
    }
}

/// `MechTypeList`, which is also what is signed.
fn mechanisms() -> Vec<u8> {
    element(SEQUENCE, &[NTLM]).to_vec()
}

/// `NegTokenInit`.
fn offer(token: &[u8]) -> Zeroizing<Vec<u8>> {
    let list = element(tagged(0), &[&mechanisms()]);
    let token = element(tagged(2), &[&element(OCTETS, &[token])]);
    let offer = element(tagged(0), &[&element(SEQUENCE, &[&list, &token])]);
    element(APPLICATION, &[SPNEGO, &offer])
}

/// `NegTokenResp` of the client.
fn last(token: &[u8], signature: Option<&[u8; 16]>) -> Zeroizing<Vec<u8>> {
    let state = element(tagged(0), &[&element(ENUMERATED, &[&[INCOMPLETE]])]);
    let token = element(tagged(2), &[&element(OCTETS, &[token])]);
    let signature = signature
        .map(|signature| element(tagged(3), &[&element(OCTETS, &[signature])]))
        .unwrap_or_default();
    element(tagged(1), &[&element(SEQUENCE, &[&state, &token, &signature])])
}

/// What a message of either side carries for the mechanism; the message itself if it is none of
/// SPNEGO, or carries nothing.
pub(crate) fn inner(message: &[u8]) -> &[u8] {
    carried(message).unwrap_or(message)
}

fn carried(message: &[u8]) -> Option<&[u8]> {
    let (tag, content, _) = split(message)?;
    if tag != APPLICATION {
        return Reply::read(message)?.token;
    }
    let (_, offer, _) = split(content.strip_prefix(SPNEGO)?)?;
    let (_, mut fields, _) = split(offer)?;
    while !fields.is_empty() {
        let (field, whole, rest) = split(fields)?;
        if field == tagged(2) {
            return split(whole).map(|(_, token, _)| token);
        }
        fields = rest;
    }
    None
}

/// Whether this is a message of Kerberos, as GSS-API frames it.
pub(crate) fn is_kerberos(message: &[u8]) -> bool {
    split(message)
        .is_some_and(|(tag, content, _)| tag == APPLICATION && content.starts_with(KERBEROS))
}

/// One element in DER.
fn element(tag: u8, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = Zeroizing::new(Vec::with_capacity(length + 6));
    bytes.push(tag);
    let octets = length.to_be_bytes();
    let first = octets.iter().position(|&octet| octet != 0).unwrap_or(octets.len() - 1);
    let octets = &octets[first..];
    if length >= 0x80 {
        // At most eight octets.
        bytes.push(0x80 | u8::try_from(octets.len()).unwrap_or(8));
    }
    bytes.extend_from_slice(octets);
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

/// What the server's `NegTokenResp` holds.
#[derive(Debug, Default)]
struct Reply<'a> {
    state: Option<u8>,
    /// With its tag.
    mechanism: Option<&'a [u8]>,
    token: Option<&'a [u8]>,
}

impl<'a> Reply<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (tag, outer, _) = split(bytes)?;
        let (inner_tag, mut fields, _) = split(outer)?;
        if tag != tagged(1) || inner_tag != SEQUENCE {
            return None;
        }
        let mut reply = Self::default();
        while !fields.is_empty() {
            let (field, whole, rest) = split(fields)?;
            let (_, value, _) = split(whole)?;
            match field {
                0xa0 => reply.state = value.first().copied(),
                0xa1 => reply.mechanism = Some(whole),
                0xa2 => reply.token = Some(value),
                _ => {}
            }
            fields = rest;
        }
        Some(reply)
    }
}

/// The first element: tag, content, and what follows it.
fn split(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let octets = usize::from(first & 0x7f);
        // A longer message does not fit into a header.
        if !(1..=3).contains(&octets) {
            return None;
        }
        let (length, rest) = rest.split_at_checked(octets)?;
        (length.iter().fold(0, |sum, &octet| sum << 8 | usize::from(octet)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An offer of NTLM with this message in it, whatever the message is.
    pub(crate) fn offering(token: &[u8]) -> Vec<u8> {
        offer(token).to_vec()
    }

    /// A later message with this one in it.
    pub(crate) fn answering(token: &[u8]) -> Vec<u8> {
        last(token, None).to_vec()
    }

    /// Something that begins as a ticket of Kerberos does.
    pub(crate) fn ticket() -> Vec<u8> {
        element(APPLICATION, &[KERBEROS, &[1, 0], &[7; 300]]).to_vec()
    }

    #[test]
    fn an_offer_is_written_as_the_standard_says() {
        let offer = offer(b"NTLMSSP\0");
        let mut expected = vec![0x60, 0x28];
        expected.extend_from_slice(SPNEGO);
        expected.extend_from_slice(&[0xa0, 0x1e, 0x30, 0x1c, 0xa0, 0x0e, 0x30, 0x0c]);
        expected.extend_from_slice(NTLM);
        expected.extend_from_slice(&[0xa2, 0x0a, 0x04, 0x08]);
        expected.extend_from_slice(b"NTLMSSP\0");
        assert_eq!(*offer, expected);
    }

    #[test]
    fn long_and_short_lengths_are_read_as_they_are_written() {
        for size in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let content = vec![7; size];
            let written = element(OCTETS, &[&content]);
            let (tag, read, rest) = split(&written).expect("an element");
            assert_eq!((tag, read.len(), rest.len()), (OCTETS, size, 0));
        }
    }

    #[test]
    fn an_answer_is_taken_apart() {
        let mechanism = element(tagged(1), &[NTLM]);
        let state = element(tagged(0), &[&element(ENUMERATED, &[&[INCOMPLETE]])]);
        let token = element(tagged(2), &[&element(OCTETS, &[b"token"])]);
        let all = element(tagged(1), &[&element(SEQUENCE, &[&state, &mechanism, &token])]);
        let reply = Reply::read(&all).expect("a reply");
        assert_eq!(reply.state, Some(INCOMPLETE));
        assert_eq!((reply.mechanism, reply.token), (Some(NTLM), Some(&b"token"[..])));
    }

    proptest! {
        #[test]
        fn no_answer_makes_the_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            Reply::read(&bytes);
            inner(&bytes);
            inner(&element(APPLICATION, &[SPNEGO, &bytes]));
            let wrapped = element(tagged(1), &[&element(SEQUENCE, &[&bytes])]);
            Reply::read(&wrapped);
        }
    }
}
