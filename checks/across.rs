//! The hubs beside each other: what only a comparison shows.

mod causes;
mod gather;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use hublink_probe::FailureKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::frame::{Cause, Check, Confidence, Context, Meta};

pub use gather::{Seen, gather};

/// Whether the hubs fail each for itself.
pub struct Across;

/// What the examinations of all hubs came to, side by side.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Evidence {
    /// The hubs that could be compared.
    pub hubs: Vec<HubSeen>,
    /// A VPN is connected.
    #[serde(default)]
    pub vpn_up: bool,
}

/// One hub, as far as it is compared.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is an observation of its own")]
pub struct HubSeen {
    /// Its place in the report's list of hubs.
    pub hub: usize,
    /// Its host.
    #[schemars(extend("x-identifies" = "host"))]
    pub host: String,
    /// Its addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<IpAddr>,
    /// Where it lives.
    pub place: Place,
    /// An address lies in a network this computer is part of.
    #[serde(default)]
    pub on_link: bool,
    /// The port of its link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Its port accepted a connection.
    #[serde(default)]
    pub connected: bool,
    /// Its port accepted none, and another port of its address answered.
    #[serde(default)]
    pub another_port_answered: bool,
    /// The device on the way that signed the rejection of a connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_by: Option<IpAddr>,
    /// A name server outside this computer answered a question for its name.
    #[serde(default)]
    pub name_server_answered: bool,
    /// The way to it led through a proxy.
    #[serde(default)]
    pub through_proxy: bool,
    /// The check that failed first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// The cause named for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// How sure that cause is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// How it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symptom: Option<Symptom>,
    /// Who issued its certificate, if this computer does not trust the issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_issuer: Option<Issuer>,
}

/// Where a hub lives, judged by its addresses.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Only private addresses: inside a company.
    Inside,
    /// A public address.
    Outside,
    /// It has no address, or one that says nothing.
    Unknown,
}

/// A failure in the form in which two are alike.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Symptom {
    /// What failed.
    pub kind: FailureKind,
    /// The system's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
    /// The TLS alert that the server sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<u8>,
    /// It took less than a second.
    pub prompt: bool,
}

/// Who issued a certificate.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Issuer {
    /// Its name.
    #[schemars(extend("x-identifies" = "dn"))]
    pub name: String,
    /// Its key, as the certificate names it or as it was presented, in hexadecimal. Devices that
    /// make certificates on the way often leave both out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "digits"))]
    pub key: Option<String>,
    /// How many minutes before the examination the hub's certificate was made.
    pub leaf_age_minutes: i64,
}

impl Check for Across {
    type Evidence = Evidence;

    const META: Meta = Meta {
        id: "across",
        title: "the hubs fail each for itself",
        docs: "Compares the hubs of one run. Hubs of different networks that fail at the same step \
               in the same way point at something they share, and that is mostly near this \
               computer: its network, its firewall, a VPN that is off. Such a cause stands once \
               in the report, and the hubs it explains name it. It needs two hubs at least.",
        needs: &[],
    };

    const CAUSES: &'static [Cause<Evidence>] = causes::CAUSES;

    /// One hub alone shows nothing to compare; [`gather`] fills the evidence at the end of a run.
    async fn probe(_: &Context) -> Evidence {
        Evidence::default()
    }
}
