//! The name: does it lead to an address, for the system and for every name server?

use std::net::IpAddr;

use hublink_probe::{DnsReply, NameServers, SystemLookup};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::frame::{Cause, Check, Context, Meta, Proof, fallback, passed};
use crate::link::Link;

/// Whether the hub's name resolves.
pub struct Dns;

/// What was seen of the name.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Evidence {
    /// The name looked up.
    pub host: String,
    /// The link names an address, so nothing had to be looked up.
    #[serde(default)]
    pub literal: bool,
    /// The name servers and suffixes this computer is configured with.
    pub configured: NameServers,
    /// The system's own look-up.
    pub system: SystemLookup,
    /// What each name server answered, asked directly, A and AAAA apart.
    #[serde(default)]
    pub replies: Vec<DnsReply>,
    /// The addresses the next steps use, bounded.
    pub addresses: Vec<IpAddr>,
}

impl Check for Dns {
    type Evidence = Evidence;

    const META: Meta = Meta {
        id: "dns",
        title: "the name resolves",
        docs: "",
        needs: &[passed::<Link>()],
    };

    const CAUSES: &'static [Cause<Evidence>] = &[fallback("dns/unexplained", |e, _| {
        e.addresses.is_empty().then(|| Proof::seen("system look-up", "no address"))
    })];

    async fn probe(cx: &Context) -> Evidence {
        let host = cx.case.host().to_owned();
        let system = cx.world.lookup(&host, cx.budget.lookup).await;
        Evidence {
            literal: false,
            configured: cx.world.name_servers(),
            replies: Vec::new(),
            addresses: system.addresses.clone(),
            host,
            system,
        }
    }
}
