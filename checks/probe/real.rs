//! The world as it is.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use time::OffsetDateTime;
use tokio::sync::OnceCell;

use crate::kept::{self, Kept};
use crate::login::{self, Desk, Packages, With};
use crate::tunnel::{Line, Logins};
use crate::{
    Account, AccountKind, AccountName, Ask, BoxFuture, ChainAsked, ChainVerdicts, Computer,
    Connect, DnsReply, Download, Exchange, FailureKind, Fetch, FileRead, Handshake, Hello,
    Interface, LegacyAnswer, LocalEngine, LoginAttempt, LoginSeen, NameServers, NotSent, Policy,
    ProxyScheme, ProxySetting, ProxySettings, Question, Request, Scheme, ScriptAnswer, Secret,
    SessionId, SessionRequest, SocketSeen, SystemLookup, SystemProxies, Timestamp, TrustError,
    TrustStore, Tunnel, Upgrade, World, dns, download, files, interfaces, legacy, local_engine, os,
    tcp, trust, tunnel,
};
#[cfg(windows)]
use crate::{
    aside::{CALLS, aside},
    tunnel::host_and_port,
};

/// What the user may change about the world.
#[derive(Clone, Debug, Default)]
pub struct WorldOptions {
    /// PEM files whose certificates are trusted beside the system's (`--ca-file`).
    pub ca_files: Vec<PathBuf>,
    /// A name server that stands in for the system's look-up (`--resolver`).
    pub resolver: Option<SocketAddr>,
    /// Sends no password to anybody, as `preflight` promises.
    pub no_passwords: bool,
    /// Who logs in at hubs; not with `no_passwords`.
    pub account: Option<Arc<Account>>,
    /// Without an account the user who is signed on to Windows logs in; not with `no_passwords`.
    pub signed_on: bool,
    /// The key for hubs of Qlik Cloud; not with `no_passwords`.
    pub api_key: Option<Arc<Secret>>,
    /// What the practice world pretends.
    pub pretend: Pretend,
}

/// Pretences of the practice world and of tests. No command-line option reaches them.
#[derive(Clone, Debug, Default)]
pub struct Pretend {
    /// How far this computer's clock is off.
    pub clock_off: time::Duration,
    /// A Documents folder.
    pub documents: Option<PathBuf>,
    /// What is allowed that is a fault elsewhere.
    pub policy: Policy,
    /// Trust nothing but `ca_files`.
    pub no_system_roots: bool,
    /// Speak NTLM without the system's login packages, as where it has none.
    pub own_ntlm: bool,
    /// Environment variables that stand in for the real ones, and for what Windows is told about
    /// proxies.
    pub variables: Option<Vec<(String, String)>>,
    /// Nothing is read of this computer: that it lacks Desktop is no fault of a practice hub.
    pub no_computer: bool,
    /// Desktop's own engine listens on this port of this computer, whatever its system.
    pub engine_port: Option<u16>,
}

/// The machine and the network.
pub struct RealWorld {
    options: WorldOptions,
    roots: Arc<Roots>,
    system_proxies: OnceLock<Option<SystemProxies>>,
    /// What scripts said, as far as they were asked in this run.
    script_answers: Mutex<Vec<ScriptAnswer>>,
    logins: Logins,
    desk: Desk,
    computer: OnceLock<Option<Computer>>,
    engine: OnceCell<Option<LocalEngine>>,
    kept: Arc<Kept>,
}

/// The roots, read when they are first needed.
struct Roots {
    given: Vec<CertificateDer<'static>>,
    /// Whether those of the system count.
    system: bool,
    store: OnceLock<Arc<TrustStore>>,
    begun: Once,
}

impl Roots {
    fn store(&self) -> Arc<TrustStore> {
        let load = || Arc::new(TrustStore::load(&self.given, self.system));
        Arc::clone(self.store.get_or_init(load))
    }

    /// Begins to read them beside the first look-up: a system has more than a hundred, and a
    /// handshake would wait for them.
    fn read_ahead(self: &Arc<Self>) {
        self.begun.call_once(|| {
            let roots = Arc::clone(self);
            // Without the thread they are read when they are needed.
            std::thread::Builder::new()
                .name("roots".into())
                .spawn(move || drop(roots.store()))
                .ok();
        });
    }
}

impl RealWorld {
    /// Prepares to look. Nothing is looked at yet but the files of `--ca-file`.
    ///
    /// # Errors
    /// If a file of `--ca-file` cannot be read or is not a PEM file of certificates.
    pub fn new(options: WorldOptions) -> Result<Self, TrustError> {
        let mut given = Vec::new();
        for path in &options.ca_files {
            given.extend(trust::read_pem(path)?);
        }
        let system = !options.pretend.no_system_roots;
        let roots = Arc::new(Roots { given, system, store: OnceLock::new(), begun: Once::new() });
        Ok(Self {
            options,
            roots,
            system_proxies: OnceLock::new(),
            script_answers: Mutex::default(),
            logins: Logins::default(),
            desk: Desk::default(),
            computer: OnceLock::new(),
            engine: OnceCell::new(),
            kept: Arc::default(),
        })
    }

    pub(crate) fn line(&self) -> Line<'_> {
        let sends_passwords = !self.options.no_passwords;
        Line { world: self, logins: &self.logins, sends_passwords }
    }

    fn credentials(&self, kind: AccountKind) -> Option<With> {
        if self.options.no_passwords {
            return None;
        }
        match kind {
            AccountKind::Password => {
                let account = self.options.account.clone()?;
                Some(match self.packages() {
                    Some(packages) => With::PasswordBy(packages, account),
                    None => With::Password(account),
                })
            }
            AccountKind::ApiKey => self.options.api_key.clone().map(With::Key),
            AccountKind::SignedOn if self.options.signed_on => self.packages().map(With::SignedOn),
            AccountKind::SignedOn => None,
        }
    }

    /// One script after the other, until one decides.
    async fn ask_open_scripts(&self, scheme: Scheme, host: &str, port: u16, limit: Duration) {
        let deadline = Instant::now() + limit;
        loop {
            let settings = self.proxy_settings();
            let Some(setting) = settings.undecided(scheme, host, port) else { return };
            let left = deadline.saturating_duration_since(Instant::now());
            let script = setting.script_address(self);
            let Some(answer) = script_answer(setting, script, scheme, host, port, left).await
            else {
                return;
            };
            self.script_answers.lock().unwrap_or_else(PoisonError::into_inner).push(answer);
        }
    }

    fn packages(&self) -> Option<Arc<dyn Packages>> {
        os::login_packages().filter(|_| !self.options.pretend.own_ntlm)
    }

    async fn fetch_allowed(&self, download: &Download) -> Fetch {
        let Some((host, port)) = http_authority(&download.url) else {
            return download.refused(FailureKind::Invalid);
        };
        let literal = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        let addresses = match (literal, &download.via) {
            (Some(address), _) => vec![address],
            (None, Some(_)) => Vec::new(),
            (None, None) => {
                let found = self.lookup(&host, download.limit).await;
                if found.addresses.is_empty() {
                    let failure = found.failure.map(|failure| failure.kind);
                    return download.refused(failure.unwrap_or(FailureKind::NameNotFound));
                }
                found.addresses
            }
        };
        // A proxy spoken to in TLS would be judged by another store than ours.
        if download.via.as_ref().is_some_and(|proxy| proxy.scheme != ProxyScheme::Http) {
            return download.refused(FailureKind::NotPermitted);
        }
        if !self.options.pretend.policy.loopback_allowed && addresses.iter().any(is_forbidden) {
            return download.refused(FailureKind::NotPermitted);
        }
        let to: Vec<SocketAddr> = addresses.iter().map(|&ip| SocketAddr::new(ip, port)).collect();
        download::fetch(download, &host, &to).await
    }
}

/// Has the system evaluate one script; `None` where no system does.
#[cfg(windows)]
async fn script_answer(
    setting: &ProxySetting,
    script: Option<String>,
    scheme: Scheme,
    host: &str,
    port: u16,
    limit: Duration,
) -> Option<ScriptAnswer> {
    let begun = Instant::now();
    let url = format!("{}://{}/", scheme.label(), host_and_port(host, port));
    let call = move || os::ask_script(script.as_deref(), &url);
    let said = aside(&CALLS, limit, call).await.unwrap_or(crate::ScriptSaid::OutOfTime);
    let took_ms = crate::millis(begun.elapsed());
    let source = setting.source.clone();
    Some(ScriptAnswer { source, host: host.to_owned(), port, said, took_ms })
}

/// Has the system evaluate one script; `None` where no system does.
#[cfg(not(windows))]
#[expect(clippy::unused_async, reason = "elsewhere it waits")]
async fn script_answer(
    _: &ProxySetting,
    _: Option<String>,
    _: Scheme,
    _: &str,
    _: u16,
    _: Duration,
) -> Option<ScriptAnswer> {
    None
}

/// Both verdicts side by side: what Windows asks of revocation may take all the time allowed.
#[cfg(windows)]
async fn chain_verdicts(asked: &ChainAsked, at: Timestamp) -> Option<ChainVerdicts> {
    if asked.chain.is_empty() {
        return None;
    }
    let fetch = asked.thorough.then_some(asked.fetch);
    let ask = |revocation| {
        let (chain, host) = (asked.chain.clone(), asked.host.clone());
        let how = os::ChainHow { at, revocation, fetch };
        aside(&CALLS, asked.limit, move || os::chain_verdict(&chain, &host, how))
    };
    let with = async { if asked.thorough { ask(true).await.ok() } else { None } };
    let (plain, with_revocation) = tokio::join!(ask(false), with);
    let plain = plain.ok();
    let from_memory = !asked.thorough;
    Some(ChainVerdicts { plain, with_revocation, other_roots: false, from_memory })
}

#[cfg(not(windows))]
#[expect(clippy::unused_async, reason = "on Windows it waits")]
async fn chain_verdicts(_: &ChainAsked, _: Timestamp) -> Option<ChainVerdicts> {
    None
}

/// A certificate may name any address it likes; it must not make this tool knock on the user's own
/// computer or on link-local services such as a cloud's metadata address.
fn is_forbidden(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || v4.is_multicast()
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_multicast()
                || v6.is_unicast_link_local()
                || v6.to_ipv4_mapped().is_some_and(|v4| is_forbidden(&v4.into()))
        }
    }
}

/// Host and port of an http URL; other schemes are not fetched.
fn http_authority(url: &str) -> Option<(String, u16)> {
    let uri: hyper::Uri = url.parse().ok()?;
    if uri.scheme_str() != Some("http") {
        return None;
    }
    Some((uri.host()?.to_owned(), uri.port_u16().unwrap_or(80)))
}

impl World for RealWorld {
    fn os(&self) -> &'static str {
        std::env::consts::OS
    }

    fn now(&self) -> Timestamp {
        Timestamp(OffsetDateTime::now_utc() + self.options.pretend.clock_off)
    }

    fn random(&self) -> u64 {
        let mut bytes = [0; 8];
        let provider = rustls::crypto::ring::default_provider();
        // Without a source of randomness the label is merely guessable.
        drop(provider.secure_random.fill(&mut bytes));
        u64::from_ne_bytes(bytes)
    }

    fn policy(&self) -> Policy {
        self.options.pretend.policy
    }

    fn variable(&self, name: &str) -> Option<String> {
        let value = match &self.options.pretend.variables {
            Some(pretended) => {
                // As the system itself: Windows does not tell the cases of a name apart.
                let is = |known: &str| {
                    known == name || cfg!(windows) && known.eq_ignore_ascii_case(name)
                };
                pretended.iter().find(|(known, _)| is(known)).map(|(_, value)| value.clone())
            }
            None => std::env::var(name).ok(),
        };
        value.filter(|value| !value.is_empty())
    }

    fn documents(&self) -> Option<PathBuf> {
        self.options.pretend.documents.clone().or_else(os::documents)
    }

    fn computer(&self) -> Option<Computer> {
        let read = || {
            let documents = self.documents();
            (!self.options.pretend.no_computer)
                .then(|| os::computer(documents.as_deref()))
                .flatten()
        };
        self.computer.get_or_init(read).clone()
    }

    fn local_engine(&self) -> BoxFuture<'_, Option<LocalEngine>> {
        let Pretend { no_computer, engine_port, .. } = self.options.pretend;
        Box::pin(async move {
            if engine_port.is_none() && (no_computer || self.os() != "windows") {
                return None;
            }
            let ask = async || Some(local_engine::ask(engine_port, self.line()).await);
            self.engine.get_or_init(ask).await.clone()
        })
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn read_file(&self, path: &Path) -> FileRead {
        files::read(path)
    }

    fn interfaces(&self) -> Vec<Interface> {
        interfaces::list()
    }

    fn name_servers(&self) -> NameServers {
        match self.options.resolver {
            Some(server) => NameServers { servers: vec![server], ..NameServers::default() },
            None => dns::configured(),
        }
    }

    fn lookup<'a>(&'a self, host: &'a str, limit: Duration) -> BoxFuture<'a, SystemLookup> {
        self.roots.read_ahead();
        match self.options.resolver {
            Some(server) => Box::pin(dns::replaced_lookup(server, host, limit)),
            None => Box::pin(dns::system_lookup(host, limit)),
        }
    }

    fn ask<'a>(&'a self, question: &'a Question, limit: Duration) -> BoxFuture<'a, DnsReply> {
        Box::pin(dns::ask(question, limit))
    }

    fn connect(&self, to: SocketAddr, limit: Duration) -> BoxFuture<'_, Connect> {
        Box::pin(async move { tcp::open(to, limit, None).await.0 })
    }

    fn connect_for<'a>(
        &'a self,
        host: &'a str,
        to: SocketAddr,
        limit: Duration,
    ) -> BoxFuture<'a, Connect> {
        Box::pin(kept::connect(&self.kept, host, to, limit))
    }

    fn open_second(&self, hello: &Hello) {
        kept::second(&self.kept, hello);
    }

    fn let_go(&self, host: &str) {
        self.kept.let_go(host);
    }

    fn connect_quietly(&self, to: Vec<SocketAddr>, limit: Duration) -> BoxFuture<'_, Vec<Connect>> {
        Box::pin(tcp::quietly(to, limit))
    }

    fn rest(&self, pause: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(pause))
    }

    fn handshake<'a>(&'a self, hello: &'a Hello) -> BoxFuture<'a, Handshake> {
        Box::pin(kept::handshake(&self.kept, hello, self.line()))
    }

    fn greet_as_of_old<'a>(&'a self, hello: &'a Hello) -> BoxFuture<'a, LegacyAnswer> {
        Box::pin(legacy::greet(hello, self.line()))
    }

    fn exchange<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Exchange> {
        Box::pin(kept::exchange(&self.kept, request, self.line()))
    }

    fn exchange_ahead<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Option<Exchange>> {
        Box::pin(async move { Some(self.exchange(request).await) })
    }

    fn system_proxies(&self) -> Option<SystemProxies> {
        // Who pretends variables pretends everything that says something of proxies.
        if self.options.pretend.variables.is_some() {
            return None;
        }
        self.system_proxies.get_or_init(os::system_proxies).clone()
    }

    fn proxy_settings(&self) -> ProxySettings {
        let answers = self.script_answers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        ProxySettings { answers, ..ProxySettings::of(self) }
    }

    fn ask_scripts<'a>(
        &'a self,
        scheme: Scheme,
        host: &'a str,
        port: u16,
        limit: Duration,
    ) -> BoxFuture<'a, ()> {
        Box::pin(self.ask_open_scripts(scheme, host, port, limit))
    }

    fn ask_proxy<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Tunnel> {
        Box::pin(async move { tunnel::open(self.line(), ask).await.0 })
    }

    fn fetch<'a>(&'a self, download: &'a Download) -> BoxFuture<'a, Fetch> {
        Box::pin(self.fetch_allowed(download))
    }

    fn account(&self) -> Option<AccountName> {
        if self.options.no_passwords {
            return None;
        }
        let user = self.options.account.as_ref().map(|account| account.user.clone());
        match user {
            Some(user) => Some(AccountName { kind: AccountKind::Password, user: Some(user) }),
            None if self.options.signed_on => {
                Some(AccountName { kind: AccountKind::SignedOn, user: os::signed_on_user() })
            }
            None if self.has_api_key() => {
                Some(AccountName { kind: AccountKind::ApiKey, user: None })
            }
            None => None,
        }
    }

    fn has_api_key(&self) -> bool {
        self.options.api_key.is_some() && !self.options.no_passwords
    }

    fn log_in<'a>(&'a self, attempt: &'a LoginAttempt) -> BoxFuture<'a, LoginSeen> {
        Box::pin(async move {
            match self.credentials(attempt.with) {
                Some(with) => login::log_in(&self.desk, attempt, &with, self.line()).await,
                None => LoginSeen::not_sent(NotSent::NoCredentials),
            }
        })
    }

    fn ask_in_session<'a>(&'a self, request: &'a SessionRequest) -> BoxFuture<'a, Exchange> {
        Box::pin(login::ask_in_session(&self.desk, request, self.line()))
    }

    fn open_socket<'a>(&'a self, upgrade: &'a Upgrade) -> BoxFuture<'a, SocketSeen> {
        Box::pin(login::open_socket(&self.desk, upgrade, self.line()))
    }

    fn log_out<'a>(&'a self, session: SessionId, request: &'a Request) -> BoxFuture<'a, Exchange> {
        Box::pin(login::log_out(&self.desk, session, request, self.line()))
    }

    fn judge_chain<'a>(&'a self, asked: &'a ChainAsked) -> BoxFuture<'a, Option<ChainVerdicts>> {
        let pretend = &self.options.pretend;
        let other_roots = pretend.no_system_roots || !self.roots.given.is_empty();
        let now = self.now();
        Box::pin(async move {
            let verdicts = chain_verdicts(asked, now).await?;
            Some(ChainVerdicts { other_roots, ..verdicts })
        })
    }

    fn trust(&self) -> Arc<TrustStore> {
        self.roots.store()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_cannot_send_us_to_this_computer_or_a_metadata_service() {
        let forbidden =
            ["127.0.0.1", "169.254.169.254", "::1", "fe80::1", "::ffff:127.0.0.1", "0.0.0.0"];
        for address in forbidden {
            assert!(is_forbidden(&address.parse().expect("an address")), "{address}");
        }
        for address in ["10.0.0.1", "93.184.215.14", "fd00::1"] {
            assert!(!is_forbidden(&address.parse().expect("an address")), "{address}");
        }
    }

    #[test]
    fn only_http_is_fetched() {
        assert_eq!(http_authority("http://pki.test/x.crt"), Some(("pki.test".to_owned(), 80)));
        assert_eq!(http_authority("ldap://pki.test/x"), None);
        assert_eq!(http_authority("file:///etc/passwd"), None);
        assert_eq!(http_authority("https://pki.test/x"), None);
    }
}
