//! The world as a test tells it.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::{
    Ask, BoxFuture, Connect, DnsReply, Download, Ending, Exchange, Failure, FailureKind, Fetch,
    FileOutcome, FileRead, Handshake, Hello, Interface, LegacyAnswer, NameServers, Operation,
    Policy, ProxySettings, Question, Request, SystemLookup, Timestamp, TrustStore, Tunnel, Via,
    World,
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
    /// for look-ups, connections and handshakes.
    pub slow: BTreeMap<String, Duration>,
    /// Answers of proxies, by the host and port they are asked for.
    pub tunnels: BTreeMap<String, Tunnel>,
    /// Documents by URL.
    pub documents_by_url: BTreeMap<String, Fetch>,
    /// The trusted roots.
    pub trust: Arc<TrustStore>,
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
            tunnels: BTreeMap::new(),
            documents_by_url: BTreeMap::new(),
            trust: Arc::new(TrustStore::empty()),
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
        let found = small.or(self.exchanges.get(&url)).cloned().unwrap_or_else(|| Exchange {
            failure: Some(Failure::of(Operation::Connect, FailureKind::NoAnswer)),
            ..Exchange::of(request, Ending::NoConnection)
        });
        Box::pin(std::future::ready(found))
    }

    fn proxy_settings(&self) -> ProxySettings {
        ProxySettings::of_environment(self)
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

    fn trust(&self) -> Arc<TrustStore> {
        Arc::clone(&self.trust)
    }
}
