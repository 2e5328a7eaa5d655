//! What every format for people says alike: who, where, why, how sure.

use hublink_checks::frame::{Confidence, Diagnosis, Owner, Reason, ReasonKind, Severity, Status};

use hublink_probe::Timestamp;

use super::clean;
use crate::report::{External, Hub, Ready, Report};

/// The diagnosis behind a hub's verdict.
#[derive(Clone, Copy, Debug)]
pub struct Behind<'r> {
    /// The diagnosis.
    pub cause: &'r Diagnosis,
    /// It stands elsewhere in the report, because several hubs share it.
    pub shared: bool,
}

/// The diagnosis that the verdict of `hub` names. One that several hubs share stands only once.
#[must_use]
pub fn behind<'r>(report: &'r Report, hub: &'r Hub) -> Option<Behind<'r>> {
    let id = hub.verdict.cause.as_ref()?;
    let own = causes(hub).find(|cause| cause.id == *id);
    let across = report.across.iter().flat_map(|check| &check.causes);
    let others = report.hubs.iter().flat_map(causes);
    let elsewhere = || across.chain(others).find(|cause| cause.id == *id);
    match own {
        Some(cause) => Some(Behind { cause, shared: false }),
        None => elsewhere().map(|cause| Behind { cause, shared: true }),
    }
}

/// All causes of a hub, in the order of the ladder.
pub fn causes(hub: &Hub) -> impl Iterator<Item = &Diagnosis> {
    hub.checks.iter().flat_map(|check| &check.causes)
}

/// What came of the logout that was asked for, and what it does beside.
#[must_use]
pub fn logout(hub: &Hub) -> Option<String> {
    let logout = hub.logout.as_ref()?;
    Some(match (logout.ended, logout.status) {
        (true, _) => "logged out; on a Qlik server all sessions of the user on this entrance have \
                      ended, those of a browser too"
            .to_owned(),
        (false, Some(status)) => {
            format!("the logout was answered with {status}; a session may be left")
        }
        (false, None) => "the logout was not answered; a session may be left".to_owned(),
    })
}

/// Where a hub was named.
#[must_use]
pub fn place(hub: &Hub) -> String {
    match (&hub.source.file, hub.source.line) {
        (Some(file), Some(number)) => format!("{file} line {number}"),
        (Some(file), None) => file.clone(),
        (None, _) => "named on the command line".to_owned(),
    }
}

/// Why a check was skipped or errored.
#[must_use]
pub fn why(reason: &Reason) -> String {
    if let (ReasonKind::Because, Some(because)) = (reason.kind, &reason.because) {
        return format!("because of {because}");
    }
    let word = match reason.kind {
        ReasonKind::Because => "because of an earlier check",
        ReasonKind::CouldNotLook => "could not look",
        ReasonKind::NotApplicable => "does not apply",
        ReasonKind::NotAsked => "not asked for",
        ReasonKind::OutOfTime => "out of time",
    };
    match &reason.detail {
        Some(detail) => format!("{word}: {detail}"),
        None => word.to_owned(),
    }
}

/// The verdict as a word.
#[must_use]
pub fn verdict(ready: Ready) -> &'static str {
    match ready {
        Ready::Yes => "READY",
        Ready::No => "NOT READY",
        Ready::Unknown => "CANNOT TELL",
    }
}

/// The mark of a status; the word stands beside it wherever there is room.
#[must_use]
pub fn mark(status: Status) -> &'static str {
    match status {
        Status::Passed => "✓",
        Status::Warned => "!",
        Status::Failed => "✗",
        Status::Skipped => "–",
        Status::Errored => "?",
    }
}

/// How a further cause of a hub is introduced. What merely fits must not read as if it were so.
#[must_use]
pub fn beside(cause: &Diagnosis) -> &'static str {
    match (cause.severity, cause.confidence) {
        (_, Confidence::Possible) => "Or perhaps",
        (Severity::Blocks, _) => "Also blocks",
        (Severity::Degrades, _) => "Worth mending",
        (Severity::Informs, _) => "Good to know",
    }
}

/// How sure an external check is, and what it said itself where that counts for less.
#[must_use]
pub fn sure(external: &External, cause: &Diagnosis) -> String {
    let lowered = external.lowered.iter().filter(|lowered| lowered.cause == cause.id);
    let said: Vec<&str> = lowered.map(|lowered| lowered.said.as_str()).collect();
    match said.as_slice() {
        [] => cause.confidence.label().to_owned(),
        some => format!("{}; it says {} itself", cause.confidence.label(), some.join(", ")),
    }
}

/// An owner as the addressee of a message.
#[must_use]
pub fn addressee(owner: Owner) -> &'static str {
    match owner {
        Owner::IdpAdmin => "the identity-provider admin",
        Owner::Network => "the network team",
        Owner::Qlik => "Qlik",
        Owner::QlikAdmin => "the Qlik admin",
        Owner::You => "the person at the computer",
    }
}

/// A text with a capital first letter.
#[must_use]
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect())
}

/// A time as a person reads it, to the second.
#[must_use]
pub fn moment(at: Timestamp) -> String {
    let at = at.0.to_offset(time::UtcOffset::UTC);
    format!("{} {:02}:{:02}:{:02} UTC", at.date(), at.hour(), at.minute(), at.second())
}

/// A system as its maker writes it.
#[must_use]
pub fn system(os: &str) -> &str {
    match os {
        "linux" => "Linux",
        "macos" => "macOS",
        "windows" => "Windows",
        other => other,
    }
}

/// A number of milliseconds as a person reads it.
#[must_use]
pub fn time(ms: f64) -> String {
    if ms >= 999.5 {
        format!("{:.1} s", ms / 1000.0)
    } else if ms >= 9.95 {
        format!("{ms:.0} ms")
    } else {
        format!("{ms:.1} ms")
    }
}

/// A text that cannot steer its reader's screen and is no longer than `most` characters; what was
/// cut away is told.
#[must_use]
pub fn bounded(text: &str, most: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(most) else { return clean(text) };
    let rest = text[end..].chars().count();
    format!("{} … ({rest} more characters)", clean(&text[..end]))
}

/// The addresses of this computer that lead to a network.
#[must_use]
pub fn own_addresses(report: &Report) -> Vec<String> {
    let up = report.environment.interfaces.iter().filter(|interface| interface.up);
    up.flat_map(|interface| &interface.addresses)
        .filter(|one| !one.address.is_loopback())
        .map(|one| one.address.to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_away_is_told() {
        assert_eq!(bounded("Söner", 5), "Söner");
        assert_eq!(bounded("Söner & Co", 5), "Söner … (5 more characters)");
        assert_eq!(bounded("a\u{202e}b", 2), "a\\u{202e} … (1 more characters)");
    }

    #[test]
    fn times_read_well() {
        let at = Timestamp::parse("2026-02-03T04:05:06.789+02:00").expect("a time");
        assert_eq!(moment(at), "2026-02-03 02:05:06 UTC");
        assert_eq!(time(0.04), "0.0 ms");
        assert_eq!(time(9.94), "9.9 ms");
        assert_eq!(time(512.3), "512 ms");
        assert_eq!(time(18_049.4), "18.0 s");
    }
}
