//! The looks at a hub that take more than one of its own pages: another program's entrance, its
//! WebSocket, the login page of its identity provider, the hosts that Qlik Cloud is made of.

use std::time::Duration;

use futures_util::future::join_all;
use hublink_probe::{
    Ending, Exchange, FailureKind, Request, Scheme, SocketEnd, SocketSeen, Upgrade,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::without_text;
use crate::address::HubAddress;
use crate::frame::Context;
use crate::http::{
    self, DestinationKind, DoorKind, Elsewhere, Http, LoginDoor, Mark, Origin, Page, bounded,
};

/// A browser of another system, as far as a virtual proxy looks: it searches for `Windows`.
const OTHER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64)";

/// What Qlik Cloud answers within a second. It is asked beside other things and decides nothing.
const ASIDE: Duration = Duration::from_secs(4);

/// The first message of a hub comes at once: it says that nobody is logged in.
const LISTEN: Duration = Duration::from_secs(4);

/// The hosts that a login to Qlik Cloud is thought to need beside the tenant. Not verified: they are
/// those that public policies name; Qlik's own list was not at hand.
const CLOUD_HOSTS: [(&str, CloudRole); 3] = [
    ("login.qlik.com", CloudRole::Login),
    ("cdn.qlikcloud.com", CloudRole::Content),
    ("maps.qlikcloud.com", CloudRole::Content),
];

/// The same, by name alone.
pub(super) fn public_hosts() -> Vec<&'static str> {
    CLOUD_HOSTS.iter().map(|(host, _)| *host).collect()
}

/// A host of Qlik Cloud beside the tenant.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct CloudHost {
    /// What it is for.
    pub role: CloudRole,
    /// What one look at it showed.
    pub look: Elsewhere,
}

/// What a host of Qlik Cloud is for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CloudRole {
    /// Parts of pages.
    Content,
    /// The login of Qlik accounts.
    Login,
}

/// The hub's entrance as another program gets it.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct OtherAgent {
    /// The User-Agent: one without `Windows`.
    #[schemars(extend("x-identifies" = "nothing"))]
    pub user_agent: String,
    /// The answer.
    pub answer: Exchange,
    /// The login it leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<DoorKind>,
}

/// The first page of an identity provider, asked for as the hub sends its visitors there.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct ProviderPage {
    /// The answer, without its text unless it is an error.
    pub answer: Exchange,
    /// What it says about who sent it.
    #[serde(default)]
    pub page: Page,
    /// The error that it sends back to the hub, if it does that at once (`error` of OAuth 2.0).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "nothing"))]
    pub sent_back: Option<String>,
}

/// A request to speak WebSocket, and whose words the answer has.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct SocketAnswer {
    /// What came of it.
    #[serde(flatten)]
    pub seen: SocketSeen,
    /// What an answer that is no WebSocket says about who sent it.
    #[serde(default)]
    pub page: Page,
}

impl SocketAnswer {
    /// From what came of a request.
    #[must_use]
    pub fn of(seen: SocketSeen) -> Self {
        let page = Page::of(&seen.exchange, None);
        Self { seen, page }
    }

    /// How the way was visibly cut, in words. A refusal by the hub itself is none, nor is silence.
    #[must_use]
    pub fn cut(&self) -> Option<String> {
        let Self { seen, page } = self;
        if seen.upgraded {
            let closed = seen.closed.as_ref().filter(|closed| closed.by != SocketEnd::Us)?;
            // A hub says something before it hangs up, or gives a code.
            let silent = seen.messages.is_empty() && closed.code.is_none();
            return silent.then(|| format!("opened, and cut after {:.0} ms", seen.open_ms));
        }
        let own = page.marks.iter().any(|mark| mark.is_strong() || *mark == Mark::HttpApi);
        let failure = seen.exchange.failure.map(|failure| failure.kind);
        let refused = match (seen.exchange.ending, seen.exchange.status) {
            // The pages came over connections that were open already. Silence may be a packet lost.
            (Ending::NoConnection, _) => failure == Some(FailureKind::Refused),
            // No hub says of itself that the server behind it fails, or that it knows no HTTP.
            (Ending::EmptyReply | Ending::CutOff, _) | (_, Some(502 | 505)) => true,
            (_, Some(200 | 400)) => !own,
            _ => false,
        };
        refused.then(|| http::outcome(&seen.exchange))
    }
}

/// The hub's entrance, asked for by another program.
pub(super) async fn other_agent(cx: &Context, hub: &HubAddress, origin: Origin) -> OtherAgent {
    let path = format!("{}/hub/", prefix_path(hub));
    let limit = cx.budget.later_answer;
    let asked = cx.request(origin.scheme, cx.case.host(), origin.to, &path, limit);
    let asked = Request { user_agent: OTHER_AGENT.to_owned(), ..asked };
    let answer = cx.world.exchange(&asked).await;
    let leads_to = leads_to(&answer);
    let login = leads_to.as_ref().and_then(LoginDoor::behind).map(|door| door.kind);
    OtherAgent { user_agent: OTHER_AGENT.to_owned(), answer: without_text(answer), login }
}

/// Asks for a WebSocket as nobody, at once a second time if it was visibly cut: one reset may be
/// chance.
pub(super) async fn sockets(
    cx: &Context,
    hub: &HubAddress,
    origin: Origin,
) -> (Option<SocketAnswer>, Option<SocketAnswer>) {
    let asked = upgrade(cx, hub, origin);
    // In the clear it takes a tunnel too, which proxies give to encrypted connections alone.
    if origin.scheme == Scheme::Http && asked.request.via.is_some() {
        return (None, None);
    }
    let first = SocketAnswer::of(cx.world.open_socket(&asked).await);
    let again = match first.cut() {
        Some(_) => Some(SocketAnswer::of(cx.world.open_socket(&asked).await)),
        None => None,
    };
    (Some(first), again)
}

/// The same past the proxy, or past whatever else the settings choose.
pub(super) async fn direct_socket(
    cx: &Context,
    hub: &HubAddress,
    origin: Origin,
) -> Option<SocketAnswer> {
    let to = cx.of::<crate::tcp::Tcp>()?.chosen?;
    let mut asked = upgrade(cx, hub, Origin { to, ..origin });
    asked.request.via.take()?;
    Some(SocketAnswer::of(cx.in_time(cx.world.open_socket(&asked)).await?))
}

fn upgrade(cx: &Context, hub: &HubAddress, origin: Origin) -> Upgrade {
    let path = format!("{}/app/engineData", prefix_path(hub));
    let limit = cx.budget.later_answer.min(Duration::from_secs(8));
    Upgrade {
        request: cx.request(origin.scheme, cx.case.host(), origin.to, &path, limit),
        session: None,
        prefix: hub.prefix.clone(),
        listen: LISTEN,
    }
}

pub(crate) fn prefix_path(hub: &HubAddress) -> String {
    hub.prefix.as_ref().map(|prefix| format!("/{prefix}")).unwrap_or_default()
}

/// The first page of the identity provider that the hub sends its visitors to. It gets the hub's
/// own request, as the browser would bring it, and no answer of ours.
pub(super) async fn provider_page(cx: &Context) -> Option<ProviderPage> {
    let http = cx.of::<Http>()?;
    let left = http.left_to.as_ref()?;
    let provider = left.to.kind == DestinationKind::IdentityProvider;
    if !provider || left.to.scheme != Scheme::Https || left.unreached().is_some() {
        return None;
    }
    let reached = left.handshakes.iter().rfind(|handshake| handshake.completed())?;
    let last = http.hops.last()?;
    let url = Url::parse(&last.url).ok()?.join(last.next.as_ref()?).ok()?;
    let path = http::path_of(&url);
    let to = (reached.connect.to.ip(), left.to.port).into();
    let limit = cx.budget.later_answer;
    let asked = cx.request(Scheme::Https, &left.to.host, to, &path, limit);
    let answer = cx.world.exchange(&asked).await;
    let leads_to = leads_to(&answer);
    let sent_back = leads_to.as_ref().and_then(|url| {
        let mut pairs = url.query_pairs();
        pairs.find(|(key, _)| key == "error").map(|(_, value)| bounded(&value))
    });
    let page = Page::of(&answer, leads_to.as_ref());
    let refused = answer.status.is_some_and(|status| status >= 400);
    let answer = if refused { answer } else { without_text(answer) };
    Some(ProviderPage { answer, page, sent_back })
}

/// Whether the hosts that Qlik Cloud is made of can be spoken to, except the one that was looked at
/// already.
pub(super) async fn cloud_hosts(cx: &Context) -> Vec<CloudHost> {
    let looked_at =
        cx.of::<Http>().and_then(|http| http.left_to.as_ref()).map(|left| &left.to.host);
    let others = CLOUD_HOSTS.iter().filter(|(host, _)| looked_at.is_none_or(|known| known != host));
    let looks = others.map(|&(host, role)| async move {
        let url = Url::parse(&format!("https://{host}/")).ok()?;
        let look = tokio::time::timeout(ASIDE, http::look_at_provider(cx, &url)).await.ok()?;
        Some(CloudHost { role, look })
    });
    join_all(looks).await.into_iter().flatten().collect()
}

fn leads_to(answer: &Exchange) -> Option<Url> {
    let redirects = matches!(answer.status, Some(301 | 302 | 303 | 307 | 308));
    let to = answer.next.as_ref().filter(|_| redirects)?;
    Url::parse(&answer.url).ok()?.join(to).ok()
}
