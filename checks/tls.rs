//! The encryption: does the server speak TLS on the port, and if not, what happens instead?

use hublink_probe::{Failure, FailureKind, Handshake, Hello, Operation, Scheme};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::frame::{
    Cause, Check, Context, Meta, Proof, Reason, ReasonKind, Target, fallback, passed,
};
use crate::tcp::Tcp;

/// Whether the connection can be encrypted.
pub struct Tls;

/// What was seen of the handshake.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Evidence {
    /// The handshake for the link's name. Its `presented` certificates are there only while the
    /// run lasts: the `certificate` check keeps the facts.
    pub handshake: Handshake,
}

impl Check for Tls {
    type Evidence = Evidence;

    const META: Meta = Meta {
        id: "tls",
        title: "the connection can be encrypted",
        docs: "",
        needs: &[passed::<Tcp>()],
    };

    const CAUSES: &'static [Cause<Evidence>] = &[fallback("tls/unexplained", |e, _| {
        (!e.handshake.completed()).then(|| Proof::seen("handshake", "not completed"))
    })];

    fn not_applicable(target: &Target) -> Option<Reason> {
        let plain = target.hub().is_some_and(|hub| hub.scheme == Scheme::Http);
        plain.then(|| Reason::of(ReasonKind::NotApplicable).detail("the link says http"))
    }

    async fn probe(cx: &Context) -> Evidence {
        let to = cx.of::<Tcp>().and_then(|tcp| tcp.chosen);
        let to = to.unwrap_or_else(|| ([0, 0, 0, 0], 0).into());
        let hello = Hello {
            to,
            server_name: cx.case.host().to_owned(),
            connect_limit: cx.budget.connect,
            limit: cx.budget.handshake,
        };
        let handshake = cx.world.handshake(&hello).await;
        let _ = (Failure::of, FailureKind::Reset, Operation::Handshake);
        Evidence { handshake }
    }
}
