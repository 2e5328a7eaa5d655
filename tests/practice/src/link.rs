//! Writes `qliksense://` authentication links.
//!
//! Written apart from the doctor's own reader on purpose: were both to share code, a mistake in the
//! recipe could not be seen by any test.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::digest::{SHA256, digest};

/// What the link's recipe leaves as it is: letters, digits and these four.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The link that the management console hands out for this host address; an empty name is left out.
#[must_use]
pub fn make(host_uri: &str, friendly_name: &str) -> String {
    let url = utf8_percent_encode(host_uri, ESCAPED).to_string();
    let name = utf8_percent_encode(friendly_name, ESCAPED).to_string();
    let signature = sign(&url, &name);
    let named = if name.is_empty() { String::new() } else { format!("&name={name}") };
    format!(
        "qliksense://enterpriseurl?action=add&url={url}{named}&version=0.1&signature={signature}"
    )
}

/// The text is made upper-case after it was encoded, so the escapes themselves change too.
fn sign(url: &str, name: &str) -> String {
    let text =
        format!("ADD:{}:{}:0.1:QLIKSENSE", url.to_ascii_uppercase(), name.to_ascii_uppercase());
    digest(&SHA256, text.as_bytes()).as_ref().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a String cannot fail");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::make;

    /// Made with the original hash code of the management console.
    const VECTORS: [(&str, &str, &str); 4] = [
        (
            "https://sense.example.com",
            "Example",
            "qliksense://enterpriseurl?action=add&url=https%3A%2F%2Fsense.example.com&name=Example&version=0.1&signature=d2d0a5c84b640417299848c02d039521b3ea753b139a7641cb2a161cf6b3611d",
        ),
        (
            "https://sense.example.com/hub",
            "",
            "qliksense://enterpriseurl?action=add&url=https%3A%2F%2Fsense.example.com%2Fhub&version=0.1&signature=cd4ef434ed459464a97b13391bf781b4922a90cb18fa2e951955491fe68b3bde",
        ),
        (
            "https://sense.example.com:8443/vp1",
            "Åre & Söner (Test)!",
            "qliksense://enterpriseurl?action=add&url=https%3A%2F%2Fsense.example.com%3A8443%2Fvp1&name=%C3%85re%20%26%20S%C3%B6ner%20%28Test%29%21&version=0.1&signature=198b6fd8789149dd30769dbd203307c23d929785f2d1b0bc50562e3f3a445b44",
        ),
        (
            "http://qlik1",
            "it's*",
            "qliksense://enterpriseurl?action=add&url=http%3A%2F%2Fqlik1&name=it%27s%2A&version=0.1&signature=1716770bff5d00935cc1807ddd03a7e85bb6a7c705a59d67bdacbfcaa1383645",
        ),
    ];

    #[test]
    fn links_equal_the_recorded_ones() {
        for (uri, name, link) in VECTORS {
            assert_eq!(make(uri, name), link);
        }
    }
}
