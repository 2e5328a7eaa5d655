//! Pseudonyms: the same thing gets the same one in a run, another run gives others, and what two
//! things have in common they keep in common as far as a made-up name can show it.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The kinds of thing that are replaced, as the ledger names them.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Kind {
    /// A host or a domain.
    Host,
    /// An IP address.
    Address,
    /// The address of an adapter.
    Hardware,
    /// A name or a word that may be one.
    Word,
    /// A number, a fingerprint, or another long row of digits.
    Digits,
}

impl Kind {
    /// What it is, and what stands in its place.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Host => ("host or domain", "a made-up name, below .example"),
            Self::Address => ("IP address", "an address that belongs to nobody, or a private one"),
            Self::Hardware => ("hardware address", "a made-up one"),
            Self::Word => ("name, path or word of others", "a made-up word"),
            Self::Digits => ("fingerprint or long number", "random digits, as many"),
        }
    }
}

/// Top domains that say what kind of name it is (RFC 6761, RFC 9476, RFC 6762): nobody's own.
const SPECIAL: [&str; 9] =
    ["arpa", "home", "internal", "invalid", "lan", "local", "localdomain", "localhost", "onion"];

/// Domains that everybody knows. What stands before them is somebody's own.
const PUBLIC: [&str; 9] = [
    "qlik.com",
    "qlikcloud.com",
    "digicert.com",
    "lencr.org",
    "letsencrypt.org",
    "globalsign.com",
    "sectigo.com",
    "msftconnecttest.com",
    "microsoft.com",
];

/// The pseudonyms of a run.
pub(super) struct Pseudonyms {
    random: RandomState,
    drawn: u64,
    /// By the original, in lower case.
    words: BTreeMap<String, String>,
    digits: BTreeMap<String, String>,
    top: BTreeMap<String, String>,
    addresses: BTreeMap<IpAddr, IpAddr>,
    /// Networks outside: by /24 and by /48.
    networks: BTreeMap<Vec<u8>, u32>,
    /// What no pseudonym may be, because it stands in the report already or means something.
    taken: BTreeSet<String>,
    /// Hosts that everybody knows.
    public: BTreeSet<&'static str>,
    /// How often what was replaced.
    pub(super) counts: BTreeMap<Kind, usize>,
}

impl Pseudonyms {
    /// None of them is one of the words that are taken. Public hosts get none.
    pub(super) fn new(taken: BTreeSet<String>, public: BTreeSet<&'static str>) -> Self {
        Self {
            random: RandomState::new(),
            drawn: 0,
            words: BTreeMap::new(),
            digits: BTreeMap::new(),
            top: BTreeMap::new(),
            addresses: BTreeMap::new(),
            networks: BTreeMap::new(),
            taken,
            public,
            counts: BTreeMap::new(),
        }
    }

    /// What was given for what, for the key.
    pub(super) fn table(&self) -> Vec<(Kind, String, String)> {
        let words = self.words.iter().map(|(from, to)| (Kind::Word, from.clone(), to.clone()));
        let top = self.top.iter().map(|(from, to)| (Kind::Host, from.clone(), to.clone()));
        let digits = self.digits.iter().map(|(from, to)| (Kind::Digits, from.clone(), to.clone()));
        let addresses = self.addresses.iter();
        let addresses =
            addresses.map(|(from, to)| (Kind::Address, from.to_string(), to.to_string()));
        words.chain(top).chain(digits).chain(addresses).collect()
    }

    pub(super) fn count(&mut self, kind: Kind) {
        *self.counts.entry(kind).or_default() += 1;
    }

    fn draw(&mut self) -> u64 {
        self.drawn += 1;
        self.random.hash_one(self.drawn)
    }

    /// A made-up word for a word, written large where it was.
    pub(super) fn word(&mut self, word: &str) -> String {
        if word.chars().all(|c| c.is_ascii_digit()) {
            return self.row(word);
        }
        let key = word.to_lowercase();
        let lower = if let Some(known) = self.words.get(&key) {
            known.clone()
        } else {
            let made = self.new_word();
            self.words.insert(key, made.clone());
            made
        };
        let letters: Vec<char> = word.chars().filter(|c| c.is_alphabetic()).collect();
        match letters.first() {
            Some(_) if letters.len() > 1 && letters.iter().all(|c| c.is_uppercase()) => {
                lower.to_uppercase()
            }
            Some(first) if first.is_uppercase() => lower[..1].to_uppercase() + &lower[1..],
            _ => lower,
        }
    }

    /// Three or four syllables that can be said at the telephone.
    fn new_word(&mut self) -> String {
        const CONSONANTS: &[u8] = b"bdfgklmnprstvz";
        const VOWELS: &[u8] = b"aeiou";
        loop {
            let mut from = self.draw();
            let mut pick = |letters: &[u8]| {
                let n = letters.len() as u64;
                let letter = letters[usize::try_from(from % n).unwrap_or_default()];
                from /= n;
                char::from(letter)
            };
            // Where three are used up, four are not.
            let syllables = if self.words.len() > 20_000 { 4 } else { 3 };
            let made: String =
                (0..syllables).flat_map(|_| [pick(CONSONANTS), pick(VOWELS)]).collect();
            if self.taken.insert(made.clone()) {
                return made;
            }
        }
    }

    /// As many digits, of the same kind: decimal, or hexadecimal in the same case.
    pub(super) fn row(&mut self, digits: &str) -> String {
        let key = digits.to_lowercase();
        let mut tries = 0;
        let lower = match self.digits.get(&key) {
            Some(known) => known.clone(),
            None => loop {
                tries += 1;
                let decimal = key.bytes().all(|byte| byte.is_ascii_digit());
                let base = if decimal { 10 } else { 16 };
                let made: String = (0..key.len())
                    .map(|_| {
                        let digit = u32::try_from(self.draw() % base).unwrap_or_default();
                        char::from_digit(digit, 16).unwrap_or('0')
                    })
                    .collect();
                // Short rows are soon all used up.
                if self.taken.insert(made.clone()) || key.len() < 5 && tries > 50 {
                    self.digits.insert(key, made.clone());
                    break made;
                }
            },
        };
        if digits.bytes().any(|byte| byte.is_ascii_uppercase()) {
            lower.to_uppercase()
        } else {
            lower
        }
    }

    /// A host name, label by label, so that hosts of one domain stay in one domain, a wildcard still
    /// fits, and a short name is still the beginning of the long one.
    pub(super) fn host(&mut self, host: &str) -> String {
        if let Ok(address) = host.parse() {
            return self.address(address).to_string();
        }
        let labels: Vec<&str> = host.split('.').collect();
        let root = labels.last().is_some_and(|last| last.is_empty()) && labels.len() > 1;
        let end = labels.len() - usize::from(root);
        let lower = labels[..end].join(".").to_lowercase();
        if self.public.contains(lower.as_str()) {
            return host.to_owned();
        }
        if let Some(reversed) = self.reversed(&lower) {
            return reversed + if root { "." } else { "" };
        }
        let known = PUBLIC.iter().find(|known| {
            lower.strip_suffix(*known).is_some_and(|own| own.is_empty() || own.ends_with('.'))
        });
        let kept = known.map_or(0, |known| known.split('.').count());
        let mut made: Vec<String> = Vec::with_capacity(labels.len());
        for (place, label) in labels[..end].iter().enumerate() {
            let last = place + 1 == end;
            let everybodys = place + kept >= end
                || *label == "*"
                || label.is_empty()
                || last && SPECIAL.contains(&label.to_lowercase().as_str());
            // A name that was completed by a suffix still begins as it did.
            let top = last || self.top.contains_key(&label.to_lowercase());
            made.push(match (everybodys, top && end > 1) {
                (true, _) => (*label).to_owned(),
                (false, true) => self.top(label),
                (false, false) => self.label(label),
            });
        }
        if made.iter().zip(&labels).any(|(made, label)| made != label) {
            self.count(Kind::Host);
        }
        made.join(".") + if root { "." } else { "" }
    }

    /// The name under which an address is looked up backwards.
    fn reversed(&mut self, host: &str) -> Option<String> {
        let octets = host.strip_suffix(".in-addr.arpa")?;
        let forward: Vec<&str> = octets.split('.').rev().collect();
        let address: Ipv4Addr = forward.join(".").parse().ok()?;
        let IpAddr::V4(made) = self.address(address.into()) else { return None };
        let back: Vec<String> = made.octets().iter().rev().map(u8::to_string).collect();
        Some(back.join(".") + ".in-addr.arpa")
    }

    fn label(&mut self, label: &str) -> String {
        let mut made = String::new();
        for part in label.split_inclusive(['-', '_']) {
            let bare = part.trim_end_matches(['-', '_']);
            if label.starts_with("xn--") {
                return self.word(label);
            }
            made += &if bare.is_empty() { String::new() } else { self.word(bare) };
            made += &part[bare.len()..];
        }
        made
    }

    /// One top domain becomes `example`; further ones are told apart below it.
    fn top(&mut self, label: &str) -> String {
        let key = label.to_lowercase();
        if let Some(known) = self.top.get(&key) {
            return known.clone();
        }
        let made =
            if self.top.is_empty() { "example".to_owned() } else { self.new_word() + ".example" };
        self.top.insert(key, made.clone());
        made
    }

    /// An address that belongs to nobody; what is special about the original stays.
    pub(super) fn address(&mut self, address: IpAddr) -> IpAddr {
        if is_public_knowledge(address) {
            return address;
        }
        self.count(Kind::Address);
        if let Some(known) = self.addresses.get(&address) {
            return *known;
        }
        let made = match address {
            IpAddr::V4(v4) => IpAddr::V4(self.v4(v4)),
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => match self.address(v4.into()) {
                    IpAddr::V4(made) => IpAddr::V6(made.to_ipv6_mapped()),
                    made @ IpAddr::V6(_) => made,
                },
                None => IpAddr::V6(self.v6(v6)),
            },
        };
        self.addresses.insert(address, made);
        made
    }

    fn v4(&mut self, address: Ipv4Addr) -> Ipv4Addr {
        let octets = address.octets();
        let kept = match octets {
            [10, ..] => Some(8),
            [172, second, ..] if (16..32).contains(&second) => Some(12),
            [192, 168, ..] => Some(16),
            [100, second, ..] if (64..128).contains(&second) => Some(10),
            _ => None,
        };
        let bits = u128::from(u32::from(address));
        if let Some(kept) = kept {
            return Ipv4Addr::from(u32::try_from(self.scattered(bits, 32, kept)).unwrap_or(0));
        }
        // Outside: the three ranges of RFC 5737 as long as they tell networks apart.
        let with_owner = |octets: &[u8]| octets.to_vec();
        let known = self.networks.get(&with_owner(&octets[..3])).copied();
        let used = self.networks.values().filter(|&&place| place < 3).count();
        let owners = self.networks.keys().filter(|key| key.len() == 3);
        let neighbour = owners.into_iter().any(|key| key[..2] == octets[..2]);
        let place = known.unwrap_or(match used {
            0..3 if !neighbour => u32::try_from(used).unwrap_or(3),
            _ => 3,
        });
        self.networks.insert(with_owner(&octets[..3]), place);
        let range = match place {
            0 => [192, 0, 2],
            1 => [198, 51, 100],
            2 => [203, 0, 113],
            // RFC 1112 keeps these for a future that does not come.
            _ => {
                let bits = self.scattered(bits, 32, 0) & 0x0fff_ffff | 0xf000_0000;
                return Ipv4Addr::from(u32::try_from(bits).unwrap_or(u32::MAX));
            }
        };
        let last = u8::try_from(self.scattered(bits, 32, 24) & 0xff).unwrap_or(0);
        Ipv4Addr::new(range[0], range[1], range[2], last)
    }

    fn v6(&mut self, address: Ipv6Addr) -> Ipv6Addr {
        let bits = u128::from(address);
        if address.is_unicast_link_local() {
            return self.scattered(bits, 128, 64).into();
        }
        if address.is_unique_local() {
            return self.scattered(bits, 128, 8).into();
        }
        let owner = address.octets()[..6].to_vec();
        let next = self.networks.keys().filter(|key| key.len() == 6).count();
        let next = u32::try_from(next + 1).unwrap_or(u32::MAX);
        let place = *self.networks.entry(owner).or_insert(next);
        let inside = self.scattered(bits, 128, 48) & ((1 << 80) - 1);
        let documents = 0x2001_0db8_u128 << 96;
        (documents | u128::from(place & 0xffff) << 80 | inside).into()
    }

    /// Turns each bit behind the first `kept` ones by what stands before it. Two addresses then have
    /// exactly as many leading bits in common as before, whatever size a network has.
    ///
    /// Of the eight bits of a network in 192.168 none is turned once in 256 keys, and the network
    /// would be its own pseudonym. The last of them is turned then: that too depends on nothing but
    /// what stands before it, so that neighbours stay neighbours.
    fn scattered(&self, bits: u128, width: u32, kept: u32) -> u128 {
        let network = if width == 32 { 24 } else { 64 };
        let last = if kept < network { network - 1 } else { width - 1 };
        let mut turned = 0;
        for place in kept..width {
            let before = if place == 0 { 0 } else { bits >> (width - place) };
            let drawn = self.random.hash_one((width, place, before)) & 1 == 1;
            let turn = drawn || place == last && turned == 0;
            turned |= u128::from(turn) << (width - 1 - place);
        }
        bits ^ turned
    }
}

/// Addresses that say nothing of anybody: of no place, of one cable, of everybody, and the block
/// pages that a name filter has published.
fn is_public_knowledge(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [first, second, third, last] = v4.octets();
            first == 0
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || (first, second, third) == (146, 112, 61) && (104..111).contains(&last)
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unspecified() || v6.is_multicast(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pseudonyms() -> Pseudonyms {
        Pseudonyms::new(BTreeSet::new(), BTreeSet::from(["login.qlik.com"]))
    }

    fn common(one: IpAddr, other: IpAddr) -> u32 {
        let bits = |address| match address {
            IpAddr::V4(v4) => u128::from(u32::from(v4)) << 96,
            IpAddr::V6(v6) => u128::from(v6),
        };
        (bits(one) ^ bits(other)).leading_zeros()
    }

    #[test]
    fn private_addresses_keep_exactly_the_networks_they_share() {
        let addresses =
            ["10.1.2.3", "10.1.2.4", "10.1.3.1", "10.2.0.1", "192.168.7.9", "fd00::1", "fd00::2"];
        let addresses: Vec<IpAddr> = addresses.iter().map(|a| a.parse().expect("one")).collect();
        let mut names = pseudonyms();
        for one in &addresses {
            for other in &addresses {
                let (made, beside) = (names.address(*one), names.address(*other));
                assert_eq!(common(*one, *other), common(made, beside), "{one} {other}");
            }
        }
        assert!(names.address(addresses[0]).to_string().starts_with("10."));
        assert!(names.address(addresses[4]).to_string().starts_with("192.168."));
    }

    /// By chance alone one of 256 keys would leave a network of 192.168 as it is.
    #[test]
    fn no_key_leaves_a_network_what_it_is() {
        let addresses =
            ["192.168.7.9", "10.1.2.3", "172.16.0.1", "100.64.0.1", "fd00::1", "fe80::1"];
        let addresses = addresses.map(|text| text.parse::<IpAddr>().expect("an address"));
        for _ in 0..4000 {
            let mut names = pseudonyms();
            for one in addresses {
                let network = if one.is_ipv4() { 24 } else { 128 };
                assert!(common(one, names.address(one)) < network, "{one} stays");
            }
            let beside = "192.168.7.200".parse().expect("an address");
            let (made, near) = (names.address(addresses[0]), names.address(beside));
            assert_eq!(common(addresses[0], beside), common(made, near));
            assert_eq!(names.address(addresses[0]), made, "the same once more");
        }
    }

    #[test]
    fn outside_addresses_become_those_of_documents() {
        let mut names = pseudonyms();
        let mut made = |text: &str| names.address(text.parse().expect("an address")).to_string();
        let (one, beside) = (made("8.8.8.8"), made("8.8.8.9"));
        assert!(one.starts_with("192.0.2.") && beside.starts_with("192.0.2.") && one != beside);
        assert!(made("9.9.9.9").starts_with("198.51.100."));
        assert!(made("1.1.1.1").starts_with("203.0.113."));
        // The fourth network, and one whose neighbour was there before.
        let far: Ipv4Addr = made("5.6.7.8").parse().expect("an address");
        assert!(far.octets()[0] >= 240);
        assert!(made("2a00:1450::1").starts_with("2001:db8:1:"));
        assert_eq!(made("127.0.0.1"), "127.0.0.1");
        assert!(made("::ffff:8.8.8.8").starts_with("::ffff:192.0.2."));
    }

    #[test]
    fn names_keep_what_they_share() {
        let mut names = pseudonyms();
        let long = names.host("sense.corp.test");
        let (first, domain) = long.split_once('.').expect("labels");
        assert!(domain.ends_with(".example") && !long.contains("corp"));
        assert_eq!(names.host("*.corp.test"), format!("*.{domain}"));
        assert_eq!(names.host("SENSE"), first.to_uppercase());
        assert_eq!(names.word("sense"), first);
        assert!(names.host("tenant.eu.qlikcloud.com").ends_with(".qlikcloud.com"));
        assert_eq!(names.host("nas.local").split('.').next_back(), Some("local"));
        assert_eq!(names.host("localhost"), "localhost");
        assert_eq!(names.host("Login.qlik.com"), "Login.qlik.com");
        assert_ne!(names.host("com"), "com");
        let completed = names.host("sense.corp.test.wild.test");
        assert!(completed.starts_with(&format!("{long}.")), "{completed}");
        let other = names.host("sense.corp.org");
        assert!(other.ends_with(".example") && other != long);
        let back = names.host("4.3.2.10.in-addr.arpa");
        let forward = names.address("10.2.3.4".parse().expect("an address")).to_string();
        let reversed: Vec<&str> = forward.split('.').rev().collect();
        assert_eq!(back, reversed.join(".") + ".in-addr.arpa");
    }
}
