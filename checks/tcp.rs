//! The port: does the hub's address accept connections, and if not, who says no?

use std::net::SocketAddr;

use hublink_probe::Connect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dns::Dns;
use crate::frame::{Cause, Check, Context, Meta, Proof, fallback, passed};

/// Whether the hub's port accepts connections.
pub struct Tcp;

/// What was seen of the port.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Evidence {
    /// One attempt on the link's port for every address of the name.
    pub attempts: Vec<Connect>,
    /// The address the next steps use: the first that accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<SocketAddr>,
}

impl Check for Tcp {
    type Evidence = Evidence;

    const META: Meta =
        Meta { id: "tcp", title: "the port answers", docs: "", needs: &[passed::<Dns>()] };

    const CAUSES: &'static [Cause<Evidence>] = &[fallback("tcp/unexplained", |e, _| {
        e.chosen.is_none().then(|| Proof::seen("connect", "no address accepted"))
    })];

    async fn probe(cx: &Context) -> Evidence {
        let port = cx.target.hub().map_or(443, |hub| hub.port);
        let mut attempts = Vec::new();
        for &ip in cx.of::<Dns>().map(|dns| &dns.addresses[..]).unwrap_or_default() {
            attempts.push(cx.world.connect((ip, port).into(), cx.budget.connect).await);
        }
        let chosen = attempts.iter().find(|attempt| attempt.succeeded()).map(|a| a.to);
        Evidence { attempts, chosen }
    }
}
