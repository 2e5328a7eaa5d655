//! From bytes to text: nobody says which encoding hubs.ini has, so all that occur are read.

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the bytes of a file were read.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// Without a mark at the beginning, and valid; plain ASCII too.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// With a mark at the beginning.
    #[serde(rename = "utf-8-bom")]
    Utf8Bom,
    /// With a mark at the beginning, or told by its zero bytes.
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// With a mark at the beginning, or told by its zero bytes.
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// Everything else: every byte has a meaning in it.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

impl Encoding {
    /// For people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf8Bom => "UTF-8 with byte order mark",
            Self::Utf16Le => "UTF-16, little endian",
            Self::Utf16Be => "UTF-16, big endian",
            Self::Windows1252 => "Windows-1252",
        }
    }
}

/// Reads bytes as text, without the mark at their beginning.
pub(crate) fn decode(bytes: &[u8]) -> (Encoding, String) {
    let marked = [
        (&b"\xef\xbb\xbf"[..], Encoding::Utf8Bom, UTF_8),
        (b"\xff\xfe", Encoding::Utf16Le, UTF_16LE),
        (b"\xfe\xff", Encoding::Utf16Be, UTF_16BE),
    ];
    for (mark, encoding, decoder) in marked {
        if let Some(rest) = bytes.strip_prefix(mark) {
            let (text, _) = decoder.decode_without_bom_handling(rest);
            return (encoding, text.into_owned());
        }
    }
    if let Some((encoding, decoder)) = unmarked_utf_16(bytes) {
        let (text, _) = decoder.decode_without_bom_handling(bytes);
        return (encoding, text.into_owned());
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (Encoding::Utf8, text.to_owned());
    }
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
    (Encoding::Windows1252, text.into_owned())
}

/// UTF-16 without a mark: of the letters that a link is made of, every other byte is zero. Other
/// data has its zeros anywhere, and a text has no NUL characters.
fn unmarked_utf_16(bytes: &[u8]) -> Option<(Encoding, &'static encoding_rs::Encoding)> {
    let (pairs, []) = bytes.as_chunks::<2>() else { return None };
    let (mut first, mut second) = (0, 0);
    for pair in pairs {
        match pair {
            [0, 0] => return None,
            [0, _] => first += 1,
            [_, 0] => second += 1,
            _ => {}
        }
    }
    let is_most =
        |zeros: usize, others: usize| zeros * 10 >= pairs.len() * 7 && others * 20 <= pairs.len();
    // Two bytes are too few to tell.
    if pairs.len() < 2 {
        None
    } else if is_most(second, first) {
        Some((Encoding::Utf16Le, UTF_16LE))
    } else if is_most(first, second) {
        Some((Encoding::Utf16Be, UTF_16BE))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_encoding_is_told_and_read() {
        let cases: [(&[u8], Encoding); 5] = [
            (b"n=\xc3\x85", Encoding::Utf8),
            (b"\xef\xbb\xbfn=\xc3\x85", Encoding::Utf8Bom),
            (b"\xff\xfen\0=\0\xc5\0", Encoding::Utf16Le),
            (b"\xfe\xff\0n\0=\0\xc5", Encoding::Utf16Be),
            (b"n=\xc5", Encoding::Windows1252),
        ];
        for (bytes, encoding) in cases {
            assert_eq!(decode(bytes), (encoding, "n=\u{c5}".to_owned()));
        }
    }

    #[test]
    fn utf_16_is_told_without_its_mark() {
        let text = "[Sales]\r\nname=\u{c5}\u{4e2d}\u{1f600}\r\nlink=qliksense://enterpriseurl?\r\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&little), (Encoding::Utf16Le, text.to_owned()));
        assert_eq!(decode(&big), (Encoding::Utf16Be, text.to_owned()));
        for binary in
            [&b"MZ\0\0"[..], b"a\0", b"a\0b\0c", b"a\0\0b", b"\x01\0\x02\0\0\0", b"ab\0\0cd\0\0"]
        {
            assert_eq!(decode(binary).0, Encoding::Utf8, "{binary:?}");
        }
    }
}
