//! What the evidence of the proxy proves.

use std::iter;

use hublink_probe::{
    Exceptions, FailureKind, Handshake, ProxyLogin, ProxySetting, ProxyTold, Scheme, ScriptFlaw,
    ScriptSaid, Tunnel, Way,
};

use super::{
    Candidate, Evidence, Script, ScriptState, direct_way_failed, direct_way_leads_nowhere, is_ours,
    is_without_vpn,
};
use crate::address::HubAddress;
use crate::frame::{Case, Cause, Confidence, Owner, Proof, Severity, cause, fallback};
use crate::http::Http;
use crate::tcp::Tcp;
use crate::tls::{self, Tls};

const RFC9110: &str = "RFC 9110 sections 9.3.6 (CONNECT) and 15";
const MEASURED: &str = "measured with squid";

/// The table, the most specific cause first.
pub(super) const CAUSES: &[Cause<Evidence>] = &[
    Cause {
        title: "The hub is sent through the proxy, which does not let it through, although the \
                direct way works.",
        explain: "Hubs inside a company are mostly reached without the proxy, and a list of \
                  exceptions says so. This hub is missing from it, so programs ask the proxy, and \
                  the proxy does not reach it or does not let it through.",
        remedy: &["Ask IT to add <host> to the proxy exceptions (now the proxy comes from \
                   <source>)."],
        owner: Owner::Network,
        look_alikes: &[
            "both ways work: then nothing is wrong",
            "a tunnel in which no encryption comes about, and none past the proxy either: then it \
             may be the hub",
            "the direct way fails too: then it is the proxy, its policy or the hub",
        ],
        see: &[RFC9110, "measured parts: proxy without a way to the hub, direct way open"],
        suppresses: &["proxy/unusable", "proxy/cannot-reach-hub", "proxy/policy-denies"],
        ..cause("proxy/bypass-missing", bypass_missing)
    },
    Cause {
        title: "The proxy that this computer is told to use does not work as a proxy.",
        explain: "Every program that follows the setting asks this proxy first. It is not there, \
                  does not answer, or what answers is no proxy, or it speaks itself in the tunnels \
                  that it opens, so no hub can be reached.",
        remedy: &["Ask IT to correct or remove the proxy <proxy> set in <source>, or connect to \
                   the network where it lives."],
        owner: Owner::Network,
        look_alikes: &[
            "a proxy that lets another hub through: then it is its policy or the far side",
            "a proxy that waits for a hub that is down: it answers for an unknown name",
            "a proxy that first wants a log-in on a page, as it redirects every request",
            "this computer forbids the connection: then nothing was learnt about the proxy",
            "a hub that speaks no TLS behind a proxy that carries other hubs: a tunnel to a name \
             that nobody has is not opened then",
        ],
        see: &[RFC9110, MEASURED],
        ..cause("proxy/unusable", unusable)
    },
    Cause {
        title: "The proxy wants a login that it did not get or did not accept.",
        explain: "The proxy answers 407: it lets nobody through without a login. A browser or \
                  Desktop may log in with the Windows account by itself; hublink can only send a \
                  name and password that stand in the setting, and only with Basic.",
        remedy: &[
            "<proxy> wants <schemes>: sign in to Windows with your company account, or put the \
             right name and password into <source>.",
            "If you have neither, ask IT how to log in to this proxy.",
        ],
        owner: Owner::You,
        look_alikes: &[
            "401: that is the hub's own login",
            "a login that the same proxy accepted for another host: then this host is forbidden",
        ],
        see: &["RFC 9110 section 11.7", MEASURED],
        ..cause("proxy/login-failed", login_failed)
    },
    Cause {
        title: "The proxy forbids this host or this port.",
        explain: "The proxy works and says no: its rules do not allow a connection to this \
                  address. Often only port 443 is allowed, and other ports such as 4244 are not.",
        remedy: &["Ask IT to allow connections (CONNECT) to <target> on <proxy>."],
        owner: Owner::Network,
        look_alikes: &[
            "a refusal by the hub itself comes from inside the tunnel",
            "a web server in place of a proxy answers every such request alike",
        ],
        see: &[RFC9110, MEASURED],
        ..cause("proxy/policy-denies", policy_denies)
    },
    Cause {
        title: "The proxy works but cannot find or reach the hub.",
        explain: "The proxy looks the hub's name up and connects to it in this computer's place. \
                  One of the two failed there: its name server does not know the name, or it has \
                  no way to the hub.",
        remedy: &["Ask IT why <proxy> cannot reach <target> (<status text>)."],
        owner: Owner::Network,
        look_alikes: &[
            "an error of the hub itself comes from inside the tunnel (http/service-error)",
            "an internal hub that should not go through the proxy: the direct way works then",
        ],
        see: &[RFC9110, MEASURED],
        ..cause("proxy/cannot-reach-hub", cannot_reach_hub)
    },
    Cause {
        title: "The hub can only be reached through a proxy, and none is set for it.",
        explain: "The direct way is closed from here. A proxy that is set elsewhere on this \
                  computer reaches the hub, but programs are not told to use it for this address.",
        remedy: &["Ask IT to set <proxy> as the proxy for <host> too (it stands in <source>)."],
        owner: Owner::Network,
        confidence: Confidence::Likely,
        look_alikes: &["no proxy is known at all: then the port or the network is to blame"],
        see: &[RFC9110, "measured parts: firewall drop, open proxy"],
        suppresses: &["proxy/settings-disagree"],
        ..cause("proxy/direct-blocked", direct_blocked)
    },
    Cause {
        title: "The automatic proxy script cannot be loaded or run, or is none.",
        explain: "Programs ask this script which proxy to take. Without it they go directly, \
                  which is slow at best and closed in many companies. Many scripts live in a \
                  company's own network and are missed only outside it.",
        remedy: &["Connect to the network where the proxy script <url> lives (at home: the VPN); \
                   if it cannot be loaded there either, ask IT to repair it."],
        owner: Owner::Network,
        severity: Severity::Degrades,
        look_alikes: &[
            "automatic detection that finds no script (WinHTTP 12180), which is normal outside \
             companies",
            "a script that is loaded and not evaluated, as everywhere but on Windows: nobody is \
             accused",
            "Windows without its service for such scripts (WinHTTP 12178): Chromium does without",
            "a VPN that is not connected: script and hub are both missed then",
        ],
        see: &["WinHTTP errors 12166, 12167, 12176, 12177, 12178 and 12180", MEASURED],
        ..cause("proxy/pac-unusable", pac_unusable)
    },
    Cause {
        title: "Programs on this computer are told different proxies.",
        explain: "Several settings name a proxy, or exceptions, and programs differ in which one \
                  they follow and how they read it. One program may work while another fails. On \
                  Windows browsers, and most likely Desktop, follow the settings of the user, \
                  other programs the environment, and services those of the machine (WinHTTP).",
        remedy: &["Ask IT which proxy is right for <host>; remove <variable> if it is old."],
        owner: Owner::Network,
        severity: Severity::Informs,
        look_alikes: &["several settings that lead to the same proxy"],
        see: &["documentation of curl, Go, Python, Chromium and WinHTTP"],
        ..cause("proxy/settings-disagree", settings_disagree)
    },
    fallback("proxy/unexplained", |e, _| failed(e).map(|_| raw(e))),
];

/// What the proxy said, if it did not let the connection through.
fn failed(e: &Evidence) -> Option<&Tunnel> {
    e.asked.as_ref().filter(|asked| !asked.opened())
}

fn source(e: &Evidence) -> &str {
    match &e.way {
        Way::Proxy { source, .. } | Way::Undecided { source } | Way::Unreadable { source } => {
            source
        }
        Way::Direct => "",
    }
}

/// What was seen in the tunnel, if the proxy opened one.
fn in_tunnel<'c>(e: &Evidence, case: &'c Case) -> Option<&'c tls::Evidence> {
    e.asked.as_ref().filter(|asked| asked.opened())?;
    case.of::<Tls>()
}

/// The answer of a proxy in a few words.
fn outcome(seen: &Tunnel) -> String {
    let mut text = match (seen.status, seen.failure) {
        (Some(status), _) => format!("{status} {}", seen.words).trim_end().to_owned(),
        (None, Some(failure)) => failure.to_string(),
        (None, None) => "open".to_owned(),
    };
    for header in &seen.headers {
        if header.name != "content-type" {
            text.push_str(&format!(", {}: {}", header.name, header.value));
        }
    }
    if !seen.head.is_empty() && seen.status.is_none() {
        text.push_str(&format!(", first bytes {:?}", seen.head));
    }
    text.push_str(&format!(", after {} ms", seen.took_ms));
    text
}

/// Everything that was asked, with the values that remedies need.
fn raw(e: &Evidence) -> Proof {
    let mut proof = Proof::seen("way to the hub", &e.way);
    let asked = [(&e.asked, ""), (&e.again, ", asked once more")];
    for (seen, how) in asked {
        if let Some(seen) = seen {
            proof =
                proof.and(format!("{} asked for {}{how}", seen.proxy, seen.target), outcome(seen));
        }
    }
    for other in [&e.unknown_name, &e.other_port].into_iter().flatten() {
        proof = proof.and(format!("the same proxy asked for {}", other.target), outcome(other));
    }
    for other in e.others.iter().take(5) {
        let status = other.status.map_or("no answer".to_owned(), |status| status.to_string());
        let seen = if other.opened { "open".to_owned() } else { status };
        proof = proof.and(format!("the same proxy asked for {}", other.target), seen);
    }
    if let Some(direct) = &e.direct {
        let seen = match direct.connect.failure.or(direct.failure) {
            Some(failure) => failure.to_string(),
            None => "encrypted connection completed".to_owned(),
        };
        proof = proof.and("the direct way", seen);
    }
    with_values(e, proof)
}

fn with_values(e: &Evidence, proof: Proof) -> Proof {
    let Some(asked) = &e.asked else { return proof.value("source", source(e)) };
    proof
        .value("proxy", &asked.proxy)
        .value("source", source(e))
        .value("target", &asked.target)
        .value("schemes", schemes_in_words(asked))
}

fn is_single_sign_on(scheme: &str) -> bool {
    ["negotiate", "ntlm", "kerberos"].contains(&scheme.to_ascii_lowercase().as_str())
}

/// What a proxy wants for a login, each with its technical names.
fn schemes_in_words(asked: &Tunnel) -> String {
    let (windows, other): (Vec<&str>, Vec<&str>) =
        asked.schemes.iter().map(String::as_str).partition(|scheme| is_single_sign_on(scheme));
    let kinds = [(windows, "your Windows account"), (other, "a name and password")];
    let named = kinds.iter().filter(|(schemes, _)| !schemes.is_empty());
    let words: Vec<String> =
        named.map(|(schemes, what)| format!("{what} ({})", schemes.join(", "))).collect();
    if words.is_empty() { "a login".to_owned() } else { words.join(" or ") }
}

/// What only something that forwards requests says.
fn is_marked(seen: &Tunnel) -> bool {
    let marks = ["via", "x-squid-error", "proxy-agent", "proxy-status", "x-cache"];
    !seen.schemes.is_empty() || marks.iter().any(|mark| seen.header(mark).is_some())
}

fn kind(seen: &Tunnel) -> Option<FailureKind> {
    seen.failure.map(|failure| failure.kind)
}

fn is_silent(seen: &Tunnel) -> bool {
    seen.reached() && kind(seen) == Some(FailureKind::NoAnswer)
}

/// The proxy lets another host or port through.
fn passes_others(e: &Evidence) -> bool {
    e.others.iter().any(|other| other.opened) || e.other_port.as_ref().is_some_and(Tunnel::opened)
}

/// Statuses of a proxy that tried to reach a host and could not.
fn is_gateway_error(status: Option<u16>) -> bool {
    matches!(status, Some(500 | 502 | 503 | 504))
}

fn unusable(e: &Evidence, case: &Case) -> Option<Proof> {
    if let Way::Unreadable { source } = &e.way {
        return unreadable(e, source);
    }
    let Some(asked) = failed(e) else { return speaks_itself(e, case) };
    if passes_others(e) {
        return None;
    }
    let proof = raw(e);
    if asked.status.is_some() {
        return answers_like_a_server(e, asked);
    }
    if !asked.reached() {
        return unreached(e, asked);
    }
    let alike = e.unknown_name.as_ref().map(|other| is_alike(other, asked));
    let proof = proof.compared("answer to the request", "an answer of a proxy", outcome(asked));
    match alike {
        Some(true) => {
            Some(proof.not("a hub that is down behind it: a name that nobody has gets the same"))
        }
        Some(false) => None,
        // Silence may be the hub's until something else was asked for.
        None if is_silent(asked) => None,
        None => Some(proof.at_most(Confidence::Likely)),
    }
}

/// It opens a tunnel to a name that nobody has, and speaks in it as in the hub's. Where it carries
/// others, these are its words for a hub that it does not reach.
fn speaks_itself(e: &Evidence, case: &Case) -> Option<Proof> {
    let tls = in_tunnel(e, case).filter(|tls| tls.others.is_empty())?;
    let unknown = tls::proxys_own_words(tls)?;
    Some(words_in_tunnel(e, tls, &unknown.server_name).at_most(Confidence::Likely))
}

fn words_in_tunnel(e: &Evidence, tls: &tls::Evidence, nobody: &str) -> Proof {
    let head = format!("{:?}", tls.handshake.head);
    raw(e)
        .compared("first bytes in the tunnel to the hub", "a TLS record", head)
        .and(format!("in a tunnel to {nobody}, a name that nobody has"), "the same")
        .not("tls/wrong-protocol: whoever speaks in a tunnel to nobody is not the hub")
        .value("status text", "it speaks itself in the tunnel that it opened")
}

fn is_alike(one: &Tunnel, other: &Tunnel) -> bool {
    one.status == other.status && kind(one) == kind(other)
}

/// What answers bears no mark of a proxy, and says what a web server says.
fn answers_like_a_server(e: &Evidence, asked: &Tunnel) -> Option<Proof> {
    let answer = asked.status.filter(|_| !is_marked(asked))?;
    let proof = raw(e).compared("answer to CONNECT", "200 of a proxy", outcome(asked));
    let may_want_a_page = matches!(answer, 300..=399 | 401);
    let proof = if may_want_a_page {
        proof
            .and("what is not known", "it may want you to log in on a page in the browser first")
            .at_most(Confidence::Likely)
    } else if matches!(answer, 200..=299 | 400 | 404 | 405 | 426 | 501) {
        proof
    } else {
        return None;
    };
    match e.unknown_name.as_ref().map(|other| is_alike(other, asked)) {
        Some(true) => Some(proof.not("proxy/policy-denies: every host gets the same answer")),
        Some(false) => None,
        None => Some(proof.at_most(Confidence::Likely)),
    }
}

/// There is no connection to the proxy, or no encrypted one.
fn unreached(e: &Evidence, asked: &Tunnel) -> Option<Proof> {
    let kind = kind(asked).filter(|&kind| !is_ours(kind))?;
    // A temporary failure of a look-up, or a network that is down, may be ours; and with
    // encryption of another age a browser may succeed.
    let handshake = asked.handshake.as_ref().filter(|handshake| !handshake.completed());
    let unsure = matches!(
        kind,
        FailureKind::TryAgain | FailureKind::NetworkDown | FailureKind::NetworkUnreachable
    ) || handshake.is_some_and(|handshake| !speaks_plainly(handshake));
    let proof = raw(e).compared("connection to the proxy", "accepted", outcome(asked));
    let proof = match &e.again {
        Some(_) => proof.not("one lost packet: it was tried twice"),
        None => proof,
    };
    Some(if unsure { proof.at_most(Confidence::Likely) } else { proof })
}

/// What came in answer to a greeting begins like no message of TLS: neither like an alert (0x15)
/// nor like a greeting (0x16).
fn speaks_plainly(handshake: &Handshake) -> bool {
    let first = handshake.head_hex.get(..2);
    first.is_some_and(|first| first != "15" && first != "16")
}

/// Programs differ: some fail, some go without a proxy.
fn unreadable(e: &Evidence, source: &str) -> Option<Proof> {
    let flaw = e.settings.settings.iter().find_map(|setting| match &setting.told {
        ProxyTold::Unreadable { flaw } if setting.source == source => Some(flaw.label()),
        _ => None,
    })?;
    let proof = Proof::default().compared(source, "scheme://host:port", flaw);
    let proof = proof.value("proxy", format!("address ({flaw})")).value("source", source);
    Some(proof.at_most(Confidence::Likely))
}

/// How a login at the proxy ended, and why it might end otherwise for Desktop.
struct LoginSeen {
    words: &'static str,
    doubt: Option<&'static str>,
    /// Desktop may log in with the Windows account, without asking anybody.
    desktop_may: bool,
}

fn login_seen(asked: &Tunnel) -> LoginSeen {
    let single_sign_on = asked.schemes.iter().any(|scheme| is_single_sign_on(scheme));
    let (words, doubt) = match asked.login {
        ProxyLogin::Refused => ("sent once, and refused; it is not tried again", None),
        ProxyLogin::HeldBack => (
            "not sent: the proxy refused it before in this run",
            Some("whether that refusal was only about another hub: examined alone this one tells"),
        ),
        ProxyLogin::NotSafe => (
            "not sent: the certificate of the proxy is not trusted",
            Some("whether the proxy would accept it"),
        ),
        ProxyLogin::NotSpoken => (
            "not sent: the proxy does not offer Basic",
            Some("whether the proxy would accept it in another form"),
        ),
        _ => ("the setting holds none", None),
    };
    let windows = "hublink cannot log in here; Desktop may, with the Windows account";
    let doubt = if single_sign_on { Some(windows) } else { doubt };
    LoginSeen { words, doubt, desktop_may: single_sign_on }
}

fn login_failed(e: &Evidence, case: &Case) -> Option<Proof> {
    let asked = failed(e).filter(|asked| asked.status == Some(407))?;
    if matches!(asked.login, ProxyLogin::RefusedHere | ProxyLogin::NotMeant) {
        return None;
    }
    let login = login_seen(asked);
    // Where the direct way works nobody needs the login, unless Desktop takes it unnoticed.
    if !login.desktop_may && bypass_missing(e, case).is_some() {
        return None;
    }
    let proof = raw(e)
        .compared("answer to the request", "200", outcome(asked))
        .and("logins that the proxy offers", asked.schemes.join(", "))
        .and("name and password", login.words)
        .not("401, the hub's own login: 407 comes from the proxy");
    Some(match login.doubt {
        Some(doubt) => proof.and("what is not known", doubt).at_most(Confidence::Likely),
        None => proof,
    })
}

fn policy_denies(e: &Evidence, case: &Case) -> Option<Proof> {
    let Some(asked) = failed(e) else { return other_port_denied(e, case) };
    let denies = matches!(asked.status, Some(403 | 405 | 451));
    if asked.login == ProxyLogin::RefusedHere {
        return Some(
            raw(e)
                .compared("answer to the request", "200", outcome(asked))
                .and("name and password", "accepted for another host, refused for this one")
                .not("proxy/login-failed: the proxy knows the name and password")
                .at_most(Confidence::Likely),
        );
    }
    let tried = e.unknown_name.as_ref().is_some_and(|other| {
        is_gateway_error(other.status) || (other.status == Some(404) && is_marked(other))
    });
    let proof = raw(e).compared("answer to the request", "200", outcome(asked));
    let proof = proof.not("a refusal by the hub: the proxy opened no tunnel to it");
    if !denies {
        None
    } else if passes_others(e) {
        Some(proof.not("proxy/unusable: it lets another host or port through"))
    } else if tried {
        Some(proof.not("proxy/unusable: a name that nobody has is looked up, not forbidden"))
    } else if is_marked(asked) {
        Some(proof.at_most(Confidence::Likely))
    } else {
        // A web server in place of a proxy answers 405 to every such request.
        (asked.status != Some(405)).then(|| proof.at_most(Confidence::Possible))
    }
}

/// The hub passes, and the port of its login does not.
fn other_port_denied(e: &Evidence, case: &Case) -> Option<Proof> {
    let asked = e.asked.as_ref()?;
    let later = case.of::<Http>()?.hops.last()?.tunnel.as_ref()?;
    let is_known = later.login == ProxyLogin::RefusedHere;
    let denies = is_known || matches!(later.status, Some(403 | 405 | 451));
    (denies && later.target != asked.target).then(|| {
        let proof = raw(e)
            .compared(format!("the proxy asked for {}", later.target), "200", outcome(later))
            .not(format!("proxy/unusable: it lets {} through", asked.target))
            .value("target", &later.target);
        if is_known { proof.at_most(Confidence::Likely) } else { proof }
    })
}

fn cannot_reach_hub(e: &Evidence, case: &Case) -> Option<Proof> {
    let Some(asked) = failed(e) else { return says_so_in_tunnel(e, case) };
    let proof = raw(e).compared("answer to the request", "200", outcome(asked));
    if is_silent(asked) {
        let answered = e.unknown_name.as_ref().filter(|other| other.status.is_some())?;
        let proof = proof
            .not(format!("proxy/unusable: for {} it answers at once", answered.target))
            .value("status text", "it does not answer for this hub");
        return Some(proof.at_most(Confidence::Likely));
    }
    if !is_gateway_error(asked.status) {
        return None;
    }
    let words = asked.header("x-squid-error").unwrap_or(&asked.words);
    let status = asked.status.unwrap_or_default();
    let proof = proof
        .not("an error of the hub: the proxy opened no tunnel to it")
        .value("status text", format!("{status} {words}").trim_end());
    Some(match (is_marked(asked), passes_others(e)) {
        (true, true) => proof.not("a fault of the proxy: it lets another host or port through"),
        (true, false) | (false, true) => proof.at_most(Confidence::Likely),
        (false, false) => proof.at_most(Confidence::Possible),
    })
}

/// It carries others, and speaks in the tunnel to this hub as in one to a name that nobody has.
fn says_so_in_tunnel(e: &Evidence, case: &Case) -> Option<Proof> {
    let tls = in_tunnel(e, case)?;
    let other = tls.others.first()?;
    let unknown = tls::proxys_own_words(tls)?;
    let proof = words_in_tunnel(e, tls, &unknown.server_name);
    let fault = format!("a fault of the proxy: it carries {}", other.host);
    Some(proof.not(fault).at_most(Confidence::Likely))
}

/// The proxy opens a tunnel in which no encryption comes about, and past it comes about.
fn tunnel_is_broken(e: &Evidence, case: &Case) -> Option<Proof> {
    let direct = tls::works_past_it(in_tunnel(e, case)?)?;
    let accepted = direct.rustls.as_ref().is_some_and(|verdict| verdict.accepted);
    // With a certificate nobody trusts it may be another server than the hub.
    let most = if accepted { Confidence::Likely } else { Confidence::Possible };
    let proof = raw(e)
        .and("encryption in the tunnel that the proxy opened", "does not come about")
        .and(format!("encryption with {}, past the proxy", direct.connect.to), "completed")
        .not("a hub that does not speak TLS: past the proxy it does")
        .and("exceptions that fit the hub", "none");
    Some(proof.at_most(most))
}

fn bypass_missing(e: &Evidence, case: &Case) -> Option<Proof> {
    let Some(asked) = failed(e) else { return tunnel_is_broken(e, case) };
    if !asked.reached() {
        return None;
    }
    let fits = matches!(asked.status, Some(403 | 407 | 451 | 500 | 502 | 503 | 504));
    let waits = is_silent(asked) && e.unknown_name.as_ref().is_some_and(|u| u.status.is_some());
    if !(fits || waits) {
        return None;
    }
    let proof = raw(e)
        .not("proxy/cannot-reach-hub: without the proxy the hub is reached")
        .and("exceptions that fit the hub", "none");
    let hub = case.facts.hub.as_ref()?;
    let proof = if hub.scheme == Scheme::Http {
        let direct = case.of::<Tcp>()?.chosen?;
        // Whatever is at that port accepts; that it is the hub was not seen.
        proof.and("the direct way", format!("{direct} accepts")).at_most(Confidence::Likely)
    } else {
        let direct = e.direct.as_ref().filter(|direct| direct.completed())?;
        let trusted = direct.rustls.as_ref().is_some_and(|verdict| verdict.accepted);
        // With a certificate nobody trusts it may be another server than the hub.
        if trusted { proof } else { proof.at_most(Confidence::Likely) }
    };
    if asked.status != Some(407) {
        return Some(proof);
    }
    let login = login_seen(asked);
    Some(if login.desktop_may {
        proof
            .and("what is not known", "whether Desktop passes with the Windows account")
            .at_most(Confidence::Possible)
            .severity(Severity::Informs)
    } else if login.doubt.is_some() || asked.login == ProxyLogin::RefusedHere {
        proof.at_most(Confidence::Likely)
    } else {
        proof
    })
}

fn direct_blocked(e: &Evidence, case: &Case) -> Option<Proof> {
    if e.way != Way::Direct || !direct_way_failed(case) {
        return None;
    }
    let works = |one: &&Candidate| {
        let opened = one
            .asked
            .as_ref()
            .is_some_and(|asked| asked.opened() && asked.status.is_some_and(|status| status < 400));
        opened || one.handshake.as_ref().is_some_and(Handshake::completed)
    };
    let open = e.candidates.iter().find(works)?;
    let trusted = open
        .handshake
        .as_ref()
        .is_none_or(|handshake| handshake.rustls.as_ref().is_some_and(|verdict| verdict.accepted));
    let proof = Proof::seen("the direct way", "no address of the hub accepts")
        .and(format!("through {}, from {}", open.proxy, open.source), "the hub answers")
        .not("a hub that is down: through the proxy it answers")
        .value("proxy", &open.proxy)
        .value("source", &open.source);
    let proof = match &e.exempt {
        Some(exempt) => proof.and(
            "why programs go directly",
            format!("the entry {} of {}", exempt.entry, exempt.source),
        ),
        None => proof,
    };
    Some(if trusted { proof } else { proof.at_most(Confidence::Possible) })
}

fn pac_unusable(e: &Evidence, case: &Case) -> Option<Proof> {
    found_unusable(e, case).or_else(|| fetched_unusable(e, case))
}

/// What the system's own evaluation came to, by its number.
fn found_unusable(e: &Evidence, case: &Case) -> Option<Proof> {
    use ScriptFlaw::{Bad, BrokeOff, NoService, NotFound, NotLoaded, Other, WrongType};
    let (answer, why, code) = e.settings.answers.iter().find_map(|answer| match answer.said {
        ScriptSaid::Failed { why, code } if why != NotFound => Some((answer, why, code)),
        _ => None,
    })?;
    let named = |one: &&ProxySetting| one.source == answer.source;
    let setting = e.settings.settings.iter().find(named)?;
    let (url, was_named) = match &setting.told {
        ProxyTold::Pac { url } => (url.as_str(), true),
        _ => ("found by automatic detection", false),
    };
    let looks_good = e.script.as_ref().is_some_and(|script| script.state == ScriptState::Usable);
    let proof = Proof::default()
        .compared(
            format!("Windows' evaluation of the proxy script {url}"),
            "a way to the hub",
            format!("{} (WinHTTP {code})", why.label()),
        )
        .and("named by", &answer.source)
        .value("url", url);
    let proof = match &e.script {
        Some(script) => proof.and("the same script, fetched by hublink", &script.words),
        None => proof,
    };
    match why {
        Bad | BrokeOff | WrongType => Some(blocks_without(proof, e, case)),
        // Detection that finds a server without a script is no fault, and what hublink loads is
        // there.
        NotLoaded if !was_named || looks_good => None,
        NotLoaded => unless_missed_like_the_hub(proof, e, case),
        // Chromium evaluates scripts without that service.
        NoService if was_named => Some(proof.at_most(Confidence::Possible)),
        NoService | NotFound | Other => None,
    }
}

/// What hublink saw of the script without evaluating it.
fn fetched_unusable(e: &Evidence, case: &Case) -> Option<Proof> {
    let script = e.script.as_ref().filter(|script| script.is_unusable())?;
    let proof = Proof::default()
        .compared(format!("proxy script {}", script.url), "a script", &script.words)
        .and("named by", source(e))
        .value("url", &script.url);
    unless_missed_like_the_hub(proof, e, case)
}

/// A script of another network is missed for the same reason as the hub, and that is said where it
/// is looked up.
fn unless_missed_like_the_hub(proof: Proof, e: &Evidence, case: &Case) -> Option<Proof> {
    if e.script.as_ref().is_some_and(Script::is_proven_useless) {
        return Some(blocks_without(proof, e, case));
    }
    (!is_without_vpn(case)).then(|| proof.at_most(Confidence::Likely))
}

/// Without the script programs go on with the next setting; mostly there is none, and they go
/// directly.
fn blocks_without(proof: Proof, e: &Evidence, case: &Case) -> Proof {
    if e.way.proxy().is_none() && direct_way_leads_nowhere(case) && !is_without_vpn(case) {
        proof.and("the direct way", "no address of the hub accepts").severity(Severity::Blocks)
    } else {
        proof
    }
}

/// What each kind of programs is told, by its setting. Where a script leads is not known if it was
/// not evaluated.
fn ways(e: &Evidence, hub: &HubAddress) -> Vec<(String, Way)> {
    let (scheme, host, port) = (hub.scheme, hub.host.as_str(), hub.port);
    let by =
        |setting: &ProxySetting| (setting.source.clone(), e.settings.way_by(setting, host, port));
    let known = |(_, way): &(String, Way)| !matches!(way, Way::Undecided { .. });
    if !e.settings.tells_programs_apart() {
        return e.settings.followed(scheme).map(by).filter(known).collect();
    }
    // The user's settings are one: where one of them is of no use, the next decides. That there
    // are none is an answer too.
    let deciding = e.settings.deciding(scheme, host, port);
    let user = deciding.map_or("Windows user settings", |setting| &setting.source);
    let user = (user.to_owned(), e.settings.way(scheme, host, port));
    let others = e.settings.told(scheme).filter(|setting| setting.others_only).map(by);
    iter::once(user).chain(others).filter(known).collect()
}

fn settings_disagree(e: &Evidence, case: &Case) -> Option<Proof> {
    let hub = case.facts.hub.as_ref()?;
    let ways = ways(e, hub);
    let place = |way: &Way| way.proxy().map(ToString::to_string);
    let (first, way) = ways.first()?;
    let other = ways.iter().find(|(_, other)| place(other) != place(way));
    if let Some((other, _)) = other {
        let variable = format!("{first} or {other}");
        let listed = ways
            .iter()
            .fold(Proof::default(), |proof, (source, way)| proof.and(source.clone(), way));
        return Some(
            listed
                .not("settings that lead to the same proxy: these lead to different ones")
                .value("variable", variable),
        );
    }
    lists_disagree(e, hub).or_else(|| read_differently(e))
}

/// Two lists of exceptions, of which only one holds the hub.
fn lists_disagree(e: &Evidence, hub: &HubAddress) -> Option<Proof> {
    let [first, second, ..] = &e.settings.exceptions[..] else { return None };
    let exempt =
        |list: &Exceptions| list.exempt(&hub.host, hub.port).is_some_and(|exempt| exempt.followed);
    let differ = first.place == second.place && exempt(first) != exempt(second);
    differ.then(|| {
        Proof::seen(first.source.clone(), first.entries.join(", "))
            .and(second.source.clone(), second.entries.join(", "))
            .not("lists that read alike for this hub: only one of them holds it")
            .value("variable", format!("{} or {}", first.source, second.source))
    })
}

/// One exception that not all programs understand.
fn read_differently(e: &Evidence) -> Option<Proof> {
    let exempt = e.exempt.as_ref()?;
    let why = exempt.read_differently.as_ref()?;
    Some(
        Proof::seen(format!("entry {} of {}", exempt.entry, exempt.source), why)
            .and("way to the hub", &e.way)
            .value("variable", &exempt.source),
    )
}
