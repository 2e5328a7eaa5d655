//! The automatic proxy script (PAC): can it be loaded, and is it one?

use hublink_probe::{Exchange, FailureKind, FileOutcome, Request, Scheme, SystemLookup};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::frame::Context;

/// A script, and what came of fetching it.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Script {
    /// Its address, without user name and one-time values.
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
    /// Its host or its server does not hand it out.
    NotLoaded,
    /// What its address hands out is no such script.
    NotAScript,
    /// It was not, or could not be, looked at.
    NotKnown,
}

impl Script {
    /// Whether no program can use it.
    #[must_use]
    pub fn is_unusable(&self) -> bool {
        matches!(self.state, ScriptState::NotLoaded | ScriptState::NotAScript)
    }

    fn of(url: &str, state: ScriptState, words: impl Into<String>) -> Self {
        Self { url: url.to_owned(), lookup: None, answer: None, state, words: words.into() }
    }
}

pub(super) async fn look(cx: &Context, url: &str) -> Script {
    let Ok(parsed) = Url::parse(url) else {
        return Script::of(url, ScriptState::NotLoaded, "its address is not a web address");
    };
    match parsed.scheme() {
        "http" => fetch(cx, url, &parsed, Scheme::Http).await,
        "https" => fetch(cx, url, &parsed, Scheme::Https).await,
        "file" => read(cx, url, &parsed),
        _ => Script::of(url, ScriptState::NotKnown, "an address of this kind is not fetched"),
    }
}

fn read(cx: &Context, url: &str, parsed: &Url) -> Script {
    let Ok(path) = parsed.to_file_path() else {
        return Script::of(url, ScriptState::NotLoaded, "its address names no file");
    };
    match cx.world.read_file(&path).outcome {
        FileOutcome::Read { bytes, .. } => judged(url, &bytes),
        FileOutcome::Failed { failure } => {
            Script::of(url, ScriptState::NotLoaded, failure.to_string())
        }
        FileOutcome::TooLarge { .. } => {
            Script::of(url, ScriptState::NotKnown, "the file is too large to be looked at")
        }
    }
}

async fn fetch(cx: &Context, url: &str, parsed: &Url, scheme: Scheme) -> Script {
    let host = parsed.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let mut lookup = None;
    let address = if let Ok(address) = host.parse() {
        Some(address)
    } else {
        let found = cx.world.lookup(&host, cx.budget.lookup).await;
        let first = found.addresses.first().copied();
        lookup = Some(found);
        first
    };
    let Some(address) = address else {
        let failure = lookup.as_ref().and_then(|lookup| lookup.failure);
        let known = failure
            .is_some_and(|f| matches!(f.kind, FailureKind::NameNotFound | FailureKind::NoData));
        let state = if known { ScriptState::NotLoaded } else { ScriptState::NotKnown };
        let words = format!("the name {host} leads to no address");
        return Script { lookup, ..Script::of(url, state, words) };
    };
    let to = (address, parsed.port().unwrap_or(scheme.default_port())).into();
    let path = parsed[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
    let request = cx.request(scheme, &host, to, &path, cx.budget.later_answer);
    // Programs fetch the script that names their proxy without one.
    let answer = cx.world.exchange(&Request { via: None, ..request }).await;
    let script = of_answer(url, &answer);
    Script { lookup, answer: Some(Exchange { head: String::new(), ..answer }), ..script }
}

fn of_answer(url: &str, answer: &Exchange) -> Script {
    match (answer.status, answer.failure) {
        (Some(200), None) => judged(url, &answer.body),
        // Where a redirect leads is the programs' business; it is not followed here.
        (Some(300..=399), _) => Script::of(url, ScriptState::NotKnown, "its server redirects"),
        (Some(status @ 400..), _) => {
            Script::of(url, ScriptState::NotLoaded, format!("its server answers {status}"))
        }
        (_, Some(failure)) if answer.status.is_none() => {
            Script::of(url, ScriptState::NotLoaded, failure.to_string())
        }
        _ => Script::of(url, ScriptState::NotKnown, "its server's answer is not whole"),
    }
}

/// What every script of this kind has, whatever it decides.
fn judged(url: &str, bytes: &[u8]) -> Script {
    let text = String::from_utf8_lossy(bytes);
    let is_page = text.trim_start_matches(['\u{feff}', ' ', '\r', '\n', '\t']).starts_with('<');
    if is_page {
        return Script::of(url, ScriptState::NotAScript, "it is a web page");
    }
    if !text.contains("FindProxyForURL") {
        return Script::of(url, ScriptState::NotAScript, "it holds no FindProxyForURL");
    }
    Script::of(url, ScriptState::Usable, "it was loaded, and not evaluated")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_told_from_a_page() {
        let state = |text: &str| judged("http://pki.test/p.pac", text.as_bytes()).state;
        let script = "function FindProxyForURL(url, host) { return \"DIRECT\"; }";
        assert_eq!(state(script), ScriptState::Usable);
        assert_eq!(state("<html>FindProxyForURL</html>"), ScriptState::NotAScript);
        assert_eq!(state("var x = 1;"), ScriptState::NotAScript);
    }
}
