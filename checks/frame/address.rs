//! The address of a hub, read out of a link or given as it is.

use std::fmt;
use std::net::Ipv6Addr;

use hublink_probe::Scheme;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::link::shown_line;

/// The most that the management console lets one enter as a link's address, in UTF-16 units.
pub const LONGEST_ADDRESS: usize = 1024;

/// Where a hub lives: the parts of its URL that matter to a login.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct HubAddress {
    /// http or https.
    pub scheme: Scheme,
    /// The host name in ASCII form (IDN as `xn--`), lower case; an IPv6 address without brackets.
    #[schemars(extend("x-identifies" = "host"))]
    pub host: String,
    /// The port, the scheme's own if the address names none.
    pub port: u16,
    /// The virtual proxy's prefix, without slashes at its ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "name"))]
    pub prefix: Option<String>,
    /// The path as it was given.
    #[schemars(extend("x-identifies" = "path"))]
    pub path: String,
}

impl HubAddress {
    /// `https://host[:port]`, without a path.
    #[must_use]
    pub fn origin(&self) -> String {
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let scheme = self.scheme.label();
        if self.port == self.scheme.default_port() {
            format!("{scheme}://{host}")
        } else {
            format!("{scheme}://{host}:{}", self.port)
        }
    }

    /// The URL of a path of the hub, behind its prefix. `path` starts with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        match &self.prefix {
            Some(prefix) => format!("{}/{prefix}{path}", self.origin()),
            None => format!("{}{path}", self.origin()),
        }
    }

    /// Whether this is a Qlik Cloud tenant, by its domain.
    #[must_use]
    pub fn is_cloud(&self) -> bool {
        self.host.ends_with(".qlikcloud.com")
    }
}

/// What makes the address of a hub unusable.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum AddressDefect {
    /// There is none.
    Empty,
    /// The host has characters, or a form, that no host name has; some of them cannot be seen.
    IllegalHost,
    /// It leads back to the computer it is used on.
    Loopback,
    /// It does not start with `http://` or `https://`.
    NotHttp,
    /// The port is 0 or above 65535.
    PortOutOfRange,
    /// It has more than [`LONGEST_ADDRESS`] characters.
    TooLong,
    /// It is no URL.
    Unparsable,
    /// It holds a user name or a password.
    UserInfo,
}

impl AddressDefect {
    /// For people: the rest of "the address …".
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Empty => "is missing",
            Self::IllegalHost => "has a server name with characters or a form that is not allowed",
            Self::Loopback => "leads back to the computer it is used on",
            Self::NotHttp => "does not start with https:// or http://",
            Self::PortOutOfRange => "has a port outside 1 to 65535",
            Self::TooLong => "is longer than 1024 characters",
            Self::Unparsable => "is not a web address",
            Self::UserInfo => "holds a user name or a password",
        }
    }
}

impl fmt::Display for AddressDefect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// An address as it was understood, and what is wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadAddress {
    /// The hub. It is there too when [`AddressDefect::Loopback`] is the only defect: whether that
    /// is one depends on the world.
    pub hub: Option<HubAddress>,
    /// Every defect found, in the order of the enum.
    pub defects: Vec<AddressDefect>,
}

impl ReadAddress {
    fn broken(mut defects: Vec<AddressDefect>, last: AddressDefect) -> Self {
        defects.push(last);
        defects.sort_unstable();
        Self { hub: None, defects }
    }
}

/// Reads the address of a hub.
///
/// Stricter than a browser, which repairs or silently drops what a person should know about:
/// control characters, invisible characters, a missing host.
#[must_use]
pub fn read_address(text: &str) -> ReadAddress {
    let mut defects = Vec::new();
    if text.is_empty() {
        return ReadAddress::broken(defects, AddressDefect::Empty);
    }
    if text.encode_utf16().count() > LONGEST_ADDRESS {
        // The parts of something that long are not looked at.
        return ReadAddress::broken(defects, AddressDefect::TooLong);
    }
    let Some((scheme, rest)) = split_scheme(text) else {
        return ReadAddress::broken(defects, AddressDefect::NotHttp);
    };
    let raw = RawParts::of(rest);
    if raw.has_user_info {
        defects.push(AddressDefect::UserInfo);
    }
    match raw.port {
        Some("") | None => {}
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            if !matches!(digits.parse::<u32>(), Ok(1..=65535)) {
                defects.push(AddressDefect::PortOutOfRange);
            }
        }
        Some(_) => return ReadAddress::broken(defects, AddressDefect::Unparsable),
    }
    if raw.host.is_empty() {
        return ReadAddress::broken(defects, AddressDefect::Unparsable);
    }
    if !is_legal_host(raw.host) {
        return ReadAddress::broken(defects, AddressDefect::IllegalHost);
    }
    match hub_of(scheme, &raw, &mut defects) {
        Some(hub) => {
            defects.sort_unstable();
            let usable = defects.iter().all(|&d| d == AddressDefect::Loopback);
            ReadAddress { hub: usable.then_some(hub), defects }
        }
        None if defects.is_empty() => ReadAddress::broken(defects, AddressDefect::Unparsable),
        None => ReadAddress { hub: None, defects },
    }
}

/// The parts of the text behind `scheme://`, before anything normalises them.
struct RawParts<'a> {
    has_user_info: bool,
    host: &'a str,
    port: Option<&'a str>,
    path: &'a str,
}

impl<'a> RawParts<'a> {
    fn of(rest: &'a str) -> Self {
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (has_user_info, host_and_port) = match authority.rsplit_once('@') {
            Some((_, host_and_port)) => (true, host_and_port),
            None => (false, authority),
        };
        // The colons of an IPv6 address stand inside its brackets.
        let after_brackets = host_and_port.rfind(']').map_or(0, |at| at + 1);
        let (host, port) = match host_and_port[after_brackets..].find(':') {
            Some(at) => {
                let (host, port) = host_and_port.split_at(after_brackets + at);
                (host, Some(&port[1..]))
            }
            None => (host_and_port, None),
        };
        let path = &tail[..tail.find(['?', '#']).unwrap_or(tail.len())];
        Self { has_user_info, host, port, path: without_secrets(path) }
    }
}

/// The path up to the segment with a password, a one-time value or a query that was
/// percent-encoded with it.
fn without_secrets(path: &str) -> &str {
    let mut end = 0;
    for segment in path.split_inclusive(['/', '\\']) {
        if shown_line(segment) != segment || holds_query(segment) {
            break;
        }
        end += segment.len();
    }
    &path[..end]
}

fn holds_query(segment: &str) -> bool {
    let lower = segment.to_ascii_lowercase();
    lower.match_indices("3f").any(|(at, _)| {
        lower[..at].trim_end_matches("25").ends_with('%') && lower[at..].contains("3d")
    })
}

fn split_scheme(text: &str) -> Option<(Scheme, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    if scheme.eq_ignore_ascii_case("https") {
        Some((Scheme::Https, rest))
    } else if scheme.eq_ignore_ascii_case("http") {
        Some((Scheme::Http, rest))
    } else {
        None
    }
}

fn hub_of(
    scheme: Scheme,
    raw: &RawParts<'_>,
    defects: &mut Vec<AddressDefect>,
) -> Option<HubAddress> {
    // A parser of URLs drops these without a word, and what they kept apart may be a password.
    let path: String = raw.path.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    let path = without_secrets(&path);
    // Built anew without user name and port, so that one defect does not hide another.
    let Ok(url) = Url::parse(&format!("{}://{}{path}", scheme.label(), raw.host)) else {
        // The characters were looked at; what is left is an impossible number or IDN label.
        defects.push(AddressDefect::IllegalHost);
        return None;
    };
    if is_loopback(&url) {
        defects.push(AddressDefect::Loopback);
    }
    let host = match url.host()? {
        Host::Domain(name) => name.to_owned(),
        Host::Ipv4(ip) => ip.to_string(),
        Host::Ipv6(ip) => ip.to_string(),
    };
    let port = raw.port.and_then(|digits| digits.parse().ok());
    Some(HubAddress {
        scheme,
        host,
        port: port.unwrap_or_else(|| scheme.default_port()),
        prefix: prefix_of(url.path()),
        path: path.to_owned(),
    })
}

/// Underscores, names without a dot, names in any script and IP addresses are all fine.
fn is_legal_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[') {
        return inner.strip_suffix(']').is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok());
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    name.chars().all(is_legal_in_host)
        && name.len() <= 253
        && name.split('.').all(|label| !label.is_empty() && label.len() <= 63)
}

fn is_legal_in_host(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
    } else {
        !c.is_control() && !c.is_whitespace() && !is_invisible(c)
    }
}

/// Characters without ink that copying from a web page or a mail leaves behind. A URL parser
/// drops some of them without a word.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffd}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// This computer, or no computer at all (`0.0.0.0`).
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_unspecified(),
        Some(Host::Ipv6(ip)) => {
            let v4 = ip.to_ipv4_mapped();
            ip.is_loopback()
                || ip.is_unspecified()
                || v4.is_some_and(|ip| ip.is_loopback() || ip.is_unspecified())
        }
        None => false,
    }
}

/// What stands before the first path that every virtual proxy has.
fn prefix_of(path: &str) -> Option<String> {
    let own: Vec<&str> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .take_while(|segment| !is_service(segment))
        .collect();
    (!own.is_empty()).then(|| own.join("/"))
}

fn is_service(segment: &str) -> bool {
    const SERVICES: [&str; 7] = ["hub", "sense", "qmc", "dev-hub", "api", "qrs", "qps"];
    SERVICES.iter().any(|service| segment.eq_ignore_ascii_case(service)) || is_login_page(segment)
}

/// Whether a path segment is a login page of the Qlik proxy; one stored in a link does not work.
#[must_use]
pub fn is_login_page(segment: &str) -> bool {
    let segment = segment.to_ascii_lowercase();
    // Older releases log in at `https://host:4244/windows_authentication/`.
    segment == "windows_authentication"
        || (segment.starts_with("internal_") && segment.ends_with("_authentication"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub(text: &str) -> HubAddress {
        let read = read_address(text);
        assert_eq!(read.defects, [], "{text}");
        read.hub.expect("a hub")
    }

    fn defects(text: &str) -> Vec<AddressDefect> {
        read_address(text).defects
    }

    #[test]
    fn ordinary_addresses_are_read() {
        let plain = hub("https://Sense.Example.com");
        assert_eq!((plain.host.as_str(), plain.port), ("sense.example.com", 443));
        assert_eq!(plain.origin(), "https://sense.example.com");
        assert_eq!(hub("HTTP://qlik1").origin(), "http://qlik1");
        assert_eq!(hub("https://qlik_1:8443/").origin(), "https://qlik_1:8443");
        assert_eq!(hub("https://münchen.example").host, "xn--mnchen-3ya.example");
        assert_eq!(hub("https://10.1.2.3").host, "10.1.2.3");
        assert_eq!(hub("https://[2001:db8::1]:4244/hub").origin(), "https://[2001:db8::1]:4244");
        assert_eq!(hub("https://qlik1.").host, "qlik1.");
        assert_eq!(hub("https://qlik1:").port, 443);
    }

    #[test]
    fn the_prefix_is_what_stands_before_a_service_path() {
        let prefix = |path: &str| hub(&format!("https://qlik1{path}")).prefix;
        assert_eq!(prefix(""), None);
        assert_eq!(prefix("/hub"), None);
        assert_eq!(prefix("/hub/my/work"), None);
        assert_eq!(prefix("/sense/app/1"), None);
        assert_eq!(prefix("/internal_windows_authentication/?targetId=1"), None);
        assert_eq!(prefix("/finance"), Some("finance".into()));
        assert_eq!(prefix("/finance/"), Some("finance".into()));
        assert_eq!(prefix("/finance/hub/"), Some("finance".into()));
        assert_eq!(prefix("/finance/QMC"), Some("finance".into()));
        assert_eq!(prefix("/a/b/hub"), Some("a/b".into()));
        assert_eq!(prefix("/hubs"), Some("hubs".into()));
        assert_eq!(prefix("/a\tb"), Some("ab".into()), "as every parser of URLs reads it");
        assert_eq!(prefix("/anna:S3cret\tPw@/"), None, "a password is no prefix");
    }

    #[test]
    fn every_defect_has_its_name() {
        use AddressDefect as D;
        let cases: &[(&str, &[D])] = &[
            ("", &[D::Empty]),
            ("ftp://qlik1", &[D::NotHttp]),
            ("qlik1", &[D::NotHttp]),
            ("https:qlik1", &[D::NotHttp]),
            ("https://", &[D::Unparsable]),
            ("https:///hub", &[D::Unparsable]),
            ("https://qlik1:8o", &[D::Unparsable]),
            ("https://u@qlik1", &[D::UserInfo]),
            ("https://u:p@qlik1:0", &[D::PortOutOfRange, D::UserInfo]),
            ("https://qlik1:65536", &[D::PortOutOfRange]),
            ("https://qlik1:99999999999999", &[D::PortOutOfRange]),
            ("https://qlik 1", &[D::IllegalHost]),
            ("https://qlik1 ", &[D::IllegalHost]),
            ("https://qlik\u{200b}1", &[D::IllegalHost]),
            ("https://qlik\u{ad}1", &[D::IllegalHost]),
            ("https://qlik1\t", &[D::IllegalHost]),
            ("https://<server>", &[D::IllegalHost]),
            ("https://qlik%31", &[D::IllegalHost]),
            ("https://a..b", &[D::IllegalHost]),
            ("https://[::1", &[D::Unparsable]),
            ("https://::1", &[D::Unparsable]),
            ("https://1.2.3.456", &[D::IllegalHost]),
            ("https://localhost:4848", &[D::Loopback]),
            ("https://127.1.2.3", &[D::Loopback]),
            ("https://2130706433", &[D::Loopback]),
            ("https://[::1]", &[D::Loopback]),
            ("https://[::ffff:127.0.0.1]", &[D::Loopback]),
            ("https://0.0.0.0", &[D::Loopback]),
        ];
        for (text, expected) in cases {
            assert_eq!(defects(text), *expected, "{text:?}");
        }
        assert_eq!(defects(&format!("https://{}", "a.".repeat(600))), [D::TooLong]);
        assert_eq!(defects(&format!("https://{}", "a".repeat(64))), [D::IllegalHost]);
    }

    #[test]
    fn a_loopback_hub_is_still_delivered() {
        let read = read_address("https://localhost:4848/hub");
        assert_eq!(read.hub.map(|hub| hub.port), Some(4848));
        assert_eq!(read_address("https://u@localhost").hub, None);
    }
}
