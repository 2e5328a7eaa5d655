//! Control probes of a hub that failed, and what the other hubs of the run say.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::{join, join_all};
use hublink_probe::{Connect, FailureKind, Handshake};

use super::series::{self, Why, came_late};
use super::{Control, Evidence, Others, is_refused, relevant};
use crate::frame::Context;

/// A refusal and an acceptance are taken in turn this often; the fastest of each counts.
const QUIET_ROUNDS: usize = 3;

/// Both answered before; no answer now would only waste the time allowed.
const QUIET_LIMIT: Duration = Duration::from_secs(1);

pub(super) async fn look_closer(cx: &Context, seen: &Evidence) -> Option<Evidence> {
    if let Some(to) = seen.chosen {
        let cut_off = seen.series.is_none() && !series::later_failures(&cx.case, to).is_empty();
        if !cut_off {
            return None;
        }
        let series = Some(series::take(cx, to, Why::ALaterStepGotNone).await);
        return Some(Evidence { series, ..seen.clone() });
    }
    let control = seen.control.as_ref()?;
    let (tls_on_443, quiet) = join(tls_on_443(cx, control), quiet(cx, seen, control)).await;
    let control = Some(Control { tls_on_443, quiet, ..control.clone() });
    Some(Evidence { control, ..seen.clone() })
}

async fn tls_on_443(cx: &Context, control: &Control) -> Option<Handshake> {
    let open_443 = control.ports.iter().find(|c| c.to.port() == 443 && c.succeeded())?;
    cx.in_time(cx.world.handshake(&cx.hello(open_443.to, cx.case.host()))).await
}

/// Takes the times of refusals, beside those of a port that accepts at the same address if there
/// is one.
async fn quiet(cx: &Context, seen: &Evidence, control: &Control) -> Vec<Connect> {
    let refused = relevant(seen).into_iter().filter(|a| is_refused(a) && a.icmp.is_none());
    let rounds = refused.map(|attempt| {
        let open = control.ports.iter().find(|c| c.succeeded() && c.to.ip() == attempt.to.ip());
        let round: Vec<SocketAddr> =
            std::iter::once(attempt.to).chain(open.map(|open| open.to)).collect();
        round.repeat(QUIET_ROUNDS)
    });
    let limit = cx.budget.connect.min(QUIET_LIMIT);
    join_all(rounds.map(|to| cx.world.connect_quietly(to, limit))).await.concat()
}

/// What the other hubs saw, if it helps to place a fault of this one.
pub(super) fn others(own: &Evidence, others: &[&Evidence]) -> Option<Others> {
    let in_trouble = own.attempts.iter().any(|a| a.kind() == Some(FailureKind::NoAnswer))
        || own.series.is_some();
    if !in_trouble {
        return None;
    }
    let own_addresses: Vec<IpAddr> = own.attempts.iter().map(|a| a.to.ip()).collect();
    let elsewhere = others.iter().flat_map(|other| &other.attempts);
    let elsewhere = elsewhere.filter(|attempt| !own_addresses.contains(&attempt.to.ip()));
    let found = |fits: &dyn Fn(&Connect) -> bool| -> Option<SocketAddr> {
        elsewhere.clone().find(|attempt| fits(attempt)).map(|attempt| attempt.to)
    };
    let prompt = |a: &Connect| a.succeeded() && !series::was_late(a);
    let seen = Others {
        over_v4: found(&|a| prompt(a) && a.to.is_ipv4()),
        over_v6: found(&|a| prompt(a) && a.to.is_ipv6()),
        troubled: others
            .iter()
            .filter(|other| came_late(other))
            .filter_map(|other| other.chosen)
            .find(|to| !own_addresses.contains(&to.ip())),
    };
    (own.others.as_ref() != Some(&seen)).then_some(seen)
}
