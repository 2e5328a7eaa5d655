//! What a hub does, as data.

use std::time::Duration;

use crate::hub::Hostile;
use crate::people::{
    Account, AccountState, DNS_DOMAIN, DOMAIN, DesktopLink, Form, Membership, PASSWORD,
    SocketFault, TenantUser, USER, WindowsLogin,
};
use crate::pki::Certificate;

/// How a hub behaves, from the port to the pages; built from [`Behaviour::healthy`] or
/// [`Behaviour::cloud`] by saying what is different.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and most are false")]
#[derive(Clone, Debug)]
pub struct Behaviour {
    pub(crate) port: Port,
    pub(crate) certificate: Certificate,
    pub(crate) encrypted: bool,
    pub(crate) site: Site,
    pub(crate) login: Login,
    pub(crate) accounts: Vec<Account>,
    pub(crate) membership: Membership,
    pub(crate) windows: WindowsLogin,
    pub(crate) binding_required: bool,
    pub(crate) front: Option<&'static str>,
    pub(crate) form: Form,
    pub(crate) without_ticket: bool,
    pub(crate) cookie_name: &'static str,
    pub(crate) cookie_attributes: &'static str,
    pub(crate) cookie_shared: bool,
    pub(crate) stale_sessions: bool,
    pub(crate) echoing: bool,
    pub(crate) stripped: Option<&'static str>,
    pub(crate) desktop_link: DesktopLink,
    pub(crate) topic: Topic,
    pub(crate) socket_fault: Option<SocketFault>,
    pub(crate) socket_cut_after: Option<Duration>,
    pub(crate) tenant_user: TenantUser,
    pub(crate) login_certificate: Option<Certificate>,
    pub(crate) replaced_certificate: Option<(usize, Certificate)>,
    pub(crate) prefixes: Vec<String>,
    pub(crate) other_names: Vec<String>,
    pub(crate) allow_list: Option<Vec<String>>,
    pub(crate) clock_offset: time::Duration,
    pub(crate) first_answer_after: Duration,
    pub(crate) link_scheme: Option<&'static str>,
    pub(crate) link_path: String,
}

/// What the TCP port does, before any page is asked for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Port {
    /// Accepts, and speaks as the rest of the behaviour says.
    #[default]
    Open,
    /// Swallows every connection request: the queue of a listener that never accepts is full. Linux then
    /// drops further requests; other systems may refuse them. [`crate::Hub::port_is_silent`] tells.
    Silent,
    /// Nothing listens; the port stays reserved, so that nobody else can take it.
    Refused,
    /// Accepts and reads, but never sends a byte.
    Mute,
    /// Ends the connection at once (FIN).
    ClosesAtAccept,
    /// Resets the connection at once (RST).
    ResetsAtAccept,
    /// Ends the connection after the client's hello.
    ClosesAfterHello,
    /// Resets the connection after the client's hello.
    ResetsAfterHello,
    /// Answers the client's hello with this fatal TLS alert.
    Alert(u8),
    /// Answers a hello for the hub's name with alert 112 (unrecognised name), and serves every other one.
    RefusesName,
    /// Answers the client's hello with the first half of a `ServerHello`, then falls silent.
    HalfServerHello,
    /// Greets as an SSH server does.
    SshBanner,
    /// Answers the client's hello with this.
    Hostile(Hostile),
}

/// What answers the requests.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Site {
    /// Qlik Sense Enterprise on Windows.
    #[default]
    Sense,
    /// The same with an anonymous-only virtual proxy.
    SenseAnonymous,
    /// The same with a virtual proxy for programs: 401 without a challenge.
    SenseForPrograms,
    /// The same with a virtual proxy that takes the user from a header: a bare 400 without it.
    SenseByHeader,
    /// Somebody's Qlik Sense Desktop.
    Desktop,
    /// A Qlik Cloud tenant whose login is `login.qlik.com`.
    Cloud,
    /// Qlik Cloud, asked for a tenant that does not exist.
    CloudUnknownTenant,
    /// A Qlik Cloud tenant during an outage: this status with an error object.
    CloudUnavailable(u16),
    /// A Qlik Cloud tenant whose login answers with this error: status, code, title.
    CloudLoginError(u16, &'static str, &'static str),
    /// A Qlik Cloud tenant that takes no visitor from this address.
    CloudAddressBlocked,
    /// A login page, as an identity provider shows it. Whoever logs in there is sent back with a ticket
    /// to the hub that sent them, if it is a hub of this world.
    LoginPage,
    /// An identity provider that does not know the application: this status and a page that says so.
    LoginRefused(u16),
    /// A web server that has nothing to do with Qlik.
    WebServer,
    /// This status for everything, with `Retry-After` in seconds where given.
    Status {
        /// The HTTP status.
        status: u16,
        /// The header, where the status has one.
        retry_after: Option<u32>,
    },
    /// Two addresses that redirect to each other.
    RedirectLoop,
    /// Redirects for ever, each to a longer address.
    EndlessRedirects,
    /// Redirects everything to another host, on the port which that hub of the same world has (or 443).
    MovedTo {
        /// The other host's name.
        host: String,
        /// 301 and its kin.
        status: u16,
    },
    /// Redirects everything to the start page of a network.
    CaptivePortal,
    /// Takes every request and never answers.
    NoReply,
    /// Ends the connection instead of answering.
    EmptyReply,
    /// Ends the connection in the middle of every body.
    CutOff,
    /// Answers every request with this.
    Hostile(Hostile),
    /// A healthy hub whose own words, such as the name of the product, are hostile.
    SenseWithPlantedWords,
    /// Hands out the intermediate certificate that incomplete chains lack.
    IssuerFile,
}

/// Where a Sense hub sends visitors to log in.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Login {
    /// Windows login for a User-Agent that contains `Windows`, else the form; on the same port.
    #[default]
    ByUserAgent,
    /// The form, for everybody.
    Forms,
    /// Windows login on a second port, as older releases do.
    SecondPort {
        /// Whether that port can be reached.
        open: bool,
    },
    /// An identity provider, by SAML; the port is found as for [`Site::MovedTo`].
    Saml {
        /// Its host name.
        host: String,
    },
    /// An identity provider, by `OpenID` Connect; the port likewise.
    Oidc {
        /// Its host name.
        host: String,
    },
    /// A login module of the company's own on another host; the port likewise.
    Module {
        /// Its host name.
        host: String,
    },
    /// The form, over http.
    FormsOverHttp,
}

/// What the WebSocket says to somebody who is logged in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Topic {
    /// `OnConnected` with this session state, such as `SESSION_CREATED`.
    Connected(&'static str),
    /// Another topic, such as `OnLicenseAccessDenied`.
    Notice(&'static str),
    /// That the visitor has to log in, whatever they did before.
    MustAuthenticate,
}

impl Behaviour {
    /// A Sense hub as it should be; the password is accepted and a licence is there.
    #[must_use]
    pub fn healthy() -> Self {
        Self {
            port: Port::Open,
            certificate: Certificate::Good,
            encrypted: true,
            site: Site::Sense,
            login: Login::ByUserAgent,
            accounts: vec![Account { user: USER, password: PASSWORD, state: AccountState::Good }],
            membership: Membership::Domain(DOMAIN, DNS_DOMAIN),
            windows: WindowsLogin::Ntlm,
            binding_required: false,
            front: None,
            form: Form::Usual,
            without_ticket: false,
            cookie_name: "X-Qlik-Session",
            cookie_attributes: "; Path=/; HttpOnly; Secure",
            cookie_shared: false,
            stale_sessions: false,
            echoing: false,
            stripped: None,
            desktop_link: DesktopLink::Same,
            topic: Topic::Connected("SESSION_CREATED"),
            socket_fault: None,
            socket_cut_after: None,
            tenant_user: TenantUser::Active,
            login_certificate: None,
            replaced_certificate: None,
            prefixes: Vec::new(),
            other_names: Vec::new(),
            allow_list: None,
            clock_offset: time::Duration::ZERO,
            first_answer_after: Duration::ZERO,
            link_scheme: None,
            link_path: String::new(),
        }
    }

    /// A Qlik Cloud tenant as it should be.
    #[must_use]
    pub fn cloud() -> Self {
        Self::healthy().site(Site::Cloud)
    }

    /// Changes what the port does.
    #[must_use]
    pub fn port(self, port: Port) -> Self {
        Self { port, ..self }
    }

    /// Changes the certificate.
    #[must_use]
    pub fn certificate(self, certificate: Certificate) -> Self {
        Self { certificate, ..self }
    }

    /// Speaks unencrypted HTTP; the link still says what [`Behaviour::link_scheme`] says, or https.
    #[must_use]
    pub fn plain_http(self) -> Self {
        Self { encrypted: false, ..self }
    }

    /// Changes what answers the requests.
    #[must_use]
    pub fn site(self, site: Site) -> Self {
        Self { site, ..self }
    }

    /// Answers every request with this status.
    #[must_use]
    pub fn status(self, status: u16, retry_after: Option<u32>) -> Self {
        self.site(Site::Status { status, retry_after })
    }

    /// Changes where visitors log in.
    #[must_use]
    pub fn login(self, login: Login) -> Self {
        Self { login, ..self }
    }

    /// Knows nobody, and takes no API key.
    #[must_use]
    pub fn rejecting_password(self) -> Self {
        Self { accounts: Vec::new(), tenant_user: TenantUser::Unknown, ..self }
    }

    /// Changes what becomes of the usual account.
    #[must_use]
    pub fn account_state(mut self, state: AccountState) -> Self {
        for account in &mut self.accounts {
            account.state = state;
        }
        self
    }

    /// Changes the domain of the hub's server, and so the accounts it knows.
    #[must_use]
    pub fn membership(self, membership: Membership) -> Self {
        Self { membership, ..self }
    }

    /// Changes how the page for Windows login behaves.
    #[must_use]
    pub fn windows(self, windows: WindowsLogin) -> Self {
        Self { windows, ..self }
    }

    /// Takes no NTLM login that is not bound to its connection (extended protection).
    #[must_use]
    pub fn binding_required(self) -> Self {
        Self { binding_required: true, ..self }
    }

    /// Lets a server in front do the Windows login: whoever it names in this header gets a ticket.
    #[must_use]
    pub fn behind(self, header: &'static str) -> Self {
        Self { front: Some(header), ..self }
    }

    /// Changes what the form looks like.
    #[must_use]
    pub fn form(self, form: Form) -> Self {
        Self { form, ..self }
    }

    /// Sets the session cookie with the answer to the login, without a ticket, as some releases do.
    #[must_use]
    pub fn without_ticket(self) -> Self {
        Self { without_ticket: true, ..self }
    }

    /// Changes the session cookie: its name, and its attributes with the semicolon before each.
    #[must_use]
    pub fn cookie(self, name: &'static str, attributes: &'static str) -> Self {
        Self { cookie_name: name, cookie_attributes: attributes, ..self }
    }

    /// Lets a second virtual proxy set the same cookie, so that each visit ends the other's session.
    #[must_use]
    pub fn cookie_shared(self) -> Self {
        Self { cookie_shared: true, ..self }
    }

    /// Answers every session with the page for stale cookies.
    #[must_use]
    pub fn stale_sessions(self) -> Self {
        Self { stale_sessions: true, ..self }
    }

    /// Begins every page with what the visitor sent, as a server does that somebody left in its debug
    /// mode.
    #[must_use]
    pub fn echoing(self) -> Self {
        Self { echoing: true, ..self }
    }

    /// Lets a server in front remove this request header.
    #[must_use]
    pub fn stripping(self, header: &'static str) -> Self {
        Self { stripped: Some(header), ..self }
    }

    /// Changes what the hub says of its Desktop link.
    #[must_use]
    pub fn desktop_link(self, desktop_link: DesktopLink) -> Self {
        Self { desktop_link, ..self }
    }

    /// Changes who the API key of a tenant belongs to.
    #[must_use]
    pub fn tenant_user(self, tenant_user: TenantUser) -> Self {
        Self { tenant_user, ..self }
    }

    /// Shows another certificate on the second login port.
    #[must_use]
    pub fn login_certificate(self, certificate: Certificate) -> Self {
        Self { login_certificate: Some(certificate), ..self }
    }

    /// Shows another certificate after this many connections.
    #[must_use]
    pub fn certificate_replaced_after(self, connections: usize, by: Certificate) -> Self {
        Self { replaced_certificate: Some((connections, by)), ..self }
    }

    /// Changes what the WebSocket says after a login.
    #[must_use]
    pub fn topic(self, topic: Topic) -> Self {
        Self { topic, ..self }
    }

    /// Puts something in the way of a WebSocket.
    #[must_use]
    pub fn socket_fault(self, fault: SocketFault) -> Self {
        Self { socket_fault: Some(fault), ..self }
    }

    /// Answers every WebSocket upgrade with this status, as a device on the way might.
    #[must_use]
    pub fn refusing_upgrade(self, status: u16) -> Self {
        self.socket_fault(SocketFault::Refused(status))
    }

    /// Cuts every WebSocket after this long, as a device on the way might.
    #[must_use]
    pub fn socket_cut_after(self, time: Duration) -> Self {
        Self { socket_cut_after: Some(time), ..self }
    }

    /// Adds a virtual proxy with this prefix, without slashes.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.prefixes.push(prefix.to_owned());
        self
    }

    /// Adds another name of the server: in DNS, in the certificate, and in the default allow list.
    #[must_use]
    pub fn also_named(mut self, name: &str) -> Self {
        self.other_names.push(name.to_owned());
        self
    }

    /// Accepts only these names in a `targetUri`, instead of all names of the hub.
    #[must_use]
    pub fn allow_list(self, names: &[&str]) -> Self {
        Self { allow_list: Some(names.iter().map(|&name| name.to_owned()).collect()), ..self }
    }

    /// Shifts the hub's clock: `Date`, and the time inside an NTLM challenge.
    #[must_use]
    pub fn clock_offset(self, clock_offset: time::Duration) -> Self {
        Self { clock_offset, ..self }
    }

    /// Lets the very first request wait, and those that come meanwhile, as a proxy does that was just
    /// started.
    #[must_use]
    pub fn first_answer_after(self, first_answer_after: Duration) -> Self {
        Self { first_answer_after, ..self }
    }

    /// Lets the link say this scheme, whatever the hub speaks.
    #[must_use]
    pub fn link_scheme(self, scheme: &'static str) -> Self {
        Self { link_scheme: Some(scheme), ..self }
    }

    /// Lets the link end in this path, such as `/finance`, whether or not the hub has it.
    #[must_use]
    pub fn link_path(self, path: &str) -> Self {
        Self { link_path: path.to_owned(), ..self }
    }
}
