//! The world as a test tells it.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::{
    AccountKind, AccountName, Ask, BoxFuture, ChainAsked, ChainVerdicts, Computer, Connect,
    DnsReply, Download, Ending, Exchange, Failure, FailureKind, Fetch, FileOutcome, FileRead,
    Handshake, Hello, Interface, LegacyAnswer, LocalEngine, LoginAttempt, LoginOutcome, LoginSeen,
    NameServers, NotSent, Operation, Policy, ProxySettings, Question, Request, Scheme,
    ScriptAnswer, SessionId, SessionRequest, SocketSeen, SystemLookup, SystemProxies, Timestamp,
    TrustStore, Tunnel, Upgrade, Via, World,
};

/// A world that answers from a script. What the script does not hold fails as a network without
/// anybody in it would, and every question asked is written down.
pub struct ScriptedWorld {
    /// The operating system it pretends to be.
    pub os: &'static str,
    /// The time it is, for ever.
    pub now: Timestamp,
    /// What is allowed.
    pub policy: Policy,
    /// Environment variables.
    pub variables: BTreeMap<String, String>,
    /// The Documents folder.
    pub documents: Option<PathBuf>,
    /// What this computer says of itself.
    pub computer: Option<Computer>,
    /// What Desktop's own engine says.
    pub engine: Option<LocalEngine>,
    /// Files by path.
    pub files: BTreeMap<PathBuf, FileRead>,
    /// The network adapters.
    pub interfaces: Vec<Interface>,
    /// The configured name servers.
    pub name_servers: NameServers,
    /// Look-ups of the system by name.
    pub lookups: BTreeMap<String, SystemLookup>,
    /// Direct answers by server, name and kind; several servers may answer differently.
    pub replies: Vec<DnsReply>,
    /// Connections by address.
    pub connects: BTreeMap<SocketAddr, Connect>,
    /// Connections by address that come first, each once, in this order.
    pub first_connects: Mutex<BTreeMap<SocketAddr, VecDeque<Connect>>>,
    /// Handshakes by address and name.
    pub handshakes: BTreeMap<(SocketAddr, String), Handshake>,
    /// Answers to an old-fashioned greeting by address.
    pub legacy: BTreeMap<SocketAddr, LegacyAnswer>,
    /// HTTP answers by URL, as [`Exchange::url`] spells it.
    pub exchanges: BTreeMap<String, Exchange>,
    /// The same, asked for with small segments; without one the answer is that of `exchanges`.
    pub small_exchanges: BTreeMap<String, Exchange>,
    /// How long the answer to a question is kept back, by the line that [`Self::asked`] has of it;
    /// for look-ups, scripts, connections, handshakes and everything of a login.
    pub slow: BTreeMap<String, Duration>,
    /// What Windows is told about proxies.
    pub system_proxies: Option<SystemProxies>,
    /// What its scripts say, each once it was asked for that address.
    pub script_answers: Vec<ScriptAnswer>,
    /// Answers of proxies, by the host and port they are asked for.
    pub tunnels: BTreeMap<String, Tunnel>,
    /// Who logs in.
    pub account: Option<AccountName>,
    /// Whether there is an API key beside the account.
    pub has_api_key: bool,
    /// Logins by the URL of their entrance. An accepted one gets a session; the first rejected
    /// one holds all later ones back, as it does in the real world.
    pub logins: BTreeMap<String, LoginSeen>,
    /// What comes of asking for a challenge alone, by the address that is asked.
    pub challenges: BTreeMap<SocketAddr, LoginSeen>,
    /// Answers in a session by URL.
    pub session_exchanges: BTreeMap<String, Exchange>,
    /// `WebSockets` without a session by the URL of their request.
    pub sockets: BTreeMap<String, SocketSeen>,
    /// `WebSockets` in a session by the URL of their request.
    pub session_sockets: BTreeMap<String, SocketSeen>,
    /// Answers to a logout by URL.
    pub log_outs: BTreeMap<String, Exchange>,
    /// Documents by URL.
    pub documents_by_url: BTreeMap<String, Fetch>,
    /// What the system thinks of every chain.
    pub chain_verdicts: Option<ChainVerdicts>,
    /// The trusted roots.
    pub trust: Arc<TrustStore>,
    was_rejected: Mutex<bool>,
    asked: Mutex<Vec<String>>,
}

impl ScriptedWorld {
    /// An empty world at a given time.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self {
            os: "linux",
            now,
            policy: Policy::default(),
            variables: BTreeMap::new(),
            documents: None,
            computer: None,
            engine: None,
            files: BTreeMap::new(),
            interfaces: Vec::new(),
            name_servers: NameServers::default(),
            lookups: BTreeMap::new(),
            replies: Vec::new(),
            connects: BTreeMap::new(),
            first_connects: Mutex::new(BTreeMap::new()),
            handshakes: BTreeMap::new(),
            legacy: BTreeMap::new(),
            exchanges: BTreeMap::new(),
            small_exchanges: BTreeMap::new(),
            slow: BTreeMap::new(),
            system_proxies: None,
            script_answers: Vec::new(),
            tunnels: BTreeMap::new(),
            account: None,
            has_api_key: false,
            logins: BTreeMap::new(),
            challenges: BTreeMap::new(),
            session_exchanges: BTreeMap::new(),
            sockets: BTreeMap::new(),
            session_sockets: BTreeMap::new(),
            log_outs: BTreeMap::new(),
            documents_by_url: BTreeMap::new(),
            chain_verdicts: None,
            trust: Arc::new(TrustStore::empty()),
            was_rejected: Mutex::new(false),
            asked: Mutex::new(Vec::new()),
        }
    }

    /// Every question asked so far, one line each.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn next_connect(&self, to: SocketAddr) -> Connect {
        let mut first = self.first_connects.lock().unwrap_or_else(PoisonError::into_inner);
        let next = first.get_mut(&to).and_then(VecDeque::pop_front);
        next.or_else(|| self.connects.get(&to).cloned()).unwrap_or_else(|| unreachable_connect(to))
    }

    fn scripted_login(&self, attempt: &LoginAttempt) -> LoginSeen {
        let has = match attempt.with {
            AccountKind::ApiKey => self.has_api_key(),
            kind => self.account.as_ref().is_some_and(|account| account.kind == kind),
        };
        if !has {
            return LoginSeen::not_sent(NotSent::NoCredentials);
        }
        let mut was_rejected = self.was_rejected.lock().unwrap_or_else(PoisonError::into_inner);
        if *was_rejected {
            return LoginSeen::not_sent(NotSent::HeldBack);
        }
        let Some(mut seen) = self.logins.get(&attempt.entrance.url()).cloned() else {
            return LoginSeen::not_sent(NotSent::NoConnection);
        };
        *was_rejected = seen.outcome == LoginOutcome::Rejected;
        if seen.outcome == LoginOutcome::Accepted {
            seen.session.get_or_insert(SessionId(1));
        }
        seen
    }

    /// Notes the question, and keeps the answer back if it is a slow one.
    fn tell<T: Send + 'static>(&self, question: String, answer: T) -> BoxFuture<'static, T> {
        let pause = self.slow.get(&question).copied();
        self.note(question);
        Box::pin(async move {
            if let Some(pause) = pause {
                tokio::time::sleep(pause).await;
            }
            answer
        })
    }

    fn note(&self, question: String) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(question);
    }
}

fn by(via: Option<&Via>) -> String {
    via.map(|via| format!(" through {} for {}", via.proxy, via.host)).unwrap_or_default()
}

fn no_answer(request: &Request) -> Exchange {
    Exchange {
        failure: Some(Failure::of(Operation::Connect, FailureKind::NoAnswer)),
        ..Exchange::of(request, Ending::NoConnection)
    }
}

fn unreachable_connect(to: SocketAddr) -> Connect {
    Connect {
        to,
        from: None,
        failure: Some(Failure::of(Operation::Connect, FailureKind::NoAnswer)),
        icmp: None,
        state: None,
        took_ms: 3000.0,
    }
}

impl World for ScriptedWorld {
    fn os(&self) -> &'static str {
        self.os
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn random(&self) -> u64 {
        4 // Scripted: a label made of it can be scripted too.
    }

    fn policy(&self) -> Policy {
        self.policy
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn documents(&self) -> Option<PathBuf> {
        self.documents.clone()
    }

    fn computer(&self) -> Option<Computer> {
        self.computer.clone()
    }

    fn local_engine(&self) -> BoxFuture<'_, Option<LocalEngine>> {
        self.tell("ask Desktop's engine".to_owned(), self.engine.clone())
    }

    fn exists(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    fn read_file(&self, path: &Path) -> FileRead {
        self.note(format!("read {}", path.display()));
        self.files.get(path).cloned().unwrap_or(FileRead {
            modified: None,
            outcome: FileOutcome::Failed {
                failure: Failure {
                    operation: Operation::OpenFile,
                    kind: FailureKind::Missing,
                    code: Some(2),
                },
            },
        })
    }

    fn interfaces(&self) -> Vec<Interface> {
        self.interfaces.clone()
    }

    fn name_servers(&self) -> NameServers {
        self.name_servers.clone()
    }

    fn lookup<'a>(&'a self, host: &'a str, _: Duration) -> BoxFuture<'a, SystemLookup> {
        let found = self.lookups.get(host).cloned().unwrap_or_else(|| SystemLookup {
            replaced: false,
            addresses: Vec::new(),
            failure: Some(Failure::of(Operation::Lookup, FailureKind::TryAgain)),
            took_ms: 0.0,
        });
        self.tell(format!("lookup {host}"), found)
    }

    fn ask<'a>(&'a self, question: &'a Question, _: Duration) -> BoxFuture<'a, DnsReply> {
        let Question { server, name, kind, unchecked } = question;
        let how = if *unchecked { " unchecked" } else { "" };
        self.note(format!("ask {server} {name} {kind:?}{how}"));
        let found = self.replies.iter().find(|reply| question.is_answered_by(reply));
        let found = found.cloned().unwrap_or_else(|| DnsReply {
            failure: Some(Failure::of(Operation::Query, FailureKind::NoAnswer)),
            tries: 2,
            took_ms: 4000.0,
            ..DnsReply::of(question)
        });
        Box::pin(std::future::ready(found))
    }

    fn connect(&self, to: SocketAddr, _: Duration) -> BoxFuture<'_, Connect> {
        self.tell(format!("connect {to}"), self.next_connect(to))
    }

    fn connect_quietly(&self, to: Vec<SocketAddr>, _: Duration) -> BoxFuture<'_, Vec<Connect>> {
        let all = to.into_iter().map(|to| {
            self.note(format!("connect quietly {to}"));
            self.next_connect(to)
        });
        Box::pin(std::future::ready(all.collect()))
    }

    fn rest(&self, pause: Duration) -> BoxFuture<'_, ()> {
        self.note(format!("rest {} ms", pause.as_millis()));
        Box::pin(std::future::ready(()))
    }

    fn handshake<'a>(&'a self, hello: &'a Hello) -> BoxFuture<'a, Handshake> {
        let key = (hello.to, hello.server_name.clone());
        let found = self.handshakes.get(&key).cloned();
        let found = found
            .unwrap_or_else(|| Handshake::of(unreachable_connect(hello.to), &hello.server_name));
        let through = by(hello.via.as_ref());
        self.tell(format!("handshake {} {}{through}", hello.to, hello.server_name), found)
    }

    fn greet_as_of_old<'a>(&'a self, hello: &'a Hello) -> BoxFuture<'a, LegacyAnswer> {
        self.note(format!("greet {} as of old", hello.to));
        let found = self.legacy.get(&hello.to).cloned().unwrap_or_else(|| LegacyAnswer {
            failure: Some(Failure::of(Operation::Handshake, FailureKind::NoAnswer)),
            ..LegacyAnswer::default()
        });
        Box::pin(std::future::ready(found))
    }

    fn exchange<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Exchange> {
        let url = request.url();
        let small = request.segment.and_then(|_| self.small_exchanges.get(&url));
        match request.segment {
            Some(segment) => self.note(format!("get {url} in segments of {segment}")),
            None => self.note(format!("get {url}{}", by(request.via.as_ref()))),
        }
        let found = small.or(self.exchanges.get(&url)).cloned();
        let found = found.unwrap_or_else(|| no_answer(request));
        Box::pin(std::future::ready(found))
    }

    fn system_proxies(&self) -> Option<SystemProxies> {
        self.system_proxies.clone()
    }

    fn proxy_settings(&self) -> ProxySettings {
        let answers = self.script_answers.iter().filter(|answer| {
            let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.contains(&format!("ask scripts for {}:{}", answer.host, answer.port))
        });
        ProxySettings { answers: answers.cloned().collect(), ..ProxySettings::of(self) }
    }

    fn ask_scripts<'a>(
        &'a self,
        _: Scheme,
        host: &'a str,
        port: u16,
        _: Duration,
    ) -> BoxFuture<'a, ()> {
        if self.system_proxies.is_none() {
            return Box::pin(std::future::ready(()));
        }
        let question = format!("ask scripts for {host}:{port}");
        let pause = self.slow.get(&question).copied();
        Box::pin(async move {
            if let Some(pause) = pause {
                tokio::time::sleep(pause).await;
            }
            self.note(question);
        })
    }

    fn ask_proxy<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Tunnel> {
        self.note(format!("ask {} for {}", ask.via.proxy, ask.target()));
        let found = self.tunnels.get(&ask.target()).cloned().unwrap_or_else(|| Tunnel {
            failure: Some(Failure::of(Operation::Connect, FailureKind::NoAnswer)),
            took_ms: 3000.0,
            ..Tunnel::of(ask)
        });
        Box::pin(std::future::ready(found))
    }

    fn fetch<'a>(&'a self, download: &'a Download) -> BoxFuture<'a, Fetch> {
        let url = &download.url;
        let through = download.via.as_ref().map(|via| format!(" through {via}"));
        self.note(format!("fetch {url}{}", through.unwrap_or_default()));
        let found = self.documents_by_url.get(url).cloned().unwrap_or_else(|| Fetch {
            url: url.clone(),
            status: None,
            failure: Some(Failure::of(Operation::Fetch, FailureKind::NoAnswer)),
            body: Vec::new(),
            took_ms: 0.0,
        });
        Box::pin(std::future::ready(found))
    }

    fn account(&self) -> Option<AccountName> {
        self.account.clone()
    }

    fn has_api_key(&self) -> bool {
        let only = self.account.as_ref().is_some_and(|account| account.kind == AccountKind::ApiKey);
        self.has_api_key || only
    }

    fn log_in<'a>(&'a self, attempt: &'a LoginAttempt) -> BoxFuture<'a, LoginSeen> {
        let url = attempt.entrance.url();
        if attempt.challenge_only {
            let to = attempt.entrance.to;
            let nobody = || LoginSeen::not_sent(NotSent::NoConnection);
            let seen = self.challenges.get(&to).cloned().unwrap_or_else(nobody);
            return self.tell(format!("ask {to} for a challenge"), seen);
        }
        let seen = self.scripted_login(attempt);
        self.tell(format!("log in at {url}{}", by(attempt.entrance.via.as_ref())), seen)
    }

    fn ask_in_session<'a>(&'a self, request: &'a SessionRequest) -> BoxFuture<'a, Exchange> {
        let url = request.request.url();
        let found = self.session_exchanges.get(&url).cloned();
        let found = found.unwrap_or_else(|| no_answer(&request.request));
        let xrf = if request.xrf { " with a key" } else { "" };
        self.tell(format!("get {url} in session{xrf}"), found)
    }

    fn open_socket<'a>(&'a self, upgrade: &'a Upgrade) -> BoxFuture<'a, SocketSeen> {
        let url = upgrade.request.url();
        let (sockets, how) = match upgrade.session {
            Some(_) => (&self.session_sockets, " in session"),
            None => (&self.sockets, ""),
        };
        let found = sockets.get(&url).cloned();
        let found = found.unwrap_or_else(|| SocketSeen::of(no_answer(&upgrade.request)));
        self.tell(format!("socket {url}{how}{}", by(upgrade.request.via.as_ref())), found)
    }

    fn log_out<'a>(&'a self, _: SessionId, request: &'a Request) -> BoxFuture<'a, Exchange> {
        let url = request.url();
        let found = self.log_outs.get(&url).cloned().unwrap_or_else(|| no_answer(request));
        self.tell(format!("log out at {url}"), found)
    }

    fn judge_chain<'a>(&'a self, asked: &'a ChainAsked) -> BoxFuture<'a, Option<ChainVerdicts>> {
        let verdicts = self.chain_verdicts.clone();
        if verdicts.is_some() {
            let how = if asked.thorough { "" } else { " from memory" };
            self.note(format!("have the chain of {} judged{how}", asked.host));
        }
        Box::pin(std::future::ready(verdicts))
    }

    fn trust(&self) -> Arc<TrustStore> {
        Arc::clone(&self.trust)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(host: &str) -> LoginAttempt {
        let to = ([198, 51, 100, 1], 443).into();
        let plain = Request::plain(to, Duration::from_secs(1));
        let entrance = Request { scheme: Scheme::Https, host: host.to_owned(), ..plain };
        LoginAttempt {
            with: AccountKind::Password,
            entrance,
            prefix: None,
            trusted: Vec::new(),
            challenge_only: false,
        }
    }

    #[tokio::test]
    async fn a_scripted_rejection_holds_later_logins_back() {
        let mut world = ScriptedWorld::at(Timestamp(time::OffsetDateTime::UNIX_EPOCH));
        world.account = Some(AccountName { kind: AccountKind::Password, user: None });
        let ends = [("a", LoginOutcome::Accepted), ("b", LoginOutcome::Rejected)];
        for (host, outcome) in ends {
            world.logins.insert(format!("https://{host}.test/hub/"), LoginSeen::of(outcome));
        }
        let accepted = world.log_in(&attempt("a.test")).await;
        assert!(accepted.session.is_some());
        assert_eq!(world.log_in(&attempt("c.test")).await.why_not, Some(NotSent::NoConnection));
        assert_eq!(world.log_in(&attempt("b.test")).await.outcome, LoginOutcome::Rejected);
        assert_eq!(world.log_in(&attempt("a.test")).await.why_not, Some(NotSent::HeldBack));
    }
}
