//! The pure core: a chain, a name, a time and the trusted roots in, facts out.

use std::collections::HashSet;

use hublink_probe::{Timestamp, TrustStore};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::facts::{CertificateFacts, parse};
use super::names::{NameMatch, OutsideConstraints, match_name, outside_constraints};
use super::path::{Found, Graph, IssuedBy, Node};
use super::signature::Signature;

/// How many certificates are examined: no honest chain is longer.
const CHAIN_EXAMINED: usize = 32;

/// What a chain is, seen from one name at one time.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Examination {
    /// The name the certificate should stand for.
    #[schemars(extend("x-identifies" = "host"))]
    pub host: String,
    /// This computer's time.
    pub now: Timestamp,
    /// The certificates in the order they were presented, then those that were fetched.
    pub chain: Vec<ChainCertificate>,
    /// The trusted root at the end of the path, if it was not presented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<CertificateFacts>,
    /// How many roots this computer trusts.
    #[serde(default)]
    pub roots: usize,
    /// The path ends in a root this computer trusts.
    #[serde(default)]
    pub trusted: bool,
    /// Whether that root is a public one, of Mozilla's list; `None` if the path reaches none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_is_public: Option<bool>,
    /// A trusted root bears the name of the issuer, and has another key.
    #[serde(default)]
    pub same_named_root: bool,
    /// How the first certificate stands for the name.
    pub name: NameMatch,
    /// The name in the certificate that fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "host"))]
    pub matched: Option<String>,
    /// An issuer of the path may not speak for a name of the first certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside_constraints: Option<OutsideConstraints>,
}

/// One certificate of the chain.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct ChainCertificate {
    /// What it says; `None` if it is broken.
    #[serde(flatten)]
    pub facts: Option<CertificateFacts>,
    /// Where hublink fetched it; `None` if the hub presented it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetched_from: Option<String>,
    /// It is part of the path. What is not is never blamed.
    #[serde(default)]
    pub in_path: bool,
    /// It is itself a root this computer trusts.
    #[serde(default)]
    pub is_root: bool,
    /// Who signed it.
    #[serde(default)]
    pub issued_by: IssuedBy,
    /// What verifying the signature gave.
    #[serde(default)]
    pub signature: Signature,
}

/// One step of the path, from the hub's own certificate upwards.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Its place in [`Examination::chain`]; `None` for a root that was not presented.
    pub index: Option<usize>,
    /// What it says.
    pub facts: &'a CertificateFacts,
    /// It is a trusted root.
    pub is_root: bool,
}

impl Examination {
    /// The path from the hub's own certificate upwards.
    #[must_use]
    pub fn path(&self) -> Vec<Step<'_>> {
        let mut steps: Vec<Step<'_>> = Vec::new();
        let mut place = 0;
        // A saved report could hold a loop.
        while steps.len() < self.chain.len() {
            let Some(certificate) = self.chain.get(place) else { break };
            let Some(facts) = &certificate.facts else { break };
            steps.push(Step { index: Some(place), facts, is_root: certificate.is_root });
            if certificate.is_root {
                break;
            }
            match certificate.issued_by {
                IssuedBy::Certificate { index } => place = index,
                IssuedBy::TrustedRoot => {
                    let root = self.root.iter();
                    steps.extend(root.map(|facts| Step { index: None, facts, is_root: true }));
                    break;
                }
                IssuedBy::Itself | IssuedBy::Unknown | IssuedBy::BadSignature => break,
            }
        }
        steps
    }

    /// The hub's own certificate.
    #[must_use]
    pub fn own(&self) -> Option<&CertificateFacts> {
        self.chain.first()?.facts.as_ref()
    }

    /// The last certificate of the path that stands in the chain.
    #[must_use]
    pub fn top(&self) -> Option<&ChainCertificate> {
        let index = self.path().iter().rev().find_map(|step| step.index)?;
        self.chain.get(index)
    }

    /// How many certificates the hub presented.
    #[must_use]
    pub fn presented(&self) -> usize {
        self.chain.iter().filter(|certificate| certificate.fetched_from.is_none()).count()
    }

    /// Whether every certificate of the path is valid at a time.
    #[must_use]
    pub fn valid_at(&self, at: Timestamp) -> bool {
        self.path().iter().all(|step| step.facts.valid_at(at))
    }
}

/// Examines a chain as it was presented (DER, the hub's own certificate first).
#[must_use]
pub fn examine(chain: &[Vec<u8>], host: &str, now: Timestamp, trust: &TrustStore) -> Examination {
    examine_with(chain, &[], host, now, trust)
}

/// The same for no particular name.
#[must_use]
pub fn examine_unnamed(chain: &[Vec<u8>], now: Timestamp, trust: &TrustStore) -> Examination {
    let examined = examine(chain, "", now, trust);
    Examination { name: NameMatch::NotAsked, matched: None, ..examined }
}

/// The same with certificates that were fetched: URL and DER.
pub(super) fn examine_with(
    chain: &[Vec<u8>],
    fetched: &[(String, Vec<u8>)],
    host: &str,
    now: Timestamp,
    trust: &TrustStore,
) -> Examination {
    let presented = chain.iter().take(CHAIN_EXAMINED).map(Vec::as_slice);
    let ders: Vec<&[u8]> = presented.chain(fetched.iter().map(|(_, der)| der.as_slice())).collect();
    let count = ders.len() - fetched.len();
    let nodes: Vec<Option<Node<'_>>> = ders.iter().map(|der| node(der)).collect();
    let roots = roots_named_in(&nodes, trust);
    let graph = Graph::new(nodes, &roots);
    let found = graph.search(now);
    let own = graph.nodes.first().and_then(Option::as_ref);
    let (name, matched) =
        own.map_or((NameMatch::None, None), |own| match_name(&own.certificate, host));
    Examination {
        host: host.to_owned(),
        now,
        chain: (0..ders.len())
            .map(|place| {
                let url = place.checked_sub(count).and_then(|i| fetched.get(i));
                certificate(&graph, &found, place, url.map(|(url, _)| url.clone()))
            })
            .collect(),
        root: found.root.map(|root| roots[root].facts.clone()),
        roots: trust.anchors.len(),
        trusted: found.trusted,
        root_is_public: end(&graph, &found, &roots).map(is_public),
        same_named_root: graph.same_named_root(&found),
        name,
        matched,
        outside_constraints: constraints(&graph, &found, &roots),
    }
}

/// The trusted roots that could matter: those with a name that stands in the chain.
fn roots_named_in<'t>(nodes: &[Option<Node<'_>>], trust: &'t TrustStore) -> Vec<Node<'t>> {
    let names: HashSet<&[u8]> = nodes
        .iter()
        .flatten()
        .flat_map(|node| [node.certificate.issuer(), node.certificate.subject()])
        .map(|name| content(name.as_raw()))
        .collect();
    trust.named(&names).filter_map(|root| node(&root.der)).collect()
}

/// The trusted root at the end of the path.
fn end<'g>(graph: &'g Graph<'_>, found: &Found, roots: &'g [Node<'g>]) -> Option<&'g Node<'g>> {
    let presented = || graph.nodes[*found.path.last()?].as_ref();
    found.root.map(|root| &roots[root]).or_else(|| presented().filter(|_| found.trusted))
}

/// Whether a root is of Mozilla's list, by name and key, which stand there without their headers.
fn is_public(root: &Node<'_>) -> bool {
    let name = content(root.certificate.subject().as_raw());
    let key = content(root.certificate.public_key().raw);
    webpki_roots::TLS_SERVER_ROOTS
        .iter()
        .any(|public| *public.subject == *name && *public.subject_public_key_info == *key)
}

/// What a DER element holds, without its tag and its length.
fn content(element: &[u8]) -> &[u8] {
    let header = match element.get(1) {
        Some(&long) if long >= 0x80 => 2 + usize::from(long & 0x7f),
        _ => 2,
    };
    element.get(header..).unwrap_or_default()
}

fn node(der: &[u8]) -> Option<Node<'_>> {
    let certificate = parse(der)?;
    let facts = CertificateFacts::of(der, &certificate);
    Some(Node { certificate, facts })
}

fn certificate(
    graph: &Graph<'_>,
    found: &Found,
    place: usize,
    fetched_from: Option<String>,
) -> ChainCertificate {
    let (issued_by, signature) = graph.issued_by(place, found);
    ChainCertificate {
        facts: graph.nodes[place].as_ref().map(|node| node.facts.clone()),
        fetched_from,
        in_path: found.path.contains(&place),
        is_root: graph.is_root[place],
        issued_by,
        signature,
    }
}

fn constraints(graph: &Graph<'_>, found: &Found, roots: &[Node<'_>]) -> Option<OutsideConstraints> {
    let own = graph.nodes.first()?.as_ref()?;
    let above = found.path.iter().skip(1).map(|&place| (Some(place), graph.nodes[place].as_ref()));
    let root = found.root.iter().map(|&root| (None, roots.get(root)));
    above.chain(root).find_map(|(issuer, node)| {
        let name = outside_constraints(&own.certificate, &node?.certificate)?;
        Some(OutsideConstraints { issuer, name })
    })
}
