// A chain of certificates and what is fetched for it, judged from beginning to end.
//
// The input is a list of documents: a kind, two bytes of length, as many bytes (the last one may be
// short). The root of `root.pem` is trusted, and the seeds were made under it.

use std::sync::{Arc, OnceLock};

use hublink_checks::address::HubAddress;
use hublink_checks::certificate::{Certificate, Evidence};
use hublink_checks::frame::{
    Budget, Case, Check, Context, Facts, Origin, Source, Stored, Target, judge,
};
use hublink_checks::tls::{self, Tls};
use hublink_probe::{Connect, Fetch, Handshake, Scheme, ScriptedWorld, Timestamp, TrustStore};

const HOST: &str = "hub.corp.test";

/// The most that the evidence of one hub may take in a report, in bytes.
const EVIDENCE: usize = 512 * 1024;

#[derive(Default)]
struct Documents {
    chain: Vec<Vec<u8>>,
    staple: Vec<u8>,
    issuer: Vec<u8>,
    list: Vec<u8>,
}

fn documents(mut data: &[u8]) -> Documents {
    let mut found = Documents::default();
    while let [kind, high, low, rest @ ..] = data {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
        let (document, after) = rest.split_at(length);
        data = after;
        match kind % 5 {
            0 | 1 => found.chain.push(document.to_vec()),
            2 => found.staple = document.to_vec(),
            3 => found.issuer = document.to_vec(),
            _ => found.list = document.to_vec(),
        }
    }
    found
}

fn trust() -> Arc<TrustStore> {
    static TRUST: OnceLock<Arc<TrustStore>> = OnceLock::new();
    let read = || {
        let root = x509_parser::pem::parse_x509_pem(include_bytes!("../root.pem"));
        Arc::new(TrustStore::of([root.expect("a root").1.contents]))
    };
    Arc::clone(TRUST.get_or_init(read))
}

fn world(found: &Documents) -> ScriptedWorld {
    let mut world = ScriptedWorld::at(Timestamp::parse("2030-01-01T00:00:00Z").expect("a time"));
    world.trust = trust();
    for (url, body) in [("issuing.crt", &found.issuer), ("ca.crl", &found.list)] {
        let url = format!("http://pki.corp.test/{url}");
        let body = body.clone();
        let fetch =
            Fetch { url: url.clone(), status: Some(200), failure: None, body, took_ms: 1.0 };
        world.documents_by_url.insert(url, fetch);
    }
    world
}

fn context(found: Documents) -> Context {
    let to = "192.0.2.7:443".parse().expect("an address");
    let connect = Connect { to, from: None, failure: None, icmp: None, state: None, took_ms: 1.0 };
    let path = "/hub/".to_owned();
    let hub =
        HubAddress { scheme: Scheme::Https, host: HOST.into(), port: 443, prefix: None, path };
    let mut case = Case::new(Facts { hub: Some(hub), ..Facts::default() });
    let world = Arc::new(world(&found));
    let handshake = Handshake {
        certificates: found.chain.len(),
        presented: found.chain,
        staple: found.staple,
        ..Handshake::of(connect, HOST)
    };
    case.put(Stored::new::<Tls>(tls::Evidence::of(handshake)));
    let source = Source { kind: Origin::Argument, file: None, line: None };
    let target = Target { name: String::new(), source, file: None, text: None };
    Context {
        world,
        target: Arc::new(target),
        case,
        budget: Budget::default(),
        deadline: None,
        ended: Vec::new(),
    }
}

/// Judges the input and holds the judgement to what every report relies on.
pub(crate) fn judged(data: &[u8]) {
    let cx = context(documents(data));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let seen = runtime.block_on(Certificate::probe(&cx));
    let causes = judge(Certificate::CAUSES, &seen, &cx.case);
    let _place = seen.faulty();
    let saved = serde_json::to_string(&seen).expect("plain data");
    assert!(saved.len() < EVIDENCE, "{} bytes of evidence", saved.len());
    let again: Evidence = serde_json::from_str(&saved).expect("the same shape");
    assert_eq!(again, seen, "a saved report is the same report");
    assert_eq!(judge(Certificate::CAUSES, &again, &cx.case), causes, "and is judged the same");
    for cause in &causes {
        let told = cause.proof.iter().map(|line| &line.seen).chain(&cause.remedy);
        for text in told {
            assert!(!text.contains(char::is_control), "{text:?}");
        }
    }
}
