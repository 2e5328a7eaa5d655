//! Making the right link, as the management console would.

use std::fmt;

use super::grammar::{compose_raw, encode};
use crate::address::{AddressDefect, read_address};

/// The most that the management console lets one enter as a friendly name, in UTF-16 units.
pub const LONGEST_NAME: usize = 255;

/// Why no link was made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MakeError {
    /// The address cannot be used.
    Address(Vec<AddressDefect>),
    /// The friendly name is longer than [`LONGEST_NAME`].
    NameTooLong {
        /// How long it is.
        length: usize,
    },
}

impl fmt::Display for MakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(defects) => {
                let labels: Vec<&str> = defects.iter().map(|defect| defect.label()).collect();
                write!(f, "the address {}", labels.join(" and "))
            }
            Self::NameTooLong { length } => {
                write!(f, "the name has {length} characters, and {LONGEST_NAME} are allowed")
            }
        }
    }
}

impl std::error::Error for MakeError {}

/// Makes the link of a hub.
///
/// # Errors
/// If the address is not one that a user's computer can use, or the name is too long.
pub fn make(url: &str, name: Option<&str>) -> Result<String, MakeError> {
    let defects = read_address(url).defects;
    if !defects.is_empty() {
        return Err(MakeError::Address(defects));
    }
    let length = name.map_or(0, |name| name.encode_utf16().count());
    if length > LONGEST_NAME {
        return Err(MakeError::NameTooLong { length });
    }
    Ok(compose(url, name))
}

/// The link of any address and name, sensible or not: what the management console would write.
#[must_use]
pub fn compose(url: &str, name: Option<&str>) -> String {
    compose_raw(&encode(url), name.map(encode).as_deref())
}

/// A hubs.ini that holds a link.
///
/// Its section and key are a guess: nobody has published what Desktop expects, only that the file
/// holds the link. The file says so itself.
#[must_use]
pub fn hubs_ini(link: &str, name: Option<&str>) -> String {
    let section: String = name
        .unwrap_or_default()
        .chars()
        // What would end the section or the line.
        .map(|c| if c.is_control() || matches!(c, '[' | ']') { ' ' } else { c })
        .collect();
    let section = section.trim();
    let section = if section.is_empty() { "Hub" } else { section };
    let lines = [
        "; The list of hubs of Qlik Sense Desktop, to be saved as",
        r"; Documents\Qlik\Sense\Hubs\hubs.ini and read when Desktop starts.",
        "; That the file holds the authentication link is documented; the section and the key",
        "; below are unconfirmed. If Desktop does not show the hub, open the link itself.",
        &format!("[{section}]"),
        &format!("link={link}"),
        "",
    ];
    // Read on Windows, perhaps by a program that knows no other line end.
    lines.join("\r\n")
}

#[cfg(test)]
mod tests {
    use super::super::grammar::tests::VECTORS;
    use super::*;

    #[test]
    fn the_vectors_are_made() {
        for (url, name, link) in VECTORS {
            assert_eq!(make(url, name).as_deref(), Ok(link));
        }
        assert_eq!(make("https://q", Some("")), make("https://q", None));
    }

    #[test]
    fn every_defect_is_named() {
        let error = make("https://u@localhost:0", None).expect_err("three defects");
        let text = error.to_string();
        assert!(text.contains("leads back") && text.contains("port") && text.contains("user name"));
        assert!(make("sense.example.com", None).is_err());
        let error = make("https://q", Some(&"x".repeat(256))).expect_err("too long");
        assert_eq!(error, MakeError::NameTooLong { length: 256 });
        assert!(make("https://q", Some(&"x".repeat(255))).is_ok());
    }
}
