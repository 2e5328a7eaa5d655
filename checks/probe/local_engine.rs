//! Desktop's own engine, which answers on this computer while Desktop runs.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::tunnel::Line;
use crate::{Exchange, Failure, Request, Scheme, Timestamp, http};

/// Where it listens.
const PORT: u16 = 4848;

/// Releases know one of these, or both.
const PATHS: [&str; 2] = ["/engine/healthcheck/", "/healthcheck"];

/// Nothing on this computer itself is far away. On Windows the refusal of a closed port takes two
/// seconds; that nobody answers is known before.
const CONNECT: Duration = Duration::from_millis(500);

/// An engine that is busy with a large app answers late; nobody waits for it longer than this.
const ANSWER: Duration = Duration::from_secs(2);

/// How deep in an answer a code may stand.
const DEPTH: usize = 6;

/// The most codes that are kept.
const CODES: usize = 8;

/// What Desktop's own engine says.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct LocalEngine {
    /// Whether anybody accepted a connection there; if not, Desktop is not running.
    pub listens: bool,
    /// Why there is no answer, by number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The status of its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Its version, which is not Desktop's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "nothing"))]
    pub version: Option<String>,
    /// When it was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// The codes of errors in its answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<i64>,
}

/// Asks it.
pub(crate) async fn ask(port: Option<u16>, line: Line<'_>) -> LocalEngine {
    let port = port.unwrap_or(PORT);
    let mut seen = LocalEngine::default();
    for here in [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()] {
        for path in PATHS {
            let answer = http::exchange(&request((here, port).into(), path), line).await;
            seen = LocalEngine::read(&answer);
            if seen.status != Some(404) {
                break;
            }
        }
        if seen.listens {
            break;
        }
    }
    seen
}

fn request(to: SocketAddr, path: &str) -> Request {
    Request {
        scheme: Scheme::Http,
        host: "localhost".to_owned(),
        to,
        path: path.to_owned(),
        user_agent: concat!("hublink/", env!("CARGO_PKG_VERSION")).to_owned(),
        connect_limit: CONNECT,
        handshake_limit: CONNECT,
        answer_limit: ANSWER,
        segment: None,
        via: None,
        hand_on: false,
    }
}

impl LocalEngine {
    fn read(answer: &Exchange) -> Self {
        let mut seen = Self {
            listens: answer.ending != http::Ending::NoConnection,
            failure: answer.failure,
            status: answer.status,
            ..Self::default()
        };
        let Ok(Value::Object(said)) = serde_json::from_slice(&answer.body) else { return seen };
        let text = |name: &str| said.get(name).and_then(Value::as_str);
        seen.version = text("version").map(|version| version.chars().take(40).collect());
        seen.started = text("started").and_then(moment);
        codes(&Value::Object(said), DEPTH, &mut seen.codes);
        seen
    }
}

/// A point in time as engines write it (`20260102T030405.678+0100`), or as everybody does. One
/// without its distance from UTC cannot be compared.
fn moment(text: &str) -> Option<Timestamp> {
    const COMPACT: &[BorrowedFormatItem<'_>] = format_description!(
        "[year][month][day]T[hour][minute][second].[subsecond digits:3][offset_hour sign:mandatory][offset_minute]"
    );
    let compact = || OffsetDateTime::parse(text, COMPACT).ok().map(Timestamp);
    Timestamp::parse(text).ok().or_else(compact)
}

/// Numbers that stand as the code of something. Others, such as those of bytes, may be the same by
/// chance.
fn codes(value: &Value, depth: usize, found: &mut Vec<i64>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match value {
        Value::Object(parts) => {
            for (name, part) in parts {
                let is_code = matches!(name.to_ascii_lowercase().as_str(), "code" | "errorcode");
                match part.as_i64().filter(|_| is_code) {
                    Some(code) if found.len() < CODES && !found.contains(&code) => found.push(code),
                    Some(_) => {}
                    None => codes(part, depth, found),
                }
            }
        }
        Value::Array(parts) => parts.iter().for_each(|part| codes(part, depth, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> LocalEngine {
        let asked = request(([127, 0, 0, 1], PORT).into(), PATHS[0]);
        let mut answer = Exchange::of(&asked, http::Ending::Complete);
        answer.status = Some(200);
        answer.body = body.as_bytes().to_vec();
        LocalEngine::read(&answer)
    }

    #[test]
    fn a_healthy_engine_tells_version_and_start() {
        let seen = read(
            r#"{"version":"12.1.0","started":"20260102T030405.678+0100","mem":{"committed":12001}}"#,
        );
        assert_eq!((seen.listens, seen.version.as_deref()), (true, Some("12.1.0")));
        let started = Timestamp::parse("2026-01-02T02:04:05.678Z").expect("a time");
        assert_eq!(seen.started.map(|at| at.seconds_since(started)), Some(0.0));
        assert_eq!(seen.codes, [] as [i64; 0], "bytes are no code");
    }

    #[test]
    fn codes_are_numbers_that_stand_as_codes() {
        assert_eq!(read(r#"{"error":{"code":12001,"message":"x"}}"#).codes, [12001]);
        assert_eq!(read(r#"{"errors":[{"errorCode":9004},{"errorCode":9004}]}"#).codes, [9004]);
        assert_eq!(read(r#"{"code":"12001","text":"12001"}"#).codes, [] as [i64; 0]);
        assert_eq!(read("<html>12001</html>").codes, [] as [i64; 0]);
    }

    #[test]
    fn a_start_without_its_distance_from_utc_is_none() {
        assert_eq!(moment("2026-01-02T03:04:05"), None);
        assert_eq!(moment("20260102T030405.678"), None);
        assert!(moment("2026-01-02T03:04:05Z").is_some());
    }
}
