//! What judging a chain costs, beside what rustls (webpki) needs to verify the same chain.
//!
//! `cargo bench -p hublink-checks --bench chain` prints microseconds of one core, taken in pairs, so
//! that both feel the same machine. Judging does more: every certificate is read whole, every fault
//! looked for, every signature checked that could matter, and a proof is written.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hublink_checks::certificate::{Certificate, Evidence, examine};
use hublink_checks::frame::{Case, Check, judge};
use hublink_probe::{Timestamp, TrustStore};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

const HOST: &str = "hub.corp.test";

/// How many roots an ordinary computer trusts.
const ROOTS: usize = 140;

/// How many pairs are taken; the first tenth warms up.
const PAIRS: usize = 500;

type Ca = CertifiedIssuer<'static, KeyPair>;

struct Chain {
    name: &'static str,
    presented: Vec<Vec<u8>>,
    root: Option<Vec<u8>>,
}

fn named(cn: &str, names: &[String], is_ca: bool) -> CertificateParams {
    let mut params = CertificateParams::new(names.to_vec()).expect("names");
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, cn);
    if is_ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    params
}

fn root(cn: &str) -> Ca {
    Ca::self_signed(named(cn, &[], true), KeyPair::generate().expect("a key")).expect("a root")
}

fn elliptic(name: &'static str, names: usize, heights: usize, known: bool) -> Chain {
    let top = root("Corp Root");
    let root_der = top.der().to_vec();
    let (mut issuer, mut above) = (top, Vec::new());
    for height in 1..heights {
        let params = named(&format!("Corp Issuing {height}"), &[], true);
        let key = KeyPair::generate().expect("a key");
        issuer = Ca::signed_by(params, key, &issuer).expect("an issuer");
        above.insert(0, issuer.der().to_vec());
    }
    let mut hosts = vec![HOST.to_owned()];
    hosts.extend((1..names).map(|n| format!("host-{n}.corp.test")));
    let key = KeyPair::generate().expect("a key");
    let own = named(HOST, &hosts, false).signed_by(&key, &issuer).expect("a certificate");
    let presented = [own.der().to_vec()].into_iter().chain(above).collect();
    Chain { name, presented, root: known.then_some(root_der) }
}

fn rsa() -> Chain {
    let pem = include_bytes!("rsa.pem");
    let mut all: Vec<Vec<u8>> = CertificateDer::pem_slice_iter(pem)
        .map(|one| one.expect("a certificate").to_vec())
        .collect();
    let root = all.pop();
    Chain { name: "RSA 2048, one issuer between", presented: all, root }
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

/// The middle and the spread from the fifth to the ninety-fifth of a hundred, in microseconds.
fn middle(mut times: Vec<Duration>) -> (f64, f64, f64) {
    times.drain(..times.len() / 10);
    times.sort();
    let at = |part: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place")]
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let place = (part * (times.len() - 1) as f64) as usize;
        times[place].as_secs_f64() * 1e6
    };
    (at(0.5), at(0.05), at(0.95))
}

fn measure(chain: &Chain, others: &[Vec<u8>]) -> String {
    let trusted: Vec<Vec<u8>> = others.iter().cloned().chain(chain.root.clone()).collect();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(trusted.iter().map(|der| der.clone().into()));
    let trust = TrustStore::of(trusted);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider)
        .build()
        .expect("a verifier");
    let ders: Vec<CertificateDer<'_>> =
        chain.presented.iter().map(|der| der.as_slice().into()).collect();
    let (own, between) = ders.split_first().expect("a certificate");
    let name = ServerName::try_from(HOST).expect("a name");
    let now = UnixTime::now();
    let at = Timestamp(time::OffsetDateTime::now_utc());
    let nowhere = Case::default();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        ours.push(timed(|| {
            let seen = Evidence::offline(examine(&chain.presented, HOST, at, &trust));
            black_box(judge(Certificate::CAUSES, &seen, &nowhere));
        }));
        theirs.push(timed(|| {
            let _verdict = black_box(verifier.verify_server_cert(own, between, &name, &[], now));
        }));
    }
    let (ours, theirs) = (middle(ours), middle(theirs));
    format!(
        "| {} | {:.0} ({:.0} to {:.0}) | {:.0} ({:.0} to {:.0}) | {:.2} |\n",
        chain.name,
        ours.0,
        ours.1,
        ours.2,
        theirs.0,
        theirs.1,
        theirs.2,
        ours.0 / theirs.0
    )
}

fn main() {
    let others: Vec<Vec<u8>> =
        (1..ROOTS).map(|n| root(&format!("Root {n}")).der().to_vec()).collect();
    let chains = [
        elliptic("P-256, straight under the root", 1, 1, true),
        elliptic("P-256, one issuer between", 1, 2, true),
        elliptic("P-256, one issuer between, 300 names", 300, 2, true),
        elliptic("P-256, three issuers between", 1, 4, true),
        elliptic("P-256, one issuer between, root unknown", 1, 2, false),
        rsa(),
    ];
    let mut table = String::from(
        "| chain | judged by hublink, µs | verified by webpki, µs | ratio |\n|---|---|---|---|\n",
    );
    for chain in &chains {
        table.push_str(&measure(chain, &others));
    }
    // Other harnesses pass options such as --bench; this one has none.
    std::io::Write::write_all(&mut std::io::stdout(), table.as_bytes()).expect("an open pipe");
}
