//! What Windows is told about proxies, for the user and for the whole machine, and how it is read.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Exceptions, Exempt, ProxyAddress, ProxyPlace, ProxySetting, ProxySettings, ProxyTold, SHOWN,
    read_proxy, shown,
};
use crate::{Scheme, Subnet};

/// The names under which the settings stand in a report. Windows has no single name for any of them.
const DETECT: &str = "Windows user settings, automatic detection";
const SCRIPT: &str = "Windows user settings, script";
const USER: &str = "Windows user settings";
const MACHINE: &str = "Windows machine settings (WinHTTP)";

/// The settings as Windows hands them out. The address of a script may hold a password, so nothing
/// of this type is saved or shown.
#[derive(Clone, Default)]
pub struct SystemProxies {
    /// Whether the user's programs look for a script on the network.
    pub detect: bool,
    /// The address of the user's script, whole.
    pub script: Option<String>,
    /// The user's proxies.
    pub user: NamedProxies,
    /// The machine's proxies.
    pub machine: NamedProxies,
}

/// Proxies and their exceptions in Windows' own spelling.
#[derive(Clone, Default)]
pub struct NamedProxies {
    /// Such as `proxy:8080` or `http=one:80;https=two:8080`.
    pub proxy: Option<String>,
    /// Such as `*.corp.test;10.*;<local>`.
    pub bypass: Option<String>,
}

/// What came of asking the system for the way that its scripts name for one address.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct ScriptAnswer {
    /// The setting that names the script, or the detection of one.
    pub source: String,
    /// The host asked for.
    #[schemars(extend("x-identifies" = "host"))]
    pub host: String,
    /// The port asked for.
    pub port: u16,
    /// What it said.
    #[serde(flatten)]
    pub said: ScriptSaid,
    /// How long it took, in milliseconds.
    pub took_ms: f64,
}

/// What a script said, or why it said nothing.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(tag = "said", rename_all = "kebab-case")]
pub enum ScriptSaid {
    /// Go directly.
    Direct,
    /// Go through the first of these that works. That it also allows the direct way is not told.
    Through {
        /// In the script's order.
        proxies: Vec<ProxyAddress>,
    },
    /// Something that names no proxy.
    Unreadable,
    /// It was not evaluated.
    Failed {
        /// Why, by the number.
        why: ScriptFlaw,
        /// The number of `WinHTTP`.
        code: u32,
    },
    /// No answer came in the time allowed.
    OutOfTime,
}

/// Why a script was not evaluated (`WinHTTP` error messages; 12166 to 12180).
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScriptFlaw {
    /// 12166: it cannot be read as a script.
    Bad,
    /// 12167: it could not be loaded.
    NotLoaded,
    /// 12176: it is of a kind that Windows does not run.
    WrongType,
    /// 12177: it broke off while it ran.
    BrokeOff,
    /// 12178: the service of Windows that evaluates scripts is not there.
    NoService,
    /// 12180: no script was found on the network.
    NotFound,
    /// Any other number.
    Other,
}

impl ScriptFlaw {
    /// The meaning of a number of `WinHTTP`.
    #[must_use]
    pub fn of(code: u32) -> Self {
        match code {
            12166 => Self::Bad,
            12167 => Self::NotLoaded,
            12176 => Self::WrongType,
            12177 => Self::BrokeOff,
            12178 => Self::NoService,
            12180 => Self::NotFound,
            _ => Self::Other,
        }
    }

    /// For people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Bad => "it cannot be read as a script",
            Self::NotLoaded => "it could not be loaded",
            Self::WrongType => "it is of a kind that Windows does not run",
            Self::BrokeOff => "it broke off while it ran",
            Self::NoService => "the service of Windows that evaluates scripts is not there",
            Self::NotFound => "no script was found on the network",
            Self::Other => "it was not evaluated",
        }
    }
}

impl ScriptSaid {
    /// Whether programs go on with the next setting, as there is nothing here they could follow.
    #[must_use]
    pub fn is_of_no_use(&self) -> bool {
        use ScriptFlaw::{Bad, BrokeOff, NotFound, NotLoaded, WrongType};
        let useless = [Bad, BrokeOff, NotFound, NotLoaded, WrongType];
        matches!(self, Self::Failed { why, .. } if useless.contains(why))
    }

    /// What Windows wrote into its answer: proxies in the script's order.
    #[cfg(any(windows, test))]
    pub(crate) fn of_list(list: &str) -> Self {
        let read = proxies(list).map(|(_, told)| match told {
            ProxyTold::Fixed { proxy } => Some(proxy),
            _ => None,
        });
        match read.collect::<Option<Vec<ProxyAddress>>>() {
            Some(proxies) if !proxies.is_empty() => Self::Through { proxies },
            _ => Self::Unreadable,
        }
    }
}

impl SystemProxies {
    /// The settings in the order in which Windows programs follow the user's: detection, script,
    /// named proxy. Those of the machine are for services; a user's programs do not follow them.
    pub(super) fn read(&self) -> ProxySettings {
        let user = |source: &str, told| ProxySetting {
            source: source.to_owned(),
            place: ProxyPlace::User,
            scheme: None,
            half_followed: false,
            others_only: false,
            told,
        };
        let mut settings = Vec::new();
        settings.extend(self.detect.then(|| user(DETECT, ProxyTold::AutoDetect)));
        let script = self.script.as_ref();
        settings.extend(script.map(|url| user(SCRIPT, ProxyTold::Pac { url: shown(url) })));
        settings.extend(self.user.settings(USER, ProxyPlace::User));
        settings.extend(self.machine.settings(MACHINE, ProxyPlace::Machine));
        let lists = [
            self.user.exceptions(USER, ProxyPlace::User),
            self.machine.exceptions(MACHINE, ProxyPlace::Machine),
        ];
        ProxySettings {
            settings,
            exceptions: lists.into_iter().flatten().collect(),
            answers: Vec::new(),
        }
    }
}

impl NamedProxies {
    fn settings(&self, source: &str, place: ProxyPlace) -> Vec<ProxySetting> {
        let list = self.proxy.as_deref().unwrap_or_default();
        let setting = |(scheme, told)| ProxySetting {
            source: source.to_owned(),
            place,
            scheme,
            half_followed: false,
            others_only: place == ProxyPlace::Machine,
            told,
        };
        let mut found: Vec<ProxySetting> = proxies(list).map(setting).collect();
        // What is named for all kinds of links, as SOCKS is, comes after what is named for one.
        found.sort_by_key(|one| one.scheme.is_none());
        found
    }

    fn exceptions(&self, source: &str, place: ProxyPlace) -> Option<Exceptions> {
        let list = self.bypass.as_deref()?;
        let entries: Vec<String> =
            parts(list).map(|entry| entry.chars().take(SHOWN).collect()).collect();
        (!entries.is_empty()).then(|| Exceptions { source: source.to_owned(), place, entries })
    }
}

fn parts(list: &str) -> impl Iterator<Item = &str> {
    list.split(|c: char| c == ';' || c.is_whitespace()).filter(|part| !part.is_empty())
}

/// The proxies of a list, with the links each is for. One for FTP or of an unknown kind is none.
fn proxies(list: &str) -> impl Iterator<Item = (Option<Scheme>, ProxyTold)> {
    parts(list).filter_map(|part| {
        let (kind, rest) = part.split_once('=').map_or(("", part), |(kind, rest)| (kind, rest));
        let (scheme, socks) = match kind.trim().to_ascii_lowercase().as_str() {
            "" => (None, false),
            "https" => (Some(Scheme::Https), false),
            "http" => (Some(Scheme::Http), false),
            "socks" => (None, true),
            _ => return None,
        };
        let as_socks = format!("socks://{rest}");
        let text = if socks && !rest.contains("://") { &as_socks } else { rest };
        let told = match read_proxy(text) {
            Ok(proxy) => ProxyTold::Fixed { proxy },
            Err(flaw) => ProxyTold::Unreadable { flaw },
        };
        Some((scheme, told))
    })
}

/// Whether an entry of a list of Windows fits an address, and who reads it so. Here a name is
/// that name alone and a `*` stands for anything, unlike in lists of the environment.
pub(super) fn fits(source: &str, entry: &str, host: &str, port: u16) -> Option<Exempt> {
    let exempt = |why: Option<&str>| Exempt {
        source: source.to_owned(),
        entry: entry.to_owned(),
        read_differently: why.map(str::to_owned),
        followed: true,
    };
    let pattern = entry.to_ascii_lowercase();
    if pattern == "<local>" {
        return (!host.contains(['.', ':'])).then(|| exempt(None));
    }
    let (pattern, wanted) = match pattern.split_once("://") {
        Some(("http", rest)) => (rest.to_owned(), Some(80)),
        Some((_, rest)) => (rest.to_owned(), None),
        None => (pattern, None),
    };
    let (name, own) = match pattern.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') || name.ends_with(']') => {
            (name, Some(digits.parse::<u16>().ok()?))
        }
        _ => (&*pattern, None),
    };
    if own.or(wanted).is_some_and(|wanted| wanted != port) {
        return None;
    }
    if let Some((network, bits)) = name.split_once('/') {
        let subnet = Subnet { address: network.parse().ok()?, prefix: bits.parse().ok()? };
        let inside = subnet.contains(host.parse::<IpAddr>().ok()?);
        return inside.then(|| exempt(Some("only some programs know ranges of addresses (CIDR)")));
    }
    let name = name.trim_matches(['[', ']']);
    if let Some(domain) = name.strip_prefix('.') {
        let inside = matches(&format!("*.{domain}"), host);
        return inside
            .then(|| exempt(Some("only some programs know exceptions with a leading dot")));
    }
    matches(name, host).then(|| exempt(None))
}

/// Whether a text fits a pattern in which `*` stands for any characters, or for none.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Way;

    fn named(proxy: &str, bypass: &str) -> SystemProxies {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let user = NamedProxies { proxy: some(proxy), bypass: some(bypass) };
        SystemProxies { user, ..SystemProxies::default() }
    }

    fn way(of: &SystemProxies, scheme: Scheme, host: &str) -> String {
        of.read().way(scheme, host, scheme.default_port()).to_string()
    }

    #[test]
    fn a_proxy_for_each_kind_of_link_is_told_apart() {
        let both = named("http=one.test:80;https=two.test:8080;ftp=three.test:21", "");
        assert!(way(&both, Scheme::Https, "hub.test").contains("http://two.test:8080"));
        assert!(way(&both, Scheme::Http, "hub.test").contains("http://one.test:80"));
        let one = named("proxy.test:3128", "");
        assert!(way(&one, Scheme::Https, "hub.test").contains("http://proxy.test:3128"));
        let only_http = named("http=one.test:80", "");
        assert_eq!(way(&only_http, Scheme::Https, "hub.test"), "directly");
        let socks = named("socks=s.test:1080;http=one.test:80", "");
        assert!(way(&socks, Scheme::Https, "hub.test").contains("socks://s.test:1080"));
        assert!(way(&socks, Scheme::Http, "hub.test").contains("http://one.test:80"));
    }

    #[test]
    fn exceptions_are_read_as_windows_reads_them() {
        let direct = |list: &str, host: &str| {
            way(&named("proxy.test:3128", list), Scheme::Https, host) == "directly"
        };
        for (list, host) in [
            ("*.corp.test", "hub.corp.test"),
            ("*corp.test", "corp.test"),
            ("hub.*.test", "hub.corp.test"),
            ("10.*", "10.1.2.3"),
            ("a.test;HUB.corp.test", "hub.corp.test"),
            ("a.test hub.corp.test:443", "hub.corp.test"),
            ("https://hub.corp.test", "hub.corp.test"),
            ("<local>", "qlik1"),
            ("*", "hub.corp.test"),
            (".corp.test", "hub.corp.test"),
            ("10.0.0.0/8", "10.1.2.3"),
            ("[fd00::1]", "fd00::1"),
        ] {
            assert!(direct(list, host), "{list} {host}");
        }
        for (list, host) in [
            ("corp.test", "hub.corp.test"),
            ("*.corp.test", "corp.test"),
            ("*.corp.test", "hub.corp.test.evil.test"),
            ("hub.corp.test:8443", "hub.corp.test"),
            ("http://hub.corp.test", "hub.corp.test"),
            ("<local>", "hub.corp.test"),
            ("<-loopback>", "hub.corp.test"),
            ("10.*", "hub.corp.test"),
        ] {
            assert!(!direct(list, host), "{list} {host}");
        }
    }

    fn answered(all: &SystemProxies, source: &str, said: ScriptSaid) -> ProxySettings {
        let (host, source) = ("hub.corp.test".to_owned(), source.to_owned());
        let answer = ScriptAnswer { source, host, port: 443, said, took_ms: 1.0 };
        ProxySettings { answers: vec![answer], ..all.read() }
    }

    #[test]
    fn where_no_script_is_found_the_next_setting_decides() {
        let all = SystemProxies { detect: true, ..named("proxy.test:3128", "") };
        let way = |settings: &ProxySettings| settings.way(Scheme::Https, "hub.corp.test", 443);
        assert!(matches!(way(&all.read()), Way::Undecided { .. }), "it was not asked yet");
        let failed = |code| ScriptSaid::Failed { why: ScriptFlaw::of(code), code };
        for code in [12166, 12167, 12176, 12177, 12180] {
            let settings = answered(&all, DETECT, failed(code));
            assert!(way(&settings).proxy().is_some(), "{code}");
        }
        for said in [failed(12178), failed(5), ScriptSaid::OutOfTime, ScriptSaid::Unreadable] {
            let settings = answered(&all, DETECT, said);
            assert!(matches!(way(&settings), Way::Undecided { .. }));
        }
        assert_eq!(way(&answered(&all, DETECT, ScriptSaid::Direct)), Way::Direct);
        let through = ScriptSaid::of_list("p1.corp.test:8080;p2.corp.test:8080");
        let told = way(&answered(&all, DETECT, through)).to_string();
        assert!(told.contains("http://p1.corp.test:8080") && told.contains(DETECT), "{told}");
    }

    #[test]
    fn this_computer_is_reached_directly_whatever_a_script_says() {
        let script = Some("http://pki.test/p.pac".to_owned());
        let all = SystemProxies { script, ..SystemProxies::default() };
        assert_eq!(all.read().way(Scheme::Https, "127.0.0.1", 443), Way::Direct);
        assert!(matches!(all.read().way(Scheme::Https, "hub.test", 443), Way::Undecided { .. }));
    }

    #[test]
    fn the_machines_proxy_is_listed_and_not_followed() {
        let machine = NamedProxies { proxy: Some("old.test:80".to_owned()), bypass: None };
        let all = SystemProxies { machine, ..SystemProxies::default() };
        assert_eq!(way(&all, Scheme::Https, "hub.test"), "directly");
        assert_eq!(all.read().settings.len(), 1);
    }

    #[test]
    fn the_list_of_a_script_keeps_its_order_and_kinds() {
        let read = |list| match ScriptSaid::of_list(list) {
            ScriptSaid::Through { proxies } => {
                proxies.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
            }
            other => format!("{other:?}"),
        };
        assert_eq!(read("a.test:80;b.test:81"), "http://a.test:80 http://b.test:81");
        assert_eq!(read("socks=s.test:1080"), "socks://s.test:1080");
        assert_eq!(read(""), "Unreadable");
        assert_eq!(read("a.test:99999"), "Unreadable");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reading_panic(list in ".{0,80}", bypass in ".{0,80}", host in ".{0,40}") {
            let told = way(&named(&list, &bypass), Scheme::Https, &host);
            proptest::prop_assert!(!told.is_empty());
        }
    }
}
