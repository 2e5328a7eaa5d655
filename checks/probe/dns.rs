//! Names: the system's own look-up, and each name server asked directly.
//!
//! The two answer different questions. The system's look-up is what programs get, with hosts
//! file, suffixes and caches, but it hides the response code: a broken zone, a refusing server
//! and silence look alike. A direct question shows code, alias chain, time and server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use hickory_resolver::Resolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::{Edns, Message, MessageType, Query, ResponseCode};
use hickory_resolver::proto::rr::rdata::opt::EdnsOption;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::aside::{NoReturn, aside};
use crate::{AdapterDomain, Failure, FailureKind, NameRule, Operation, SecureDns, millis, os};

/// What the system's look-up answered.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct SystemLookup {
    /// Whether a name server of `--resolver` stood in for the system.
    #[serde(default)]
    pub replaced: bool,
    /// The addresses, in the system's order.
    pub addresses: Vec<IpAddr>,
    /// Why there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// How long it took, in milliseconds.
    pub took_ms: f64,
}

/// The name servers and search suffixes of this computer.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct NameServers {
    /// In the order they are asked.
    #[schemars(extend("x-compared" = "name servers"))]
    pub servers: Vec<SocketAddr>,
    /// The suffixes that complete a short name.
    #[schemars(extend("x-compared" = "search suffixes", "x-identifies" = "host"))]
    pub search: Vec<String>,
    /// Why they could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
    /// Rules of Windows for certain names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<NameRule>,
    /// The domains of this computer's adapters, on Windows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adapters: Vec<AdapterDomain>,
    /// Whether Windows encrypts its questions, if anything says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secure: Option<SecureDns>,
}

/// The kinds of record that are asked for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names are those of DNS")]
pub enum RecordKind {
    A,
    #[serde(rename = "AAAA")]
    Aaaa,
    #[serde(rename = "CNAME")]
    Cname,
    #[serde(rename = "SOA")]
    Soa,
}

impl RecordKind {
    /// As DNS spells it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Cname => "CNAME",
            Self::Soa => "SOA",
        }
    }

    fn wire(self) -> RecordType {
        match self {
            Self::A => RecordType::A,
            Self::Aaaa => RecordType::AAAA,
            Self::Cname => RecordType::CNAME,
            Self::Soa => RecordType::SOA,
        }
    }
}

/// One question to one name server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Question {
    /// The server asked.
    pub server: SocketAddr,
    /// The name, taken as it is: no suffix completes it.
    pub name: String,
    /// The kind of record.
    pub kind: RecordKind,
    /// Whether the server is told to leave DNSSEC signatures unchecked (RFC 4035 section 3.2.2).
    pub unchecked: bool,
}

impl Question {
    /// The question as every program asks it.
    #[must_use]
    pub fn of(server: SocketAddr, name: impl Into<String>, kind: RecordKind) -> Self {
        Self { server, name: name.into(), kind, unchecked: false }
    }

    /// The same question without DNSSEC.
    #[must_use]
    pub fn unchecked(self) -> Self {
        Self { unchecked: true, ..self }
    }

    /// Whether a reply is one to this question.
    #[must_use]
    pub fn is_answered_by(&self, reply: &DnsReply) -> bool {
        let asked = (reply.server, &*reply.name, reply.kind, reply.unchecked);
        asked == (self.server, &*self.name, self.kind, self.unchecked)
    }
}

/// What one name server answered to one question.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct DnsReply {
    /// The server asked.
    pub server: SocketAddr,
    /// The name asked for.
    #[schemars(extend("x-identifies" = "host"))]
    pub name: String,
    /// The kind of record asked for.
    pub kind: RecordKind,
    /// The server was told to leave DNSSEC signatures unchecked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unchecked: bool,
    /// The server could not read the question (rcode 1) until it was asked without EDNS, the
    /// extension of 1999 (RFC 6891). What else stands here is the second answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_edns: bool,
    /// The response code (RFC 1035, RFC 6895): 0 no error, 2 server failure, 3 no such name,
    /// 5 refused. `None` if no answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rcode: Option<u16>,
    /// What the server says about the error (RFC 8914).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extended: Vec<ExtendedError>,
    /// The records of the answer, the alias chain included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<DnsRecord>,
    /// The answer did not fit into a datagram and was asked for again over TCP.
    #[serde(default)]
    pub truncated: bool,
    /// Why no answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// How often it was asked.
    pub tries: u8,
    /// How long it took in all, in milliseconds.
    pub took_ms: f64,
}

impl DnsReply {
    /// A question that was not answered yet.
    #[must_use]
    pub fn of(question: &Question) -> Self {
        Self {
            server: question.server,
            name: question.name.clone(),
            kind: question.kind,
            unchecked: question.unchecked,
            without_edns: false,
            rcode: None,
            extended: Vec::new(),
            answers: Vec::new(),
            truncated: false,
            failure: None,
            tries: 0,
            took_ms: 0.0,
        }
    }

    /// The addresses of the answer: those of the name, or of what it is an alias for. Records about
    /// other names may stand beside them, and say nothing that was asked.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        let own = |record: &&DnsRecord| {
            let known = std::iter::once(&*self.name).chain(self.aliases());
            let is = |name: &str| record.name.eq_ignore_ascii_case(name.trim_end_matches('.'));
            matches!(&*record.kind, "A" | "AAAA") && known.into_iter().any(is)
        };
        self.answers.iter().filter(own).filter_map(|record| record.value.parse().ok())
    }

    /// The aliases of the answer, in order.
    pub fn aliases(&self) -> impl Iterator<Item = &str> + '_ {
        self.answers.iter().filter(|record| record.kind == "CNAME").map(|r| r.value.as_str())
    }
}

/// One record of an answer.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct DnsRecord {
    /// The owner of the record.
    #[schemars(extend("x-identifies" = "host"))]
    pub name: String,
    /// `A`, `AAAA`, `CNAME` or another type's name.
    pub kind: String,
    /// How long it may be kept, in seconds.
    pub ttl: u32,
    /// The address or name.
    #[schemars(extend("x-identifies" = "host"))]
    pub value: String,
}

/// An extended DNS error (RFC 8914).
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ExtendedError {
    /// The code of the registry; 5 to 12 speak of DNSSEC.
    pub code: u16,
    /// The server's own words, bounded.
    pub text: String,
}

/// Look-ups of the system under way. Each holds a thread that nothing can end early, and a
/// broken resolver holds it for 20 s, so there must not be more of them than this.
static LOOKUPS: Semaphore = Semaphore::const_new(64);

/// The records kept of one answer: enough for every honest one, bounded for the others.
const RECORDS_KEPT: usize = 64;

/// Asks the system on a thread of its own: `getaddrinfo` cannot be cancelled.
pub(crate) async fn system_lookup(host: &str, limit: Duration) -> SystemLookup {
    let begun = Instant::now();
    let failed = |kind, code| SystemLookup {
        replaced: false,
        addresses: Vec::new(),
        failure: Some(Failure { operation: Operation::Lookup, kind, code }),
        took_ms: millis(begun.elapsed()),
    };
    let name = host.to_owned();
    match aside(&LOOKUPS, limit, move || os::getaddrinfo(&name)).await {
        Ok(Ok(addresses)) => SystemLookup {
            replaced: false,
            addresses,
            failure: None,
            took_ms: millis(begun.elapsed()),
        },
        Ok(Err((kind, code))) => failed(kind, code),
        Err(NoReturn::NoPlace(code)) => failed(FailureKind::TooManyOpen, code),
        Err(NoReturn::Lost) => failed(FailureKind::Unknown, None),
        Err(NoReturn::OutOfTime) => failed(FailureKind::NoAnswer, None),
    }
}

/// Looks a name up at the name server of `--resolver`, which stands in for the system.
pub(crate) async fn replaced_lookup(
    server: SocketAddr,
    host: &str,
    limit: Duration,
) -> SystemLookup {
    let begun = Instant::now();
    let answer = match host.parse::<IpAddr>() {
        Ok(address) => Ok(vec![address]),
        Err(_) => timeout(limit, resolve_at(server, host))
            .await
            .unwrap_or_else(|_| Err(Failure::of(Operation::Lookup, FailureKind::NoAnswer))),
    };
    let took_ms = millis(begun.elapsed());
    match answer {
        Ok(addresses) => SystemLookup { replaced: true, addresses, failure: None, took_ms },
        Err(failure) => {
            SystemLookup { replaced: true, addresses: Vec::new(), failure: Some(failure), took_ms }
        }
    }
}

async fn resolve_at(server: SocketAddr, host: &str) -> Result<Vec<IpAddr>, Failure> {
    let unknown = || Failure::of(Operation::Lookup, FailureKind::Unknown);
    let mut udp = ConnectionConfig::udp();
    udp.port = server.port();
    let mut tcp = ConnectionConfig::tcp();
    tcp.port = server.port();
    let config = ResolverConfig::from_parts(
        None,
        Vec::new(),
        vec![NameServerConfig::new(server.ip(), true, vec![udp, tcp])],
    );
    let mut builder = Resolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    options.timeout = Duration::from_secs(2);
    options.attempts = 2;
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    let resolver = builder.build().map_err(|_| unknown())?;
    let name = fully_qualified(host).ok_or_else(unknown)?;
    match resolver.lookup_ip(name).await {
        Ok(found) => Ok(found.iter().collect()),
        Err(error) => Err(Failure::of(Operation::Lookup, kind_of(&error))),
    }
}

fn kind_of(error: &NetError) -> FailureKind {
    match error {
        NetError::Timeout => FailureKind::NoAnswer,
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => FailureKind::NameNotFound,
            ResponseCode::NoError => FailureKind::NoData,
            _ => FailureKind::TryAgain,
        },
        NetError::Dns(_) => FailureKind::TryAgain,
        NetError::Io(error) => Failure::from_io(Operation::Lookup, error).kind,
        _ => FailureKind::Unknown,
    }
}

/// The name servers the system is configured with, and by which rules it asks others.
pub(crate) fn configured() -> NameServers {
    NameServers {
        rules: os::name_rules(),
        adapters: os::adapter_domains(),
        secure: os::secure_dns(),
        ..listed()
    }
}

fn listed() -> NameServers {
    match hickory_resolver::system_conf::read_system_conf() {
        Ok((config, _)) => {
            let mut servers: Vec<SocketAddr> = Vec::new();
            for server in &config.name_servers {
                let address = SocketAddr::new(server.ip, 53);
                if !servers.contains(&address) {
                    servers.push(address);
                }
            }
            let search = config.search.iter().map(without_final_dot).collect();
            NameServers { servers, search, ..NameServers::default() }
        }
        // A list that was read and is empty comes as an error too.
        #[cfg(unix)]
        Err(_) if std::fs::read("/etc/resolv.conf").is_ok_and(|list| names_nobody(&list)) => {
            NameServers::default()
        }
        Err(error) => {
            NameServers { unreadable: Some(bounded(&error.to_string(), 200)), ..Default::default() }
        }
    }
}

/// Whether a list of name servers holds none.
#[cfg(unix)]
fn names_nobody(list: &[u8]) -> bool {
    let text = String::from_utf8_lossy(list);
    !text.lines().any(|line| line.split_whitespace().next() == Some("nameserver"))
}

/// Asks one server one question: by datagram twice, by stream if the answer did not fit.
pub(crate) async fn ask(question: &Question, limit: Duration) -> DnsReply {
    let begun = Instant::now();
    let mut reply = DnsReply::of(question);
    let Some(name) = fully_qualified(&question.name) else {
        reply.failure = Some(Failure::of(Operation::Query, FailureKind::Invalid));
        return reply;
    };
    let mut wire = Wire { name: &name, question, edns: true };
    let mut outcome = ask_twice(&wire, limit, &mut reply).await;
    // A server older than EDNS calls such a question malformed, and is asked without
    // (RFC 6891 section 7). Many programs never use EDNS, so for them nothing is wrong with it.
    let malformed = |message: &Message| message.metadata.response_code == ResponseCode::FormErr;
    if outcome.as_ref().is_ok_and(malformed) {
        wire.edns = false;
        let plain = ask_twice(&wire, limit, &mut reply).await;
        if plain.as_ref().is_ok_and(|message| !malformed(message)) {
            reply.without_edns = true;
            outcome = plain;
        }
    }
    reply.took_ms = millis(begun.elapsed());
    match outcome {
        Ok(message) => take_in(&mut reply, &message),
        Err(failure) => reply.failure = Some(failure),
    }
    reply
}

async fn ask_twice(
    wire: &Wire<'_>,
    limit: Duration,
    reply: &mut DnsReply,
) -> Result<Message, Failure> {
    let mut outcome = Err(Failure::of(Operation::Query, FailureKind::NoAnswer));
    for _ in 0..2 {
        reply.tries += 1;
        outcome = by_datagram(wire, limit).await;
        if !matches!(outcome, Err(Failure { kind: FailureKind::NoAnswer, .. })) {
            break;
        }
    }
    if outcome.as_ref().is_ok_and(|message| message.metadata.truncation) {
        reply.truncated = true;
        outcome = by_stream(wire, limit).await;
    }
    outcome
}

fn take_in(reply: &mut DnsReply, message: &Message) {
    reply.rcode = Some(u16::from(message.metadata.response_code));
    reply.answers = message.answers.iter().take(RECORDS_KEPT).map(record).collect();
    let options = message.edns.as_ref().map(|edns| edns.options().as_ref());
    reply.extended = options
        .unwrap_or_default()
        .iter()
        .filter_map(|(_, option)| extended_error(option))
        .take(4)
        .collect();
}

/// RFC 8914: option 15, two bytes of code, then text.
fn extended_error(option: &EdnsOption) -> Option<ExtendedError> {
    let EdnsOption::Unknown(15, data) = option else { return None };
    let (code, text) = data.split_first_chunk::<2>()?;
    Some(ExtendedError {
        code: u16::from_be_bytes(*code),
        text: bounded(&String::from_utf8_lossy(text), 200),
    })
}

fn record(record: &Record) -> DnsRecord {
    let (kind, value) = match &record.data {
        RData::A(a) => ("A".to_owned(), Ipv4Addr::from(*a).to_string()),
        RData::AAAA(aaaa) => ("AAAA".to_owned(), Ipv6Addr::from(*aaaa).to_string()),
        RData::CNAME(alias) => ("CNAME".to_owned(), without_final_dot(&alias.0)),
        other => (record.record_type().to_string(), bounded(&other.to_string(), 200)),
    };
    DnsRecord { name: without_final_dot(&record.name), kind, ttl: record.ttl, value }
}

/// A question as it goes out.
struct Wire<'a> {
    name: &'a Name,
    question: &'a Question,
    edns: bool,
}

impl Wire<'_> {
    /// The name and the kind that an answer repeats.
    fn asked(&self) -> (&Name, RecordType) {
        (self.name, self.question.kind.wire())
    }

    /// Its random id, and its bytes.
    fn message(&self) -> Result<(u16, Vec<u8>), Failure> {
        let mut message = Message::query();
        message.metadata.recursion_desired = true;
        message.metadata.checking_disabled = self.question.unchecked;
        let mut query = Query::new();
        query.set_name(self.name.clone());
        query.set_query_type(self.question.kind.wire());
        message.add_query(query);
        if self.edns {
            let mut edns = Edns::new();
            // The size that passes every path without fragments (DNS flag day 2020).
            edns.set_max_payload(1232);
            message.set_edns(edns);
        }
        let bytes = message.to_vec();
        let bytes = bytes.map_err(|_| Failure::of(Operation::Query, FailureKind::Invalid))?;
        Ok((message.metadata.id, bytes))
    }
}

async fn by_datagram(wire: &Wire<'_>, limit: Duration) -> Result<Message, Failure> {
    let (id, bytes) = wire.message()?;
    let server = wire.question.server;
    let any: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let io = |error: std::io::Error| Failure::from_io(Operation::Query, &error);
    let talk = async {
        let socket = UdpSocket::bind(any).await.map_err(io)?;
        // Connected: the kernel then drops what comes from elsewhere, and tells when nothing
        // listens there.
        socket.connect(server).await.map_err(io)?;
        socket.send(&bytes).await.map_err(io)?;
        let mut buffer = vec![0; 4096];
        loop {
            let n = socket.recv(&mut buffer).await.map_err(io)?;
            if let Some(message) = answer_to(id, wire.asked(), &buffer[..n]) {
                return Ok(message);
            }
        }
    };
    timeout(limit, talk)
        .await
        .unwrap_or_else(|_| Err(Failure::of(Operation::Query, FailureKind::NoAnswer)))
}

async fn by_stream(wire: &Wire<'_>, limit: Duration) -> Result<Message, Failure> {
    let (id, bytes) = wire.message()?;
    let io = |error: std::io::Error| Failure::from_io(Operation::Query, &error);
    let talk = async {
        let mut stream = TcpStream::connect(wire.question.server).await.map_err(io)?;
        let length = u16::try_from(bytes.len())
            .map_err(|_| Failure::of(Operation::Query, FailureKind::Invalid))?;
        stream.write_all(&length.to_be_bytes()).await.map_err(io)?;
        stream.write_all(&bytes).await.map_err(io)?;
        let length = stream.read_u16().await.map_err(io)?;
        let mut buffer = vec![0; usize::from(length)];
        stream.read_exact(&mut buffer).await.map_err(io)?;
        answer_to(id, wire.asked(), &buffer)
            .ok_or_else(|| Failure::of(Operation::Query, FailureKind::NotTheProtocol))
    };
    timeout(limit, talk)
        .await
        .unwrap_or_else(|_| Err(Failure::of(Operation::Query, FailureKind::NoAnswer)))
}

/// The message, if it answers this very question: the id, the name and the kind must be ours, else
/// anybody on the network could answer for the server. Our own question, sent back, is no answer.
/// A server that could not read the question, or declines, may leave it out.
fn answer_to(id: u16, (name, kind): (&Name, RecordType), bytes: &[u8]) -> Option<Message> {
    let message = Message::from_vec(bytes).ok()?;
    let repeated = match message.queries.first() {
        Some(query) => query.name() == name && query.query_type() == kind,
        None => message.metadata.response_code != ResponseCode::NoError,
    };
    let ours = message.metadata.id == id
        && message.metadata.message_type == MessageType::Response
        && repeated;
    ours.then_some(message)
}

fn fully_qualified(name: &str) -> Option<Name> {
    let mut name = Name::from_ascii(name).ok()?;
    name.set_fqdn(true);
    Some(name)
}

fn without_final_dot(name: &Name) -> String {
    let text = name.to_ascii();
    bounded(text.strip_suffix('.').unwrap_or(&text), 255)
}

fn bounded(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing {
    //! For [`crate::fuzzing`].

    use super::{
        DnsReply, Ipv4Addr, Question, RecordKind, RecordType, answer_to, fully_qualified, take_in,
    };

    /// The most of one reply that may stand in a report, in bytes.
    const REPLY: usize = 64 * 1024;

    /// A message; the two bytes that stand for its id are what was asked with.
    pub(crate) fn answer(data: &[u8]) {
        let id = data.first_chunk().map_or(0, |id| u16::from_be_bytes(*id));
        let name = fully_qualified("hub.test").expect("a name");
        let Some(message) = answer_to(id, (&name, RecordType::A), data) else { return };
        let question = Question::of((Ipv4Addr::LOCALHOST, 53).into(), "hub.test", RecordKind::A);
        let mut reply = DnsReply::of(&question);
        take_in(&mut reply, &message);
        let told = serde_json::to_string(&reply).expect("plain data");
        assert!(told.len() < REPLY, "{} bytes of one reply", told.len());
        let again: DnsReply = serde_json::from_str(&told).expect("the same shape");
        assert_eq!(again, reply, "a saved report is the same report");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name server on loopback that answers as it is told to, by datagram only.
    async fn server(answer: fn(&Message) -> ResponseCode) -> SocketAddr {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = socket.local_addr().expect("an address");
        tokio::spawn(async move {
            let mut buffer = [0; 1500];
            while let Ok((n, from)) = socket.recv_from(&mut buffer).await {
                let question = Message::from_vec(&buffer[..n]).expect("a question");
                let mut reply = Message::response(question.metadata.id, question.metadata.op_code);
                reply.metadata.response_code = answer(&question);
                reply.queries.clone_from(&question.queries);
                let bytes = reply.to_vec().expect("a reply");
                socket.send_to(&bytes, from).await.expect("loopback");
            }
        });
        address
    }

    const LIMIT: Duration = Duration::from_secs(2);

    #[tokio::test]
    async fn a_server_older_than_edns_is_asked_without_it() {
        let old = |question: &Message| match question.edns {
            Some(_) => ResponseCode::FormErr,
            None => ResponseCode::NXDomain,
        };
        let question = Question::of(server(old).await, "hub.test", RecordKind::A);
        let reply = ask(&question, LIMIT).await;
        assert_eq!((reply.rcode, reply.without_edns, reply.tries), (Some(3), true, 2));
    }

    #[cfg(unix)]
    #[test]
    fn a_list_without_name_servers_is_told_from_one_that_cannot_be_read() {
        assert!(names_nobody(b"") && names_nobody(b"# nameserver 10.0.0.53\nsearch corp.test\n"));
        assert!(!names_nobody(b"search corp.test\n nameserver 10.0.0.53\n"));
        assert!(!names_nobody(b"nameserver what-is-this\n"));
    }

    #[test]
    fn our_own_question_sent_back_is_no_answer() {
        let name = fully_qualified("hub.test").expect("a name");
        let mut message = Message::query();
        message.add_query(Query::query(name.clone(), RecordType::A));
        let id = message.metadata.id;
        let asked = (&name, RecordType::A);
        let echo = message.to_vec().expect("bytes");
        assert!(answer_to(id, asked, &echo).is_none());
        message.metadata.message_type = MessageType::Response;
        let answer = message.to_vec().expect("bytes");
        assert!(answer_to(id, asked, &answer).is_some());
        assert!(answer_to(id.wrapping_add(1), asked, &answer).is_none());
    }

    #[test]
    fn an_address_of_another_name_is_no_answer() {
        let server = (Ipv4Addr::LOCALHOST, 53).into();
        let mut reply = DnsReply::of(&Question::of(server, "hub.test", RecordKind::A));
        let mut record = |name: &str, kind: &str, value: &str| {
            let (name, kind, value) = (name.to_owned(), kind.to_owned(), value.to_owned());
            reply.answers.push(DnsRecord { name, kind, ttl: 1, value });
        };
        record("other.test", "A", "192.0.2.1");
        record("hub.test", "TXT", "192.0.2.2");
        record("HUB.test", "CNAME", "web.test");
        record("web.test", "A", "192.0.2.3");
        let addresses: Vec<String> = reply.addresses().map(|ip| ip.to_string()).collect();
        assert_eq!(addresses, ["192.0.2.3"]);
    }

    #[test]
    fn an_answer_to_another_question_is_none() {
        let name = fully_qualified("hub.test").expect("a name");
        let other = fully_qualified("other.test").expect("a name");
        let mut message = Message::response(7, hickory_resolver::proto::op::OpCode::Query);
        message.add_query(Query::query(name.clone(), RecordType::A));
        let answer = message.to_vec().expect("bytes");
        assert!(answer_to(7, (&name, RecordType::A), &answer).is_some());
        assert!(answer_to(7, (&name, RecordType::AAAA), &answer).is_none());
        assert!(answer_to(7, (&other, RecordType::A), &answer).is_none());
        message.queries.clear();
        let silent = message.to_vec().expect("bytes");
        assert!(answer_to(7, (&name, RecordType::A), &silent).is_none(), "\"yes\" to what?");
        message.metadata.response_code = ResponseCode::FormErr;
        let refusal = message.to_vec().expect("bytes");
        assert!(answer_to(7, (&name, RecordType::A), &refusal).is_some());
    }

    #[tokio::test]
    async fn a_server_that_calls_everything_malformed_stays_so() {
        let question =
            Question::of(server(|_| ResponseCode::FormErr).await, "hub.test", RecordKind::A);
        let reply = ask(&question, LIMIT).await;
        assert_eq!((reply.rcode, reply.without_edns), (Some(1), false));
    }

    #[tokio::test]
    async fn checking_of_signatures_is_switched_off_only_when_asked() {
        let careless = |question: &Message| {
            let unchecked = question.metadata.checking_disabled;
            if unchecked { ResponseCode::NoError } else { ResponseCode::ServFail }
        };
        let question = Question::of(server(careless).await, "hub.test", RecordKind::Cname);
        assert_eq!(ask(&question, LIMIT).await.rcode, Some(2));
        let reply = ask(&question.unchecked(), LIMIT).await;
        assert_eq!((reply.rcode, reply.unchecked), (Some(0), true));
    }
}
