//! The login: one way through it, to its end, and what can be asked afterwards.
//!
//! Everything secret stays inside this module and [`crate::RealWorld`]: the password, the API key,
//! target ids, tickets, the values of cookies, tokens and NTLM messages. What leaves it are
//! outcomes, names and masked addresses.

mod binding;
mod desk;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod guard;
mod jar;
mod known;
mod mechanism;
mod ntlm;
mod page;
mod secret;
mod session;
mod socket;
mod spnego;
mod system;
#[cfg(test)]
mod tests;
mod walk;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tunnel::Line;
use crate::{Exchange, Request, Timestamp, Via, millis};
pub(crate) use desk::Desk;
pub use secret::{Account, AccountKind, AccountName, SECRET_LIMIT, Secret, SecretTooLong};

#[cfg(windows)]
pub(crate) use mechanism::{Mechanism, Stuck};
pub(crate) use session::{ask as ask_in_session, log_out};
pub(crate) use socket::open as open_socket;
pub(crate) use system::Packages;
#[cfg(windows)]
pub(crate) use system::Wish;
pub(crate) use walk::With;

/// The longest name of a user, in bytes. Directories allow 256 characters and a domain.
const USER_LIMIT: usize = 1024;

/// The time for a whole login once it has its turn. A cold Qlik proxy takes 21 seconds for its
/// first answer, and a warm one less than two for each of the six that follow. Of the 90 seconds
/// of a run two hubs that do not answer leave a third its turn.
const LOGIN_LIMIT: Duration = Duration::from_secs(35);

/// Logs in when it is this login's turn.
pub(crate) async fn log_in(
    desk: &Desk,
    attempt: &LoginAttempt,
    with: &With,
    line: Line<'_>,
) -> LoginSeen {
    log_in_within(LOGIN_LIMIT, desk, attempt, with, line).await
}

async fn log_in_within(
    limit: Duration,
    desk: &Desk,
    attempt: &LoginAttempt,
    with: &With,
    line: Line<'_>,
) -> LoginSeen {
    if with.user().is_some_and(|user| user.len() > USER_LIMIT) {
        return LoginSeen::not_sent(NotSent::NoCredentials);
    }
    let begun = Instant::now();
    let turn = desk.turn(attempt.with).await;
    let waited_ms = Some(millis(begun.elapsed()));
    let turn = match turn {
        Ok(turn) => turn,
        Err(why) => return LoginSeen { waited_ms, ..LoginSeen::not_sent(why) },
    };
    let (seen, session) = walk::log_in((attempt, limit), with, turn, line).await;
    LoginSeen { waited_ms, session: session.map(|session| desk.keep(session)), ..seen }
}

/// One way through a login, to its end. A run sends its account once per hub, to one hub after the
/// other, and to none after the first that rejected it.
#[derive(Clone, Debug)]
pub struct LoginAttempt {
    /// What is used to log in.
    pub with: AccountKind,
    /// The hub's start page, over https. Its limits hold for every step: `answer_limit` for the
    /// first answer, and for later ones at most twenty seconds of it. All steps together have 35.
    pub entrance: Request,
    /// The virtual proxy's prefix, without slashes.
    pub prefix: Option<String>,
    /// The only places where anything secret may go.
    pub trusted: Vec<TrustedHost>,
    /// Ends before anything secret would be sent: with the server's challenge, where it gives one.
    pub challenge_only: bool,
}

/// A place whose certificate was judged and found good.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrustedHost {
    /// The host name.
    pub host: String,
    /// Its address and port.
    pub to: SocketAddr,
    /// The judged certificate: SHA-256 of its DER form, in lower-case hexadecimal.
    pub leaf_sha256: String,
    /// The proxy on the way.
    pub via: Option<Via>,
}

/// What came of a login. Nothing secret is in it.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct LoginSeen {
    /// How it ended for the account.
    pub outcome: LoginOutcome,
    /// Why nothing secret was sent; set if the outcome is `not-sent`, and only then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_not: Option<NotSent>,
    /// Why an accepted account was not followed to its session: the way led where no ticket goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_at: Option<NotSent>,
    /// The method that was spoken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<LoginMethod>,
    /// The schemes the hub offered (`WWW-Authenticate`), without their parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offered: Vec<String>,
    /// What the server's NTLM challenge said of its domain and its clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Challenge>,
    /// The login was bound to the server's certificate (`tls-server-end-point`, RFC 5929).
    #[serde(default)]
    pub channel_binding: bool,
    /// The system's own login packages (SSPI) spoke. They exist only on Windows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_system: bool,
    /// Where those packages went no further, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<SystemRefusal>,
    /// The password form of the login page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<LoginForm>,
    /// Every request of the login, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<LoginStep>,
    /// Every cookie that was set on the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cookies: Vec<CookieSeen>,
    /// How often something secret was sent to the hub: 0 or 1.
    #[serde(default)]
    pub attempts: u32,
    /// The wait for its turn among the hubs of this run, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_ms: Option<f64>,
    /// The session, to ask more in it.
    #[serde(skip)]
    pub session: Option<SessionId>,
}

impl LoginSeen {
    /// A login of which nothing is known but how it ended.
    #[must_use]
    pub fn of(outcome: LoginOutcome) -> Self {
        Self {
            outcome,
            why_not: None,
            left_at: None,
            method: None,
            offered: Vec::new(),
            challenge: None,
            channel_binding: false,
            by_system: false,
            refusals: Vec::new(),
            form: None,
            steps: Vec::new(),
            cookies: Vec::new(),
            attempts: 0,
            waited_ms: None,
            session: None,
        }
    }

    /// A login in which nothing secret was sent.
    #[must_use]
    pub fn not_sent(why: NotSent) -> Self {
        Self { why_not: Some(why), ..Self::of(LoginOutcome::NotSent) }
    }

    /// The last answer to a step of this kind.
    #[must_use]
    pub fn step(&self, kind: StepKind) -> Option<&Exchange> {
        self.steps.iter().rev().find(|step| step.kind == kind).map(|step| &step.exchange)
    }
}

/// How a login ended for the account.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginOutcome {
    /// The server took the account. Whether its cookie can be kept stands in `cookies`.
    Accepted,
    /// The server refused the account.
    Rejected,
    /// Nothing secret was sent.
    NotSent,
    /// The conversation broke before anything could be said about the account.
    Broken,
    /// The account was sent, and the answer neither takes nor refuses it.
    Unclear,
}

/// Why nothing secret was sent.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotSent {
    /// An earlier hub of this run rejected the account.
    HeldBack,
    /// Two earlier hubs of this run took the account and said nothing of it. A third attempt could
    /// lock it if the password is wrong.
    TooManyUnclear,
    /// The hub or a step of its login is plain http.
    PlainHttp,
    /// The login leads to a host or port that is not among the trusted ones.
    OtherHost,
    /// The certificate of the connection is not the one that was judged.
    OtherCertificate,
    /// A login for people: SAML, OIDC, or a page without a password form that can be read.
    Interactive,
    /// The hub offers Negotiate alone, and no NTLM inside it.
    OnlyKerberos,
    /// The hub offers Basic or Digest alone, which are not spoken to a hub.
    OnlyBasic,
    /// A step got no answer.
    NoConnection,
    /// The entrance leads to no login.
    NoLoginPage,
    /// This run has no account of the kind asked for.
    NoCredentials,
    /// The hub asks for a password in a form, and the signed-on user has none to give.
    PasswordForm,
    /// The system's login packages went no further; `refusals` says why.
    SystemRefused,
    /// Only the challenge was asked for.
    ChallengeOnly,
}

/// A method of logging in.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginMethod {
    /// NTLM by its own name.
    Ntlm,
    /// Kerberos inside Negotiate.
    NegotiateKerberos,
    /// NTLM inside Negotiate.
    NegotiateNtlm,
    /// A page with a password form.
    Forms,
    /// An API key of Qlik Cloud.
    ApiKey,
}

/// A login package of the system (SSPI).
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginPackage {
    /// Kerberos alone, which is asked for a ticket that goes nowhere, to know why there is none.
    Kerberos,
    /// Kerberos where there is a ticket, else NTLM.
    Negotiate,
    /// NTLM by its own name.
    Ntlm,
}

/// Where a login package of the system went no further.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct SystemRefusal {
    /// Which one.
    pub package: LoginPackage,
    /// Its status, such as `0x80090303`; `None` if it said nothing in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u32>,
    /// It was about an answer of the hub, and not about what goes there first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_answer: bool,
}

/// What an NTLM challenge says of the server ([MS-NLMP] 2.2.1.2 and 2.2.2.1).
///
/// [MS-NLMP]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-nlmp
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are those of the fields")]
pub struct Challenge {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "name"))]
    pub target_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "name"))]
    pub netbios_domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "name"))]
    pub netbios_computer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "host"))]
    pub dns_domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "host"))]
    pub dns_computer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "host"))]
    pub dns_forest: Option<String>,
    /// The server's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// The server's version, such as `10.0.17763`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// A password form, by the names of its fields.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct LoginForm {
    /// The field of the user's name.
    #[schemars(extend("x-identifies" = "text"))]
    pub user_field: String,
    /// The field of the password.
    #[schemars(extend("x-identifies" = "text"))]
    pub password_field: String,
    /// The other fields that were sent along as they were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-identifies" = "nothing"))]
    pub other_fields: Vec<String>,
    /// Where it was sent, with one-time values left out.
    pub post_to: String,
}

/// One request of a login.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct LoginStep {
    /// What it was for.
    pub kind: StepKind,
    /// What came of it. An answer below 400 keeps nothing of its text.
    pub exchange: Exchange,
    /// It went over the connection of the step before.
    #[serde(default)]
    pub same_connection: bool,
}

/// What a request of a login is for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// The hub's start page, without a session.
    Entrance,
    /// The page that the entrance leads to, or one on the way to it.
    LoginPage,
    /// The first NTLM message. A challenge in the answer and no step after it mean that the server
    /// closed the connection, which NTLM is bound to.
    Negotiate,
    /// The third NTLM message, which proves the password, or a ticket of Kerberos.
    Authenticate,
    /// The password form.
    Post,
    /// Where the login led to, mostly with a ticket.
    Ticket,
    /// The hub's start page again, with the cookies. A redirect to the login says that they were
    /// not kept.
    Hub,
    /// Who the owner of an API key is.
    User,
}

/// A cookie that was set, without its value.
#[expect(
    clippy::struct_excessive_bools,
    reason = "two are attributes of RFC 6265, two are answers"
)]
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct CookieSeen {
    /// Its name.
    pub name: String,
    /// The host that set it.
    #[schemars(extend("x-identifies" = "host"))]
    pub set_by: String,
    /// Its `Domain`, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "host"))]
    pub domain: Option<String>,
    /// Its `Path`, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "path"))]
    pub path: Option<String>,
    /// `Secure`.
    #[serde(default)]
    pub secure: bool,
    /// `HttpOnly`.
    #[serde(default)]
    pub http_only: bool,
    /// `SameSite`, as it stands there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "nothing"))]
    pub same_site: Option<String>,
    /// When it ends, from `Max-Age` or `Expires`; without one it ends with the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// A browser would send it back to the hub's start page.
    pub kept: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flaw: Option<CookieFlaw>,
    /// By its name it is a session cookie of a Qlik hub.
    #[serde(default)]
    pub is_session: bool,
}

/// Why a cookie does not go back to the hub's start page (RFC 6265, and RFC 6265bis for the last
/// two).
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CookieFlaw {
    /// Its `Domain` is not the host's, or another host set it.
    Domain,
    /// Its `Path` is not that of the start page.
    Path,
    /// It is `Secure` and came over http, or goes there.
    Secure,
    /// Its name begins with `__Host-` or `__Secure-`, and it does not keep what that promises.
    Prefix,
    /// `SameSite=None` without `Secure`.
    SameSite,
    /// It has ended already, or cannot be read.
    Other,
}

/// A session at a hub, held by the world it was made in.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SessionId(pub u32);

/// A request in a session.
#[derive(Clone, Debug)]
pub struct SessionRequest {
    /// The session.
    pub session: SessionId,
    /// The request; its host must be one of those the session is for.
    pub request: Request,
    /// Adds a key against cross-site requests to query and header.
    pub xrf: bool,
}

/// A request to speak WebSocket.
#[derive(Clone, Debug)]
pub struct Upgrade {
    /// The path of the socket.
    pub request: Request,
    /// In this session: a token is fetched first (`/[P/]qps/csrftoken`) and sent along.
    pub session: Option<SessionId>,
    /// The virtual proxy's prefix, without slashes.
    pub prefix: Option<String>,
    /// How long to listen after the upgrade. A message that decides ends it sooner.
    pub listen: Duration,
}

/// What came of a request to speak WebSocket.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct SocketSeen {
    /// The answer to the upgrade.
    pub exchange: Exchange,
    /// The server speaks WebSocket.
    pub upgraded: bool,
    /// The request for the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Box<Exchange>>,
    /// The server gave a token.
    #[serde(default)]
    pub token_given: bool,
    /// The first messages of the server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<SocketMessage>,
    /// How it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<SocketClose>,
    /// From the upgrade to the end, in milliseconds.
    #[serde(default)]
    pub open_ms: f64,
}

impl SocketSeen {
    /// A request of which nothing is known but how it ended.
    #[must_use]
    pub fn of(exchange: Exchange) -> Self {
        Self {
            exchange,
            upgraded: false,
            token: None,
            token_given: false,
            messages: Vec::new(),
            closed: None,
            open_ms: 0.0,
        }
    }
}

/// A message of the server, by what a diagnosis may rest on.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct SocketMessage {
    /// The name of the notification; empty if the message has none.
    #[schemars(extend("x-identifies" = "nothing"))]
    pub topic: String,
    /// `qSessionState`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "nothing"))]
    pub session_state: Option<String>,
    /// `mustAuthenticate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub must_authenticate: Option<bool>,
    /// The host (and port) of `loginUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "host"))]
    pub login_host: Option<String>,
    /// Its words for people, or the beginning of what is no notification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// When it came, in milliseconds after the upgrade.
    pub at_ms: f64,
}

/// How a WebSocket was closed.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct SocketClose {
    /// The code (RFC 6455 section 7.4), if a close frame came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// The words beside it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Who closed it.
    pub by: SocketEnd,
}

/// Who closed a WebSocket.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SocketEnd {
    /// The server, with a close frame or by closing the connection.
    Server,
    /// The connection was reset or broke.
    Reset,
    /// We, when all was heard or the time was over.
    Us,
}
