//! From the checks of one hub to one answer: will the login work, and if not, who mends what?

use hublink_checks::frame::{
    Check, Confidence, Diagnosis, ReasonKind, Severity, Status, is_of_direct_way,
};
use hublink_checks::hub::{self, Hub};
use hublink_checks::licence::Licence;
use hublink_checks::link::Link;
use hublink_checks::login::{self, Login};
use hublink_checks::test_server::TestServer;
use hublink_probe::AccountKind;

use crate::engine::{Ended, Examined, first_blocking};
use crate::report::{Ready, Verdict};

/// The answer for one hub.
#[must_use]
pub fn verdict(examined: &Examined) -> Verdict {
    let ladder: Vec<(&'static str, &Ended)> = hublink_checks::all()
        .iter()
        .filter_map(|check| Some((check.meta().id, examined.checks.get(check.meta().id)?)))
        .collect();
    let reached = ladder.iter().rev().find(|(_, ended)| ended.status.let_through());
    let reached = reached.map(|(id, _)| (*id).to_owned());
    if let Some(cause) = &examined.shared {
        let check = cause.id.split('/').next().unwrap_or(&cause.id);
        return Verdict { reached, ..no(check, Some(cause)) };
    }
    if let Some((id, ended)) = ladder.iter().find(|(_, ended)| ended.status == Status::Failed) {
        let cause = first_blocking(ended);
        return with_stages(Verdict { reached, ..no(id, cause) }, examined);
    }
    // What was under way says more than what waited for it.
    // Behind a proxy nobody needs the direct way.
    let through_proxy = examined.case.goes_through_proxy();
    let needed = |id: &str| !(through_proxy && is_of_direct_way(id));
    let missing = |begun: bool| {
        ladder
            .iter()
            .find(move |(id, ended)| needed(id) && is_missing(ended) && (ended.begun || !begun))
    };
    if let Some((id, ended)) = missing(true).or_else(|| missing(false)) {
        return with_stages(Verdict { reached, ..unknown(id, ended, &ladder) }, examined);
    }
    Verdict {
        ready: Ready::Yes,
        first_broken: None,
        cause: None,
        confidence: None,
        owner: None,
        summary: ready_summary(examined),
        reached,
    }
}

/// Something needed that could not be examined. What does not apply or was not asked for is not
/// missing.
fn is_missing(ended: &Ended) -> bool {
    match ended.status {
        Status::Errored => true,
        Status::Skipped => !ended.reason.as_ref().is_some_and(|reason| {
            matches!(reason.kind, ReasonKind::NotApplicable | ReasonKind::NotAsked)
        }),
        Status::Failed | Status::Passed | Status::Warned => false,
    }
}

/// As sure as the cause is.
fn outlook(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Certain => "The login will not work",
        Confidence::Likely => "The login will most likely not work",
        Confidence::Possible => "The login may not work",
    }
}

fn no(id: &str, cause: Option<&Diagnosis>) -> Verdict {
    Verdict {
        ready: Ready::No,
        first_broken: Some(id.to_owned()),
        cause: cause.map(|cause| cause.id.clone()),
        confidence: cause.map(|cause| cause.confidence),
        owner: cause.map(|cause| cause.owner),
        summary: match cause {
            Some(cause) => format!("{}: {}", outlook(cause.confidence), in_sentence(&cause.title)),
            None => format!("The login will not work: the check `{id}` failed."),
        },
        reached: None,
    }
}

fn unknown(id: &str, ended: &Ended, ladder: &[(&'static str, &Ended)]) -> Verdict {
    let because = ended.reason.as_ref().and_then(|reason| reason.because.as_deref());
    let because = because.or_else(|| {
        let first = ended.causes.first().filter(|_| ended.left_open);
        first.map(|cause| cause.id.as_str())
    });
    let mut causes = ladder.iter().flat_map(|(_, ended)| &ended.causes);
    let cause = because.and_then(|id| causes.find(|cause| cause.id == id));
    let detail = ended.reason.as_ref().and_then(|reason| reason.detail.clone());
    let detail = detail.or_else(|| cause.map(|cause| in_sentence(&cause.title)));
    let why =
        detail.map_or_else(String::new, |detail| format!(" ({})", detail.trim_end_matches('.')));
    let what = if ended.left_open {
        format!("what the check `{id}` found may not matter")
    } else {
        format!("nothing failed, but the check `{id}` could not be made")
    };
    let summary = format!("It cannot be told whether the login will work: {what}{why}.");
    Verdict {
        ready: Ready::Unknown,
        first_broken: Some(id.to_owned()),
        cause: cause.map(|cause| cause.id.clone()),
        confidence: cause.map(|cause| cause.confidence),
        owner: cause.map(|cause| cause.owner),
        summary,
        reached: None,
    }
}

/// What answered, what was found beside, and how far the login was tried.
fn ready_summary(examined: &Examined) -> String {
    let answered = hub::summary(&examined.case);
    let answered = answered.unwrap_or_else(|| "The hub answers.".to_owned());
    let found = examined.checks.values().flat_map(|ended| &ended.causes);
    let worth_mending = found.filter(|cause| cause.severity == Severity::Degrades).count();
    let beside = match worth_mending {
        0 => "Nothing found blocks a login".to_owned(),
        1 => "Nothing found blocks a login, but one thing should be mended".to_owned(),
        n => format!("Nothing found blocks a login, but {n} things should be mended"),
    };
    format!("{answered} {beside}. {}", tried(examined))
}

/// How far the login was tried, and what would look just like this.
fn tried(examined: &Examined) -> String {
    let case = &examined.case;
    let Some(accepted) = login::stage(case) else {
        return "The login itself was not tried, so user, password and licence are not examined; \
                a test server would look just like this."
            .to_owned();
    };
    let accepted = capital(&accepted);
    if case.facts.account.as_ref().is_some_and(|account| account.kind == AccountKind::ApiKey) {
        return format!(
            "{accepted}: the way and the user are well, which says nothing of the interactive \
             login that Desktop uses."
        );
    }
    let licence = if passed(examined, Licence::META.id) {
        format!("{accepted} and the engine begins a session: login and licence were examined.")
    } else {
        format!("{accepted}; the licence was not examined.")
    };
    match case.facts.desktop_refuses {
        Some(false) => licence,
        _ => format!("{licence} A test server would look just like this."),
    }
}

fn passed(examined: &Examined, check: &str) -> bool {
    examined.checks.get(check).is_some_and(|ended| ended.status.let_through())
}

/// Whether a login and the licence were examined, and all is well: if Desktop refuses all the same,
/// only its user can say so.
#[must_use]
pub fn is_green_after_login(examined: &Examined) -> bool {
    verdict(examined).ready == Ready::Yes && passed(examined, Licence::META.id)
}

/// The stages that were reached, for what fails from the hub on after a login was asked for. Before
/// that the ladder says it.
fn with_stages(verdict: Verdict, examined: &Examined) -> Verdict {
    let case = &examined.case;
    let broken = verdict.first_broken.as_deref().unwrap_or_default();
    let late = [Hub::META.id, Login::META.id, Licence::META.id, TestServer::META.id];
    if case.facts.account.is_none() || !late.contains(&broken) {
        return verdict;
    }
    let link = passed(examined, Link::META.id).then(|| "the link is valid".to_owned());
    let answered = hub::summary(case).map(|_| "the hub answered".to_owned());
    let licence = case.of::<Licence>().filter(|licence| licence.is_licensed());
    let licence = licence.map(|_| "the engine began a session".to_owned());
    let stages = [link, answered, login::stage(case), licence];
    let stages: Vec<String> = stages.into_iter().flatten().collect();
    if stages.is_empty() {
        return verdict;
    }
    let summary = format!("{} It went well so far: {}.", verdict.summary, stages.join(", "));
    Verdict { summary, ..verdict }
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().map(|c| c.to_uppercase().chain(letters).collect());
    first.unwrap_or_default()
}

/// A title after a colon: without its capital, unless it begins with a name.
fn in_sentence(title: &str) -> String {
    let mut letters = title.chars();
    let names = ["Qlik", "DNS", "HTTP", "TLS", "IPv"];
    match letters.next() {
        Some(first) if !names.iter().any(|name| title.starts_with(name)) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => title.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use hublink_checks::frame::{Reason, ReasonKind};

    use super::{in_sentence, unknown};
    use crate::engine::tests::failed;

    #[test]
    fn what_failed_on_a_way_that_may_not_be_taken_is_not_called_unexamined() {
        let reason = Reason::of(ReasonKind::CouldNotLook).detail("a script may name another way");
        let mut open = failed("tcp/no-answer");
        (open.left_open, open.reason) = (true, Some(reason));
        let verdict = unknown("tcp", &open, &[("tcp", &open)]);
        assert!(!verdict.summary.contains("nothing failed"), "{}", verdict.summary);
        assert!(verdict.summary.contains("a script may name another way"));
        assert_eq!(verdict.cause.as_deref(), Some("tcp/no-answer"));
    }

    #[test]
    fn a_title_reads_on_after_a_colon() {
        assert_eq!(in_sentence("The name is gone."), "the name is gone.");
        assert_eq!(in_sentence("Qlik Cloud has a fault."), "Qlik Cloud has a fault.");
    }
}
