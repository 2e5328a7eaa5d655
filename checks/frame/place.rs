//! What an address alone tells of the place where it is.

use std::net::IpAddr;

use hublink_probe::InterfaceKind;

use super::Case;

/// Whether an address lies in a network that an adapter of this computer is part of.
pub(crate) fn is_neighbour(case: &Case, address: IpAddr) -> bool {
    let adapters = case.facts.interfaces.iter().filter(|a| a.kind != InterfaceKind::Loopback);
    adapters.flat_map(|adapter| &adapter.addresses).any(|subnet| subnet.contains(address))
}

/// Whether an address is one that only companies and homes use inside.
pub(crate) fn is_private(address: IpAddr) -> bool {
    match address {
        // 100.64.0.0/10 is what carriers and VPN programs give out (RFC 6598).
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            v4.is_private() || first == 100 && (64..128).contains(&second)
        }
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

/// Whether an address is valid on one cable only; adapters give themselves such ones.
pub(crate) fn is_link_local(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

/// Whether an address leads to no other place: this computer itself, its own cable, nobody.
pub(crate) fn leads_nowhere(address: IpAddr) -> bool {
    let address = address.to_canonical();
    address.is_loopback() || address.is_unspecified() || is_link_local(address)
}

/// The location an address is taken to belong to: sites have at least these sizes.
pub(crate) fn location(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Whether two addresses may belong to one owner, as far as addresses alone tell: companies have
/// many locations, and all their inside addresses are behind the same devices.
pub(crate) fn may_share_owner(one: IpAddr, other: IpAddr) -> bool {
    match (one, other) {
        (IpAddr::V4(v4), IpAddr::V4(other_v4)) => {
            v4.octets()[..2] == other_v4.octets()[..2] || is_private(one) && is_private(other)
        }
        (IpAddr::V6(v6), IpAddr::V6(other_v6)) => {
            v6.segments()[..3] == other_v6.segments()[..3] || is_private(one) && is_private(other)
        }
        // One of each kind cannot be compared.
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn what_leads_nowhere_is_told_apart() {
        for address in ["127.0.0.1", "0.0.0.0", "169.254.3.4", "::1", "::", "fe80::1"] {
            assert!(leads_nowhere(ip(address)), "{address}");
        }
        assert!(leads_nowhere(ip("::ffff:127.0.0.1")));
        assert!(!leads_nowhere(ip("10.0.0.1")) && !leads_nowhere(ip("fd00::1")));
    }

    #[test]
    fn inside_addresses_may_be_one_companys_and_distant_ones_outside_are_not() {
        assert!(may_share_owner(ip("10.1.0.1"), ip("192.168.0.1")));
        assert!(may_share_owner(ip("198.18.1.2"), ip("198.18.2.2")));
        assert!(!may_share_owner(ip("198.18.1.2"), ip("198.19.1.2")));
        assert!(!may_share_owner(ip("10.1.0.1"), ip("198.18.1.2")));
    }

    #[test]
    fn carriers_addresses_are_inside_too() {
        assert!(is_private(ip("100.64.0.1")) && !is_private(ip("100.128.0.1")));
    }
}
