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
    /// With a mark at the beginning.
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// With a mark at the beginning.
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
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (Encoding::Utf8, text.to_owned());
    }
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
    (Encoding::Windows1252, text.into_owned())
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
}
