//! What the registry holds of how names are looked up. All of it may be read by everybody.

use std::net::IpAddr;

use windows_registry::Key;

use super::registry::Root;
use crate::name_rules::{LISTED, addresses};
use crate::{AdapterDomain, NameRule, SecureDns};

/// Rules that programs and administrators set on this computer, and those of the company's policy
/// (MS-GPNRPT section 2.2.2).
const RULES: [(&str, bool); 2] = [
    (r"SYSTEM\CurrentControlSet\Services\Dnscache\Parameters\DnsPolicyConfig", false),
    (r"SOFTWARE\Policies\Microsoft\Windows NT\DNSClient\DnsPolicyConfig", true),
];

const PARAMETERS: &str = r"SYSTEM\CurrentControlSet\Services\Dnscache\Parameters";
const POLICY: &str = r"SOFTWARE\Policies\Microsoft\Windows NT\DNSClient";
const ADAPTERS: &str = r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters\Interfaces";

/// Where the name servers of one adapter stand that are asked in an encrypted way.
const SECURE: &str = r"SYSTEM\CurrentControlSet\Services\Dnscache\InterfaceSpecificParameters";

/// Rules that are read. Companies have a handful.
const RULES_READ: usize = 64;

/// The rules for certain names.
pub(crate) fn name_rules() -> Vec<NameRule> {
    let tables = RULES.iter().flat_map(|&(path, by_policy)| {
        let rules = open(path).map(|key| below(&key)).unwrap_or_default();
        rules.into_iter().filter_map(move |(name, key)| rule(name, &key, by_policy))
    });
    tables.take(RULES_READ).collect()
}

fn rule(name: String, key: &Key, by_policy: bool) -> Option<NameRule> {
    let names = key.get_multi_string("Name").or_else(|_| Ok(vec![key.get_string("Name")?]));
    let names: windows_registry::Result<Vec<String>> = names;
    // The zeros that end the list come back as empty texts.
    let names = names.ok()?.into_iter().filter(|name| !name.is_empty());
    let names: Vec<String> = names.take(LISTED).collect();
    let servers = key.get_string("GenericDNSServers").map(|list| addresses(&list));
    let options = key.get_u32("ConfigOptions").ok();
    Some(NameRule { key: name, by_policy, names, servers: servers.unwrap_or_default(), options })
}

/// The domain of each adapter, connected or not: the one set by hand, else the one its network
/// told.
pub(crate) fn adapter_domains() -> Vec<AdapterDomain> {
    let adapters = ipconfig::get_adapters().unwrap_or_default();
    let found = adapters.iter().filter_map(|adapter| {
        let key = open(&format!(r"{ADAPTERS}\{}", adapter.adapter_name()))?;
        let value = |set: &str, told: &str| {
            let values = [key.get_string(set), key.get_string(told)];
            values.into_iter().flatten().find(|text| !text.is_empty())
        };
        let domain = value("Domain", "DhcpDomain")?;
        Some(AdapterDomain {
            adapter: adapter.friendly_name().to_owned(),
            up: adapter.oper_status() == ipconfig::OperStatus::IfOperStatusUp,
            domain: domain.trim_matches('.').to_ascii_lowercase(),
            servers: addresses(&value("NameServer", "DhcpNameServer").unwrap_or_default()),
        })
    });
    found.take(LISTED).collect()
}

/// Whether questions are encrypted; `None` if nothing says anything of it.
pub(crate) fn secure_dns() -> Option<SecureDns> {
    let found = SecureDns {
        auto: Root::Machine.number(PARAMETERS, "EnableAutoDoh"),
        policy: Root::Machine.number(POLICY, "DoHPolicy"),
        servers: secure_servers(),
    };
    (found != SecureDns::default()).then_some(found)
}

fn secure_servers() -> Vec<IpAddr> {
    let adapters = open(SECURE).map(|key| below(&key)).unwrap_or_default();
    let of = |adapter: &Key| {
        let folders = [r"DohInterfaceSettings\Doh", r"DohInterfaceSettings\Doh6"];
        let servers = folders.iter().filter_map(|folder| adapter.open(folder).ok());
        servers.flat_map(|key| below(&key)).filter_map(|(name, _)| name.parse().ok()).collect()
    };
    let all = adapters.iter().flat_map(|(_, adapter)| -> Vec<IpAddr> { of(adapter) });
    let mut servers: Vec<IpAddr> = all.take(LISTED).collect();
    servers.sort_unstable();
    servers.dedup();
    servers
}

fn open(path: &str) -> Option<Key> {
    Root::Machine.open(path).found()
}

/// The keys below a key, by name.
fn below(key: &Key) -> Vec<(String, Key)> {
    let names: Vec<String> =
        key.keys().map(|names| names.take(RULES_READ).collect()).unwrap_or_default();
    names.into_iter().filter_map(|name| Some((name.clone(), key.open(&name).ok()?))).collect()
}

#[cfg(test)]
mod tests;
