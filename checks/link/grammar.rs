//! The grammar of the link and its check value, as the management console writes them.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use ring::digest::{SHA256, digest};

/// The scheme that Qlik Sense Desktop registers.
pub(crate) const SCHEME: &str = "qliksense";
/// What stands where a URL has its host.
pub(crate) const AUTHORITY: &str = "enterpriseurl";
/// How every authentication link begins.
pub(crate) const START: &str = "qliksense://enterpriseurl";
/// The one version that is known.
pub(crate) const VERSION: &str = "0.1";
/// SHA-256 in hexadecimal digits.
pub(crate) const SIGNATURE_LENGTH: usize = 64;

/// JavaScript's `encodeURIComponent` leaves these alone, and the console encodes `!'()*` as well.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Encodes a value as the console does.
pub(crate) fn encode(value: &str) -> String {
    utf8_percent_encode(value, UNRESERVED).to_string()
}

/// Decodes once. What is no valid UTF-8 afterwards shows as replacement characters.
pub(crate) fn decode(raw: &str) -> Cow<'_, str> {
    percent_decode_str(raw).decode_utf8_lossy()
}

/// The check value of an encoded address and an encoded name, exactly as they stand.
pub(crate) fn signature(url_raw: &str, name_raw: &str) -> String {
    let (url, name) = (url_raw.to_ascii_uppercase(), name_raw.to_ascii_uppercase());
    let sum = digest(&SHA256, format!("ADD:{url}:{name}:{VERSION}:QLIKSENSE").as_bytes());
    sum.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 15]).map(hex_digit).collect()
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0')
}

/// The link of an encoded address and an encoded name.
pub(crate) fn compose_raw(url_raw: &str, name_raw: Option<&str>) -> String {
    let name_raw = name_raw.unwrap_or_default();
    let name = if name_raw.is_empty() { String::new() } else { format!("&name={name_raw}") };
    let signature = signature(url_raw, name_raw);
    format!("{START}?action=add&url={url_raw}{name}&version={VERSION}&signature={signature}")
}

/// The parts of a text that starts as a link does. Nothing is decoded, nothing judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Parts<'a> {
    pub(crate) authority: &'a str,
    pub(crate) action: Option<&'a str>,
    pub(crate) url: Option<&'a str>,
    pub(crate) name: Option<&'a str>,
    pub(crate) version: Option<&'a str>,
    pub(crate) signature: Option<&'a str>,
    /// Parameters that no known link has, and repeated ones.
    pub(crate) unknown: Vec<&'a str>,
    /// The last parameter's name: a link that was cut ends in the middle of it.
    pub(crate) last: Option<&'a str>,
    /// Letters of the scheme or of a parameter's name are not in their usual case.
    pub(crate) case_changed: bool,
}

impl<'a> Parts<'a> {
    /// Splits `qliksense:…`; `None` for any other text.
    pub(crate) fn of(text: &'a str) -> Option<Self> {
        let scheme = text.get(..SCHEME.len())?;
        let rest = text[scheme.len()..].strip_prefix(':')?;
        if !scheme.eq_ignore_ascii_case(SCHEME) {
            return None;
        }
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (authority, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut parts = Self {
            // A browser may add the slash that every URL with a host has.
            authority: authority.strip_suffix('/').unwrap_or(authority),
            ..Self::default()
        };
        parts.case_changed = scheme != SCHEME || has_capitals(parts.authority);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            parts.put(key, value);
        }
        Some(parts)
    }

    fn put(&mut self, key: &'a str, value: &'a str) {
        self.last = Some(key);
        let slot = match key.to_ascii_lowercase().as_str() {
            "action" => &mut self.action,
            "url" => &mut self.url,
            "name" => &mut self.name,
            "version" => &mut self.version,
            "signature" => &mut self.signature,
            _ => return self.unknown.push(key),
        };
        if slot.is_some() {
            return self.unknown.push(key);
        }
        *slot = Some(value);
        self.case_changed |= has_capitals(key);
    }

    pub(crate) fn is_authentication_link(&self) -> bool {
        self.authority.eq_ignore_ascii_case(AUTHORITY)
    }

    /// Of the kind whose check value is known.
    pub(crate) fn is_known_kind(&self) -> bool {
        self.is_authentication_link()
            && self.action.is_some_and(|action| action.eq_ignore_ascii_case("add"))
            && self.version == Some(VERSION)
            && self.unknown.is_empty()
    }

    /// The check value that the link should have.
    pub(crate) fn expected_signature(&self) -> Option<String> {
        Some(signature(self.url?, self.name.unwrap_or_default()))
    }

    /// Of the known kind, with an address and with the check value that belongs to it.
    pub(crate) fn is_whole(&self) -> bool {
        self.is_known_kind()
            && self.signature.is_some_and(|given| given.len() == SIGNATURE_LENGTH)
            && self.expected_signature().is_some_and(|expected| {
                self.signature.is_some_and(|given| given.eq_ignore_ascii_case(&expected))
            })
    }
}

fn has_capitals(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_uppercase())
}

/// Whether a text is a link with a check value that fits.
pub(crate) fn is_whole(text: &str) -> bool {
    Parts::of(text).is_some_and(|parts| parts.is_whole())
}

/// Finds a text without regard to the case of its ASCII letters, from a byte position on.
pub(crate) fn find_ignoring_case(text: &str, wanted: &str, from: usize) -> Option<usize> {
    let (text, wanted) = (text.as_bytes(), wanted.as_bytes());
    let (&first, last) = (wanted.first()?, text.len().checked_sub(wanted.len())?);
    (from..=last).find(|&at| {
        text[at].eq_ignore_ascii_case(&first)
            && text[at..at + wanted.len()].eq_ignore_ascii_case(wanted)
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Address, name and link, made with the original code and recomputed independently.
    pub(crate) const VECTORS: [(&str, Option<&str>, &str); 4] = [
        (
            "https://sense.example.com",
            Some("Example"),
            "qliksense://enterpriseurl?action=add&url=https%3A%2F%2Fsense.example.com&name=Example&version=0.1&signature=d2d0a5c84b640417299848c02d039521b3ea753b139a7641cb2a161cf6b3611d",
        ),
        (
            "https://sense.example.com/hub",
            None,
            "qliksense://enterpriseurl?action=add&url=https%3A%2F%2Fsense.example.com%2Fhub&version=0.1&signature=cd4ef434ed459464a97b13391bf781b4922a90cb18fa2e951955491fe68b3bde",
        ),
        (
            "https://sense.example.com:8443/vp1",
            Some("Åre & Söner (Test)!"),
            "qliksense://enterpriseurl?action=add&url=https%3A%2F%2Fsense.example.com%3A8443%2Fvp1&name=%C3%85re%20%26%20S%C3%B6ner%20%28Test%29%21&version=0.1&signature=198b6fd8789149dd30769dbd203307c23d929785f2d1b0bc50562e3f3a445b44",
        ),
        (
            "http://qlik1",
            Some("it's*"),
            "qliksense://enterpriseurl?action=add&url=http%3A%2F%2Fqlik1&name=it%27s%2A&version=0.1&signature=1716770bff5d00935cc1807ddd03a7e85bb6a7c705a59d67bdacbfcaa1383645",
        ),
    ];

    #[test]
    fn the_check_value_is_that_of_the_original_code() {
        for (url, name, link) in VECTORS {
            let name = name.map(encode);
            assert_eq!(compose_raw(&encode(url), name.as_deref()), link);
            let parts = Parts::of(link).expect("a link");
            assert!(parts.is_whole(), "{link}");
            assert!(!parts.case_changed);
            assert_eq!(decode(parts.url.expect("an address")), url);
        }
    }

    #[test]
    fn one_changed_letter_is_seen_and_a_changed_case_is_not() {
        for (_, _, link) in VECTORS {
            assert!(!is_whole(
                &link.replacen("qlik1", "qlik2", 1).replacen("sense.e", "sence.e", 1)
            ));
            assert!(is_whole(&link.to_ascii_uppercase()));
            assert!(Parts::of(&link.to_ascii_uppercase()).is_some_and(|parts| parts.case_changed));
        }
    }
}
