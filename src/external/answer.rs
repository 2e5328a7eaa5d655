//! What a check printed becomes part of a report, or a reason why it does not.

use hublink_checks::frame::{
    Confidence, Diagnosis, ProofLine, Reason, ReasonKind, Severity, Status,
};
use hublink_probe::{ProgramEnd, ProgramRun};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::find::{Found, is_word};
use super::protocol::{Answer, Description, Outcome, SCHEMA, SaidCause, SaidProof};
use crate::redact::with_texts;
use crate::render::clean;
use crate::render::words::bounded;
use crate::report::{External, Lowered};

/// So many causes are more than one check can know of one hub.
pub(super) const MOST_CAUSES: usize = 16;
/// So many observations, look-alikes or steps stand with one cause.
const MOST_LINES: usize = 32;
/// The longest text, in characters.
const LONGEST: usize = 1000;
/// The longest title and reason.
const LONGEST_TITLE: usize = 300;
/// So many values are in the evidence of one check.
const MOST_VALUES: usize = 1000;
/// So deep is its evidence. Readers of JSON give up at a hundred or so, and a report nests it further.
const DEEPEST: usize = 16;
/// So many of the last lines on standard error are kept, each so long.
const ERROR_LINES: usize = 8;
const ERROR_LINE: usize = 200;

/// Why a check has said nothing that counts.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    why: String,
    end: Option<ProgramEnd>,
    errors: Vec<String>,
    /// It is not the check's fault: there was no time to ask it.
    no_time: bool,
}

impl Fault {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), end: None, errors: Vec::new(), no_time: false }
    }

    pub(super) fn out_of_time() -> Self {
        Self { no_time: true, ..Self::new("the time for the run was over") }
    }

    /// With what else is known of the run.
    pub(super) fn of_run(self, ran: &ProgramRun) -> Self {
        Self { end: Some(ran.end), errors: lines(&ran.errors), ..self }
    }

    pub(super) fn before(self, words: &str) -> Self {
        if self.no_time { self } else { Self { why: format!("{words}{}", self.why), ..self } }
    }

    /// The check as the report shows it.
    pub(super) fn external(
        self,
        check: &Found,
        known: Option<&Description>,
        duration_ms: f64,
    ) -> External {
        let (status, kind) = if self.no_time {
            (Status::Skipped, ReasonKind::OutOfTime)
        } else {
            (Status::Errored, ReasonKind::CouldNotLook)
        };
        let mut external = External {
            status,
            reason: Some(Reason::of(kind).detail(bounded(&self.why, LONGEST_TITLE))),
            duration_ms,
            stderr: self.errors,
            ..check.unknown()
        };
        described(&mut external, known);
        ended(&mut external, self.end);
        external
    }
}

fn described(external: &mut External, known: Option<&Description>) {
    if let Some(known) = known {
        external.title = bounded(&known.title, LONGEST_TITLE);
        external.version = known.version.as_ref().map(|text| bounded(text, 40));
    }
}

fn ended(external: &mut External, end: Option<ProgramEnd>) {
    match end {
        Some(ProgramEnd::Exited(code)) => external.exit_code = Some(code),
        Some(ProgramEnd::Signalled(signal)) => external.signal = Some(signal),
        Some(ProgramEnd::OutOfTime | ProgramEnd::TooMuch) | None => {}
    }
}

/// The last lines on standard error. They may be in any encoding and hold anything.
fn lines(errors: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(errors);
    let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let mut last: Vec<String> =
        lines.rev().take(ERROR_LINES).map(|line| bounded(&clean(line), ERROR_LINE)).collect();
    last.reverse();
    last
}

/// What a check says it is.
pub(super) fn description(output: &[u8]) -> Result<Description, Fault> {
    let description: Description = read(output)?;
    if description.title.trim().is_empty() {
        return Err(Fault::new("it answered without a title"));
    }
    Ok(description)
}

/// What a check says of a hub.
pub(super) fn answer(output: &[u8]) -> Result<Answer, Fault> {
    let answer: Answer = read(output)?;
    examine(&answer).map_err(|what| Fault::new(format!("its answer does not count: {what}")))?;
    Ok(answer)
}

fn read<T: DeserializeOwned>(output: &[u8]) -> Result<T, Fault> {
    let text = std::str::from_utf8(output).map_err(|error| {
        Fault::new(format!("it printed no UTF-8: another byte at {}", error.valid_up_to()))
    })?;
    // Some programs of Windows begin every text with a mark.
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(Fault::new("it printed nothing"));
    }
    let document: Value = serde_json::from_str(text)
        .map_err(|error| Fault::new(format!("it printed no JSON document: {error}")))?;
    match document.get("schema").and_then(Value::as_str) {
        Some(SCHEMA) => {}
        Some(other) => {
            let why = format!("it speaks {}, and this hublink {SCHEMA}", bounded(other, 60));
            return Err(Fault::new(why));
        }
        None => return Err(Fault::new(format!("it answered without \"schema\": \"{SCHEMA}\""))),
    }
    // From the text once more, so that a key that stands twice is one too many.
    serde_json::from_str(text)
        .map_err(|error| Fault::new(format!("its answer is not as {SCHEMA} says: {error}")))
}

/// What no schema says, and what would not fit into a report.
fn examine(answer: &Answer) -> Result<(), String> {
    if answer.outcome != Outcome::Looked {
        if answer.why.as_ref().is_none_or(|why| why.trim().is_empty()) {
            return Err("it did not look, and does not say why".to_owned());
        }
        if !answer.causes.is_empty() {
            return Err("it did not look, and names causes".to_owned());
        }
    }
    if answer.causes.len() > MOST_CAUSES {
        return Err(format!("more than {MOST_CAUSES} causes"));
    }
    for (place, cause) in answer.causes.iter().enumerate() {
        examine_cause(cause)?;
        if answer.causes[..place].iter().any(|other| other.id == cause.id) {
            return Err(format!("the cause {} stands there twice", cause.id));
        }
    }
    let mut count = 0;
    let values = answer.evidence.iter().flat_map(Map::values);
    values.into_iter().try_for_each(|value| examine_value(value, 1, &mut count))
}

fn examine_cause(cause: &SaidCause) -> Result<(), String> {
    let id = bounded(&cause.id, 60);
    if cause.id.len() > 60 || !is_word(&cause.id) {
        return Err(format!(
            "the id {id:?}: expected one word such as under-maintenance; hublink puts the name of \
             the check before it"
        ));
    }
    if cause.title.trim().is_empty() {
        return Err(format!("the cause {id} has no title"));
    }
    if cause.proof.is_empty() {
        return Err(format!("the cause {id} has no proof"));
    }
    if cause.severity > Severity::Informs && cause.remedy.is_empty() {
        return Err(format!("the cause {id} does not say what to do"));
    }
    let lists = [cause.proof.len(), cause.ruled_out.len(), cause.remedy.len(), cause.see.len()];
    if lists.into_iter().any(|count| count > MOST_LINES) {
        return Err(format!("the cause {id} has a list of more than {MOST_LINES} lines"));
    }
    Ok(())
}

fn examine_value(value: &Value, depth: usize, count: &mut usize) -> Result<(), String> {
    *count += 1;
    if *count > MOST_VALUES {
        return Err(format!("more than {MOST_VALUES} values of evidence"));
    }
    if depth > DEEPEST {
        return Err(format!("evidence deeper than {DEEPEST} levels"));
    }
    let mut below = |value| examine_value(value, depth + 1, count);
    match value {
        Value::Array(list) => list.iter().try_for_each(&mut below),
        Value::Object(map) => map.values().try_for_each(&mut below),
        _ => Ok(()),
    }
}

/// An answer as the report shows it.
pub(super) fn external(
    check: &Found,
    known: &Description,
    answer: Answer,
    ran: &ProgramRun,
    duration_ms: f64,
) -> External {
    let mut external = External { duration_ms, stderr: lines(&ran.errors), ..check.unknown() };
    described(&mut external, Some(known));
    ended(&mut external, Some(ran.end));
    let why = answer.why.as_ref().map(|why| bounded(why, LONGEST_TITLE));
    let reason = |kind| Reason { detail: why.clone(), ..Reason::of(kind) };
    (external.status, external.reason) = match answer.outcome {
        Outcome::Looked => (Status::Passed, None),
        Outcome::NotApplicable => (Status::Skipped, Some(reason(ReasonKind::NotApplicable))),
        Outcome::CouldNotLook => (Status::Errored, Some(reason(ReasonKind::CouldNotLook))),
    };
    external.evidence = answer.evidence.map(|evidence| {
        // Without what could steer a screen, in keys as in values.
        with_texts(Value::Object(evidence), &mut |text| clean(text))
    });
    for said in answer.causes {
        let id = format!("{}/{}", external.id, said.id);
        let cause = diagnosis(id, said, &mut external.lowered);
        if cause.severity == Severity::Degrades {
            external.status = Status::Warned;
        }
        external.causes.push(cause);
    }
    external
}

/// A cause within what the word of others may come to.
fn diagnosis(id: String, said: SaidCause, lowered: &mut Vec<Lowered>) -> Diagnosis {
    let confidence = said.confidence.min(Confidence::Likely);
    let severity = said.severity.min(Severity::Degrades);
    let mut note = |what: &str, said: &str, counts_as: &str| {
        if said != counts_as {
            lowered.push(Lowered {
                cause: id.clone(),
                what: what.to_owned(),
                said: said.to_owned(),
                counts_as: counts_as.to_owned(),
            });
        }
    };
    note("confidence", said.confidence.label(), confidence.label());
    note("severity", said.severity.label(), severity.label());
    let texts = |list: Vec<String>| list.iter().map(|text| bounded(text, LONGEST)).collect();
    Diagnosis {
        title: bounded(&said.title, LONGEST_TITLE),
        confidence,
        severity,
        owner: said.owner,
        proof: said.proof.into_iter().map(proof).collect(),
        ruled_out: texts(said.ruled_out),
        remedy: texts(said.remedy),
        verify: Vec::new(),
        see: texts(said.see),
        hubs: Vec::new(),
        id,
    }
}

fn proof(said: SaidProof) -> ProofLine {
    ProofLine {
        at: bounded(&said.at, LONGEST_TITLE),
        expected: said.expected.map(|text| bounded(&text, LONGEST)),
        seen: bounded(&said.seen, LONGEST),
    }
}
