//! The network adapters of this computer.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A network adapter, be it of hardware or of software.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Interface {
    /// The system's name for it; on Windows the one its user sees.
    pub name: String,
    /// What it is, as far as the system tells.
    pub kind: InterfaceKind,
    /// Whether it is connected and has an address, so that something can leave through it.
    pub up: bool,
    /// Its addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Subnet>,
}

/// What an adapter is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InterfaceKind {
    /// This computer itself.
    Loopback,
    /// A tunnel, as VPN programs make it.
    Vpn,
    /// Any other.
    Other,
}

/// An address together with the length of its network's prefix.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Subnet {
    /// The address.
    pub address: IpAddr,
    /// How many leading bits name the network.
    pub prefix: u8,
}

impl Interface {
    /// Whether something can leave this computer through it.
    #[must_use]
    pub fn leads_out(&self) -> bool {
        self.up && self.kind != InterfaceKind::Loopback
    }

    /// A tunnel that is not connected at the moment.
    #[must_use]
    pub fn is_vpn_down(&self) -> bool {
        self.kind == InterfaceKind::Vpn && !self.up
    }

    /// A tunnel that is connected.
    #[must_use]
    pub fn is_vpn_up(&self) -> bool {
        self.kind == InterfaceKind::Vpn && self.up
    }
}

impl Subnet {
    /// Whether another address lies in the same network, so that no router is between.
    #[must_use]
    pub fn contains(&self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                let shift = 32_u32.saturating_sub(self.prefix.into());
                (a.to_bits() ^ b.to_bits()).checked_shr(shift).unwrap_or(0) == 0
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                let shift = 128_u32.saturating_sub(self.prefix.into());
                (a.to_bits() ^ b.to_bits()).checked_shr(shift).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

/// The adapters. What the system does not tell is left out.
#[cfg(unix)]
pub(crate) fn list() -> Vec<Interface> {
    let mut found: Vec<Interface> = names().into_iter().map(|name| named(&name)).collect();
    for one in if_addrs::get_if_addrs().unwrap_or_default() {
        let index = found.iter().position(|known| known.name == one.name);
        let index = index.unwrap_or_else(|| {
            found.push(named(&one.name));
            found.len() - 1
        });
        let prefix = match &one.addr {
            if_addrs::IfAddr::V4(v4) => v4.prefixlen,
            if_addrs::IfAddr::V6(v6) => v6.prefixlen,
        };
        if one.is_loopback() {
            found[index].kind = InterfaceKind::Loopback;
        }
        found[index].up |= one.is_oper_up();
        found[index].addresses.push(Subnet { address: one.ip(), prefix });
    }
    found
}

#[cfg(unix)]
fn named(name: &str) -> Interface {
    Interface { name: name.to_owned(), kind: kind(name), up: false, addresses: Vec::new() }
}

/// All adapters, those without an address too. Only Linux lists them in a file, one a line behind
/// two lines of heading.
#[cfg(unix)]
fn names() -> Vec<String> {
    let list = std::fs::read_to_string("/proc/thread-self/net/dev").unwrap_or_default();
    let lines = list.lines().skip(2);
    lines.filter_map(|line| Some(line.split_once(':')?.0.trim().to_owned())).collect()
}

/// ARPHRD numbers of `if_arp.h`: 512 is PPP, 65534 a device without link addresses (`tun`, `wg`),
/// 772 loopback. Tunnels of other kinds carry Ethernet frames and look like any card.
#[cfg(unix)]
fn kind(name: &str) -> InterfaceKind {
    let number = std::fs::read_to_string(format!("/sys/class/net/{name}/type"));
    match number.as_deref().map(str::trim) {
        Ok("512" | "65534") => InterfaceKind::Vpn,
        Ok("772") => InterfaceKind::Loopback,
        _ => InterfaceKind::Other,
    }
}

/// The adapters. What the system does not tell is left out.
#[cfg(windows)]
pub(crate) fn list() -> Vec<Interface> {
    let adapters = ipconfig::get_adapters().unwrap_or_default();
    adapters
        .iter()
        .map(|adapter| Interface {
            name: adapter.friendly_name().to_owned(),
            kind: kind(adapter.if_type(), adapter.description()),
            up: adapter.oper_status() == ipconfig::OperStatus::IfOperStatusUp
                && !adapter.ip_addresses().is_empty(),
            addresses: addresses(adapter),
        })
        .collect()
}

/// Windows lists the networks of an adapter beside its addresses; the longest prefix that fits
/// and is no single host is the address's network.
#[cfg(windows)]
fn addresses(adapter: &ipconfig::Adapter) -> Vec<Subnet> {
    let of = |&address: &IpAddr| {
        let host = if address.is_ipv4() { 32 } else { 128 };
        let fits = adapter.prefixes().iter().filter_map(|&(network, prefix)| {
            let prefix = u8::try_from(prefix).ok()?;
            (prefix < host && Subnet { address: network, prefix }.contains(address))
                .then_some(prefix)
        });
        Subnet { address, prefix: fits.max().unwrap_or(host) }
    };
    adapter.ip_addresses().iter().map(of).collect()
}

/// VPN programs mostly install an adapter that calls itself Ethernet; only its description tells.
#[cfg(windows)]
fn kind(number: ipconfig::IfType, description: &str) -> InterfaceKind {
    const TUNNELS: [&str; 10] = [
        "vpn",
        "anyconnect",
        "wireguard",
        "wintun",
        "tap-windows",
        "fortinet",
        "pangp",
        "juniper",
        "pulse secure",
        "check point virtual",
    ];
    let description = description.to_ascii_lowercase();
    match number {
        ipconfig::IfType::SoftwareLoopback => InterfaceKind::Loopback,
        ipconfig::IfType::Ppp => InterfaceKind::Vpn,
        _ if TUNNELS.iter().any(|name| description.contains(name)) => InterfaceKind::Vpn,
        _ => InterfaceKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subnet_contains_its_neighbours_and_nobody_else() {
        let net = |text: &str, prefix| Subnet { address: text.parse().expect("an IP"), prefix };
        let has = |net: Subnet, other: &str| net.contains(other.parse().expect("an IP"));
        assert!(has(net("10.1.2.3", 24), "10.1.2.200"));
        assert!(!has(net("10.1.2.3", 24), "10.1.3.3"));
        assert!(has(net("10.1.2.3", 0), "192.168.0.1"));
        assert!(!has(net("10.1.2.3", 32), "10.1.2.4"));
        assert!(has(net("fd00::1", 64), "fd00::2"));
        assert!(!has(net("fd00::1", 64), "10.0.0.1"));
    }

    #[test]
    fn this_computer_has_itself() {
        let all = list();
        assert!(all.iter().any(|one| one.kind == InterfaceKind::Loopback), "{all:?}");
    }
}
