//! The name: does it lead to an address, for the system and for every name server?

mod answers;
mod bogus;
mod closer;
mod hosts;
mod look;
mod name;
mod rules;
mod servers;
#[cfg(test)]
mod tests;
mod text;

use std::net::IpAddr;

use hublink_probe::{DnsReply, Failure, FailureKind, Handshake, NameServers, Policy, SystemLookup};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use closer::{Closer, MadeUp};
pub use hosts::{HostsEntry, HostsFile};

use crate::certificate::NameMatch;
use crate::frame::{
    AGAIN, AGAIN_AS_NAMED, Cause, Check, Confidence, Context, Meta, Owner, Reason, ReasonKind,
    Severity, Verify, cause, fallback, passed,
};
use crate::link::Link;

const LOOKED_UP: &[Verify] =
    &[Verify { command: "nslookup <host>", expect: "names the hub's address" }, AGAIN[0]];

/// Whether the hub's name resolves.
pub struct Dns;

/// What was seen of the name.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Evidence {
    /// The name looked up.
    #[schemars(extend("x-identifies" = "host"))]
    pub host: String,
    /// The link names an address, so nothing had to be looked up.
    #[serde(default)]
    pub literal: bool,
    /// The name servers and suffixes this computer is configured with.
    pub configured: NameServers,
    /// The system's own look-up.
    pub system: SystemLookup,
    /// What each name server answered, asked directly, A and AAAA apart; for a short name also
    /// with each suffix.
    #[serde(default)]
    pub replies: Vec<DnsReply>,
    /// Questions still unanswered when the system's look-up had already succeeded.
    #[serde(default)]
    pub not_waited_for: usize,
    /// Questions asked again, because name servers contradicted each other or were slow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub again: Vec<DnsReply>,
    /// Each name server asked for the root of all names: does it answer anything at all?
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<DnsReply>,
    /// TLS for the name at addresses that are in doubt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trials: Vec<Trial>,
    /// The other control probes, made only after the hub failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closer: Option<Closer>,
    /// Addresses that were allowed to a hub here and are made up elsewhere.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub policy: Policy,
    /// The addresses the next steps use, bounded.
    #[schemars(extend("x-compared" = "addresses"))]
    pub addresses: Vec<IpAddr>,
}

impl Evidence {
    /// Whether a name server outside this computer answered anything. Many systems run one of
    /// their own, which answers without any network.
    #[must_use]
    pub fn heard_from_outside(&self) -> bool {
        let answered = self.replies.iter().filter(|reply| reply.rcode.is_some());
        answered.map(|reply| reply.server.ip()).any(|ip| !ip.is_loopback())
    }
}

/// TLS for a name at one address: an answer is true if the name is served there, not because of
/// the range it lies in.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Trial {
    /// The handshake.
    pub handshake: Handshake,
    /// How the certificate stands for the name, or for the link's own if that is the short one.
    pub name: NameMatch,
    /// The path of the certificate ends in a root this computer trusts. A company's own issuer is
    /// often missing, and the server is the right one nevertheless.
    pub trusted: bool,
}

impl Trial {
    /// The address tried.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.handshake.connect.to.ip()
    }

    /// Whether the name is served there. An old certificate that programs refuse was issued for
    /// the name all the same.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.handshake.completed() && (self.name.accepted() || self.name == NameMatch::OnlyCn)
    }
}

/// The addresses examined of one name. Load balancers publish a handful.
const ADDRESSES: usize = 8;

const RFC: &[&str] = &["RFC 1035", "RFC 2308", "measured: glibc beside direct queries"];

impl Check for Dns {
    type Evidence = Evidence;

    const META: Meta = Meta {
        id: "dns",
        title: "the name resolves",
        docs: "Looks the hub's name up as every program does, and beside that asks each configured \
               name server directly for IPv4 and IPv6 addresses. The system's look-up alone hides \
               why it failed: a missing name, a broken zone, a refusing server and silence look \
               alike there. Without an address nothing can be reached, so everything behind is \
               skipped when the name does not resolve. If the name resolves and something fails \
               at its address, the answer itself is looked at: the hosts file, names made up on \
               the spot, and whether the other addresses that name servers give serve the name.",
        needs: &[passed::<Link>()],
    };

    const CAUSES: &'static [Cause<Evidence>] = &[
        Cause {
            title: "The hub's name is known only inside the company network, and you are outside \
                    it.",
            explain: "The name servers in use now do not know the name, or no address of it, and what \
                      leads to those that may know it is missing: a VPN of this computer is not \
                      connected, a rule of Windows sends the name to name servers that are not \
                      reached, or the adapter of the name's own network is not connected. Names \
                      of servers inside a company are usually told only to computers inside it. \
                      Rules that a VPN program sets for as long as it is connected cannot be read.",
            remedy: &[
                "Connect <adapter>, or go to the company network, and run again.",
                "If you are in the company network already, check the spelling of <host> with \
                 your Qlik admin.",
            ],
            owner: Owner::You,
            confidence: Confidence::Likely,
            look_alikes: &[
                "the same with the VPN connected: then the name does not exist \
                 (dns/name-not-found)",
                "a rule of Windows whose name servers answer",
                "a computer without any VPN, rule or other network",
            ],
            see: &[
                "Qlik community idea 1724854: a VPN is needed to reach the server",
                "MS-GPNRPT: the table of rules (NRPT)",
            ],
            suppresses: &[
                "dns/name-not-found",
                "dns/resolver-refuses",
                "dns/resolver-unreachable",
                "dns/zone-failure",
            ],
            ..cause("dns/inside-name-only", name::inside_name_only)
        },
        Cause {
            title: "No name server can be reached, so no name can be looked up.",
            explain: "The name servers this computer is configured with do not answer at all. That \
                      is typical for a VPN that is off, a network that was left, or a firewall \
                      that drops questions to port 53.",
            remedy: &["Connect the VPN or network that owns <servers>, or ask IT for a working \
                       name server."],
            owner: Owner::Network,
            look_alikes: &[
                "a name server that answers with an error (dns/resolver-refuses)",
                "a computer without any network",
            ],
            see: &["measured: glibc gives up after 10.0 s; port unreachable shows as ECONNREFUSED"],
            ..cause("dns/resolver-unreachable", servers::resolver_unreachable)
        },
        Cause {
            title: "Your name server answers, but declines or cannot handle the question.",
            explain: "The server is reachable and says no: refused, not implemented, format error, \
                      or a failure for every name asked. Its operator decides for whom it \
                      answers. Some servers cannot read the questions of today's programs, or \
                      cut long answers short and do not give the rest.",
            remedy: &[
                "Ask IT why name server <servers> answers <rcode>, or use the one they name.",
            ],
            owner: Owner::Network,
            look_alikes: &[
                "a failure for the hub's domain alone (dns/zone-failure)",
                "a name that does not exist (dns/name-not-found)",
                "one server that declines while another answers: that only costs time",
            ],
            see: &["RFC 1035 section 4.1.1", "RFC 6891", "RFC 7766"],
            suppresses: &["dns/os-lookup-differs"],
            ..cause("dns/resolver-refuses", servers::resolver_refuses)
        },
        Cause {
            title: "The name servers responsible for the hub's domain are broken or its DNSSEC \
                    signatures are.",
            explain: "Your name server answers other questions, but fails for this domain: the \
                      servers of the domain do not answer, or what they answer does not verify. If the \
                      same question without checking of signatures is answered, it is DNSSEC.",
            remedy: &["Ask the DNS team responsible for <host> to repair the domain: <detail>."],
            verify: LOOKED_UP,
            owner: Owner::Network,
            look_alikes: &[
                "a name server that fails for every name (dns/resolver-refuses)",
                "a server failure for IPv6 alone, which harms nobody",
                "a circle of aliases (dns/record-broken)",
            ],
            see: &["RFC 1035", "RFC 4035", "RFC 8914"],
            ..cause("dns/zone-failure", servers::zone_failure)
        },
        Cause {
            title: "The name exists in DNS but leads to no address.",
            explain: "The name is known, but the record behind it is missing, or it is an alias \
                      that ends nowhere: at a name that no longer exists, as after a server was \
                      replaced, or in a circle of aliases.",
            remedy: &[
                "Ask the DNS team to repair the record of <host> (<chain>). Is a VPN needed to \
                 reach it? Then connect that first: inside, the record may lead further.",
            ],
            verify: LOOKED_UP,
            owner: Owner::Network,
            look_alikes: &[
                "a missing IPv6 address beside a good IPv4 one, which is normal",
                "a name that does not exist at all (dns/name-not-found)",
                "a record that leads somewhere inside the company only (dns/inside-name-only)",
                "a failing zone, which looks like a circle of aliases until each is asked for \
                 (dns/zone-failure)",
            ],
            see: RFC,
            suppresses: &["dns/name-not-found", "dns/zone-failure"],
            ..cause("dns/record-broken", name::record_broken)
        },
        Cause {
            title: "The link uses a short name that this computer cannot complete.",
            explain: "A name without dots is completed with the computer's own suffixes, and none \
                      of them fits. On other computers, with the right suffix, the same link works.",
            remedy: &["Ask for a link with the full name <fqdn>; meanwhile let IT add the suffix \
                       <domain>."],
            verify: AGAIN_AS_NAMED,
            owner: Owner::QlikAdmin,
            confidence: Confidence::Likely,
            look_alikes: &["a short name that resolves nowhere, however it is completed \
                            (dns/name-not-found)"],
            see: &["RFC 1535", "measured: a resolver without search suffixes"],
            suppresses: &["dns/name-not-found"],
            ..cause("dns/suffix-missing", name::suffix_missing)
        },
        Cause {
            title: "The hub's name does not exist.",
            explain: "Every name server this computer uses says so. Mostly the name is misspelt, \
                      the server has another name now, or the name is known only inside the \
                      company network.",
            remedy: &[
                "Check the spelling of <host> with your Qlik admin; if it is right, it must \
                       be entered in DNS. Is a VPN needed to see it? Then connect it first.",
            ],
            verify: LOOKED_UP,
            owner: Owner::QlikAdmin,
            look_alikes: &[
                "a malformed answer, which glibc reports the same way (the response code differs)",
                "a name server that does not answer (dns/resolver-unreachable)",
                "a name that another name server of this computer knows (dns/resolvers-disagree)",
            ],
            see: RFC,
            ..cause("dns/name-not-found", name::name_not_found)
        },
        Cause {
            title: "The hosts file on this computer sends the name to another address than DNS.",
            explain: "A line in that file wins over every name server. It was right once, or meant \
                      for a test; at its address the hub does not answer any more.",
            remedy: &["Remove or correct the line \"<ip> <host>\" in the file <file>."],
            owner: Owner::You,
            look_alikes: &[
                "a line that works, or that says the same as DNS",
                "a name server that gives a wrong answer (dns/false-answers)",
            ],
            see: &["hosts(5)", "measured: a stale line beside a correct DNS answer"],
            ..cause("dns/hosts-file-override", answers::hosts_file_override)
        },
        Cause {
            title: "Your network answers this name with a made-up or blocking address.",
            explain: "At the address given there is no server for the name: it is a start page \
                      where one has to log in first, a block page, or an address nobody has. \
                      Names that were made up on the spot may get the same answer.",
            remedy: &["Log in to the network's start page if there is one; else ask IT why \
                       <resolver> answers <ip> for <host>."],
            owner: Owner::Network,
            confidence: Confidence::Likely,
            look_alikes: &[
                "a wildcard in the hub's own zone: names below .invalid do not resolve then",
                "a private address, which is normal for a hub in a company",
                "a line of the hosts file (dns/hosts-file-override)",
            ],
            see: &[
                "RFC 6761 section 6.4",
                "RFC 6890",
                "measured: a name server that gives one address for every name",
            ],
            ..cause("dns/false-answers", answers::false_answers)
        },
        Cause {
            title: "The system's own look-up fails or differs although the same name servers \
                    answer correctly.",
            explain: "Programs do not get what the name servers say. Something in between answers: \
                      an outdated cache, a rule for certain names (NRPT), a VPN's own name \
                      service, or encrypted questions to another server (DNS over HTTPS). Rules \
                      that a VPN program sets for as long as it is connected cannot be read.",
            remedy: &[
                "Empty this computer's name cache (on Windows: ipconfig /flushdns) and try again.",
                "If it stays, show IT <rule>: the system says <seen> for <host>, the name servers \
                 say <address>.",
            ],
            owner: Owner::You,
            confidence: Confidence::Likely,
            look_alikes: &[
                "a line of the hosts file (dns/hosts-file-override)",
                "name servers that contradict each other (dns/resolvers-disagree)",
                "a look-up that failed once and then works",
            ],
            see: &["measured: a system that does not ask DNS, beside good direct answers"],
            ..cause("dns/os-lookup-differs", answers::os_lookup_differs)
        },
        Cause {
            title: "The name servers of this computer give different answers, so it works only \
                    sometimes.",
            explain: "One of them leads to the hub, another does not know the name or leads \
                      elsewhere. Which one is asked changes, so the login works today and fails \
                      tomorrow. If the wrong one is asked now, it does not work at all.",
            remedy: &["Ask IT to align name servers <ip1> and <ip2> for <host>."],
            owner: Owner::Network,
            severity: Severity::Degrades,
            look_alikes: &[
                "several addresses of the same hub in changing order, all of them good",
                "name servers of another network that this computer does not ask for the hub",
            ],
            see: &["measured parts: an outside and an inside view of one zone"],
            ..cause("dns/resolvers-disagree", answers::resolvers_disagree)
        },
        Cause {
            title: "Something swallows the questions for IPv6 addresses, so every look-up stalls.",
            explain: "The same name server answers at once for IPv4 and never for IPv6. Programs \
                      wait for both, so each look-up costs many seconds before it succeeds.",
            remedy: &["Ask IT to let AAAA queries to <servers> through."],
            owner: Owner::Network,
            severity: Severity::Degrades,
            look_alikes: &["any quick answer for IPv6, even an error: it costs no time"],
            see: &["measured: 15.0 s with glibc's defaults"],
            ..cause("dns/aaaa-dropped", servers::aaaa_dropped)
        },
        Cause {
            title: "Looking up the name works, but only after waiting for a dead or slow name \
                    server.",
            explain: "The first name server is silent or slow; the system asks the next one only \
                      after seconds. Every connection pays for that.",
            remedy: &["Ask IT to repair or remove name server <servers>."],
            owner: Owner::Network,
            severity: Severity::Degrades,
            look_alikes: &["silence for IPv6 alone (dns/aaaa-dropped)"],
            see: &["measured: 5.05 s with glibc when the first of two servers is silent"],
            ..cause("dns/resolver-slow", servers::resolver_slow)
        },
        fallback("dns/unexplained", |e, _| failed(e).then(|| text::raw(e))),
    ];

    fn nothing_seen(seen: &Evidence) -> Option<Reason> {
        let is_ours = |failure: Option<Failure>| {
            failure.is_some_and(|failure| failure.kind == FailureKind::TooManyOpen)
        };
        let reason = Reason::of(ReasonKind::CouldNotLook);
        if !failed(seen) {
            None
        } else if is_ours(seen.system.failure) {
            Some(reason.detail("too many look-ups were under way"))
        } else {
            let unasked = seen.replies.iter().all(|reply| is_ours(reply.failure));
            (unasked && !seen.replies.is_empty())
                .then(|| reason.detail("too many files are open in this program"))
        }
    }

    async fn probe(cx: &Context) -> Evidence {
        let host = cx.case.host().to_owned();
        if let Ok(address) = host.parse::<IpAddr>() {
            return literal(host, address);
        }
        let configured = cx.world.name_servers();
        let questions = look::questions(&look::names(&host, &configured), &configured);
        let (system, replies, not_waited_for) = look::look(cx, &host, &questions).await;
        let addresses = system.addresses.iter().copied().take(ADDRESSES).collect();
        let policy = cx.world.policy();
        let seen =
            Evidence { replies, not_waited_for, policy, addresses, ..of(host, configured, system) };
        // A name that leads nowhere is looked at closer in the control pass.
        if failed(&seen) {
            seen
        } else if look::servers_contradict(&seen) {
            closer::compare_servers(cx, seen).await
        } else if look::was_slow(&seen.system) {
            closer::ask_the_slow_again(cx, seen).await
        } else {
            seen
        }
    }

    async fn control(cx: &Context, seen: &Evidence) -> Option<Evidence> {
        if seen.literal {
            None
        } else if failed(seen) {
            Some(closer::after_failure(cx, seen).await)
        } else {
            closer::at_answers(cx, seen).await
        }
    }
}

/// What is known after a look-up alone.
fn of(host: String, configured: NameServers, system: SystemLookup) -> Evidence {
    Evidence {
        host,
        literal: false,
        configured,
        system,
        replies: Vec::new(),
        not_waited_for: 0,
        again: Vec::new(),
        controls: Vec::new(),
        trials: Vec::new(),
        closer: None,
        policy: Policy::default(),
        addresses: Vec::new(),
    }
}

fn literal(host: String, address: IpAddr) -> Evidence {
    let system =
        SystemLookup { replaced: false, addresses: vec![address], failure: None, took_ms: 0.0 };
    Evidence { literal: true, addresses: vec![address], ..of(host, NameServers::default(), system) }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_usual(policy: &Policy) -> bool {
    *policy == Policy::default()
}

fn failed(e: &Evidence) -> bool {
    e.addresses.is_empty()
}
