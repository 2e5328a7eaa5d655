//! The login: does the hub take the account, and does it know its owner afterwards?
//!
//! Everything secret stays in the probes. What stands here are outcomes, names and masked
//! addresses.

mod causes;
mod look;
mod place;
#[cfg(test)]
mod tests;
mod text;

use std::time::Duration;

use hublink_probe::{
    AccountKind, AccountName, Exchange, LoginMethod, LoginOutcome, LoginSeen, NotSent, StepKind,
    World,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::HubAddress;
use crate::certificate::Certificate;
use crate::frame::{Case, Cause, Check, Context, Meta, Reason, ReasonKind, passed, passed_cleanly};
use crate::http::{CloudError, DoorKind};
use crate::hub::Hub;
pub(crate) use causes::LOGGED_IN;
pub(crate) use look::request;
pub use place::{LoginHost, LoginPlace};
pub use text::LoginText;

/// Whether the hub takes the account.
pub struct Login;

/// What was seen of the login. Nothing secret is in it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct Evidence {
    /// The login itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<LoginSeen>,
    /// Why none was begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_begun: Option<NotBegun>,
    /// The places beside the hub's own port that the login might lead to, and their certificates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<LoginPlace>,
    /// Known texts of the pages that came after something secret was sent, and not before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<LoginText>,
    /// The errors of Qlik Cloud on them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<CloudError>,
    /// Qlik Cloud's number of the answer with the errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Whom the hub knows in the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<SessionUser>,
    /// The link that the hub gives out today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<GivenLink>,
    /// The user's state in Qlik Cloud.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "nothing"))]
    pub status: Option<String>,
    /// Control: what the engine said of the session, if it does not take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "nothing"))]
    pub session_ended_by: Option<String>,
    /// The number by which a ticket for the hub was refused: an error code of Kerberos or a status
    /// of SSPI. Only where the system makes tickets, which is on Windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_error: Option<u32>,
    /// Control: an NTLM challenge was given past whatever stands on the usual way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "host"))]
    pub challenged_at: Option<String>,
    /// The hub runs on this computer, where Windows refuses its own name (loopback check).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub on_this_computer: bool,
}

/// Why no login was begun.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum NotBegun {
    /// The login is for people.
    Interactive {
        /// What kind of login it is.
        kind: DoorKind,
        /// Where.
        #[schemars(extend("x-identifies" = "host"))]
        host: String,
    },
    /// The login is at another host or port, which was not allowed or could not be trusted.
    OtherHost {
        /// Which.
        #[schemars(extend("x-identifies" = "host"))]
        host: String,
        /// At which port.
        port: u16,
    },
    /// The login is plain http.
    PlainHttp {
        /// Where.
        #[schemars(extend("x-identifies" = "host"))]
        host: String,
    },
    /// A certificate did not pass, so nothing secret goes there.
    Certificate {
        /// Whose.
        #[schemars(extend("x-identifies" = "host"))]
        host: String,
        /// At which port.
        port: u16,
        /// What is wrong with it.
        cause: Option<String>,
    },
}

/// Whom a hub knows in a session.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct SessionUser {
    /// The answer, without its text.
    pub answer: Exchange,
    /// The user directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "name"))]
    pub directory: Option<String>,
    /// The user's id in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "name"))]
    pub user: Option<String>,
}

/// The link that a hub gives out in its menu.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct GivenLink {
    /// The answer, without its text unless it is a refusal.
    pub answer: Exchange,
    /// The answer has the documented shape.
    #[serde(default)]
    pub told: bool,
    /// `magicLinkHostUri`; empty if none is set up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "link"))]
    pub uri: Option<String>,
    /// `magicLinkFriendlyName`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "name"))]
    pub name: Option<String>,
    /// The refusal says that the key against cross-site requests is missing or wrong.
    #[serde(default)]
    pub key_missed: bool,
}

/// What came of a logout.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct LoggedOut {
    /// The hub says that the session has ended. On a Qlik server all sessions of the user on that
    /// virtual proxy have then, those of a browser too.
    pub ended: bool,
    /// The status of the answer; `None` if none came in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

impl Evidence {
    /// The hub took the account.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.seen.as_ref().is_some_and(|seen| seen.outcome == LoginOutcome::Accepted)
    }

    /// The last answer, if it says that the request with the login was too large, and whether it
    /// says so in words.
    pub(crate) fn too_large(&self) -> Option<(&Exchange, bool)> {
        let last = &self.seen.as_ref()?.steps.last()?.exchange;
        let said = self.says(LoginText::HeaderTooLarge);
        let refused = last.status == Some(431) || last.status == Some(400) && said;
        refused.then_some((last, said))
    }

    fn outcome(&self) -> Option<LoginOutcome> {
        self.seen.as_ref().map(|seen| seen.outcome)
    }

    /// The last answer to a step of the login.
    fn step(&self, kind: StepKind) -> Option<&Exchange> {
        self.seen.as_ref()?.step(kind)
    }

    fn says(&self, text: LoginText) -> bool {
        self.texts.contains(&text)
    }
}

impl Check for Login {
    type Evidence = Evidence;

    const META: Meta = Meta {
        id: "login",
        title: "the hub takes the account",
        docs: "Logs in as Desktop's user would, to the end: Windows login (NTLM on one connection, \
               on Windows Kerberos too), or the hub's own form; then the ticket, the session \
               cookie, and in the session whom the hub knows, and which link it gives out. Only if \
               it was asked for with --login, or on Windows with --sso for the signed-on user; \
               one account per run, one attempt per hub, one hub after the other, and none any \
               more after the first that rejected it. Nothing secret is sent before the \
               certificate has passed, over plain http, or to another host than the hub's unless \
               --login-host names it. A login at an identity provider is for people and is left \
               to them. At Qlik Cloud an API key shows that the way and the user are well, and not \
               that the interactive login of Desktop is.",
        needs: &[passed::<Hub>(), passed_cleanly::<Certificate>()],
    };

    const CAUSES: &'static [Cause<Evidence>] = causes::CAUSES;

    fn not_asked(case: &Case) -> Option<Reason> {
        let asked = case.facts.account.is_some() || causes::refused_by_provider(case).is_some();
        (!asked).then(|| Reason::of(ReasonKind::NotAsked).detail("no login was asked for"))
    }

    async fn probe(cx: &Context) -> Evidence {
        look::log_in(cx).await
    }

    fn nothing_to_judge(seen: &Evidence, case: &Case) -> Option<Reason> {
        if causes::refused_by_provider(case).is_some() || causes::ticket_code(seen).is_some() {
            return None;
        }
        if let Some(why) = &seen.not_begun {
            return Some(why.reason());
        }
        let Some(login) = &seen.seen else {
            return Some(Reason::of(ReasonKind::NotAsked).detail("no login was asked for"));
        };
        if login.method == Some(LoginMethod::ApiKey) && login.outcome == LoginOutcome::Rejected {
            let detail = "the API key was refused, so nothing of the user was examined";
            return Some(Reason::of(ReasonKind::CouldNotLook).detail(detail));
        }
        login.why_not.map(|why| not_sent(why, seen)).or_else(|| left(login, seen))
    }

    async fn control(cx: &Context, seen: &Evidence) -> Option<Evidence> {
        look::closer(cx, seen).await
    }
}

impl NotBegun {
    fn reason(&self) -> Reason {
        let could_not_look = Reason::of(ReasonKind::CouldNotLook);
        match self {
            Self::Interactive { kind: DoorKind::Cloud, host } => could_not_look.detail(format!(
                "an interactive login is required here, at {host}: Qlik Cloud lets no program log \
                 in; an API key in HUBLINK_API_KEY shows that the way and the user are well"
            )),
            Self::Interactive { kind, host } => could_not_look.detail(format!(
                "an interactive login is required here: {} on {host}",
                kind.label()
            )),
            Self::OtherHost { host, port } => could_not_look.detail(other_place(host, *port)),
            Self::PlainHttp { host } => {
                could_not_look.detail(format!("the login on {host} is plain http; {PLAIN}"))
            }
            Self::Certificate { host, port, cause } => {
                let detail = format!(
                    "nothing secret is sent to {host}:{port}: its certificate did not pass"
                );
                match cause {
                    Some(cause) => could_not_look.detail(format!("{detail} ({cause})")),
                    None => could_not_look.detail(detail),
                }
            }
        }
    }
}

/// Why nothing secret was sent, for people.
fn not_sent(why: NotSent, seen: &Evidence) -> Reason {
    let could_not_look = Reason::of(ReasonKind::CouldNotLook);
    let detail = match why {
        NotSent::HeldBack => {
            let reason = Reason::because("login/rejected");
            return reason.detail("an earlier hub of this run rejected the account");
        }
        NotSent::ChallengeOnly => return Reason::of(ReasonKind::NotAsked),
        NotSent::NoCredentials => "this run has no account that can be sent",
        NotSent::TooManyUnclear => {
            "two hubs of this run said nothing of the account, and a third attempt could lock it"
        }
        NotSent::PlainHttp => {
            return could_not_look.detail(format!("the login leads over http; {PLAIN}"));
        }
        NotSent::OtherHost => return could_not_look.detail(other_host(seen)),
        NotSent::OtherCertificate => {
            "the certificate at the login is not the one that was examined before"
        }
        NotSent::Interactive => {
            "an interactive login is required here: no password form that a program can read"
        }
        NotSent::OnlyKerberos if seen.seen.as_ref().is_some_and(|seen| seen.by_system) => {
            "the hub takes only Kerberos, and Windows offered it NTLM"
        }
        NotSent::OnlyKerberos => {
            "the hub takes only Kerberos, which this tool does not speak here; Desktop may"
        }
        NotSent::PasswordForm => {
            "the hub asks for a password in a form, and the signed-on user has none to give: name \
             the user with --login"
        }
        NotSent::SystemRefused => return could_not_look.detail(refused_by_system(seen)),
        NotSent::OnlyBasic => {
            "a server in front of the hub asks for a login that this tool does not speak to a hub"
        }
        NotSent::NoConnection => "the way to the login broke before anything was sent",
        NotSent::NoLoginPage => "the hub's entrance leads to no login",
    };
    could_not_look.detail(detail)
}

/// Why Windows did not log in, as far as that says nothing of the hub.
fn refused_by_system(seen: &Evidence) -> String {
    let refusal = seen.seen.as_ref().and_then(|seen| seen.refusals.last());
    match refusal.map(|refusal| refusal.status) {
        Some(Some(status)) => {
            format!("Windows made no login for the hub: {}", causes::status_of_system(status))
        }
        _ => "Windows made no login for the hub in time".to_owned(),
    }
}

/// Why nothing can be said of a session, though the account was accepted: its ticket was left
/// where it may not go.
fn left(login: &LoginSeen, seen: &Evidence) -> Option<Reason> {
    let why = login.left_at.filter(|_| login.outcome == LoginOutcome::Accepted)?;
    let place = match why {
        NotSent::OtherHost => other_host(seen),
        NotSent::PlainHttp => format!("the way goes on over http; {PLAIN}"),
        NotSent::OtherCertificate => {
            "the certificate on the way on is not the one that was examined before".to_owned()
        }
        _ => "the way on broke".to_owned(),
    };
    let detail = format!("the account was accepted, and its ticket was not used: {place}");
    Some(Reason::of(ReasonKind::CouldNotLook).detail(detail))
}

const PLAIN: &str = "nothing secret is sent there";

fn other_place(host: &str, port: u16) -> String {
    let place = if port == 443 { host.to_owned() } else { format!("{host}:{port}") };
    format!(
        "the login is at {place}, and a password goes only to the hub's own host: --login-host \
         {place} lets it go there"
    )
}

/// Where the login led to in the end.
fn other_host(seen: &Evidence) -> String {
    let steps = seen.seen.iter().flat_map(|login| &login.steps);
    let mut to = steps.filter_map(|step| {
        let asked = url::Url::parse(&step.exchange.url).ok()?;
        asked.join(step.exchange.header("location")?).ok()
    });
    match to.next_back() {
        Some(url) => {
            let port = url.port_or_known_default().unwrap_or(443);
            other_place(&crate::http::host_of(&url), port)
        }
        None => "the login leads to another host than the hub's".to_owned(),
    }
}

/// The account that is offered to a hub: an API key to Qlik Cloud alone, a user to all others.
#[must_use]
pub fn account_for(world: &dyn World, hub: &HubAddress) -> Option<AccountName> {
    if hub.is_cloud() && world.has_api_key() {
        return Some(AccountName { kind: AccountKind::ApiKey, user: None });
    }
    world.account().filter(|account| account.kind != AccountKind::ApiKey)
}

/// A logout is the last thing of a hub, and must not hold the report up.
const LOGOUT_LIMIT: Duration = Duration::from_secs(5);

/// Ends the session, if there is one.
pub async fn log_out(cx: &Context) -> Option<LoggedOut> {
    let session = cx.of::<Login>()?.seen.as_ref()?.session?;
    let request = request(cx, "/qps/user")?;
    let answer = tokio::time::timeout(LOGOUT_LIMIT, cx.world.log_out(session, &request)).await;
    let status = answer.ok().and_then(|answer| answer.status);
    Some(LoggedOut { ended: matches!(status, Some(200 | 204)), status })
}

/// Whoever is signed on to Windows.
const SIGNED_ON: &str = "the signed-on user";

/// Who logged in, as the hub knows them, else as typed.
#[must_use]
pub fn account(case: &Case) -> String {
    let known = case.of::<Login>().and_then(|seen| seen.user.as_ref());
    let known = known.and_then(|known| match (&known.directory, &known.user) {
        (Some(directory), Some(user)) => Some(format!("{directory}\\{user}")),
        (None, Some(user)) => Some(user.clone()),
        _ => None,
    });
    let typed = || case.facts.account.as_ref().and_then(|account| account.user.clone());
    let kind = case.facts.account.as_ref().map(|account| account.kind);
    known.or_else(typed).unwrap_or_else(|| match kind {
        Some(AccountKind::SignedOn) => SIGNED_ON.to_owned(),
        _ => "the owner of the API key".to_owned(),
    })
}

/// How far the login came, as part of a sentence. `None` if the account was not accepted.
#[must_use]
pub fn stage(case: &Case) -> Option<String> {
    let seen = case.of::<Login>().filter(|seen| seen.is_accepted())?.seen.as_ref()?;
    let who = match (account(case), &case.facts.account) {
        (who, Some(AccountName { kind: AccountKind::SignedOn, .. })) if who != SIGNED_ON => {
            format!("{SIGNED_ON} {who}")
        }
        (who, _) => who,
    };
    Some(match seen.method {
        Some(LoginMethod::ApiKey) => "the API key was accepted".to_owned(),
        Some(LoginMethod::Forms) => format!("the form's login was accepted for {who}"),
        Some(LoginMethod::Ntlm | LoginMethod::NegotiateNtlm) => {
            format!("NTLM was accepted for {who}")
        }
        Some(LoginMethod::NegotiateKerberos) => format!("Kerberos was accepted for {who}"),
        None => format!("the login was accepted for {who}"),
    })
}
