//! Faults of the port, of TLS and of the certificate.

use std::io::ErrorKind;
use std::time::Duration;

use hublink_practice::{Behaviour, Certificate, Hub, Port, World};
use rustls::{AlertDescription, CertificateError, Error};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use x509_parser::parse_x509_certificate;

use crate::client::{hub, tls, tls_for, world};

/// Long beside a loopback answer, short beside a test run.
const SILENCE: Duration = Duration::from_millis(150);

/// A record of type handshake with nothing useful in it: enough for a fault, which does not look inside.
const HELLO: [u8; 9] = [0x16, 0x03, 0x01, 0x00, 0x04, 0x01, 0x00, 0x00, 0x00];

async fn broken(world: &World, port: Port) -> std::sync::Arc<Hub> {
    hub(world, "broken", Behaviour::healthy().port(port)).await
}

async fn connect(hub: &Hub) -> TcpStream {
    TcpStream::connect(hub.address()).await.expect("the port accepts")
}

/// The first bytes after a hello.
async fn answer_to_hello(hub: &Hub) -> std::io::Result<Vec<u8>> {
    let mut stream = connect(hub).await;
    stream.write_all(&HELLO).await?;
    let mut bytes = vec![0; 256];
    let length = stream.read(&mut bytes).await?;
    bytes.truncate(length);
    Ok(bytes)
}

/// What rustls makes of a hub's handshake; panics if it is content.
async fn verdict(world: &World, hub: &Hub) -> Error {
    let error = tls(world, hub).await.expect_err("a fault");
    let inner = error.get_ref().expect("an error of rustls");
    inner
        .downcast_ref::<Error>()
        .unwrap_or_else(|| panic!("not an error of rustls: {inner}"))
        .clone()
}

#[tokio::test]
async fn a_silent_port_swallows_connections() {
    let world = world().await;
    let hub = broken(&world, Port::Silent).await;
    assert!(hub.port_is_silent().await);
    let attempt = timeout(SILENCE, TcpStream::connect(hub.address())).await;
    assert!(attempt.is_err(), "no answer, not even a refusal: {attempt:?}");
}

#[tokio::test]
async fn a_refused_port_refuses_and_stays_reserved() {
    let world = world().await;
    let hub = broken(&world, Port::Refused).await;
    let error = TcpStream::connect(hub.address()).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    let other = std::net::TcpListener::bind(hub.address());
    assert!(other.is_err(), "the port is taken");
}

#[tokio::test]
async fn connections_end_as_the_port_is_told() {
    let world = world().await;
    let mute = broken(&world, Port::Mute).await;
    assert!(timeout(SILENCE, answer_to_hello(&mute)).await.is_err());
    let mut closed = connect(broken(&world, Port::ClosesAtAccept).await.as_ref()).await;
    let end = closed.read(&mut [0]).await.expect("an orderly end");
    assert_eq!(end, 0);
    let after = answer_to_hello(broken(&world, Port::ClosesAfterHello).await.as_ref()).await;
    assert!(after.expect("an orderly end").is_empty());
}

#[cfg_attr(windows, ignore = "wine ends a connection orderly where Windows and Linux reset it")]
#[tokio::test]
async fn connections_are_reset_as_the_port_is_told() {
    let world = world().await;
    let mut reset = connect(broken(&world, Port::ResetsAtAccept).await.as_ref()).await;
    let error = reset.read(&mut [0]).await.expect_err("a reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let after = answer_to_hello(broken(&world, Port::ResetsAfterHello).await.as_ref()).await;
    let error = after.expect_err("a reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn other_protocols_show_in_the_first_bytes() {
    let world = world().await;
    let ssh = answer_to_hello(broken(&world, Port::SshBanner).await.as_ref()).await;
    assert!(ssh.expect("bytes").starts_with(b"SSH-2.0-"));
    let plain = hub(&world, "plain", Behaviour::healthy().plain_http()).await;
    let http = answer_to_hello(&plain).await;
    assert!(http.expect("bytes").starts_with(b"HTTP/1.1 400"));
    assert!(plain.chain().is_empty());
    let error = verdict(&world, &plain).await;
    assert!(matches!(error, Error::InvalidMessage(_)), "{error:?}");
}

#[tokio::test]
async fn alerts_arrive_as_sent() {
    let world = world().await;
    for (number, alert) in [
        (40, AlertDescription::HandshakeFailure),
        (70, AlertDescription::ProtocolVersion),
        (80, AlertDescription::InternalError),
        (112, AlertDescription::UnrecognisedName),
    ] {
        let hub = broken(&world, Port::Alert(number)).await;
        assert_eq!(verdict(&world, &hub).await, Error::AlertReceived(alert));
    }
}

#[tokio::test]
async fn a_refused_name_leaves_other_names_served() {
    let world = world().await;
    let behaviour = Behaviour::healthy().also_named("server.practice.test").port(Port::RefusesName);
    let hub = hub(&world, "stranger", behaviour).await;
    let refused = Error::AlertReceived(AlertDescription::UnrecognisedName);
    assert_eq!(verdict(&world, &hub).await, refused);
    let other = tls_for(&world, hub.address(), "server.practice.test").await;
    assert!(other.is_ok(), "{other:?}");
}

#[tokio::test]
async fn half_a_hello_is_followed_by_silence() {
    let world = world().await;
    let hub = broken(&world, Port::HalfServerHello).await;
    let bytes = answer_to_hello(&hub).await.expect("bytes");
    assert_eq!((bytes[0], bytes[5], bytes.len()), (0x16, 0x02, 64));
    let whole = timeout(SILENCE, tls(&world, &hub)).await;
    assert!(whole.is_err(), "{whole:?}");
}

/// Whether rustls, which trusts the practice root, is content.
async fn accepted(certificate: Certificate) -> Result<(), CertificateError> {
    let world = world().await;
    let hub = hub(&world, "leaf", Behaviour::healthy().certificate(certificate)).await;
    if tls(&world, &hub).await.is_ok() {
        return Ok(());
    }
    match verdict(&world, &hub).await {
        Error::InvalidCertificate(error) => Err(error),
        other => panic!("not about the certificate: {other:?}"),
    }
}

#[tokio::test]
async fn good_certificates_are_accepted() {
    for certificate in [
        Certificate::Good,
        Certificate::GoodWithRoot,
        Certificate::GoodP384,
        Certificate::Wildcard,
        Certificate::ExpiresSoon,
    ] {
        assert_eq!(accepted(certificate).await, Ok(()), "{certificate:?}");
    }
}

#[tokio::test]
async fn untrusted_certificates_have_an_unknown_issuer() {
    for certificate in [
        Certificate::SelfSigned,
        Certificate::UnknownRoot,
        Certificate::ChainIncomplete,
        Certificate::ChainIncompleteWithoutAia,
        Certificate::QlikDefault,
        Certificate::QlikDefaultLeafOnly,
    ] {
        let unknown = Err(CertificateError::UnknownIssuer);
        assert_eq!(accepted(certificate).await, unknown, "{certificate:?}");
    }
}

#[tokio::test]
async fn other_bad_certificates_fail_for_their_own_reason() {
    for certificate in [Certificate::Expired, Certificate::ExpiredIntermediate] {
        let error = accepted(certificate).await;
        let expired = matches!(error, Err(CertificateError::ExpiredContext { .. }));
        assert!(expired, "{certificate:?}: {error:?}");
    }
    let error = accepted(Certificate::NotYetValid).await;
    assert!(matches!(error, Err(CertificateError::NotValidYetContext { .. })), "{error:?}");
    for certificate in
        [Certificate::WrongName, Certificate::CommonNameOnly, Certificate::OtherNamesOnly]
    {
        let error = accepted(certificate).await;
        let name = matches!(error, Err(CertificateError::NotValidForNameContext { .. }));
        assert!(name, "{certificate:?}: {error:?}");
    }
    let error = accepted(Certificate::ClientAuthOnly).await;
    assert!(matches!(error, Err(CertificateError::InvalidPurposeContext { .. })), "{error:?}");
    for certificate in [Certificate::SelfSignedCa, Certificate::IssuedByLeaf] {
        let error = accepted(certificate).await;
        assert!(matches!(error, Err(CertificateError::Other(_))), "{certificate:?}: {error:?}");
    }
}

#[tokio::test]
async fn qliks_own_certificate_has_qliks_names() {
    let world = world().await;
    let behaviour = Behaviour::healthy().certificate(Certificate::QlikDefault);
    let hub = hub(&world, "qlik", behaviour).await;
    let names: Vec<_> = hub
        .chain()
        .iter()
        .map(|der| {
            let (_, certificate) = parse_x509_certificate(der).expect("a certificate");
            (certificate.subject().to_string(), certificate.issuer().to_string())
        })
        .collect();
    let pair = |subject: &str, issuer: &str| (subject.to_owned(), issuer.to_owned());
    assert_eq!(names, [pair("CN=qlik1", "CN=qlik1-CA"), pair("CN=qlik1-CA", "CN=qlik1-CA")]);
}
