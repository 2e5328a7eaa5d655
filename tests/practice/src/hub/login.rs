//! The ways into a Sense hub: Windows login, forms, and the ticket both of them end in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use super::http::{Reply, SeenRequest};
use super::ntlm::{self, Challenge, Demands, Refusal};
use super::sense::{FORMS, OLDER_WINDOWS, Visit, WINDOWS};
use super::state::{Inner, Session, Talk, Way, guid, random};
use crate::behaviour::Login;
use crate::people::{Account, AccountState, Form, Membership, WindowsLogin};

impl Visit<'_> {
    /// Where this visitor logs in.
    pub(super) fn login_address(&self) -> String {
        let base = self.inner.base(self.request);
        let prefix = &self.prefix;
        let target = self.inner.issue(guid());
        let windows =
            self.request.header("User-Agent").is_some_and(|agent| agent.contains("Windows"));
        let there = |host: &str| self.inner.setting.places.authority(host);
        match &self.inner.behaviour.login {
            Login::ByUserAgent if windows => format!("{base}{prefix}{WINDOWS}?targetId={target}"),
            Login::ByUserAgent | Login::Forms => format!("{base}{prefix}{FORMS}?targetId={target}"),
            Login::FormsOverHttp => {
                let base = base.replacen("https:", "http:", 1);
                format!("{base}{prefix}{FORMS}?targetId={target}")
            }
            Login::SecondPort { .. } => {
                let scheme = base.split(':').next().unwrap_or("https");
                let port = self.inner.login_port.unwrap_or(self.inner.port);
                let host = &self.inner.name;
                format!("{scheme}://{host}:{port}{OLDER_WINDOWS}?targetId={target}")
            }
            Login::Saml { host } => format!(
                "https://{}/saml/login?SAMLRequest=fZBBS8NAEIX%2F&RelayState={target}",
                there(host)
            ),
            Login::Oidc { host } => format!(
                "https://{}/authorize?response_type=code&client_id=qlik&scope=openid&state={target}",
                there(host)
            ),
            Login::Module { host } => {
                let own = format!("https://{}:{}{prefix}/qps/", self.inner.name, self.inner.port);
                let own: String = form_urlencoded::byte_serialize(own.as_bytes()).collect();
                let there = there(host);
                format!("https://{there}/login/?proxyRestUri={own}&targetId={target}")
            }
        }
    }

    pub(super) fn windows(&self, talk: &mut Talk) -> Reply {
        if self.request.parameter("targetId").is_none() {
            return without_target();
        }
        let kind = self.inner.behaviour.windows;
        let named = self.inner.behaviour.front.and_then(|header| self.request.header(header));
        if let Some(account) = named {
            return self.let_in(account, AccountState::Good);
        }
        let authorization = self.request.header("Authorization").unwrap_or_default();
        if let Some(pair) = authorization.strip_prefix("Basic ") {
            let pair = STANDARD.decode(pair).unwrap_or_default();
            let account = String::from_utf8_lossy(&pair);
            let account = account.split(':').next().unwrap_or_default();
            self.inner.note(account, Way::Basic, Some(Refusal::Password));
        }
        let message = ntlm::message(authorization)
            .filter(|(scheme, _)| offers(kind).iter().any(|offer| offer.starts_with(scheme)))
            .filter(|_| kind != WindowsLogin::KerberosOnly);
        match message.map(|(scheme, message)| (scheme, ntlm::number(&message), message)) {
            Some((scheme, Some(1), message)) => self.challenge(talk, scheme, message),
            Some((_, Some(3), message)) => self.third(talk, &message),
            _ => again(kind),
        }
    }

    fn challenge(&self, talk: &mut Talk, scheme: &str, first: Vec<u8>) -> Reply {
        let behaviour = &self.inner.behaviour;
        if behaviour.windows == WindowsLogin::Forgets {
            return again(behaviour.windows);
        }
        let name = &self.inner.name;
        let challenge =
            Challenge::new(name, behaviour.membership, first, random(), self.inner.now());
        let reply = Reply::html(401, "<h1>Unauthorized</h1>")
            .with("WWW-Authenticate", format!("{scheme} {}", self.inner.issue(challenge.token())));
        talk.challenge = Some(challenge);
        match behaviour.windows {
            WindowsLogin::ClosesAfterChallenge => reply.last(),
            _ => reply,
        }
    }

    fn third(&self, talk: &mut Talk, message: &[u8]) -> Reply {
        let behaviour = &self.inner.behaviour;
        if behaviour.windows == WindowsLogin::OtherServer {
            return again(behaviour.windows).with("Server", "Microsoft-IIS/10.0");
        }
        // It is good for one answer, on the connection it was sent on.
        let Some(challenge) = talk.challenge.take() else {
            return again(behaviour.windows);
        };
        let demands = Demands {
            accounts: &behaviour.accounts,
            domains: domains(self.inner),
            leaf: talk.leaf.as_deref(),
            binding_required: behaviour.binding_required,
        };
        let (account, verdict) = challenge.judge(message, &demands);
        self.inner.note(&account, Way::Ntlm, verdict.err());
        match verdict {
            Ok(state) => self.let_in(&account, state),
            Err(_) => again(behaviour.windows),
        }
    }

    pub(super) fn forms(&self) -> Reply {
        let Some(target) = self.request.parameter("targetId") else {
            return without_target();
        };
        if self.request.method != "POST" {
            return self.form(&target, None);
        }
        let kind = self.inner.behaviour.form;
        let (user, password) = kind.fields();
        if !kind.hidden().iter().all(|(name, value)| field(self.request, name) == *value) {
            return self.form(&target, None);
        }
        let user = field(self.request, user);
        match judge(self.inner, &user, &field(self.request, password)) {
            Ok(state) => self.let_in(&user, state),
            Err(Refusal::State(AccountState::TooManyAttempts)) => {
                Reply::html(429, "<h1>Too many failed login attempts</h1>Please try again later.")
            }
            Err(Refusal::State(state)) => self.form(&target, text(state)),
            Err(_) => self.form(&target, Some("The user name or password is not right.")),
        }
    }

    fn form(&self, target: &str, says: Option<&str>) -> Reply {
        let says = says.map(|text| format!("<p class=\"error\">{text}</p>")).unwrap_or_default();
        let page = match self.inner.behaviour.form {
            Form::Usual => USUAL_FORM.to_owned(),
            Form::Replaced => REPLACED_FORM
                .replace("{page}", &format!("{}{FORMS}", self.prefix))
                .replace("{target}", target),
            Form::Scripted => SCRIPTED_FORM.to_owned(),
        };
        Reply::html(200, page.replace("{says}", &says))
    }

    fn let_in(&self, account: &str, state: AccountState) -> Reply {
        let prefix = &self.prefix;
        // A second login port hands back to the hub's own.
        let base = match self.inner.behaviour.front {
            Some(_) => self.inner.base(self.request),
            None => self.own_base(),
        };
        if self.inner.behaviour.without_ticket || state == AccountState::Inactive {
            let reply = Reply::redirect(302, format!("{base}{prefix}/hub/"));
            return self.begin_session(reply, account, state == AccountState::Inactive);
        }
        let ticket = self.inner.issue(self.inner.setting.tickets.make(&self.inner.name, account));
        Reply::redirect(302, format!("{base}{prefix}/hub/?qlikTicket={ticket}"))
    }

    fn own_base(&self) -> String {
        let scheme = if self.request.encrypted { "https" } else { "http" };
        format!("{scheme}://{}:{}", self.inner.name, self.inner.port)
    }

    pub(super) fn redeem(&self, ticket: &str) -> Reply {
        let Some(account) = self.inner.setting.tickets.redeem(ticket, &self.inner.name) else {
            return self.to_login();
        };
        let reply = Reply::redirect(302, format!("{}/hub/", self.prefix));
        self.begin_session(reply, &account, false)
    }

    fn begin_session(&self, reply: Reply, account: &str, inactive: bool) -> Reply {
        let behaviour = &self.inner.behaviour;
        let session = self.inner.issue(guid());
        let known = Session { account: account.to_owned(), inactive };
        self.inner.lock().sessions.insert(session.clone(), known);
        let name = behaviour.cookie_name;
        let mut attributes = behaviour.cookie_attributes.to_owned();
        if !self.inner.behind_tls(self.request) {
            attributes = attributes.replace("; Secure", "");
        }
        let reply = reply.with("Set-Cookie", format!("{name}={session}{attributes}"));
        if behaviour.cookie_shared {
            return reply.with("Set-Cookie", format!("{name}={}{attributes}", guid()));
        }
        reply
    }
}

/// Whether this user gets in with this password; the attempt is counted.
pub(super) fn judge(inner: &Inner, user: &str, password: &str) -> Result<AccountState, Refusal> {
    let (domain, name) = match (user.split_once('\\'), user.split_once('@')) {
        (Some((domain, name)), _) | (None, Some((name, domain))) => (domain, name),
        (None, None) => ("", user),
    };
    let verdict = match find(&inner.behaviour.accounts, &domains(inner), domain, name) {
        None => Err(Refusal::UnknownAccount),
        Some(account) if account.password != password => Err(Refusal::Password),
        Some(account) => match account.state {
            AccountState::Good | AccountState::Inactive => Ok(account.state),
            state => Err(Refusal::State(state)),
        },
    };
    inner.note(user, Way::Form, verdict.err());
    verdict
}

/// The account of this name, if the hub's domain is meant.
pub(super) fn find<'a>(
    accounts: &'a [Account],
    domains: &[String],
    domain: &str,
    user: &str,
) -> Option<&'a Account> {
    let known = domain.is_empty() || domains.iter().any(|known| known.eq_ignore_ascii_case(domain));
    accounts.iter().find(|account| known && account.user.eq_ignore_ascii_case(user))
}

/// The names under which the hub's domain may be called.
fn domains(inner: &Inner) -> Vec<String> {
    match inner.behaviour.membership {
        Membership::Domain(domain, dns) => vec![domain.to_owned(), dns.to_owned()],
        Membership::Workgroup => vec![ntlm::computer_name(&inner.name), ".".to_owned()],
    }
}

/// A field of the form that was sent.
pub(super) fn field(request: &SeenRequest, wanted: &str) -> String {
    let mut pairs = form_urlencoded::parse(&request.body);
    pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn again(kind: WindowsLogin) -> Reply {
    let reply = Reply::html(401, "<h1>Unauthorized</h1>");
    offers(kind).iter().fold(reply, |reply, offer| reply.with("WWW-Authenticate", *offer))
}

fn offers(kind: WindowsLogin) -> &'static [&'static str] {
    match kind {
        WindowsLogin::NegotiateAndNtlm => &["Negotiate", "NTLM"],
        WindowsLogin::NegotiateOnly | WindowsLogin::KerberosOnly => &["Negotiate"],
        WindowsLogin::Basic => &["Basic realm=\"hub\""],
        WindowsLogin::Ntlm
        | WindowsLogin::Forgets
        | WindowsLogin::ClosesAfterChallenge
        | WindowsLogin::OtherServer => &["NTLM"],
    }
}

/// What a login page says of an account that does not get in although the password is right.
fn text(state: AccountState) -> Option<&'static str> {
    match state {
        AccountState::Locked => Some("Your account is locked. Contact your administrator."),
        AccountState::Disabled => Some("Your account is disabled. Contact your administrator."),
        AccountState::Expired => Some("Your account has expired. Contact your administrator."),
        AccountState::MustChangePassword => Some("Your password has expired and must be changed."),
        AccountState::Good | AccountState::TooManyAttempts | AccountState::Inactive => None,
    }
}

fn without_target() -> Reply {
    Reply::html(
        400,
        "Virtual proxy not possible to determine, since neither TargetId nor Virtual Proxy were specified",
    )
}

impl Form {
    /// The names of the fields for user and password.
    fn fields(self) -> (&'static str, &'static str) {
        match self {
            Self::Usual | Self::Scripted => ("username", "pwd"),
            Self::Replaced => ("account[name]", "account[secret]"),
        }
    }

    /// What has to come back as it is.
    fn hidden(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Usual | Self::Scripted => &[],
            Self::Replaced => &[("lang", "de & en"), ("step", "1")],
        }
    }
}

const USUAL_FORM: &str = r#"<!doctype html><html><head><title>Log in</title></head><body>{says}
<form id="loginform" method="post" action="">
<input type="text" name="username" autocomplete="off">
<input type="password" name="pwd" autocomplete="off">
<input type="submit" value="Log in"></form></body></html>"#;

/// As people write pages: another form first, a form in a comment, odd quotes, entities, a decoy field.
const REPLACED_FORM: &str = r#"<!DOCTYPE html><html><head><title>Anmeldung</title></head><body>{says}
<!-- <form action="/old"><input type="password" name="old"></form> -->
<form action="/search" method="get"><input name="q" type=text></form>
<FORM METHOD='POST' class=login action='{page}?lang=de&amp;targetId={target}'>
<input TYPE=hidden name=lang value="de &amp; en"><input type="hidden" value='1' name='step'>
<input type="checkbox" name="remember" value="yes">
<input placeholder="Konto" name='account[name]' type="email">
<input data-type="text" name="account[secret]" type='password' />
<button type="submit" name="go" value="1">Anmelden</button></FORM></body></html>"#;

const SCRIPTED_FORM: &str = r#"<!doctype html><html><head><title>Log in</title></head><body>{says}
<div id="root"></div><script src="/resources/login.js"></script></body></html>"#;
