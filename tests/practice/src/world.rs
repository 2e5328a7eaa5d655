//! Puts name server, authorities and hubs together.

use std::fmt::Write as _;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;
use tokio_rustls::TlsAcceptor;

use crate::behaviour::{Behaviour, Site};
use crate::cases::{Beside, Case};
use crate::hub::{Clock, Hub, Identities, Places, Setting, Tickets, acceptor};
use crate::names::{Answer, NameServer};
use crate::pki::{Certificate, Pki};
use crate::proxy::{Encryption, Proxy, ProxyRule};

/// The domain of every hub whose name has no dot.
const DOMAIN: &str = "practice.test";

/// Where the intermediate certificate can be fetched.
const ISSUER_HOST: &str = "pki.practice.test";

/// The name of every proxy.
const PROXY_HOST: &str = "proxy.practice.test";

/// A small network on loopback: a name server that knows its hubs, and a root that vouches for the good
/// ones. Dropping it ends every server, also of hubs that somebody still holds; a port that is silent or
/// refused stays reserved until its hub is dropped too.
pub struct World {
    pki: Pki,
    names: NameServer,
    setting: Setting,
    issuer_url: String,
    hubs: Mutex<Vec<Arc<Hub>>>,
}

impl World {
    /// Starts a world without hubs. Certificates and the hubs' `Date` are relative to `now`.
    ///
    /// # Errors
    /// If no port is free, or the system gives no random numbers.
    pub async fn start(now: OffsetDateTime) -> io::Result<Self> {
        let pki = Pki::new(now)?;
        let setting = Setting {
            clock: Clock::starting_at(now),
            places: Places::default(),
            issuer_file: pki.intermediate_der().to_vec(),
            tickets: Tickets::default(),
            port: 0,
            login_port: 0,
        };
        let mut world = Self {
            pki,
            names: NameServer::start().await?,
            setting,
            issuer_url: String::new(),
            hubs: Mutex::default(),
        };
        let files = Behaviour::healthy().site(Site::IssuerFile).plain_http();
        let issuer = world.hub(ISSUER_HOST, files).await?;
        world.issuer_url =
            format!("http://{ISSUER_HOST}:{}/intermediate.cer", issuer.address().port());
        Ok(world)
    }

    /// Starts a hub on 127.0.0.1; a name without a dot becomes `<name>.practice.test`.
    ///
    /// # Errors
    /// If no port is free, or the name cannot stand in a certificate.
    pub async fn hub(&self, name: &str, behaviour: Behaviour) -> io::Result<Arc<Hub>> {
        self.hub_at(name, Ipv4Addr::LOCALHOST.into(), behaviour).await
    }

    /// Starts a hub on another address of this computer, such as 127.0.0.2 or `::1`.
    ///
    /// # Errors
    /// If the address is not this computer's, no port is free, or the name cannot stand in a certificate.
    pub async fn hub_at(
        &self,
        name: &str,
        ip: IpAddr,
        behaviour: Behaviour,
    ) -> io::Result<Arc<Hub>> {
        let name = full_name(name);
        let mut names = vec![name.clone()];
        names.extend(behaviour.other_names.iter().cloned());
        let made = |kind| self.pki.identity(kind, &names, &self.issuer_url);
        let later = behaviour.replaced_certificate;
        let identities = Identities {
            own: behaviour.encrypted.then(|| made(behaviour.certificate)).transpose()?,
            login: behaviour.login_certificate.map(made).transpose()?,
            later: later.map(|(after, kind)| made(kind).map(|it| (after, it))).transpose()?,
        };
        let hub = Hub::start(&name, ip, behaviour, identities, self.setting.clone()).await?;
        for name in &names {
            self.names.set(name, Answer::Addresses(vec![ip]));
            self.setting.places.add(name, hub.address().port());
        }
        let hub = Arc::new(hub);
        self.lock().push(Arc::clone(&hub));
        Ok(hub)
    }

    /// Starts a proxy on 127.0.0.1 that knows the hubs of this world by name, whatever the name
    /// server says of them. It is named `proxy.practice.test`.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn proxy(&self, rule: ProxyRule) -> io::Result<Proxy> {
        self.start_proxy(rule, None).await
    }

    /// The same, spoken to in TLS.
    ///
    /// # Errors
    /// If no port is free, or the system gives no random numbers.
    pub async fn encrypted_proxy(
        &self,
        rule: ProxyRule,
        certificate: Certificate,
    ) -> io::Result<Proxy> {
        let first = self.proxy_acceptor(certificate)?;
        self.start_proxy(rule, Some(Encryption { first, then: None })).await
    }

    /// The same, and after some connections it shows another certificate.
    ///
    /// # Errors
    /// As [`World::encrypted_proxy`].
    pub async fn proxy_that_is_replaced(
        &self,
        rule: ProxyRule,
        after: usize,
        certificate: Certificate,
    ) -> io::Result<Proxy> {
        let first = self.proxy_acceptor(Certificate::Good)?;
        let then = Some((after, self.proxy_acceptor(certificate)?));
        self.start_proxy(rule, Some(Encryption { first, then })).await
    }

    fn proxy_acceptor(&self, certificate: Certificate) -> io::Result<TlsAcceptor> {
        let names = [PROXY_HOST.to_owned()];
        acceptor(self.pki.identity(certificate, &names, &self.issuer_url)?)
    }

    async fn start_proxy(
        &self,
        rule: ProxyRule,
        encryption: Option<Encryption>,
    ) -> io::Result<Proxy> {
        self.names.set(PROXY_HOST, Answer::Addresses(vec![Ipv4Addr::LOCALHOST.into()]));
        Proxy::start(rule, self.setting.places.clone(), encryption).await
    }

    /// Starts the hub of a case, with the hosts it needs beside it and its answer in DNS.
    ///
    /// # Errors
    /// As [`World::hub`].
    pub async fn case(&self, case: &Case) -> io::Result<Arc<Hub>> {
        for &Beside { host, behaviour } in case.beside {
            let known = self.lock().iter().any(|hub| hub.name() == host);
            if !known {
                self.hub(host, behaviour()).await?;
            }
        }
        let hub = self.hub(case.host.unwrap_or(case.id), case.behaviour()).await?;
        if let Some(answer) = case.dns {
            self.set_case_answer(hub.name(), answer());
        }
        Ok(hub)
    }

    /// Broken servers fail for their whole domain, not for one name of it.
    fn set_case_answer(&self, name: &str, answer: Answer) {
        if let (Answer::ServerFailure, Some((_, domain))) = (&answer, name.split_once('.')) {
            self.names.set_zone(domain, answer.clone());
        }
        self.names.set(name, answer);
    }

    /// The hub of this full name, if there is one.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Arc<Hub>> {
        self.lock().iter().find(|hub| hub.name() == name).cloned()
    }

    /// The address of the name server, for `--resolver`.
    #[must_use]
    pub fn resolver(&self) -> SocketAddr {
        self.names.address()
    }

    /// The name server, to change its answers or to read what it was asked.
    #[must_use]
    pub fn names(&self) -> &NameServer {
        &self.names
    }

    /// The authorities.
    #[must_use]
    pub fn pki(&self) -> &Pki {
        &self.pki
    }

    /// The practice root, for `--ca-file`.
    #[must_use]
    pub fn ca_pem(&self) -> String {
        self.pki.root_pem()
    }

    /// The text of a hubs.ini with these hubs, one section each.
    #[must_use]
    pub fn hubs_ini(hubs: &[Arc<Hub>]) -> String {
        hubs.iter().fold(String::new(), |mut text, hub| {
            let label = hub.name().split('.').next().unwrap_or_default();
            write!(text, "[{label}]\r\nlink={}\r\n", hub.link())
                .expect("writing to a String cannot fail");
            text
        })
    }

    /// A panic in a test's thread leaves the list usable: every change to it is a single step.
    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Hub>>> {
        self.hubs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for hub in self.lock().iter() {
            hub.stop();
        }
    }
}

fn full_name(name: &str) -> String {
    if name.contains('.') { name.to_owned() } else { format!("{name}.{DOMAIN}") }
}
