//! Hubs in known states, each with what a doctor ought to find.

use std::time::Duration;

use crate::behaviour::{Behaviour, Login, Port, Site, Topic};
use crate::names::Answer;
use crate::people::{
    AccountState, DesktopLink, Form, Membership, SocketFault, TenantUser, WindowsLogin,
};
use crate::pki::Certificate;

/// A hub in one state.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Unique; also the first label of the host name, unless [`Case::host`] says otherwise.
    pub id: &'static str,
    /// The state in a few words.
    pub title: &'static str,
    /// What a doctor ought to find.
    pub expects: Expectation,
    /// The full host name, where it matters.
    pub host: Option<&'static str>,
    /// The state shows only to somebody who logs in: with the practice account, at Qlik Cloud with the
    /// practice key.
    pub with_login: bool,
    /// The user says that Desktop refuses although all looks well.
    pub desktop_refuses: bool,
    /// Another host where the user consents to log in.
    pub login_host: Option<&'static str>,
    /// A second hub with the right time has to be examined in the same run.
    pub needs_witness: bool,
    pub(crate) behaviour: fn() -> Behaviour,
    pub(crate) dns: Option<fn() -> Answer>,
    pub(crate) beside: &'static [Beside],
}

/// A hub that a case needs beside its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beside {
    pub(crate) host: &'static str,
    pub(crate) behaviour: fn() -> Behaviour,
}

/// What a doctor ought to find.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Expectation {
    /// Whether a login with Desktop will work.
    pub ready: bool,
    /// The check that cannot tell, where nobody can.
    pub cannot_tell: Option<&'static str>,
    /// The cause that blocks; there is one exactly if the hub is not ready.
    pub cause: Option<&'static str>,
    /// Who can mend it: `you`, `network`, `qlik-admin`, `idp-admin` or `qlik`.
    pub owner: Option<&'static str>,
    /// A cause that blocks nothing and should be listed.
    pub mentions: Option<&'static str>,
}

impl Expectation {
    /// The check that fails first, the part of the cause's id before the slash; or the one that cannot
    /// tell.
    #[must_use]
    pub fn first_broken(&self) -> Option<&'static str> {
        let named = self.cause.and_then(|cause| cause.split_once('/')).map(|(check, _)| check);
        named.or(self.cannot_tell)
    }
}

/// Ten cases for a first look.
pub const SHOWCASE: [&str; 10] = [
    "healthy",
    "expired",
    "unknown-root",
    "wrong-name",
    "chain-incomplete",
    "silent-port",
    "not-tls",
    "unavailable",
    "wrong-prefix",
    "name-not-found",
];

/// The case of this id.
#[must_use]
pub fn case(id: &str) -> Option<&'static Case> {
    CASES.iter().find(|case| case.id == id)
}

impl Case {
    /// What the hub does.
    #[must_use]
    pub fn behaviour(&self) -> Behaviour {
        (self.behaviour)()
    }

    const fn new(id: &'static str, title: &'static str, behaviour: fn() -> Behaviour) -> Self {
        Self {
            id,
            title,
            expects: Expectation {
                ready: true,
                cannot_tell: None,
                cause: None,
                owner: None,
                mentions: None,
            },
            host: None,
            with_login: false,
            desktop_refuses: false,
            login_host: None,
            needs_witness: false,
            behaviour,
            dns: None,
            beside: &[],
        }
    }

    const fn blocked_by(self, cause: &'static str, owner: &'static str) -> Self {
        Self {
            expects: Expectation {
                ready: false,
                cannot_tell: None,
                cause: Some(cause),
                owner: Some(owner),
                mentions: None,
            },
            ..self
        }
    }

    const fn untold(self, check: &'static str) -> Self {
        let expects = Expectation { ready: false, cannot_tell: Some(check), ..self.expects };
        Self { expects, ..self }
    }

    const fn mentioning(self, cause: &'static str) -> Self {
        Self { expects: Expectation { mentions: Some(cause), ..self.expects }, ..self }
    }

    const fn at(self, host: &'static str) -> Self {
        Self { host: Some(host), ..self }
    }

    const fn dns(self, answer: fn() -> Answer) -> Self {
        Self { dns: Some(answer), ..self }
    }

    const fn beside(self, hubs: &'static [Beside]) -> Self {
        Self { beside: hubs, ..self }
    }

    const fn with_login(self) -> Self {
        Self { with_login: true, ..self }
    }

    const fn desktop_refuses(self) -> Self {
        Self { desktop_refuses: true, ..self }
    }

    const fn login_host(self, host: &'static str) -> Self {
        Self { login_host: Some(host), ..self }
    }

    const fn needs_witness(self) -> Self {
        Self { needs_witness: true, ..self }
    }
}

fn healthy() -> Behaviour {
    Behaviour::healthy()
}

fn login_page() -> Behaviour {
    Behaviour::healthy().site(Site::LoginPage)
}

fn saml() -> Behaviour {
    Behaviour::healthy().login(Login::Saml { host: "idp.practice.test".to_owned() })
}

fn oidc() -> Behaviour {
    Behaviour::healthy().login(Login::Oidc { host: "refusing-idp.practice.test".to_owned() })
}

fn login_refused() -> Behaviour {
    Behaviour::healthy().site(Site::LoginRefused(400))
}

fn module() -> Behaviour {
    Behaviour::healthy().login(Login::Module { host: "module.practice.test".to_owned() })
}

fn forms_of(state: AccountState) -> Behaviour {
    Behaviour::healthy().login(Login::Forms).account_state(state)
}

fn says(topic: &'static str) -> Behaviour {
    Behaviour::healthy().topic(Topic::Notice(topic))
}

fn login_page_ahead() -> Behaviour {
    login_page().clock_offset(time::Duration::minutes(10))
}

/// Every case, in the order of the checks that find them.
pub const CASES: &[Case] = &[
    Case::new("healthy", "nothing is wrong", healthy),
    Case::new("prefix", "a virtual proxy with a prefix", || {
        healthy().prefix("finance").link_path("/finance")
    }),
    Case::new("wildcard", "a wildcard certificate", || {
        healthy().certificate(Certificate::Wildcard)
    }),
    Case::new("root-sent", "the chain includes the root", || {
        healthy().certificate(Certificate::GoodWithRoot)
    }),
    Case::new("forms", "a login form instead of Windows login", || healthy().login(Login::Forms)),
    Case::new("second-port", "login on a second port, as older releases do", || {
        healthy().login(Login::SecondPort { open: true })
    }),
    Case::new("saml", "login at an identity provider", saml)
        .beside(&[Beside { host: "idp.practice.test", behaviour: login_page }]),
    Case::new("cold-start", "the first answer takes long, later ones do not", || {
        healthy().first_answer_after(Duration::from_secs(6))
    })
    .mentioning("http/slow"),
    Case::new("cloud", "a Qlik Cloud tenant", Behaviour::cloud)
        .at("practice.eu.qlikcloud.com")
        .beside(&[Beside { host: "login.qlik.com", behaviour: login_page }]),
    // dns
    Case::new("name-not-found", "nobody knows the name", healthy)
        .dns(|| Answer::NotFound)
        .blocked_by("dns/name-not-found", "qlik-admin"),
    Case::new("name-empty", "the name has no address", healthy)
        .dns(|| Answer::NoData)
        .blocked_by("dns/record-broken", "network"),
    Case::new("alias-dangling", "the name is an alias for one that does not exist", healthy)
        .dns(|| Answer::Alias("gone.practice.test".to_owned()))
        .blocked_by("dns/record-broken", "network"),
    Case::new("zone-failure", "the domain's name servers are broken", healthy)
        .at("hub.broken.test")
        .dns(|| Answer::ServerFailure)
        .blocked_by("dns/zone-failure", "network"),
    Case::new("aaaa-dropped", "questions for IPv6 addresses get no answer", healthy)
        .dns(|| Answer::AaaaSilent(vec![std::net::Ipv4Addr::LOCALHOST.into()]))
        .mentioning("dns/aaaa-dropped"),
    // tcp
    Case::new("silent-port", "the port swallows connections", || healthy().port(Port::Silent))
        .blocked_by("tcp/port-silent", "network"),
    Case::new("refused-port", "nothing listens on the port", || healthy().port(Port::Refused))
        .blocked_by("tcp/refused", "qlik-admin"),
    // tls
    Case::new("not-tls", "an SSH server on the port", || healthy().port(Port::SshBanner))
        .blocked_by("tls/wrong-protocol", "qlik-admin"),
    Case::new("plain-http", "unencrypted HTTP on the port of an https link", || {
        healthy().plain_http()
    })
    .blocked_by("tls/wrong-protocol", "qlik-admin"),
    Case::new("mute", "accepts and never answers", || healthy().port(Port::Mute))
        .blocked_by("tls/server-silent", "qlik-admin"),
    Case::new("half-hello", "stops in the middle of its first message", || {
        healthy().port(Port::HalfServerHello)
    })
    .blocked_by("tls/server-silent", "qlik-admin"),
    Case::new("name-refused", "the server knows other names only", || {
        healthy().port(Port::RefusesName)
    })
    .blocked_by("tls/name-refused", "qlik-admin"),
    Case::new("alert-80", "the server fails inside the handshake", || {
        healthy().port(Port::Alert(80))
    })
    .blocked_by("tls/server-breaks-off", "qlik-admin"),
    // certificate
    Case::new("expired", "the certificate ended yesterday", || {
        healthy().certificate(Certificate::Expired)
    })
    .blocked_by("certificate/expired", "qlik-admin"),
    Case::new("expired-issuer", "the issuer's certificate ended yesterday", || {
        healthy().certificate(Certificate::ExpiredIntermediate)
    })
    .blocked_by("certificate/expired", "qlik-admin"),
    Case::new("not-yet-valid", "the certificate begins in ten days", || {
        healthy().certificate(Certificate::NotYetValid)
    })
    .blocked_by("certificate/not-yet-valid", "qlik-admin"),
    Case::new("wrong-name", "the certificate is another host's", || {
        healthy().certificate(Certificate::WrongName)
    })
    .blocked_by("certificate/wrong-name", "qlik-admin"),
    Case::new("common-name-only", "the certificate has no alternative names", || {
        healthy().certificate(Certificate::CommonNameOnly)
    })
    .blocked_by("certificate/wrong-name", "qlik-admin"),
    Case::new("other-name", "the link uses a name the certificate lacks", || {
        healthy().also_named("server.practice.test").certificate(Certificate::OtherNamesOnly)
    })
    .blocked_by("certificate/link-uses-other-name", "qlik-admin"),
    Case::new("qlik-default", "the certificate Qlik made for itself", || {
        healthy().certificate(Certificate::QlikDefault)
    })
    .blocked_by("certificate/qlik-default", "qlik-admin"),
    Case::new("unknown-root", "an authority nobody trusts", || {
        healthy().certificate(Certificate::UnknownRoot)
    })
    .blocked_by("certificate/untrusted-issuer", "network"),
    Case::new("self-signed", "a certificate signed by itself", || {
        healthy().certificate(Certificate::SelfSigned)
    })
    .blocked_by("certificate/untrusted-issuer", "network"),
    Case::new("self-signed-ca", "a CA certificate signed by itself", || {
        healthy().certificate(Certificate::SelfSignedCa)
    })
    .blocked_by("certificate/untrusted-issuer", "network"),
    Case::new("client-only", "a certificate for clients only", || {
        healthy().certificate(Certificate::ClientAuthOnly)
    })
    .blocked_by("certificate/misissued", "qlik-admin"),
    Case::new("issued-by-leaf", "issued by a certificate that is no CA", || {
        healthy().certificate(Certificate::IssuedByLeaf)
    })
    .blocked_by("certificate/misissued", "qlik-admin"),
    Case::new("chain-incomplete", "the intermediate is not sent", || {
        healthy().certificate(Certificate::ChainIncomplete)
    })
    .mentioning("certificate/chain-incomplete"),
    Case::new("expires-soon", "the certificate ends in three days", || {
        healthy().certificate(Certificate::ExpiresSoon)
    })
    .mentioning("certificate/expires-soon"),
    // clock
    Case::new("clock-wrong", "the hub's clock is 20 minutes fast", || {
        healthy().clock_offset(time::Duration::minutes(20))
    })
    .needs_witness()
    .mentioning("clock/hub-wrong"),
    Case::new("idp-clock-wrong", "the identity provider's clock is 10 minutes fast", || {
        healthy().login(Login::Saml { host: "idp-ahead.practice.test".to_owned() })
    })
    .beside(&[Beside { host: "idp-ahead.practice.test", behaviour: login_page_ahead }])
    .blocked_by("clock/hub-and-idp-disagree", "qlik-admin"),
    // http
    Case::new("redirect-loop", "two pages redirect to each other", || {
        healthy().site(Site::RedirectLoop)
    })
    .blocked_by("http/redirect-loop", "qlik-admin"),
    Case::new("endless-redirects", "every page redirects to a new one", || {
        healthy().site(Site::EndlessRedirects)
    })
    .blocked_by("http/redirect-loop", "qlik-admin"),
    Case::new("moved", "the hub has moved to another host", || {
        healthy().site(Site::MovedTo { host: "sense.moved.test".to_owned(), status: 301 })
    })
    .beside(&[Beside { host: "sense.moved.test", behaviour: healthy }])
    .mentioning("http/redirect-to-other-host"),
    Case::new("moved-away", "the hub redirects to a name that does not exist", || {
        healthy().site(Site::MovedTo { host: "inside-only.practice.test".to_owned(), status: 302 })
    })
    .blocked_by("http/redirect-to-dead-address", "qlik-admin"),
    Case::new("wants-https", "an http link to an https port", || healthy().link_scheme("http"))
        .blocked_by("http/port-wants-https", "qlik-admin"),
    Case::new("unavailable", "503 for everything", || healthy().status(503, Some(120)))
        .blocked_by("http/service-error", "qlik-admin"),
    Case::new("bad-gateway", "502 for everything", || healthy().status(502, None))
        .blocked_by("http/service-error", "qlik-admin"),
    Case::new("header-too-large", "431 for every request", || healthy().status(431, None))
        .blocked_by("http/header-too-large", "qlik-admin"),
    Case::new("no-reply", "takes the request and never answers", || healthy().site(Site::NoReply))
        .blocked_by("http/no-reply", "qlik-admin"),
    Case::new("empty-reply", "ends the connection instead of answering", || {
        healthy().site(Site::EmptyReply)
    })
    .blocked_by("http/cut-off", "network"),
    Case::new("cut-off", "answers break off in the middle", || healthy().site(Site::CutOff))
        .blocked_by("http/cut-off", "network"),
    Case::new("portal", "the network wants a login first", || healthy().status(511, None))
        .blocked_by("http/captive-portal", "you"),
    // hub
    Case::new("web-server", "a web server that is not a hub", || healthy().site(Site::WebServer))
        .blocked_by("hub/not-qlik", "qlik-admin"),
    Case::new("desktop", "somebody's Qlik Sense Desktop", || healthy().site(Site::Desktop))
        .blocked_by("hub/not-qlik", "qlik-admin"),
    Case::new("wrong-prefix", "the link's prefix does not exist", || {
        healthy().link_path("/nosuch")
    })
    .blocked_by("hub/path-unknown", "qlik-admin"),
    Case::new("not-allowed", "the link's name is not in the allow list", || {
        healthy().also_named("central.practice.test").allow_list(&["central.practice.test"])
    })
    .blocked_by("hub/not-in-allow-list", "qlik-admin"),
    Case::new("login-port-closed", "the login is on a port that is closed", || {
        healthy().login(Login::SecondPort { open: false })
    })
    .blocked_by("hub/login-port-closed", "network"),
    Case::new("idp-unreachable", "the identity provider's name does not exist", || {
        healthy().login(Login::Saml { host: "no-idp.practice.test".to_owned() })
    })
    .blocked_by("hub/identity-provider-unreachable", "network"),
    Case::new("anonymous", "an entrance without login", || healthy().site(Site::SenseAnonymous))
        .blocked_by("hub/no-interactive-login", "qlik-admin"),
    Case::new("for-programs", "an entrance for programs", || {
        healthy().site(Site::SenseForPrograms)
    })
    .blocked_by("hub/no-interactive-login", "qlik-admin"),
    Case::new("by-header", "an entrance that takes the user from a header", || {
        healthy().site(Site::SenseByHeader)
    })
    .blocked_by("hub/no-interactive-login", "qlik-admin"),
    Case::new("websocket-blocked", "pages pass, WebSockets do not", || {
        healthy().refusing_upgrade(502)
    })
    .blocked_by("hub/websocket-blocked", "network"),
    Case::new("websocket-400", "a device answers WebSockets with 400", || {
        healthy().refusing_upgrade(400)
    })
    .blocked_by("hub/websocket-blocked", "network"),
    Case::new("websocket-505", "a device answers WebSockets with 505", || {
        healthy().refusing_upgrade(505)
    })
    .blocked_by("hub/websocket-blocked", "network"),
    Case::new("websocket-reset", "a device breaks off WebSockets", || {
        healthy().socket_fault(SocketFault::Reset)
    })
    .blocked_by("hub/websocket-blocked", "network"),
    Case::new("websocket-page", "a device answers WebSockets with its own page", || {
        healthy().socket_fault(SocketFault::Page)
    })
    .blocked_by("hub/websocket-blocked", "network"),
    Case::new("websocket-token", "strangers need a token for WebSockets, as since 2024", || {
        healthy().socket_fault(SocketFault::TokenFirst)
    }),
    Case::new("tenant-unknown", "no such tenant at Qlik Cloud", || {
        healthy().site(Site::CloudUnknownTenant)
    })
    .at("nosuch.eu.qlikcloud.com")
    .blocked_by("hub/tenant-unknown", "you"),
    Case::new("cloud-outage", "Qlik Cloud has a fault", || {
        healthy().site(Site::CloudUnavailable(503))
    })
    .at("outage.eu.qlikcloud.com")
    .blocked_by("hub/cloud-service-error", "qlik"),
    Case::new("cloud-bad-gateway", "Qlik Cloud answers 502", || {
        healthy().site(Site::CloudUnavailable(502))
    })
    .at("gateway.eu.qlikcloud.com")
    .blocked_by("hub/cloud-service-error", "qlik"),
    Case::new("cloud-provider", "the tenant's identity provider is set up wrongly", || {
        let title = "Invalid identity provider configuration";
        healthy().site(Site::CloudLoginError(401, "INVALID-IDP-CONFIG", title))
    })
    .at("provider.eu.qlikcloud.com")
    .blocked_by("hub/cloud-login-misconfigured", "qlik-admin"),
    Case::new("cloud-returnto", "the tenant refuses to come back to its own page", || {
        healthy().site(Site::CloudLoginError(401, "LOGIN-8", "Illegal returnto value"))
    })
    .at("returnto.eu.qlikcloud.com")
    .blocked_by("hub/cloud-login-misconfigured", "qlik-admin"),
    Case::new("cloud-integration", "the tenant's web integration lacks an origin", || {
        let title = "returnto not included in web integration whitelist";
        healthy().site(Site::CloudLoginError(401, "LOGIN-10", title))
    })
    .at("integration.eu.qlikcloud.com")
    .blocked_by("hub/cloud-login-misconfigured", "qlik-admin"),
    Case::new("cloud-address", "the tenant takes no visitor from here", || {
        healthy().site(Site::CloudAddressBlocked)
    })
    .at("address.eu.qlikcloud.com")
    .blocked_by("hub/tenant-ip-blocked", "qlik-admin"),
    // login
    Case::new("login-windows", "Windows login, to its end", healthy).with_login(),
    Case::new("login-negotiate", "Negotiate is offered before NTLM", || {
        healthy().windows(WindowsLogin::NegotiateAndNtlm)
    })
    .with_login(),
    Case::new("login-inside-negotiate", "NTLM is taken inside Negotiate only", || {
        healthy().windows(WindowsLogin::NegotiateOnly)
    })
    .with_login(),
    Case::new("login-bound", "only logins that are bound to their connection", || {
        healthy().binding_required()
    })
    .with_login(),
    Case::new("login-form", "the login form, to its end", || healthy().login(Login::Forms))
        .with_login(),
    Case::new("login-own-form", "a form that somebody else made", || {
        healthy().login(Login::Forms).form(Form::Replaced)
    })
    .with_login(),
    Case::new("login-prefix", "Windows login behind a prefix", || {
        healthy().prefix("finance").link_path("/finance")
    })
    .with_login(),
    Case::new("login-second-port", "Windows login on a second port", || {
        healthy().login(Login::SecondPort { open: true })
    })
    .with_login(),
    Case::new("login-no-ticket", "the cookie comes without a ticket", || {
        healthy().without_ticket()
    })
    .with_login(),
    Case::new("login-cookie-https", "the cookie's name ends in -HTTPS", || {
        healthy().cookie("X-Qlik-Session-finance-HTTPS", "; Path=/; HttpOnly; Secure; SameSite=Lax")
    })
    .with_login(),
    Case::new("login-cookie-renamed", "the cookie has a name of the company's own", || {
        healthy().cookie("corp_qlik_sid", "; path=/; domain=.practice.test; secure; httponly")
    })
    .with_login(),
    Case::new("login-attached", "a session is open already and is joined", || {
        healthy().topic(Topic::Connected("SESSION_ATTACHED"))
    })
    .with_login(),
    Case::new("login-token", "WebSockets need a token before and after the login", || {
        healthy().socket_fault(SocketFault::TokenFirst)
    })
    .with_login(),
    Case::new("login-module", "the login is on another host, which the user named", module)
        .with_login()
        .login_host("module.practice.test")
        .beside(&[Beside { host: "module.practice.test", behaviour: login_page }]),
    Case::new("login-cloud", "an API key of a member", Behaviour::cloud)
        .at("member.eu.qlikcloud.com")
        .with_login()
        .beside(&[Beside { host: "login.qlik.com", behaviour: login_page }]),
    Case::new("password-rejected", "Windows login says no", || healthy().rejecting_password())
        .with_login()
        .blocked_by("login/rejected", "you"),
    Case::new("form-rejected", "the login form says no", || {
        healthy().login(Login::Forms).rejecting_password()
    })
    .with_login()
    .blocked_by("login/rejected", "you"),
    Case::new("locked-for-windows", "the account is locked, and NTLM does not say so", || {
        healthy().account_state(AccountState::Locked)
    })
    .with_login()
    .blocked_by("login/rejected", "you"),
    Case::new("other-domain", "the hub's domain is another one", || {
        healthy().membership(Membership::Domain("ELSEWHERE", "elsewhere.test"))
    })
    .with_login()
    .blocked_by("login/rejected", "you")
    .mentioning("login/other-domain"),
    Case::new("no-domain", "the hub's server belongs to no domain", || {
        healthy().membership(Membership::Workgroup)
    })
    .with_login()
    .blocked_by("login/hub-server-not-in-domain", "qlik-admin"),
    Case::new("locked", "the form says that the account is locked", || {
        forms_of(AccountState::Locked)
    })
    .with_login()
    .blocked_by("login/rejected", "you")
    .mentioning("login/account-blocked"),
    Case::new("disabled", "the form says that the account is disabled", || {
        forms_of(AccountState::Disabled)
    })
    .with_login()
    .blocked_by("login/rejected", "you")
    .mentioning("login/account-blocked"),
    Case::new("account-expired", "the form says that the account has expired", || {
        forms_of(AccountState::Expired)
    })
    .with_login()
    .blocked_by("login/rejected", "you")
    .mentioning("login/account-blocked"),
    Case::new("password-expired", "the form says that the password has expired", || {
        forms_of(AccountState::MustChangePassword)
    })
    .with_login()
    .blocked_by("login/rejected", "you")
    .mentioning("login/password-expired"),
    Case::new("too-many-attempts", "the form is blocked for a while", || {
        forms_of(AccountState::TooManyAttempts)
    })
    .with_login()
    .blocked_by("login/too-many-attempts", "you"),
    Case::new("inactive", "Qlik has switched the user off", || {
        healthy().account_state(AccountState::Inactive)
    })
    .with_login()
    .blocked_by("login/user-inactive", "qlik-admin"),
    Case::new("ntlm-forgotten", "a device forgets the first message", || {
        healthy().windows(WindowsLogin::Forgets)
    })
    .with_login()
    .blocked_by("login/ntlm-connection-broken", "network"),
    Case::new("ntlm-closed", "a device ends the connection after the challenge", || {
        healthy().windows(WindowsLogin::ClosesAfterChallenge)
    })
    .with_login()
    .blocked_by("login/ntlm-connection-broken", "network"),
    Case::new("ntlm-other-server", "a device changes the server after the challenge", || {
        healthy().windows(WindowsLogin::OtherServer)
    })
    .with_login()
    .blocked_by("login/rejected", "you")
    .mentioning("login/ntlm-connection-broken"),
    Case::new("kerberos-only", "Kerberos and nothing else", || {
        healthy().windows(WindowsLogin::KerberosOnly)
    })
    .with_login()
    .untold("login"),
    Case::new("basic-only", "Basic and nothing else", || healthy().windows(WindowsLogin::Basic))
        .with_login()
        .untold("login"),
    Case::new("form-scripted", "a login page without a form to read", || {
        healthy().login(Login::Forms).form(Form::Scripted)
    })
    .with_login()
    .untold("login"),
    Case::new("login-saml", "an identity provider, which wants a person", saml)
        .with_login()
        .untold("login")
        .beside(&[Beside { host: "idp.practice.test", behaviour: login_page }]),
    Case::new("login-over-http", "the form is on an unencrypted page", || {
        healthy().login(Login::FormsOverHttp)
    })
    .with_login()
    .blocked_by("http/port-wants-https", "qlik-admin"),
    Case::new("module-unnamed", "the login is on another host, which nobody named", module)
        .with_login()
        .untold("login")
        .beside(&[Beside { host: "module.practice.test", behaviour: login_page }]),
    Case::new("cookie-domain", "the session cookie is for another domain", || {
        healthy().cookie("X-Qlik-Session", "; Domain=elsewhere.test; Path=/; HttpOnly; Secure")
    })
    .with_login()
    .blocked_by("login/cookie-not-kept", "qlik-admin"),
    Case::new("cookie-path", "the session cookie is for another path", || {
        healthy().cookie("X-Qlik-Session", "; Path=/elsewhere; HttpOnly; Secure")
    })
    .with_login()
    .blocked_by("login/cookie-not-kept", "qlik-admin"),
    Case::new(
        "cookie-same-site",
        "the session cookie wants to be sent everywhere, unencrypted",
        || healthy().cookie("X-Qlik-Session", "; Path=/; HttpOnly; SameSite=None"),
    )
    .with_login()
    .blocked_by("login/cookie-not-kept", "qlik-admin"),
    Case::new("cookie-shared", "two virtual proxies set the same cookie", || {
        healthy().cookie_shared()
    })
    .with_login()
    .blocked_by("login/cookie-not-kept", "qlik-admin"),
    Case::new("session-stale", "the hub takes every session for an old one", || {
        healthy().stale_sessions()
    })
    .with_login()
    .blocked_by("login/authorisation-lapsed", "you"),
    Case::new("session-timed-out", "the engine says that the session timed out", || {
        says("OnSessionTimedOut")
    })
    .with_login()
    .blocked_by("login/authorisation-lapsed", "you"),
    Case::new("session-closed", "the engine says that the session was closed", || {
        says("OnSessionClosed")
    })
    .with_login()
    .blocked_by("login/authorisation-lapsed", "you"),
    Case::new("session-logged-out", "the engine says that the user logged out", || {
        says("OnSessionLoggedOut")
    })
    .with_login()
    .blocked_by("login/authorisation-lapsed", "you"),
    Case::new("session-unknown", "the engine asks to log in, in spite of the cookie", || {
        healthy().topic(Topic::MustAuthenticate)
    })
    .with_login()
    .blocked_by("login/unexplained", "you"),
    Case::new("idp-refuses", "the identity provider does not know the application", oidc)
        .beside(&[Beside { host: "refusing-idp.practice.test", behaviour: login_refused }])
        .blocked_by("login/idp-refuses-request", "idp-admin"),
    Case::new("link-empty", "no Desktop link was generated", || {
        healthy().desktop_link(DesktopLink::Empty)
    })
    .with_login()
    .mentioning("login/link-not-generated"),
    Case::new("link-moved", "the hub gives out another link today", || {
        healthy().desktop_link(DesktopLink::Other("https://central.practice.test"))
    })
    .with_login()
    .mentioning("login/link-differs"),
    Case::new("link-renamed", "the hub gives out the link under another name", || {
        healthy().desktop_link(DesktopLink::Named("Central hub"))
    })
    .with_login()
    .mentioning("login/link-differs"),
    Case::new("link-unknown", "a release that gives out no link", || {
        healthy().desktop_link(DesktopLink::Absent)
    })
    .with_login(),
    Case::new("header-stripped", "a server in front removes a header", || {
        healthy().stripping("X-Qlik-Xrfkey")
    })
    .with_login()
    .blocked_by("login/header-stripped", "qlik-admin"),
    Case::new("not-a-member", "the user is no member of the tenant", || {
        let title = "User is not a member of tenant";
        Behaviour::cloud().tenant_user(TenantUser::Error(403, "AUTH-5", title))
    })
    .at("not-a-member.eu.qlikcloud.com")
    .with_login()
    .blocked_by("login/not-a-tenant-member", "qlik-admin"),
    Case::new("invitation-expired", "the invitation to the tenant has expired", || {
        let title = "User invite has expired";
        Behaviour::cloud().tenant_user(TenantUser::Error(403, "USER_INVITE_EXPIRED", title))
    })
    .at("invitation.eu.qlikcloud.com")
    .with_login()
    .blocked_by("login/not-a-tenant-member", "qlik-admin"),
    Case::new("user-twice", "the tenant has the user twice", || {
        let title = "Multiple active users detected with the same e-mail";
        Behaviour::cloud().tenant_user(TenantUser::Error(400, "LOGIN-12", title))
    })
    .at("user-twice.eu.qlikcloud.com")
    .with_login()
    .blocked_by("login/not-a-tenant-member", "qlik-admin"),
    Case::new("tenant-user-disabled", "the tenant has switched the user off", || {
        Behaviour::cloud().tenant_user(TenantUser::Disabled)
    })
    .at("disabled.eu.qlikcloud.com")
    .with_login()
    .blocked_by("login/user-inactive", "qlik-admin"),
    Case::new("tenant-code", "the tenant answers with a code that nobody explains", || {
        Behaviour::cloud().tenant_user(TenantUser::Error(403, "AUTH-1", "Forbidden"))
    })
    .at("code.eu.qlikcloud.com")
    .with_login()
    .blocked_by("login/unexplained", "you"),
    Case::new("key-rejected", "the API key is not known", || {
        Behaviour::cloud().tenant_user(TenantUser::Unknown)
    })
    .at("key.eu.qlikcloud.com")
    .with_login()
    .untold("login")
    .mentioning("login/key-rejected"),
    Case::new("socket-not-allowed", "the hub takes no WebSocket in the link's name", || {
        healthy().socket_fault(SocketFault::Forbidden)
    })
    .with_login()
    .blocked_by("hub/not-in-allow-list", "qlik-admin"),
    Case::new("socket-cut", "a device cuts WebSockets after two seconds", || {
        healthy().socket_fault(SocketFault::Cut(2000))
    })
    .with_login()
    .blocked_by("hub/websocket-blocked", "network"),
    // licence
    Case::new("engine-mute", "the engine opens its WebSocket and says nothing", || {
        healthy().socket_fault(SocketFault::Cut(600_000))
    })
    .with_login()
    .untold("licence"),
    Case::new("no-licence", "no licence is assigned", || says("OnLicenseAccessDenied"))
        .with_login()
        .blocked_by("licence/none-allocated", "qlik-admin"),
    Case::new("licence-syncing", "the licence is being set up", || {
        says("OnLicenseAccessDeniedPendingUserSync")
    })
    .with_login()
    .blocked_by("licence/still-syncing", "you"),
    Case::new("licence-excluded", "more licences are assigned than exist", || {
        says("OnExcessLicenseAssignment")
    })
    .with_login()
    .blocked_by("licence/assignment-excluded", "qlik-admin"),
    Case::new("too-many-sessions", "five sessions are open already", || {
        says("OnMaxParallelSessionsExceeded")
    })
    .with_login()
    .blocked_by("licence/too-many-sessions", "you"),
    Case::new("hub-unlicensed", "the hub itself has no licence", || {
        healthy().topic(Topic::Connected("SESSION_ERROR_NO_LICENSE"))
    })
    .with_login()
    .blocked_by("licence/server-unlicensed", "qlik-admin"),
    Case::new("hub-not-renewed", "the hub's licence could not be renewed", || {
        healthy().topic(Topic::Connected("SESSION_ERROR_LICENSE_RENEW"))
    })
    .with_login()
    .blocked_by("licence/server-unlicensed", "qlik-admin"),
    Case::new("engine-down", "no engine behind the hub", || says("OnNoEngineAvailable"))
        .with_login()
        .blocked_by("licence/services-down", "qlik-admin"),
    Case::new("engine-broken", "the engine behind the hub does not answer", || {
        says("OnEngineWebsocketFailed")
    })
    .with_login()
    .blocked_by("licence/services-down", "qlik-admin"),
    Case::new("repository-down", "no repository behind the hub", || {
        says("OnNoRepositoryAvailable")
    })
    .with_login()
    .blocked_by("licence/services-down", "qlik-admin"),
    Case::new("repository-broken", "the repository behind the hub does not answer", || {
        says("OnRepositoryWebsocketFailed")
    })
    .with_login()
    .blocked_by("licence/services-down", "qlik-admin"),
    Case::new("session-limit", "a limit that nobody explains", || {
        healthy().topic(Topic::Connected("SESSION_ERROR_LIMIT_EXCEEDED"))
    })
    .with_login()
    .blocked_by("licence/unexplained", "you"),
    Case::new("app-failure", "a fault of an app, which is no concern of the login", || {
        healthy().topic(Topic::Connected("SESSION_ERROR_APP_FAILURE"))
    })
    .with_login()
    .untold("licence"),
    // test-server
    Case::new("qlik-test", "all is well, and Desktop refuses", healthy)
        .with_login()
        .desktop_refuses()
        .blocked_by("licence/analyzer-only", "qlik-admin")
        .mentioning("test-server/suspected-test-licence"),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{CASES, Expectation, SHOWCASE, case};

    #[test]
    fn ids_and_hosts_are_unique() {
        let ids: HashSet<_> = CASES.iter().map(|case| case.id).collect();
        let hosts: HashSet<_> = CASES.iter().map(|case| case.host.unwrap_or(case.id)).collect();
        assert_eq!((ids.len(), hosts.len()), (CASES.len(), CASES.len()));
    }

    #[test]
    fn a_hub_is_not_ready_exactly_if_something_blocks() {
        for case in CASES {
            let Expectation { ready, cannot_tell, cause, owner, .. } = case.expects;
            assert_eq!(ready, cause.or(cannot_tell).is_none(), "{}", case.id);
            assert_eq!(owner.is_some(), cause.is_some(), "{}", case.id);
            assert_eq!(ready, case.expects.first_broken().is_none());
        }
    }

    #[test]
    fn the_showcase_names_cases() {
        for id in SHOWCASE {
            assert!(case(id).is_some(), "no case {id}");
        }
    }
}
