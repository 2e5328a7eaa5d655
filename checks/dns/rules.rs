//! Rules and adapters by which Windows asks other name servers than the listed ones.

use std::net::SocketAddr;

use hublink_probe::{AdapterDomain, DnsReply, FailureKind, Interface, NameRule, NameServers};

use super::Evidence;
use super::look::SERVERS;
use super::text::list;
use crate::frame::{Case, Confidence, Proof, is_neighbour};

/// Name servers that Windows has for this name beside the listed ones, bounded.
pub(super) fn servers_for(host: &str, configured: &NameServers) -> Vec<SocketAddr> {
    let rule = configured.rule_for(host).into_iter().flat_map(|rule| &rule.servers);
    let adapters = configured.adapters_of(host).flat_map(|adapter| &adapter.servers);
    let mut servers: Vec<SocketAddr> = Vec::new();
    for &ip in rule.chain(adapters) {
        let server = SocketAddr::new(ip, 53);
        if !configured.servers.contains(&server) && !servers.contains(&server) {
            servers.push(server);
        }
    }
    servers.truncate(SERVERS);
    servers
}

/// What leads to the name servers that know the name, and is not there.
pub(super) enum Missing<'e> {
    /// A VPN that is not connected.
    Vpn(&'e Interface),
    /// A rule whose name servers are not reached.
    Rule(&'e NameRule),
    /// The adapter of the network that the name lies in.
    Adapter(&'e AdapterDomain),
}

impl Missing<'_> {
    /// What to connect, for the remedy.
    pub(super) fn remedy(&self) -> String {
        match self {
            Self::Vpn(vpn) => format!("the VPN {}", vpn.name),
            Self::Rule(rule) => {
                format!("the VPN that leads to name server {}", list(rule.servers.iter().copied()))
            }
            Self::Adapter(adapter) => format!("the network of \"{}\"", adapter.adapter),
        }
    }

    /// The observation itself.
    pub(super) fn show(&self, proof: Proof) -> Proof {
        match self {
            Self::Vpn(vpn) => {
                proof.and(format!("VPN adapter \"{}\"", vpn.name), "exists and is not connected")
            }
            Self::Rule(rule) => proof
                .and("rule of Windows for the name", words(rule))
                .and("its name servers", "none is reached")
                .only_documented(),
            Self::Adapter(adapter) => proof
                .and(
                    format!("adapter \"{}\" of the domain {}", adapter.adapter, adapter.domain),
                    "exists and is not connected",
                )
                // Nobody knows whether the domain is told to its own network alone.
                .at_most(Confidence::Possible),
        }
    }
}

/// A VPN of this computer that is not connected, while no other one is.
pub(super) fn missing_vpn(case: &Case) -> Option<&Interface> {
    let down = case.facts.interfaces.iter().find(|adapter| adapter.is_vpn_down())?;
    (!has_vpn(case)).then_some(down)
}

fn has_vpn(case: &Case) -> bool {
    case.facts.interfaces.iter().any(Interface::is_vpn_up)
}

pub(super) fn missing<'e>(e: &'e Evidence, case: &'e Case) -> Option<Missing<'e>> {
    if has_vpn(case) {
        return None;
    }
    let vpn = missing_vpn(case).map(Missing::Vpn);
    vpn.or_else(|| Some(Missing::Rule(unreached_rule(e, case)?)))
        .or_else(|| Some(Missing::Adapter(missing_adapter(e)?)))
}

/// The rule for the name, if all its name servers are in another network and silent.
fn unreached_rule<'e>(e: &'e Evidence, case: &Case) -> Option<&'e NameRule> {
    let rule = e.configured.rule_for(&e.host)?;
    let its = |reply: &&DnsReply| rule.servers.contains(&reply.server.ip());
    let mut replies = asked(e).filter(its).peekable();
    let lost = replies.peek().is_some() && replies.all(is_unreached);
    let distant = rule.servers.iter().all(|&ip| !is_neighbour(case, ip));
    (lost && distant).then_some(rule)
}

fn asked(e: &Evidence) -> impl Iterator<Item = &DnsReply> {
    let elsewhere = e.closer.iter().flat_map(|closer| &closer.elsewhere);
    e.replies.iter().chain(elsewhere)
}

/// Whether a question found nobody, be it by silence or because no way leads there.
pub(super) fn is_unreached(reply: &DnsReply) -> bool {
    use FailureKind::{HostUnreachable, NetworkUnreachable, NoAnswer};
    let kind = reply.failure.map(|failure| failure.kind);
    matches!(kind, Some(HostUnreachable | NetworkUnreachable | NoAnswer))
}

/// The adapter of the name's own domain, if none such is connected.
fn missing_adapter(e: &Evidence) -> Option<&AdapterDomain> {
    let mut of_domain = e.configured.adapters_of(&e.host);
    let first = of_domain.next().filter(|adapter| !adapter.up)?;
    of_domain.all(|adapter| !adapter.up).then_some(first)
}

/// What stands between programs and the listed name servers, if anything is known of it.
pub(super) fn between(e: &Evidence) -> Option<String> {
    if let Some(rule) = e.configured.rule_for(&e.host) {
        return Some(format!("the rule {}", words(rule)));
    }
    let secure = e.configured.secure.as_ref()?;
    // 2 switches it on for every name server that is able to, and 3 demands it.
    let on = secure.auto == Some(2) || secure.policy == Some(3) || !secure.servers.is_empty();
    on.then(|| "that DNS over HTTPS is switched on".to_owned())
}

fn words(rule: &NameRule) -> String {
    let names = rule.names.join(", ");
    let to = match rule.servers.as_slice() {
        [] => "names no name server".to_owned(),
        servers => format!("asks {}", list(servers.iter().copied())),
    };
    let by = if rule.by_policy { ", set by policy" } else { "" };
    format!("\"{}\" for {names}, which {to}{by}", rule.key)
}
