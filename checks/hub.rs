//! The hub: is what answers at the link's path a Qlik hub, and does it lead to a login?

mod answers;
mod causes;
mod look;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;

use hublink_probe::{Connect, Ending, Exchange, Scheme};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::address::HubAddress;
use crate::frame::{Case, Cause, Check, Context, Meta, Reason, ReasonKind, Status, passed};
use crate::http::{
    self, DestinationKind, DoorKind, Elsewhere, Http, KnownText, Mark, Origin, Page, ask_same_host,
    scheme_of,
};
use crate::licence::Licence;
pub use answers::{LoginUri, ProductAnswer, Session, TenantAnswer, UserAnswer};
pub(crate) use answers::{object, text, without_text};
pub(crate) use look::prefix_path;
pub use look::{CloudHost, CloudRole, OtherAgent, ProviderPage, SocketAnswer};

/// What a browser's `encodeURIComponent` escapes, so that the question looks as Qlik's own does.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How many of the server's own names are compared: the first ones are the names it is known by.
const NAMES_COMPARED: usize = 3;

/// Whether a Qlik hub answers.
pub struct Hub;

/// What was seen of the hub.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct Evidence {
    /// Marks of a Qlik hub in the answers below.
    pub marks: Vec<Mark>,
    /// `/qps/user`, asked in the name that the link uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserAnswer>,
    /// The same, asked in the server's own names; only if the link's name got no login address.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub compared: Vec<Compared>,
    /// The product information of a Qlik Sense server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductAnswer>,
    /// `/api/v1/users/me` of a Qlik Cloud tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantAnswer>,
    /// The entrance as a program gets it that is not of Windows: a virtual proxy may offer it
    /// another login. Worth knowing, and no fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_agent: Option<OtherAgent>,
    /// A WebSocket, asked for without a session. A hub opens it to say that nobody is logged in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket: Option<SocketAnswer>,
    /// The same once more, because the first was cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket_again: Option<SocketAnswer>,
    /// Control: the same past the proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket_direct: Option<SocketAnswer>,
    /// Control: the WebSocket that the check of the licence asked for in a session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket_in_session: Option<SocketAnswer>,
    /// The first page of the identity provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_page: Option<ProviderPage>,
    /// Other hosts of Qlik Cloud.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cloud_hosts: Vec<CloudHost>,
    /// The login in front of the server that hides whether a hub lies behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden_by: Option<String>,
    /// Control: `/` of the same server, without the prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<PathAnswer>,
    /// Control: `/hub/` of the same server, without the prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plain_hub: Option<PathAnswer>,
    /// Control: one more attempt on the separate login port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_port: Option<Connect>,
    /// Control: one more look at the identity provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_again: Option<Elsewhere>,
}

impl Evidence {
    /// The server answered nothing but that it got too many requests, so it was not looked at.
    fn was_told_to_wait(&self) -> bool {
        let user = self.user.as_ref().map(|user| &user.answer);
        let product = self.product.as_ref().map(|product| &product.answer);
        let tenant = self.tenant.as_ref().map(|tenant| &tenant.answer);
        let mut answers = [user, product, tenant].into_iter().flatten().peekable();
        answers.peek().is_some() && answers.all(|answer| answer.status == Some(429))
    }
}

/// `/qps/user`, asked in one of the server's own names.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Compared {
    /// The name, from the server's certificate or a redirect.
    #[schemars(extend("x-identifies" = "host"))]
    pub name: String,
    /// The answer.
    pub user: UserAnswer,
}

/// A path, and what its answer says about who sent it.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct PathAnswer {
    /// The answer.
    pub answer: Exchange,
    /// What it says about who sent it.
    #[serde(default)]
    pub page: Page,
}

impl Check for Hub {
    type Evidence = Evidence;

    const META: Meta = Meta {
        id: "hub",
        title: "a Qlik hub answers at the link's path",
        docs: "Asks what only a Qlik hub answers: who the visitor is and where to log in \
               (`/qps/user`), and which product it is. On Qlik Cloud it asks the tenant who the \
               visitor is, without a key. From the answers it tells a hub from another web \
               server, a wrong path from a right one, and whether the hub accepts the name that \
               the link uses for it. It asks for a WebSocket as nobody, which a hub opens to say that \
               nobody is logged in, and for the first page of an identity provider, which is \
               examined and then left: a login there is for people. Nobody is logged in by it.",
        needs: &[passed::<Http>()],
    };

    const CAUSES: &'static [Cause<Evidence>] = causes::CAUSES;

    async fn probe(cx: &Context) -> Evidence {
        let (Some(hub), Some(origin)) = (cx.case.facts.hub.as_ref(), origin(cx)) else {
            return Evidence::default();
        };
        let own = async {
            if hub.is_cloud() { tenant(cx, origin).await } else { server(cx, hub, origin).await }
        };
        let (mut seen, provider_page) = tokio::join!(own, provider_page(cx));
        seen.provider_page = provider_page;
        seen.marks = marks_of(&seen);
        if !causes::is_hub(&seen, &cx.case) {
            seen.hidden_by = cx.of::<Http>().and_then(login_in_front);
        } else if cx.budget.thorough && !hub.is_cloud() {
            let sockets = look::sockets(cx, hub, origin);
            let (sockets, agent) = tokio::join!(sockets, look::other_agent(cx, hub, origin));
            (seen.socket, seen.socket_again) = sockets;
            seen.other_agent = Some(agent);
        }
        seen
    }

    fn public_names() -> Vec<&'static str> {
        look::public_hosts()
    }

    fn nothing_seen(seen: &Evidence) -> Option<Reason> {
        if seen.was_told_to_wait() {
            return Some(Reason::because("http/rate-limited"));
        }
        let login = seen.hidden_by.as_ref()?;
        let why = format!("a login stands in front of the hub, at {login}, and hublink has none");
        Some(Reason::of(ReasonKind::CouldNotLook).detail(why))
    }

    async fn control(cx: &Context, seen: &Evidence) -> Option<Evidence> {
        let http = cx.of::<Http>()?;
        let mut seen = seen.clone();
        let mut changed = false;
        let prefixed = cx.case.facts.hub.as_ref().is_some_and(|hub| hub.prefix.is_some());
        if let Some(origin) = origin(cx).filter(|_| prefixed) {
            let (root, hub) = tokio::join!(path(cx, origin, "/"), path(cx, origin, "/hub/"));
            (seen.root, seen.plain_hub) = (Some(root), Some(hub));
            changed = true;
        }
        if http::is_login_port(http, &cx.case)
            && let Some(last) = http.hops.last().filter(|last| last.via.is_none())
        {
            seen.login_port = Some(cx.world.connect(last.to, cx.budget.connect).await);
            changed = true;
        }
        if let Some(licence) = cx.of::<Licence>() {
            seen.socket_in_session = licence.socket.clone().map(SocketAnswer::of);
            changed = true;
        }
        let cut = seen.socket.iter().chain(&seen.socket_in_session).any(|one| one.cut().is_some());
        if let (true, Some(hub), Some(origin)) = (cut, &cx.case.facts.hub, origin(cx)) {
            seen.socket_direct = look::direct_socket(cx, hub, origin).await;
            changed = true;
        }
        let provider = http.left_to.as_ref().filter(|left| {
            left.to.kind == DestinationKind::IdentityProvider && left.unreached().is_some()
        });
        if let Some(url) = provider.and_then(|left| Url::parse(&left.to.url).ok()) {
            seen.provider_again = Some(http::look(cx, &url).await);
            changed = true;
        }
        changed.then_some(seen)
    }
}

/// Asks a hub that is healthy as far as is known what [`Hub`] wants to know of it, beside the steps
/// before. Only where these lead through TLS: who is asked in the clear mostly sends visitors on.
pub(crate) async fn ahead(cx: &Context, to: SocketAddr) -> Vec<Exchange> {
    let mut answers = Vec::new();
    let hub = cx.case.facts.hub.as_ref().filter(|hub| hub.scheme == Scheme::Https);
    let Some(hub) = hub.filter(|_| cx.ended.iter().all(|one| one.status != Status::Failed)) else {
        return answers;
    };
    let origin = Origin { scheme: Scheme::Https, to };
    let mut paths = Vec::new();
    if hub.is_cloud() {
        paths.push(answers::TENANT.to_owned());
    } else {
        paths.push(user_path(hub, origin, &hub.host));
        paths.extend(cx.budget.thorough.then(|| answers::PRODUCT.to_owned()));
    }
    for path in paths {
        // A cold server is as slow to the second visitor as to the first.
        let limit = cx.budget.first_answer;
        let request = cx.request(Scheme::Https, &hub.host, to, &path, limit);
        let Some(answer) = cx.world.exchange_ahead(&request).await else { break };
        let goes_on = answer.ending == Ending::Complete;
        answers.push(answer);
        if !goes_on {
            break;
        }
    }
    answers
}

/// The first page of the identity provider, where there is time to look at it.
async fn provider_page(cx: &Context) -> Option<ProviderPage> {
    if cx.budget.thorough { look::provider_page(cx).await } else { None }
}

/// Asks a tenant of Qlik Cloud who the visitor is, and looks at the hosts beside it.
async fn tenant(cx: &Context, origin: Origin) -> Evidence {
    let hosts = async { if cx.budget.thorough { look::cloud_hosts(cx).await } else { Vec::new() } };
    let (tenant, cloud_hosts) = tokio::join!(answers::tenant(cx, origin), hosts);
    Evidence { tenant: Some(tenant), cloud_hosts, ..Evidence::default() }
}

/// Asks a Qlik Sense server who the visitor is and what it is.
async fn server(cx: &Context, hub: &HubAddress, origin: Origin) -> Evidence {
    let user = answers::user(cx, origin, user_path(hub, origin, &hub.host));
    let (user, product) = if cx.budget.thorough {
        let (user, product) = tokio::join!(user, answers::product(cx, origin));
        (user, Some(product))
    } else {
        // Only a hub answers that question so; who answers it otherwise is looked at closer.
        let user = user.await;
        let product = match user.session {
            Some(_) => None,
            None => Some(answers::product(cx, origin).await),
        };
        (user, product)
    };
    let mut seen = Evidence { user: Some(user), product, ..Evidence::default() };
    if !seen.user.as_ref().is_some_and(UserAnswer::withholds_login) {
        return seen;
    }
    // Asked here and not in the control pass: it decides between a fault and a healthy hub.
    for name in own_names(&cx.case) {
        let user = answers::user(cx, origin, user_path(hub, origin, &name)).await;
        let told = user.login.is_some();
        seen.compared.push(Compared { name, user });
        if told {
            break;
        }
    }
    seen
}

/// The path that asks, in a given name of the hub, who the visitor is and where to log in.
fn user_path(hub: &HubAddress, origin: Origin, name: &str) -> String {
    let named = HubAddress {
        scheme: origin.scheme,
        host: name.to_owned(),
        port: origin.to.port(),
        ..hub.clone()
    };
    let prefix = prefix_path(hub);
    let target = utf8_percent_encode(&named.url("/hub/"), COMPONENT).to_string();
    format!("{prefix}/qps/user?targetUri={target}")
}

/// The scheme and port where the hub itself answered: where the chain of redirects was last at
/// the hub's page and not yet at its login.
pub(crate) fn origin(cx: &Context) -> Option<Origin> {
    let http = cx.of::<Http>()?;
    let at_hub = http.hops.iter().rev().find(|hop| {
        let path = Url::parse(&hop.url).map(|url| url.path().to_owned()).unwrap_or_default();
        hop.status.is_some() && (path == "/" || path.ends_with("/hub/"))
    });
    let hop = at_hub.or(http.hops.first())?;
    let scheme = Url::parse(&hop.url).ok().and_then(|url| scheme_of(&url));
    Some(Origin { scheme: scheme.unwrap_or(Scheme::Https), to: hop.to })
}

/// Other names of the server: from its certificate, and from a redirect within its own site.
fn own_names(case: &Case) -> Vec<String> {
    let listed = case.tree("certificate").as_ref().map(leaf_names).unwrap_or_default();
    let neighbour = case.of::<Http>().and_then(|http| http.left_to.as_ref());
    let neighbour = neighbour.filter(|left| left.to.kind == DestinationKind::SameSite);
    let mut names: Vec<String> = Vec::new();
    for name in neighbour.map(|left| left.to.host.clone()).into_iter().chain(listed) {
        let usable = !name.contains('*') && name.len() <= 253 && name != case.host();
        if usable && !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(NAMES_COMPARED);
    names
}

/// The names in the server's own certificate, as the `certificate` check saved them.
fn leaf_names(certificate: &Value) -> Vec<String> {
    let names = certificate.pointer("/chain/0/dns_names").and_then(Value::as_array);
    let names = names.into_iter().flatten().filter_map(Value::as_str);
    names.map(str::to_ascii_lowercase).collect()
}

/// The address of a login that is not Qlik's, through which everybody must go. A hub may lie
/// behind it or not.
fn login_in_front(http: &http::Evidence) -> Option<String> {
    let Some(left) = &http.left_to else {
        let own = [DoorKind::Challenge, DoorKind::Cas];
        let door = http.login.as_ref().filter(|door| own.contains(&door.kind))?;
        return Some(door.url.clone());
    };
    let asks = if left.to.kind == DestinationKind::IdentityProvider {
        left.unreached().is_none()
    } else {
        // Over plain http anybody on the way may answer, such as a network's start page.
        let sure = http.hops.last().is_some_and(|hop| hop.url.starts_with("https://"));
        sure && asks_for_login(left)
    };
    asks.then(|| left.to.url.clone())
}

fn asks_for_login(left: &Elsewhere) -> bool {
    let challenges = left.answer.as_ref().is_some_and(|answer| {
        answer.status == Some(401) && answer.header("www-authenticate").is_some()
    });
    let fields = [KnownText::PasswordField, KnownText::SamlForm];
    challenges || left.page.as_ref().is_some_and(|page| fields.iter().any(|&text| page.says(text)))
}

async fn path(cx: &Context, origin: Origin, path: &str) -> PathAnswer {
    let answer = ask_same_host(cx, origin, path, cx.budget.later_answer).await;
    let base = Url::parse(&answer.url).ok();
    let next = answer.next.as_ref().and_then(|to| base?.join(to).ok());
    PathAnswer { page: Page::of(&answer, next.as_ref()), answer }
}

fn marks_of(seen: &Evidence) -> Vec<Mark> {
    let user = seen.user.as_ref().filter(|user| user.session.is_some()).map(|_| Mark::User);
    let product = seen.product.as_ref().filter(|product| product.is_server());
    let tenant = seen.tenant.as_ref().filter(|tenant| tenant.is_tenant());
    let marks = [user, product.map(|_| Mark::Product), tenant.map(|_| Mark::CloudError)];
    marks.into_iter().flatten().collect()
}

/// What answers and which login it offers, in one sentence. `None` if it is no hub.
#[must_use]
pub fn summary(case: &Case) -> Option<String> {
    let (hub, http) = (case.of::<Hub>()?, case.of::<Http>()?);
    if !causes::is_hub(hub, case) {
        return None;
    }
    let mut strong = causes::marks(hub, case).into_iter().filter(|mark| mark.is_strong());
    if strong.all(|mark| mark == Mark::IdentityProvider)
        && let Some(door) = &http.login
    {
        // Many products send their visitors to an identity provider.
        return Some(format!(
            "Something that sends visitors to {} for the login answers; a Qlik hub behind such a \
             login looks like this.",
            door.host
        ));
    }
    let product = hub.product.as_ref();
    let cloud = case.facts.hub.as_ref().is_some_and(HubAddress::is_cloud);
    let name = match product.and_then(|product| product.name.as_deref()) {
        Some(name) => name,
        None if cloud => "Qlik Cloud",
        None => "A Qlik hub",
    };
    let release = product.and_then(|p| p.release.as_deref().or(p.version.as_deref()));
    let release = release.map(|release| format!(" ({release})")).unwrap_or_default();
    let login = match &http.login {
        Some(door) if door.kind == DoorKind::Anonymous => format!(" with {}", door.kind.label()),
        Some(door) if door.host == case.host() => format!(" and offers {}", door.kind.label()),
        Some(door) => format!(" and offers {} on {}", door.kind.label(), door.host),
        None => String::new(),
    };
    Some(format!("{name}{release} answers{login}."))
}
