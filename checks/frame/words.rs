//! The closed vocabularies of a report. Their JSON spelling is a contract.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who can mend a cause.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// The identity-provider administrator, also the Active Directory team.
    IdpAdmin,
    /// The IT network team of the user's company.
    Network,
    /// Qlik itself.
    Qlik,
    /// The administrator of the Qlik Sense server or of the Qlik Cloud tenant.
    QlikAdmin,
    /// The person at the computer.
    You,
}

impl Owner {
    /// How a person is told who has to act.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::IdpAdmin => "your identity-provider admin",
            Self::Network => "your IT network team",
            Self::Qlik => "Qlik",
            Self::QlikAdmin => "your Qlik admin",
            Self::You => "you",
        }
    }
}

/// How much the evidence allows to say.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// It fits, and nothing proves it.
    Possible,
    /// Other explanations exist and were tested away as far as possible.
    Likely,
    /// No other explanation fits.
    Certain,
}

impl Confidence {
    /// One step less sure, because part of the evidence could not be collected.
    /// Nothing stands below `possible`.
    #[must_use]
    pub fn lowered(self) -> Self {
        match self {
            Self::Certain => Self::Likely,
            Self::Likely | Self::Possible => Self::Possible,
        }
    }

    /// The word of the report.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Possible => "possible",
        }
    }
}

/// What a cause does to the login.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Informs,
    /// It works, but slowly, rarely or with risk.
    Degrades,
    /// Desktop cannot log in.
    Blocks,
}

impl Severity {
    /// The word of the report.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::Degrades => "degrades",
            Self::Informs => "informs",
        }
    }
}

/// How a check ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// We could not look.
    Errored,
    /// A cause that blocks was found.
    Failed,
    /// Nothing was found, or only causes that inform.
    Passed,
    /// It was not run; the reason says why.
    Skipped,
    /// The worst cause found degrades.
    Warned,
}

impl Status {
    /// Whether the step as such succeeded, so that later steps may build on it.
    #[must_use]
    pub fn let_through(self) -> bool {
        matches!(self, Self::Passed | Self::Warned)
    }

    /// The word of the report.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Errored => "errored",
            Self::Failed => "failed",
            Self::Passed => "passed",
            Self::Skipped => "skipped",
            Self::Warned => "warned",
        }
    }
}

/// Why a check was skipped or errored.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Reason {
    /// The kind of reason.
    pub kind: ReasonKind,
    /// The cause that made this check pointless, for `because`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// More, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Reason {
    /// A reason without more words.
    #[must_use]
    pub fn of(kind: ReasonKind) -> Self {
        Self { kind, because: None, detail: None }
    }

    /// Skipped because of a named cause, or of a check that could not be examined.
    #[must_use]
    pub fn because(id: impl Into<String>) -> Self {
        Self { because: Some(id.into()), ..Self::of(ReasonKind::Because) }
    }

    /// The same reason with words added.
    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}

/// The kinds of [`Reason`].
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonKind {
    /// An earlier finding makes this check pointless.
    Because,
    /// We could not look: the check itself broke.
    CouldNotLook,
    /// The question does not arise for this target.
    NotApplicable,
    /// The user did not ask for it, or switched it off.
    NotAsked,
    /// The time allowed was over, or the user interrupted.
    OutOfTime,
}
