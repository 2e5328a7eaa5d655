//! What the system itself thinks of a certificate chain. Windows alone has such a judge.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Both verdicts of Windows on one chain: without asking whether anything was withdrawn, and with.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct ChainVerdicts {
    /// The chain alone. `None` if Windows did not say in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plain: Option<ChainVerdict>,
    /// The chain, its revocation included. `None` if it was not asked, or Windows did not say in
    /// time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_revocation: Option<ChainVerdict>,
    /// This run trusts other roots than Windows does (`--ca-file`), so that a difference means
    /// nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub other_roots: bool,
    /// Windows was not allowed to fetch anything for them, so that a chain which is not complete
    /// means nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_memory: bool,
}

/// One verdict of Windows.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct ChainVerdict {
    /// What is wrong with the chain as a whole: the bits of `dwErrorStatus` in
    /// `CERT_TRUST_STATUS`.
    pub status: u32,
    /// What its policy for servers says (`CERT_CHAIN_POLICY_SSL`, the name included): 0 if it
    /// accepts, else the number of the error.
    pub policy: u32,
    /// The certificates of the chain that Windows built, the hub's own first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elements: Vec<ChainElement>,
    /// Why Windows built no chain at all, by its number; what stands above says nothing then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_built: Option<u32>,
    /// How long it took, in milliseconds.
    pub took_ms: f64,
}

/// One certificate of a chain that Windows built.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ChainElement {
    /// SHA-256 of the certificate, in hexadecimal.
    #[schemars(extend("x-identifies" = "digits"))]
    pub fingerprint: String,
    /// What is wrong with it: the bits of `dwErrorStatus`.
    pub status: u32,
}

const REVOKED: u32 = 0x4;
const UNTRUSTED_ROOT: u32 = 0x20;
const REVOCATION_UNKNOWN: u32 = 0x40;
const PARTIAL_CHAIN: u32 = 0x1_0000;
const OFFLINE_REVOCATION: u32 = 0x100_0000;

/// `CRYPT_E_REVOKED`.
const POLICY_REVOKED: u32 = 0x8009_2010;

/// `CRYPT_E_NO_REVOCATION_CHECK`, `CRYPT_E_REVOCATION_OFFLINE` and `CERT_E_REVOCATION_FAILURE`:
/// nothing was learnt of revocation, and nothing else is wrong.
const POLICY_REVOCATION_UNKNOWN: [u32; 3] = [0x8009_2012, 0x8009_2013, 0x800b_010e];

/// The bits of `CERT_TRUST_STATUS.dwErrorStatus` (wincrypt.h).
const BITS: &[(u32, &str)] = &[
    (0x1, "out of its dates"),
    (0x2, "dates not nested"),
    (REVOKED, "withdrawn"),
    (0x8, "signature wrong"),
    (0x10, "not for this use"),
    (UNTRUSTED_ROOT, "untrusted root"),
    (REVOCATION_UNKNOWN, "withdrawn or not: unknown"),
    (0x80, "in a circle"),
    (0x100, "broken extension"),
    (0x200, "broken policy"),
    (0x400, "broken basic constraints"),
    (0x800, "broken name constraints"),
    (0x1000, "name constraint not known"),
    (0x2000, "name constraint not defined"),
    (0x4000, "name not permitted"),
    (0x8000, "name excluded"),
    (PARTIAL_CHAIN, "chain not complete"),
    (0x2_0000, "trust list out of its dates"),
    (0x4_0000, "trust list's signature wrong"),
    (0x8_0000, "trust list not for this use"),
    (0x10_0000, "weak signature"),
    (OFFLINE_REVOCATION, "revocation service not reached"),
    (0x200_0000, "no issuance policy"),
    (0x400_0000, "distrusted by a rule"),
    (0x800_0000, "critical extension not known"),
];

/// The numbers of the policy (winerror.h).
const POLICIES: &[(u32, &str)] = &[
    (0x800b_0101, "out of its dates"),
    (0x800b_0109, "untrusted root"),
    (0x800b_010a, "chain not complete"),
    (0x800b_010c, "withdrawn by a rule"),
    (0x800b_010e, "revocation not checked"),
    (0x800b_010f, "another name"),
    (0x800b_0110, "not for this use"),
    (0x800b_0111, "distrusted by a rule"),
    (0x800b_0112, "untrusted issuer"),
    (0x800b_0114, "name not permitted"),
    (POLICY_REVOKED, "withdrawn"),
    (0x8009_2012, "revocation not checked"),
    (0x8009_2013, "revocation service not reached"),
];

impl ChainVerdict {
    /// Windows takes the chain for a server of that name. What it could not learn of revocation
    /// does not count: programs of today go on then. An untrusted root and a chain that is not
    /// complete do, whatever the policy says.
    #[must_use]
    pub fn accepts(&self) -> bool {
        let fine = self.policy == 0 || POLICY_REVOCATION_UNKNOWN.contains(&self.policy);
        self.not_built.is_none()
            && fine
            && self.status & (UNTRUSTED_ROOT | PARTIAL_CHAIN | REVOKED) == 0
    }

    /// Windows built a chain and does not take it.
    #[must_use]
    pub fn refuses(&self) -> bool {
        self.not_built.is_none() && !self.accepts()
    }

    /// A certificate of the chain was withdrawn.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.not_built.is_none() && (self.status & REVOKED != 0 || self.policy == POLICY_REVOKED)
    }

    /// The certificates that were withdrawn, by their place in the chain that Windows built.
    pub fn revoked(&self) -> impl Iterator<Item = &ChainElement> {
        self.elements.iter().filter(|element| element.status & REVOKED != 0)
    }

    /// Windows learnt of every certificate that it was not withdrawn.
    #[must_use]
    pub fn knows_revocation(&self) -> bool {
        self.not_built.is_none()
            && self.status & (REVOCATION_UNKNOWN | OFFLINE_REVOCATION) == 0
            && !POLICY_REVOCATION_UNKNOWN.contains(&self.policy)
    }

    /// An issuer is missing that Windows found nowhere either.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.not_built.is_none() && self.status & PARTIAL_CHAIN != 0
    }

    /// For people, with the raw numbers.
    #[must_use]
    pub fn words(&self) -> String {
        if let Some(code) = self.not_built {
            return format!("built no chain (0x{code:08x})");
        }
        let word = if self.accepts() { "accepts" } else { "refuses" };
        let policy = POLICIES.iter().find(|(number, _)| *number == self.policy);
        let policy = policy.map_or(String::new(), |(_, name)| format!(", {name}"));
        let mut text = format!("{word} (policy 0x{:08x}{policy}", self.policy);
        text.push_str(&format!("; chain 0x{:08x}{}", self.status, named(self.status)));
        for (place, element) in self.elements.iter().enumerate() {
            if element.status != 0 {
                let names = named(element.status);
                text.push_str(&format!(
                    "; certificate {} 0x{:08x}{names}",
                    place + 1,
                    element.status
                ));
            }
        }
        text.push(')');
        text
    }
}

fn named(status: u32) -> String {
    let names = BITS.iter().filter(|(bit, _)| status & bit != 0).map(|(_, name)| *name);
    let names: Vec<&str> = names.collect();
    if names.is_empty() { String::new() } else { format!(", {}", names.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(status: u32, policy: u32) -> ChainVerdict {
        ChainVerdict { status, policy, ..ChainVerdict::default() }
    }

    #[test]
    fn a_policy_that_says_nothing_of_a_bad_chain_does_not_make_it_good() {
        assert!(verdict(0, 0).accepts());
        assert!(verdict(PARTIAL_CHAIN, 0).refuses(), "as wine 10 has it");
        assert!(verdict(UNTRUSTED_ROOT, 0x800b_0109).refuses());
        assert!(verdict(0, 0x800b_010f).refuses());
    }

    #[test]
    fn what_was_not_learnt_of_revocation_is_no_refusal() {
        for policy in [0x8009_2012, 0x8009_2013, 0x800b_010e] {
            let seen = verdict(REVOCATION_UNKNOWN | OFFLINE_REVOCATION, policy);
            assert!(seen.accepts() && !seen.is_revoked() && !seen.knows_revocation());
        }
        let revoked = verdict(REVOKED, POLICY_REVOKED);
        assert!(revoked.refuses() && revoked.is_revoked());
    }

    #[test]
    fn without_a_chain_nothing_is_said() {
        let none = ChainVerdict { not_built: Some(0x8007_0057), ..verdict(REVOKED, 0) };
        assert!(!none.accepts() && !none.refuses() && !none.is_revoked());
    }

    #[test]
    fn numbers_and_names_stand_side_by_side() {
        let element = ChainElement { fingerprint: String::new(), status: 1 };
        let seen = ChainVerdict { elements: vec![element], ..verdict(1, 0x800b_0101) };
        assert_eq!(
            seen.words(),
            "refuses (policy 0x800b0101, out of its dates; chain 0x00000001, out of its dates; \
             certificate 1 0x00000001, out of its dates)"
        );
    }
}
