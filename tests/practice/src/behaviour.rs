//! What a hub does, as data.

use std::time::Duration;

use crate::pki::Certificate;

/// How a hub behaves, from the port to the pages; built from [`Behaviour::healthy`] or
/// [`Behaviour::cloud`] by saying what is different.
#[derive(Clone, Debug)]
pub struct Behaviour {
    pub(crate) port: Port,
    pub(crate) certificate: Certificate,
    pub(crate) encrypted: bool,
    pub(crate) site: Site,
    pub(crate) login: Login,
    pub(crate) password_accepted: bool,
    pub(crate) topic: Topic,
    pub(crate) upgrade_refused: Option<u16>,
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
    /// Somebody's Qlik Sense Desktop.
    Desktop,
    /// A Qlik Cloud tenant whose login is `login.qlik.com`.
    Cloud,
    /// Qlik Cloud, asked for a tenant that does not exist.
    CloudUnknownTenant,
    /// A Qlik Cloud tenant during an outage: 503 with an error object.
    CloudUnavailable,
    /// A login page, as an identity provider shows it.
    LoginPage,
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
}

/// What the WebSocket says to somebody who is logged in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Topic {
    /// `OnConnected` with this session state, such as `SESSION_CREATED`.
    Connected(&'static str),
    /// Another topic, such as `OnLicenseAccessDenied`.
    Notice(&'static str),
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
            password_accepted: true,
            topic: Topic::Connected("SESSION_CREATED"),
            upgrade_refused: None,
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

    /// Rejects every password and API key.
    #[must_use]
    pub fn rejecting_password(self) -> Self {
        Self { password_accepted: false, ..self }
    }

    /// Changes what the WebSocket says after a login.
    #[must_use]
    pub fn topic(self, topic: Topic) -> Self {
        Self { topic, ..self }
    }

    /// Answers every WebSocket upgrade with this status, as a device on the way might.
    #[must_use]
    pub fn refusing_upgrade(self, status: u16) -> Self {
        Self { upgrade_refused: Some(status), ..self }
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

    /// Lets the very first request wait, as a proxy does that was just started.
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
