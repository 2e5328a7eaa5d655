//! The automatic proxy script (PAC): can it be loaded, and is it one?

use std::net::IpAddr;

use futures_util::future::join_all;
use hublink_probe::{
    Ending, Exchange, FailureKind, FileOutcome, ProxySetting, ProxyTold, Request, Scheme,
    SystemLookup,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::frame::Context;

/// Addresses of the script's host that are tried side by side.
const ADDRESSES_TRIED: usize = 3;

/// A script, and what came of fetching it.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Script {
    /// Its address as it may be shown: without user name, password and query.
    #[schemars(extend("x-compared" = "proxy script"))]
    pub url: String,
    /// The look-up of its host; none if it is an address or a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookup: Option<SystemLookup>,
    /// The answer, without its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Exchange>,
    /// What can be said of it without evaluating it.
    pub state: ScriptState,
    /// The same in words.
    pub words: String,
}

/// What can be said of a script without evaluating it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScriptState {
    /// It was loaded and looks like one.
    Usable,
    /// There is none at its address: whoever holds it says so.
    Missing,
    /// What its address hands out is no such script.
    NotAScript,
    /// Its host was not found or not reached, or hands nothing out. From another network it may.
    NotLoaded,
    /// It was not, or could not be, looked at as programs would.
    NotKnown,
}

impl Script {
    /// Whether no program on this computer can use it now.
    #[must_use]
    pub fn is_unusable(&self) -> bool {
        self.is_proven_useless() || self.state == ScriptState::NotLoaded
    }

    /// Whether it is of no use wherever this computer is.
    pub(super) fn is_proven_useless(&self) -> bool {
        matches!(self.state, ScriptState::Missing | ScriptState::NotAScript)
    }

    fn of(state: ScriptState, words: impl Into<String>) -> Self {
        Self { url: String::new(), lookup: None, answer: None, state, words: words.into() }
    }
}

/// Looks at the script that a setting names. What is fetched is its whole address, which may hold
/// a password; what is kept is the address as it may be shown.
pub(super) async fn look(cx: &Context, setting: &ProxySetting) -> Option<Script> {
    let ProxyTold::Pac { url } = &setting.told else { return None };
    let address = setting.script_address(&*cx.world)?;
    let script = match Url::parse(&address) {
        Err(_) => Script::of(ScriptState::Missing, "its address is not a web address"),
        Ok(parsed) => match parsed.scheme() {
            "http" => fetch(cx, &parsed, Scheme::Http).await,
            "https" => fetch(cx, &parsed, Scheme::Https).await,
            "file" => read(cx, &parsed),
            _ => Script::of(ScriptState::NotKnown, "an address of this kind is not fetched"),
        },
    };
    let answer = script.answer.map(|answer| without_secrets(answer, url));
    Some(Script { url: url.clone(), answer, ..script })
}

/// The address and a redirect may repeat what is secret in the address, and so may the page.
fn without_secrets(mut answer: Exchange, url: &str) -> Exchange {
    answer.headers.retain(|header| header.name != "location");
    Exchange { url: url.to_owned(), head: String::new(), next: None, ..answer }
}

fn read(cx: &Context, parsed: &Url) -> Script {
    let Ok(path) = parsed.to_file_path() else {
        return Script::of(ScriptState::Missing, "its address names no file");
    };
    match cx.world.read_file(&path).outcome {
        FileOutcome::Read { bytes, .. } => judged(&bytes),
        FileOutcome::Failed { failure } if failure.kind == FailureKind::Missing => {
            Script::of(ScriptState::Missing, failure.to_string())
        }
        FileOutcome::Failed { failure } => Script::of(ScriptState::NotLoaded, failure.to_string()),
        FileOutcome::TooLarge { .. } => {
            Script::of(ScriptState::NotKnown, "the file is too large to be looked at")
        }
    }
}

async fn fetch(cx: &Context, parsed: &Url, scheme: Scheme) -> Script {
    let host = parsed.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let (lookup, addresses) = if let Ok(address) = host.parse() {
        (None, vec![address])
    } else {
        let found = cx.world.lookup(&host, cx.budget.lookup).await;
        let addresses = found.addresses.clone();
        (Some(found), addresses)
    };
    if addresses.is_empty() {
        let failure = lookup.as_ref().and_then(|lookup| lookup.failure);
        let known = failure
            .is_some_and(|f| matches!(f.kind, FailureKind::NameNotFound | FailureKind::NoData));
        let state = if known { ScriptState::NotLoaded } else { ScriptState::NotKnown };
        let words = format!("the name {host} leads to no address");
        return Script { lookup, ..Script::of(state, words) };
    }
    let first = best_answer(cx, parsed, scheme, &addresses).await;
    // One silence is no finding.
    let silent = first.as_ref().is_none_or(|answer| {
        answer.failure.is_some_and(|failure| failure.kind == FailureKind::NoAnswer)
            && answer.ending == Ending::NoConnection
    });
    let answer = if silent { best_answer(cx, parsed, scheme, &addresses).await } else { first };
    let script = match &answer {
        Some(answer) => of_answer(answer),
        None => Script::of(ScriptState::NotKnown, "it was not asked for"),
    };
    Script { lookup, answer, ..script }
}

/// What the first address says that says anything.
async fn best_answer(
    cx: &Context,
    parsed: &Url,
    scheme: Scheme,
    addresses: &[IpAddr],
) -> Option<Exchange> {
    let host = parsed.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = parsed.port().unwrap_or(scheme.default_port());
    let path = &parsed[url::Position::BeforePath..url::Position::AfterQuery];
    let asked = addresses.iter().take(ADDRESSES_TRIED).map(|&address| {
        let to = (address, port).into();
        let request = cx.request(scheme, host, to, path, cx.budget.handshake);
        // Programs fetch the script that names their proxy without one.
        let request = Request { via: None, ..request };
        async move { cx.world.exchange(&request).await }
    });
    let mut answers = join_all(asked).await;
    let best = answers.iter().position(|answer| answer.status.is_some()).unwrap_or(0);
    (best < answers.len()).then(|| answers.swap_remove(best))
}

fn of_answer(answer: &Exchange) -> Script {
    let is_whole = answer.ending == Ending::Complete;
    match (answer.status, answer.failure) {
        (Some(200), None) => match judged(&answer.body) {
            // The rest may hold what is missing.
            script if !is_whole && script.state == ScriptState::NotAScript => {
                Script::of(ScriptState::NotKnown, "it is too large to be looked at")
            }
            script => script,
        },
        // Where a redirect leads is the programs' business; it is not followed here.
        (Some(300..=399), _) => Script::of(ScriptState::NotKnown, "its server redirects"),
        (Some(status @ (401 | 407)), _) => {
            let words = format!("its server answers {status}: programs may log in there");
            Script::of(ScriptState::NotKnown, words)
        }
        (Some(status @ (404 | 410)), _) => {
            Script::of(ScriptState::Missing, format!("its server answers {status}"))
        }
        (Some(status @ 400..), _) => {
            Script::of(ScriptState::NotLoaded, format!("its server answers {status}"))
        }
        (None, Some(failure)) if answer.ending == Ending::NoConnection => {
            let state = if super::is_ours(failure.kind) {
                ScriptState::NotKnown
            } else {
                ScriptState::NotLoaded
            };
            Script::of(state, failure.to_string())
        }
        // A handshake that fails here may succeed in a program with other protocols or roots.
        (None, Some(failure)) => Script::of(ScriptState::NotKnown, failure.to_string()),
        _ => Script::of(ScriptState::NotKnown, "its server's answer is not whole"),
    }
}

/// What every script of this kind has, whatever it decides. Of UTF-16 the zeros are left out.
fn judged(bytes: &[u8]) -> Script {
    let plain: Vec<u8> = bytes.iter().copied().filter(|&byte| byte != 0).collect();
    let text = String::from_utf8_lossy(&plain);
    let begins = |c: char| c == '\u{feff}' || c == '\u{fffd}' || c.is_whitespace();
    if text.trim_start_matches(begins).starts_with('<') {
        return Script::of(ScriptState::NotAScript, "it is a web page");
    }
    if !text.contains("FindProxyForURL") {
        return Script::of(ScriptState::NotAScript, "it holds no FindProxyForURL");
    }
    Script::of(ScriptState::Usable, "it was loaded, and not evaluated")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_told_from_a_page() {
        let state = |text: &str| judged(text.as_bytes()).state;
        let script = "function FindProxyForURL(url, host) { return \"DIRECT\"; }";
        assert_eq!(state(script), ScriptState::Usable);
        assert_eq!(state("<html>FindProxyForURL</html>"), ScriptState::NotAScript);
        assert_eq!(state("var x = 1;"), ScriptState::NotAScript);
        let wide: Vec<u8> = script.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(judged(&wide).state, ScriptState::Usable);
    }
}
