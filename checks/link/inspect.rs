//! Reading a text that names a hub: a link, a URL or a host name.

use std::net::Ipv6Addr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::grammar::{
    self, AUTHORITY, Parts, SCHEME, SIGNATURE_LENGTH, VERSION, decode, encode, find_ignoring_case,
    signature,
};
use super::mangling::{Mangling, repair};
use super::secret::{shown, shown_address, shown_line};
use super::wrapper::hides_link;
use crate::address::{AddressDefect, HubAddress, read_address};

/// How much of a text a report shows. A link is a few hundred bytes long.
const EXCERPT: usize = 2048;

/// What kind of text names the hub.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextKind {
    /// A bare host name; `https://` is understood.
    Host,
    /// A `qliksense://` link, whole or damaged.
    Link,
    /// Any other `scheme://…`.
    Url,
}

/// What a text that names a hub says. Serialisable as it is: it is the evidence of the check.
///
/// The parts are those of the text as it stands; `url`, `name` and `hub` are those of the repaired
/// link if there is one. Passwords and one-time values are left out of all of them: the check
/// value was computed before.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Inspection {
    /// What kind of text it is.
    pub kind: TextKind,
    /// The text, or its first 2 kB.
    #[schemars(extend("x-identifies" = "link"))]
    pub text: String,
    /// How many bytes the whole text has, if `text` is not all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_length: Option<usize>,
    /// What stands before `://`, in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// What stands where a link has `enterpriseurl`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "link"))]
    pub authority: Option<String>,
    /// The link's `action`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The link's `version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The link's `url`, encoded, as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "link"))]
    pub url_raw: Option<String>,
    /// The address of the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "link"))]
    pub url: Option<String>,
    /// The link's `name`, encoded, as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "link"))]
    pub name_raw: Option<String>,
    /// The friendly name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "name"))]
    pub name: Option<String>,
    /// Parameters that no known link has, and repeated ones: their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-identifies" = "name"))]
    pub unknown_parameters: Vec<String>,
    /// The check value in the link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "digits"))]
    pub signature_given: Option<String>,
    /// The check value of its address and name, exactly as they stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "digits"))]
    pub signature_computed: Option<String>,
    /// Whether they are the same; `None` where the check value cannot be judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature_matches: Option<bool>,
    /// What the check value in the link fits instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature_fits: Option<Fit>,
    /// The check value is missing or too short: the end of the link is lost.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
    /// Letters are not in the case the management console writes; the check value cannot see it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub case_changed: bool,
    /// What happened to the link, in the order of undoing, if that makes the check value fit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mangling: Vec<Mangling>,
    /// The link as it was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "link"))]
    pub repaired: Option<String>,
    /// What makes the address unusable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub address_defects: Vec<AddressDefect>,
    /// The hub, if its address can be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<HubAddress>,
    /// A hub on this computer is no mistake here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub loopback_allowed: bool,
}

/// The edit after which a check value no longer fits, and what was there before.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Fit {
    /// What seems to have been done.
    pub edit: Edit,
    /// The address that the check value was made for.
    pub url: String,
    /// The name that it was made for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The edits that a check value can reveal.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Edit {
    /// A name was added.
    NameAdded,
    /// The path was added.
    PathAdded,
    /// The path was changed.
    PathChanged,
    /// The port was added.
    PortAdded,
    /// `http` became `https`, or the reverse.
    SchemeChanged,
}

impl Edit {
    /// For people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::NameAdded => "the name was added",
            Self::PathAdded => "the path was added",
            Self::PathChanged => "the path was changed",
            Self::PortAdded => "the port was added",
            Self::SchemeChanged => "http and https were exchanged",
        }
    }
}

impl Inspection {
    /// A name for people: the friendly name, else the host, else the text.
    #[must_use]
    pub fn label(&self) -> &str {
        let name = self.name.as_deref().filter(|name| !name.trim().is_empty());
        name.or_else(|| self.hub.as_ref().map(|hub| hub.host.as_str())).unwrap_or(&self.text)
    }

    /// Whether the text is an authentication link with a check value that fits.
    #[must_use]
    pub fn is_whole_link(&self) -> bool {
        self.signature_matches == Some(true)
    }

    /// The link is of a kind whose check value is not known.
    #[must_use]
    pub fn is_unknown_variant(&self) -> bool {
        self.kind == TextKind::Link
            && self.is_authentication_link()
            && !self.truncated
            && (self.version.as_deref() != Some(VERSION)
                || !self.action.as_deref().is_some_and(|a| a.eq_ignore_ascii_case("add"))
                || !self.unknown_parameters.is_empty())
    }

    /// The scheme and what follows are those of an authentication link.
    #[must_use]
    pub fn is_authentication_link(&self) -> bool {
        self.scheme.as_deref() == Some(SCHEME)
            && self.authority.as_deref().is_some_and(|a| a.eq_ignore_ascii_case(AUTHORITY))
    }

    fn empty(kind: TextKind, text: &str) -> Self {
        let safe = if kind == TextKind::Host { shown_address(text) } else { shown(text) };
        Self {
            kind,
            text: excerpt(&safe),
            full_length: (text.len() > EXCERPT).then_some(text.len()),
            scheme: None,
            authority: None,
            action: None,
            version: None,
            url_raw: None,
            url: None,
            name_raw: None,
            name: None,
            unknown_parameters: Vec::new(),
            signature_given: None,
            signature_computed: None,
            signature_matches: None,
            signature_fits: None,
            truncated: false,
            case_changed: false,
            mangling: Vec::new(),
            repaired: None,
            address_defects: Vec::new(),
            hub: None,
            loopback_allowed: false,
        }
    }

    /// Takes the address and looks what is wrong with it.
    fn with_address(mut self, url: &str) -> Self {
        let read = read_address(url);
        self.url = Some(excerpt(&shown_address(url)));
        self.hub = read.hub;
        self.address_defects = read.defects;
        self
    }
}

/// Reads a text that names a hub. White space around it does not count.
#[must_use]
pub fn inspect(text: &str) -> Inspection {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if let Some(parts) = Parts::of(text) {
        return inspect_link(text, &parts);
    }
    // The address of a mail protection service must not be taken for a hub.
    if hides_link(text) {
        return with_repair(Inspection::empty(TextKind::Link, text), text);
    }
    match scheme_of(text) {
        Some(scheme) if scheme == "http" || scheme == "https" => {
            Inspection { scheme: Some(scheme), ..Inspection::empty(TextKind::Url, text) }
                .with_address(text)
        }
        Some(scheme) => {
            Inspection { scheme: Some(excerpt(&scheme)), ..Inspection::empty(TextKind::Url, text) }
        }
        None => inspect_host(text),
    }
}

fn inspect_host(text: &str) -> Inspection {
    let seen = Inspection::empty(TextKind::Host, text);
    if text.is_empty() {
        return seen.with_address("");
    }
    match text.parse::<Ipv6Addr>() {
        Ok(ip) => seen.with_address(&format!("https://[{ip}]")),
        Err(_) => seen.with_address(&format!("https://{text}")),
    }
}

fn inspect_link(text: &str, parts: &Parts<'_>) -> Inspection {
    let own = |part: Option<&str>| part.map(|part| excerpt(&shown_line(part)));
    let mut seen = Inspection {
        scheme: Some(SCHEME.to_owned()),
        authority: own(Some(parts.authority)),
        action: own(parts.action),
        version: own(parts.version),
        url_raw: parts.url.map(|raw| excerpt(&shown_address(raw))),
        name_raw: parts.name.map(|raw| excerpt(&shown(raw))),
        unknown_parameters: parts
            .unknown
            .iter()
            .take(16)
            .filter_map(|&key| own(Some(key)))
            .collect(),
        signature_given: own(parts.signature),
        truncated: is_truncated(parts),
        case_changed: parts.case_changed,
        ..Inspection::empty(TextKind::Link, text)
    };
    if parts.is_known_kind() && !seen.truncated {
        seen.signature_computed = parts.expected_signature();
        seen.signature_matches = seen.signature_computed.is_some().then(|| parts.is_whole());
    }
    if seen.signature_matches == Some(true) {
        return with_values(seen, parts);
    }
    let seen = with_repair(seen, text);
    if seen.repaired.is_some() { seen } else { unrepaired(seen, parts) }
}

/// The link as its parts stand, whatever its check value says.
fn unrepaired(mut seen: Inspection, parts: &Parts<'_>) -> Inspection {
    if !parts.is_authentication_link() {
        return seen;
    }
    if seen.signature_matches == Some(false) {
        seen.signature_fits = fit(parts).map(|fit| Fit {
            url: excerpt(&shown_address(&fit.url)),
            name: fit.name.map(|name| excerpt(&shown(&name))),
            ..fit
        });
    }
    // Where the text was cut inside the address, what is left of it names another host.
    let cut_in_address =
        seen.truncated && parts.last.is_some_and(|l| l.eq_ignore_ascii_case("url"));
    if cut_in_address { seen } else { with_values(seen, parts) }
}

fn with_values(mut seen: Inspection, parts: &Parts<'_>) -> Inspection {
    seen.name = parts.name.map(|raw| excerpt(&shown(&decode(raw))));
    match parts.url {
        Some(raw) => seen.with_address(&decode(raw)),
        // A kind that is not known may name its hub in another way; a cut link has lost it.
        None if seen.truncated || seen.is_unknown_variant() => seen,
        None => seen.with_address(""),
    }
}

fn with_repair(seen: Inspection, text: &str) -> Inspection {
    let Some(repair) = repair(text) else { return seen };
    let seen = match Parts::of(&repair.link) {
        Some(parts) => with_values(seen, &parts),
        None => seen,
    };
    // The whole text is there, its end included.
    Inspection {
        mangling: repair.steps,
        repaired: Some(shown(&repair.link)),
        truncated: false,
        ..seen
    }
}

/// Whether the end of a link is missing, with its check value.
fn is_truncated(parts: &Parts<'_>) -> bool {
    if !parts.is_authentication_link() {
        let begins_so = AUTHORITY
            .get(..parts.authority.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(parts.authority));
        return begins_so && parts.last.is_none();
    }
    let known_so_far = parts.version.is_none_or(|version| VERSION.starts_with(version));
    known_so_far && parts.signature.is_none_or(|given| given.len() < SIGNATURE_LENGTH)
}

/// A few cheap guesses at what the link was before somebody edited it. Each is exact or nothing.
fn fit(parts: &Parts<'_>) -> Option<Fit> {
    let (given, raw_name) = (parts.signature?, parts.name.unwrap_or_default());
    let url = decode(parts.url?).into_owned();
    let name = decode(raw_name).into_owned();
    let fits =
        |url: &str, raw_name: &str| signature(&encode(url), raw_name).eq_ignore_ascii_case(given);
    if !raw_name.is_empty() && fits(&url, "") {
        return Some(Fit { edit: Edit::NameAdded, url, name: None });
    }
    let (edit, url) = earlier_addresses(&url).into_iter().find(|(_, url)| fits(url, raw_name))?;
    Some(Fit { edit, url, name: (!name.is_empty()).then_some(name) })
}

fn earlier_addresses(url: &str) -> Vec<(Edit, String)> {
    let mut earlier = Vec::new();
    let Some((scheme, rest)) = url.split_once("://") else { return earlier };
    let other = if scheme.eq_ignore_ascii_case("http") { "https" } else { "http" };
    earlier.push((Edit::SchemeChanged, format!("{other}://{rest}")));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if !path.is_empty() {
        earlier.push((Edit::PathAdded, format!("{scheme}://{authority}")));
    }
    for changed in ["/", "/hub", "/hub/"].into_iter().filter(|changed| *changed != path) {
        earlier.push((Edit::PathChanged, format!("{scheme}://{authority}{changed}")));
    }
    match path.strip_suffix('/') {
        Some(shorter) => {
            earlier.push((Edit::PathChanged, format!("{scheme}://{authority}{shorter}")));
        }
        None => earlier.push((Edit::PathChanged, format!("{url}/"))),
    }
    if let Some((host, _)) = authority.rsplit_once(':') {
        earlier.push((Edit::PortAdded, format!("{scheme}://{host}{path}")));
    }
    earlier
}

/// What stands before `://`, in lower case, if it can be a scheme.
fn scheme_of(text: &str) -> Option<String> {
    let (scheme, _) = text.split_once("://")?;
    let mut letters = scheme.bytes();
    let is_scheme = letters.next().is_some_and(|b| b.is_ascii_alphabetic())
        && letters.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    is_scheme.then(|| scheme.to_ascii_lowercase())
}

fn excerpt(text: &str) -> String {
    text[..text.floor_char_boundary(EXCERPT)].to_owned()
}

/// The first place where an authentication link begins, from a byte position on.
pub(crate) fn find_link(text: &str, from: usize) -> Option<usize> {
    find_ignoring_case(text, grammar::START, from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::grammar::tests::VECTORS;
    use super::super::make;
    use super::*;

    #[test]
    fn the_vectors_are_whole() {
        for (url, name, link) in VECTORS {
            let seen = inspect(&format!("\u{feff} {link}\r\n"));
            assert_eq!(seen.signature_matches, Some(true));
            assert_eq!((seen.url.as_deref(), seen.name.as_deref()), (Some(url), name));
            assert!(seen.hub.is_some() && seen.mangling.is_empty() && !seen.truncated);
        }
        let upper = inspect(&VECTORS[0].2.to_uppercase());
        assert!(upper.is_whole_link() && upper.case_changed);
        assert_eq!(upper.hub.map(|hub| hub.host).as_deref(), Some("sense.example.com"));
    }

    #[test]
    fn a_repaired_link_names_its_hub() {
        for (url, name, link) in VECTORS {
            for mangled in [link.replace('&', "&amp;"), format!("<{link}>."), decode(link).into()] {
                let seen = inspect(&mangled);
                assert_eq!(seen.kind, TextKind::Link);
                assert_eq!(seen.repaired.as_deref(), Some(link), "{mangled}");
                assert_eq!((seen.url.as_deref(), seen.name.as_deref()), (Some(url), name));
                assert!(seen.hub.is_some() && !seen.truncated);
            }
        }
    }

    #[test]
    fn a_protection_service_is_no_hub() {
        let link = VECTORS[0].2;
        let seen = inspect(&format!(
            "https://eur01.safelinks.protection.outlook.com/?url={}&data=05",
            encode(link)
        ));
        assert_eq!(
            (seen.kind, seen.mangling.as_slice()),
            (TextKind::Link, &[Mangling::Wrapped][..])
        );
        assert_eq!(seen.label(), "Example");
        // Even if the link inside it cannot be saved.
        let seen = inspect("https://p.example/?u=qliksense%3A%2F%2Fenterpriseurl%3Faction%3Dadd");
        assert_eq!((seen.kind, seen.hub), (TextKind::Link, None));
    }

    #[test]
    fn a_cut_link_is_truncated_and_its_half_address_names_no_hub() {
        let link = VECTORS[0].2;
        for length in 12..link.len() {
            let seen = inspect(&link[..length]);
            assert!(seen.truncated, "{}", &link[..length]);
            if let Some(hub) = seen.hub {
                assert_eq!(hub.host, "sense.example.com");
            }
        }
    }

    #[test]
    fn an_edit_is_told_if_it_can_be_known() {
        let told = |link: &str| inspect(link).signature_fits.map(|fit| fit.edit);
        let named = VECTORS[1].2.replace("&version", "&name=Mine&version");
        assert_eq!(told(&named), Some(Edit::NameAdded));
        assert_eq!(told(&VECTORS[0].2.replace("com&", "com%2Fhub&")), Some(Edit::PathAdded));
        assert_eq!(told(&VECTORS[1].2.replace("%2Fhub", "%2Fhub%2F")), Some(Edit::PathChanged));
        assert_eq!(told(&VECTORS[3].2.replace("http%", "https%")), Some(Edit::SchemeChanged));
        assert_eq!(told(&VECTORS[3].2.replace("qlik1", "qlik1%3A80")), Some(Edit::PortAdded));
        assert_eq!(told(&VECTORS[3].2.replace("qlik1", "qlik2")), None);
    }

    #[test]
    fn hosts_and_addresses_are_hubs_without_a_link() {
        let host = |text: &str| inspect(text).hub.map(|hub| hub.origin());
        assert_eq!(host("qlik1").as_deref(), Some("https://qlik1"));
        assert_eq!(host("qlik1:8443/vp").as_deref(), Some("https://qlik1:8443"));
        assert_eq!(host("2001:db8::1").as_deref(), Some("https://[2001:db8::1]"));
        assert_eq!(host("HTTP://qlik1/").as_deref(), Some("http://qlik1"));
        assert_eq!(inspect("").address_defects, [AddressDefect::Empty]);
        assert_eq!(inspect("qlik://x").scheme.as_deref(), Some("qlik"));
    }

    #[test]
    fn a_long_text_is_shown_in_part_and_handled_at_once() {
        for text in ["qliksense://enterpriseurl?", "https://", "%25", "&amp;", "= \n", "*"] {
            let long = text.repeat(4 * 1024 * 1024 / text.len());
            let seen = inspect(&long);
            assert!(seen.text.len() <= EXCERPT && seen.full_length.is_some());
        }
    }

    proptest! {
        #[test]
        fn what_is_made_is_read(name in ".{0,120}", path in "(/[a-z0-9._~-]{1,12}){0,2}") {
            let url = format!("https://sense.example.com:8443{path}");
            let link = make(&url, Some(&name)).expect("a good address");
            let seen = inspect(&link);
            prop_assert!(seen.is_whole_link());
            prop_assert_eq!(seen.url.as_deref(), Some(url.as_str()));
            // A name that reads like a password in an address (`&:@`) is shown masked.
            prop_assert_eq!(seen.name.unwrap_or_default(), shown(&name));
        }

        #[test]
        fn no_text_panics(text in "\\PC*", tail in any::<String>()) {
            let texts = [
                text.clone(),
                tail.clone(),
                format!("qliksense://enterpriseurl?{text}&url={tail}&version=0.1"),
                format!("https://x/v3/__qliksense://enterpriseurl?{text}__;{tail}"),
                format!("https://{text}"),
            ];
            for text in texts {
                prop_assert!(inspect(&text).text.len() <= EXCERPT);
            }
        }

        #[test]
        fn saved_evidence_is_the_same(text in any::<String>()) {
            let seen = inspect(&text);
            let saved = serde_json::to_string(&seen).expect("plain data");
            prop_assert_eq!(serde_json::from_str::<Inspection>(&saved).expect("readable"), seen);
        }
    }
}
