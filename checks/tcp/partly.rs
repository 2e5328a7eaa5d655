//! What proves a cause when some connections came about and others did not.

use hublink_probe::{Connect, FailureKind};

use super::series::{
    LaterFailure, Missed, bad, later_failures, limit_in_a_row, limit_together, limit_without_pause,
    rows, stopped_a_later_step,
};
use super::show::{about, outcome, raw};
use super::{Evidence, Series, is_silent, relevant};
use crate::frame::{Case, Confidence, Proof, Severity};

/// The addresses that did not accept, beside one that did. One lost packet is no finding: what
/// was silent and accepted at the second attempt is not dead.
fn dead(e: &Evidence) -> Vec<&Connect> {
    if e.chosen.is_none() {
        return Vec::new();
    }
    let again: Vec<&Connect> = e.control.iter().flat_map(|control| &control.again).collect();
    let alive = |a: &Connect| again.iter().any(|again| again.to == a.to && again.succeeded());
    let no_route = |a: &Connect| a.kind() == Some(FailureKind::NetworkUnreachable);
    relevant(e).into_iter().filter(|a| !no_route(a) && !alive(a)).collect()
}

/// Silence that was not repeated may still be loss.
fn surely(e: &Evidence, dead: &[&Connect], proof: Proof) -> Proof {
    let repeated = |a: &&Connect| {
        !is_silent(a) || e.control.iter().flat_map(|c| &c.again).any(|again| again.to == a.to)
    };
    if dead.iter().all(repeated) {
        proof.not("one lost packet: what stayed silent was tried again")
    } else {
        proof.at_most(Confidence::Likely)
    }
}

pub(super) fn one_family_broken(e: &Evidence, _: &Case) -> Option<Proof> {
    let works_v6 = e.chosen?.is_ipv6();
    let same_family_works = |dead: &Connect| {
        e.attempts.iter().any(|a| a.succeeded() && a.to.is_ipv6() == dead.to.is_ipv6())
    };
    let dead = dead(e);
    let broken = !dead.is_empty()
        && dead.iter().all(|a| a.to.is_ipv6() != works_v6 && is_silent(a) && !same_family_works(a));
    if !broken {
        return None;
    }
    let proof = about(e, raw(e)).not("tcp/one-address-dead: the whole kind is silent");
    let others = e.others.as_ref();
    let (kind, elsewhere) = if works_v6 {
        ("IPv4", others.and_then(|others| others.over_v4))
    } else {
        ("IPv6", others.and_then(|others| others.over_v6))
    };
    let proof = match elsewhere {
        Some(to) => proof
            .and(format!("another hub over {kind}"), format!("{to} accepts"))
            .not(format!("no {kind} at all on this computer: another hub is reached by it")),
        // All of this kind may be broken on this computer, whatever the hub.
        None => proof
            .and(format!("another hub over {kind}"), "none to compare with")
            .at_most(Confidence::Likely),
    };
    Some(surely(e, &dead, proof))
}

pub(super) fn one_address_dead(e: &Evidence, _: &Case) -> Option<Proof> {
    let same_family_works = |dead: &&Connect| {
        e.attempts.iter().any(|a| a.succeeded() && a.to.is_ipv6() == dead.to.is_ipv6())
    };
    let dead: Vec<&Connect> = dead(e).into_iter().filter(same_family_works).collect();
    let list: Vec<String> = dead.iter().map(|a| a.to.ip().to_string()).collect();
    (!dead.is_empty()).then(|| {
        let proof = raw(e)
            .not("tcp/one-family-broken: another address of the same family works")
            .value("address", list.join(", "));
        surely(e, &dead, proof)
    })
}

/// The series in one line for each part, and what called for it.
fn shown(e: &Evidence, series: &Series, later: &[LaterFailure]) -> Proof {
    let proof = later.iter().take(4).fold(raw(e), |proof, one| {
        proof.and(format!("a connection for the check `{}`", one.check), one.failure)
    });
    let parts = [
        ("connections one after the other", &series.first),
        ("the same after a pause", &series.second),
        ("with a pause before each", &series.spaced),
        ("several at once", &series.together),
        ("other ports of the address", &series.other_ports),
    ];
    parts.into_iter().filter(|(_, row)| !row.is_empty()).fold(proof, |proof, (at, row)| {
        let each: Vec<String> = row.iter().map(brief).collect();
        proof.and(at, each.join("; "))
    })
}

fn brief(attempt: &Connect) -> String {
    format!("{}: {}", attempt.to.port(), outcome(attempt))
}

/// It blocks if a later step fails by it.
fn weighed(proof: Proof, case: &Case, missed: Missed) -> Proof {
    match stopped_a_later_step(case, missed) {
        Some(check) => proof
            .and("effect", format!("the check `{check}` got no connection, or none that held"))
            .severity(Severity::Blocks),
        None => proof,
    }
}

pub(super) fn rate_limited(e: &Evidence, case: &Case) -> Option<Proof> {
    let (to, series) = (e.chosen?, e.series.as_ref()?);
    let proof = shown(e, series, &later_failures(case, to)).value("address", to.ip());
    let proof = if let Some(passed) = limit_in_a_row(series) {
        proof
            .compared("connections before the others fail", "no limit", passed)
            .not("tcp/unreliable: the first ones pass again after a pause")
    } else if limit_without_pause(series) {
        proof
            .and("with a pause before each", "all of them pass")
            .not("tcp/unreliable: what gets lost is not refused")
            .not("one server of several that is dead: it would refuse some of these too")
    } else {
        let passed = limit_together(series)?;
        proof
            .compared("connections that pass together", series.together.len(), passed)
            .not("tcp/unreliable: one by one all of them pass")
    };
    Some(weighed(proof, case, Missed::Connection))
}

pub(super) fn unreliable(e: &Evidence, case: &Case) -> Option<Proof> {
    let (to, series) = (e.chosen?, e.series.as_ref()?);
    let tried = series.first.len() + series.second.len();
    let lost = bad(&series.first) + bad(&series.second);
    let any_passed = rows(series).any(Connect::succeeded);
    // What is refused at one moment and accepted at another was not lost on the way.
    let all_lost = rows(series).all(|a| a.succeeded() || is_silent(a));
    if lost < 2 || !any_passed || !all_lost || limit_in_a_row(series).is_some() {
        return None;
    }
    let proof = shown(e, series, &later_failures(case, to))
        .compared("connections that came late or not at all", 0, format!("{lost} of {tried}"))
        .not("tcp/rate-limited: they fail in no order")
        .value("address", to.ip());
    let proof = match e.others.as_ref().and_then(|others| others.troubled) {
        // The fault may be near this computer then, and the hub's line be in order.
        Some(other) => proof
            .and("another hub", format!("connections to {other} come late too"))
            .at_most(Confidence::Possible),
        None => proof,
    };
    Some(weighed(placed(proof, series), case, Missed::Greeting))
}

/// Whether another port of the address suffers too, if one answers at all.
fn placed(proof: Proof, series: &Series) -> Proof {
    let answers = |a: &&Connect| a.succeeded() || a.kind() == Some(FailureKind::Refused);
    let Some(port) = series.other_ports.iter().find(answers).map(|a| a.to.port()) else {
        return proof.and("another port of the address", "none answers, so the place is open");
    };
    let row: Vec<&Connect> = series.other_ports.iter().filter(|a| a.to.port() == port).collect();
    let lost =
        row.iter().filter(|a| is_silent(a) || bad(std::slice::from_ref(**a)) > 0 && a.succeeded());
    let place = match lost.count() {
        0 => "no loss there: the server takes connections on this port too slowly",
        _ => "losses there too: packets get lost on the way",
    };
    proof.and(format!("port {port} of the address"), place)
}
