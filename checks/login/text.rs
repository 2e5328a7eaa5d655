//! What pages say of an account. A text counts only if the login page did not show it before.

use hublink_probe::{Exchange, LoginSeen, LoginStep, StepKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Texts of pages that come after a login.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginText {
    /// Qlik: "Your account is inactive".
    AccountInactive,
    /// Qlik: "Restart the browser".
    RestartBrowser,
    /// Qlik: "you have no access pass".
    NoAccessPass,
    /// Qlik: "Your access pass credentials are being synced".
    AccessSyncing,
    /// Qlik: "your user assignment is excluded".
    AssignmentExcluded,
    /// Qlik: "There is no valid license".
    NoValidLicence,
    /// Qlik: "the license could not be renewed".
    LicenceNotRenewed,
    /// A web server: the request's header is too large.
    HeaderTooLarge,
    /// A login page: the account is locked, disabled or has expired.
    AccountBlocked,
    /// A login page: the password has expired or must be changed.
    PasswordExpired,
    /// A login page: too many attempts.
    TooManyAttempts,
}

/// In lower case, as pages are searched. The texts of login pages beside Qlik's are those of
/// common products; their wording is unconfirmed.
const TEXTS: &[(&str, LoginText)] = &[
    ("your account is inactive", LoginText::AccountInactive),
    ("restart the browser", LoginText::RestartBrowser),
    ("you have no access pass", LoginText::NoAccessPass),
    ("access pass credentials are being synced", LoginText::AccessSyncing),
    ("your user assignment is excluded", LoginText::AssignmentExcluded),
    ("there is no valid license", LoginText::NoValidLicence),
    ("the license could not be renewed", LoginText::LicenceNotRenewed),
    ("request header too long", LoginText::HeaderTooLarge),
    ("request too long", LoginText::HeaderTooLarge),
    ("size of the request headers is too long", LoginText::HeaderTooLarge),
    ("request header or cookie too large", LoginText::HeaderTooLarge),
    ("header field exceeds server limit", LoginText::HeaderTooLarge),
    ("account is locked", LoginText::AccountBlocked),
    ("account has been locked", LoginText::AccountBlocked),
    ("account is disabled", LoginText::AccountBlocked),
    ("account has been disabled", LoginText::AccountBlocked),
    ("account has expired", LoginText::AccountBlocked),
    ("password has expired", LoginText::PasswordExpired),
    ("password must be changed", LoginText::PasswordExpired),
    ("must change your password", LoginText::PasswordExpired),
    ("too many failed", LoginText::TooManyAttempts),
    ("too many login attempts", LoginText::TooManyAttempts),
    ("too many attempts", LoginText::TooManyAttempts),
];

impl LoginText {
    /// For people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::AccountInactive => "Your account is inactive",
            Self::RestartBrowser => "Authentication error: Restart the browser",
            Self::NoAccessPass => "you have no access pass",
            Self::AccessSyncing => "Your access pass credentials are being synced",
            Self::AssignmentExcluded => "your user assignment is excluded",
            Self::NoValidLicence => "There is no valid license",
            Self::LicenceNotRenewed => "the license could not be renewed",
            Self::HeaderTooLarge => "the request header is too long",
            Self::AccountBlocked => "the account is locked, disabled or has expired",
            Self::PasswordExpired => "the password has expired or must be changed",
            Self::TooManyAttempts => "too many attempts",
        }
    }
}

/// What the pages say that came after something secret was sent.
pub(super) fn after_login(seen: &LoginSeen) -> Vec<LoginText> {
    let before = [StepKind::Entrance, StepKind::LoginPage, StepKind::Negotiate];
    let (early, late): (Vec<_>, Vec<_>) =
        seen.steps.iter().partition(|step| before.contains(&step.kind));
    let early: Vec<LoginText> = early.iter().flat_map(|step| on(&step.exchange)).collect();
    let mut found = Vec::new();
    // A page of a hub that works carries the words of all its errors, for its scripts.
    let says = |step: &&&LoginStep| {
        !matches!(step.kind, StepKind::Ticket | StepKind::Hub)
            || step.exchange.status.is_some_and(|status| status >= 400)
    };
    for text in late.iter().filter(says).flat_map(|step| on(&step.exchange)) {
        if !early.contains(&text) && !found.contains(&text) {
            found.push(text);
        }
    }
    found
}

/// What one answer says.
pub(super) fn on(answer: &Exchange) -> Vec<LoginText> {
    let page = String::from_utf8_lossy(&answer.body).to_lowercase();
    let said = TEXTS.iter().filter(|(words, _)| page.contains(words));
    said.map(|&(_, text)| text).collect()
}
