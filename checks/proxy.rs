//! The proxy: is one on the way to the hub, and does it let the connection through?

mod causes;
mod script;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::{OptionFuture, join, join_all, join3};
use hublink_probe::{
    Ask, AskKind, Exempt, FailureKind, Handshake, Hello, Interface, ProxyAddress, ProxyLogin,
    ProxyPlace, ProxyScheme, ProxySetting, ProxySettings, ProxyTold, Scheme, Tunnel, Way,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::HubAddress;
use crate::dns::Dns;
use crate::frame::{Case, Cause, Check, Context, Meta, Reason, ReasonKind, passed, via_proxy};
use crate::link::Link;
use crate::tcp::Tcp;
pub use script::{Script, ScriptState};

/// Whether the way through the proxy is open.
pub struct Proxy;

/// What was seen of the proxy. No name and no password is in it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct Evidence {
    /// What this computer is told about proxies.
    pub settings: ProxySettings,
    /// The way that the hub's address gets by them.
    pub way: Way,
    /// The exception that fits the hub's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exempt: Option<Exempt>,
    /// What the proxy said when it was asked for the hub.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<Tunnel>,
    /// The other of two requests, made only because the first came to nothing. If one of the two
    /// got an answer, it is the one above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again: Option<Tunnel>,
    /// The automatic script, fetched by hublink itself, which does not evaluate it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script: Option<Script>,
    /// Control: the proxy asked for a name that nobody has. Whatever it answers, it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown_name: Option<Tunnel>,
    /// Control: the proxy asked for port 443 of the hub, if the link names another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_port: Option<Tunnel>,
    /// Control: a handshake with the hub without the proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direct: Option<Handshake>,
    /// Control: the hub through proxies that are set, but not for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
    /// What the same proxy said of the other hubs of the run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<OtherHub>,
}

/// A proxy that is set somewhere, but not followed for this hub.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Candidate {
    /// The setting that names it.
    pub source: String,
    /// The proxy.
    pub proxy: ProxyAddress,
    /// A handshake with the hub through it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handshake: Option<Handshake>,
    /// What it says of the hub, for an http link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Tunnel>,
}

/// Another hub behind the same proxy.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct OtherHub {
    /// Its host and port.
    #[schemars(extend("x-identifies" = "host"))]
    pub target: String,
    /// What the proxy answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Whether the proxy let the connection through.
    pub opened: bool,
}

/// A proxy that has said nothing after this long is not merely slow to look a name up.
const PATIENCE_MS: f64 = 9000.0;

/// A SYN is sent again after a second; less than this and only one of them was waited for.
const TWO_SYNS_MS: f64 = 2000.0;

/// What a proxy knows by itself it says at once; the answer is waited for after the first one
/// has used up its whole time.
const CONTROL_WAIT: Duration = Duration::from_secs(5);

/// Other proxies that are tried; more than a few are never set.
const CANDIDATES: usize = 3;

impl Check for Proxy {
    type Evidence = Evidence;

    const META: Meta = Meta {
        id: "proxy",
        title: "the way through the proxy is open",
        docs: "Reads what this computer is told about proxies, chooses the way that the hub's \
               address gets by it, and asks the proxy for the hub as Desktop would: by name, with \
               CONNECT. Everything behind it then goes the same way. The name and password that a \
               setting may hold are sent only to a proxy that asks for them with Basic, and never \
               again once it refused them. To a proxy that is set but not followed for the hub, and \
               in `preflight`, no password is sent. On Windows the user's settings are followed in \
               the order of Windows' own programs: a script found on the network, else the script \
               that is named, else the proxy that is named; Windows itself evaluates the script. \
               The environment and the machine's settings (WinHTTP) are listed, compared and tried \
               when the direct way fails. That Desktop follows the user's settings is unconfirmed. \
               Elsewhere the environment is followed, and a script is fetched but not evaluated; \
               the direct way is then examined.",
        needs: &[passed::<Link>()],
    };

    const CAUSES: &'static [Cause<Evidence>] = causes::CAUSES;

    fn nothing_seen(seen: &Evidence) -> Option<Reason> {
        let proxy = seen.way.proxy()?;
        if proxy.scheme == ProxyScheme::Socks {
            let reason = Reason::of(ReasonKind::CouldNotLook);
            return Some(reason.detail(format!(
                "{proxy} is a SOCKS proxy, which hublink cannot use; Desktop may"
            )));
        }
        let asked = seen.asked.as_ref()?;
        if asked.status == Some(407) && asked.login == ProxyLogin::NotMeant {
            let reason = Reason::of(ReasonKind::CouldNotLook);
            return Some(reason.detail(format!(
                "{proxy} wants the login that the setting holds, and preflight sends no password; \
                 `hublink doctor` does"
            )));
        }
        let silent = asked.failure.is_some_and(|failure| failure.kind == FailureKind::NoAnswer);
        let waited = asked.connects.last().filter(|connect| !connect.succeeded());
        let too_short = match waited {
            Some(connect) => connect.took_ms < TWO_SYNS_MS,
            None => asked.took_ms < PATIENCE_MS,
        };
        (silent && too_short && seen.unknown_name.is_none()).then(|| {
            let reason = Reason::of(ReasonKind::OutOfTime);
            reason.detail("the time allowed was too short to tell a silent proxy from a slow one")
        })
    }

    async fn probe(cx: &Context) -> Evidence {
        let Some(hub) = cx.case.facts.hub.as_ref() else {
            return Evidence { settings: cx.world.proxy_settings(), ..Evidence::default() };
        };
        cx.learn_way(hub.scheme, &hub.host, hub.port).await;
        let settings = cx.world.proxy_settings().for_address(&hub.host, hub.port);
        let way = match &cx.case.facts.way {
            Way::Undecided { .. } => settings.way(hub.scheme, &hub.host, hub.port),
            way => way.clone(),
        };
        let deciding = settings.deciding(hub.scheme, &hub.host, hub.port);
        let exempt = deciding
            .filter(|setting| setting.place == ProxyPlace::Environment || !setting.is_script())
            .and_then(|setting| settings.exempt(setting.place, &hub.host, hub.port));
        let script = match doubtful_script(&settings, hub) {
            Some(setting) => script::look(cx, setting).await,
            None => None,
        };
        let mut seen = Evidence { settings, exempt, script, ..Evidence::default() };
        if let Some(proxy) = way.proxy() {
            (seen.asked, seen.again) = ask_twice_if_needed(cx, proxy, hub).await;
        }
        Evidence { way, ..seen }
    }

    async fn control(cx: &Context, seen: &Evidence) -> Option<Evidence> {
        let hub = cx.case.facts.hub.as_ref()?;
        match (&seen.way, &seen.asked) {
            // What failed behind an open proxy is judged with it in view.
            (Way::Proxy { .. }, Some(asked)) if asked.opened() => Some(seen.clone()),
            (Way::Proxy { proxy, .. }, Some(_)) => Some(look_closer(cx, proxy, hub, seen).await),
            (Way::Direct, _) if direct_way_failed(&cx.case) => {
                let candidates = try_candidates(cx, hub, &seen.settings).await;
                Some(Evidence { candidates, ..seen.clone() })
            }
            (Way::Undecided { .. }, _) => Some(seen.clone()),
            _ => None,
        }
    }

    fn compare(own: &Evidence, others: &[&Evidence]) -> Option<Evidence> {
        let mine = own.asked.as_ref().filter(|mine| !mine.opened())?;
        let asked = others.iter().filter_map(|other| other.asked.as_ref());
        let same = asked
            .filter(|other| other.proxy.is_same_place(&mine.proxy) && other.target != mine.target);
        let others: Vec<OtherHub> = same
            .map(|other| OtherHub {
                target: other.target.clone(),
                status: other.status,
                opened: other.opened(),
            })
            .collect();
        (!others.is_empty()).then(|| Evidence { others, ..own.clone() })
    }
}

/// The script that decides, or should and was not evaluated: it is looked at.
fn doubtful_script<'s>(settings: &'s ProxySettings, hub: &HubAddress) -> Option<&'s ProxySetting> {
    for setting in settings.followed(hub.scheme) {
        let way = settings.way_by(setting, &hub.host, hub.port);
        let is_open = matches!(way, Way::Undecided { .. });
        match setting.told {
            // Where none is found on the network, the one that is named decides.
            ProxyTold::AutoDetect if is_open => {}
            ProxyTold::Pac { .. } => return Some(setting).filter(|_| is_open),
            _ => return None,
        }
    }
    None
}

/// The way that the system's evaluation of scripts came to, if it came to one.
#[must_use]
pub fn decided_by_script(seen: &Evidence) -> Option<&Way> {
    let open = seen.settings.answers.is_empty() || matches!(seen.way, Way::Undecided { .. });
    (!open).then_some(&seen.way)
}

/// Whether the script that is set cannot be used, so that programs go without it.
#[must_use]
pub fn script_is_unusable(seen: &Evidence) -> bool {
    seen.script.as_ref().is_some_and(Script::is_unusable)
}

/// The direct way was tried, and no address of the hub accepted.
pub(crate) fn direct_way_failed(case: &Case) -> bool {
    match case.of::<Tcp>().filter(|tcp| !tcp.attempts.is_empty()) {
        Some(tcp) => tcp.chosen.is_none(),
        None => case.of::<Dns>().is_some_and(|dns| dns.addresses.is_empty()),
    }
}

/// The direct way leads nowhere, as where everything has to go through a proxy. A server that
/// says no by itself was reached.
fn direct_way_leads_nowhere(case: &Case) -> bool {
    let attempts = case.of::<Tcp>().into_iter().flat_map(|tcp| &tcp.attempts);
    direct_way_failed(case) && !attempts.into_iter().any(|a| a.kind() == Some(FailureKind::Refused))
}

/// A VPN exists and is not connected: what is not found here may be found there.
fn is_without_vpn(case: &Case) -> bool {
    let adapters = &case.facts.interfaces;
    adapters.iter().any(Interface::is_vpn_down) && !adapters.iter().any(Interface::is_vpn_up)
}

/// This computer itself did not let the attempt be made, or broke it off.
fn is_ours(kind: FailureKind) -> bool {
    use FailureKind::{
        Aborted, Denied, Invalid, NotPermitted, PortsExhausted, ProtocolUnreachable, TooManyOpen,
        Unknown,
    };
    matches!(
        kind,
        Aborted
            | Denied
            | Invalid
            | NotPermitted
            | PortsExhausted
            | ProtocolUnreachable
            | TooManyOpen
            | Unknown
    )
}

fn ask(cx: &Context, proxy: &ProxyAddress, host: &str, port: u16, kind: AskKind) -> Ask {
    Ask {
        via: via_proxy(proxy, host),
        port,
        kind,
        connect_limit: cx.budget.connect,
        limit: cx.budget.handshake,
    }
}

/// The same request when one has already used up its whole time.
fn shorter(ask: Ask) -> Ask {
    Ask { limit: ask.limit.min(CONTROL_WAIT), ..ask }
}

fn kind_for(hub: &HubAddress) -> AskKind {
    match hub.scheme {
        Scheme::Https => AskKind::Tunnel,
        Scheme::Http => AskKind::Forward,
    }
}

/// One broken connection is no finding. Silence after the request is not repeated here: it has
/// used up the whole time, and the control probe tells more. A failed look-up is not repeated
/// either: the system has tried more than once by itself.
async fn ask_twice_if_needed(
    cx: &Context,
    proxy: &ProxyAddress,
    hub: &HubAddress,
) -> (Option<Tunnel>, Option<Tunnel>) {
    let ask = ask(cx, proxy, &hub.host, hub.port, kind_for(hub));
    let first = cx.world.ask_proxy(&ask).await;
    let silent = first.reached()
        && first.failure.is_some_and(|failure| failure.kind == FailureKind::NoAnswer);
    let unknown = first.connects.is_empty() && first.lookup.is_some();
    let answered = first.opened() || first.status.is_some();
    if answered || silent || unknown || proxy.scheme == ProxyScheme::Socks {
        return (Some(first), None);
    }
    let second = cx.world.ask_proxy(&shorter(ask)).await;
    let answered = second.opened() || second.status.is_some();
    if answered { (Some(second), Some(first)) } else { (Some(first), Some(second)) }
}

/// Is it the proxy, its policy, or the hub behind it? And is it needed at all?
async fn look_closer(
    cx: &Context,
    proxy: &ProxyAddress,
    hub: &HubAddress,
    seen: &Evidence,
) -> Evidence {
    let reached = seen.asked.as_ref().is_some_and(Tunnel::reached);
    let nobody = format!("h{:x}.invalid", cx.world.random());
    let unknown = reached.then(|| shorter(ask(cx, proxy, &nobody, 443, AskKind::Tunnel)));
    let other = (reached && hub.scheme == Scheme::Https && hub.port != 443)
        .then(|| shorter(ask(cx, proxy, &hub.host, 443, AskKind::Tunnel)));
    let chosen = cx.of::<Tcp>().and_then(|tcp| tcp.chosen).filter(|_| hub.scheme == Scheme::Https);
    let direct = chosen.map(|to| Hello { via: None, ..cx.hello(to, &hub.host) });
    let (unknown_name, other_port, direct) = join3(
        OptionFuture::from(unknown.as_ref().map(|ask| cx.world.ask_proxy(ask))),
        OptionFuture::from(other.as_ref().map(|ask| cx.world.ask_proxy(ask))),
        OptionFuture::from(direct.as_ref().map(|hello| cx.world.handshake(hello))),
    )
    .await;
    Evidence { unknown_name, other_port, direct, ..seen.clone() }
}

/// Tries proxies that are set, but not followed for this hub.
async fn try_candidates(
    cx: &Context,
    hub: &HubAddress,
    settings: &ProxySettings,
) -> Vec<Candidate> {
    let mut known = BTreeSet::new();
    let set = settings.settings.iter().filter_map(|setting| match &setting.told {
        ProxyTold::Fixed { proxy } if proxy.scheme != ProxyScheme::Socks => {
            Some((setting.source.clone(), proxy.clone()))
        }
        _ => None,
    });
    let new = set.filter(|(_, proxy)| known.insert((proxy.host.clone(), proxy.port)));
    join_all(new.take(CANDIDATES).map(|(source, proxy)| try_one(cx, hub, source, proxy))).await
}

async fn try_one(cx: &Context, hub: &HubAddress, source: String, proxy: ProxyAddress) -> Candidate {
    let mut ask = ask(cx, &proxy, &hub.host, hub.port, AskKind::Forward);
    ask.via.is_followed = false;
    let https = hub.scheme == Scheme::Https;
    let to = ([0, 0, 0, 0], hub.port).into();
    let hello = Hello { via: Some(ask.via.clone()), ..cx.hello(to, &hub.host) };
    let (handshake, asked) = join(
        OptionFuture::from(https.then(|| cx.world.handshake(&hello))),
        OptionFuture::from((!https).then(|| cx.world.ask_proxy(&ask))),
    )
    .await;
    Candidate { source, proxy, handshake, asked }
}
