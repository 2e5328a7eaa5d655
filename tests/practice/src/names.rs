//! A name server on loopback that answers what it is told to.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hickory_proto::op::{Header, HeaderCounts, Metadata, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use hickory_server::Server;
use hickory_server::net::runtime::Time;
use hickory_server::net::xfer::Protocol;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use tokio::net::{TcpListener, UdpSocket};

/// A chain of aliases longer than this is a loop to every resolver in use.
const LONGEST_CHAIN: usize = 16;

/// Short, so that nothing a test changes lives on in a cache.
const TTL: u32 = 1;

/// How long an idle TCP client is kept; far longer than any test runs.
const IDLE: Duration = Duration::from_mins(1);

/// Room for answers waiting for one TCP client; a test asks a handful at a time.
const WAITING_ANSWERS: usize = 32;

/// What the name server says about a name.
#[derive(Clone, Debug)]
pub enum Answer {
    /// These addresses, each to the question it fits (A or AAAA).
    Addresses(Vec<IpAddr>),
    /// As [`Answer::Addresses`], but questions for AAAA are never answered.
    AaaaSilent(Vec<IpAddr>),
    /// As [`Answer::Addresses`], but over UDP the answer is empty and marked as truncated.
    Truncated(Vec<IpAddr>),
    /// The name is an alias for this one, which is looked up in turn.
    Alias(String),
    /// The name exists, without any address.
    NoData,
    /// The name does not exist (rcode 3).
    NotFound,
    /// The server failed (rcode 2).
    ServerFailure,
    /// The server declines (rcode 5).
    Refused,
    /// Nothing is ever sent.
    Silence,
    /// The second one, after this time.
    Delayed(Duration, Box<Answer>),
}

impl Answer {
    /// The usual answer of the practice world.
    #[must_use]
    pub fn loopback() -> Self {
        Self::Addresses(vec![Ipv4Addr::LOCALHOST.into()])
    }
}

/// A question that reached the name server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Question {
    /// Lower case, without the final dot.
    pub name: String,
    /// `A`, `AAAA` and so on.
    pub kind: String,
    /// Whether it came over TCP.
    pub over_tcp: bool,
}

/// A name server on 127.0.0.1, over UDP and TCP on the same port; it ends when dropped.
pub struct NameServer {
    address: SocketAddr,
    table: Arc<Mutex<Table>>,
    _server: Server<Handler>,
}

impl NameServer {
    /// Starts a server that knows no name yet, so that each one does not exist.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start() -> io::Result<Self> {
        Self::start_saying(Answer::NotFound).await
    }

    /// Starts a server that says this about every name not told otherwise: with [`Answer::Silence`]
    /// it is a dead resolver, with [`Answer::Refused`] a declining one.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start_saying(answer: Answer) -> io::Result<Self> {
        let (udp, tcp) = bind_both().await?;
        let address = udp.local_addr()?;
        let table = Arc::new(Mutex::new(Table {
            names: HashMap::new(),
            zones: Vec::new(),
            otherwise: answer,
            questions: Vec::new(),
        }));
        let mut server = Server::new(Handler(Arc::clone(&table)));
        server.register_socket(udp);
        server.register_listener(tcp, IDLE, WAITING_ANSWERS);
        Ok(Self { address, table, _server: server })
    }

    /// Where to send questions.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Says this about one name from now on.
    pub fn set(&self, name: &str, answer: Answer) {
        lock(&self.table).names.insert(plain(name), answer);
    }

    /// Says this about every name under a domain that has no answer of its own.
    pub fn set_zone(&self, domain: &str, answer: Answer) {
        lock(&self.table).zones.push((plain(domain), answer));
    }

    /// The questions so far, in order.
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        lock(&self.table).questions.clone()
    }

    /// Forgets the questions.
    pub fn forget(&self) {
        lock(&self.table).questions = Vec::new();
    }

    /// How often this was asked; `kind` is `A`, `AAAA` and so on.
    #[must_use]
    pub fn count(&self, name: &str, kind: &str) -> usize {
        let name = plain(name);
        lock(&self.table)
            .questions
            .iter()
            .filter(|question| question.name == name && question.kind == kind)
            .count()
    }
}

/// A free UDP port may be taken on TCP by somebody else, so a few are tried.
async fn bind_both() -> io::Result<(UdpSocket, TcpListener)> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..16 {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        match TcpListener::bind(udp.local_addr()?).await {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// A panic elsewhere leaves the table usable: every change to it is a single step.
fn lock(table: &Mutex<Table>) -> std::sync::MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

struct Table {
    names: HashMap<String, Answer>,
    zones: Vec<(String, Answer)>,
    otherwise: Answer,
    questions: Vec<Question>,
}

impl Table {
    fn find(&self, name: &str) -> &Answer {
        if let Some(answer) = self.names.get(name) {
            return answer;
        }
        self.zones
            .iter()
            .find(|(zone, _)| {
                name.strip_suffix(zone.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            })
            .map_or(&self.otherwise, |(_, answer)| answer)
    }
}

/// The answer to one question, worked out.
struct Reply {
    delay: Duration,
    code: ResponseCode,
    records: Vec<Record>,
    truncated: bool,
}

impl Reply {
    fn with(code: ResponseCode, records: Vec<Record>) -> Self {
        Self { delay: Duration::ZERO, code, records, truncated: false }
    }
}

/// `None` is silence.
fn work_out(table: &Table, question: &Question, kind: RecordType) -> Option<Reply> {
    let mut name = question.name.clone();
    let mut records = Vec::new();
    let mut delay = Duration::ZERO;
    for _ in 0..LONGEST_CHAIN {
        let mut answer = table.find(&name);
        while let Answer::Delayed(wait, inner) = answer {
            delay += *wait;
            answer = inner;
        }
        let Answer::Alias(target) = answer else {
            return settle(answer, question, kind, &name, records)
                .map(|reply| Reply { delay, ..reply });
        };
        records.push(record(&name, RData::CNAME(CNAME(parse(target)))));
        if kind == RecordType::CNAME {
            // Asked for the alias itself: it is the answer, and nothing is looked up behind it.
            return Some(Reply { delay, ..Reply::with(ResponseCode::NoError, records) });
        }
        name = plain(target);
    }
    Some(Reply { delay, ..Reply::with(ResponseCode::ServFail, Vec::new()) })
}

fn settle(
    answer: &Answer,
    question: &Question,
    kind: RecordType,
    name: &str,
    mut records: Vec<Record>,
) -> Option<Reply> {
    let code = match answer {
        Answer::Silence => return None,
        Answer::AaaaSilent(_) if kind == RecordType::AAAA => return None,
        Answer::Truncated(_) if !question.over_tcp => {
            return Some(Reply {
                truncated: true,
                ..Reply::with(ResponseCode::NoError, Vec::new())
            });
        }
        Answer::Addresses(addresses)
        | Answer::AaaaSilent(addresses)
        | Answer::Truncated(addresses) => {
            records.extend(fitting(addresses, kind, name));
            ResponseCode::NoError
        }
        Answer::NotFound => ResponseCode::NXDomain,
        Answer::ServerFailure => ResponseCode::ServFail,
        Answer::Refused => ResponseCode::Refused,
        // The last two were unfolded by the caller.
        Answer::NoData | Answer::Alias(_) | Answer::Delayed(..) => ResponseCode::NoError,
    };
    Some(Reply::with(code, records))
}

fn fitting(addresses: &[IpAddr], kind: RecordType, name: &str) -> Vec<Record> {
    addresses
        .iter()
        .filter_map(|address| match (address, kind) {
            (IpAddr::V4(v4), RecordType::A) => Some(RData::A(A(*v4))),
            (IpAddr::V6(v6), RecordType::AAAA) => Some(RData::AAAA(AAAA(*v6))),
            _ => None,
        })
        .map(|data| record(name, data))
        .collect()
}

fn record(name: &str, data: RData) -> Record {
    Record::from_rdata(parse(name), TTL, data)
}

fn parse(name: &str) -> Name {
    let mut parsed = Name::from_ascii(name).expect("names are set by tests or came as valid names");
    parsed.set_fqdn(true);
    parsed
}

struct Handler(Arc<Mutex<Table>>);

#[async_trait::async_trait]
impl RequestHandler for Handler {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut out: R,
    ) -> ResponseInfo {
        let mut metadata = Metadata::response_from_request(&request.metadata);
        metadata.recursion_available = true;
        let silent = ResponseInfo::from(Header { metadata, counts: HeaderCounts::default() });
        let Some(reply) = self.reply(request) else {
            return silent;
        };
        tokio::time::sleep(reply.delay).await;
        metadata.response_code = reply.code;
        metadata.truncation = reply.truncated;
        let response = MessageResponseBuilder::from_message_request(request).build(
            metadata,
            &reply.records,
            [],
            [],
            [],
        );
        out.send_response(response).await.unwrap_or(silent)
    }
}

impl Handler {
    fn reply(&self, request: &Request) -> Option<Reply> {
        let Ok(info) = request.request_info() else {
            return Some(Reply::with(ResponseCode::FormErr, Vec::new()));
        };
        let kind = info.query.query_type();
        let question = Question {
            name: plain(&info.query.name().to_string()),
            kind: kind.to_string(),
            over_tcp: info.protocol != Protocol::Udp,
        };
        let mut table = lock(&self.0);
        table.questions.push(question.clone());
        work_out(&table, &question, kind)
    }
}
