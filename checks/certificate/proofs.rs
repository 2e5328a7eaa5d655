//! What proves each cause: every certificate of the path is judged by itself.

use hublink_probe::{Failure, FailureKind, Timestamp};
use time::Duration;

use super::Evidence;
use super::examine::{Examination, Step};
use super::facts::{CertificateFacts, KeyKind};
use super::interception;
use super::names::NameMatch;
use super::path::IssuedBy;
use super::revocation::{Revocation, State};
use super::signature::Signature;
use super::windows;
use crate::clock::{Clock, RightTime};
use crate::frame::{Case, Confidence, Proof, Severity};

/// Says in a proof that programs do not agree on a certificate.
const DIFFER: &str = "programs differ";

/// How long before its end a certificate is worth a word.
const SOON: Duration = Duration::days(14);

/// Names the certificate a proof is about, so that its owner can find it.
pub(super) fn about(e: &Evidence, step: &Step<'_>) -> Proof {
    let which = match step.index {
        Some(0) => "the hub's own".to_owned(),
        Some(index) if index >= e.examined.presented() => "an issuer's, fetched".to_owned(),
        Some(index) => format!("number {} of {}", index + 1, e.examined.presented()),
        None => "the trusted root, not presented".to_owned(),
    };
    let facts = step.facts;
    Proof::seen("certificate", format!("{which}: {}", facts.subject))
        .and("issued by", &facts.issuer)
        .and("serial number", &facts.serial)
        .and("valid", format!("{} to {}", facts.not_before, facts.not_after))
        .value("subject", facts.subject_cn.as_ref().unwrap_or(&facts.subject))
        .value("issuer", facts.issuer_cn.as_ref().unwrap_or(&facts.issuer))
}

/// What others think of the chain, beside our own judgement.
pub(super) fn with_rustls(e: &Evidence, proof: Proof) -> Proof {
    let proof = match &e.rustls {
        Some(verdict) if verdict.accepted => proof.and("rustls", "accepted"),
        Some(verdict) => proof.and("rustls", &verdict.error),
        None => proof,
    };
    windows::with_windows(e, proof)
}

fn day(at: Timestamp) -> String {
    at.0.date().to_string()
}

/// Another hub's clock that agrees with ours, so that this hub's time says nothing about dates.
fn confirmed(case: &Case) -> Option<&str> {
    case.of::<Clock>()?.confirmed_by()
}

/// The time by two other clocks, where this computer's is wrong.
fn corrected(case: &Case) -> Option<RightTime> {
    case.of::<Clock>()?.corrected()
}

/// Whether a date lies out of range for us and, if the hub told its time, for the hub too.
///
/// Without the hub's time the answer holds, but less surely: our own clock may be wrong. Where it is
/// known to be, the right time counts in its place.
fn for_both(e: &Evidence, case: &Case, out_of_range: impl Fn(Timestamp) -> bool) -> bool {
    let for_hub = e.date.as_ref().is_none_or(|hub| out_of_range(hub.date));
    match corrected(case) {
        Some(right) => right.surely(out_of_range) && for_hub,
        None => out_of_range(e.examined.now) && (for_hub || confirmed(case).is_some()),
    }
}

/// The time that dates are compared with.
fn true_time(e: &Evidence, case: &Case) -> Timestamp {
    corrected(case).map_or(e.examined.now, |right| right.at)
}

fn with_clocks(e: &Evidence, case: &Case, step: &Step<'_>, proof: Proof) -> Proof {
    if let Some(RightTime { at, whose }) = corrected(case) {
        let mut proof = proof
            .and("this computer's time, which is wrong", e.examined.now)
            .and(format!("the time of {whose}"), at)
            .not("a wrong clock of this computer alone: by the right time it is the same");
        if step.facts.valid_at(e.examined.now) {
            // Whoever goes by that clock accepts it, until it is set right.
            proof = proof.severity(Severity::Degrades);
        }
        return if step.is_root { proof.at_most(Confidence::Likely) } else { proof };
    }
    let proof = match (confirmed(case), &e.date) {
        (Some(other), _) => proof
            .and("a clock that agrees with this computer's", other)
            .not(format!("a wrong clock of this computer: {other} has the same time")),
        (None, Some(hub)) => proof
            .and("the hub's own time", hub.date)
            .not("a wrong clock of this computer: the hub's own time gives the same answer"),
        (None, None) if e.time_given => proof,
        (None, None) if e.from_files => {
            proof.and("another clock", "none was asked").at_most(Confidence::Likely)
        }
        (None, None) => proof.and("the hub's own time", "not known").at_most(Confidence::Likely),
    };
    // Programs differ in whether they look at the dates of a root they trust.
    if step.is_root { proof.at_most(Confidence::Likely) } else { proof }
}

fn expired_step<'e>(e: &'e Evidence, case: &Case) -> Option<Step<'e>> {
    let mut path = e.examined.path().into_iter();
    path.find(|step| for_both(e, case, |at| step.facts.not_after < at))
}

pub(super) fn expired(e: &Evidence, case: &Case) -> Option<Proof> {
    let step = expired_step(e, case)?;
    let end = step.facts.not_after;
    let proof = about(e, &step)
        .compared("end of validity", format!("after {}", true_time(e, case)), end)
        .value("date", day(end));
    let proof = windows::unless_accepted(e, proof);
    Some(with_rustls(e, with_clocks(e, case, &step, proof)))
}

fn early_step<'e>(e: &'e Evidence, case: &Case) -> Option<Step<'e>> {
    let mut path = e.examined.path().into_iter();
    path.find(|step| for_both(e, case, |at| step.facts.not_before > at))
}

pub(super) fn not_yet_valid(e: &Evidence, case: &Case) -> Option<Proof> {
    let step = early_step(e, case)?;
    let start = step.facts.not_before;
    let proof = about(e, &step)
        .compared("start of validity", format!("before {}", true_time(e, case)), start)
        .value("date", day(start));
    let proof = windows::unless_accepted(e, proof);
    Some(with_rustls(e, with_clocks(e, case, &step, proof)))
}

fn names_of(e: &Evidence) -> String {
    const SHOWN: usize = 8;
    let Some(own) = e.examined.own() else { return String::new() };
    let ips = own.ip_names.iter().map(ToString::to_string);
    let mut names: Vec<String> = own.dns_names.iter().cloned().chain(ips).take(SHOWN).collect();
    if own.names > names.len() {
        names.push(format!("{} more", own.names - names.len()));
    }
    if names.is_empty() { "no alternative name at all".to_owned() } else { names.join(", ") }
}

fn wrong_name_proof(e: &Evidence) -> Option<Proof> {
    let path = e.examined.path();
    let step = path.first().filter(|_| !e.examined.name.accepted())?;
    let proof = about(e, step)
        .compared("alternative names", &e.examined.host, names_of(e))
        .value("names", names_of(e));
    Some(with_rustls(e, proof))
}

pub(super) fn wrong_name(e: &Evidence, _: &Case) -> Option<Proof> {
    let mut proof = wrong_name_proof(e)?;
    proof = match (e.examined.name, &e.examined.matched) {
        (NameMatch::OnlyCn, Some(cn)) => proof
            .and("common name, which no longer counts", cn)
            .and(DIFFER, "old programs accept it, Chrome and rustls do not"),
        (NameMatch::WildcardTooWide, Some(name)) => proof
            .and("wildcard over a whole top domain, which programs refuse", name)
            .at_most(Confidence::Likely),
        _ => proof,
    };
    let proof = windows::unless_accepted(e, proof);
    let tried = e.other_names.iter().take(3);
    Some(tried.fold(proof, |proof, other| {
        proof.not(format!("certificate/link-uses-other-name: {} leads elsewhere", other.name))
    }))
}

pub(super) fn link_uses_other_name(e: &Evidence, case: &Case) -> Option<Proof> {
    let proof = wrong_name_proof(e)?;
    let other = e.other_names.iter().find(|other| other.same_address && other.completed)?;
    let port = match case.facts.hub.as_ref().map(|hub| hub.port) {
        Some(port) if port != 443 => format!(":{port}"),
        _ => String::new(),
    };
    Some(
        proof
            .and(format!("look-up of {}", other.name), "the same address")
            .and(format!("handshake for {}", other.name), "completed, the certificate fits")
            .not("certificate/wrong-name: a name of the certificate leads to this very server")
            .value("link", format!("https://{}{port}", other.name)),
    )
}

/// The path ends in a root this computer trusts. Windows fetches many of its roots only when they
/// are needed, so it may know one that was not in its store.
pub(super) fn is_trusted(e: &Evidence) -> bool {
    e.examined.trusted || windows::accepts(e)
}

/// How surely the certificate is the one Qlik makes for itself: `server` under `server-CA`.
fn qlik_shape(subject: &str, issuer: &str) -> Option<Confidence> {
    let site = issuer.strip_suffix("-CA")?;
    if site.eq_ignore_ascii_case(subject) {
        return Some(Confidence::Certain);
    }
    // A further node of a site is issued by the first. Full names of one domain are asked for,
    // since a company's own CA is often called DOMAIN-SERVER-CA.
    let (_, site_domain) = site.split_once('.')?;
    let (_, domain) = subject.split_once('.')?;
    site_domain.eq_ignore_ascii_case(domain).then_some(Confidence::Possible)
}

/// Whether Qlik may have made it for itself.
pub(super) fn is_qlik_shape(own: &CertificateFacts) -> bool {
    let names = own.subject_cn.as_deref().zip(own.issuer_cn.as_deref());
    names.is_some_and(|(subject, issuer)| qlik_shape(subject, issuer).is_some())
}

pub(super) fn qlik_default(e: &Evidence, _: &Case) -> Option<Proof> {
    let path = e.examined.path();
    let step = path.first().filter(|_| !is_trusted(e))?;
    let subject = step.facts.subject_cn.as_deref()?;
    let issuer = step.facts.issuer_cn.as_deref()?;
    let confidence = qlik_shape(subject, issuer)?;
    let mut proof = about(e, step)
        .compared("issuer, if Qlik made it", format!("{subject}-CA"), issuer)
        .and("trusted root of that issuer", "none on this computer")
        .not("a company CA whose name ends in -CA: it would not be named after this server")
        .at_most(confidence);
    if e.examined.same_named_root {
        proof = proof.and(
            "root of the same name",
            "trusted here, with another key: the site was made anew and this is the old root",
        );
    }
    Some(with_rustls(e, store_readable(e, with_root(e, proof))))
}

/// A store that could not be read trusts nobody, and that is no fault of the issuer.
fn store_readable(e: &Evidence, proof: Proof) -> Proof {
    if e.examined.roots == 0 {
        return proof
            .and("trusted roots on this computer", "none could be read")
            .at_most(Confidence::Possible);
    }
    proof.and("trusted roots on this computer", e.examined.roots)
}

pub(super) fn untrusted_issuer(e: &Evidence, case: &Case) -> Option<Proof> {
    let seen = &e.examined;
    let path = seen.path();
    let step = path.last().filter(|_| !is_trusted(e))?;
    if interception::suspicion(e) >= Some(Confidence::Likely) {
        return None;
    }
    let (end, confidence) = match seen.top()?.issued_by {
        IssuedBy::Itself => ("it signed itself, and it is not trusted here", Confidence::Certain),
        IssuedBy::BadSignature if seen.same_named_root => {
            ("a root of its issuer's name is trusted here, with another key", Confidence::Certain)
        }
        // A server need not send the root, so after an intermediate it is the root that is missing.
        IssuedBy::Unknown if path.len() > 1 => {
            ("its issuer, probably the root, is not trusted here", Confidence::Likely)
        }
        // Small companies issue straight from the root, and the root need not be sent.
        IssuedBy::Unknown if !is_qlik_shape(step.facts) => {
            ("its issuer, perhaps a root, is neither sent nor trusted here", Confidence::Possible)
        }
        _ => return None,
    };
    let proof = about(e, step)
        .compared("end of the path", "a trusted root", end)
        .at_most(confidence)
        .not("certificate/qlik-default: the names are not SERVER under SERVER-CA")
        .not("certificate/intercepted: nothing but the unknown issuer points at a device");
    let proof = if roots_are_not_fetched(case) {
        let at = "DisableRootAutoUpdate";
        proof.and(at, "1: Windows fetches no public root that it does not have yet")
    } else {
        proof
    };
    Some(with_rustls(e, store_readable(e, with_root(e, proof))))
}

/// Whether Windows is told to do without roots that it would else fetch when one is needed.
fn roots_are_not_fetched(case: &Case) -> bool {
    let computer = case.facts.computer.as_deref();
    computer.and_then(|computer| computer.encryption.root_update_disabled) == Some(1)
}

/// The root to install, by name and fingerprint; of one that was not sent only the name is known.
pub(super) fn with_root(e: &Evidence, proof: Proof) -> Proof {
    let path = e.examined.path();
    let is_top = e.examined.top().is_some_and(|top| top.issued_by == IssuedBy::Itself);
    match path.last().filter(|_| is_top && !e.examined.trusted) {
        Some(root) => {
            let (subject, fingerprint) = (&root.facts.subject, &root.facts.fingerprint);
            proof
                .and("SHA-256 fingerprint of the root", fingerprint)
                .value("issuer", format!("{subject} (SHA-256 {fingerprint})"))
        }
        None => proof,
    }
}

pub(super) fn chain_incomplete(e: &Evidence, _: &Case) -> Option<Proof> {
    let seen = &e.examined;
    let path = seen.path();
    let sent = path.iter().rev().find(|step| step.index.is_some_and(|i| i < seen.presented()))?;
    let above = sent.index.map(|index| seen.chain[index].issued_by)?;
    let fetched = path.iter().any(|step| step.index.is_some_and(|i| i >= seen.presented()));
    let proof = about(e, sent).compared("its issuer", "presented or trusted", "neither");
    let proof = with_rustls(e, proof);
    if seen.trusted && fetched {
        let from = e.fetched.iter().filter(|fetched| fetched.completes_to_trusted);
        let stacks = "Windows and Chrome may fetch what is missing, OpenSSL and rustls do not";
        let proof = from.fold(proof.and(DIFFER, stacks), |proof, fetched| {
            let subject = fetched.subject.as_deref().unwrap_or_default();
            proof
                .and(format!("fetched from {}", fetched.url), subject)
                .not("certificate/untrusted-issuer: with it the path ends in a trusted root")
        });
        return Some(if windows::cannot_complete(e) {
            proof
                .and("Windows", "did not complete the path, as Desktop then does not either")
                .severity(Severity::Blocks)
                .only_documented()
        } else {
            proof
        });
    }
    let made_on_the_way = interception::suspicion(e) >= Some(Confidence::Likely);
    if seen.trusted || made_on_the_way {
        return None;
    }
    if let Some(old) = outdated_issuer(seen).filter(|_| !seen.same_named_root) {
        let sent = old.subject_key.as_deref().unwrap_or_default();
        let top = path.last().and_then(|step| step.facts.authority_key.as_deref());
        let wanted = top.unwrap_or_default();
        let proof = proof
            .compared("key of the issuer that was sent", wanted, sent)
            .not("certificate/misissued: the issuer that was sent is another one of that name")
            .at_most(Confidence::Likely);
        return Some(blocks_unless_completed(e, proof));
    }
    if path.len() > 1 || above != IssuedBy::Unknown {
        return None;
    }
    // Devices that make certificates on the way often send nothing but that one. Youth alone is
    // no sign against the server: whoever has just installed a certificate forgets this.
    let same_elsewhere = !e.same_issuer_at.is_empty();
    let most = if same_elsewhere { Confidence::Possible } else { Confidence::Likely };
    let why = match sent.facts.aia_issuers.first() {
        None => "the certificate names no address to fetch it from".to_owned(),
        Some(url) if e.from_files => format!("not tried for files; it should lie at {url}"),
        Some(_) => "it could not be fetched".to_owned(),
    };
    let proof = store_readable(e, proof.and("fetching the issuer", why)).at_most(most);
    Some(blocks_unless_completed(e, proof))
}

/// What nobody was able to complete Desktop is not expected to either.
fn blocks_unless_completed(e: &Evidence, proof: Proof) -> Proof {
    if windows::accepts(e) {
        proof.and("Windows", "completes the path by itself, so that Desktop may work")
    } else {
        proof.severity(Severity::Blocks)
    }
}

/// The certificate that was made wrongly, and the rule it breaks.
fn broken_rule(e: &Evidence) -> Option<(Step<'_>, String)> {
    let seen = &e.examined;
    let path = seen.path();
    for (height, step) in path.iter().enumerate() {
        // The store vouches for a root; only the hub's own certificate is still asked its purpose.
        if step.is_root && height > 0 {
            continue;
        }
        if let Some(rule) = rule_of_one(step, height) {
            return Some((*step, rule));
        }
        let issuers_below = path[..height].iter().skip(1).filter(|s| !s.facts.self_issued).count();
        if step.facts.path_len.is_some_and(|most| height > 0 && issuers_below > most as usize) {
            return Some((*step, "more issuers stand below it than it allows".to_owned()));
        }
    }
    if let Some(outside) = &seen.outside_constraints {
        let step = path.into_iter().find(|step| step.index == outside.issuer)?;
        return Some((step, format!("it may not issue certificates for {}", outside.name)));
    }
    let top = seen.top()?;
    let unfit = top.issued_by == IssuedBy::BadSignature && outdated_issuer(seen).is_none();
    if unfit && !seen.same_named_root && !seen.trusted {
        let rule = "its signature does not fit the certificate that bears its issuer's name";
        return path.last().map(|step| (*step, rule.to_owned()));
    }
    None
}

/// A certificate of the right issuer's name that is another one by its own account: issuers keep
/// their name when they get a new key, and the server still sends the old one.
fn outdated_issuer(seen: &Examination) -> Option<&CertificateFacts> {
    let top = seen.top().filter(|top| top.issued_by == IssuedBy::BadSignature)?;
    let facts = top.facts.as_ref()?;
    let wanted = facts.authority_key.as_ref()?;
    let named = seen.chain.iter().filter_map(|one| one.facts.as_ref());
    let mut named = named.filter(|one| one.subject == facts.issuer && one.is_ca).peekable();
    let first = named.peek().copied();
    let is_other =
        |one: &CertificateFacts| one.subject_key.as_ref().is_some_and(|own| own != wanted);
    first.filter(|_| named.all(is_other))
}

/// OpenSSL refuses a server's certificate whose key may neither sign nor encrypt nor agree; rustls
/// does not look (both measured). A root's own certificate is left to the store.
fn is_of_no_use(step: &Step<'_>, height: usize) -> bool {
    height == 0 && !step.is_root && step.facts.handshake_use == Some(false)
}

fn rule_of_one(step: &Step<'_>, height: usize) -> Option<String> {
    let facts = step.facts;
    if facts.server_auth == Some(false) {
        return Some("its extended key usage does not allow servers".to_owned());
    }
    if is_of_no_use(step, height) {
        return Some("its key usage allows nothing that a server needs".to_owned());
    }
    if height > 0 && !facts.is_ca {
        return Some("it issued a certificate and is itself no issuer (CA:FALSE)".to_owned());
    }
    if height > 0 && facts.cert_sign == Some(false) {
        return Some("its key usage does not allow it to issue certificates".to_owned());
    }
    let extension = facts.unknown_critical.first()?;
    Some(format!("it has a critical extension that programs do not know ({extension})"))
}

pub(super) fn misissued(e: &Evidence, _: &Case) -> Option<Proof> {
    let (step, rule) = broken_rule(e)?;
    let proof = about(e, &step)
        .and("rule broken", &rule)
        .and("key", step.facts.key.label())
        .not("certificate/too-weak: the signature was judged apart from the size of the key")
        .value("rule broken", rule);
    let unasked = step.index == Some(0) && is_of_no_use(&step, 0);
    let proof = if unasked {
        proof.and(DIFFER, "OpenSSL refuses it, rustls does not").at_most(Confidence::Likely)
    } else {
        proof
    };
    Some(with_rustls(e, windows::unless_accepted(e, proof)))
}

fn weak_step(e: &Evidence) -> Option<(Step<'_>, String)> {
    e.examined.path().into_iter().find_map(|step| {
        let facts = step.facts;
        if facts.key.is_weak() {
            return Some((step, facts.key.label()));
        }
        // The signature of a certificate on itself proves nothing and is not checked (H31).
        let by_itself = || {
            let one = step.index.and_then(|index| e.examined.chain.get(index));
            one.is_some_and(|one| one.issued_by == IssuedBy::Itself)
        };
        let counts = facts.weak_signature && !step.is_root && !by_itself();
        counts.then(|| (step, facts.signature_algorithm.clone()))
    })
}

pub(super) fn too_weak(e: &Evidence, _: &Case) -> Option<Proof> {
    let (step, seen) = weak_step(e)?;
    let proof = if step.facts.key.is_weak() {
        about(e, &step).and(DIFFER, "some still accept RSA 1024, rustls and OpenSSL do not")
    } else {
        about(e, &step).and(DIFFER, "some accept SHA-1 of a company's own issuer, rustls does not")
    };
    let proof = proof
        .compared("key and signature", "RSA 2048 or ECDSA, with SHA-256 or better", &seen)
        .not("tampering, which rustls calls by the same name as a short key: it was told apart");
    Some(with_rustls(e, windows::unless_accepted(e, proof)))
}

/// Why an issuer withdrew a certificate (RFC 5280 section 5.3.1).
fn reason(number: Option<u8>) -> String {
    match number {
        Some(1) => "its key may be known to others".to_owned(),
        Some(2) => "the key of its issuer may be known to others".to_owned(),
        Some(3) => "its owner's name or affiliation changed".to_owned(),
        Some(4) => "another certificate took its place".to_owned(),
        Some(5) => "it is no longer needed".to_owned(),
        Some(6) => "it is suspended".to_owned(),
        Some(9) => "its owner lost the right to it".to_owned(),
        None | Some(0) => "not told".to_owned(),
        Some(other) => format!("reason {other}"),
    }
}

fn withdrawn(e: &Evidence) -> Option<(Step<'_>, &Revocation)> {
    let revoked = |one: &&Revocation| one.word.is_some_and(|word| word.state == State::Revoked);
    let one = e.revocation.iter().find(revoked)?;
    let step = e.examined.path().into_iter().find(|step| step.index == Some(one.index))?;
    Some((step, one))
}

pub(super) fn revoked(e: &Evidence, _: &Case) -> Option<Proof> {
    let Some((step, one)) = withdrawn(e) else { return windows::revoked(e) };
    let word = one.word?;
    let since = word.at.map_or_else(|| "a day not told".to_owned(), day);
    let proof = about(e, &step)
        .compared(one.how.label(), "good", format!("withdrawn on {since}"))
        .and("reason", reason(word.reason))
        .not("certificate/revocation-unreachable: the issuer's own signed word was read")
        .value("date", since);
    let proof = if one.url.is_empty() { proof } else { proof.and("asked", &one.url) };
    let stacks = "those that ask the issuer refuse it; rustls and OpenSSL do not ask";
    Some(with_rustls(e, proof.and(DIFFER, stacks)))
}

/// The host and port of a service, as a firewall's owner needs them.
fn service(url: &str) -> String {
    let parsed = url::Url::parse(url).ok();
    let host = parsed.as_ref().and_then(|url| url.host_str()).unwrap_or(url);
    let port = parsed.as_ref().and_then(url::Url::port_or_known_default).unwrap_or(80);
    format!("{host} port {port}")
}

pub(super) fn revocation_unreachable(e: &Evidence, case: &Case) -> Option<Proof> {
    // Behind a proxy Windows asks through it; that a direct way is closed says nothing then.
    let known = withdrawn(e).is_some() || windows::knows_revocation(e);
    if case.goes_through_proxy() || known {
        return None;
    }
    let lost = |one: &&Revocation| one.status.is_none() && one.failure.is_some_and(is_of_network);
    let one = e.revocation.iter().find(|one| {
        let same = e.revocation.iter().filter(|other| other.index == one.index);
        lost(one) && same.clone().all(|other| other.word.is_none())
    })?;
    let step = e.examined.path().into_iter().find(|step| step.index == Some(one.index))?;
    let same = e.revocation.iter().filter(|other| other.index == one.index && lost(other));
    let proof = same.fold(about(e, &step), |proof, one| {
        let took = format!("nothing in {:.0} ms", one.took_ms);
        proof.compared(format!("answer of {}", one.url), "the state of the certificate", took)
    });
    let proof = proof
        .not("certificate/revoked: nobody said that it was withdrawn")
        .value("service", service(&one.url));
    Some(windows::with_windows(e, proof))
}

/// A way that is closed, as opposed to an address that hublink does not ask and to a service that
/// answers, if only nonsense.
fn is_of_network(failure: Failure) -> bool {
    use FailureKind::{Invalid, NotPermitted, NotTheProtocol, TooManyOpen};
    !matches!(failure.kind, Invalid | NotPermitted | NotTheProtocol | TooManyOpen)
}

pub(super) fn expires_soon(e: &Evidence, case: &Case) -> Option<Proof> {
    let now = e.examined.now;
    if !e.examined.trusted || explained(e, case) || !e.examined.valid_at(now) {
        return None;
    }
    let mut path = e.examined.path().into_iter();
    let step = path.find(|step| step.facts.not_after.0 - now.0 <= SOON)?;
    let left = (step.facts.not_after.0 - now.0).whole_days();
    let proof = about(e, &step)
        .compared("days left", format!("more than {}", SOON.whole_days()), left)
        .not("certificate/expired: every certificate of the path is valid today")
        .value("date", day(step.facts.not_after));
    Some(proof)
}

/// What is wrong with a chain, in a word; `None` if it is good.
fn fault(e: &Evidence, case: &Case) -> Option<&'static str> {
    type When = fn(&Evidence, &Case) -> Option<Proof>;
    let known: [(&'static str, When); 9] = [
        ("it ran out", expired),
        ("it is not valid yet", not_yet_valid),
        ("it belongs to another name", wrong_name),
        ("it is the one Qlik made for itself", qlik_default),
        ("nobody here trusts its issuer", untrusted_issuer),
        ("it was made wrongly", misissued),
        ("its cryptography is outdated", too_weak),
        ("an intermediate certificate is missing", chain_incomplete),
        ("a device on the way may have made it", interception::intercepted),
    ];
    known.iter().find(|(_, when)| when(e, case).is_some()).map(|&(word, _)| word)
}

pub(super) fn differs_by_address(e: &Evidence, case: &Case) -> Option<Proof> {
    let here = e.shown_at?;
    let is_good = |examined: &Examination| examined.trusted && examined.name.accepted();
    let own = fault(e, case);
    let (other, found) = e.addresses.iter().find_map(|other| {
        let examined = other.examined.as_deref()?;
        let there = Evidence { date: e.date.clone(), ..Evidence::offline(examined.clone()) };
        let found = fault(&there, case);
        // One of the two is good beyond doubt, and a known cause says what is wrong with the other.
        let differs = match (own, found) {
            (None, Some(_)) => is_good(&e.examined),
            (Some(_), None) => is_good(examined),
            _ => false,
        };
        differs.then_some((other, found))
    })?;
    let say = |fault: Option<&'static str>| fault.unwrap_or("good");
    let path = e.examined.path();
    let theirs = other.examined.as_deref()?.own()?;
    let (good, bad) = if own.is_none() { (here, other.address) } else { (other.address, here) };
    let proof = about(e, path.first()?)
        .and(format!("at {here}"), say(own))
        .and(format!("at {}", other.address), say(found))
        .and("certificate there", &theirs.subject)
        .and("issued by, there", &theirs.issuer)
        .and("valid, there", format!("{} to {}", theirs.not_before, theirs.not_after))
        .not("certificates of two kinds side by side: those would all be good")
        .value("good", good)
        .value("bad", bad);
    Some(proof)
}

/// Whether a cause of this check explains why somebody refuses the chain.
fn explained(e: &Evidence, case: &Case) -> bool {
    fault(e, case).is_some() || revoked(e, case).is_some()
}

/// What is at fault.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// A certificate, by its place in the chain; `None` for a root that was not presented.
    At(Option<usize>),
    /// One that is neither in the chain nor among the trusted roots.
    Missing,
}

fn fault_of(e: &Evidence) -> Option<Fault> {
    let nowhere = Case::default();
    if let Some(step) = expired_step(e, &nowhere).or_else(|| early_step(e, &nowhere)) {
        return Some(Fault::At(step.index));
    }
    if wrong_name_proof(e).is_some() || qlik_default(e, &nowhere).is_some() {
        return Some(Fault::At(Some(0)));
    }
    if let Some((step, _)) = broken_rule(e).or_else(|| weak_step(e)) {
        return Some(Fault::At(step.index));
    }
    if let Some((step, _)) = withdrawn(e) {
        return Some(Fault::At(step.index));
    }
    untrusted_issuer(e, &nowhere).or_else(|| chain_incomplete(e, &nowhere))?;
    let path = e.examined.path();
    let fetched = path.iter().find(|step| step.index >= Some(e.examined.presented()));
    match (e.examined.trusted, e.examined.top()?.issued_by) {
        // It stands once this one is there.
        (true, _) => fetched.map(|step| Fault::At(step.index)),
        (false, IssuedBy::Itself) => path.last().map(|step| Fault::At(step.index)),
        (false, _) => Some(Fault::Missing),
    }
}

pub(super) fn faulty(e: &Evidence) -> Option<usize> {
    match fault_of(e)? {
        Fault::At(index) => index,
        Fault::Missing => None,
    }
}

pub(super) fn is_open(e: &Evidence) -> bool {
    fault_of(e) == Some(Fault::Missing)
}

pub(super) fn unexplained(e: &Evidence, case: &Case) -> Option<Proof> {
    let path = e.examined.path();
    let Some(own) = path.first() else {
        let seen = if e.examined.chain.is_empty() { "none" } else { "one that cannot be read" };
        return Some(with_rustls(e, Proof::seen("the hub's certificate", seen)));
    };
    let hub = e.date.as_ref().filter(|_| confirmed(case).is_none() && e.only_our_clock_objects());
    if let Some(hub) = hub {
        let off = path.iter().find(|step| !step.facts.valid_at(e.examined.now)).unwrap_or(own);
        let proof = about(e, off)
            .and("this computer's time", e.examined.now)
            .and("the hub's own time", hub.date)
            .and("judged by the hub's own time", "valid");
        return Some(with_rustls(e, proof));
    }
    let refused = match &e.rustls {
        Some(verdict) => !verdict.accepted && !is_own_root(e),
        None => (!e.examined.trusted || limit_of_ours(e)) && !is_own_root(e),
    };
    if !(refused || windows::refuses(e)) || explained(e, case) {
        return None;
    }
    let proof = with_rustls(e, about(e, own));
    let proof = if e.key_unproven {
        proof.compared("proof that the server holds the key", "verifies", "does not verify")
    } else {
        proof.and("our own judgement", "nothing to object to")
    };
    if let Some(why) = windows::disagreement(e) {
        return Some(proof.and("what is not known", why).severity(Severity::Degrades));
    }
    if e.examined.trusted && limit_of_ours(e) {
        let why = "hublink cannot examine a certificate of this kind fully; Desktop may";
        return Some(proof.and("limit", why).severity(Severity::Degrades));
    }
    Some(proof)
}

/// Nothing is known to be wrong, and hublink cannot say that all is well.
pub(super) fn is_beyond_us(e: &Evidence) -> bool {
    let unexplained = unexplained(e, &Case::default());
    unexplained.is_some_and(|proof| proof.severity == Some(Severity::Degrades))
}

/// A self-signed issuer's certificate which is itself in the store: OpenSSL and Windows accept
/// it for a server, rustls never does.
fn is_own_root(e: &Evidence) -> bool {
    !e.key_unproven
        && e.examined.chain.first().is_some_and(|own| {
            own.is_root && own.facts.as_ref().is_some_and(|facts| facts.is_ca && facts.self_issued)
        })
}

fn unchecked(e: &Evidence) -> bool {
    let path = e.examined.path();
    let steps = path.iter().filter(|step| !step.is_root).filter_map(|step| step.index);
    steps.into_iter().any(|index| e.examined.chain[index].signature == Signature::Unchecked)
}

/// What rustls refuses and other programs accept, as far as we know.
fn limit_of_ours(e: &Evidence) -> bool {
    let path = e.examined.path();
    let known_keys = path.iter().all(|step| step.facts.key.kind != KeyKind::Other);
    let policies = path.iter().any(|step| !step.facts.unevaluated_critical.is_empty());
    let issuer_as_server = !e.key_unproven && e.examined.own().is_some_and(|own| own.is_ca);
    let any_usage = path.iter().any(|step| step.facts.any_usage_only);
    policies || issuer_as_server || any_usage || (unchecked(e) && known_keys)
}
