//! The causes of a login that does not come to its end.

use hublink_probe::{
    Challenge, CookieSeen, Exchange, LoginMethod, LoginOutcome, LoginSeen, LoginStep, StepKind,
};

use super::{Evidence, LoginText, account};
use crate::address::{HubAddress, read_address};
use crate::frame::{Case, Cause, Confidence, Owner, Proof, Severity, Verify, cause, fallback};
use crate::http::{FilterRole, LoginDoor, outcome};
use crate::hub::{Hub, ProviderPage};
use crate::link::{Link, TextKind};

const NLMP: &str = "Microsoft, MS-NLMP (fields of the NTLM challenge)";
const KERBEROS: &str = "RFC 4120 section 7.5.9 (error codes)";
const RFC6265: &str = "RFC 6265 (cookies)";

/// What the Qlik proxy calls itself.
const QLIK_PROXY: &str = "Microsoft-HTTPAPI";

/// What shows only after a login is gone only if another login says so.
pub(crate) const LOGGED_IN: &[Verify] =
    &[Verify { command: "hublink doctor --login USER <hub>", expect: "" }];

pub(super) const CAUSES: &[Cause<Evidence>] = &[
    Cause {
        title: "You logged in to Qlik Cloud with an account that is not a member of this tenant.",
        explain: "An account of Qlik or of an identity provider exists for itself; each tenant has \
                  its own list of members. A pending invitation may also double a user, which \
                  locks out both.",
        remedy: &[
            "Ask the tenant administrator of <host> to invite <e-mail> again and to remove doubles; check that you used the right account.",
        ],
        owner: Owner::QlikAdmin,
        look_alikes: &["a tenant that does not exist, or whose login is set up wrongly"],
        see: &["Qlik support articles 1710940 and 1972823"],
        ..cause("login/not-a-tenant-member", not_a_tenant_member)
    },
    Cause {
        title: "Your account belongs to another domain than the hub's, and the login was rejected.",
        explain: "A Windows login is decided by the domain of the hub's server. An account of \
                  another domain is accepted only if the two domains trust each other. Whether \
                  they do cannot be seen from outside, so it stands beside login/rejected.",
        remedy: &["Log in as <hub domain>\\<user>, or <user>@<hub DNS domain>."],
        confidence: Confidence::Possible,
        look_alikes: &[
            "a wrong password of an account in a domain that the hub's domain trusts",
            "a server that is no member of a domain at all",
        ],
        see: &[NLMP, "seen on one public Qlik hub by a third party"],
        verify: LOGGED_IN,
        ..cause("login/other-domain", other_domain)
    },
    Cause {
        title: "Windows login is on, but the hub's server is not a member of your domain.",
        explain: "The server names itself where its domain should stand, as servers outside a \
                  domain do. It knows only accounts of its own and cannot check one of a domain.",
        remedy: &[
            "Ask your Qlik admin to join <host> to the domain or to use another login method.",
        ],
        owner: Owner::QlikAdmin,
        confidence: Confidence::Likely,
        look_alikes: &["an account of the server itself, which it can check"],
        see: &["Qlik help, Windows authentication", NLMP],
        suppresses: &["login/rejected", "login/other-domain"],
        verify: LOGGED_IN,
        ..cause("login/hub-server-not-in-domain", hub_server_not_in_domain)
    },
    Cause {
        title: "Your account is locked, disabled or expired in the directory.",
        explain: "The directory knows the account and does not let it in, whatever the password.",
        remedy: &["Ask your directory team to unlock or enable <account>."],
        owner: Owner::IdpAdmin,
        look_alikes: &[
            "a wrong password (24): the directory tells the two apart",
            "NTLM, which answers 401 to all of them: there it stays a candidate of login/rejected",
        ],
        see: &[KERBEROS, "states measured on a domain controller; wording of pages unconfirmed"],
        verify: LOGGED_IN,
        ..cause("login/account-blocked", account_blocked)
    },
    Cause {
        title: "Your password has run out and must be changed.",
        explain: "The directory takes a password only until its last day, and the first one that \
                  an administrator gave only to set a new one.",
        remedy: &["Change your Windows password, then log in again."],
        look_alikes: &["a locked account, which a new password does not open"],
        see: &[KERBEROS, "states measured on a domain controller; wording of pages unconfirmed"],
        verify: LOGGED_IN,
        ..cause("login/password-expired", password_expired)
    },
    Cause {
        title: "Too many wrong passwords: the login is blocked for a while.",
        explain: "After several wrong passwords a login refuses the right one too, until a pause \
                  is over.",
        remedy: &["Wait, then reset the password; do not try again now."],
        confidence: Confidence::Likely,
        look_alikes: &["too many requests of any kind, which the whole server answers with 429"],
        see: &["RFC 6585 section 4", "a public recording of a login to Qlik Cloud (one source)"],
        verify: LOGGED_IN,
        ..cause("login/too-many-attempts", too_many_attempts)
    },
    Cause {
        title: "The hub did not accept user name and password.",
        explain: "The account was sent once, to the end of the login, and refused. A wrong \
                  password, a wrong domain, and an account that is locked, disabled or expired \
                  look the same from outside. hublink does not try again, and sends the account \
                  to no other hub of this run: wrong attempts lock accounts.",
        remedy: &["Check <account> and the password in a browser at <url> before you try again."],
        look_alikes: &[
            "401 to the first two messages of a Windows login: they are part of it",
            "on the hub's own machine: Windows' loopback check refuses a name that is not its own",
            "a server that demands channel binding: it refuses a login that is not bound to it",
            "a server in front that opens a new connection for each request: NTLM never gets through",
        ],
        see: &["butler-sheet-icons notes", "vscode-qlik source", "measured with Apache and Samba"],
        verify: LOGGED_IN,
        ..cause("login/rejected", rejected)
    },
    Cause {
        title: "The API key was not accepted.",
        explain: "A key ends on its date, can be revoked, and belongs to one tenant. It proves \
                  nothing about Desktop's own login, which is an interactive one.",
        remedy: &[
            "Create a new API key (Profile › API keys) or check its end date; your role must allow it.",
        ],
        severity: Severity::Informs,
        look_alikes: &["403 and 429: the key was read, and something else is in the way"],
        see: &["Qlik Cloud's help on API keys", "butler-sheet-icons notes"],
        ..cause("login/key-rejected", key_rejected)
    },
    Cause {
        title: "A device between you and the hub breaks the Windows login, which needs one unbroken \
                connection.",
        explain: "NTLM belongs to one connection to one server. A load balancer that sends its \
                  second message elsewhere, or a front end that opens a new connection for each \
                  request, makes it begin again and again.",
        remedy: &[
            "Ask IT to keep one client on one connection and server (load balancer, HTTP/2 front end) for <host>.",
        ],
        owner: Owner::Network,
        confidence: Confidence::Likely,
        look_alikes: &[
            "401 after the third message: the account was refused then",
            "an answer to the first message that is no 401: something else refuses there",
            "one server under two names: Windows answers early steps as HTTPAPI, later ones as IIS",
        ],
        see: &["Microsoft, MS-NTHT (NTLM over HTTP)", "measured in parts"],
        verify: LOGGED_IN,
        ..cause("login/ntlm-connection-broken", ntlm_connection_broken)
    },
    Cause {
        title: "The hub accepts only Kerberos, and the directory does not know the hub's name.",
        explain: "For Kerberos the directory makes a ticket for the hub's name. It does so only if \
                  that name is registered for the account that the Qlik proxy runs under. Kerberos \
                  is off on Qlik proxies unless an administrator switched it on.",
        remedy: &[
            "Ask your directory team to register HTTP/<host> for the account of the Qlik proxy.",
        ],
        owner: Owner::IdpAdmin,
        look_alikes: &["a hub that offers NTLM too: programs go on with that"],
        see: &[KERBEROS, "RFC 4559 (Negotiate)", "Microsoft's list of SSPI statuses"],
        verify: LOGGED_IN,
        ..cause("login/spn-missing", spn_missing)
    },
    Cause {
        title: "The hub wants a Kerberos ticket, and no domain controller can be reached from here.",
        explain: "Tickets are made by a domain controller, which is mostly inside the company \
                  network only.",
        remedy: &["Connect the VPN or company network, lock and unlock Windows, and try again."],
        confidence: Confidence::Likely,
        look_alikes: &["a hub that offers NTLM too: no domain controller is asked from here then"],
        see: &["Microsoft's list of SSPI statuses", "measured in parts"],
        verify: LOGGED_IN,
        ..cause("login/domain-controller-unreachable", domain_controller_unreachable)
    },
    Cause {
        title: "Your Qlik account exists but is switched off.",
        explain: "The login itself succeeds; the hub then says that the account is not active.",
        remedy: &["Ask your Qlik admin to activate <account>."],
        owner: Owner::QlikAdmin,
        look_alikes: &["a missing licence, which the WebSocket says and no page"],
        see: &[
            "Qlik help, repository troubleshooting",
            "Qlik Cloud's user status, its reading is inferred",
        ],
        verify: LOGGED_IN,
        ..cause("login/user-inactive", user_inactive)
    },
    Cause {
        title: "Desktop's authorisation has ended: 30 days passed, you logged out, access was \
                revoked, the session timed out, or a SAML browser window was closed.",
        explain: "A session ends in several ways, and the hub does not tell which it was.",
        remedy: &["In Desktop choose the hub's button and log in again while connected to <host>."],
        look_alikes: &["a missing licence, which has messages of its own"],
        see: &[
            "Qlik help, starting Qlik Sense Desktop",
            "Qlik's own load tester (topics)",
            "the page is known from one source",
        ],
        verify: LOGGED_IN,
        ..cause("login/authorisation-lapsed", authorisation_lapsed)
    },
    Cause {
        title: "The login succeeds, but the hub's session cookie cannot be kept, so you are asked \
                again.",
        explain: "After a login the hub gives out a cookie, and knows nobody who does not bring it \
                  back. A browser sends it back only if its domain, its path and its protection \
                  fit the hub's address.",
        remedy: &[
            "Ask your Qlik admin to correct session cookie name, domain, Secure and SameSite of the virtual proxy <proxy>.",
        ],
        owner: Owner::QlikAdmin,
        look_alikes: &["a load balancer's cookie that is not kept beside a session cookie that is"],
        see: &[RFC6265, "Qlik help, virtual proxies", "its effect on Desktop is unconfirmed"],
        verify: LOGGED_IN,
        ..cause("login/cookie-not-kept", cookie_not_kept)
    },
    Cause {
        title: "Your identity provider answers, but refuses the hub's login request.",
        explain: "The hub sends its visitors to the identity provider with a request. The provider \
                  knows no application of this kind, or another address to send people back to.",
        remedy: &[
            "Ask your identity-provider team to correct the application entry of <host>: <text>.",
        ],
        owner: Owner::IdpAdmin,
        confidence: Confidence::Likely,
        look_alikes: &[
            "a login page, which is healthy: an interactive login is required then",
            "a challenge for Windows login (401 with a method)",
        ],
        see: &["RFC 6749 section 4.1.2.1", "SAML 2.0 bindings", "measured in parts"],
        ..cause("login/idp-refuses-request", idp_refuses_request)
    },
    Cause {
        title: "A server in front removes request headers that the hub needs.",
        explain: "Calls of the hub's page carry a key in their address and the same key in a \
                  header. A reverse proxy that drops headers it does not know makes the hub \
                  refuse them all.",
        remedy: &[
            "Ask your Qlik admin to pass X-Qlik-Xrfkey, Cookie and Origin unchanged through the reverse proxy.",
        ],
        owner: Owner::QlikAdmin,
        confidence: Confidence::Likely,
        look_alikes: &["a call without a key: hublink sends it in both places, 16 characters long"],
        see: &["Qlik's own load tester and web client (the rule)", "texts of Qlik's documentation"],
        verify: LOGGED_IN,
        ..cause("login/header-stripped", header_stripped)
    },
    Cause {
        title: "The link you use is not the one the hub gives out today.",
        explain: "The hub's menu hands out one link per virtual proxy. Yours leads to another \
                  address, so it was made before the address changed, or for another hub.",
        remedy: &["Take the link again from the hub menu › Client authentication (now <uri>)."],
        severity: Severity::Degrades,
        look_alikes: &[
            "a slash at the end, or the case of letters of the host",
            "the link of another virtual proxy of the same hub",
        ],
        see: &["Qlik's web client of June 2019", "that it matters is inferred"],
        verify: LOGGED_IN,
        ..cause("login/link-differs", link_differs)
    },
    Cause {
        title: "The hub's administrator has not set up the Desktop link here.",
        explain: "The hub shows \"Client authentication\" in its menu only if a link was generated \
                  for its virtual proxy.",
        remedy: &[
            "Ask your Qlik admin to generate the client authentication link in the QMC (central node, default virtual proxy).",
        ],
        owner: Owner::QlikAdmin,
        severity: Severity::Informs,
        look_alikes: &["another virtual proxy than the central node's default: there it is normal"],
        see: &["Qlik support article 1713031", "Qlik help, Configuring client authentication"],
        verify: LOGGED_IN,
        ..cause("login/link-not-generated", link_not_generated)
    },
    Cause {
        title: "The login did not come to its end, and no cause that hublink knows fits.",
        ..fallback("login/unexplained", unexplained)
    },
];

/// What a Kerberos or SSPI number stands for.
mod numbers {
    pub(super) const SPN: [u32; 3] = [7, 0x8009_0303, 0x8009_0322];
    pub(super) const BLOCKED: [u32; 2] = [18, 6];
    pub(super) const EXPIRED: [u32; 1] = [23];
    pub(super) const WRONG: [u32; 2] = [24, 0x8009_030C];
    pub(super) const NO_CONTROLLER: [u32; 1] = [0x8009_0311];
}

/// The clocks of this computer and of the directory are too far apart.
const SKEW: u32 = 0x8009_0324;

/// The login is bound to another connection than the one it came over.
const BINDING: u32 = 0x8009_0346;

fn line(answer: &Exchange) -> String {
    format!("{} → {}", answer.url, outcome(answer))
}

fn number(code: u32) -> String {
    if code > 0xff { status_of_system(code) } else { code.to_string() }
}

/// A status of SSPI with its name, as far as it is known here.
pub(super) fn status_of_system(status: u32) -> String {
    let name = match status {
        0x8009_0302 => "not supported",
        0x8009_0303 => "the target is unknown",
        0x8009_0304 => "an error within the system",
        0x8009_0305 => "there is no such package",
        0x8009_0308 => "the token is not valid",
        0x8009_030c => "the logon was denied",
        0x8009_030e => "no credentials",
        0x8009_0311 => "no authority could be reached",
        0x8009_0322 => "the target's name is wrong",
        SKEW => "the clocks differ",
        BINDING => "the channel bindings differ",
        _ => return format!("{status:#010x}"),
    };
    format!("{status:#010x} ({name})")
}

/// The number by which no ticket was made. A hub that took the account all the same, with NTLM,
/// did not need one.
pub(super) fn ticket_code(e: &Evidence) -> Option<u32> {
    e.ticket_error.filter(|_| !e.is_accepted())
}

fn ticket(e: &Evidence, known: &[u32]) -> Option<Proof> {
    let code = ticket_code(e).filter(|code| known.contains(code))?;
    Some(Proof::seen("a ticket for the hub was refused", number(code)))
}

/// Whether the hub takes nothing but Kerberos.
fn only_negotiate(e: &Evidence) -> Option<String> {
    let seen = e.seen.as_ref()?;
    let is = |scheme: &String| scheme.eq_ignore_ascii_case("Negotiate");
    let only = !seen.offered.is_empty() && seen.offered.iter().all(is);
    only.then(|| seen.offered.join(", "))
}

fn not_a_tenant_member(e: &Evidence, case: &Case) -> Option<Proof> {
    let codes = ["AUTH-5", "USER_INVITE_EXPIRED", "LOGIN-12"];
    let error = e.errors.iter().find(|error| codes.contains(&error.code.as_str()))?;
    let typed = case.facts.account.as_ref().and_then(|account| account.user.clone());
    let proof = Proof::seen("error of Qlik Cloud", format!("{} {}", error.code, error.title));
    let proof = e.trace_id.iter().fold(proof, |proof, id| proof.and("traceId", id));
    Some(proof.value("e-mail", typed.unwrap_or_else(|| "your e-mail address".to_owned())))
}

fn challenge(e: &Evidence) -> Option<(&LoginSeen, &Challenge)> {
    let seen = e.seen.as_ref().filter(|seen| seen.outcome == LoginOutcome::Rejected)?;
    Some((seen, seen.challenge.as_ref()?))
}

/// `DOMAIN\user` or `user@domain`, taken apart.
enum Typed<'a> {
    Down { domain: &'a str, user: &'a str },
    At { domain: &'a str, user: &'a str },
}

fn typed(case: &Case) -> Option<Typed<'_>> {
    let typed = case.facts.account.as_ref()?.user.as_deref()?;
    if let Some((domain, user)) = typed.split_once('\\') {
        return (!domain.is_empty()).then_some(Typed::Down { domain, user });
    }
    typed.rsplit_once('@').map(|(user, domain)| Typed::At { domain, user })
}

fn same(one: &str, other: Option<&String>) -> bool {
    other.is_some_and(|other| one.eq_ignore_ascii_case(other))
}

/// A server that is no member of a domain names itself as its domain.
fn stands_alone(challenge: &Challenge) -> bool {
    let domain = challenge.netbios_domain.as_ref().or(challenge.target_name.as_ref());
    domain.is_some_and(|domain| same(domain, challenge.netbios_computer.as_ref()))
}

fn other_domain(e: &Evidence, case: &Case) -> Option<Proof> {
    let (seen, challenge) = challenge(e)?;
    let own = challenge.netbios_domain.as_ref().or(challenge.target_name.as_ref())?;
    if stands_alone(challenge) {
        return None;
    }
    let dns = [challenge.dns_domain.as_ref(), challenge.dns_forest.as_ref()];
    let (Typed::Down { domain, user } | Typed::At { domain, user }) = typed(case)?;
    let known = same(domain, Some(own)) || dns.iter().any(|name| same(domain, *name));
    if known || domain == "." {
        return None;
    }
    let dns = challenge.dns_domain.as_ref().unwrap_or(own);
    let proof = Proof::default().compared("domain of the account", own, domain);
    Some(
        with_refusal(proof, seen)
            .and("may as well be", "a wrong password, if the domains trust each other")
            .value("hub domain", own)
            .value("hub DNS domain", dns)
            .value("user", user)
            .at_most(Confidence::Possible),
    )
}

fn hub_server_not_in_domain(e: &Evidence, case: &Case) -> Option<Proof> {
    let (seen, challenge) = challenge(e)?;
    let computer = challenge.netbios_computer.as_ref().filter(|_| stands_alone(challenge))?;
    let (Typed::Down { domain, .. } | Typed::At { domain, .. }) = typed(case)?;
    let own = same(domain, Some(computer)) || same(domain, challenge.dns_computer.as_ref());
    if own || domain == "." {
        return None;
    }
    let proof = Proof::default()
        .compared("what the server names as its domain", "a domain", computer)
        .and("the server's own name", computer)
        .and("domain of the account", domain);
    Some(with_refusal(proof, seen).not("an account of the server itself: it names a domain"))
}

fn with_refusal(proof: Proof, seen: &LoginSeen) -> Proof {
    match refusal(seen) {
        Some(answer) => proof.and("the answer to the account", line(answer)),
        None => proof,
    }
}

/// The answer that refuses the account.
fn refusal(seen: &LoginSeen) -> Option<&Exchange> {
    let kinds = [StepKind::Authenticate, StepKind::Post, StepKind::User];
    kinds.iter().find_map(|&kind| seen.step(kind))
}

/// What the page says of an account, beside an answer that does not take it.
fn page_says(e: &Evidence, text: LoginText) -> Option<Proof> {
    let all = [LoginText::AccountBlocked, LoginText::PasswordExpired, LoginText::TooManyAttempts];
    // A page that has the words of several tells none of them: it has them for its scripts.
    let alone = all.iter().filter(|&&one| e.says(one)).count() == 1;
    let seen = e.seen.as_ref().filter(|_| alone && e.says(text))?;
    let refused = matches!(seen.outcome, LoginOutcome::Rejected | LoginOutcome::Unclear);
    refused.then(|| {
        with_refusal(Proof::seen("the page says", text.label()), seen)
            .not("the same words on every visit: the login page did not show them before")
            // The words of login pages are many, and unconfirmed.
            .at_most(Confidence::Possible)
    })
}

fn account_blocked(e: &Evidence, case: &Case) -> Option<Proof> {
    let by_number = ticket(e, &numbers::BLOCKED).map(|proof| match e.ticket_error {
        Some(6) => {
            proof.and("6", "the directory does not know the name").at_most(Confidence::Likely)
        }
        _ => proof.not("a wrong password, which is 24"),
    });
    let proof = by_number.or_else(|| page_says(e, LoginText::AccountBlocked))?;
    Some(proof.value("account", account(case)))
}

fn password_expired(e: &Evidence, _: &Case) -> Option<Proof> {
    let by_number = ticket(e, &numbers::EXPIRED);
    by_number.or_else(|| page_says(e, LoginText::PasswordExpired))
}

fn too_many_attempts(e: &Evidence, _: &Case) -> Option<Proof> {
    let limited = e.step(StepKind::Post).filter(|answer| answer.status == Some(429));
    if let Some(answer) = limited {
        let proof = Proof::seen("the answer to the account", line(answer));
        return Some(proof.not("a limit of the whole server: its pages answered"));
    }
    page_says(e, LoginText::TooManyAttempts)
}

fn rejected(e: &Evidence, case: &Case) -> Option<Proof> {
    // Windows' status was not seen on a real one yet.
    let by_number = ticket(e, &numbers::WRONG).map(|proof| match e.ticket_error {
        Some(0x100..) => proof.at_most(Confidence::Likely),
        _ => proof,
    });
    let seen = e.seen.as_ref().filter(|seen| seen.outcome == LoginOutcome::Rejected);
    let seen = seen.filter(|seen| seen.method != Some(LoginMethod::ApiKey));
    let proof = match (by_number, seen) {
        (Some(proof), _) => proof,
        (None, Some(seen)) => refused(seen),
        (None, None) => return None,
    };
    let loopback = "Windows refuses a login in another name than its own (loopback check)";
    let proof = if e.on_this_computer {
        proof.and("the hub runs on this computer", loopback)
    } else {
        proof.not("Windows' loopback check: the hub runs on another computer")
    };
    let hub = case.facts.hub.as_ref();
    Some(
        proof
            .and("candidates", "password, domain, an account that is locked, disabled or expired")
            .value("account", account(case))
            .value("url", hub.map(|hub| hub.url("/hub")).unwrap_or_default()),
    )
}

fn refused(seen: &LoginSeen) -> Proof {
    let proof = with_refusal(Proof::default(), seen).and("times it was sent", seen.attempts);
    match seen.method {
        // A 401 refuses by itself, whatever page comes with it.
        Some(LoginMethod::Forms) if refusal(seen).is_some_and(|to| to.status == Some(401)) => proof,
        Some(LoginMethod::Forms) => proof.and("the page", "the form for a password, again"),
        Some(LoginMethod::Ntlm | LoginMethod::NegotiateNtlm) => {
            let proof = proof.not("the first two legs of NTLM: this is the answer to the third");
            let server = refusal(seen).and_then(|answer| answer.header("server"));
            let proof = match server.unwrap_or("not named") {
                server if server.starts_with(QLIK_PROXY) => proof,
                // Behind a server that opens a new connection for each request, every account is
                // refused, and the answers are the same.
                server => proof
                    .and("the server that refuses, which may not be the Qlik proxy itself", server)
                    .at_most(Confidence::Likely),
            };
            if seen.channel_binding {
                proof.not("a server that demands channel binding: the login was bound to it")
            } else {
                let binding = "not sent; a server that demands it refuses every account";
                proof.and("channel binding", binding).at_most(Confidence::Likely)
            }
        }
        Some(LoginMethod::ApiKey | LoginMethod::NegotiateKerberos) | None => proof,
    }
}

fn key_rejected(e: &Evidence, case: &Case) -> Option<Proof> {
    let seen = e.seen.as_ref().filter(|seen| seen.method == Some(LoginMethod::ApiKey))?;
    let with_key = refusal(seen).filter(|answer| answer.status == Some(401))?;
    let without = case.of::<Hub>().and_then(|hub| hub.tenant.as_ref());
    let proof = Proof::seen("asked with the key", line(with_key));
    Some(match without.filter(|tenant| tenant.answer.status == Some(401)) {
        Some(tenant) => proof
            .and("asked without a key", line(&tenant.answer))
            .not("a way that is blocked: the tenant answers"),
        None => proof.at_most(Confidence::Likely),
    })
}

/// The third message met another connection or another server than the first.
fn met_another(seen: &LoginSeen) -> Option<&LoginStep> {
    let first = seen.step(StepKind::Negotiate)?.header("server");
    let third = seen.steps.iter().find(|step| step.kind == StepKind::Authenticate)?;
    let changed = !third.same_connection || third.exchange.header("server") != first;
    changed.then_some(third)
}

fn ntlm_connection_broken(e: &Evidence, _: &Case) -> Option<Proof> {
    let ntlm = [Some(LoginMethod::Ntlm), Some(LoginMethod::NegotiateNtlm)];
    let seen = e.seen.as_ref().filter(|seen| ntlm.contains(&seen.method))?;
    let first = seen.step(StepKind::Negotiate)?;
    let proof = Proof::seen("the answer to the first message", line(first));
    let server = |answer: &Exchange| answer.header("server").unwrap_or("(none)").to_owned();
    let third_sent = seen.step(StepKind::Authenticate).is_some();
    // NTLM asks on with 401; any other answer is about something else.
    let asks_on = first.status == Some(401);
    let proof = match (seen.outcome, met_another(seen)) {
        (LoginOutcome::Broken, Some(third)) => proof
            .compared("server of the third message", server(first), server(&third.exchange))
            .and("its answer", line(&third.exchange)),
        // One server may call itself by two names, so the account may have been refused all the same.
        (LoginOutcome::Rejected, Some(third)) => proof
            .compared("server of the third message", server(first), server(&third.exchange))
            .and("its answer", line(&third.exchange))
            .and("may as well be", "a refused account, by one server that has two names")
            .at_most(Confidence::Possible),
        (LoginOutcome::Broken, None) if seen.challenge.is_none() && asks_on => proof
            .compared("challenge in it", "given", "none")
            .not("a refused account: the third message was never sent"),
        (LoginOutcome::Broken, None) if seen.challenge.is_some() && !third_sent => proof
            .compared("the connection after the challenge", "open", "closed")
            .not("a refused account: the third message was never sent"),
        _ => return None,
    };
    Some(match &e.challenged_at {
        Some(place) => proof.compared(format!("challenge given at {place}"), "here too", "there"),
        None => proof.at_most(Confidence::Possible),
    })
}

fn spn_missing(e: &Evidence, _: &Case) -> Option<Proof> {
    let offered = only_negotiate(e)?;
    let proof = ticket(e, &numbers::SPN)?.and("methods offered", offered);
    Some(proof.not("a fallback to NTLM: the hub does not offer it"))
}

fn domain_controller_unreachable(e: &Evidence, _: &Case) -> Option<Proof> {
    let offered = only_negotiate(e)?;
    let proof = ticket(e, &numbers::NO_CONTROLLER)?.and("methods offered", offered);
    Some(proof.not("a hub that takes NTLM: it does not offer it"))
}

fn user_inactive(e: &Evidence, case: &Case) -> Option<Proof> {
    let who = account(case);
    if let Some(status) = &e.status {
        let active = status.eq_ignore_ascii_case("active");
        let proof = || Proof::default().compared("status of the user", "active", status);
        return (!active).then(|| proof().value("account", who));
    }
    e.says(LoginText::AccountInactive).then(|| {
        let seen = e.seen.as_ref();
        let last = seen.and_then(|seen| seen.steps.last()).map(|step| &step.exchange);
        let proof = Proof::seen("the page says", LoginText::AccountInactive.label());
        let proof = last.iter().fold(proof, |proof, answer| proof.and("answer", line(answer)));
        proof.value("account", who)
    })
}

fn authorisation_lapsed(e: &Evidence, _: &Case) -> Option<Proof> {
    let ended = ["OnSessionTimedOut", "OnSessionClosed", "OnSessionLoggedOut", "12004"];
    let by_engine = e.session_ended_by.as_ref().filter(|word| ended.contains(&word.as_str()));
    if let Some(word) = by_engine {
        let proof = Proof::seen("the engine says of the session", word);
        return Some(proof.not("a missing licence: the message is about the session"));
    }
    e.says(LoginText::RestartBrowser).then(|| {
        let last = e.seen.as_ref().and_then(|seen| seen.steps.last());
        let proof = Proof::seen("the page says", LoginText::RestartBrowser.label());
        let proof = last.iter().fold(proof, |p, step| p.and("answer", line(&step.exchange)));
        proof.at_most(Confidence::Likely)
    })
}

/// After the login the hub's page leads to the login once more.
fn asked_again(e: &Evidence) -> Option<&Exchange> {
    let again = e.step(StepKind::Hub)?;
    let location =
        again.header("location").and_then(|to| url::Url::parse(&again.url).ok()?.join(to).ok());
    let to_login = location.as_ref().and_then(LoginDoor::behind).is_some();
    (to_login || again.status == Some(401)).then_some(again)
}

fn flaw(cookie: &CookieSeen) -> String {
    let attributes = [
        cookie.domain.as_ref().map(|domain| format!("Domain={domain}")),
        cookie.path.as_ref().map(|path| format!("Path={path}")),
        cookie.secure.then(|| "Secure".to_owned()),
        cookie.same_site.as_ref().map(|word| format!("SameSite={word}")),
    ];
    let attributes: Vec<String> = attributes.into_iter().flatten().collect();
    if attributes.is_empty() { "no attributes".to_owned() } else { attributes.join("; ") }
}

fn cookie_not_kept(e: &Evidence, case: &Case) -> Option<Proof> {
    let seen = e.seen.as_ref().filter(|_| e.is_accepted())?;
    let own: Vec<&CookieSeen> = seen.cookies.iter().filter(|cookie| cookie.is_session).collect();
    let (proof, sure) = lost_cookie(&own).or_else(|| shared_cookie(&own))?;
    let hub = case.facts.hub.as_ref();
    let proof = proof
        .and("the hub's address", hub.map(|hub| hub.url("/hub/")).unwrap_or_default())
        .not("a load balancer's cookie: it is the session cookie by its name")
        .value("proxy", hub.and_then(|hub| hub.prefix.clone()).unwrap_or_else(default_proxy))
        .at_most(sure);
    match (asked_again(e), e.step(StepKind::Hub)) {
        (Some(again), _) => Some(proof.and("the hub's page afterwards", line(again))),
        (None, Some(_)) => None,
        // Before its ticket was used, a session has no cookie to keep.
        (None, None) if seen.left_at.is_some() => None,
        (None, None) => Some(proof.at_most(Confidence::Likely)),
    }
}

/// A session cookie that does not go back to the hub, and none beside it that does.
fn lost_cookie(own: &[&CookieSeen]) -> Option<(Proof, Confidence)> {
    let lost = own.iter().find(|cookie| !cookie.kept)?;
    if own.iter().any(|cookie| cookie.kept) {
        return None;
    }
    let why = lost.flaw.and_then(|flaw| serde_json::to_value(flaw).ok());
    let why = why.as_ref().and_then(|why| why.as_str()).unwrap_or("not known").to_owned();
    let proof = Proof::seen(format!("cookie {} was set with", lost.name), flaw(lost))
        .and("what keeps it from going back", why);
    Some((proof, Confidence::Certain))
}

/// Two session cookies of one name, of which the later takes the place of the earlier.
fn shared_cookie(own: &[&CookieSeen]) -> Option<(Proof, Confidence)> {
    let twice = own.iter().enumerate().find_map(|(place, cookie)| {
        let later = own.get(place + 1..)?.iter().find(|later| later.name == cookie.name)?;
        Some((cookie, later))
    });
    let (first, later) = twice?;
    let proof = Proof::seen(format!("cookie {} was set with", first.name), flaw(first))
        .and("and once more with", flaw(later))
        .and("two virtual proxies with one cookie name", "would look like this");
    // A hub may also renew its own cookie.
    let elsewhere = first.domain != later.domain || first.path != later.path;
    Some((proof, if elsewhere { Confidence::Likely } else { Confidence::Possible }))
}

fn default_proxy() -> String {
    "without a prefix".to_owned()
}

/// Whether the identity provider refuses what the hub asks of it. Seen without a login, so it is
/// said without one.
pub(super) fn refused_by_provider(case: &Case) -> Option<&ProviderPage> {
    let seen = case.of::<Hub>()?.provider_page.as_ref()?;
    let challenged = seen.answer.header("www-authenticate").is_some();
    let filtered = seen.page.filter.as_ref().is_some_and(|sign| sign.role == FilterRole::Refuses);
    let refused = match seen.answer.status {
        Some(401) => !challenged,
        Some(407 | 408 | 429) | None => false,
        Some(status) => status >= 400,
    };
    // Qlik's own errors have causes of their own.
    let own = !seen.page.errors.is_empty();
    (seen.sent_back.is_some() || refused && !filtered && !own).then_some(seen)
}

fn idp_refuses_request(_: &Evidence, case: &Case) -> Option<Proof> {
    let seen = refused_by_provider(case)?;
    let text = seen.sent_back.clone().or_else(|| seen.page.title.clone());
    let status = || seen.answer.status.map_or_else(String::new, |status| status.to_string());
    let text = text.unwrap_or_else(status);
    let proof = Proof::seen("the identity provider, asked as the hub asks", line(&seen.answer));
    let proof = match &seen.sent_back {
        Some(error) => proof.and("the error it sends back to the hub", error),
        None if seen.answer.head.is_empty() => proof,
        None => proof.and("it begins", &seen.answer.head),
    };
    // A fault of its own, or a rule against programs, looks the same.
    let vague = seen.sent_back.is_none()
        && seen.answer.status.is_some_and(|status| status == 403 || status >= 500);
    let proof = proof.not("a login page: the answer is an error").value("text", text);
    Some(if vague { proof.at_most(Confidence::Possible) } else { proof })
}

fn header_stripped(e: &Evidence, _: &Case) -> Option<Proof> {
    let link = e.link.as_ref().filter(|link| link.key_missed)?;
    let known = e.user.as_ref().is_some_and(|user| user.user.is_some());
    let proof = Proof::seen("asked with a key in address and header", line(&link.answer))
        .not("a missing key: 16 characters were sent, the same in both places");
    Some(if known {
        proof.and("a call that needs no key, in the same session", "answered")
    } else {
        proof.at_most(Confidence::Possible)
    })
}

/// An address in the spelling in which two links are compared.
fn comparable(hub: &HubAddress) -> String {
    hub.origin()
}

fn link_differs(e: &Evidence, case: &Case) -> Option<Proof> {
    let given = e.link.as_ref().filter(|link| link.told)?;
    let uri = given.uri.as_ref().filter(|uri| !uri.is_empty())?;
    let own = case.of::<Link>().filter(|link| link.kind == TextKind::Link)?;
    let (here, there) = (case.facts.hub.as_ref()?, read_address(uri).hub?);
    // One server has many entrances, each with a link of its own.
    if here.prefix != there.prefix {
        return None;
    }
    let address = || own.url.clone().unwrap_or_else(|| here.url(""));
    if comparable(here) != comparable(&there) {
        let proof = Proof::default().compared("address in the link", uri, address());
        return Some(
            proof
                .not("a slash at the end or the case of letters: the server or port differs")
                .not("the link of another virtual proxy: the prefix is the same")
                .value("uri", uri),
        );
    }
    let (mine, theirs) = (own.name.as_deref().unwrap_or(""), given.name.as_deref().unwrap_or(""));
    (mine != theirs).then(|| {
        Proof::default()
            .compared("name in the link", theirs, mine)
            .and("address in the link", "the same")
            .value("uri", uri)
            .severity(Severity::Informs)
    })
}

fn link_not_generated(e: &Evidence, case: &Case) -> Option<Proof> {
    let given = e.link.as_ref().filter(|link| link.told)?;
    given.uri.as_ref().is_none_or(|uri| uri.trim().is_empty()).then(|| {
        let prefix = case.facts.hub.as_ref().and_then(|hub| hub.prefix.as_ref());
        let proof = Proof::seen("asked for the link", line(&given.answer)).compared(
            "magicLinkHostUri",
            "an address",
            "empty",
        );
        match prefix {
            Some(prefix) => proof.and("virtual proxy", prefix).at_most(Confidence::Likely),
            None => proof,
        }
    })
}

fn unexplained(e: &Evidence, case: &Case) -> Option<Proof> {
    let engine = e.session_ended_by.as_ref();
    let error = e.errors.first();
    let code = ticket_code(e);
    let outcome = e.outcome();
    let ended_badly = match outcome {
        Some(LoginOutcome::Broken | LoginOutcome::Unclear | LoginOutcome::Rejected) => {
            !(outcome == Some(LoginOutcome::Rejected) && is_key(e))
        }
        Some(LoginOutcome::Accepted) => refused_afterwards(e).is_some(),
        Some(LoginOutcome::NotSent) | None => false,
    };
    if !ended_badly && engine.is_none() && error.is_none() && code.is_none() {
        return None;
    }
    let mut proof = Proof::default();
    if let Some(seen) = &e.seen {
        let steps = seen.steps.iter().rev().take(4).rev();
        proof = steps.fold(proof, |proof, step| proof.and("step", line(&step.exchange)));
        let begins = seen.steps.last().map(|step| step.exchange.head.as_str()).unwrap_or_default();
        if !begins.is_empty() {
            proof = proof.and("the last answer begins", begins);
        }
    }
    proof = engine.iter().fold(proof, |p, word| p.and("the engine says of the session", word));
    if let Some(error) = error {
        proof = proof.and("error of Qlik Cloud", format!("{} {}", error.code, error.title));
    }
    proof = e.trace_id.iter().fold(proof, |proof, id| proof.and("traceId", id));
    proof = code.iter().fold(proof, |p, &code| p.and("a ticket was refused", number(code)));
    proof = about_ticket(e).iter().fold(proof, |p, (what, words)| p.and(*what, *words));
    if proof.lines.is_empty() {
        proof = proof.and("the login of", account(case)).and("its outcome", "none");
    }
    Some(proof)
}

/// What is known of a ticket that led nowhere.
fn about_ticket(e: &Evidence) -> Option<(&'static str, &'static str)> {
    let seen = e.seen.as_ref()?;
    let by_ticket = seen.method == Some(LoginMethod::NegotiateKerberos);
    match ticket_code(e) {
        Some(SKEW) => Some(("this computer's clock", "see the check clock")),
        Some(BINDING) => Some(("this may be a limit of this tool", "Desktop may pass")),
        _ if by_ticket && seen.outcome == LoginOutcome::Unclear => {
            Some(("the directory made a ticket", "and the hub did not take it"))
        }
        _ => None,
    }
}

fn is_key(e: &Evidence) -> bool {
    e.seen.as_ref().is_some_and(|seen| seen.method == Some(LoginMethod::ApiKey))
}

/// What refuses somebody whose account was accepted, unless it is about the licence: that has a
/// check of its own.
fn refused_afterwards(e: &Evidence) -> Option<&Exchange> {
    let about_licence = [
        LoginText::NoAccessPass,
        LoginText::AccessSyncing,
        LoginText::AssignmentExcluded,
        LoginText::NoValidLicence,
        LoginText::LicenceNotRenewed,
    ];
    if about_licence.iter().any(|&text| e.says(text)) {
        return None;
    }
    let refused = e.step(StepKind::Hub).filter(|answer| answer.status.is_some_and(|s| s >= 400));
    asked_again(e).or(refused)
}
