//! An old-fashioned greeting, made by hand: what rustls cannot speak, a server may still.
//!
//! It offers TLS 1.0 to 1.2 with the suites of twenty years, reads the first answer and hangs up.
//! Nothing is negotiated and nothing secret is sent.

use std::net::IpAddr;
use std::time::Instant;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::tap::Tap;
use crate::tls::{self, Hello};
use crate::tunnel::Line;
use crate::{Failure, FailureKind, Operation, millis};

/// What a server answered to the greeting.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct LegacyAnswer {
    /// The version the server chose: 0x0301 is TLS 1.0, 0x0303 is TLS 1.2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u16>,
    /// The cipher suite the server chose, by its number in IANA's registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<u16>,
    /// The alert it sent instead (RFC 5246 section 7.2), by number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<u8>,
    /// Why no answer came, or none that is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// From connecting to the answer, in milliseconds.
    pub took_ms: f64,
}

impl LegacyAnswer {
    /// The name of the version chosen.
    #[must_use]
    pub fn version_name(&self) -> Option<&'static str> {
        self.version.map(|version| match version {
            0x0300 => "SSL 3.0",
            0x0301 => "TLS 1.0",
            0x0302 => "TLS 1.1",
            0x0303 => "TLS 1.2",
            _ => "an unknown version",
        })
    }

    /// The name of the suite chosen, if it is one of those offered.
    #[must_use]
    pub fn suite_name(&self) -> Option<&'static str> {
        let chosen = self.suite?;
        let mut offered = OF_TODAY.iter().chain(SUITES);
        offered.find(|(number, _)| *number == chosen).map(|(_, name)| *name)
    }

    /// The suite chosen is one that rustls has too: then it is something else that it lacks.
    #[must_use]
    pub fn is_of_today(&self) -> bool {
        self.suite.is_some_and(|chosen| OF_TODAY.iter().any(|(number, _)| *number == chosen))
    }
}

/// The suites of TLS 1.2 that rustls has as well, with OpenSSL's names. They come first, so that a
/// server that has them is not taken for an outdated one: it may refuse rustls for its key (P-521).
const OF_TODAY: &[(u16, &str)] = &[
    (0xc02b, "ECDHE-ECDSA-AES128-GCM-SHA256"),
    (0xc02c, "ECDHE-ECDSA-AES256-GCM-SHA384"),
    (0xc02f, "ECDHE-RSA-AES128-GCM-SHA256"),
    (0xc030, "ECDHE-RSA-AES256-GCM-SHA384"),
    (0xcca9, "ECDHE-ECDSA-CHACHA20-POLY1305"),
    (0xcca8, "ECDHE-RSA-CHACHA20-POLY1305"),
];

/// The suites that rustls does not have.
const SUITES: &[(u16, &str)] = &[
    (0xc023, "ECDHE-ECDSA-AES128-SHA256"),
    (0xc024, "ECDHE-ECDSA-AES256-SHA384"),
    (0xc027, "ECDHE-RSA-AES128-SHA256"),
    (0xc028, "ECDHE-RSA-AES256-SHA384"),
    (0xc009, "ECDHE-ECDSA-AES128-SHA"),
    (0xc00a, "ECDHE-ECDSA-AES256-SHA"),
    (0xc013, "ECDHE-RSA-AES128-SHA"),
    (0xc014, "ECDHE-RSA-AES256-SHA"),
    (0x009e, "DHE-RSA-AES128-GCM-SHA256"),
    (0x009f, "DHE-RSA-AES256-GCM-SHA384"),
    (0x0067, "DHE-RSA-AES128-SHA256"),
    (0x006b, "DHE-RSA-AES256-SHA256"),
    (0x0033, "DHE-RSA-AES128-SHA"),
    (0x0039, "DHE-RSA-AES256-SHA"),
    (0x009c, "AES128-GCM-SHA256"),
    (0x009d, "AES256-GCM-SHA384"),
    (0x003c, "AES128-SHA256"),
    (0x003d, "AES256-SHA256"),
    (0x002f, "AES128-SHA"),
    (0x0035, "AES256-SHA"),
    (0xc012, "ECDHE-RSA-DES-CBC3-SHA"),
    (0x0016, "EDH-RSA-DES-CBC3-SHA"),
    (0x000a, "DES-CBC3-SHA"),
    (0x0005, "RC4-SHA"),
    (0x0004, "RC4-MD5"),
    (0x003b, "NULL-SHA256"),
    (0x0002, "NULL-SHA"),
    (0x0001, "NULL-MD5"),
];

/// The first record of an answer is small; a server that sends more has answered long ago.
const ANSWER_LIMIT: usize = 512;

/// Greets the server and hangs up.
pub(crate) async fn greet(hello: &Hello, line: Line<'_>) -> LegacyAnswer {
    let begun = Instant::now();
    let (carried, stream) = tls::carry(hello, line).await;
    let mut answer = match stream {
        Some((tap, _)) => {
            let greeting = greeting(&hello.server_name, line.world.random());
            timeout(hello.limit, talk(tap, &greeting)).await.unwrap_or_else(|_| {
                failed(Failure::of(Operation::Handshake, FailureKind::NoAnswer))
            })
        }
        None => LegacyAnswer {
            failure: carried.connect.failure.or(carried.failure),
            ..LegacyAnswer::default()
        },
    };
    answer.took_ms = millis(begun.elapsed());
    answer
}

fn failed(failure: Failure) -> LegacyAnswer {
    LegacyAnswer { failure: Some(failure), ..LegacyAnswer::default() }
}

async fn talk(mut tap: Tap, greeting: &[u8]) -> LegacyAnswer {
    let io = |error: std::io::Error| failed(Failure::from_io(Operation::Handshake, &error));
    if let Err(error) = tap.write_all(greeting).await {
        return io(error);
    }
    let mut seen = Vec::new();
    loop {
        let mut buffer = [0; ANSWER_LIMIT];
        match tap.read(&mut buffer).await {
            Ok(0) => return failed(Failure::of(Operation::Handshake, FailureKind::ClosedEarly)),
            Ok(n) => seen.extend_from_slice(&buffer[..n]),
            Err(error) => return io(error),
        }
        if let Some(answer) = read(&seen) {
            return answer;
        }
    }
}

/// Reads an answer; `None` if more of it is needed.
fn read(bytes: &[u8]) -> Option<LegacyAnswer> {
    let other = || failed(Failure::of(Operation::Handshake, FailureKind::NotTheProtocol));
    if bytes.first().is_some_and(|kind| !matches!(kind, 0x15 | 0x16)) {
        return Some(other());
    }
    let &[kind, major, _, high, low, ref body @ ..] = bytes else { return None };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if major != 3 || length == 0 {
        return Some(other());
    }
    // A server may put all of its first flight into one record; its beginning is enough.
    let body = &body[..body.len().min(length)];
    if kind == 0x15 {
        let &[_, alert, ..] = body else { return (body.len() >= length).then(other) };
        return Some(LegacyAnswer { alert: Some(alert), ..LegacyAnswer::default() });
    }
    match server_hello(body) {
        Some((version, suite)) => Some(LegacyAnswer {
            version: Some(version),
            suite: Some(suite),
            ..LegacyAnswer::default()
        }),
        None if body.len() >= length.min(ANSWER_LIMIT) => Some(other()),
        None => None,
    }
}

/// RFC 5246 section 7.4.1.3: type, length, version, 32 random bytes, session, suite.
fn server_hello(body: &[u8]) -> Option<(u16, u16)> {
    let word = |at: usize| Some(u16::from_be_bytes(body.get(at..at + 2)?.try_into().ok()?));
    let session = usize::from(*body.get(38)?);
    if *body.first()? != 2 {
        return None;
    }
    Some((word(4)?, word(39 + session)?))
}

/// A `ClientHello` of TLS 1.2 that also offers 1.0 and 1.1.
fn greeting(host: &str, seed: u64) -> Vec<u8> {
    let mut body = vec![3, 3];
    // Nothing is ever encrypted with it, so it need not be secret.
    (0..4_u64).for_each(|part| body.extend((seed ^ part.wrapping_mul(0x9e37_79b9)).to_be_bytes()));
    body.push(0);
    let suites = OF_TODAY.iter().chain(SUITES);
    let suites: Vec<u8> = suites.flat_map(|(number, _)| number.to_be_bytes()).collect();
    with_length(&mut body, &suites);
    body.extend([1, 0]);
    with_length(&mut body, &extensions(host));
    let mut message = vec![1, 0];
    with_length(&mut message, &body);
    let mut record = vec![0x16, 3, 1];
    with_length(&mut record, &message);
    record
}

fn extensions(host: &str) -> Vec<u8> {
    let mut all = Vec::new();
    if host.parse::<IpAddr>().is_err() {
        let mut name = vec![0];
        with_length(&mut name, host.as_bytes());
        extension(&mut all, 0, &listed(&name));
    }
    // secp256r1, secp384r1, secp521r1, x25519
    extension(&mut all, 10, &listed(&[0, 23, 0, 24, 0, 25, 0, 29]));
    extension(&mut all, 11, &[1, 0]);
    // SHA-256, SHA-384, SHA-512 and SHA-1, each with RSA and ECDSA.
    let signatures = [4, 1, 5, 1, 6, 1, 2, 1, 4, 3, 5, 3, 6, 3, 2, 3];
    extension(&mut all, 13, &listed(&signatures));
    // Secure renegotiation (RFC 5746), without which some servers refuse.
    extension(&mut all, 0xff01, &[0]);
    all
}

fn extension(all: &mut Vec<u8>, number: u16, data: &[u8]) {
    all.extend(number.to_be_bytes());
    with_length(all, data);
}

fn listed(data: &[u8]) -> Vec<u8> {
    let mut list = Vec::new();
    with_length(&mut list, data);
    list
}

/// Data behind its length in two bytes. A host name is at most 255 long, so nothing here is near
/// the limit of that.
fn with_length(to: &mut Vec<u8>, data: &[u8]) {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
    to.extend(length.to_be_bytes());
    to.extend(&data[..usize::from(length)]);
}

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing {
    //! For [`crate::fuzzing`].

    /// The beginning of an answer to the greeting.
    pub(crate) fn answer(data: &[u8]) {
        if let Some(seen) = super::read(data) {
            let known = seen.version.is_some() || seen.alert.is_some() || seen.failure.is_some();
            assert!(known, "an answer says something");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut record = vec![kind, 3, 3];
        with_length(&mut record, body);
        record
    }

    fn answer(version: [u8; 2], suite: [u8; 2]) -> Vec<u8> {
        let mut body = vec![2, 0, 0, 38];
        body.extend(version);
        body.extend([7; 32]);
        body.push(0);
        body.extend(suite);
        body.push(0);
        record(0x16, &body)
    }

    #[test]
    fn the_version_and_the_suite_are_read() {
        let seen = read(&answer([3, 1], [0, 0x2f])).expect("an answer");
        assert_eq!((seen.version_name(), seen.suite_name()), (Some("TLS 1.0"), Some("AES128-SHA")));
        assert_eq!(read(&answer([3, 3], [0xc0, 0x13])).and_then(|seen| seen.version), Some(0x0303));
    }

    #[test]
    fn an_alert_and_another_protocol_are_told_apart() {
        let alert = read(&record(0x15, &[2, 40])).expect("an answer");
        assert_eq!(alert.alert, Some(40));
        let other = read(b"HTTP/1.1 400 Bad Request").expect("an answer");
        assert_eq!(other.failure.map(|f| f.kind), Some(FailureKind::NotTheProtocol));
    }

    #[test]
    fn a_piece_of_an_answer_waits_for_the_rest() {
        let whole = answer([3, 2], [0, 0x35]);
        for length in 0..whole.len() - 1 {
            assert_eq!(read(&whole[..length]), None, "{length}");
        }
    }

    #[test]
    fn an_address_is_not_sent_as_a_name() {
        let named = greeting("hub.test", 1);
        assert!(named.windows(8).any(|part| part == b"hub.test"));
        assert!(greeting("10.1.2.3", 1).len() < named.len());
    }

    proptest! {
        #[test]
        fn no_answer_panics(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _seen = read(&bytes);
        }
    }
}
