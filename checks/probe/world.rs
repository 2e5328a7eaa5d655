//! The one seam through which the world enters.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    AccountName, Ask, ChainVerdicts, Computer, Connect, DnsReply, Download, Exchange, Fetch,
    FileRead, Handshake, Hello, Interface, LegacyAnswer, LocalEngine, LoginAttempt, LoginSeen,
    NameServers, ProxySettings, Question, Request, Scheme, SessionId, SessionRequest, SocketSeen,
    SystemLookup, SystemProxies, Timestamp, TrustStore, Tunnel, Upgrade,
};

/// A boxed future, for the methods of an object-safe trait.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The network, the clock, the files and the settings of the machine.
pub trait World: Send + Sync {
    /// The operating system, as in [`std::env::consts::OS`].
    fn os(&self) -> &'static str;

    /// What this computer believes the time to be.
    fn now(&self) -> Timestamp;

    /// A fresh random number, for labels no name server can know beforehand.
    fn random(&self) -> u64;

    /// What is allowed here that is not allowed on a user's machine.
    fn policy(&self) -> Policy;

    /// An environment variable, if it is set and not empty.
    fn variable(&self, name: &str) -> Option<String>;

    /// The user's Documents folder (on Windows the known folder, which may be redirected).
    fn documents(&self) -> Option<PathBuf>;

    /// What this computer says of itself as far as Desktop is concerned; nothing but on Windows.
    fn computer(&self) -> Option<Computer>;

    /// What Desktop's own engine on this computer says; nothing where Desktop cannot run.
    fn local_engine(&self) -> BoxFuture<'_, Option<LocalEngine>>;

    /// Whether something of that name exists.
    fn exists(&self, path: &Path) -> bool;

    /// Reads a file whole, up to [`crate::FILE_LIMIT`].
    fn read_file(&self, path: &Path) -> FileRead;

    /// The network adapters of this computer.
    fn interfaces(&self) -> Vec<Interface>;

    /// The name servers and search suffixes this computer is configured with.
    fn name_servers(&self) -> NameServers;

    /// Looks a name up as every program does: hosts file, cache, suffixes and all.
    fn lookup<'a>(&'a self, host: &'a str, limit: Duration) -> BoxFuture<'a, SystemLookup>;

    /// Asks one name server one question, twice if it stays silent, each time for `limit`.
    fn ask<'a>(&'a self, question: &'a Question, limit: Duration) -> BoxFuture<'a, DnsReply>;

    /// Opens a TCP connection and closes it again.
    fn connect(&self, to: SocketAddr, limit: Duration) -> BoxFuture<'_, Connect>;

    /// Opens a TCP connection as the first step towards `host`. It stays open for some seconds: the
    /// next step there goes on with it. A script has no connections to keep.
    fn connect_for<'a>(
        &'a self,
        _host: &'a str,
        to: SocketAddr,
        limit: Duration,
    ) -> BoxFuture<'a, Connect> {
        self.connect(to, limit)
    }

    /// Opens one more connection and shakes hands on it, beside everything else: a request that
    /// goes out while another one is under way will find it open. It is nobody's evidence.
    fn open_second(&self, _hello: &Hello) {}

    /// Closes what earlier steps left open towards a host, when its examination is over.
    fn let_go(&self, _host: &str) {}

    /// Opens TCP connections one after the other, on a thread of its own, so that nothing this
    /// program is busy with lengthens the times that decide who answered.
    fn connect_quietly(&self, to: Vec<SocketAddr>, limit: Duration) -> BoxFuture<'_, Vec<Connect>>;

    /// Lets time pass: a limit per second must have recovered before it can be told from loss.
    fn rest(&self, pause: Duration) -> BoxFuture<'_, ()>;

    /// Opens a TCP connection, shakes hands and closes it again, unless it is handed on
    /// ([`Hello::hand_on`]). The presented chain is kept whatever the verdict on it.
    fn handshake<'a>(&'a self, hello: &'a Hello) -> BoxFuture<'a, Handshake>;

    /// Greets a server as programs of twenty years ago did, and hangs up after its first answer.
    fn greet_as_of_old<'a>(&'a self, hello: &'a Hello) -> BoxFuture<'a, LegacyAnswer>;

    /// Sends one anonymous HTTP request, over a connection of its own or one that was handed on
    /// ([`Request::hand_on`]).
    fn exchange<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Exchange>;

    /// The same for a request that a later step will want the answer of, if all goes well: it saves
    /// a round trip to send it already. `None` if there is nothing to save, as in a script.
    fn exchange_ahead<'a>(&'a self, _request: &'a Request) -> BoxFuture<'a, Option<Exchange>> {
        Box::pin(std::future::ready(None))
    }

    /// What Windows is told about proxies; `None` where there is no such thing.
    fn system_proxies(&self) -> Option<SystemProxies>;

    /// What this computer is told about proxies, and what [`Self::ask_scripts`] learnt.
    fn proxy_settings(&self) -> ProxySettings;

    /// Has the system evaluate the scripts that decide which way an address gets, if it can. What
    /// they say stands in [`Self::proxy_settings`] from then on.
    fn ask_scripts<'a>(
        &'a self,
        scheme: Scheme,
        host: &'a str,
        port: u16,
        limit: Duration,
    ) -> BoxFuture<'a, ()>;

    /// Asks a proxy for a way to a host, and hangs up.
    ///
    /// The name and password of the setting are sent only to a proxy that asks for them with
    /// Basic, and never again after it refused them.
    fn ask_proxy<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Tunnel>;

    /// Fetches a small document over plain HTTP: an issuer certificate, a revocation list.
    fn fetch<'a>(&'a self, download: &'a Download) -> BoxFuture<'a, Fetch>;

    /// Who this run logs in as, at a hub that takes users; an API key only if there is nobody.
    fn account(&self) -> Option<AccountName>;

    /// Whether this run has an API key for Qlik Cloud.
    fn has_api_key(&self) -> bool;

    /// Logs in. Waits for its turn: one hub after the other, and none after the first that
    /// rejected the account.
    fn log_in<'a>(&'a self, attempt: &'a LoginAttempt) -> BoxFuture<'a, LoginSeen>;

    /// Sends a GET in a session. Of an answer below 400 no text is kept but its body, which stays
    /// out of the report.
    fn ask_in_session<'a>(&'a self, request: &'a SessionRequest) -> BoxFuture<'a, Exchange>;

    /// Asks for a WebSocket and listens to what the server says on it, with or without a session.
    fn open_socket<'a>(&'a self, upgrade: &'a Upgrade) -> BoxFuture<'a, SocketSeen>;

    /// Ends a session (DELETE `/[P/]qps/user`, the key against cross-site requests is added) and
    /// forgets it. On a Qlik server it ends every session of the user on that virtual proxy.
    fn log_out<'a>(&'a self, session: SessionId, request: &'a Request) -> BoxFuture<'a, Exchange>;

    /// What the system itself thinks of a chain; `None` where it has no such judge.
    fn judge_chain<'a>(&'a self, chain: &'a ChainAsked) -> BoxFuture<'a, Option<ChainVerdicts>>;

    /// The root certificates this computer trusts, and those given with `--ca-file`.
    fn trust(&self) -> Arc<TrustStore>;
}

/// A chain that the system is to judge.
#[derive(Clone, Debug)]
pub struct ChainAsked {
    /// The certificates (DER), the hub's own first.
    pub chain: Vec<Vec<u8>>,
    /// The name it should stand for.
    pub host: String,
    /// Whether the system may fetch what it needs, and asks if anything was withdrawn.
    pub thorough: bool,
    /// How long it may take to fetch one thing.
    pub fetch: Duration,
    /// How long its answers are waited for.
    pub limit: Duration,
}

/// What is allowed in the practice world that is a fault on a user's machine.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Policy {
    /// A hub may live on this computer. Elsewhere such an address in a link is a mistake.
    pub loopback_allowed: bool,
    /// A hub may live in a range set aside for documents (RFC 5737, RFC 3849, RFC 9637), as test
    /// networks do. Elsewhere an answer with such an address is made up.
    #[serde(default)]
    pub documentation_allowed: bool,
}
