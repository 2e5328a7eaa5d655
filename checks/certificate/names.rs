//! Whether a certificate stands for a name, and whether its issuers may speak for that name.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, GeneralSubtree, ParsedExtension};

use super::facts::ip;
use super::text::bounded;

/// How a certificate stands for the hub's name.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameMatch {
    /// The name stands in it.
    Exact,
    /// A wildcard one label deep covers it (RFC 9525).
    Wildcard,
    /// The address stands in it.
    Ip,
    /// Only a wildcard over a whole top domain would cover it, which programs refuse.
    WildcardTooWide,
    /// Only the old common name fits, and the certificate has no alternative names at all.
    OnlyCn,
    /// Nothing in it fits.
    None,
    /// The question was not put: a chain from files, for no particular name.
    NotAsked,
}

impl NameMatch {
    /// Whether nobody refuses the certificate because of the name.
    #[must_use]
    pub fn accepted(self) -> bool {
        matches!(self, Self::Exact | Self::Wildcard | Self::Ip | Self::NotAsked)
    }
}

/// An issuer that may not speak for a name which it nevertheless certified.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct OutsideConstraints {
    /// The issuer's place in `chain`; `None` if it is the trusted root.
    pub issuer: Option<usize>,
    /// The name.
    #[schemars(extend("x-identifies" = "host"))]
    pub name: String,
}

/// How the certificate stands for the host, and by which of its names.
pub(super) fn match_name(
    certificate: &X509Certificate<'_>,
    host: &str,
) -> (NameMatch, Option<String>) {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let wanted_ip = host.parse::<IpAddr>().ok();
    let mut too_wide = None;
    let mut any = false;
    for name in alternative_names(certificate) {
        any = true;
        match (name, wanted_ip) {
            (GeneralName::IPAddress(bytes), Some(wanted)) if ip(bytes) == Some(wanted) => {
                return (NameMatch::Ip, Some(wanted.to_string()));
            }
            (GeneralName::DNSName(name), None) => match match_dns(name, &host) {
                NameMatch::None => {}
                NameMatch::WildcardTooWide => too_wide = Some(bounded(name, 253)),
                fits => return (fits, Some(bounded(name, 253))),
            },
            _ => {}
        }
    }
    if too_wide.is_some() {
        return (NameMatch::WildcardTooWide, too_wide);
    }
    let cn = certificate.subject().iter_common_name().next().and_then(|cn| cn.as_str().ok());
    match cn {
        Some(cn) if !any && (cn.eq_ignore_ascii_case(&host) || wildcard(cn, &host)) => {
            (NameMatch::OnlyCn, Some(bounded(cn, 253)))
        }
        _ => (NameMatch::None, None),
    }
}

fn alternative_names<'c>(
    certificate: &'c X509Certificate<'_>,
) -> impl Iterator<Item = &'c GeneralName<'c>> {
    certificate.extensions().iter().flat_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectAlternativeName(names) => &names.general_names[..],
        _ => &[],
    })
}

/// `host` is lower case and without its last dot.
fn match_dns(name: &str, host: &str) -> NameMatch {
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.eq_ignore_ascii_case(host) {
        return NameMatch::Exact;
    }
    if !wildcard(name, host) {
        return NameMatch::None;
    }
    // rustls and browsers ask for two labels behind the star.
    if name.matches('.').count() < 2 { NameMatch::WildcardTooWide } else { NameMatch::Wildcard }
}

fn wildcard(name: &str, host: &str) -> bool {
    let Some(parent) = name.strip_prefix("*.") else { return false };
    host.split_once('.')
        .is_some_and(|(label, rest)| !label.is_empty() && rest.eq_ignore_ascii_case(parent))
}

/// How many comparisons are made at most: names times constraints can be made millions.
const COMPARISONS: usize = 200_000;

/// The first name of the hub's certificate that an issuer's name constraints exclude.
pub(super) fn outside_constraints(
    leaf: &X509Certificate<'_>,
    issuer: &X509Certificate<'_>,
) -> Option<String> {
    let constraints = issuer.extensions().iter().find_map(|e| match e.parsed_extension() {
        ParsedExtension::NameConstraints(constraints) => Some(constraints),
        _ => None,
    })?;
    let permitted = constraints.permitted_subtrees.as_deref().unwrap_or_default();
    let excluded = constraints.excluded_subtrees.as_deref().unwrap_or_default();
    let each = (permitted.len() + excluded.len()).max(1);
    alternative_names(leaf)
        .take(COMPARISONS / each)
        .find(|name| !allowed(name, permitted, excluded))
        .map(label)
}

fn label(name: &GeneralName<'_>) -> String {
    match name {
        GeneralName::DNSName(name) => bounded(name, 253),
        GeneralName::IPAddress(bytes) => ip(bytes).map_or_else(String::new, |ip| ip.to_string()),
        _ => String::new(),
    }
}

/// RFC 5280 section 4.2.1.10, for host names and addresses.
fn allowed(
    name: &GeneralName<'_>,
    permitted: &[GeneralSubtree<'_>],
    excluded: &[GeneralSubtree<'_>],
) -> bool {
    let within = |tree: &GeneralSubtree<'_>| within(name, &tree.base);
    if excluded.iter().any(|tree| within(tree) == Some(true)) {
        return false;
    }
    let mut of_this_kind = permitted.iter().filter_map(within).peekable();
    of_this_kind.peek().is_none() || of_this_kind.any(|inside| inside)
}

/// Whether a name lies within a subtree; `None` if they are of different kinds.
fn within(name: &GeneralName<'_>, base: &GeneralName<'_>) -> Option<bool> {
    match (name, base) {
        (GeneralName::DNSName(name), GeneralName::DNSName(base)) => {
            let name = name.strip_prefix("*.").unwrap_or(name).to_ascii_lowercase();
            let base = base.strip_prefix('.').unwrap_or(base).to_ascii_lowercase();
            let below = name.strip_suffix(&base).is_some_and(|rest| rest.ends_with('.'));
            Some(base.is_empty() || name == base || below)
        }
        (GeneralName::IPAddress(ip), GeneralName::IPAddress(range)) => {
            if range.len() != 2 * ip.len() {
                return Some(false);
            }
            let (net, mask) = range.split_at(ip.len());
            let same = |((ip, net), mask): ((&u8, &u8), &u8)| ip & mask == net & mask;
            Some(ip.iter().zip(net).zip(mask).all(same))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_reaches_one_label() {
        assert_eq!(match_dns("*.corp.test", "hub.corp.test"), NameMatch::Wildcard);
        assert_eq!(match_dns("*.Corp.Test", "hub.corp.test"), NameMatch::Wildcard);
        assert_eq!(match_dns("*.corp.test", "a.hub.corp.test"), NameMatch::None);
        assert_eq!(match_dns("*.corp.test", "corp.test"), NameMatch::None);
        assert_eq!(match_dns("h*.corp.test", "hub.corp.test"), NameMatch::None);
        assert_eq!(match_dns("*.test", "hub.test"), NameMatch::WildcardTooWide);
        assert_eq!(match_dns("HUB.corp.test.", "hub.corp.test"), NameMatch::Exact);
    }

    #[test]
    fn constraints_are_read_by_label_and_by_mask() {
        let dns = |name| GeneralName::DNSName(name);
        assert_eq!(within(&dns("hub.corp.test"), &dns("corp.test")), Some(true));
        assert_eq!(within(&dns("evilcorp.test"), &dns("corp.test")), Some(false));
        let range = [10, 0, 0, 0, 255, 0, 0, 0];
        let ip = |bytes| GeneralName::IPAddress(bytes);
        assert_eq!(within(&ip(&[10, 1, 2, 3]), &ip(&range)), Some(true));
        assert_eq!(within(&ip(&[11, 1, 2, 3]), &ip(&range)), Some(false));
        assert_eq!(within(&ip(&[11, 1, 2, 3]), &dns("corp.test")), None);
    }
}
