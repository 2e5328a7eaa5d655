//! Near or far: who was close enough to refuse that fast?

use std::net::IpAddr;

use hublink_probe::Connect;

use super::{Evidence, is_refused};
use crate::frame::{Case, is_neighbour};

/// Below this round trip near and far cannot be told apart.
const SHORTEST_ROUND_TRIP_MS: f64 = 10.0;

/// A busy computer adds a few milliseconds to any time it takes.
const SLACK_MS: f64 = 5.0;

/// Where a refusal came from, by its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Distance {
    /// Faster than the hub could have answered; the round trip in milliseconds, and the refusal's.
    Near(f64, f64),
    /// A whole round trip.
    Far,
    /// It cannot be told.
    Unknown,
}

/// Places the refusals of one address. Only the quiet attempts count: Windows sends the SYN of any
/// other again after a refusal, which then takes two seconds.
pub(super) fn of(e: &Evidence, case: &Case, address: IpAddr) -> Distance {
    // On this computer's own network a hub really is that fast.
    if is_neighbour(case, address) {
        return Distance::Unknown;
    }
    let quiet = e.control.iter().flat_map(|control| &control.quiet);
    let here = quiet.filter(|attempt| attempt.to.ip() == address);
    let refusals = here.clone().filter(|attempt| is_refused(attempt)).map(|a| a.took_ms);
    let accepted = here.filter(|attempt| attempt.succeeded()).map(round_trip);
    match (fastest(refusals), fastest(accepted)) {
        (Some(refusal), Some(trip)) if trip >= SHORTEST_ROUND_TRIP_MS => {
            if refusal < trip / 2.0 && refusal < trip - SLACK_MS {
                Distance::Near(trip, refusal)
            } else if refusal >= 0.8 * trip {
                Distance::Far
            } else {
                Distance::Unknown
            }
        }
        _ => Distance::Unknown,
    }
}

/// Whether a refusal that could not be placed is the address's own all the same: nobody stands
/// between neighbours, and a device near this computer would not have taken that long. Only times
/// taken while nothing else was done tell: amid fifty hubs a refusal by this computer takes as long.
pub(super) fn is_beyond_doubt(e: &Evidence, case: &Case, address: IpAddr) -> bool {
    let quiet = e.control.iter().flat_map(|control| &control.quiet);
    let refusals = quiet.filter(|attempt| attempt.to.ip() == address && is_refused(attempt));
    let took = fastest(refusals.map(|attempt| attempt.took_ms));
    address.is_loopback()
        || is_neighbour(case, address)
        || took.is_some_and(|ms| ms >= SHORTEST_ROUND_TRIP_MS)
}

/// The kernel's own measure where it tells, since ours may count more than the network.
fn round_trip(accepted: &Connect) -> f64 {
    let measured = accepted.state.as_ref().map(|state| state.round_trip_us).filter(|&us| us > 0);
    measured.map_or(accepted.took_ms, |us| (f64::from(us) / 1000.0).min(accepted.took_ms))
}

fn fastest(times: impl Iterator<Item = f64>) -> Option<f64> {
    times.reduce(f64::min)
}
