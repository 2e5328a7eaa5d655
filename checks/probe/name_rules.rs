//! What Windows knows beside its list of name servers: rules for certain names, the domain of each
//! adapter, and encrypted questions. It decides by them whom it asks, and tells programs nothing.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::NameServers;

/// A rule of the name resolution policy table (NRPT): certain names are asked for at certain name
/// servers alone. Those that a VPN program sets for as long as it is connected are not readable.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct NameRule {
    /// Its key in the registry.
    #[schemars(extend("x-identifies" = "nothing"))]
    pub key: String,
    /// Whether the company's policy set it. Where one is set by policy, the others do not count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_policy: bool,
    /// The names it is for: `.corp.test` stands for a domain and all below it, `hub.corp.test` for
    /// that name alone, `.` for every name.
    #[schemars(extend("x-identifies" = "host"))]
    pub names: Vec<String>,
    /// The name servers it names; none if it is about something else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<IpAddr>,
    /// What it is about, as a number of Windows (`ConfigOptions`; 8 means name servers, 4
    /// `DirectAccess`, 2 DNSSEC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<u32>,
}

/// The domain of a network adapter, and the name servers that came with it.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct AdapterDomain {
    /// The adapter, as its user sees it.
    pub adapter: String,
    /// Whether it is connected.
    pub up: bool,
    /// The domain of the network it is, or was last, connected to.
    #[schemars(extend("x-identifies" = "host"))]
    pub domain: String,
    /// The name servers of that network.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<IpAddr>,
}

/// Whether Windows encrypts its questions (DNS over HTTPS).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct SecureDns {
    /// `EnableAutoDoh`: 2 means for every name server that is known to be able to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto: Option<u32>,
    /// `DoHPolicy` of the company: 1 forbids it, 2 allows it, 3 demands it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<u32>,
    /// The name servers that are asked so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<IpAddr>,
}

impl NameRule {
    /// How closely it fits a name; the closest one counts. `None` if it does not.
    fn closeness(&self, host: &str) -> Option<usize> {
        let of = |name: &String| {
            let name = name.to_ascii_lowercase();
            match name.strip_prefix('.') {
                Some("") => Some(0),
                Some(domain) => (host == domain || host.ends_with(&name)).then_some(name.len()),
                None => (host == name).then_some(usize::MAX),
            }
        };
        self.names.iter().filter_map(of).max()
    }
}

impl NameServers {
    /// The rule that names the servers which a name is asked for at.
    #[must_use]
    pub fn rule_for(&self, host: &str) -> Option<&NameRule> {
        let by_policy = self.rules.iter().any(|rule| rule.by_policy);
        let counting = self.rules.iter().filter(|rule| rule.by_policy == by_policy);
        let fitting = counting.filter_map(|rule| Some((rule.closeness(host)?, rule)));
        fitting.max_by_key(|(closeness, _)| *closeness).map(|(_, rule)| rule)
    }

    /// The adapters in whose domain a name lies.
    pub fn adapters_of<'a>(&'a self, host: &'a str) -> impl Iterator<Item = &'a AdapterDomain> {
        self.adapters.iter().filter(move |one| {
            let below = host.strip_suffix(&one.domain);
            !one.domain.is_empty() && below.is_some_and(|rest| rest.ends_with('.'))
        })
    }
}

/// The addresses of a list as Windows writes it, with `;`, `,` or spaces between.
#[cfg(any(windows, test))]
pub(crate) fn addresses(list: &str) -> Vec<IpAddr> {
    let separates = |c: char| matches!(c, ';' | ',') || c.is_whitespace();
    let found = list.split(separates).filter_map(|text| text.parse().ok());
    found.take(LISTED).collect()
}

/// Entries of one list that are kept.
#[cfg(any(windows, test))]
pub(crate) const LISTED: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(key: &str, name: &str, by_policy: bool) -> NameRule {
        let (key, names) = (key.to_owned(), vec![name.to_owned()]);
        NameRule { key, by_policy, names, servers: Vec::new(), options: Some(8) }
    }

    fn chosen(rules: &[NameRule], host: &str) -> Option<String> {
        let all = NameServers { rules: rules.to_vec(), ..NameServers::default() };
        all.rule_for(host).map(|rule| rule.key.clone())
    }

    #[test]
    fn the_closest_rule_counts() {
        let rules = [
            rule("any", ".", false),
            rule("domain", ".corp.test", false),
            rule("below", ".eu.Corp.test", false),
            rule("one", "hub.eu.corp.test", false),
        ];
        assert_eq!(chosen(&rules, "hub.eu.corp.test").as_deref(), Some("one"));
        assert_eq!(chosen(&rules, "hub2.eu.corp.test").as_deref(), Some("below"));
        assert_eq!(chosen(&rules, "hub.corp.test").as_deref(), Some("domain"));
        assert_eq!(chosen(&rules, "hub.mycorp.test").as_deref(), Some("any"));
        assert_eq!(chosen(&rules[1..], "hub.mycorp.test"), None);
    }

    #[test]
    fn where_the_company_sets_rules_the_others_do_not_count() {
        let rules = [rule("own", ".corp.test", false), rule("policy", ".other.test", true)];
        assert_eq!(chosen(&rules, "hub.corp.test"), None);
        assert_eq!(chosen(&rules, "hub.other.test").as_deref(), Some("policy"));
    }

    #[test]
    fn a_name_lies_in_the_domain_of_an_adapter_by_whole_labels() {
        let adapter = |domain: &str| AdapterDomain {
            adapter: "Ethernet".to_owned(),
            up: false,
            domain: domain.to_owned(),
            servers: Vec::new(),
        };
        let of = |domain: &str, host: &str| {
            let all = NameServers { adapters: vec![adapter(domain)], ..NameServers::default() };
            all.adapters_of(host).count() == 1
        };
        assert!(of("corp.test", "hub.corp.test"));
        assert!(!of("corp.test", "hub.mycorp.test"));
        assert!(!of("corp.test", "corp.test"));
        assert!(!of("", "hub.corp.test"));
    }

    #[test]
    fn lists_of_windows_are_read_whatever_stands_between() {
        let read = |list| addresses(list).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(read("10.0.0.1;10.0.0.2 fd00::1,nonsense"), ["10.0.0.1", "10.0.0.2", "fd00::1"]);
    }
}
