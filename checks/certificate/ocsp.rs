//! The online certificate status protocol (RFC 6960), read as far as one answer needs.
//!
//! The answer is short and its shape is fixed, so a bounded reader of our own is smaller than
//! the crates for it, which bring a second family of certificate types.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hublink_probe::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ring::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512, digest};
use time::Duration;
use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::asn1_rs::BitString;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;
use x509_parser::verify::verify_signature;
use x509_parser::x509::AlgorithmIdentifier;

use super::facts::parse;
use super::revocation::{State, Word};

/// How far a responder's clock may be ahead of ours.
const CLOCK_AHEAD: Duration = Duration::minutes(5);
/// An answer without an end of validity counts for this long.
const WITHOUT_END: Duration = Duration::days(7);
/// More certificates than this in an answer are not looked at.
const RESPONDERS: usize = 4;

const SEQUENCE: u8 = 0x30;
const OID_SHA1: &[u8] = &[0x2b, 0x0e, 0x03, 0x02, 0x1a];
const OID_SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const OID_SHA384: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];
const OID_SHA512: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03];

/// One element of DER: its tag, its content, and both with the length between them.
#[derive(Clone, Copy)]
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    whole: &'a [u8],
}

/// Takes the next element off the input.
fn next<'a>(input: &mut &'a [u8]) -> Option<Element<'a>> {
    let (&tag, &first) = (input.first()?, input.get(1)?);
    let (header, length) = match first {
        0..=0x7f => (2, usize::from(first)),
        // Three bytes hold more than is ever fetched.
        0x81..=0x83 => {
            let bytes = usize::from(first & 0x0f);
            let digits = input.get(2..2 + bytes)?;
            (2 + bytes, digits.iter().fold(0, |sum, &digit| (sum << 8) | usize::from(digit)))
        }
        _ => return None,
    };
    let whole = input.get(..header + length)?;
    *input = &input[header + length..];
    Some(Element { tag, content: &whole[header..], whole })
}

/// Takes the next element if it has that tag.
fn expect<'a>(input: &mut &'a [u8], tag: u8) -> Option<Element<'a>> {
    let mut ahead = *input;
    let element = next(&mut ahead).filter(|element| element.tag == tag)?;
    *input = ahead;
    Some(element)
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    // The longest request is far below 64 KiB: a serial number has at most 20 bytes.
    let header = match u8::try_from(length) {
        Ok(short @ 0..=0x7f) => vec![tag, short],
        Ok(one) => vec![tag, 0x81, one],
        Err(_) => {
            let [.., high, low] = length.to_be_bytes();
            vec![tag, 0x82, high, low]
        }
    };
    [header.as_slice(), content].concat()
}

/// The address to ask with GET (RFC 6960 appendix A.1), which every responder answers.
pub(super) fn question(
    responder: &str,
    certificate: &X509Certificate<'_>,
    issuer: &X509Certificate<'_>,
) -> String {
    let hash = |bytes: &[u8]| tlv(0x04, digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref());
    // SHA-1 names the issuer and protects nothing; some responders know no other.
    let algorithm = tlv(SEQUENCE, &[tlv(0x06, OID_SHA1), vec![0x05, 0x00]].concat());
    let id = [
        algorithm,
        hash(issuer.subject().as_raw()),
        hash(&issuer.public_key().subject_public_key.data),
        tlv(0x02, certificate.raw_serial()),
    ];
    // OCSPRequest, TBSRequest, requestList, Request, CertID.
    let request = (0..5).fold(id.concat(), |inner, _| tlv(SEQUENCE, &inner));
    let text = STANDARD.encode(request);
    let path = utf8_percent_encode(&text, NON_ALPHANUMERIC);
    format!("{}/{path}", responder.trim_end_matches('/'))
}

/// What an answer says of a certificate, if its signature and its dates hold.
pub(super) fn read(
    answer: &[u8],
    certificate: &X509Certificate<'_>,
    issuer: &X509Certificate<'_>,
    now: Timestamp,
) -> Option<Word> {
    let signed = basic_response(answer)?;
    let mut rest = signed;
    let data = expect(&mut rest, SEQUENCE)?;
    let algorithm = AlgorithmIdentifier::from_der(expect(&mut rest, SEQUENCE)?.whole).ok()?.1;
    let signature = BitString::from_der(expect(&mut rest, 0x03)?.whole).ok()?.1;
    let verifies = |key: &X509Certificate<'_>| {
        verify_signature(key.public_key(), &algorithm, &signature, data.whole).is_ok()
    };
    if !verifies(issuer)
        && !delegates(rest).any(|der| {
            parse(der).is_some_and(|one| may_answer(&one, issuer, now) && verifies(&one))
        })
    {
        return None;
    }
    single_response(data.content, certificate, issuer, now)
}

fn basic_response(mut answer: &[u8]) -> Option<&[u8]> {
    const BASIC: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 1, 1];
    let mut outer = expect(&mut answer, SEQUENCE)?.content;
    let successful = expect(&mut outer, 0x0a)?.content == [0];
    let mut bytes = expect(&mut outer, 0xa0)?.content;
    let mut typed = expect(&mut bytes, SEQUENCE)?.content;
    let basic = expect(&mut typed, 0x06)?.content == BASIC;
    let mut response = expect(&mut typed, 0x04)?.content;
    let response = expect(&mut response, SEQUENCE)?.content;
    (successful && basic).then_some(response)
}

/// The certificates sent along with an answer.
fn delegates(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    let list = expect(&mut rest, 0xa0).and_then(|mut tagged| expect(&mut tagged.content, SEQUENCE));
    let mut list = list.map(|list| list.content).unwrap_or_default();
    std::iter::from_fn(move || next(&mut list).map(|one| one.whole)).take(RESPONDERS)
}

/// Whether the issuer lets this certificate answer for it (RFC 6960 section 4.2.2.2).
fn may_answer(one: &X509Certificate<'_>, issuer: &X509Certificate<'_>, now: Timestamp) -> bool {
    let usage = one.extended_key_usage().ok().flatten();
    let valid = one.validity();
    usage.is_some_and(|usage| usage.value.ocsp_signing)
        && one.issuer().as_raw() == issuer.subject().as_raw()
        && (valid.not_before.to_datetime()..=valid.not_after.to_datetime()).contains(&now.0)
        && one.verify_signature(Some(issuer.public_key())).is_ok()
}

fn single_response(
    mut data: &[u8],
    certificate: &X509Certificate<'_>,
    issuer: &X509Certificate<'_>,
    now: Timestamp,
) -> Option<Word> {
    let _version = expect(&mut data, 0xa0);
    let _responder = next(&mut data)?;
    let _produced = expect(&mut data, 0x18)?;
    let mut list = expect(&mut data, SEQUENCE)?.content;
    while let Some(mut single) = expect(&mut list, SEQUENCE) {
        let rest = &mut single.content;
        let id = expect(rest, SEQUENCE)?;
        if is_about(id.content, certificate, issuer) == Some(true) {
            return word(rest, now);
        }
    }
    None
}

fn is_about(
    mut id: &[u8],
    certificate: &X509Certificate<'_>,
    issuer: &X509Certificate<'_>,
) -> Option<bool> {
    let mut algorithm = expect(&mut id, SEQUENCE)?.content;
    let algorithm: &'static Algorithm = match expect(&mut algorithm, 0x06)?.content {
        OID_SHA1 => &SHA1_FOR_LEGACY_USE_ONLY,
        OID_SHA256 => &SHA256,
        OID_SHA384 => &SHA384,
        OID_SHA512 => &SHA512,
        _ => return None,
    };
    let is_hash = |hash: Element<'_>, of: &[u8]| hash.content == digest(algorithm, of).as_ref();
    let name = is_hash(expect(&mut id, 0x04)?, issuer.subject().as_raw());
    let key = is_hash(expect(&mut id, 0x04)?, &issuer.public_key().subject_public_key.data);
    let serial = expect(&mut id, 0x02)?.content == certificate.raw_serial();
    Some(name && key && serial)
}

fn word(rest: &mut &[u8], now: Timestamp) -> Option<Word> {
    let status = next(rest)?;
    let this_update = time(expect(rest, 0x18)?)?;
    let next_update = match expect(rest, 0xa0) {
        Some(mut tagged) => time(expect(&mut tagged.content, 0x18)?)?,
        None => Timestamp(this_update.0 + WITHOUT_END),
    };
    if this_update.0 > now.0 + CLOCK_AHEAD || next_update < now {
        return None;
    }
    let mut word = Word { state: State::Unknown, at: None, reason: None };
    match status.tag {
        0x80 => word.state = State::Good,
        0xa1 => {
            let mut revoked = status.content;
            word.state = State::Revoked;
            word.at = Some(time(expect(&mut revoked, 0x18)?)?);
            let reason = expect(&mut revoked, 0xa0);
            let reason = reason.and_then(|mut tagged| expect(&mut tagged.content, 0x0a));
            word.reason = reason.and_then(|reason| reason.content.first().copied());
        }
        _ => {}
    }
    Some(word)
}

fn time(element: Element<'_>) -> Option<Timestamp> {
    ASN1Time::from_der(element.whole).ok().map(|(_, time)| Timestamp(time.to_datetime()))
}
