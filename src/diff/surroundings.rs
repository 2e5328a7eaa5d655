//! Where two runs took place, as far as that may explain what differs between them.

use hublink_probe::{Computer, Interface};

use super::Changed;
use crate::render::computer::{desktop, opener};
use crate::report::Report;
use crate::review::word;

pub(super) fn compare(old: &Report, new: &Report, nameless: bool) -> Vec<Changed> {
    let mut found = Vec::new();
    let mut both = |what: &str, of: &dyn Fn(&Report) -> Option<String>| {
        found.extend(Changed::of(what, of(old), of(new)));
    };
    both("version of hublink", &|report| Some(report.tool.version.clone()));
    both("kind of run", &|report| report.mode.as_ref().and_then(word));
    both("operating system", &|report| Some(report.environment.os.clone()));
    both("processor", &|report| Some(report.environment.arch.clone()));
    both("proxy variables", &|report| list(&report.environment.proxy_variables));
    both("Windows", &|report| Some(windows(report)?.system.to_string()));
    both("Qlik Sense Desktop", &|report| windows(report).map(desktop));
    both("what is hidden", &|report| Some(report.redaction.level.clone()));
    if nameless {
        return found;
    }
    both("external checks", &|report| list(&external(report)));
    both("links open", &|report| opener(&windows(report)?.links.effective));
    both("name server of --resolver", &|report| report.environment.resolver.clone());
    let labels = old.labels.keys().chain(new.labels.keys());
    let mut labels: Vec<&String> = labels.collect();
    labels.sort();
    labels.dedup();
    for label in labels {
        both(&format!("label {label}"), &|report| report.labels.get(label).cloned());
    }
    adapters(old, new, &mut found);
    found
}

/// What a Windows computer said of itself.
fn windows(report: &Report) -> Option<&Computer> {
    report.environment.computer.as_deref()
}

/// Adapters that are in one report alone, or that are connected otherwise.
fn adapters(old: &Report, new: &Report, found: &mut Vec<Changed>) {
    let (old, new) = (&old.environment.interfaces, &new.environment.interfaces);
    // Reports of the first versions hold none.
    if old.is_empty() || new.is_empty() {
        return;
    }
    let told = |list: &[Interface], name: &str| list.iter().find(|one| one.name == name).map(state);
    let mut names: Vec<&String> = old.iter().chain(new).map(|adapter| &adapter.name).collect();
    names.sort();
    names.dedup();
    for name in names {
        found.extend(Changed::of(&format!("adapter {name}"), told(old, name), told(new, name)));
    }
}

/// The external checks that were asked about any hub.
fn external(report: &Report) -> Vec<String> {
    let asked = report.hubs.iter().flat_map(|hub| &hub.external);
    let mut names: Vec<String> = asked.map(|external| external.name().to_owned()).collect();
    names.sort();
    names.dedup();
    names
}

fn state(adapter: &Interface) -> String {
    let up = if adapter.up { "up" } else { "down" };
    let kind = word(&adapter.kind).unwrap_or_default();
    let addresses =
        adapter.addresses.iter().map(|subnet| format!("{}/{}", subnet.address, subnet.prefix));
    let parts: Vec<String> = [format!("{kind}, {up}")].into_iter().chain(addresses).collect();
    parts.join(", ")
}

fn list(texts: &[String]) -> Option<String> {
    (!texts.is_empty()).then(|| texts.join(", "))
}
