//! Names out of certificates as text that is safe to print.

use std::fmt::Write;

use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// The longest distinguished name that is kept.
const NAME_KEPT: usize = 512;

/// Text of strangers: cut, and with everything escaped that moves a cursor or turns the direction
/// of reading.
pub(super) fn bounded(text: &str, most: usize) -> String {
    let mut safe = String::new();
    for (length, c) in text.chars().enumerate() {
        if length >= most {
            safe.push('…');
            break;
        }
        if c.is_control() || turns_direction(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    safe
}

fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The first bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8], most: usize) -> String {
    bytes.iter().take(most).fold(String::new(), |mut text, byte| {
        // Writing into a string cannot fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}

/// A name as in RFC 4514: the most specific part first.
pub(super) fn distinguished_name(name: &X509Name<'_>) -> String {
    let mut parts: Vec<String> = Vec::new();
    // More parts than this are no name of this world; the bound keeps a hostile one cheap.
    for rdn in name.iter_rdn().take(64) {
        let values: Vec<String> = rdn.iter().take(8).map(attribute).collect();
        parts.push(values.join("+"));
    }
    parts.reverse();
    bounded(&parts.join(","), NAME_KEPT)
}

/// The common name, if there is one.
pub(super) fn common_name(name: &X509Name<'_>) -> Option<String> {
    name.iter_common_name().next().map(|attribute| bounded(&value(attribute), 253))
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let oid = attribute.attr_type().to_id_string();
    let key = match oid.as_str() {
        "2.5.4.3" => "CN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "emailAddress",
        other => other,
    };
    format!("{key}={}", escaped(&value(attribute)))
}

/// The characters that separate the parts of a name.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars().take(NAME_KEPT) {
        if matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=') {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

fn value(attribute: &AttributeTypeAndValue<'_>) -> String {
    const BMP_STRING: u32 = 30;
    if attribute.attr_value().tag().0 == BMP_STRING {
        let units: Vec<u16> = attribute
            .as_slice()
            .chunks_exact(2)
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
            .collect();
        return String::from_utf16_lossy(&units);
    }
    match attribute.as_str() {
        Ok(text) => text.to_owned(),
        // An old T61String is mostly Latin-1.
        Err(_) => attribute.as_slice().iter().map(|&byte| char::from(byte)).collect(),
    }
}
