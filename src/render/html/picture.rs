//! The way from this computer to the login, as a drawing.

use hublink_checks::certificate;
use hublink_checks::frame::{ReasonKind, Status};
use hublink_probe::Way;
use serde_json::Value;

use crate::render::words::{bounded, own_addresses};
use crate::report::{CheckReport, Hub, Report};

/// A place on the way.
struct Station {
    name: &'static str,
    /// The checks that examine it.
    checks: &'static [&'static str],
    /// A path of a 24 by 24 drawing.
    icon: &'static str,
}

/// The stations in the order of the ladder. A check that stands nowhere gets a station of its own.
const STATIONS: [Station; 8] = [
    Station {
        name: "This computer",
        checks: &["hubs-file", "link", "client"],
        icon: "M3 5h18v11H3z M8 20h8 M12 16v4",
    },
    Station { name: "Way", checks: &["proxy"], icon: "M3 12h17 M14 6l6 6-6 6 M4 7v10" },
    Station {
        name: "Name servers",
        checks: &["dns"],
        icon: "M5 4h11a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3z M9 9h6 M9 13h6",
    },
    Station { name: "Port (TCP)", checks: &["tcp"], icon: "M6 21V4h12v17 M3 21h18 M14 12h1" },
    Station { name: "Encryption", checks: &["tls"], icon: "M6 11h12v9H6z M8 11V8a4 4 0 0 1 8 0v3" },
    Station {
        name: "Certificate",
        checks: &["certificate", "clock"],
        icon: "M5 4h14v11H5z M8 8h8 M8 11h5 M13 15v6l2-2 2 2v-6",
    },
    Station {
        name: "Web server",
        checks: &["http"],
        icon: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18 M3 12h18 M12 3c5 5 5 13 0 18 M12 3c-5 5-5 13 0 18",
    },
    Station {
        name: "Hub and login",
        checks: &["hub", "login", "licence", "test-server"],
        icon: "M11 4a7 7 0 1 0 0 14a7 7 0 1 0 0-14 M15 16l5 5",
    },
];

const OTHER_ICON: &str = "M12 4v10 M12 18v1";

/// What is drawn of one station.
#[derive(Clone, Debug)]
pub(super) struct Stop {
    pub(super) name: String,
    /// What stands there: an address, a date.
    pub(super) detail: String,
    /// How it is, as a class of the style: `ok`, `warn`, `bad`, `unknown`, `off`.
    pub(super) class: &'static str,
    /// The same of the line that leads there.
    pub(super) line: &'static str,
    /// How it is, in words.
    pub(super) word: &'static str,
    pub(super) icon: &'static str,
    /// It is the first thing broken.
    pub(super) broken: bool,
}

/// A drawing, with everything computed.
pub(super) struct Drawing {
    /// Unique in the page.
    pub(super) id: String,
    /// `wide` or `tall`.
    pub(super) shape: &'static str,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) title: String,
    pub(super) desc: String,
    pub(super) nodes: Vec<Node>,
}

/// A station with its place.
pub(super) struct Node {
    pub(super) stop: Stop,
    pub(super) x: usize,
    pub(super) y: usize,
    /// Where the line from the station before begins and ends: x, y, x, y.
    pub(super) line: Option<(usize, usize, usize, usize)>,
    pub(super) text_x: usize,
    pub(super) text_y: usize,
    pub(super) anchor: &'static str,
}

/// The stations of a hub.
pub(super) fn stops(report: &Report, hub: &Hub) -> Vec<Stop> {
    let known = |id: &str| STATIONS.iter().any(|station| station.checks.contains(&id));
    let stations = STATIONS.iter().map(|station| {
        let checks: Vec<&CheckReport> =
            hub.checks.iter().filter(|check| station.checks.contains(&check.id.as_str())).collect();
        let detail = detail(station.name, report, hub);
        stop(station_name(station, hub), detail, station.icon, &checks, hub)
    });
    let others = hub.checks.iter().filter(|check| !known(&check.id));
    let others =
        others.map(|check| stop(bounded(&check.id, 16), String::new(), OTHER_ICON, &[check], hub));
    let mut stops: Vec<Stop> = stations.chain(others).collect();
    let broken = stops.iter().position(|stop| stop.broken).unwrap_or(stops.len());
    // A login does not come past the broken hop; the doctor looked there all the same.
    for stop in stops.iter_mut().skip(broken + 1).filter(|stop| stop.word == "passed") {
        stop.word = "passed anyway";
        stop.line = "off";
    }
    stops
}

fn station_name(station: &Station, hub: &Hub) -> String {
    let name = match (&hub.way, station.checks.first()) {
        (Way::Proxy { .. }, Some(&"proxy")) => "Proxy",
        (_, Some(&"proxy")) => "No proxy",
        _ => station.name,
    };
    name.to_owned()
}

fn stop(
    name: String,
    detail: String,
    icon: &'static str,
    checks: &[&CheckReport],
    hub: &Hub,
) -> Stop {
    let broken = checks.iter().any(|check| Some(&check.id) == hub.verdict.first_broken.as_ref());
    let has = |status: Status| checks.iter().any(|check| check.status == status);
    let elsewhere = checks.iter().any(|check| {
        check.reason.as_ref().is_some_and(|reason| {
            matches!(reason.kind, ReasonKind::NotApplicable | ReasonKind::NotAsked)
        })
    });
    let (class, word) = if has(Status::Failed) {
        ("bad", if broken { "broken here" } else { "failed" })
    } else if has(Status::Errored) {
        ("unknown", "could not look")
    } else if broken {
        ("bad", "broken here")
    } else if has(Status::Warned) {
        ("warn", "worth mending")
    } else if has(Status::Passed) {
        ("ok", "passed")
    } else if elsewhere {
        ("off", "not needed")
    } else {
        ("off", "not reached")
    };
    let unknown = broken && hub.verdict.ready == crate::report::Ready::Unknown;
    let (class, word) = if unknown { ("unknown", "could not look") } else { (class, word) };
    Stop { name, detail, class, line: class, word, icon, broken }
}

/// The value that a network engineer looks for at a station.
fn detail(station: &str, report: &Report, hub: &Hub) -> String {
    let seen = |check: &str, pointer: &str| {
        let check = hub.checks.iter().find(|one| one.id == check)?;
        check.evidence.as_ref()?.tree().pointer(pointer).map(plain)
    };
    let found = match station {
        "This computer" => own_addresses(report).into_iter().next(),
        "Way" => match &hub.way {
            Way::Direct => Some("direct".to_owned()),
            Way::Proxy { proxy, .. } => Some(format!("{}:{}", proxy.host, proxy.port)),
            Way::Undecided { .. } => Some("script not read".to_owned()),
            Way::Unreadable { .. } => Some("unreadable".to_owned()),
        },
        "Name servers" => seen("dns", "/configured/servers/0"),
        "Port (TCP)" => seen("tcp", "/chosen").or_else(|| seen("tcp", "/attempts/0/to")),
        "Encryption" => seen("tls", "/handshake/version")
            .map(|version| version.replace("TLSv1_", "TLS 1.").replace("TLSv", "TLS ")),
        "Certificate" => certificate_of(hub).and_then(|evidence| {
            evidence.examined.own().map(|own| format!("to {}", own.not_after.0.date()))
        }),
        "Web server" => {
            let check = hub.checks.iter().find(|one| one.id == "http");
            let tree = check.and_then(|one| Some(one.evidence.as_ref()?.tree()));
            let hops = tree.as_ref().and_then(|tree| tree.pointer("/hops")?.as_array());
            let last = hops.and_then(|hops| hops.last()?.pointer("/status"));
            last.map(|status| format!("answers {}", plain(status)))
        }
        _ => hub.host.clone(),
    };
    found.unwrap_or_default()
}

/// The typed evidence of the certificates, if it is there and of this version's shape.
pub(super) fn certificate_of(hub: &Hub) -> Option<certificate::Evidence> {
    let check = hub.checks.iter().find(|check| check.id == "certificate")?;
    check.evidence.as_ref()?.typed().ok()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The drawing for a wide page and the one for a narrow page.
pub(super) fn drawings(hub: usize, stops: &[Stop], title: &str) -> [Drawing; 2] {
    [wide(hub, stops, title), tall(hub, stops, title)]
}

fn wide(hub: usize, stops: &[Stop], title: &str) -> Drawing {
    const PITCH: usize = 120;
    let nodes = stops.iter().enumerate().map(|(n, stop)| {
        let (x, y) = (PITCH / 2 + n * PITCH, 56);
        let line = (n > 0).then(|| (x + 32 - PITCH, y, x - 32, y));
        Node { stop: cut(stop, 16), x, y, line, text_x: x, text_y: 106, anchor: "middle" }
    });
    Drawing {
        id: format!("way-{hub}-wide"),
        shape: "wide",
        width: stops.len() * PITCH,
        height: 148,
        title: title.to_owned(),
        desc: desc(stops),
        nodes: nodes.collect(),
    }
}

fn tall(hub: usize, stops: &[Stop], title: &str) -> Drawing {
    const PITCH: usize = 78;
    let nodes = stops.iter().enumerate().map(|(n, stop)| {
        let (x, y) = (34, 38 + n * PITCH);
        let line = (n > 0).then(|| (x, y + 30 - PITCH, x, y - 30));
        Node { stop: cut(stop, 26), x, y, line, text_x: 76, text_y: y - 14, anchor: "start" }
    });
    Drawing {
        id: format!("way-{hub}-tall"),
        shape: "tall",
        width: 320,
        height: stops.len() * PITCH + 4,
        title: title.to_owned(),
        desc: desc(stops),
        nodes: nodes.collect(),
    }
}

/// A drawing has no room for long values; the middle of a name says least.
fn cut(stop: &Stop, most: usize) -> Stop {
    let letters: Vec<char> = super::super::clean(&stop.detail).chars().collect();
    let detail = if letters.len() <= most {
        letters.into_iter().collect()
    } else {
        let half = most / 2;
        let head: String = letters[..most - half].iter().collect();
        let tail: String = letters[letters.len() - half + 1..].iter().collect();
        format!("{head}…{tail}")
    };
    Stop { detail, ..stop.clone() }
}

fn desc(stops: &[Stop]) -> String {
    let said = stops.iter().map(|stop| {
        let detail = if stop.detail.is_empty() {
            String::new()
        } else {
            format!(" ({})", bounded(&stop.detail, 100))
        };
        format!("{}{detail}: {}", stop.name, stop.word)
    });
    format!("From left to right or from top to bottom. {}.", said.collect::<Vec<_>>().join(". "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_has_its_station() {
        for check in hublink_checks::all() {
            let id = check.meta().id;
            assert!(
                STATIONS.iter().any(|station| station.checks.contains(&id)),
                "{id} stands in no station: add it to STATIONS in src/render/html/picture.rs"
            );
        }
    }
}
