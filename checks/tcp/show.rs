//! Attempts to connect, in the words of a proof.

use hublink_probe::{Connect, Icmp};

use super::{Evidence, relevant};
use crate::frame::Proof;

/// Every attempt that was made, address by address.
pub(super) fn raw(e: &Evidence) -> Proof {
    let control = e.control.iter().flat_map(|c| c.again.iter().chain(&c.ports));
    e.attempts.iter().chain(control).fold(Proof::default(), |proof, attempt| {
        proof.and(format!("connect to {}", attempt.to), outcome(attempt))
    })
}

/// Fills in the address a remedy is about.
pub(super) fn about(e: &Evidence, proof: Proof) -> Proof {
    let first = relevant(e).first().map(|attempt| attempt.to.ip().to_string());
    proof.value("address", first.unwrap_or_default())
}

pub(super) fn outcome(attempt: &Connect) -> String {
    let mut text = match attempt.failure {
        None => format!("accepted after {} ms", attempt.took_ms),
        Some(failure) => format!("{} after {} ms", failure.what(), attempt.took_ms),
    };
    if let Some(icmp) = &attempt.icmp {
        text.push_str(&format!(", {}", icmp_text(icmp)));
    }
    if let Some(state) = &attempt.state {
        let repeats = state.retransmits.max(state.total_retransmits);
        if repeats > 0 {
            text.push_str(&format!(", SYN sent {} times", repeats + 1));
        }
    }
    text
}

fn icmp_text(icmp: &Icmp) -> String {
    let protocol = if icmp.v6 { "ICMPv6" } else { "ICMP" };
    let sender = icmp.sender.map_or("an unnamed sender".to_owned(), |ip| ip.to_string());
    format!("{protocol} {}/{} from {sender}", icmp.kind, icmp.code)
}
