//! The path from the hub's certificate to a trusted root, searched by hand and bounded.

use std::collections::VecDeque;

use hublink_probe::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use x509_parser::certificate::X509Certificate;

use super::facts::CertificateFacts;
use super::signature::{Signature, verify};

/// How many signatures are verified at most for one chain: every certificate could bear the same
/// name, and each check costs time.
const VERIFICATIONS: usize = 256;

/// Who signed a certificate.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "by")]
pub enum IssuedBy {
    /// Another certificate of `chain`.
    Certificate {
        /// Its place in `chain`.
        index: usize,
    },
    /// A root this computer trusts, which was not presented.
    TrustedRoot,
    /// Itself: it is a top.
    Itself,
    /// Somebody who is neither in `chain` nor among the trusted roots.
    #[default]
    Unknown,
    /// Somebody of the issuer's name is there, and that key did not sign it.
    BadSignature,
}

/// A certificate in the search.
pub(super) struct Node<'a> {
    pub certificate: X509Certificate<'a>,
    pub facts: CertificateFacts,
}

/// The outcome of the search.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Places in the list of nodes, from the hub's own certificate upwards.
    pub path: Vec<usize>,
    /// The trusted root that signed the last of the path, as its place among the roots.
    pub root: Option<usize>,
    /// The path ends in something trusted.
    pub trusted: bool,
}

/// Everything known of who signed whom.
pub(super) struct Graph<'a> {
    /// `None` where the DER is broken.
    pub nodes: Vec<Option<Node<'a>>>,
    roots: &'a [Node<'a>],
    /// Per node: the nodes of its issuer's name, and what their keys say of its signature.
    by_node: Vec<Vec<(usize, Signature)>>,
    /// Per node: the same for the trusted roots.
    by_root: Vec<Vec<(usize, Signature)>>,
    /// Per node: it is itself a trusted root, by name and key.
    pub is_root: Vec<bool>,
    /// Per node: what its own key says of its signature, if it names itself as issuer.
    by_itself: Vec<Option<Signature>>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(nodes: Vec<Option<Node<'a>>>, roots: &'a [Node<'a>]) -> Self {
        let mut left = VERIFICATIONS;
        let mut graph = Self {
            by_node: Vec::new(),
            by_root: Vec::new(),
            is_root: Vec::new(),
            by_itself: Vec::new(),
            nodes,
            roots,
        };
        for place in 0..graph.nodes.len() {
            let Some(node) = &graph.nodes[place] else {
                graph.by_node.push(Vec::new());
                graph.by_root.push(Vec::new());
                graph.is_root.push(false);
                graph.by_itself.push(None);
                continue;
            };
            let others = graph.nodes.iter().enumerate().filter(|&(other, _)| other != place);
            let others = others.filter_map(|(other, node)| Some((other, node.as_ref()?)));
            let by_node = signers(node, others, &mut left);
            let by_root = signers(node, roots.iter().enumerate(), &mut left);
            let is_root = roots.iter().any(|root| same_name_and_key(root, node));
            let itself = node
                .facts
                .self_issued
                .then(|| verify(&node.certificate, node.certificate.public_key()));
            graph.by_node.push(by_node);
            graph.by_root.push(by_root);
            graph.is_root.push(is_root);
            graph.by_itself.push(itself);
        }
        graph
    }

    /// The best path: sound and trusted, else trusted, else as far as it goes.
    pub(super) fn search(&self, now: Timestamp) -> Found {
        let sound = |node: &Node<'_>| {
            let facts = &node.facts;
            facts.valid_at(now)
                && facts.is_ca
                && facts.cert_sign != Some(false)
                && facts.server_auth != Some(false)
                && !facts.key.is_weak()
                && !facts.weak_signature
        };
        self.walk(&sound, |signature| signature == Signature::Valid, true)
            .or_else(|| self.walk(&|_| true, |signature| signature != Signature::Invalid, true))
            .or_else(|| self.walk(&|_| true, |signature| signature != Signature::Invalid, false))
            .unwrap_or_default()
    }

    /// Breadth first, so that loops of cross-signed issuers cost nothing and the shortest wins.
    fn walk(
        &self,
        allowed: &dyn Fn(&Node<'_>) -> bool,
        signed: fn(Signature) -> bool,
        must_be_trusted: bool,
    ) -> Option<Found> {
        self.nodes.first()?.as_ref()?;
        let mut from: Vec<Option<usize>> = vec![None; self.nodes.len()];
        let mut seen = vec![false; self.nodes.len()];
        let mut queue = VecDeque::from([0]);
        let (mut top, mut last) = (None, 0);
        seen[0] = true;
        while let Some(place) = queue.pop_front() {
            last = place;
            if self.is_root[place] {
                return Some(Found { path: back(&from, place), root: None, trusted: true });
            }
            // A root that was presented has a place in the chain to point at, so it comes first.
            let ends_path = |&&(next, signature): &&(usize, Signature)| {
                let node = self.nodes[next].as_ref();
                self.is_root[next]
                    && signed(signature)
                    && node.is_some_and(|node| allowed_root(node, allowed))
            };
            if let Some(&(next, _)) = self.by_node[place].iter().find(ends_path) {
                let mut path = back(&from, place);
                path.push(next);
                return Some(Found { path, root: None, trusted: true });
            }
            let root = self.by_root[place].iter().find(|&&(root, signature)| {
                signed(signature) && allowed_root(&self.roots[root], allowed)
            });
            if let Some(&(root, _)) = root {
                return Some(Found { path: back(&from, place), root: Some(root), trusted: true });
            }
            if top.is_none() && self.by_itself[place].is_some_and(signed) {
                top = Some(place);
            }
            for &(next, signature) in &self.by_node[place] {
                let fits = self.nodes[next].as_ref().is_some_and(allowed);
                if !seen[next] && signed(signature) && fits {
                    seen[next] = true;
                    from[next] = Some(place);
                    queue.push_back(next);
                }
            }
        }
        let end = top.unwrap_or(last);
        (!must_be_trusted).then(|| Found { path: back(&from, end), root: None, trusted: false })
    }

    /// Who signed a node, following the path where it is part of it.
    pub(super) fn issued_by(&self, place: usize, found: &Found) -> (IssuedBy, Signature) {
        let on_path = found.path.iter().position(|&step| step == place);
        if let Some(step) = on_path {
            if let Some(&next) = found.path.get(step + 1) {
                return (IssuedBy::Certificate { index: next }, of(&self.by_node[place], next));
            }
            if let Some(root) = found.root {
                return (IssuedBy::TrustedRoot, of(&self.by_root[place], root));
            }
        }
        let fits = |&&(_, signature): &&(usize, Signature)| signature != Signature::Invalid;
        if let Some(signature) = self.by_itself[place].filter(|&s| s != Signature::Invalid) {
            return (IssuedBy::Itself, signature);
        }
        if let Some(&(_, signature)) = self.by_root[place].iter().find(fits) {
            return (IssuedBy::TrustedRoot, signature);
        }
        if let Some(&(index, signature)) = self.by_node[place].iter().find(fits) {
            return (IssuedBy::Certificate { index }, signature);
        }
        let named = !self.by_node[place].is_empty()
            || !self.by_root[place].is_empty()
            || self.by_itself[place].is_some();
        let by = if named { IssuedBy::BadSignature } else { IssuedBy::Unknown };
        (by, if named { Signature::Invalid } else { Signature::Unchecked })
    }

    /// Whether a trusted root bears the name of the path's end or of its issuer, with another key.
    pub(super) fn same_named_root(&self, found: &Found) -> bool {
        let Some(Some(top)) = found.path.last().map(|&place| &self.nodes[place]) else {
            return false;
        };
        let issuer = top.certificate.issuer().as_raw();
        !found.trusted
            && self.roots.iter().any(|root| root.certificate.subject().as_raw() == issuer)
    }
}

fn allowed_root(root: &Node<'_>, allowed: &dyn Fn(&Node<'_>) -> bool) -> bool {
    // A root's own signature is not checked (RFC 5280), so a SHA-1 one is sound (H31). An old root
    // without basic constraints is a root because the store says so.
    let mut facts = root.facts.clone();
    facts.weak_signature = false;
    facts.is_ca = true;
    allowed(&Node { certificate: root.certificate.clone(), facts })
}

fn of(signers: &[(usize, Signature)], wanted: usize) -> Signature {
    signers.iter().find(|&&(place, _)| place == wanted).map_or(Signature::Unchecked, |&(_, s)| s)
}

fn back(from: &[Option<usize>], end: usize) -> Vec<usize> {
    let mut path = vec![end];
    let mut place = end;
    while let Some(before) = from[place] {
        path.push(before);
        place = before;
    }
    path.reverse();
    path
}

fn same_name_and_key(a: &Node<'_>, b: &Node<'_>) -> bool {
    a.certificate.subject().as_raw() == b.certificate.subject().as_raw()
        && a.certificate.public_key().raw == b.certificate.public_key().raw
}

fn signers<'n, 'a: 'n>(
    node: &Node<'_>,
    others: impl Iterator<Item = (usize, &'n Node<'a>)>,
    left: &mut usize,
) -> Vec<(usize, Signature)> {
    let issuer = node.certificate.issuer().as_raw();
    let mut found = Vec::new();
    for (place, other) in others {
        if other.certificate.subject().as_raw() != issuer {
            continue;
        }
        let Some(less) = left.checked_sub(1) else { break };
        *left = less;
        found.push((place, verify(&node.certificate, other.certificate.public_key())));
    }
    found
}
