//! Reading a saved report: whatever the file holds, it becomes a report or a clear error.

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io::Read;
use std::path::Path;

use hublink_checks::frame::{Stored, Written};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::place::{Step, find, line_and_column};
use crate::render::clean;
use crate::report::{CheckReport, Hub, Report, SCHEMA};

/// The largest report that is read: that of some thousand hubs with much evidence has half of it.
const LONGEST: u64 = 64 << 20;

/// So many values, which are what costs memory; a report of fifty hubs has a hundred thousand.
const MOST_VALUES: usize = 2_000_000;

/// So many hubs: they are compared each with each.
const MOST_HUBS: usize = 2000;

/// So many things that mean nothing to this program are told by their path.
const MOST_UNKNOWN: usize = 50;

/// A report as it was saved.
pub struct Saved {
    /// The report.
    pub report: Report,
    /// What stands in it and means nothing to this program, as paths.
    pub unknown: Vec<String>,
    /// The evidence of every hub, by check.
    pub(super) evidence: Vec<BTreeMap<&'static str, Evidence>>,
}

/// What a report holds of one check.
#[derive(Clone, Default)]
pub(super) struct Evidence {
    pub(super) own: Option<Stored>,
    pub(super) aside: Option<Stored>,
}

/// Why a file is no report that can be read.
#[derive(Debug, thiserror::Error)]
#[error("{file}{}: {what}", at.map(|(line, column)| format!(", line {line}, column {column}")).unwrap_or_default())]
pub struct ReadError {
    file: String,
    at: Option<(usize, usize)>,
    what: String,
}

/// Reads a report from a file; `-` is standard input.
///
/// # Errors
/// If it cannot be read, or is no report of a version this program knows.
pub fn read(path: &Path, stdin: &mut dyn Read) -> Result<Saved, ReadError> {
    let (name, bytes) = if path == Path::new("-") {
        ("standard input".to_owned(), bounded(stdin))
    } else {
        let file = std::fs::File::open(path);
        (path.display().to_string(), file.and_then(|mut file| bounded(&mut file)))
    };
    let error = |what: String| ReadError { file: name.clone(), at: None, what };
    let bytes = bytes.map_err(|e| error(format!("cannot read: {e}")))?;
    if bytes.len() as u64 > LONGEST {
        return Err(error(format!(
            "longer than {} MiB, which no report is that hublink reads",
            LONGEST >> 20
        )));
    }
    let text = decode(&bytes).map_err(error)?;
    read_text(&name, &text)
}

fn bounded(from: &mut dyn Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LONGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// UTF-8; or UTF-16 with its mark, which is what `>` makes in the PowerShell of Windows.
fn decode(bytes: &[u8]) -> Result<String, String> {
    let wide = |bytes: &[u8], of: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let text = char::decode_utf16(pairs.iter().map(|&pair| of(pair))).collect::<Result<_, _>>();
        text.ok()
            .filter(|_| rest.is_empty())
            .ok_or_else(|| "expected text, found broken UTF-16".to_owned())
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
        _ => utf8(bytes),
    }
}

fn utf8(bytes: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(bytes).map(str::to_owned);
    text.map_err(|e| {
        format!("expected UTF-8 text, found another byte at offset {}", e.valid_up_to())
    })
}

/// Reads a report from a text; `name` is what errors call it.
///
/// # Errors
/// If it is no report of a version this program knows.
pub fn read_text(name: &str, text: &str) -> Result<Saved, ReadError> {
    let source = Source { name, text };
    source.scan()?;
    let mut document: Value = source.parse(text, 0, "")?;
    source.schema(&document)?;
    let mut report: Report = source.parse(text, 0, "")?;
    if report.hubs.len() > MOST_HUBS {
        let what = format!("{} hubs, and hublink compares {MOST_HUBS} at most", report.hubs.len());
        return Err(source.error(None, what));
    }
    let mut unknown = Vec::new();
    let mut evidence = Vec::with_capacity(report.hubs.len());
    for (place, hub) in report.hubs.iter_mut().enumerate() {
        let mut of_hub = BTreeMap::new();
        for (index, check) in hub.checks.iter_mut().enumerate() {
            let at =
                [Step::Key("hubs"), Step::Index(place), Step::Key("checks"), Step::Index(index)];
            let seen = source.evidence(check, &at, &mut document, &mut unknown)?;
            of_hub.extend(seen);
        }
        evidence.push(of_hub);
    }
    for (index, check) in report.across.iter_mut().enumerate() {
        let at = [Step::Key("across"), Step::Index(index)];
        source.evidence(check, &at, &mut document, &mut unknown)?;
    }
    let understood = understood(&report);
    not_in(&document, &understood, "", &mut unknown);
    Ok(Saved { report, unknown, evidence })
}

/// A report of this program, as if it had been saved and read again. Evidence that cannot be read is
/// left out.
#[must_use]
pub fn saved_of(report: &Report) -> Saved {
    let of = |check: &CheckReport| {
        let tables = hublink_checks::tables();
        let known = tables.into_iter().find(|known| known.meta().id == check.id)?;
        let load = |saved: &Option<Written>| known.read(saved.as_ref()?.text()).ok();
        let seen = Evidence { own: load(&check.evidence), aside: load(&check.aside) };
        Some((known.meta().id, seen))
    };
    let evidence = report.hubs.iter().map(|hub| hub.checks.iter().filter_map(of).collect());
    Saved { report: report.clone(), unknown: Vec::new(), evidence: evidence.collect() }
}

/// The report as it is written, without the evidence, which was compared before.
fn understood(report: &Report) -> Value {
    let strip = |check: &CheckReport| CheckReport { evidence: None, aside: None, ..check.clone() };
    let hubs = report.hubs.iter();
    let hubs =
        hubs.map(|hub| Hub { checks: hub.checks.iter().map(strip).collect(), ..hub.clone() });
    let across = report.across.iter().map(strip).collect();
    let stripped = Report { hubs: hubs.collect(), across, ..report.clone() };
    serde_json::to_value(stripped).unwrap_or_default()
}

struct Source<'a> {
    name: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn error(&self, at: Option<(usize, usize)>, what: impl Into<String>) -> ReadError {
        ReadError { file: self.name.to_owned(), at, what: clean(&what.into()) }
    }

    /// What a reader of JSON says of the part of the text that begins at `start`, in terms of the
    /// whole text.
    fn refused(&self, error: &serde_json::Error, start: usize, place: &str) -> ReadError {
        let told = error.to_string();
        let (line, column) = line_and_column(self.text, start);
        let at = match (error.line(), error.column()) {
            (0, _) => (line, column),
            (1, behind) => (line, (column + behind).saturating_sub(1).max(1)),
            (below, behind) => (line + below - 1, behind.max(1)),
        };
        let suffix = format!(" at line {} column {}", error.line(), error.column());
        let told = told.strip_suffix(&suffix).unwrap_or(&told);
        let cut_off = if error.is_eof() { "; the report is cut off" } else { "" };
        self.error(Some(at), format!("{place}{told}{cut_off}"))
    }

    fn parse<T: serde::de::DeserializeOwned>(
        &self,
        part: &str,
        start: usize,
        place: &str,
    ) -> Result<T, ReadError> {
        serde_json::from_str(part).map_err(|error| self.refused(&error, start, place))
    }

    /// Walks through the whole document before anything of it is kept.
    fn scan(&self) -> Result<(), ReadError> {
        if self.text.trim().is_empty() {
            return Err(self.error(None, "expected a report, found nothing"));
        }
        if !self.text.trim_start().starts_with(['{', '[']) {
            let told = "expected a report, which is a JSON document and begins with {";
            return Err(self.error(Some((1, 1)), told));
        }
        let count = Cell::new(0);
        let mut reader = serde_json::Deserializer::from_str(self.text);
        let scanned = Scan(&count).deserialize(&mut reader).and_then(|()| reader.end());
        scanned.map_err(|error| self.refused(&error, 0, ""))
    }

    /// Which kind of document it is.
    fn schema(&self, document: &Value) -> Result<(), ReadError> {
        let at = find(self.text, &[Step::Key("schema")]).map(|at| line_and_column(self.text, at));
        let told = match document.get("schema") {
            Some(Value::String(schema)) if schema == SCHEMA => return Ok(()),
            Some(Value::String(schema)) => match schema.strip_prefix("hublink/report/") {
                Some(version) => format!(
                    "a report of version {version}, and this hublink reads version 1 ({SCHEMA})"
                ),
                None => format!("expected a report ({SCHEMA}), found {schema:?}"),
            },
            Some(_) => format!("expected \"{SCHEMA}\""),
            None => format!("expected a report, which has \"schema\": \"{SCHEMA}\""),
        };
        Err(self.error(at, told))
    }

    /// The evidence of a check. In the report it is replaced by what was understood of it, and from
    /// the document it is taken away. `None` for a check that this program does not know.
    fn evidence(
        &self,
        check: &mut CheckReport,
        at: &[Step<'_>],
        document: &mut Value,
        unknown: &mut Vec<String>,
    ) -> Result<Option<(&'static str, Evidence)>, ReadError> {
        let tables = hublink_checks::tables();
        let known = tables.iter().find(|known| known.meta().id == check.id);
        let mut load = |saved: &mut Option<Written>, key: &str| {
            let path: Vec<Step<'_>> = at.iter().copied().chain([Step::Key(key)]).collect();
            let raw = take(document, &path);
            let (Some(known), Some(written)) = (known, saved.as_mut()) else { return Ok(None) };
            let stored = known.read(written.text()).map_err(|error| {
                let start = find(self.text, &path).unwrap_or_default();
                let place = format!("{key} of the check {}: ", check.id);
                let again = known.read(&self.text[start..]);
                self.refused(again.as_ref().err().unwrap_or(&error), start, &place)
            })?;
            *written = stored.written();
            not_in(&raw, &written.tree(), &shown(&path), unknown);
            Ok(Some(stored))
        };
        let own = load(&mut check.evidence, "evidence")?;
        let aside = load(&mut check.aside, "aside")?;
        Ok(known.map(|known| (known.meta().id, Evidence { own, aside })))
    }
}

/// Takes a value out of a document.
fn take(document: &mut Value, path: &[Step<'_>]) -> Value {
    let mut at = document;
    for step in path {
        let next = match step {
            Step::Key(key) => at.get_mut(*key),
            Step::Index(index) => at.get_mut(*index),
        };
        let Some(next) = next else { return Value::Null };
        at = next;
    }
    at.take()
}

fn shown(path: &[Step<'_>]) -> String {
    let parts = path.iter().map(|step| match step {
        Step::Key(key) => format!(".{key}"),
        Step::Index(index) => format!("[{index}]"),
    });
    parts.collect::<String>().trim_start_matches('.').to_owned()
}

/// What a document has and another lacks, as paths. What says nothing is not told: it may be left
/// out when it is written again.
fn not_in(document: &Value, understood: &Value, path: &str, found: &mut Vec<String>) {
    match (document, understood) {
        (Value::Object(document), Value::Object(understood)) => {
            for (key, value) in document {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                match understood.get(key) {
                    Some(other) => not_in(value, other, &path, found),
                    None if says_nothing(value) => {}
                    None if found.len() < MOST_UNKNOWN => found.push(clean(&path)),
                    None => {}
                }
            }
        }
        (Value::Array(document), Value::Array(understood)) => {
            for (index, (value, other)) in document.iter().zip(understood).enumerate() {
                not_in(value, other, &format!("{path}[{index}]"), found);
            }
        }
        _ => {}
    }
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.values().all(says_nothing),
    }
}

/// Walks through a document and keeps nothing of it: counts its values, and refuses a key that
/// stands twice in one object, since readers differ in which of the two counts.
#[derive(Clone, Copy)]
struct Scan<'a>(&'a Cell<usize>);

impl Scan<'_> {
    fn one_more<E: serde::de::Error>(self) -> Result<(), E> {
        self.0.set(self.0.get() + 1);
        if self.0.get() > MOST_VALUES {
            return Err(E::custom(format!("more than {MOST_VALUES} values, which no report has")));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Scan<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scan<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON document")
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.one_more()
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        self.one_more()
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        self.one_more()
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.one_more()
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        self.one_more()
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.one_more()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.one_more()?;
        while list.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.one_more()?;
        let mut keys = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if keys.contains(&key) {
                return Err(A::Error::custom(format!("the key {key:?} stands there twice")));
            }
            keys.insert(key);
            map.next_value_seed(self)?;
        }
        Ok(())
    }
}
