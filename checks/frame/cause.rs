//! A known failure cause, and what proved it on this run.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, Confidence, Owner, Severity};

/// One entry of the table of known causes: its text stands beside its trigger.
///
/// `E` is the evidence of the check that owns the table.
pub struct Cause<E: 'static> {
    /// `check/defect`: names the defect, never the fix. It is API: never renamed, never reused.
    pub id: &'static str,
    /// What is wrong, in one sentence a person without network knowledge understands.
    pub title: &'static str,
    /// How it comes about and why it stops the login.
    pub explain: &'static str,
    /// What the owner does. `<name>` is filled with this user's own values.
    pub remedy: &'static [&'static str],
    /// How to see that it helped. Most causes keep [`AGAIN`]; one whose remedy is a new link, or
    /// that another program shows sooner, names its own.
    pub verify: &'static [Verify],
    /// Who can mend it.
    pub owner: Owner,
    /// The most that the evidence allows to say.
    pub confidence: Confidence,
    /// What it does to the login, unless the proof says otherwise.
    pub severity: Severity,
    /// What it was mistaken for elsewhere, and what tells them apart.
    pub look_alikes: &'static [&'static str],
    /// Standards, vendor pages or measurements it rests on.
    pub see: &'static [&'static str],
    /// Causes of the same check that this more specific one replaces when both hold.
    pub suppresses: &'static [&'static str],
    /// The neutral cause of the check: named only when no other of its causes explains the symptom.
    pub fallback: bool,
    /// Looks for the proof. Pure: the same evidence gives the same answer on any machine.
    pub when: fn(&E, &Case) -> Option<Proof>,
}

/// A command that shows whether a cause is gone.
///
/// `<name>` is filled as in a remedy, in quotes where a shell needs them. `<hub>` is the address of
/// the hub, `<hubs.ini or hub>` the file that names it, where there is one, else the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Verify {
    /// What to type.
    pub command: &'static str,
    /// What it does once the cause is gone: the rest of "it …". Empty where the doctor is asked
    /// again: then it says READY, or does not name the cause any more.
    pub expect: &'static str,
}

/// The doctor once more: the way to see that any cause is gone.
pub const AGAIN: &[Verify] = &[Verify { command: "hublink doctor <hub>", expect: "" }];

/// The same, where the hub gets another address by the remedy, or is not known.
pub const AGAIN_AS_NAMED: &[Verify] =
    &[Verify { command: "hublink doctor <hubs.ini or hub>", expect: "" }];

/// A cause that blocks and is certain, to be adjusted by struct update.
///
/// Every literal in a table names its own values; this only spares the empty ones.
#[must_use]
pub const fn cause<E>(id: &'static str, when: fn(&E, &Case) -> Option<Proof>) -> Cause<E> {
    Cause {
        id,
        title: "",
        explain: "",
        remedy: &[],
        verify: AGAIN,
        owner: Owner::You,
        confidence: Confidence::Certain,
        severity: Severity::Blocks,
        look_alikes: &[],
        see: &[],
        suppresses: &[],
        fallback: false,
        when,
    }
}

/// The neutral last row of a table: the check failed and no known cause fits.
#[must_use]
pub const fn fallback<E>(id: &'static str, when: fn(&E, &Case) -> Option<Proof>) -> Cause<E> {
    Cause {
        title: "This step failed, and no cause that hublink knows fits what was seen.",
        explain: "The raw observations are in the report. hublink names nobody, because a wrong \
                  accusation costs more time than an open question.",
        remedy: &["Send this report to your Qlik admin."],
        see: &["causes that were considered and not proven stand under `ruled_out`"],
        fallback: true,
        ..cause(id, when)
    }
}

/// What satisfied a cause on this run.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// The pieces of evidence, each with the value expected and the value seen.
    pub lines: Vec<ProofLine>,
    /// The look-alikes that this run tested away, and by what.
    pub ruled_out: Vec<String>,
    /// Values for the holes of the remedy.
    pub values: BTreeMap<&'static str, String>,
    /// Less sure than the table allows, because evidence is missing.
    pub confidence: Option<Confidence>,
    /// On Windows it rests on what documents say alone: nobody has seen it on a real one yet.
    pub only_documented: bool,
    /// Another severity than the table's, as its row states.
    pub severity: Option<Severity>,
    /// Somebody else than the table's owner, because of what this run showed.
    pub owner: Option<Owner>,
    /// The hubs it is about, as places in the run's list; only where hubs are compared.
    pub hubs: Vec<usize>,
}

#[expect(clippy::needless_pass_by_value, reason = "a proof reads better without ampersands")]
impl Proof {
    /// A proof that starts with one observation.
    #[must_use]
    pub fn seen(at: impl Into<String>, seen: impl ToString) -> Self {
        Self::default().and(at, seen)
    }

    /// One more observation.
    #[must_use]
    pub fn and(mut self, at: impl Into<String>, seen: impl ToString) -> Self {
        self.lines.push(ProofLine { at: at.into(), expected: None, seen: seen.to_string() });
        self
    }

    /// One more observation beside the value it was compared with.
    #[must_use]
    pub fn compared(
        mut self,
        at: impl Into<String>,
        expected: impl ToString,
        seen: impl ToString,
    ) -> Self {
        self.lines.push(ProofLine {
            at: at.into(),
            expected: Some(expected.to_string()),
            seen: seen.to_string(),
        });
        self
    }

    /// A look-alike that was tested away.
    #[must_use]
    pub fn not(mut self, look_alike: impl Into<String>) -> Self {
        self.ruled_out.push(look_alike.into());
        self
    }

    /// A value for a hole of the remedy, named without the angle brackets.
    #[must_use]
    pub fn value(mut self, hole: &'static str, value: impl ToString) -> Self {
        self.values.insert(hole, value.to_string());
        self
    }

    /// At most this sure.
    #[must_use]
    pub fn at_most(mut self, confidence: Confidence) -> Self {
        self.confidence = Some(self.confidence.map_or(confidence, |c| c.min(confidence)));
        self
    }

    /// On Windows known from documents alone, which costs a step of confidence there.
    #[must_use]
    pub fn only_documented(mut self) -> Self {
        self.only_documented = true;
        self
    }

    /// The hubs it is about.
    #[must_use]
    pub fn about(mut self, hubs: impl IntoIterator<Item = usize>) -> Self {
        self.hubs.extend(hubs);
        self
    }

    /// Somebody else than the table's owner.
    #[must_use]
    pub fn owner(mut self, owner: Owner) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Another severity than the table's.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }
}

/// One piece of evidence in a proof.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ProofLine {
    /// Which observation.
    pub at: String,
    /// What it would have been if all were well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What it was.
    pub seen: String,
}

/// A cause, its proof and how sure we are.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Diagnosis {
    /// The id of the cause.
    pub id: String,
    /// What is wrong, in one sentence.
    pub title: String,
    /// How sure.
    pub confidence: Confidence,
    /// What it does to the login.
    pub severity: Severity,
    /// Who can mend it.
    pub owner: Owner,
    /// Why we believe so.
    pub proof: Vec<ProofLine>,
    /// What it is not, and what showed that.
    pub ruled_out: Vec<String>,
    /// What the owner does, with this user's own values.
    pub remedy: Vec<String>,
    /// How to see that it helped; empty where nothing has to be done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verify: Vec<Verification>,
    /// Sources.
    pub see: Vec<String>,
    /// The hubs it is about, as places in the report's list; only where hubs are compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hubs: Vec<usize>,
}

/// A command that shows whether a cause is gone, with this user's own values.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Verification {
    /// What to type, on the same computer.
    pub command: String,
    /// What it does once the cause is gone: the rest of "it …".
    pub expect: String,
}

/// The text of a cause without its evidence type, for pages and lists.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the fields are those of `Cause`")]
pub struct CauseInfo {
    pub id: &'static str,
    pub title: &'static str,
    pub explain: &'static str,
    pub remedy: &'static [&'static str],
    pub verify: &'static [Verify],
    pub owner: Owner,
    pub confidence: Confidence,
    pub severity: Severity,
    pub look_alikes: &'static [&'static str],
    pub see: &'static [&'static str],
    pub suppresses: &'static [&'static str],
    pub fallback: bool,
}

impl<E> From<&Cause<E>> for CauseInfo {
    fn from(c: &Cause<E>) -> Self {
        Self {
            id: c.id,
            title: c.title,
            explain: c.explain,
            remedy: c.remedy,
            verify: c.verify,
            owner: c.owner,
            confidence: c.confidence,
            severity: c.severity,
            look_alikes: c.look_alikes,
            see: c.see,
            suppresses: c.suppresses,
            fallback: c.fallback,
        }
    }
}
