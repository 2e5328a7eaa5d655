//! Addresses that no hub can have, so that an answer with one is made up.
//!
//! The one place that lists them. Private, carrier-grade and unique local addresses are not among
//! them: hubs in companies have those.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hublink_probe::{Policy, Subnet};

/// What a range is set aside for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Purpose {
    Loopback,
    Documents,
    Nobody,
    OneCable,
    SinkHole,
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Subnet {
    Subnet { address: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), prefix }
}

const fn v6(first: u16, second: u16, last: u16, prefix: u8) -> Subnet {
    let address = Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, last);
    Subnet { address: IpAddr::V6(address), prefix }
}

/// RFC 6890 and its registry; the sink-holes are Cisco Umbrella's published block pages.
/// 127.0.53.53, which tells of a collision with a new top domain, is in the first range.
const RANGES: &[(Subnet, Purpose)] = &[
    (v4(127, 0, 0, 0, 8), Purpose::Loopback),
    (v6(0, 0, 1, 128), Purpose::Loopback),
    (v4(0, 0, 0, 0, 8), Purpose::Nobody),
    (v6(0, 0, 0, 128), Purpose::Nobody),
    (v4(169, 254, 0, 0, 16), Purpose::OneCable),
    (v4(192, 0, 2, 0, 24), Purpose::Documents),
    (v4(198, 51, 100, 0, 24), Purpose::Documents),
    (v4(203, 0, 113, 0, 24), Purpose::Documents),
    (v6(0x2001, 0xdb8, 0, 32), Purpose::Documents),
    (v6(0x3fff, 0, 0, 20), Purpose::Documents),
    (v4(146, 112, 61, 104, 30), Purpose::SinkHole),
    (v4(146, 112, 61, 108, 31), Purpose::SinkHole),
    (v4(146, 112, 61, 110, 32), Purpose::SinkHole),
];

/// Why no hub can have this address; `None` if one can.
pub(super) fn reason(address: IpAddr, policy: Policy) -> Option<&'static str> {
    let address = address.to_canonical();
    let (_, purpose) = RANGES.iter().find(|(range, _)| range.contains(address))?;
    match purpose {
        Purpose::Loopback => (!policy.loopback_allowed).then_some("this computer itself"),
        Purpose::Documents => {
            (!policy.documentation_allowed).then_some("a range set aside for documents")
        }
        Purpose::Nobody => Some("an address that nobody has"),
        Purpose::OneCable => Some("an address that is valid on one cable only"),
        Purpose::SinkHole => Some("the block page of a name filter"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_bogus(address: &str, policy: Policy) -> bool {
        reason(address.parse().expect("an address"), policy).is_some()
    }

    #[test]
    fn private_addresses_are_normal() {
        for address in
            ["10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "2001:2::1"]
        {
            assert!(!is_bogus(address, Policy::default()), "{address}");
        }
    }

    #[test]
    fn what_no_hub_can_have_is_told_apart() {
        let bogus = [
            "0.0.0.0",
            "127.0.53.53",
            "169.254.1.1",
            "203.0.113.9",
            "146.112.61.106",
            "::",
            "::1",
            "2001:db8::1",
            "::ffff:127.0.0.1",
        ];
        for address in bogus {
            assert!(is_bogus(address, Policy::default()), "{address}");
        }
        assert!(!is_bogus("146.112.61.111", Policy::default()));
    }

    #[test]
    fn a_test_network_may_live_in_ranges_set_aside() {
        let policy = Policy { loopback_allowed: true, documentation_allowed: true };
        assert!(!is_bogus("127.0.0.1", policy) && !is_bogus("203.0.113.9", policy));
        assert!(is_bogus("0.0.0.0", policy));
    }
}
