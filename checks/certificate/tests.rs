//! Real certificates, made on the spot and broken in every known way.

use std::sync::Arc;

use hublink_probe::{
    Connect, Ending, Exchange, Failure, FailureKind, Fetch, Handshake, Header, Operation, Request,
    RustlsVerdict, Scheme, ScriptedWorld, SystemLookup, Timestamp, TrustStore,
};
use proptest::prelude::*;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose, NameConstraints,
};

use serde_json::json;

use super::*;
use crate::address::HubAddress;
use crate::clock::Clock;
use crate::frame::{Budget, Case, Diagnosis, Facts, Stored, context_for_tests, judge};
use crate::tls;

pub(super) const HOST: &str = "hub.corp.test";
pub(super) const AIA: &str = "http://pki.corp.test/issuing.crt";

/// Whoever issued is neither there nor trusted: mostly an intermediate, perhaps a root.
pub(super) const NOBODY_ABOVE: [&str; 2] =
    ["certificate/chain-incomplete", "certificate/untrusted-issuer"];

pub(super) type Ca = CertifiedIssuer<'static, KeyPair>;

pub(super) fn now() -> Timestamp {
    at("2026-11-24T12:00:00Z")
}

pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("RFC 3339")
}

pub(super) fn params(cn: &str, names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names");
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, cn);
    params.not_before = at("2026-01-01T00:00:00Z").0;
    params.not_after = at("2027-06-01T00:00:00Z").0;
    params
}

pub(super) fn leaf_params() -> CertificateParams {
    let mut params = params(HOST, &[HOST]);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

pub(super) fn ca_params(cn: &str) -> CertificateParams {
    let mut params = params(cn, &[]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

pub(super) fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

pub(super) fn anchor(cn: &str) -> Ca {
    Ca::self_signed(ca_params(cn), key()).expect("a root")
}

pub(super) fn under(params: CertificateParams, issuer: &Ca) -> Ca {
    Ca::signed_by(params, key(), issuer).expect("an issuer")
}

pub(super) fn signed(params: &CertificateParams, issuer: &Ca) -> Vec<u8> {
    params.signed_by(&key(), issuer).expect("a certificate").der().to_vec()
}

pub(super) fn der(ca: &Ca) -> Vec<u8> {
    ca.der().to_vec()
}

fn found(e: &Evidence) -> Vec<Diagnosis> {
    judge(CAUSES, e, &Case::default())
}

pub(super) fn ids(e: &Evidence) -> Vec<String> {
    found(e).into_iter().map(|cause| cause.id).collect()
}

/// Judges a chain offline.
pub(super) fn judged(chain: &[Vec<u8>], trusted: &[Vec<u8>]) -> Evidence {
    let trust = TrustStore::of(trusted.iter().cloned());
    Evidence::offline(examine(chain, HOST, now(), &trust))
}

#[test]
fn a_good_chain_in_any_order_is_good() {
    let root = anchor("Corp Root");
    let issuing = under(ca_params("Corp Issuing"), &root);
    let own = signed(&leaf_params(), &issuing);
    let stranger = anchor("Somebody else");
    let chain = [own.clone(), der(&stranger), der(&root), der(&issuing)];
    let e = judged(&chain, &[der(&root)]);
    assert_eq!(ids(&e), [""; 0]);
    assert!(e.examined.trusted && !e.examined.chain[1].in_path);
    assert_eq!(e.examined.path().len(), 3);
    assert_eq!(e.faulty(), None);
    let short = judged(&[own, der(&issuing)], &[der(&root)]);
    assert_eq!(ids(&short), [""; 0]);
    assert_eq!(short.examined.root.map(|root| root.subject).as_deref(), Some("CN=Corp Root"));
}

#[test]
fn each_certificate_of_the_path_is_judged_by_its_dates() {
    let root = anchor("Corp Root");
    let mut params = ca_params("Corp Issuing");
    params.not_after = at("2026-11-01T00:00:00Z").0;
    let issuing = under(params, &root);
    let mut e = judged(&[signed(&leaf_params(), &issuing), der(&issuing)], &[der(&root)]);
    assert_eq!(ids(&e), ["certificate/expired"]);
    assert_eq!(e.faulty(), Some(1));
    assert_eq!(found(&e)[0].confidence, Confidence::Likely, "the hub's time is not known");
    let hub = |date| HubDate { url: String::new(), date, sent_at: now(), answered_at: now() };
    e.date = Some(hub(now()));
    assert_eq!(found(&e)[0].confidence, Confidence::Certain);
    e.date = Some(hub(at("2026-10-01T00:00:00Z")));
    assert_eq!(ids(&e), ["certificate/unexplained"]);
    assert!(e.only_our_clock_objects());
    let witness = json!({"who": "other.corp.test", "offset_s": 0.2, "uncertainty_s": 1.0});
    let clock = json!({"now": now(), "witnesses": [witness]});
    let mut case = Case::default();
    let clock = serde_json::from_value(clock).expect("evidence of the clock");
    case.put(Stored::new::<Clock>(clock));
    let causes = judge(CAUSES, &e, &case);
    assert_eq!(causes[0].id, "certificate/expired", "the hub's clock is the wrong one");
    assert_eq!(causes[0].confidence, Confidence::Certain);
}

/// Two clocks of other owners agree on a time, years from this computer's.
fn wrong_by(offset_s: f64) -> Case {
    let witness = |who: &str, address: &str| json!({"who": who, "offset_s": offset_s, "uncertainty_s": 1.0, "address": address});
    let witnesses = [witness(HOST, "10.1.0.5"), witness("acme.example.com", "198.18.0.5")];
    let clock = json!({"now": now(), "witnesses": witnesses});
    let mut case = Case::default();
    case.put(Stored::new::<Clock>(serde_json::from_value(clock).expect("evidence of the clock")));
    case
}

#[test]
fn dates_are_judged_by_the_right_time_where_this_computers_is_wrong() {
    const YEARS: f64 = 2.0 * 365.0 * 86_400.0;
    let mut lasting = ca_params("Corp Root");
    lasting.not_after = at("2040-01-01T00:00:00Z").0;
    let root = Ca::self_signed(lasting, key()).expect("a root");
    let mut lasting = ca_params("Corp Issuing");
    lasting.not_after = at("2040-01-01T00:00:00Z").0;
    let issuing = under(lasting, &root);
    let told = |from: &str, to: &str, date: Option<&str>, offset_s: f64| {
        let mut params = leaf_params();
        (params.not_before, params.not_after) = (at(from).0, at(to).0);
        let mut e = judged(&[signed(&params, &issuing), der(&issuing)], &[der(&root)]);
        let hub = |date| HubDate { url: String::new(), date, sent_at: now(), answered_at: now() };
        e.date = date.map(|date| hub(at(date)));
        let found = judge(CAUSES, &e, &wrong_by(offset_s));
        found.into_iter().map(|cause| cause.id).collect::<Vec<_>>()
    };
    // Behind: it seems not to have begun, or to be good, and ran out in truth.
    let (begun, over) = ("2027-06-01T00:00:00Z", "2028-06-01T00:00:00Z");
    assert_eq!(told(begun, over, Some("2028-11-01T00:00:00Z"), YEARS), ["certificate/expired"]);
    let good = "2026-01-01T00:00:00Z";
    assert_eq!(told(good, over, None, YEARS), ["certificate/expired"]);
    // By the right time it is good: nothing of it is blamed.
    let later = "2029-06-01T00:00:00Z";
    let unblamed = told(begun, later, Some("2028-11-01T00:00:00Z"), YEARS);
    assert_eq!(unblamed, ["certificate/unexplained"], "which the clock claims");
    assert_eq!(told(good, later, None, YEARS), [""; 0]);
    // Ahead, and made as the right time was measured, give or take: it has begun.
    let measured = "2026-11-01T00:00:00Z";
    let ahead = at(measured).seconds_since(now());
    for begun in ["2026-11-01T00:00:01Z", "2026-11-01T00:00:59Z"] {
        assert_eq!(told(begun, later, None, ahead), [""; 0], "{begun}");
    }
    let tomorrow = "2026-11-02T00:00:00Z";
    assert_eq!(told(tomorrow, later, None, ahead), ["certificate/not-yet-valid"]);
}

#[test]
fn a_sound_path_is_preferred_to_one_that_ran_out() {
    let root = anchor("Corp Root");
    let issuing = under(ca_params("Corp Issuing"), &root);
    let mut old = ca_params("Corp Issuing");
    old.not_after = at("2026-02-01T00:00:00Z").0;
    let old = old.signed_by(issuing.key(), &root).expect("the old one").der().to_vec();
    let e = judged(&[signed(&leaf_params(), &issuing), old, der(&issuing)], &[der(&root)]);
    assert_eq!(ids(&e), [""; 0]);
    assert!(!e.examined.chain[1].in_path);
}

#[test]
fn names_that_do_not_fit_are_told_apart() {
    let root = anchor("Corp Root");
    let with = |cn: &str, names: &[&str]| {
        let e = judged(&[signed(&params(cn, names), &root)], &[der(&root)]);
        (e.examined.name, ids(&e))
    };
    let wrong = vec!["certificate/wrong-name".to_owned()];
    assert_eq!(with("x", &["other.corp.test"]), (NameMatch::None, wrong.clone()));
    assert_eq!(with(HOST, &[]), (NameMatch::OnlyCn, wrong.clone()));
    assert_eq!(with("x", &["*.test"]), (NameMatch::None, wrong));
    assert_eq!(with("x", &["*.corp.test"]), (NameMatch::Wildcard, vec![]));
    let many: Vec<String> = (0..10_000).map(|n| format!("h{n}.corp.test")).collect();
    let mut many: Vec<&str> = many.iter().map(String::as_str).collect();
    many.push(HOST);
    assert_eq!(with("x", &many), (NameMatch::Exact, vec![]));
}

#[test]
fn what_ends_without_a_trusted_root_is_told_apart() {
    let (root, trusted) = (anchor("Corp Root"), [der(&anchor("Public Root"))]);
    let issuing = under(ca_params("Corp Issuing"), &root);
    let own = signed(&leaf_params(), &issuing);
    let whole = judged(&[own.clone(), der(&issuing), der(&root)], &trusted);
    assert_eq!(ids(&whole), ["certificate/untrusted-issuer"]);
    assert_eq!(found(&whole)[0].confidence, Confidence::Certain);
    let no_root = judged(&[own.clone(), der(&issuing)], &trusted);
    assert_eq!(ids(&no_root), ["certificate/untrusted-issuer"]);
    assert_eq!(found(&no_root)[0].confidence, Confidence::Likely);
    let alone = judged(&[own], &trusted);
    assert_eq!(ids(&alone), NOBODY_ABOVE);
    let sure: Vec<_> = found(&alone).iter().map(|cause| cause.confidence).collect();
    assert_eq!(sure, [Confidence::Likely, Confidence::Possible]);
    let no_store = judged(&[der(&issuing), der(&root)], &[]);
    let cause = found(&no_store).into_iter().find(|c| c.id == "certificate/untrusted-issuer");
    assert_eq!(cause.expect("untrusted").confidence, Confidence::Possible);
}

#[test]
fn the_certificate_qlik_makes_is_recognised() {
    let trusted = [der(&anchor("Public Root"))];
    let site = anchor("hub.corp.test-CA");
    let own = signed(&leaf_params(), &site);
    assert_eq!(ids(&judged(&[own.clone(), der(&site)], &trusted)), ["certificate/qlik-default"]);
    assert_eq!(ids(&judged(std::slice::from_ref(&own), &trusted)), ["certificate/qlik-default"]);
    assert_eq!(ids(&judged(std::slice::from_ref(&own), &[der(&site)])), [""; 0]);
    let anew = judged(&[own], &[der(&anchor("hub.corp.test-CA"))]);
    assert_eq!(ids(&anew), ["certificate/qlik-default"]);
    assert!(anew.examined.same_named_root);
    let company = anchor("CORP-DC1-CA");
    let e = judged(&[signed(&leaf_params(), &company), der(&company)], &trusted);
    assert_eq!(ids(&e), ["certificate/untrusted-issuer"]);
    let first = anchor("first.corp.test-CA");
    let e = judged(&[signed(&leaf_params(), &first), der(&first)], &trusted);
    assert_eq!(found(&e)[0].id, "certificate/qlik-default");
    assert_eq!(found(&e)[0].confidence, Confidence::Possible);
}

#[test]
fn an_outdated_root_of_the_same_name_is_no_tampering() {
    let own = signed(&leaf_params(), &anchor("Corp Root"));
    let e = judged(&[own], &[der(&anchor("Corp Root"))]);
    assert_eq!(ids(&e), ["certificate/untrusted-issuer"]);
    assert!(e.examined.same_named_root);
}

#[test]
fn what_is_made_wrongly_is_named() {
    let root = anchor("Corp Root");
    let trusted = [der(&root)];
    let mut client = leaf_params();
    client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let mut critical = leaf_params();
    let mut extension =
        CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![5, 0]);
    extension.set_criticality(true);
    critical.custom_extensions.push(extension);
    for params in [&client, &critical] {
        let e = judged(&[signed(params, &root)], &trusted);
        assert_eq!(ids(&e), ["certificate/misissued"]);
        assert_eq!(e.faulty(), Some(0));
    }
    let mut of_no_use = leaf_params();
    of_no_use.key_usages = vec![KeyUsagePurpose::CrlSign];
    let e = judged(&[signed(&of_no_use, &root)], &trusted);
    assert_eq!(ids(&e), ["certificate/misissued"]);
    assert_eq!(found(&e)[0].confidence, Confidence::Likely, "programs differ");
    of_no_use.key_usages.push(KeyUsagePurpose::KeyEncipherment);
    assert_eq!(ids(&judged(&[signed(&of_no_use, &root)], &trusted)), [""; 0]);
    let mut no_ca = params("Corp Issuing", &[]);
    no_ca.is_ca = IsCa::ExplicitNoCa;
    let mut elsewhere = ca_params("Corp Issuing");
    elsewhere.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("other.test".into())],
        excluded_subtrees: vec![],
    });
    for params in [no_ca, elsewhere] {
        let issuing = under(params, &root);
        let e = judged(&[signed(&leaf_params(), &issuing), der(&issuing)], &trusted);
        assert_eq!(ids(&e), ["certificate/misissued"]);
        assert_eq!(e.faulty(), Some(1));
    }
}

#[test]
fn a_signature_that_does_not_fit_is_named() {
    let root = anchor("Corp Root");
    let issuing = under(ca_params("Corp Issuing"), &root);
    let other = under(ca_params("Corp Issuing"), &root);
    let own = signed(&leaf_params(), &issuing);
    let e = judged(&[own, der(&other)], &[der(&root)]);
    assert_eq!(ids(&e), ["certificate/misissued"]);
    assert!(!e.examined.trusted);
}

/// An issuer that got a new key keeps its name, and the server still sends the old certificate.
#[test]
fn an_outdated_issuer_that_is_sent_is_no_tampering() {
    let root = anchor("Corp Root");
    let identified = |mut params: CertificateParams| {
        params.use_authority_key_identifier_extension = true;
        params
    };
    let issuing = under(ca_params("Corp Issuing"), &root);
    let outdated = under(ca_params("Corp Issuing"), &root);
    let own = signed(&identified(leaf_params()), &issuing);
    let e = judged(&[own, der(&outdated)], &[der(&root)]);
    assert_eq!(ids(&e), ["certificate/chain-incomplete"]);
    let cause = &found(&e)[0];
    assert_eq!((cause.severity, cause.confidence), (Severity::Blocks, Confidence::Likely));

    let mut params = identified(leaf_params());
    params.custom_extensions.push(aia(AIA));
    let own = signed(&params, &issuing);
    let mut world = ScriptedWorld::at(now());
    world.trust = Arc::new(TrustStore::of([der(&root)]));
    world.documents_by_url.insert(AIA.to_owned(), document(der(&issuing)));
    let (_, cx) = context(world, vec![own, der(&outdated)]);
    let e = run(Certificate::probe(&cx));
    assert_eq!(ids(&e), ["certificate/chain-incomplete"]);
    assert_eq!(found(&e)[0].severity, Severity::Degrades, "Windows fetches the right one");
    assert!(!e.examined.chain[1].in_path);

    // The right issuer by its own account, whose key did not sign: that is no matter of age.
    let mut forged = signed(&identified(leaf_params()), &issuing);
    let last = forged.len() - 1;
    forged[last] ^= 1;
    let e = judged(&[forged, der(&issuing)], &[der(&root)]);
    assert_eq!(ids(&e), ["certificate/misissued"]);
}

/// rustls refuses a usage of everything; Windows takes it.
#[test]
fn a_usage_of_everything_is_our_limit() {
    let root = anchor("Corp Root");
    let mut params = leaf_params();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any];
    let mut e = judged(&[signed(&params, &root)], &[der(&root)]);
    e.rustls = Some(RustlsVerdict { accepted: false, error: "InvalidPurposeContext".into() });
    assert_eq!(ids(&e), ["certificate/unexplained"]);
    assert_eq!(found(&e)[0].severity, Severity::Degrades);
}

#[test]
fn too_many_issuers_below_one_are_named() {
    let root = anchor("Corp Root");
    let mut params = ca_params("Corp Policy");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let policy = under(params, &root);
    let issuing = under(ca_params("Corp Issuing"), &policy);
    let own = signed(&leaf_params(), &issuing);
    let e = judged(&[own, der(&issuing), der(&policy)], &[der(&root)]);
    assert_eq!(ids(&e), ["certificate/misissued"]);
    assert_eq!(e.faulty(), Some(2));
}

/// Chains that only OpenSSL makes: the hub's own certificate and a root, valid for 100 years.
fn sample(name: &str) -> Evidence {
    let path = format!("{}/certificate/samples/{name}.pem", env!("CARGO_MANIFEST_DIR"));
    let pem = std::fs::read(path).expect("a sample");
    let blocks = x509_parser::pem::Pem::iter_from_buffer(&pem);
    let chain: Vec<Vec<u8>> = blocks.map(|block| block.expect("PEM").contents).collect();
    let trust = TrustStore::of([chain[1].clone()]);
    let mut e = Evidence::offline(examine(&chain, HOST, at("2027-01-01T00:00:00Z"), &trust));
    e.rustls = Some(RustlsVerdict { accepted: false, error: "BadSignature".into() });
    e
}

#[test]
fn weak_keys_and_hashes_are_not_called_tampering() {
    for (name, faulty) in [("rsa1024", 1), ("rsa512", 1), ("sha1", 0), ("md5", 0)] {
        let e = sample(name);
        assert_eq!(ids(&e), ["certificate/too-weak"], "{name}");
        assert!(e.examined.trusted, "{name}");
        assert_eq!(e.faulty(), Some(faulty), "{name}");
    }
}

#[test]
fn a_key_only_this_tool_cannot_use_is_not_blamed() {
    let e = sample("p521");
    assert_eq!(e.examined.chain[0].signature, Signature::Unchecked);
    assert_eq!(ids(&e), ["certificate/unexplained"]);
    assert_eq!(found(&e)[0].severity, Severity::Degrades);
}

#[test]
fn a_self_signed_issuer_in_the_store_is_our_limit() {
    let mut params = leaf_params();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let own = der(&Ca::self_signed(params, key()).expect("self-signed"));
    let mut e = judged(std::slice::from_ref(&own), std::slice::from_ref(&own));
    e.rustls = Some(RustlsVerdict { accepted: false, error: "Other".into() });
    assert_eq!(ids(&e), [""; 0]);
    let e = judged(&[own], &[der(&anchor("Public Root"))]);
    assert_eq!(ids(&e), ["certificate/untrusted-issuer"]);
}

#[test]
fn issuers_that_sign_each_other_end_the_search() {
    let keys: Vec<Ca> = (0..15).map(|n| anchor(&format!("Ring {n}"))).collect();
    let mut chain = vec![signed(&leaf_params(), &keys[0])];
    for (n, ca) in keys.iter().enumerate() {
        for step in 1..3 {
            let issuer = &keys[(n + step) % keys.len()];
            let cross = ca_params(&format!("Ring {n}")).signed_by(ca.key(), issuer);
            chain.push(cross.expect("a cross-signed issuer").der().to_vec());
        }
    }
    let e = judged(&chain, &[der(&anchor("Public Root"))]);
    assert!(!e.examined.trusted);
    let e = judged(&chain, &[der(&keys[14])]);
    assert!(e.examined.trusted && e.examined.path().len() < 16);
}

#[test]
fn names_of_strangers_are_safe_to_print() {
    let root = anchor("Corp Root");
    let hostile = format!("a\u{1b}[31m\u{202e}{}", "x".repeat(2000));
    let mut params = leaf_params();
    params.distinguished_name.push(DnType::OrganizationName, hostile.as_str());
    let e = judged(&[signed(&params, &root)], &[der(&root)]);
    let subject = &e.examined.own().expect("facts").subject;
    assert!(!subject.contains(['\u{1b}', '\u{202e}']), "{subject}");
    assert!(subject.chars().count() < 600, "{}", subject.len());
}

#[test]
fn a_broken_certificate_is_a_fact() {
    let root = anchor("Corp Root");
    let own = signed(&leaf_params(), &root);
    let e = judged(&[vec![0x30, 0x03, 0x02, 0x01], own.clone()], &[der(&root)]);
    assert_eq!(ids(&e), ["certificate/unexplained"]);
    assert_eq!(ids(&judged(&[own, vec![], vec![0xff; 40]], &[der(&root)])), [""; 0]);
    assert_eq!(ids(&judged(&[], &[der(&root)])), ["certificate/unexplained"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn damaged_certificates_never_panic(cut in 0usize..2000, flips in prop::collection::vec((0usize..2000, any::<u8>()), 0..6)) {
        let root = anchor("Corp Root");
        let mut params = ca_params("Corp Issuing");
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("corp.test".into())],
            excluded_subtrees: vec![],
        });
        let issuing = under(params, &root);
        let mut chain = [signed(&leaf_params(), &issuing), der(&issuing)];
        for one in &mut chain {
            for &(place, mask) in &flips {
                let length = one.len();
                one[place % length] ^= mask;
            }
            if cut < one.len() / 2 {
                one.truncate(one.len() - cut);
            }
        }
        let e = judged(&chain, &[der(&root)]);
        let saved = serde_json::to_value(&e).expect("plain data");
        let again: Evidence = serde_json::from_value(saved).expect("the same shape");
        prop_assert_eq!(&again, &e);
        prop_assert_eq!(ids(&again), ids(&e));
    }
}

fn hub() -> HubAddress {
    let path = "/hub/".to_owned();
    HubAddress { scheme: Scheme::Https, host: HOST.into(), port: 443, prefix: None, path }
}

fn shake(name: &str, presented: Vec<Vec<u8>>) -> Handshake {
    let to = "192.0.2.7:443".parse().expect("an address");
    let connect = Connect { to, from: None, failure: None, icmp: None, state: None, took_ms: 1.0 };
    Handshake {
        rustls: Some(RustlsVerdict { accepted: false, error: "UnknownIssuer".into() }),
        certificates: presented.len(),
        presented,
        key_proven: true,
        ..Handshake::of(connect, name)
    }
}

/// A context in which the `tls` check saw a chain.
pub(super) fn context(world: ScriptedWorld, chain: Vec<Vec<u8>>) -> (Arc<ScriptedWorld>, Context) {
    let world = Arc::new(world);
    let facts = Facts { hub: Some(hub()), ..Facts::default() };
    let mut cx = context_for_tests(world.clone(), facts, Budget::default());
    let handshake = shake(HOST, chain);
    cx.case.put(Stored::new::<Tls>(tls::Evidence::of(handshake)));
    (world, cx)
}

pub(super) fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(work)
}

/// The extension that says where the issuer can be fetched.
pub(super) fn aia(url: &str) -> CustomExtension {
    let tlv = |tag: u8, content: &[u8]| {
        let length = u8::try_from(content.len()).expect("short");
        [&[tag, length], content].concat()
    };
    let method = tlv(0x06, &[0x2b, 6, 1, 5, 5, 7, 48, 2]);
    let access = tlv(0x30, &[method, tlv(0x86, url.as_bytes())].concat());
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], tlv(0x30, &access))
}

pub(super) fn document(body: Vec<u8>) -> Fetch {
    Fetch { url: AIA.into(), status: Some(200), failure: None, body, took_ms: 1.0 }
}

#[test]
fn a_forgotten_intermediate_is_fetched() {
    let root = anchor("Corp Root");
    let issuing = under(ca_params("Corp Issuing"), &root);
    let mut params = leaf_params();
    params.custom_extensions.push(aia(AIA));
    let own = signed(&params, &issuing);
    let looked = |body: Option<Vec<u8>>, trusted: Vec<u8>| {
        let mut world = ScriptedWorld::at(now());
        world.trust = Arc::new(TrustStore::of([trusted]));
        world.documents_by_url.extend(body.map(|body| (AIA.to_owned(), document(body))));
        let (_, cx) = context(world, vec![own.clone()]);
        run(Certificate::probe(&cx))
    };
    for body in [der(&issuing), issuing.pem().into_bytes()] {
        let e = looked(Some(body), der(&root));
        assert_eq!(ids(&e), ["certificate/chain-incomplete"]);
        assert_eq!(found(&e)[0].severity, Severity::Degrades);
        assert_eq!(found(&e)[0].confidence, Confidence::Certain);
        assert!(e.fetched[0].completes_to_trusted);
    }
    let e = looked(Some(der(&issuing)), der(&anchor("Public Root")));
    assert_eq!(ids(&e), ["certificate/untrusted-issuer"]);
    let e = looked(Some(der(&anchor("Other"))), der(&root));
    assert_eq!(e.fetched[0].outcome, FetchOutcome::OtherCertificate);
    assert_eq!(ids(&e), NOBODY_ABOVE);
    assert_eq!(found(&e)[0].severity, Severity::Blocks);
    let e = looked(Some(b"<html>".to_vec()), der(&root));
    assert_eq!(e.fetched[0].outcome, FetchOutcome::NotACertificate);
    assert_eq!(looked(None, der(&root)).fetched[0].outcome, FetchOutcome::Nothing);
}

#[test]
fn behind_a_proxy_issuers_are_fetched_through_it() {
    let root = anchor("Corp Root");
    let issuing = under(ca_params("Corp Issuing"), &root);
    let mut params = leaf_params();
    params.custom_extensions.push(aia(AIA));
    let own = signed(&params, &issuing);
    let asked = |variables: &[(&str, &str)]| {
        let mut world = ScriptedWorld::at(now());
        world.trust = Arc::new(TrustStore::of([der(&root)]));
        let owned = variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        world.variables.extend(owned);
        let (world, cx) = context(world, vec![own.clone()]);
        run(Certificate::probe(&cx));
        let asked = world.asked();
        asked.into_iter().filter(|line| line.starts_with("fetch")).collect::<Vec<_>>()
    };
    let (proxy, other) = ("http://proxy.test:3128", "http://other.test:3128");
    assert_eq!(asked(&[]), [format!("fetch {AIA}")]);
    assert_eq!(asked(&[("HTTPS_PROXY", proxy)]), [format!("fetch {AIA} through {proxy}")]);
    assert_eq!(
        asked(&[("HTTPS_PROXY", other), ("http_proxy", proxy)]),
        [format!("fetch {AIA} through {proxy}")]
    );
    assert_eq!(
        asked(&[("HTTPS_PROXY", proxy), ("NO_PROXY", "pki.corp.test")]),
        [format!("fetch {AIA}")]
    );
}

#[test]
fn the_hub_is_asked_for_the_time_only_when_a_date_is_out_of_range() {
    let root = anchor("Corp Root");
    let looked_with = |not_after: &str, headers: &[(&str, &str)]| {
        let mut params = leaf_params();
        params.not_after = at(not_after).0;
        let mut world = ScriptedWorld::at(now());
        world.trust = Arc::new(TrustStore::of([der(&root)]));
        let request = Request {
            scheme: Scheme::Http,
            host: HOST.into(),
            to: "192.0.2.7:80".parse().expect("an address"),
            path: "/".into(),
            user_agent: String::new(),
            connect_limit: Budget::default().connect,
            handshake_limit: Budget::default().handshake,
            answer_limit: Budget::default().later_answer,
            segment: None,
            via: None,
            hand_on: false,
        };
        let answer = Exchange {
            date: Some(at("2026-10-01T00:00:00Z")),
            sent_at: Some(now()),
            answered_at: Some(now()),
            headers: headers
                .iter()
                .map(|&(name, value)| Header { name: name.into(), value: value.into() })
                .collect(),
            ..Exchange::of(&request, Ending::Complete)
        };
        world.exchanges.insert(request.url(), answer);
        let (world, cx) = context(world, vec![signed(&params, &root)]);
        let e = run(Certificate::probe(&cx));
        (e, world.asked())
    };
    let looked = |not_after: &str| looked_with(not_after, &[]);
    let (e, _) = looked_with("2026-11-01T00:00:00Z", &[("age", "4711")]);
    assert!(e.date.is_none(), "a cache keeps the date of what it stored");
    let (e, asked) = looked("2026-11-01T00:00:00Z");
    assert_eq!(asked, ["get https://hub.corp.test/", "get http://hub.corp.test/"]);
    assert!(e.only_our_clock_objects());
    let (e, asked) = looked("2027-11-01T00:00:00Z");
    assert!(asked.is_empty() && e.date.is_none());
}

#[test]
fn a_handshake_elsewhere_passes_only_with_everything_in_order() {
    let root = anchor("Corp Root");
    let issuing = under(ca_params("Corp Issuing"), &root);
    let trust = TrustStore::of([der(&root)]);
    let accepted = || Some(RustlsVerdict { accepted: true, error: String::new() });
    let shown = |chain: Vec<Vec<u8>>| Handshake { rustls: accepted(), ..shake(HOST, chain) };
    let judged = |seen: &Handshake, host: &str| {
        let judgement = judge_handshake(seen, host, now(), &trust);
        let ids: Vec<String> = judgement.causes.into_iter().map(|cause| cause.id).collect();
        (judgement.passed, ids)
    };
    let own = signed(&leaf_params(), &issuing);
    let good = shown(vec![own.clone(), der(&issuing)]);
    assert_eq!(judged(&good, HOST), (true, vec![]));
    let refused = |id: &str| (false, vec![id.to_owned()]);
    let incomplete = (false, NOBODY_ABOVE.map(str::to_owned).to_vec());
    assert_eq!(judged(&good, "login.corp.test"), refused("certificate/wrong-name"));
    assert_eq!(judged(&good, ""), refused("certificate/wrong-name"));
    assert_eq!(judged(&shown(vec![own]), HOST), incomplete);
    assert_eq!(judged(&shown(vec![]), HOST), refused("certificate/unexplained"));
    let failure = Some(Failure::of(Operation::Handshake, FailureKind::Reset));
    assert!(!judged(&Handshake { failure, ..good.clone() }, HOST).0);
    let mut soon = leaf_params();
    soon.not_after = at("2026-11-30T00:00:00Z").0;
    let soon = shown(vec![signed(&soon, &issuing), der(&issuing)]);
    assert_eq!(judged(&soon, HOST), (true, vec!["certificate/expires-soon".to_owned()]));
    let answers = Answers::read();
    let trust = TrustStore::of([answers.chain[1].clone()]);
    let stapled =
        |kind| Handshake { staple: answers.of(kind), ..shown(vec![answers.chain[0].clone()]) };
    let passed = |kind| judge_handshake(&stapled(kind), HOST, at(AFTER_ANSWERS), &trust).passed;
    assert_eq!((passed("good"), passed("revoked")), (true, false));
}

#[test]
fn a_certificate_without_its_key_proves_nobody() {
    let root = anchor("Corp Root");
    let mut params = leaf_params();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let itself = der(&Ca::self_signed(params, key()).expect("self-signed"));
    let own = signed(&leaf_params(), &root);
    let trust = TrustStore::of([der(&root), itself.clone()]);
    for shown in [own, itself] {
        let error = "handshake signature: InvalidCertificate".to_owned();
        let copied = Handshake {
            key_proven: false,
            rustls: Some(RustlsVerdict { accepted: false, error }),
            ..shake(HOST, vec![shown])
        };
        let judgement = judge_handshake(&copied, HOST, now(), &trust);
        assert!(!judgement.passed);
        assert_eq!(judgement.causes[0].id, "certificate/unexplained");
        assert_eq!(judgement.causes[0].severity, Severity::Blocks);
    }
}

#[test]
fn another_name_of_the_server_is_looked_for() {
    let root = anchor("Corp Root");
    let full = "qlik.corp.test";
    let own = signed(&params("qlik", &["x.corp.test", full, "*.corp.example"]), &root);
    let mut world = ScriptedWorld::at(now());
    world.trust = Arc::new(TrustStore::of([der(&root)]));
    let addresses = vec!["192.0.2.7".parse().expect("an address")];
    let lookup = SystemLookup { replaced: false, addresses, failure: None, took_ms: 1.0 };
    world.lookups.insert(full.to_owned(), lookup);
    let shaken = shake(full, vec![own.clone()]);
    world.handshakes.insert((shaken.connect.to, full.to_owned()), shaken);
    let (_, cx) = context(world, vec![own]);
    let first = run(Certificate::probe(&cx));
    assert_eq!(ids(&first), ["certificate/wrong-name"]);
    let e = run(Certificate::control(&cx, &first)).expect("something to add");
    assert_eq!(e.other_names.len(), 2);
    assert_eq!(ids(&e), ["certificate/link-uses-other-name"]);
    let remedy = &found(&e)[0].remedy[0];
    assert!(remedy.contains("https://qlik.corp.test"), "{remedy}");
}

/// Real answers of OpenSSL's responder about one certificate, and whom they are about.
struct Answers {
    chain: Vec<Vec<u8>>,
    by_kind: Vec<(String, Vec<u8>)>,
}

impl Answers {
    fn read() -> Self {
        let text = include_bytes!("samples/ocsp.pem");
        let (mut chain, mut by_kind) = (Vec::new(), Vec::new());
        for block in x509_parser::pem::Pem::iter_from_buffer(text) {
            let block = block.expect("PEM");
            match block.label.as_str() {
                "CERTIFICATE" => chain.push(block.contents),
                kind => by_kind.push((kind.to_owned(), block.contents)),
            }
        }
        Self { chain, by_kind }
    }

    fn of(&self, kind: &str) -> Vec<u8> {
        self.by_kind.iter().find(|(k, _)| k == kind).expect("a kind").1.clone()
    }

    fn word(&self, answer: &[u8], now: &str) -> Option<Word> {
        let [own, issuer] = [0, 1].map(|n| facts::parse(&self.chain[n]).expect("a certificate"));
        ocsp::read(answer, &own, &issuer, at(now))
    }
}

const AFTER_ANSWERS: &str = "2026-12-01T00:00:00Z";

#[test]
fn an_issuers_answer_counts_only_if_it_is_genuine_and_current() {
    let answers = Answers::read();
    let state = |kind, now| answers.word(&answers.of(kind), now).map(|word| word.state);
    assert_eq!(state("good", AFTER_ANSWERS), Some(State::Good), "signed by a delegate");
    assert_eq!(state("unknown", AFTER_ANSWERS), Some(State::Unknown));
    assert_eq!(state("forged", AFTER_ANSWERS), None, "the signer may not answer");
    assert_eq!(state("revoked", "2026-11-01T00:00:00Z"), None, "before its time");
    assert_eq!(state("revoked", "2079-01-01T00:00:00Z"), None, "after its time");
    let word = answers.word(&answers.of("revoked"), AFTER_ANSWERS).expect("revoked");
    assert_eq!(word.state, State::Revoked);
    assert_eq!((word.at, word.reason), (Some(at("2026-10-01T12:00:00Z")), Some(1)));
    let mut damaged = answers.of("revoked");
    for place in 0..damaged.len() {
        damaged[place] ^= 0x11;
        let read = answers.word(&damaged, AFTER_ANSWERS);
        // What stands before and behind is not signed.
        let is_signed = (38..150).contains(&place);
        assert!(!is_signed || read.is_none(), "byte {place}");
        damaged[place] ^= 0x11;
        let _cut = answers.word(&damaged[..place], AFTER_ANSWERS);
    }
}

#[test]
fn the_issuer_is_asked_and_a_staple_spares_the_question() {
    let answers = Answers::read();
    let [own, issuer] = [0, 1].map(|n| facts::parse(&answers.chain[n]).expect("a certificate"));
    let url = ocsp::question("http://ocsp.corp.test/", &own, &issuer);
    let looked = |asked: Option<&str>, staple: Option<&str>, revocation: bool| {
        let mut world = ScriptedWorld::at(at(AFTER_ANSWERS));
        world.trust = Arc::new(TrustStore::of([answers.chain[1].clone()]));
        let body = asked.map(|kind| (url.clone(), document(answers.of(kind))));
        world.documents_by_url.extend(body);
        let (world, mut cx) = context(world, vec![answers.chain[0].clone()]);
        let mut handshake = shake(HOST, vec![answers.chain[0].clone()]);
        handshake.rustls = None;
        handshake.staple = staple.map(|kind| answers.of(kind)).unwrap_or_default();
        cx.case.put(Stored::new::<Tls>(tls::Evidence::of(handshake)));
        cx.budget.thorough = revocation;
        (run(Certificate::probe(&cx)), world.asked().len())
    };
    let (e, _) = looked(Some("revoked"), None, true);
    assert_eq!(ids(&e), ["certificate/revoked"]);
    assert_eq!(e.faulty(), Some(0));
    let (e, asked) = looked(None, Some("revoked"), false);
    assert_eq!((ids(&e), asked), (vec!["certificate/revoked".to_owned()], 0));
    let (e, asked) = looked(None, Some("good"), true);
    assert_eq!((ids(&e), asked), (vec![], 0));
    let (e, asked) = looked(Some("revoked"), None, false);
    assert_eq!((ids(&e), asked), (vec![], 0), "preflight asks nobody");
    for kind in ["good", "unknown", "forged"] {
        assert_eq!(ids(&looked(Some(kind), None, true).0), [""; 0]);
    }
    let (e, _) = looked(None, None, true);
    assert_eq!(ids(&e), ["certificate/revocation-unreachable"]);
    assert!(found(&e)[0].remedy[0].contains("ocsp.corp.test port 80"));
}

pub(super) fn list(issuer: &Ca, serials: &[u64], until: &str) -> Vec<u8> {
    let revoked = |&serial: &u64| rcgen::RevokedCertParams {
        serial_number: serial.into(),
        revocation_time: at("2026-10-02T00:00:00Z").0,
        reason_code: Some(rcgen::RevocationReason::Superseded),
        invalidity_date: None,
    };
    let params = rcgen::CertificateRevocationListParams {
        this_update: at("2026-10-03T00:00:00Z").0,
        next_update: at(until).0,
        crl_number: 1.into(),
        issuing_distribution_point: None,
        revoked_certs: serials.iter().map(revoked).collect(),
        key_identifier_method: rcgen::KeyIdMethod::Sha256,
    };
    params.signed_by(issuer).expect("a list").der().to_vec()
}

#[test]
fn lists_are_read_for_the_hub_and_for_its_issuer() {
    let root = anchor("Corp Root");
    let point = |url: &str| vec![rcgen::CrlDistributionPoint { uris: vec![url.to_owned()] }];
    let mut issuing = ca_params("Corp Issuing");
    issuing.serial_number = Some(7.into());
    issuing.crl_distribution_points = point("http://pki.corp.test/root.crl");
    let issuing = under(issuing, &root);
    let mut leaf = leaf_params();
    leaf.serial_number = Some(8.into());
    leaf.crl_distribution_points = point("http://pki.corp.test/issuing.crl");
    let chain = vec![signed(&leaf, &issuing), der(&issuing)];
    let looked = |of_leaf: Vec<u8>, of_issuing: Vec<u8>| {
        let mut world = ScriptedWorld::at(now());
        world.trust = Arc::new(TrustStore::of([der(&root)]));
        let documents = [("issuing", of_leaf), ("root", of_issuing)];
        world.documents_by_url.extend(
            documents
                .map(|(name, body)| (format!("http://pki.corp.test/{name}.crl"), document(body))),
        );
        let (_, mut cx) = context(world, chain.clone());
        let handshake = Handshake { rustls: None, ..shake(HOST, chain.clone()) };
        cx.case.put(Stored::new::<Tls>(tls::Evidence::of(handshake)));
        let e = run(Certificate::probe(&cx));
        (ids(&e), e.faulty())
    };
    let (good, soon) = (list(&root, &[1], "2027-01-01T00:00:00Z"), "2026-12-01T00:00:00Z");
    let revoked = vec!["certificate/revoked".to_owned()];
    let fine = (vec![], None);
    assert_eq!(looked(list(&issuing, &[9, 8], soon), good.clone()), (revoked.clone(), Some(0)));
    assert_eq!(looked(list(&issuing, &[9], soon), list(&root, &[7], soon)), (revoked, Some(1)));
    assert_eq!(looked(list(&issuing, &[9, 7], soon), good.clone()), fine);
    assert_eq!(looked(list(&root, &[8], soon), good.clone()), fine, "another issuer's list");
    let other = anchor("Corp Issuing");
    assert_eq!(looked(list(&other, &[8], soon), good.clone()), fine, "somebody else signed it");
    let old = list(&issuing, &[8], "2026-11-01T00:00:00Z");
    assert_eq!(looked(old, good.clone()), fine, "out of date");
    assert_eq!(looked(b"<html>".to_vec(), good), fine);
}

#[test]
fn a_device_on_the_way_is_told_by_more_than_an_unknown_issuer() {
    let trusted = [der(&anchor("Public Root"))];
    let fresh = || {
        let mut params = leaf_params();
        params.not_before = at("2026-11-24T11:55:00Z").0;
        params
    };
    let company = anchor("Corp Root");
    let e = judged(&[signed(&fresh(), &company)], &trusted);
    let [missing, unknown] = NOBODY_ABOVE;
    assert_eq!(ids(&e), [missing, unknown, "certificate/intercepted"]);
    let sure: Vec<_> = found(&e).iter().map(|cause| cause.confidence).collect();
    let who = "who installs is soon to forget";
    assert_eq!(sure, [Confidence::Likely, Confidence::Possible, Confidence::Possible], "{who}");
    let e = judged(&[signed(&fresh(), &company), der(&company)], &trusted);
    assert_eq!(found(&e)[0].id, "certificate/untrusted-issuer", "it is certain, a device possible");
    let qlik = anchor("hub.corp.test-CA");
    assert_eq!(ids(&judged(&[signed(&fresh(), &qlik)], &trusted)), ["certificate/qlik-default"]);
    let device = anchor("FortiGate CA");
    let e = judged(&[signed(&leaf_params(), &device), der(&device)], &trusted);
    assert_eq!(ids(&e), ["certificate/intercepted"]);
    assert_eq!(found(&e)[0].confidence, Confidence::Likely);
    let e = judged(&[signed(&leaf_params(), &device)], &[der(&device)]);
    assert_eq!(ids(&e), ["certificate/inspected"]);
    assert_eq!(found(&e)[0].severity, Severity::Informs);
    // The device itself stands before the hub and shows the certificate it was sold with.
    let own = signed(&params("FGT60F", &["fgt60f"]), &device);
    let e = judged(&[own, der(&device)], &trusted);
    assert_eq!(found(&e)[0].id, "certificate/wrong-name");
    assert!(!ids(&e).contains(&"certificate/inspected".to_owned()));
    let device = anchor("Charles Proxy CA");
    let e = judged(&[signed(&leaf_params(), &device), der(&device)], &trusted);
    assert_eq!(found(&e)[0].id, "certificate/untrusted-issuer", "on the word of no list");
}

#[test]
fn a_tenant_of_qlik_under_a_private_root_is_inspected_and_a_companys_hub_is_not() {
    let root = anchor("Corp Root");
    let seen = |host: &str| {
        let trust = TrustStore::of([der(&root)]);
        let own = signed(&params(host, &[host]), &root);
        Evidence::offline(examine(&[own], host, now(), &trust))
    };
    let tenant = seen("corp.eu.qlikcloud.com");
    assert_eq!(tenant.examined.root_is_public, Some(false));
    assert_eq!(ids(&tenant), ["certificate/inspected"]);
    assert_eq!(found(&tenant)[0].confidence, Confidence::Likely);
    assert_eq!(ids(&seen(HOST)), [""; 0], "a company's own issuer (H1)");
}

#[test]
fn the_roots_everybody_trusts_are_told_from_private_ones() {
    let tlv = |tag: u8, content: &[u8]| {
        let [.., high, low] = content.len().to_be_bytes();
        [&[tag, 0x82, high, low], content].concat()
    };
    // A certificate with the name and the key of a public root: nothing else of it counts.
    let public = &webpki_roots::TLS_SERVER_ROOTS[0];
    let algorithm = tlv(0x30, &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11]);
    let name = tlv(0x30, &public.subject);
    let time = tlv(0x17, b"200101000000Z");
    let key = tlv(0x30, &public.subject_public_key_info);
    let validity = tlv(0x30, &[time.clone(), time].concat());
    let number = tlv(0x02, &[1]);
    let content = [number, algorithm.clone(), name.clone(), validity, name, key].concat();
    let root = tlv(0x30, &[tlv(0x30, &content), algorithm, tlv(0x03, &[0, 0])].concat());
    let is_public = |root: Vec<u8>| {
        examine(std::slice::from_ref(&root), "", now(), &TrustStore::of([root.clone()]))
            .root_is_public
    };
    assert_eq!(is_public(root), Some(true));
    assert_eq!(is_public(der(&anchor("Corp Root"))), Some(false));
    assert_eq!(judged(&[der(&anchor("Corp Root"))], &[]).examined.root_is_public, None);
}

#[test]
fn hubs_of_other_domains_with_one_unknown_issuer_are_suspicious() {
    let trusted = TrustStore::of([der(&anchor("Public Root"))]);
    let issuer = anchor("Corp Root");
    let of = |host: &str| {
        let own = signed(&params(host, &[host]), &issuer);
        Evidence::offline(examine(&[own, der(&issuer)], host, now(), &trusted))
    };
    let (one, same, other) = (of("hub.corp.test"), of("b.corp.test"), of("hub.example"));
    assert_eq!(Certificate::compare(&one, &[&same]), None, "one company");
    let e = Certificate::compare(&one, &[&same, &other]).expect("something to add");
    assert_eq!(e.same_issuer_at, ["hub.example"]);
    assert_eq!(ids(&e), ["certificate/untrusted-issuer", "certificate/intercepted"]);
    let tenant = of("corp.eu.qlikcloud.com");
    let e = Certificate::compare(&one, &[&tenant]).expect("something to add");
    assert_eq!(ids(&e), ["certificate/intercepted"]);
}

#[test]
fn other_addresses_of_the_name_are_looked_at() {
    let root = anchor("Corp Root");
    let mut old = leaf_params();
    old.not_after = at("2026-11-01T00:00:00Z").0;
    let (good, also_good) = (signed(&leaf_params(), &root), signed(&leaf_params(), &root));
    let old = signed(&old, &root);
    let looked = |here: &[u8], there: &[u8], thorough: bool| {
        let mut world = ScriptedWorld::at(now());
        world.trust = Arc::new(TrustStore::of([der(&root)]));
        let second = "192.0.2.8:443".parse().expect("an address");
        world.handshakes.insert((second, HOST.to_owned()), shake(HOST, vec![there.to_vec()]));
        let (world, mut cx) = context(world, vec![here.to_vec()]);
        let mut handshake = shake(HOST, vec![here.to_vec()]);
        handshake.rustls = None;
        cx.case.put(Stored::new::<Tls>(tls::Evidence::of(handshake)));
        let lookup =
            SystemLookup { replaced: false, addresses: vec![], failure: None, took_ms: 1.0 };
        let addresses = ["192.0.2.7", "192.0.2.8"];
        let configured = hublink_probe::NameServers::default();
        let dns = json!({"host": HOST, "system": lookup, "addresses": addresses, "configured": configured});
        let dns = serde_json::from_value(dns).expect("evidence of the look-up");
        cx.case.put(Stored::new::<crate::dns::Dns>(dns));
        cx.budget.thorough = thorough;
        (run(Certificate::probe(&cx)), world.asked().len())
    };
    let (e, _) = looked(&good, &old, true);
    assert_eq!(ids(&e), ["certificate/differs-by-address"]);
    assert!(found(&e)[0].remedy[0].ends_with("of 192.0.2.7 on 192.0.2.8 too."));
    let (e, _) = looked(&old, &good, true);
    assert_eq!(ids(&e), ["certificate/expired", "certificate/differs-by-address"]);
    assert_eq!(ids(&looked(&good, &also_good, true).0), [""; 0]);
    let (e, asked) = looked(&good, &old, false);
    assert_eq!((ids(&e), asked), (vec![], 0), "preflight looks at one address");
}
