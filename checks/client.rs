//! This computer: is it connected to any network at all, and do links reach Desktop on it?

mod desktop;
mod links;

use hublink_probe::{Connect, FailureKind, Interface, InterfaceKind, LocalEngine};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dns::Dns;
use crate::frame::{
    Case, Cause, Check, Confidence, Context, Meta, Owner, Proof, Severity, Target, cause, fallback,
    is_link_local,
};
use crate::hubs_file::Named;
use crate::link::TextKind;
use crate::tcp::{AT_ONCE_MS, Tcp};

/// Whether anything on this computer stands in the way.
pub struct Client;

/// What was seen of this computer.
///
/// What it says of its settings, and of Desktop, stands in the facts of the case.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Evidence {
    /// The adapters, loopback too.
    pub adapters: Vec<Interface>,
    /// The adapters once more, only if none led out at first and the hub failed: Wi-Fi comes and
    /// goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Vec<Interface>>,
    /// Hubs and name servers may live on this computer, as in the practice world, which needs no
    /// adapter.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hubs_here: bool,
    /// How the hub was named, which says whether anybody has to open its link.
    #[serde(default)]
    pub named_by: NamedBy,
    /// What Desktop's own engine says, where Desktop can run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<LocalEngine>,
}

/// How a hub was named.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NamedBy {
    /// By its address.
    #[default]
    Address,
    /// In the file that Desktop reads.
    DesktopsFile,
    /// In another file.
    File,
    /// By a link alone.
    Link,
}

impl NamedBy {
    fn of(target: &Target) -> Self {
        let is_link = target.text.as_ref().is_some_and(|text| text.kind == TextKind::Link);
        match target.file.as_ref().map(|file| file.named) {
            Some(Named::DesktopPlace) => Self::DesktopsFile,
            Some(Named::Explicit) => Self::File,
            None if is_link => Self::Link,
            None => Self::Address,
        }
    }
}

impl Check for Client {
    type Evidence = Evidence;

    const META: Meta = Meta {
        id: "client",
        title: "nothing on this computer stands in the way",
        docs: "Reads the list of this computer's network adapters. Without any \
               adapter that is connected and has an address, every hub fails, and no hub is to \
               blame. The symbol \"no Internet\" of Windows is not asked: its test page is often \
               blocked where hubs are reached well. On Windows it also reads which program opens \
               links of Desktop, what policies tell the browser about them, and which Desktop is \
               installed, and asks Desktop's own engine on this computer (port 4848) for its \
               state. Nothing leaves this computer.",
        needs: &[],
    };

    const CAUSES: &'static [Cause<Evidence>] = &[
        Cause {
            title: "This computer has no network connection at all.",
            explain: "No adapter but the computer's own loopback is connected and has an address, \
                      so nothing can leave this computer, whatever hub it is meant for.",
            remedy: &["Connect the network cable, Wi-Fi or VPN, and run hublink again."],
            owner: Owner::You,
            look_alikes: &[
                "only the hub's network is missing: an adapter is connected (tcp/off-network)",
                "the symbol \"no Internet\": it says nothing about hubs inside the company",
                "a hub on this computer itself, which needs no adapter",
            ],
            see: &["measured: ENETUNREACH 101 and ENETDOWN 100 at 0 ms; WSA 10051 and 10050"],
            ..cause("client/no-network", no_network)
        },
        Cause {
            title: "Windows does not know which program opens the link: Desktop is not installed \
                    for you, or its registration is broken.",
            explain: "A link begins with qliksense:, and Windows looks that word up to find the \
                      program it starts. Desktop's installer writes it down, mostly for the user \
                      alone who installed it. Without it a click on the link does nothing, or asks \
                      for another program. A hub from hubs.ini still has its button in Desktop.",
            remedy: &[
                "Install or repair Qlik Sense Desktop under <user>, then click the link again.",
            ],
            owner: Owner::You,
            look_alikes: &[
                "Desktop installed for another user of this computer, in whose name hublink was \
                 not started",
                "a registration that may not be read, or a program on a share that is away",
                "a browser that was not allowed to open the link (client/browser-blocks-link)",
            ],
            see: &[
                "Microsoft: Registering an Application to a URI Scheme",
                "Qlik support article 1713031: Desktop is installed for one user, and its browser \
                 opens the link",
                "the values that Desktop's installer writes are unconfirmed",
            ],
            ..cause("client/link-handler-missing", links::handler_missing)
        },
        Cause {
            title: "A browser rule stops the link from opening Desktop.",
            explain: "A company can tell Chrome and Edge which addresses they must not open. A rule \
                      for everything, or for qliksense:, covers the link, too: the browser then \
                      shows a page that says it is blocked.",
            remedy: &[
                "Ask IT to allow qliksense:// in <browser> (URLAllowlist: qliksense:*).",
                "Meanwhile open the link with the Windows key and R.",
            ],
            owner: Owner::Network,
            confidence: Confidence::Possible,
            severity: Severity::Degrades,
            look_alikes: &[
                "the suggestion that says Google Search was chosen in place of the link",
                "the browser's question was answered with no",
                "a rule for all addresses, with an exception for the link",
            ],
            see: &[
                "Chrome Enterprise and Microsoft Edge policies: URLBlocklist, URLAllowlist",
                "Qlik support article 1713031 (the suggestion)",
                "that the rule covers links of programs is unconfirmed",
            ],
            ..cause("client/browser-blocks-link", links::browser_blocks)
        },
        Cause {
            title: "Your Desktop version has expired or does not fit.",
            explain: "Desktop's own engine on this computer says so by a code: 12001 (expired), 9004 \
                      (the wrong version) or 12000 (there is a newer one, which is no fault).",
            remedy: &[
                "Install the Desktop version that fits your hub; your Qlik admin knows its release.",
            ],
            owner: Owner::You,
            look_alikes: &[
                "a version number alone: no rule which versions fit is known",
                "Desktop that is not running: its engine is needed only while it is used",
            ],
            see: &["codes and texts of Qlik's web client of June 2019"],
            ..cause("client/desktop-outdated", desktop::outdated)
        },
        Cause {
            title: "The network adapters of this computer could not be listed.",
            ..fallback("client/unexplained", unexplained)
        },
    ];

    async fn probe(cx: &Context) -> Evidence {
        let hubs_here = cx.world.policy().loopback_allowed;
        Evidence {
            adapters: cx.world.interfaces(),
            again: None,
            hubs_here,
            named_by: NamedBy::of(&cx.target),
            engine: cx.world.local_engine().await,
        }
    }

    fn public_names() -> Vec<&'static str> {
        vec!["QlikTech", "QlikSenseBrowser", "QlikSense", "Qlik"]
    }

    async fn control(cx: &Context, seen: &Evidence) -> Option<Evidence> {
        let none_leads_out = leading_out(&seen.adapters).is_empty();
        none_leads_out.then(|| {
            let again = Some(cx.world.interfaces());
            Evidence { again, ..seen.clone() }
        })
    }
}

/// The adapters through which something can leave this computer.
fn leading_out(adapters: &[Interface]) -> Vec<&Interface> {
    adapters.iter().filter(|adapter| adapter.leads_out() && has_given_address(adapter)).collect()
}

/// Whether an adapter has an address that it did not give itself because nobody else did.
fn has_given_address(adapter: &Interface) -> bool {
    adapter.addresses.iter().any(|subnet| !is_link_local(subnet.address))
}

/// An adapter that is connected, in words: the evidence against `client/no-network`.
pub(crate) fn connected_by(case: &Case) -> Option<String> {
    let seen = case.of::<Client>().map(|seen| &seen.adapters[..]);
    let first = *leading_out(seen.unwrap_or(&case.facts.interfaces)).first()?;
    Some(format!("the adapter {} is connected", first.name))
}

/// Whether no adapter of this computer leads anywhere; false if they could not be listed.
fn nothing_leads_out(adapters: &[Interface]) -> bool {
    let listed = adapters.iter().any(|adapter| adapter.kind == InterfaceKind::Loopback);
    listed && leading_out(adapters).is_empty()
}

fn no_network(e: &Evidence, case: &Case) -> Option<Proof> {
    let without =
        nothing_leads_out(&e.adapters) && e.again.as_deref().is_none_or(nothing_leads_out);
    if !without || e.hubs_here {
        return None;
    }
    let proof = failed_here(case)?.not("tcp/off-network: no adapter is connected at all");
    let proof = e.adapters.iter().fold(proof, |proof, adapter| {
        proof.and(format!("adapter {}", adapter.name), state_of(adapter))
    });
    // An address that an adapter gave itself may still reach a neighbour.
    let self_given = e.adapters.iter().any(Interface::leads_out);
    Some(if self_given { proof.at_most(Confidence::Likely) } else { proof })
}

fn state_of(adapter: &Interface) -> &'static str {
    match (adapter.kind, adapter.up) {
        (InterfaceKind::Loopback, _) => "this computer itself",
        (_, false) => "not connected, or without an address",
        (_, true) => "only an address that it gave itself",
    }
}

/// That the hub failed on this computer already: every attempt at once, or no name server
/// answered. `None` as long as nothing failed, or if anything got further.
fn failed_here(case: &Case) -> Option<Proof> {
    let at_once = |attempt: &Connect| {
        let kind = attempt.kind();
        let here = matches!(kind, Some(FailureKind::NetworkUnreachable | FailureKind::NetworkDown));
        here && attempt.icmp.is_none() && attempt.took_ms < AT_ONCE_MS
    };
    if let Some(tcp) = case.of::<Tcp>().filter(|tcp| !tcp.attempts.is_empty()) {
        let all = tcp.chosen.is_none() && tcp.attempts.iter().all(at_once);
        return all.then(|| {
            let first = tcp.attempts.first().and_then(|attempt| attempt.failure);
            let seen = first.map(|failure| failure.what()).unwrap_or_default();
            Proof::seen("every attempt to connect failed at once", seen)
        });
    }
    let dns = case.of::<Dns>()?;
    (dns.addresses.is_empty() && !dns.heard_from_outside())
        .then(|| Proof::seen("name servers", "none could be asked"))
}

fn unexplained(e: &Evidence, _: &Case) -> Option<Proof> {
    e.adapters
        .is_empty()
        .then(|| Proof::seen("adapters", "the system named none").severity(Severity::Informs))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hublink_probe::{ScriptedWorld, Subnet, Timestamp};

    use super::*;
    use crate::frame::{Budget, Facts, context_for_tests};

    fn adapter(kind: InterfaceKind, up: bool, address: &str) -> Interface {
        let address = address.parse().expect("an IP");
        let addresses = vec![Subnet { address, prefix: 24 }];
        Interface { name: "one".into(), kind, up, addresses }
    }

    #[test]
    fn an_address_that_an_adapter_gave_itself_leads_nowhere() {
        let loopback = adapter(InterfaceKind::Loopback, true, "127.0.0.1");
        let self_given = adapter(InterfaceKind::Other, true, "169.254.3.4");
        assert!(nothing_leads_out(&[loopback.clone(), self_given]));
        assert!(nothing_leads_out(&[
            loopback.clone(),
            adapter(InterfaceKind::Other, false, "10.0.0.1"),
        ]));
        assert!(!nothing_leads_out(&[loopback, adapter(InterfaceKind::Vpn, true, "10.0.0.1")]));
        assert!(!nothing_leads_out(&[]), "a list that could not be read proves nothing");
    }

    #[tokio::test]
    async fn the_adapters_are_read_again_only_if_none_leads_out() {
        let now = Timestamp::parse("2026-11-24T12:00:00Z").expect("a time");
        let mut world = ScriptedWorld::at(now);
        world.interfaces = vec![adapter(InterfaceKind::Other, true, "10.0.0.1")];
        let cx = context_for_tests(Arc::new(world), Facts::default(), Budget::default());
        let seen = Client::probe(&cx).await;
        assert!(Client::control(&cx, &seen).await.is_none());
        let lost = Evidence::default();
        let again = Client::control(&cx, &lost).await.and_then(|seen| seen.again);
        assert_eq!(again.expect("a second look").len(), 1);
    }

    #[test]
    fn nothing_is_said_before_anything_failed() {
        let e = Evidence {
            adapters: vec![adapter(InterfaceKind::Loopback, true, "127.0.0.1")],
            ..Evidence::default()
        };
        assert!(no_network(&e, &Case::default()).is_none());
    }
}
