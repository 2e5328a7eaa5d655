//! The causes of a web server that is no hub, or of a hub without a way to log in.

use hublink_probe::{Ending, Exchange};

use super::{CloudRole, Evidence, PathAnswer, Session, SocketAnswer};
use crate::address::HubAddress;
use crate::frame::{
    AGAIN_AS_NAMED, Case, Cause, Confidence, Owner, Proof, Severity, cause, fallback,
};
use crate::http::{
    self, CloudError, DestinationKind, FilterRole, Http, KnownText, Mark, Page, Stop, outcome,
};
use crate::login::Login;
use crate::tls::Tls;

pub(super) const CAUSES: &[Cause<Evidence>] = &[
    Cause {
        title: "There is no Qlik Cloud tenant of this name.",
        explain: "Qlik Cloud answers, and says that no login is set up for this host name. \
                  Mostly the name is misspelt or the region is wrong.",
        remedy: &[
            "Correct the tenant address, now <host>; it looks like https://TENANT.REGION.qlikcloud.com.",
        ],
        verify: AGAIN_AS_NAMED,
        look_alikes: &["the plain 401 that every tenant gives to a visitor without a session"],
        see: &["Qlik support article 1710940"],
        ..cause("hub/tenant-unknown", tenant_unknown)
    },
    Cause {
        title: "The tenant accepts only listed addresses, and yours may be missing.",
        explain: "A Qlik Cloud tenant may have a list of the addresses it may be used from. From \
                  any other address every call is refused, whoever makes it. The exact answer is \
                  unconfirmed.",
        remedy: &[
            "Ask the tenant administrator of <host> to add your public IPv4 address to the IP allow list.",
        ],
        owner: Owner::QlikAdmin,
        confidence: Confidence::Possible,
        look_alikes: &[
            "a user who is no member of the tenant, which is seen only after a login (AUTH-5)",
            "a tenant that does not exist (LOGIN-2)",
            "a web filter's page: it carries the filter's marks",
        ],
        see: &["Qlik help, IP allow lists; the body of the answer is unconfirmed"],
        ..cause("hub/tenant-ip-blocked", tenant_ip_blocked)
    },
    Cause {
        title: "The tenant's login is set up wrongly.",
        explain: "Qlik Cloud refuses to begin the login because of the tenant's own settings.",
        remedy: &[
            "Ask the tenant administrator of <host> to repair identity provider or web-integration origins: <code>.",
        ],
        owner: Owner::QlikAdmin,
        look_alikes: &["a user who is no member of the tenant, which is seen only after a login"],
        see: &["a public report (INVALID-IDP-CONFIG)", "Motio documentation (LOGIN-8, LOGIN-10)"],
        ..cause("hub/cloud-login-misconfigured", cloud_login_misconfigured)
    },
    Cause {
        title: "Qlik Cloud itself has a fault at the moment.",
        explain: "The tenant's address answers with an error of Qlik's own service, twice.",
        remedy: &[
            "Look at Qlik Cloud's status page and wait; if it lasts, open a case with Qlik and give traceId <id>.",
        ],
        owner: Owner::Qlik,
        confidence: Confidence::Likely,
        look_alikes: &[
            "an error of a proxy or a web filter: it carries neither traceId nor Qlik's error object",
        ],
        see: &["Qlik Cloud's error object, qlik.dev"],
        ..cause("hub/cloud-service-error", cloud_service_error)
    },
    Cause {
        title: "The hub sends you to a second port for the login, and that port is closed to you.",
        explain: "Older Qlik Sense servers keep the Windows login on a port of its own, mostly \
                  4244. The hub's page can be reached, but its login cannot.",
        remedy: &[
            "Ask IT to open <host>:<port> from your network, or your Qlik admin to move the login to port 443.",
        ],
        owner: Owner::Network,
        look_alikes: &["a login port that answers: that is normal for older releases"],
        see: &["Qlik Sense ports page", "Microsoft's application-proxy article for Qlik Sense"],
        suppresses: &["hub/not-in-allow-list"],
        ..cause("hub/login-port-closed", login_port_closed)
    },
    Cause {
        title: "The login page of your identity provider cannot be reached from here.",
        explain: "The hub answers and sends visitors to another host for the login. That host \
                  does not answer, so nobody can log in from this network.",
        remedy: &["Ask IT to open <idp>:<port> from your network (<cause>)."],
        owner: Owner::Network,
        look_alikes: &["an identity provider that answers with an error page: it was reached"],
        see: &["SAML 2.0 bindings", "OpenID Connect Core section 3.1", "measured"],
        ..cause("hub/identity-provider-unreachable", identity_provider_unreachable)
    },
    Cause {
        title: "The hub does not accept the name that the link uses for it.",
        explain: "A Qlik hub serves only names on its host allow list. Asked in the link's name \
                  it does not say where to log in; in a name of its own it does.",
        remedy: &[
            "Ask your Qlik admin to add <host> to the host allow list (QMC › virtual proxy › Advanced); name only, no port.",
        ],
        owner: Owner::QlikAdmin,
        look_alikes: &[
            "an entrance for anonymous visitors, which has no login to tell of",
            "a hub that tells no login address in any name",
        ],
        see: &["Qlik developer help, Proxy Service API"],
        ..cause("hub/not-in-allow-list", not_in_allow_list)
    },
    Cause {
        title: "Web pages of the hub work, but something on the way blocks its WebSocket connection, \
                which carries the licence check.",
        explain: "After the login Desktop talks to the hub over a WebSocket, a connection that \
                  begins as a web request and then stays open. It carries the licence check. A \
                  reverse proxy or filter that does not know WebSockets answers in the hub's \
                  place, or ends the connection.",
        remedy: &[
            "Ask IT to let \"Upgrade: websocket\" to <host> through (<device>), with an idle time-out of at least 60 s.",
        ],
        owner: Owner::Network,
        look_alikes: &[
            "a hub's own refusal of an upgrade without its token: 403, and it is healthy",
            "a hub that opens the WebSocket and says that nobody is logged in",
            "silence: whether the way or the hub is silent cannot be told",
        ],
        see: &["RFC 6455 section 4", "measured: nginx without Upgrade, a reset on the header"],
        ..cause("hub/websocket-blocked", websocket_blocked)
    },
    Cause {
        title: "The path in the link does not exist on this hub.",
        explain: "The part of the link behind the host name is the prefix of a virtual proxy. \
                  Either no virtual proxy has it, or that virtual proxy is not linked to the \
                  central proxy; both look the same from outside.",
        remedy: &[
            "Ask your Qlik admin to correct prefix <prefix> or to link its virtual proxy to the central proxy.",
        ],
        verify: AGAIN_AS_NAMED,
        owner: Owner::QlikAdmin,
        confidence: Confidence::Likely,
        look_alikes: &["a request that is too large, which is also answered with 400"],
        see: &["Qlik help, virtual proxies", "seen on one Qlik Sense server by a third party"],
        suppresses: &["hub/no-interactive-login"],
        ..cause("hub/path-unknown", path_unknown)
    },
    Cause {
        title: "This entrance of the hub has no login page for people.",
        explain: "A virtual proxy may be anonymous only, or made for programs that bring a token \
                  or a header. Desktop needs one where a person can log in.",
        remedy: &["Ask your Qlik admin for a link to a virtual proxy of <host> with a user login."],
        verify: AGAIN_AS_NAMED,
        owner: Owner::QlikAdmin,
        confidence: Confidence::Possible,
        look_alikes: &["a wrong path: it is answered with a page of its own text"],
        see: &["Qlik developer help, Proxy Service API", "unconfirmed for header logins"],
        ..cause("hub/no-interactive-login", no_interactive_login)
    },
    Cause {
        title: "Something answers at this address, but it is not a Qlik hub.",
        explain: "None of the answers carries a mark of a Qlik hub. The link may name another \
                  web server, or somebody's Qlik Sense Desktop.",
        remedy: &["Ask your Qlik admin for the hub's address; <host> answers as <what>."],
        verify: AGAIN_AS_NAMED,
        owner: Owner::QlikAdmin,
        confidence: Confidence::Likely,
        look_alikes: &[
            "a web filter or start page that answers in the hub's place",
            "a login in front of the hub that redirects every visitor first",
        ],
        see: &["Qlik developer help, Proxy Service API", "marks seen on public Qlik hubs"],
        ..cause("hub/not-qlik", not_qlik)
    },
    Cause {
        title: "What answers could not be recognised as a Qlik hub with a login.",
        ..fallback("hub/unexplained", unexplained)
    },
];

/// All marks of a Qlik hub in all answers.
pub(super) fn marks(e: &Evidence, case: &Case) -> Vec<Mark> {
    let http = case.of::<Http>();
    let chain = http.into_iter().flat_map(http::Evidence::marks);
    let left = http.and_then(|http| http.left_to.as_ref()?.page.as_ref());
    let left = left.into_iter().flat_map(|page| page.marks.iter().copied());
    e.marks.iter().copied().chain(chain).chain(left).collect()
}

/// Whether what answers carries a mark that only a Qlik hub has.
pub(super) fn is_hub(e: &Evidence, case: &Case) -> bool {
    marks(e, case).into_iter().any(Mark::is_strong)
}

fn is_cloud(case: &Case) -> bool {
    case.facts.hub.as_ref().is_some_and(HubAddress::is_cloud)
}

/// The last answer of the link's own host, and what its page says.
fn last(case: &Case) -> Option<(&Exchange, &Page)> {
    case.of::<Http>()?.last()
}

fn line(answer: &Exchange) -> String {
    format!("{} → {}", answer.url, outcome(answer))
}

fn cloud_error<'c>(e: &'c Evidence, case: &'c Case, codes: &[&str]) -> Option<&'c CloudError> {
    let chain = case.of::<Http>().into_iter().flat_map(|http| &http.pages);
    let tenant = e.tenant.as_ref().map(|tenant| &tenant.page);
    let login = e.provider_page.as_ref().map(|login| &login.page);
    let mut errors = chain.chain(tenant).chain(login).flat_map(|page| &page.errors);
    errors.find(|error| codes.contains(&error.code.as_str()))
}

fn tenant_unknown(e: &Evidence, case: &Case) -> Option<Proof> {
    let error = cloud_error(e, case, &["LOGIN-2"])?;
    Some(
        Proof::seen("error of Qlik Cloud", format!("{} {}", error.code, error.title))
            .not("the plain 401 of a visitor without a session: it carries no LOGIN-2"),
    )
}

fn cloud_login_misconfigured(e: &Evidence, case: &Case) -> Option<Proof> {
    let error = cloud_error(e, case, &["INVALID-IDP-CONFIG", "LOGIN-8", "LOGIN-10"])?;
    let seen = format!("{} {}", error.code, error.title);
    Some(Proof::seen("error of Qlik Cloud", seen).value("code", &error.code))
}

fn cloud_service_error(e: &Evidence, case: &Case) -> Option<Proof> {
    let http = case.of::<Http>().filter(|_| is_cloud(case))?;
    let tenant = e.tenant.as_ref();
    let asked = http.retried.iter().chain(http.hops.last()).chain(tenant.map(|t| &t.answer));
    let faults: Vec<&Exchange> = asked.filter(|answer| http::is_service_fault(answer)).collect();
    let pages = || http.pages.iter().chain(tenant.map(|tenant| &tenant.page));
    let trace = pages().find_map(|page| page.trace_id.as_ref());
    let by_qlik = trace.is_some() || pages().any(|page| !page.errors.is_empty());
    let trusted = case.of::<Tls>().and_then(|tls| tls.handshake.rustls.as_ref());
    if faults.len() < 2 || !by_qlik || trusted.is_some_and(|verdict| !verdict.accepted) {
        return None;
    }
    let trace = trace.map_or("(none given)", |trace| trace);
    let proof = faults.iter().fold(Proof::default(), |p, fault| p.and("answer", line(fault)));
    Some(proof.and("traceId", trace).value("id", trace))
}

fn login_port_closed(e: &Evidence, case: &Case) -> Option<Proof> {
    let http = case.of::<Http>().filter(|http| http::is_login_port(http, case))?;
    let last = http.hops.last().filter(|hop| hop.ending == Ending::NoConnection)?;
    let port = last.to.port();
    let proof = Proof::seen("the hub sends visitors to", &last.url)
        .and("connection to that port", outcome(last))
        .value("port", port);
    match &e.login_port {
        // Silence may be chance until it is seen twice.
        None => Some(proof.at_most(Confidence::Likely)),
        Some(again) => {
            let failure = again.failure?;
            Some(
                proof
                    .and("second attempt", failure)
                    .not("a login port that answers: two attempts failed"),
            )
        }
    }
}

fn tenant_ip_blocked(e: &Evidence, case: &Case) -> Option<Proof> {
    let (answer, page) = last(case).filter(|_| is_cloud(case))?;
    let tenant = e.tenant.as_ref()?;
    let both = [(answer, page), (&tenant.answer, &tenant.page)];
    let refused = |(answer, page): &(&Exchange, &Page)| {
        let filtered = page.filter.as_ref().is_some_and(|sign| sign.role == FilterRole::Refuses);
        answer.status == Some(403) && page.errors.is_empty() && !filtered
    };
    both.iter().all(refused).then(|| {
        Proof::seen("the tenant's page", line(answer))
            .and("asked for the visitor", line(&tenant.answer))
            .not("LOGIN-2 and AUTH-5: the answers carry no error of Qlik Cloud")
    })
}

fn identity_provider_unreachable(e: &Evidence, case: &Case) -> Option<Proof> {
    let left = case.of::<Http>()?.left_to.as_ref();
    let provider = left.filter(|left| left.to.kind == DestinationKind::IdentityProvider);
    let Some((left, first)) = provider.and_then(|left| Some((left, left.unreached()?))) else {
        return cloud_login_unreachable(e);
    };
    let (why, confidence) = match &e.provider_again {
        None => (first.why, first.confidence.min(Confidence::Likely)),
        Some(again) => {
            let again = again.unreached()?;
            let twice = first.by_silence && again.by_silence;
            (again.why, if twice { Confidence::Certain } else { again.confidence })
        }
    };
    Some(
        Proof::seen("the hub sends visitors to", &left.to.url)
            .and(format!("{}:{}", left.to.host, left.to.port), &why)
            .not("an error page of the identity provider: it was never reached")
            .value("idp", &left.to.host)
            .value("port", left.to.port)
            .value("cause", why)
            .at_most(confidence),
    )
}

/// The tenant did not lead there in this run, so it only informs.
fn cloud_login_unreachable(e: &Evidence) -> Option<Proof> {
    let of = |role| e.cloud_hosts.iter().filter(move |host| host.role == role);
    let login = &of(CloudRole::Login).next()?.look;
    let unreached = login.unreached()?;
    let others = of(CloudRole::Content).map(|host| &host.look);
    let others = others.filter_map(|host| Some((&host.to.host, host.unreached()?.why)));
    let proof = Proof::seen(format!("{}:{}", login.to.host, login.to.port), &unreached.why)
        .and("that a login of this tenant needs it", "not seen in this run, and unconfirmed")
        .value("idp", &login.to.host)
        .value("port", login.to.port)
        .value("cause", &unreached.why);
    let proof = others.fold(proof, |proof, (host, why)| proof.and(host.as_str(), why));
    Some(proof.severity(Severity::Informs).at_most(Confidence::Possible))
}

fn websocket_blocked(e: &Evidence, case: &Case) -> Option<Proof> {
    if !is_hub(e, case) {
        return None;
    }
    let anonymous = e.socket.as_ref();
    let again = e.socket_again.as_ref().and_then(SocketAnswer::cut);
    let in_session = e.socket_in_session.as_ref().and_then(SocketAnswer::cut);
    let first = anonymous.and_then(SocketAnswer::cut);
    let silent = anonymous.filter(|one| one.seen.exchange.ending == Ending::Silence);
    if first.is_none() && in_session.is_none() && silent.is_none() {
        return None;
    }
    let cut = e.socket_in_session.as_ref().filter(|_| in_session.is_some()).or(anonymous)?;
    let page = last(case).map(|(answer, _)| line(answer));
    let mut proof = Proof::seen("web pages", page.unwrap_or_else(|| "answer".to_owned()));
    let told = [
        ("WebSocket", &first),
        ("WebSocket, second try", &again),
        ("WebSocket in a session", &in_session),
    ];
    for (at, seen) in told {
        if let Some(seen) = seen {
            proof = proof.compared(at, "opened (101)", seen);
        }
    }
    if let Some(silent) = silent {
        proof = proof.and("WebSocket", outcome(&silent.seen.exchange));
    }
    let proof = proof
        .value("device", device(cut))
        .not("a refusal by the hub itself: the answer carries no mark of it");
    let every_time = first.is_some() && again.is_some();
    if let Some(direct) = e.socket_direct.as_ref().filter(|direct| direct.seen.upgraded) {
        let proof = proof.compared("past the proxy", "the same", line(&direct.seen.exchange));
        return Some(proof);
    }
    let proof = proof.at_most(Confidence::Likely);
    Some(if in_session.is_some() || every_time {
        proof
    } else {
        proof.severity(Severity::Informs).at_most(Confidence::Possible)
    })
}

/// What stands in the way, by the name it gives itself.
fn device(cut: &SocketAnswer) -> String {
    let named = ["via", "server"].iter().find_map(|name| cut.seen.exchange.header(name));
    let through = cut.seen.exchange.via.as_ref().map(ToString::to_string);
    let unknown = || "what stands in front of it".to_owned();
    named.map(str::to_owned).or(through).unwrap_or_else(unknown)
}

/// A WebSocket or its token that the hub refuses to somebody who is logged in and brings both.
///
/// A filter, a server in front and a session without its cookie answer 403 as well: the hub has to
/// know the user in that session, and to be the one who refuses.
fn refused_in_session(e: &Evidence, case: &Case) -> Option<Proof> {
    let known = case.of::<Login>().and_then(|login| login.user.as_ref()?.user.as_ref()).is_some();
    let asked = e.socket_in_session.as_ref().filter(|_| known)?;
    let socket = &asked.seen;
    let refused = |answer: &&Exchange| answer.status == Some(403);
    let token = socket.token.as_deref().filter(refused);
    let upgrade = Some(&socket.exchange).filter(|_| socket.token_given).filter(refused);
    let answer = token.or(upgrade)?;
    // Of the answer for the token only the head is saved.
    let head = || Page::of(&Exchange { body: Vec::new(), ..answer.clone() }, None);
    let page = if token.is_some() { head() } else { asked.page.clone() };
    if page.filter.is_some() {
        return None;
    }
    let own = page.marks.iter().any(|mark| mark.is_strong() || *mark == Mark::HttpApi);
    let proof = Proof::seen("asked in a session", line(answer))
        .and("the hub knows the user in it", "yes")
        .not("a session without its cookie: the hub knows the user in it")
        .not("a request without token: 403 is its normal answer, and this one had it");
    Some(if own {
        proof.at_most(Confidence::Likely)
    } else {
        let may = "a server in front, which refuses with the same number";
        proof.and("may also be", may).at_most(Confidence::Possible)
    })
}

fn not_in_allow_list(e: &Evidence, case: &Case) -> Option<Proof> {
    if let Some(proof) = refused_in_session(e, case) {
        return Some(proof);
    }
    let user = e.user.as_ref().filter(|user| user.withholds_login())?;
    let proof = Proof::seen("asked in the link's name", line(&user.answer)).compared(
        format!("login address for {}", case.host()),
        "given",
        "not given",
    );
    if let Some(own) = e.compared.iter().find(|compared| compared.user.login.is_some()) {
        return Some(
            proof
                .and(format!("login address for {}, a name of the server", own.name), "given")
                .not("an anonymous entrance: the hub names no directory for the visitor")
                .not("a hub that tells no login address at all: it does in its own name"),
        );
    }
    // Without a name to compare with, only a hub that has a login can be said to withhold it.
    let has_door = case.of::<Http>().is_some_and(|http| http.login.is_some());
    let compared = e.compared.iter().any(|compared| compared.user.session.is_some());
    (has_door && !compared).then(|| {
        proof.and("a name of the server to compare with", "none known").at_most(Confidence::Likely)
    })
}

fn shows_hub(path: Option<&PathAnswer>) -> bool {
    path.is_some_and(|path| {
        let marks = &path.page.marks;
        let both = marks.contains(&Mark::HubRedirect) && marks.contains(&Mark::HttpApi);
        both || marks.iter().any(|mark| mark.is_strong() && *mark != Mark::QlikErrorPage)
    })
}

fn path_unknown(e: &Evidence, case: &Case) -> Option<Proof> {
    let prefix = case.facts.hub.as_ref()?.prefix.as_ref()?;
    let (answer, page) = last(case)?;
    let by_text = answer.status == Some(400) && page.says(KnownText::RequestHeaderIncorrect);
    let missing = answer.status == Some(404);
    let hub_elsewhere = shows_hub(e.root.as_ref())
        || shows_hub(e.plain_hub.as_ref())
        || e.marks.contains(&Mark::Product);
    let root = e.root.as_ref();
    let root_redirects = root.is_some_and(|root| matches!(root.answer.status, Some(301 | 302)));
    let mut proof = Proof::seen("the link's path", line(answer)).value("prefix", prefix);
    if by_text {
        proof = proof.and("the page says", "The http request header is incorrect");
    }
    if let Some(root) = root {
        proof = proof.and("`/` of the same server", line(&root.answer));
    }
    if prefix.chars().any(char::is_uppercase) {
        proof = proof.and("the prefix has capital letters", prefix);
    }
    if (by_text || missing) && (hub_elsewhere || by_text && root_redirects) {
        return Some(proof.not("a request that is too large: hublink's request is small"));
    }
    (by_text && root.is_none()).then(|| proof.at_most(Confidence::Possible))
}

fn no_interactive_login(e: &Evidence, case: &Case) -> Option<Proof> {
    let user = e.user.as_ref();
    if let Some(user) = user.filter(|user| user.is_anonymous() && user.login.is_none()) {
        return Some(
            Proof::seen("asked for the login", line(&user.answer))
                .and("directory of the visitor", "NONE")
                .and("login address", "not given"),
        );
    }
    let (answer, page) = last(case).filter(|_| !is_cloud(case))?;
    let refused = matches!(answer.status, Some(400 | 401 | 403));
    let challenged = answer.header("www-authenticate").is_some();
    let qlik = user.is_some_and(|user| user.session == Some(Session::Inactive))
        || e.marks.contains(&Mark::Product)
        || page.marks.contains(&Mark::HttpApi);
    let at_hub = case.of::<Http>().is_some_and(|http| http.login.is_none());
    (refused && !challenged && qlik && at_hub && page.texts.is_empty()).then(|| {
        Proof::seen("the hub's page", line(answer))
            .and("redirect to a login", "none")
            .and("challenge of the server", "none")
            .not("a wrong path: the answer has no such text")
    })
}

fn not_qlik(e: &Evidence, case: &Case) -> Option<Proof> {
    if let Some(product) = e.product.as_ref().filter(|product| product.is_desktop()) {
        return Some(
            Proof::default()
                .and("product information", line(&product.answer))
                .compared("deploymentType", "QlikSenseServer", "QlikSenseDesktop")
                .value("what", "somebody's Qlik Sense Desktop"),
        );
    }
    let http = case.of::<Http>().filter(|http| http.stop == Stop::Answer && !is_cloud(case))?;
    let (answer, page) = http.last()?;
    let asked = [e.user.as_ref().map(|u| &u.answer), e.product.as_ref().map(|p| &p.answer)];
    let all_answered = asked.iter().all(|answer| answer.is_some_and(http::is_whole));
    let says_no_more = matches!(answer.status, Some(401 | 429 | 500..));
    let filtered = page.filter.as_ref().is_some_and(|sign| sign.role == FilterRole::Refuses);
    let hub_by_other_path = shows_hub(e.root.as_ref()) || shows_hub(e.plain_hub.as_ref());
    let hidden = e.hidden_by.is_some();
    if is_hub(e, case) || hidden || !all_answered || says_no_more || filtered || hub_by_other_path {
        return None;
    }
    let server = answer.header("server").unwrap_or("a web server without a name");
    let what = match &page.title {
        Some(title) => format!("{server}, page \"{title}\""),
        None => server.to_owned(),
    };
    let proof = Proof::seen("the hub's page", line(answer)).value("what", what);
    let proof = asked.iter().flatten().fold(proof, |p, answer| p.and("asked for", line(answer)));
    let weak = marks(e, case);
    let path_open = case.facts.hub.as_ref().is_some_and(|hub| hub.prefix.is_some());
    let open = !weak.is_empty() || path_open && e.root.is_none();
    let proof = proof.not("a login in front of the hub: visitors are not redirected");
    Some(if open { proof.at_most(Confidence::Possible) } else { proof })
}

fn unexplained(e: &Evidence, case: &Case) -> Option<Proof> {
    let http = case.of::<Http>()?;
    let (answer, page) = http.last()?;
    let challenged = answer.header("www-authenticate").is_some();
    let refused = http.stop == Stop::Answer
        && answer.status.is_some_and(|status| status >= 400)
        && !(answer.status == Some(401) && challenged);
    let silent_login = http.stop == Stop::NoAnswer;
    let explained = is_hub(e, case) || e.hidden_by.is_some();
    // Too many requests: `http` says so, and the hub could not be examined now.
    let limited = answer.status == Some(429);
    if limited || explained && !refused && !silent_login {
        return None;
    }
    let mut proof = Proof::seen("the hub's page", line(answer));
    if page.says(KnownText::VirtualProxyUndetermined) {
        proof = proof.and("the page says", "Virtual proxy not possible to determine");
    }
    if page.says(KnownText::RestartBrowser) {
        proof = proof.and("the page says", "Restart the browser");
    }
    if !answer.head.is_empty() {
        proof = proof.and("it begins", &answer.head);
    }
    let asked = [
        e.user.as_ref().map(|user| &user.answer),
        e.product.as_ref().map(|product| &product.answer),
        e.tenant.as_ref().map(|tenant| &tenant.answer),
    ];
    Some(asked.iter().flatten().fold(proof, |p, answer| p.and("asked for", line(answer))))
}
