//! The web server: does it answer a request whole, and where does it send a visitor?

mod causes;
mod chain;
mod control;
mod door;
mod elsewhere;
mod page;
#[cfg(test)]
pub(crate) mod tests;

use std::net::SocketAddr;

use futures_util::future::{Either, select};
use hublink_probe::{Ending, Exchange, Handshake, Scheme, SystemLookup};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::certificate::Certificate;
use crate::frame::{
    Cause, Check, Context, Meta, Reason, ReasonKind, passed, passed_on_direct_way, ran,
};
use crate::hub;
use crate::proxy::Proxy;
use crate::tcp::Tcp;
use crate::tls::Tls;

pub(crate) use causes::{is_login_port, outcome};
pub(crate) use chain::{Origin, ask_same_host, path_of};
pub use door::{DoorKind, LoginDoor};
pub use elsewhere::{Destination, DestinationKind, Elsewhere};
pub(crate) use elsewhere::{look, look_at_provider, same_site};
pub(crate) use page::bounded;
pub use page::{CloudError, FilterRole, FilterSign, KnownText, Mark, Page};

/// Whether the hub's web server answers.
pub struct Http;

/// What was seen of the web server.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Evidence {
    /// The requests to the link's host, each the answer to the redirect before.
    pub hops: Vec<Exchange>,
    /// What each of these answers says about who sent it, in the same order.
    #[serde(default)]
    pub pages: Vec<Page>,
    /// Why the chain ended.
    #[serde(default)]
    pub stop: Stop,
    /// The address that a redirect named again, or that could not be followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<String>,
    /// The login that the chain leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<LoginDoor>,
    /// The other host that a redirect names, and one look at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_to: Option<Elsewhere>,
    /// The first try of the last request that was sent twice, because its first try failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retried: Option<Exchange>,
    /// `/` of the same server, asked for beside the second try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Exchange>,
    /// The first request once more, because its answer came slowly and no other one followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm: Option<Exchange>,
    /// Control: the last request once more, because its answer did not come whole in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Exchange>,
    /// Control: the same with small segments, where they can be made smaller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub small: Option<Exchange>,
    /// Control: a TLS hello to a port of an http link that answered as if it wanted one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hello: Option<Handshake>,
    /// Control: port 80 of the same address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port_80: Option<PortEighty>,
    /// Control: the names in the certificate at the https port of the same address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-identifies" = "host"))]
    pub https_names: Vec<String>,
    /// Another hub of the run that met the same stranger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<SameStranger>,
    /// Answers that `hub` will want, asked for beside these.
    #[serde(skip)]
    pub(crate) ahead: Vec<Exchange>,
}

/// What another hub of the run, with another owner and in another network, has in common with
/// this one.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct SameStranger {
    /// The other hub.
    #[schemars(extend("x-identifies" = "host"))]
    pub host: String,
    /// Its port 80 leads to the same strange host.
    pub leads_there: bool,
    /// Its https port shows a certificate for the same names, which are not the other hub's.
    pub same_names: bool,
}

/// Why a chain of requests ended.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// An answer came that is no redirect.
    #[default]
    Answer,
    /// No whole answer came.
    NoAnswer,
    /// A redirect named an address that had been asked before.
    Loop,
    /// There were more redirects than are followed.
    TooMany,
    /// A redirect named another host.
    OtherHost,
    /// A redirect named something that is no web address.
    BadLocation,
    /// A redirect led to the server's own login at the same port, which a preflight does not open.
    AtLogin,
}

/// Port 80 of the hub's address, whatever port the link names.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct PortEighty {
    /// What it answered.
    pub answer: Exchange,
    /// Where it redirects to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leads_to: Option<Destination>,
    /// The look-up of the host it redirects to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookup: Option<SystemLookup>,
}

impl Evidence {
    /// The last request to the link's host, and what its answer says.
    #[must_use]
    pub fn last(&self) -> Option<(&Exchange, &Page)> {
        self.hops.last().zip(self.pages.last())
    }

    /// What all answers together say about who answers.
    pub fn marks(&self) -> impl Iterator<Item = Mark> + '_ {
        self.pages.iter().flat_map(|page| &page.marks).copied()
    }
}

/// Whether a whole HTTP answer came, whatever it says.
pub(crate) fn is_whole(answer: &Exchange) -> bool {
    answer.status.is_some() && matches!(answer.ending, Ending::Complete | Ending::Long)
}

/// Whether a server or something in front of it reports a fault of its own.
pub(crate) fn is_service_fault(answer: &Exchange) -> bool {
    matches!(answer.status, Some(500 | 502 | 503 | 504))
}

/// A cold Qlik proxy needed 15 to 21 s for its first answer; silence means nothing before that.
const PATIENCE_MS: f64 = 25_000.0;

impl Check for Http {
    type Evidence = Evidence;

    const META: Meta = Meta {
        id: "http",
        title: "the hub's web server answers",
        docs: "Asks for the hub's page as Desktop would and follows the redirects one by one, on \
               the connection of the steps before as long as the server keeps it open. A preflight \
               stops where the server sends visitors to its own login. No password, cookie or ticket is sent. A redirect to \
               another host is recorded; one look is taken whether that host can be reached. \
               A first answer may take up to a minute: a Qlik proxy that was idle needs time.",
        // A link with http has no handshake: `tls` is then not applicable, which lets through.
        // A bad certificate does not stop an anonymous request, and its answer tells more.
        needs: &[
            passed::<Proxy>(),
            passed_on_direct_way::<Tcp>(),
            passed::<Tls>(),
            ran::<Certificate>(),
        ],
    };

    const CAUSES: &'static [Cause<Evidence>] = causes::CAUSES;

    async fn probe(cx: &Context) -> Evidence {
        let start = cx.case.facts.hub.as_ref().and_then(|hub| {
            let path = if hub.is_cloud() { "/" } else { "/hub/" };
            Url::parse(&hub.url(path)).ok()
        });
        match (start, cx.place()) {
            (Some(start), Some(to)) => beside_what_comes_next(cx, to, start).await,
            _ => Evidence { stop: Stop::NoAnswer, ..Evidence::default() },
        }
    }

    fn public_names() -> Vec<&'static str> {
        page::products()
    }

    fn nothing_seen(seen: &Evidence) -> Option<Reason> {
        if causes::waits_for_cookie(seen) {
            let reason = Reason::of(ReasonKind::CouldNotLook);
            let detail = "the server wants a cookie back, which this examination does not send";
            return Some(reason.detail(detail));
        }
        let last = seen.hops.last()?;
        (last.ending == Ending::Silence && last.took_ms < PATIENCE_MS).then(|| {
            let reason = Reason::of(ReasonKind::OutOfTime);
            reason.detail("the time allowed was too short: an idle Qlik proxy needs up to 21 s")
        })
    }

    async fn anyway(cx: &Context) -> Option<Evidence> {
        control::portal_behind_a_closed_door(cx).await
    }

    async fn control(cx: &Context, seen: &Evidence) -> Option<Evidence> {
        control::look_closer(cx, seen).await
    }

    fn compare(own: &Evidence, others: &[&Evidence]) -> Option<Evidence> {
        let found = others.iter().find_map(|other| control::same_stranger(own, other))?;
        (own.elsewhere.as_ref() != Some(&found))
            .then(|| Evidence { elsewhere: Some(found), ..own.clone() })
    }
}

/// Follows the chain. Beside it goes out what `hub` will ask for, which would cost further round
/// trips after it.
async fn beside_what_comes_next(cx: &Context, to: SocketAddr, start: Url) -> Evidence {
    let (walk, ahead) = (Box::pin(chain::walk(cx, to.ip(), start)), Box::pin(hub::ahead(cx, to)));
    match select(walk, ahead).await {
        // Without an answer nobody will want the others.
        Either::Left((seen, _)) if seen.stop == Stop::NoAnswer => seen,
        Either::Left((seen, ahead)) => Evidence { ahead: ahead.await, ..seen },
        Either::Right((ahead, walk)) => Evidence { ahead, ..walk.await },
    }
}

/// The scheme of an address that can be followed.
pub(crate) fn scheme_of(url: &Url) -> Option<Scheme> {
    match url.scheme() {
        "http" => Some(Scheme::Http),
        "https" => Some(Scheme::Https),
        _ => None,
    }
}

/// The host of an address, an IPv6 address without its brackets.
pub(crate) fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase()
}
