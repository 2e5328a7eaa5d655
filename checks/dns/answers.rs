//! Proofs about answers: they exist, and lead to another place than they should.

use std::collections::BTreeSet;
use std::net::IpAddr;

use hublink_probe::{DnsReply, FailureKind, Policy};

use super::bogus;
use super::closer::{Closer, MadeUp};
use super::look::{View, servers_contradict, views};
use super::rules::between;
use super::text::{list, raw, replies, server, servers, trials};
use super::{Evidence, Trial, failed};
use crate::frame::{Case, Confidence, Proof, Severity};

/// TLS for the hub's own name at one address.
fn trial_at(e: &Evidence, address: IpAddr) -> Option<&Trial> {
    e.trials
        .iter()
        .find(|trial| trial.address() == address && trial.handshake.server_name == e.host)
}

fn fits_at(e: &Evidence, address: IpAddr) -> bool {
    trial_at(e, address).is_some_and(Trial::fits)
}

/// The addresses were tried, as far as they are tried at all, and none leads to the name.
fn all_fail<'a>(e: &Evidence, addresses: impl IntoIterator<Item = &'a IpAddr>) -> bool {
    let tried: Vec<&Trial> =
        addresses.into_iter().filter_map(|&address| trial_at(e, address)).collect();
    !tried.is_empty() && !tried.iter().any(|trial| trial.fits())
}

/// What the name servers say, all together.
fn told_by_servers(e: &Evidence) -> BTreeSet<IpAddr> {
    e.replies.iter().chain(&e.again).flat_map(DnsReply::addresses).collect()
}

pub(super) fn hosts_file_override(e: &Evidence, _: &Case) -> Option<Proof> {
    let hosts = e.closer.as_ref()?.hosts.as_ref()?;
    let entries: BTreeSet<IpAddr> = hosts.entries.iter().map(|entry| entry.address).collect();
    let told = told_by_servers(e);
    let in_use = e.addresses.iter().any(|address| entries.contains(address));
    if !in_use || told.is_empty() || !told.is_disjoint(&entries) || !all_fail(e, &entries) {
        return None;
    }
    told.iter().find(|&&address| fits_at(e, address))?;
    let first = hosts.entries.first()?;
    let proof = raw(e).compared(
        format!("{} line {}", hosts.path, first.line),
        list(told.iter().copied()),
        first.address,
    );
    Some(
        trials(proof, &e.trials)
            .not("an entry that works, or that says the same as DNS")
            .value("ip", first.address)
            .value("file", &hosts.path),
    )
}

pub(super) fn false_answers(e: &Evidence, case: &Case) -> Option<Proof> {
    let closer = e.closer.as_ref()?;
    let in_hosts = closer.hosts.as_ref().is_some_and(|hosts| !hosts.entries.is_empty());
    if failed(e) || in_hosts || !all_fail(e, &e.addresses) {
        return None;
    }
    let (address, lying, why) = same_for_all(e, closer)
        .or_else(|| bogus_address(e, case))
        .or_else(|| from_suffix(e, closer))?;
    let made_up = closer.made_up.iter().map(|made_up| &made_up.reply);
    let seen = raw(e);
    let seen =
        replies(seen, made_up.chain(&closer.completed).filter(|r| r.addresses().count() > 0));
    let own = e.addresses.iter().filter_map(|&address| trial_at(e, address));
    let proof = trials(seen, own)
        .and("why the answer is not believed", why)
        .not("dns/hosts-file-override: no line of the hosts file is about the name")
        .not("a private address alone, which is normal for a hub in a company")
        .value("resolver", servers(lying))
        .value("ip", address);
    // Without the hosts file it is not known who answers.
    let unread = closer.hosts.as_ref().is_some_and(|hosts| !hosts.was_read());
    Some(if unread { proof.at_most(Confidence::Possible) } else { proof })
}

/// An address, the replies that gave it, and why it is not believed.
type Lie<'e> = (IpAddr, Vec<&'e DnsReply>, String);

/// Names that nobody can have registered get the hub's address too: one below its own domain and
/// one below `.invalid`. A wildcard of the zone's owner does only the first.
fn same_for_all<'e>(e: &'e Evidence, closer: &'e Closer) -> Option<Lie<'e>> {
    let gives = |of: &MadeUp, to: &MadeUp, address: IpAddr| {
        let both = of.reply.addresses().any(|ip| ip == address)
            && to.reply.addresses().any(|ip| ip == address);
        both && of.reply.server == to.reply.server
    };
    let everywhere = |address: IpAddr| {
        let invalid = closer.made_up.iter().filter(|made_up| made_up.below == "invalid");
        invalid.into_iter().find(|nowhere| {
            let below_hub = closer.made_up.iter().filter(|m| is_below_hub(e, m));
            below_hub.into_iter().any(|made_up| gives(made_up, nowhere, address))
        })
    };
    let (address, nowhere) =
        e.addresses.iter().find_map(|&address| Some((address, everywhere(address)?)))?;
    Some((address, vec![&nowhere.reply], "names made up on the spot lead there too".to_owned()))
}

fn is_below_hub(e: &Evidence, made_up: &MadeUp) -> bool {
    match e.host.split_once('.') {
        Some((_, domain)) => domain == made_up.below,
        None => e.configured.search.contains(&made_up.below),
    }
}

/// Every address is one that no hub can have, and a name server gave it.
fn bogus_address<'e>(e: &'e Evidence, case: &Case) -> Option<Lie<'e>> {
    // Addresses of documents then stand for others.
    let pretended = e.policy.documentation_allowed || case.facts.pseudonyms;
    let policy = Policy { documentation_allowed: pretended, ..e.policy };
    let reasons: Option<Vec<&str>> =
        e.addresses.iter().map(|&address| bogus::reason(address, policy)).collect();
    let reason = *reasons?.first()?;
    let &address = e.addresses.first()?;
    let lying: Vec<&DnsReply> =
        e.replies.iter().filter(|reply| reply.addresses().any(|ip| ip == address)).collect();
    (!lying.is_empty()).then(|| (address, lying, format!("{address} is {reason}")))
}

/// The name does not exist; completed with a suffix whose zone answers for every name, it does.
fn from_suffix<'e>(e: &'e Evidence, closer: &'e Closer) -> Option<Lie<'e>> {
    let own = e.replies.iter().filter(|r| r.name == e.host && r.rcode.is_some());
    let mut own = own.peekable();
    own.peek()?;
    if !e.host.contains('.') || !own.all(|reply| reply.rcode == Some(3)) {
        return None;
    }
    e.addresses.iter().find_map(|&address| {
        let gives = |reply: &DnsReply| reply.addresses().any(|ip| ip == address);
        let completed = closer.completed.iter().find(|reply| {
            let suffix = reply.name.strip_prefix(&format!("{}.", e.host));
            let wildcard = |m: &&MadeUp| Some(&*m.below) == suffix && gives(&m.reply);
            gives(reply) && closer.made_up.iter().any(|m| wildcard(&m))
        })?;
        let why =
            format!("the name was completed to {}, where every name is answered", completed.name);
        Some((address, vec![completed], why))
    })
}

pub(super) fn resolvers_disagree(e: &Evidence, case: &Case) -> Option<Proof> {
    if e.system.replaced {
        return None;
    }
    let views = views(e);
    let fits = |view: &&View| view.addresses.iter().any(|&address| fits_at(e, address));
    let good = views.iter().find(fits)?;
    let wrong = |view: &&View| {
        let misled = !view.addresses.is_empty() && all_fail(e, &view.addresses);
        good.contradicts(view) && (view.denies || misled)
    };
    let bad = views.iter().find(wrong)?;
    let hub_stopped = failed(e) || all_fail(e, &e.addresses);
    if !hub_stopped && several_networks(case) {
        return None;
    }
    let says = |view: &View| {
        if view.denies { "no such name".to_owned() } else { list(view.addresses.iter().copied()) }
    };
    let proof = trials(raw(e), &e.trials)
        .compared(format!("what {} says", server(bad.server)), says(good), says(bad))
        .not("other addresses of the same hub: TLS for the name works at only one side's")
        .not("an answer that changes from one question to the next: both were asked twice")
        .value("ip1", server(good.server))
        .value("ip2", server(bad.server));
    let proof = if case.facts.os == "linux" { proof } else { proof.at_most(Confidence::Likely) };
    // Where the wrong answer is the one this computer uses, nothing works at all.
    Some(if hub_stopped { proof.severity(Severity::Blocks) } else { proof })
}

/// Each network brings its own name servers, and the system asks the right one: beside a VPN the
/// router at home may well not know the hub. Linux has one list for all of them.
fn several_networks(case: &Case) -> bool {
    let leading_out = case.facts.interfaces.iter().filter(|adapter| adapter.leads_out()).count();
    case.facts.os != "linux" && leading_out != 1
}

pub(super) fn os_lookup_differs(e: &Evidence, _: &Case) -> Option<Proof> {
    let closer = e.closer.as_ref()?;
    let hosts = closer.hosts.as_ref()?;
    if e.system.replaced || !hosts.entries.is_empty() || !system_is_wrong(e, closer) {
        return None;
    }
    let views = views(e);
    let all_answer = !views.is_empty() && views.iter().all(|view| !view.addresses.is_empty());
    let told = told_by_servers(e);
    let &good = told.iter().find(|&&address| fits_at(e, address))?;
    if !all_answer
        || servers_contradict(e)
        || !told.is_disjoint(&e.addresses.iter().copied().collect())
    {
        return None;
    }
    let system = match e.system.failure {
        Some(failure) => failure.what(),
        None => list(e.addresses.iter().copied()),
    };
    let proof = trials(raw(e), &e.trials)
        .compared("the system's own look-up", list(told.iter().copied()), &system)
        .not("dns/resolvers-disagree: every name server gives the same answer or a part of it")
        .value("seen", system)
        .value("address", good);
    let elsewhere = e.closer.iter().flat_map(|closer| &closer.elsewhere);
    let proof = replies(proof, elsewhere);
    let proof = match between(e) {
        Some(what) => proof.and("what Windows is told", &what).value("rule", what),
        None => proof.value("rule", "this"),
    };
    Some(if hosts.was_read() {
        proof.not("dns/hosts-file-override: no line of the hosts file is about the name")
    } else {
        proof.at_most(Confidence::Possible)
    })
}

/// It failed, twice, or led to where the name is not served.
fn system_is_wrong(e: &Evidence, closer: &Closer) -> bool {
    match e.system.failure {
        Some(failure) => {
            let again = closer.system_again.as_ref();
            failure.kind != FailureKind::TooManyOpen
                && again.is_some_and(|again| again.failure.is_some())
        }
        None => all_fail(e, &e.addresses),
    }
}
