//! What a hostile server may present, and what its certificates may lead to: every case has a
//! bound on what is kept and on what is done.

use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use rcgen::{GeneralSubtree, NameConstraints};

use hublink_probe::{Failure, FailureKind, Fetch, Operation, ScriptedWorld, TrustStore};

use super::examine::examine;
use super::facts::{CertificateFacts, KeyKind, parse};
use super::revocation::{Pair, State, listed};
use super::signature::Signature;
use super::tests::{
    AIA, Ca, HOST, NOBODY_ABOVE, aia, anchor, at, ca_params, context, der, document, ids, judged,
    key, leaf_params, list, now, params, run, signed, under,
};
use super::{Certificate, Evidence};
use crate::frame::Check;

/// The most that the evidence of one hub may take in a report, in bytes.
const EVIDENCE: usize = 256 * 1024;

/// The longest that judging one hostile chain may take here, without optimisation and beside other
/// tests; optimised and alone it is a hundredth of that.
const PATIENCE: Duration = Duration::from_secs(10);

/// Judges a chain offline, in bounded time and with bounded evidence.
fn bounded(chain: &[Vec<u8>], trusted: &[Vec<u8>]) -> Evidence {
    let begun = Instant::now();
    let e = judged(chain, trusted);
    let _causes = ids(&e);
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    assert!(size(&e) < EVIDENCE, "{}", size(&e));
    e
}

fn size(e: &Evidence) -> usize {
    serde_json::to_string(e).expect("plain data").len()
}

#[test]
fn thousands_of_names_are_matched_and_a_hundred_kept() {
    let names: Vec<String> = (0..10_000).map(|n| format!("host-{n}.corp.test")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).chain([HOST]).collect();
    let root = anchor("Corp Root");
    let e = bounded(&[signed(&params(HOST, &names), &root)], &[der(&root)]);
    let own = e.examined.own().expect("facts");
    assert_eq!((own.names, own.dns_names.len()), (10_001, 100));
    assert_eq!(ids(&e), [""; 0], "the last of the names is the hub's (H28)");
}

#[test]
fn no_chain_is_followed_beyond_its_bound() {
    let root = anchor("Corp Root");
    let mut issuers: Vec<Ca> = vec![under(ca_params("Issuer 0"), &root)];
    for height in 1..100 {
        let below = under(ca_params(&format!("Issuer {height}")), &issuers[height - 1]);
        issuers.push(below);
    }
    let own = signed(&leaf_params(), &issuers[99]);
    let chain: Vec<_> = [own].into_iter().chain(issuers.iter().rev().map(der)).collect();
    let e = bounded(&chain, &[der(&root)]);
    assert!(e.examined.chain.len() <= 32, "{}", e.examined.chain.len());
    assert!(!e.examined.trusted);
}

#[test]
fn certificates_that_all_bear_one_name_cost_no_more_than_the_bound() {
    // Every pair would have to be verified: 100 x 99 signatures.
    let issuers: Vec<Ca> = (0..100).map(|_| anchor("One Name")).collect();
    let own = signed(&leaf_params(), &issuers[99]);
    let chain: Vec<_> = [own].into_iter().chain(issuers.iter().map(der)).collect();
    let e = bounded(&chain, &[der(&anchor("One Name"))]);
    assert!(!e.examined.trusted);
    assert!(ids(&e).iter().all(|id| id != "certificate/qlik-default"));
}

#[test]
fn thousands_of_names_meet_thousands_of_constraints() {
    let root = anchor("Corp Root");
    let mut issuing = ca_params("Corp Issuing");
    let excluded = (0..5_000).map(|n| GeneralSubtree::DnsName(format!("zone-{n}.test")));
    issuing.name_constraints = Some(NameConstraints {
        permitted_subtrees: Vec::new(),
        excluded_subtrees: excluded.collect(),
    });
    let issuing = under(issuing, &root);
    let names: Vec<String> = (0..5_000).map(|n| format!("host-{n}.corp.test")).collect();
    let names: Vec<&str> = [HOST].into_iter().chain(names.iter().map(String::as_str)).collect();
    let own = signed(&params(HOST, &names), &issuing);
    assert_eq!(ids(&bounded(&[own, der(&issuing)], &[der(&root)])), [""; 0]);
}

/// Every issuer certifies every other one: more ways than anybody could walk.
#[test]
fn issuers_that_all_certify_each_other_are_walked_once() {
    let issuers: Vec<Ca> = (0..6).map(|n| anchor(&format!("Issuer {n}"))).collect();
    let mut chain = vec![signed(&leaf_params(), &issuers[0])];
    for (n, one) in issuers.iter().enumerate() {
        for (_, by) in issuers.iter().enumerate().filter(|&(m, _)| m != n) {
            let crossed = ca_params(&format!("Issuer {n}")).signed_by(one.key(), by);
            chain.push(crossed.expect("a certificate").der().to_vec());
        }
    }
    let e = bounded(&chain, &[der(&anchor("Public Root"))]);
    assert!(!e.examined.trusted && e.examined.path().len() <= chain.len());
    assert!(bounded(&chain, &[der(&issuers[5])]).examined.trusted);
}

#[test]
fn a_name_of_sixteen_kilobytes_is_cut() {
    let long = "x".repeat(16 * 1024);
    let root = anchor(&long);
    let e = bounded(&[signed(&params(&long, &[HOST]), &root), der(&root)], &[der(&root)]);
    assert_eq!(ids(&e), [""; 0]);
    assert!(size(&e) < 16 * 1024, "{}", size(&e));
}

#[test]
fn markup_and_control_characters_in_names_stay_text() {
    let root = anchor("<script>alert(1)</script>\u{7}\u{1b}]8;;x\u{1b}\\ \u{202e}\u{2066}\0");
    let e = bounded(&[signed(&leaf_params(), &root)], &[der(&root)]);
    let issuer = &e.examined.own().expect("facts").issuer;
    assert!(issuer.contains("script"), "who prints it has to escape it: {issuer}");
    assert!(
        !issuer.chars().any(|c| c.is_control() || "\u{202e}\u{2066}".contains(c)),
        "{issuer:?}"
    );
}

/// A certificate in which one element is replaced by another of any length.
fn with_key(der: &[u8], key: &[u8]) -> Vec<u8> {
    let old = parse(der).expect("a certificate").public_key().raw.to_vec();
    let place = der.windows(old.len()).position(|window| window == old).expect("its own key");
    let certificate = x509_parser::parse_x509_certificate(der).expect("a certificate").1;
    let inner = certificate.tbs_certificate.as_ref();
    let start = der.windows(inner.len()).position(|window| window == inner).expect("its own");
    let content = &inner[4..];
    let before = &content[..place - start - 4];
    let after = &content[place - start - 4 + old.len()..];
    let tbs = tlv(0x30, &[before, key, after].concat());
    tlv(0x30, &[tbs, der[start + inner.len()..].to_vec()].concat())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let [.., a, b, c] = content.len().to_be_bytes();
    [&[tag, 0x83, a, b, c], content].concat()
}

#[test]
fn a_huge_key_is_not_computed_with() {
    let mut modulus = vec![0xff; 64 * 1024];
    modulus[0] = 0;
    let numbers = [tlv(0x02, &modulus), tlv(0x02, &modulus)].concat();
    let bits = [&[0], tlv(0x30, &numbers).as_slice()].concat();
    let rsa = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
    let info = tlv(0x30, &[tlv(0x30, &rsa), tlv(0x03, &bits)].concat());
    let root = anchor("Corp Root");
    let big = with_key(&der(&root), &info);
    let facts = CertificateFacts::read(&big).expect("a certificate");
    assert_eq!((facts.key.kind, facts.key.bits), (KeyKind::Rsa, (64 * 1024 - 1) * 8));
    let e = bounded(&[signed(&leaf_params(), &root), big], &[]);
    let signature = e.examined.chain[0].signature;
    assert_eq!(signature, Signature::Unchecked, "ring is never handed such a key");
    assert!(!ids(&e).contains(&"certificate/misissued".to_owned()), "{:?}", ids(&e));
}

/// Every truncation, and at every offset a flipped bit and the two lengths that lie.
fn damaged(whole: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let cut = (0..whole.len()).map(|end| whole[..end].to_vec());
    let changed = (0..whole.len()).flat_map(|place| {
        [0x01, 0x80, 0xff].map(|mask| {
            let mut bytes = whole.to_vec();
            bytes[place] ^= mask;
            bytes
        })
    });
    cut.chain(changed)
}

#[test]
fn a_certificate_broken_at_any_offset_is_a_fact() {
    let root = anchor("Corp Root");
    let issuing = under(ca_params("Corp Issuing"), &root);
    let (own, above) = (signed(&leaf_params(), &issuing), der(&issuing));
    let trust = TrustStore::of([der(&root)]);
    let read = x509_parser::parse_x509_certificate(&own).expect("a certificate").1;
    let signed = read.tbs_certificate.as_ref();
    for broken in damaged(&own) {
        let e = Evidence::offline(examine(&[broken.clone(), above.clone()], HOST, now(), &trust));
        let accepted = e.examined.trusted && e.examined.name.accepted() && ids(&e).is_empty();
        // A tag outside the signed part may lie: rustls refuses that, and its verdict stands
        // beside ours.
        let intact = broken.windows(signed.len()).any(|window| window == signed);
        assert!(!accepted || intact, "changed and accepted");
    }
    for broken in damaged(&above) {
        let examined = examine(&[own.clone(), broken], HOST, now(), &trust);
        let _whatever = ids(&Evidence::offline(examined));
    }
}

#[test]
fn a_list_of_a_megabyte_is_read_and_a_broken_one_is_not_believed() {
    let root = anchor("Corp Root");
    let mut leaf = leaf_params();
    leaf.serial_number = Some(8.into());
    let own = signed(&leaf, &root);
    let serials: Vec<u64> = (1_000_000..1_020_000).chain([8]).collect();
    let whole = list(&root, &serials, "2026-12-01T00:00:00Z");
    assert!(whole.len() > 400_000, "{}", whole.len());
    let issuer = der(&root);
    let (certificate, issuer) = (parse(&own).expect("sound"), parse(&issuer).expect("sound"));
    let pair = Pair { index: 0, certificate, issuer };
    let read = |bytes: &[u8]| listed(bytes, &pair, now());
    let begun = Instant::now();
    assert!(read(&whole).is_some_and(|word| word.state == State::Revoked));
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    let small = list(&root, &[8], "2026-12-01T00:00:00Z");
    for broken in damaged(&small) {
        let word = read(&broken);
        assert!(word.is_none() || word == read(&small), "{word:?}");
    }
}

/// A world in which every address named by a certificate brings one document.
fn looked(documents: Vec<(&str, Fetch)>, chain: Vec<Vec<u8>>, root: &Ca) -> (Evidence, usize) {
    let mut world = ScriptedWorld::at(now());
    world.trust = Arc::new(TrustStore::of([der(root)]));
    let documents = documents.into_iter().map(|(url, document)| (url.to_owned(), document));
    world.documents_by_url.extend(documents);
    let (world, cx) = context(world, chain);
    let begun = Instant::now();
    let e = run(Certificate::probe(&cx));
    assert!(begun.elapsed() < PATIENCE && size(&e) < EVIDENCE);
    let fetches = world.asked().iter().filter(|line| line.starts_with("fetch")).count();
    (e, fetches)
}

#[test]
fn issuers_that_lead_in_a_circle_are_fetched_thrice_at_most() {
    // Two issuers certify each other, and each names where the other lies.
    let (one, other) = ("http://pki.corp.test/one.crt", "http://pki.corp.test/other.crt");
    let keys = [key(), key()];
    let issuer = |name: &str, at: &str| {
        let mut params = ca_params(name);
        params.custom_extensions.push(aia(at));
        params
    };
    let (named_a, named_b) = (issuer("A", one), issuer("B", other));
    let a = rcgen::Issuer::from_params(&named_a, &keys[0]);
    let b = rcgen::Issuer::from_params(&named_b, &keys[1]);
    let a_by_b = named_a.signed_by(&keys[0], &b).expect("signed").der().to_vec();
    let b_by_a = named_b.signed_by(&keys[1], &a).expect("signed").der().to_vec();
    let mut leaf = leaf_params();
    leaf.custom_extensions.push(aia(other));
    let own = leaf.signed_by(&key(), &a).expect("signed").der().to_vec();
    let documents = vec![(other, document(a_by_b)), (one, document(b_by_a))];
    let (e, fetches) = looked(documents, vec![own], &anchor("Corp Root"));
    assert!(fetches <= 3, "{fetches}");
    assert!(!e.examined.trusted);
}

#[test]
fn a_document_without_an_end_and_one_that_is_no_certificate_bring_nothing() {
    let root = anchor("Corp Root");
    let issuing = under(ca_params("Corp Issuing"), &root);
    let mut leaf = leaf_params();
    leaf.custom_extensions.push(aia(AIA));
    let own = signed(&leaf, &issuing);
    let failure = Some(Failure::of(Operation::Fetch, FailureKind::NoAnswer));
    let endless = Fetch { failure, ..document(Vec::new()) };
    let pem_bomb = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".repeat(10_000);
    for answer in [endless, document(vec![0x30; 1 << 20]), document(pem_bomb)] {
        let (e, fetches) = looked(vec![(AIA, answer)], vec![own.clone()], &root);
        assert_eq!(fetches, 1);
        assert_eq!(ids(&e), NOBODY_ABOVE);
    }
}

/// A leaf with one fault, or with none, by number.
fn faulty_leaf(fault: usize) -> rcgen::CertificateParams {
    let mut leaf = leaf_params();
    match fault {
        1 => leaf.not_after = at("2026-06-01T00:00:00Z").0,
        2 => leaf = params("other.corp.test", &["other.corp.test"]),
        3 => leaf.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth],
        4 => leaf.not_before = at("2027-01-01T00:00:00Z").0,
        _ => {}
    }
    leaf
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// The order behind the hub's own certificate is free (RFC 8446), and what does not belong to
    /// the path is never blamed.
    #[test]
    fn order_and_company_change_no_judgement(
        fault in 0usize..5,
        strangers in 0usize..4,
        order in prop::collection::vec(any::<u32>(), 8),
        known in any::<bool>(),
    ) {
        let root = anchor("Corp Root");
        let policy = under(ca_params("Corp Policy"), &root);
        let issuing = under(ca_params("Corp Issuing"), &policy);
        let own = signed(&faulty_leaf(fault), &issuing);
        let trusted = if known { der(&root) } else { der(&anchor("Public Root")) };
        let sorted = [own.clone(), der(&issuing), der(&policy), der(&root)];
        let plain = judged(&sorted, std::slice::from_ref(&trusted));

        let mut others = sorted[1..].to_vec();
        for stranger in 0..strangers {
            let mut expired = ca_params(&format!("Stranger {stranger}"));
            expired.not_after = at("2026-06-01T00:00:00Z").0;
            others.push(der(&Ca::self_signed(expired, key()).expect("a root")));
        }
        let mut keyed: Vec<_> = order.into_iter().zip(others).collect();
        keyed.sort();
        let shuffled: Vec<_> =
            [own].into_iter().chain(keyed.into_iter().map(|(_, der)| der)).collect();
        let mixed = judged(&shuffled, &[trusted]);
        prop_assert_eq!(ids(&mixed), ids(&plain));
        prop_assert_eq!(mixed.examined.trusted, plain.examined.trusted);
        let subject = |e: &Evidence| {
            let place = e.faulty()?;
            Some(e.examined.chain[place].facts.as_ref()?.fingerprint.clone())
        };
        prop_assert_eq!(subject(&mixed), subject(&plain));
    }
}
