//! The name server, asked with messages made by hickory-proto.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use hublink_practice::{Answer, NameServer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

/// Long beside a loopback answer, short beside a test run.
const SILENCE: Duration = Duration::from_millis(150);

/// An answer is waited for much longer, so that a busy machine fails no test.
const PATIENCE: Duration = Duration::from_secs(20);

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn question(name: &str, kind: RecordType) -> Vec<u8> {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    let name = Name::from_ascii(name).expect("tests use valid names");
    message.add_query(Query::query(name, kind));
    message.to_vec().expect("a short message")
}

async fn ask(server: SocketAddr, name: &str, kind: RecordType) -> Message {
    ask_within(PATIENCE, server, name, kind).await.expect("an answer")
}

async fn is_silent(server: SocketAddr, name: &str, kind: RecordType) -> bool {
    ask_within(SILENCE, server, name, kind).await.is_none()
}

async fn ask_within(
    wait: Duration,
    server: SocketAddr,
    name: &str,
    kind: RecordType,
) -> Option<Message> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has free ports");
    socket.send_to(&question(name, kind), server).await.expect("loopback is up");
    let mut buffer = [0; 4096];
    let length =
        timeout(wait, socket.recv(&mut buffer)).await.ok()?.expect("the server's port is open");
    Some(Message::from_vec(&buffer[..length]).expect("a well-formed answer"))
}

async fn ask_tcp(server: SocketAddr, name: &str, kind: RecordType) -> Message {
    let mut stream = TcpStream::connect(server).await.expect("the same port is open on TCP");
    let question = question(name, kind);
    let length = u16::try_from(question.len()).expect("a short message");
    stream.write_u16(length).await.expect("connected");
    stream.write_all(&question).await.expect("connected");
    let length = stream.read_u16().await.expect("an answer");
    let mut answer = vec![0; usize::from(length)];
    stream.read_exact(&mut answer).await.expect("an answer");
    Message::from_vec(&answer).expect("a well-formed answer")
}

fn addresses(message: &Message) -> Vec<IpAddr> {
    message
        .answers
        .iter()
        .filter_map(|record| match &record.data {
            RData::A(address) => Some(address.0.into()),
            RData::AAAA(address) => Some(address.0.into()),
            _ => None,
        })
        .collect()
}

async fn server() -> NameServer {
    NameServer::start().await.expect("loopback has free ports")
}

#[tokio::test]
async fn addresses_answer_the_question_they_fit() {
    let names = server().await;
    let both = vec![HERE, Ipv6Addr::LOCALHOST.into()];
    names.set("hub.practice.test", Answer::Addresses(both));
    let a = ask(names.address(), "hub.practice.test.", RecordType::A).await;
    assert_eq!(addresses(&a), [HERE]);
    let aaaa = ask(names.address(), "HUB.practice.test.", RecordType::AAAA).await;
    assert_eq!(addresses(&aaaa), [IpAddr::V6(Ipv6Addr::LOCALHOST)]);
    assert_eq!(names.count("hub.practice.test", "AAAA"), 1);
    assert_eq!(names.questions().len(), 2);
    assert!(!names.questions()[0].over_tcp);
}

#[tokio::test]
async fn every_failure_has_its_code() {
    let names = server().await;
    names.set("empty.test", Answer::NoData);
    names.set_zone("broken.test", Answer::ServerFailure);
    names.set("loop.test", Answer::Alias("loop.test".to_owned()));
    names.set("dangling.test", Answer::Alias("gone.test".to_owned()));
    names.set("refused.test", Answer::Refused);
    for (name, code, records) in [
        ("unknown.test.", ResponseCode::NXDomain, 0),
        ("empty.test.", ResponseCode::NoError, 0),
        ("any.broken.test.", ResponseCode::ServFail, 0),
        ("notbroken.test.", ResponseCode::NXDomain, 0),
        ("loop.test.", ResponseCode::ServFail, 0),
        ("dangling.test.", ResponseCode::NXDomain, 1),
        ("refused.test.", ResponseCode::Refused, 0),
    ] {
        let answer = ask(names.address(), name, RecordType::A).await;
        let seen = (answer.metadata.response_code, answer.answers.len());
        assert_eq!(seen, (code, records), "{name}");
    }
}

#[tokio::test]
async fn aliases_are_followed_to_the_address() {
    let names = server().await;
    names.set("a.test", Answer::Alias("b.test".to_owned()));
    names.set("b.test", Answer::Alias("c.test".to_owned()));
    names.set("c.test", Answer::loopback());
    let answer = ask(names.address(), "a.test.", RecordType::A).await;
    assert_eq!((answer.answers.len(), addresses(&answer)), (3, vec![HERE]));
}

#[tokio::test]
async fn silence_is_silence_and_may_be_for_aaaa_only() {
    let names = server().await;
    names.set("half.test", Answer::AaaaSilent(vec![HERE]));
    names.set("mute.test", Answer::Silence);
    let half = ask(names.address(), "half.test.", RecordType::A).await;
    assert_eq!(addresses(&half), [HERE]);
    assert!(is_silent(names.address(), "half.test.", RecordType::AAAA).await);
    assert!(is_silent(names.address(), "mute.test.", RecordType::A).await);
    assert_eq!(names.count("half.test", "AAAA"), 1);
}

#[tokio::test]
async fn an_answer_can_be_late() {
    let names = server().await;
    let wait = Duration::from_millis(60);
    names.set("late.test", Answer::Delayed(wait, Box::new(Answer::loopback())));
    let started = Instant::now();
    let answer = ask(names.address(), "late.test.", RecordType::A).await;
    assert_eq!(addresses(&answer), [HERE]);
    assert!(started.elapsed() >= wait);
}

#[tokio::test]
async fn a_truncated_answer_is_whole_over_tcp() {
    let names = server().await;
    names.set("long.test", Answer::Truncated(vec![HERE]));
    let udp = ask(names.address(), "long.test.", RecordType::A).await;
    assert!(udp.metadata.truncation && udp.answers.is_empty());
    let tcp = ask_tcp(names.address(), "long.test.", RecordType::A).await;
    assert_eq!(addresses(&tcp), [HERE]);
    assert!(names.questions()[1].over_tcp);
}

#[tokio::test]
async fn a_whole_resolver_can_be_dead_or_decline() {
    let dead = NameServer::start_saying(Answer::Silence).await.expect("free ports");
    assert!(is_silent(dead.address(), "any.test.", RecordType::A).await);
    let declining = NameServer::start_saying(Answer::Refused).await.expect("free ports");
    let answer = ask(declining.address(), "any.test.", RecordType::A).await;
    let code = answer.metadata.response_code;
    assert_eq!(code, ResponseCode::Refused);
}
