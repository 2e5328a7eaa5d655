//! The proxies this computer is told to use, by whom, and which way an address gets by them.
//!
//! Passwords in a setting are read where they are sent and stand in no type of this file.

mod windows;

use std::fmt;
use std::net::IpAddr;

use percent_encoding::percent_decode_str;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::http::mask_one_time;
use crate::{Scheme, Subnet, World};
pub use windows::{NamedProxies, ScriptAnswer, ScriptFlaw, ScriptSaid, SystemProxies};

/// The longest piece of a setting that is shown.
const SHOWN: usize = 200;

/// Variables that name a proxy, in the order in which curl looks at them, and the links they are
/// for. `HTTP_PROXY` is left out on purpose: any visitor of a web server can set it for a CGI
/// program, so curl and others do not follow it.
const VARIABLES: [(&str, Option<Scheme>); 5] = [
    ("https_proxy", Some(Scheme::Https)),
    ("HTTPS_PROXY", Some(Scheme::Https)),
    ("http_proxy", Some(Scheme::Http)),
    ("all_proxy", None),
    ("ALL_PROXY", None),
];

/// A variable that only some programs follow.
const HALF_FOLLOWED: &str = "HTTP_PROXY";

/// Where Chromium on Linux reads the address of a script.
const SCRIPT: &str = "auto_proxy";

/// The lists of exceptions, in the order of precedence.
const EXCEPTIONS: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// A proxy, without the name and password that a setting may hold for it.
#[derive(
    Clone, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
pub struct ProxyAddress {
    /// How it is spoken to.
    pub scheme: ProxyScheme,
    /// Its name or address; an IPv6 address without brackets.
    #[schemars(extend("x-identifies" = "host"))]
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether the setting holds a user name for it.
    #[serde(default)]
    pub login: bool,
}

/// How a proxy is spoken to.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum ProxyScheme {
    /// HTTP in the clear.
    Http,
    /// HTTP within TLS.
    Https,
    /// SOCKS of any version, which this crate does not speak.
    Socks,
}

impl ProxyScheme {
    /// As it stands in a URL.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks => "socks",
        }
    }

    /// The port of a setting that names none, as Chromium takes it.
    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
            Self::Socks => 1080,
        }
    }
}

impl fmt::Display for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host, port) = (self.scheme.label(), &self.host, self.port);
        if host.contains(':') {
            write!(f, "{scheme}://[{host}]:{port}")
        } else {
            write!(f, "{scheme}://{host}:{port}")
        }
    }
}

impl ProxyAddress {
    /// Whether two settings lead to the same proxy, whoever logs in.
    #[must_use]
    pub fn is_same_place(&self, other: &Self) -> bool {
        (self.scheme, &self.host, self.port) == (other.scheme, &other.host, other.port)
    }
}

/// Everything this computer is told about proxies.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct ProxySettings {
    /// What names a proxy or a script, the first to be followed first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<ProxySetting>,
    /// What names exceptions, the first to be followed first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exceptions>,
    /// What the system's own evaluation of scripts said, as far as it was asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<ScriptAnswer>,
}

/// One setting.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ProxySetting {
    /// Its name, such as `HTTPS_PROXY`.
    pub source: String,
    /// Whose it is.
    pub place: ProxyPlace,
    /// The links it is for; all if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<Scheme>,
    /// Set, but not followed by most programs, so it decides nothing here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub half_followed: bool,
    /// Followed by programs of other kinds alone, so it decides nothing here either. On Windows
    /// that are the environment and the machine's settings: Chromium, of which Desktop's browser
    /// is made, follows the user's. Where Desktop itself looks was not seen yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub others_only: bool,
    /// What it says.
    pub told: ProxyTold,
}

impl ProxySetting {
    /// Whether it leaves the way to a script, named or to be found.
    #[must_use]
    pub fn is_script(&self) -> bool {
        matches!(self.told, ProxyTold::AutoDetect | ProxyTold::Pac { .. })
    }

    /// The address of the script it names, whole. It may hold a password: it is fetched and never
    /// shown.
    #[must_use]
    pub fn script_address(&self, world: &(impl World + ?Sized)) -> Option<String> {
        let whole = match self.place {
            ProxyPlace::Environment => world.variable(&self.source),
            ProxyPlace::User | ProxyPlace::Machine => world.system_proxies()?.script,
        };
        whole.filter(|_| matches!(self.told, ProxyTold::Pac { .. }))
    }
}

/// Whose a setting is. Exceptions count for the proxies of the same place.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyPlace {
    /// An environment variable.
    Environment,
    /// The user's own settings on Windows.
    User,
    /// The settings of the whole machine on Windows.
    Machine,
}

/// What a setting says.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ProxyTold {
    /// This proxy.
    Fixed {
        /// The proxy.
        proxy: ProxyAddress,
    },
    /// Whatever the script at this address says.
    Pac {
        /// The address as it may be shown: without user name, password and query.
        url: String,
    },
    /// Find a script on the network.
    AutoDetect,
    /// Nothing that can be read as a proxy. What it says instead is told nowhere: a name and
    /// password whose host was forgotten looks like a host and port.
    Unreadable {
        /// What is wrong with it.
        flaw: ProxyFlaw,
    },
}

/// Why a setting names no proxy.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyFlaw {
    /// It begins with a scheme that no proxy has.
    Scheme,
    /// It names no host, or one that cannot exist.
    Host,
    /// Its port is no number from 1 to 65535.
    Port,
}

impl ProxyFlaw {
    /// For people, behind the name of the setting.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Scheme => "it begins with a scheme that no proxy has",
            Self::Host => "it names no host, or one that cannot exist",
            Self::Port => "its port is no number from 1 to 65535",
        }
    }
}

/// A list of addresses that are reached without the proxy.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Exceptions {
    /// Its name, such as `NO_PROXY`.
    pub source: String,
    /// Whose it is.
    pub place: ProxyPlace,
    /// Its entries as they stand there.
    #[schemars(extend("x-identifies" = "host"))]
    pub entries: Vec<String>,
}

/// The way an address gets.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Way {
    /// No proxy.
    #[default]
    Direct,
    /// A proxy.
    Proxy {
        /// The setting that names it.
        source: String,
        /// The proxy.
        proxy: ProxyAddress,
    },
    /// It depends on a script that was not evaluated.
    Undecided {
        /// The setting that names the script.
        source: String,
    },
    /// The setting that decides cannot be read.
    Unreadable {
        /// The setting.
        source: String,
    },
}

impl Way {
    /// The proxy, if the way leads through one.
    #[must_use]
    pub fn proxy(&self) -> Option<&ProxyAddress> {
        match self {
            Self::Proxy { proxy, .. } => Some(proxy),
            _ => None,
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct => f.write_str("directly"),
            Self::Proxy { source, proxy } => write!(f, "through the proxy {proxy}, from {source}"),
            Self::Undecided { source } => {
                write!(f, "directly; the proxy script named by {source} was not evaluated")
            }
            Self::Unreadable { source } => write!(f, "unknown: {source} cannot be read"),
        }
    }
}

/// How the exceptions read for one address.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Exempt {
    /// The list.
    pub source: String,
    /// The entry that fits.
    #[schemars(extend("x-identifies" = "host"))]
    pub entry: String,
    /// Programs read such an entry differently: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_differently: Option<String>,
    /// Chromium, and so Desktop, takes it for an exception of this address.
    pub followed: bool,
}

impl ProxySettings {
    /// What Windows and the environment of this process say.
    #[must_use]
    pub fn of(world: &(impl World + ?Sized)) -> Self {
        let environment = Self::of_environment(world);
        let Some(system) = world.system_proxies() else { return environment };
        let Self { mut settings, mut exceptions, answers } = system.read();
        let set = environment.settings.into_iter();
        settings.extend(set.map(|one| ProxySetting { others_only: true, ..one }));
        exceptions.extend(environment.exceptions);
        Self { settings, exceptions, answers }
    }

    /// What the environment of this process says.
    #[must_use]
    pub fn of_environment(world: &(impl World + ?Sized)) -> Self {
        // Windows does not tell the cases of a name apart: one variable would stand there twice.
        let caseless = world.os() == "windows";
        let setting = |name: &str, scheme, half_followed| {
            let value = world.variable(name)?;
            let told = match read_proxy(&value) {
                Ok(proxy) => ProxyTold::Fixed { proxy },
                Err(flaw) => ProxyTold::Unreadable { flaw },
            };
            let (source, place) = (name.to_owned(), ProxyPlace::Environment);
            Some(ProxySetting { source, place, scheme, half_followed, others_only: false, told })
        };
        let mut settings: Vec<ProxySetting> =
            world.variable(SCRIPT).map(|value| script(&value)).into_iter().collect();
        for (name, scheme) in VARIABLES {
            let twin = caseless && name.chars().any(|c| c.is_ascii_uppercase());
            settings.extend(setting(name, scheme, false).filter(|_| !twin));
        }
        if !caseless {
            settings.extend(setting(HALF_FOLLOWED, Some(Scheme::Http), true));
        }
        let names = if caseless { &EXCEPTIONS[..1] } else { &EXCEPTIONS[..] };
        let exceptions = names.iter().filter_map(|&name| {
            let entries = entries(&world.variable(name)?);
            Some(Exceptions { source: name.into(), place: ProxyPlace::Environment, entries })
        });
        Self { settings, exceptions: exceptions.collect(), answers: Vec::new() }
    }

    /// The settings that are followed for links of this scheme, the first to decide first.
    pub fn followed(&self, scheme: Scheme) -> impl Iterator<Item = &ProxySetting> {
        self.told(scheme).filter(|one| !one.others_only)
    }

    /// The settings that whole kinds of programs follow for links of this scheme.
    pub fn told(&self, scheme: Scheme) -> impl Iterator<Item = &ProxySetting> {
        let applies = move |one: &&ProxySetting| {
            !one.half_followed && one.scheme.is_none_or(|only| only == scheme)
        };
        self.settings.iter().filter(applies)
    }

    /// The settings that only other programs follow are told apart from those of the user's own.
    #[must_use]
    pub fn tells_programs_apart(&self) -> bool {
        self.settings.iter().any(|one| one.others_only)
    }

    /// The same, with what scripts said of one address alone.
    #[must_use]
    pub fn for_address(self, host: &str, port: u16) -> Self {
        let mut answers = self.answers;
        answers.retain(|answer| answer.host == host && answer.port == port);
        Self { answers, ..self }
    }

    /// The scripts, and detections of one, that the way to an address depends on and that were
    /// not evaluated for it; the next only where all before it were of no use.
    #[must_use]
    pub fn undecided(&self, scheme: Scheme, host: &str, port: u16) -> Option<&ProxySetting> {
        let undecided =
            |one: &&ProxySetting| matches!(self.way_by(one, host, port), Way::Undecided { .. });
        let first = self.deciding(scheme, host, port)?;
        let is_open = self.answer(first, host, port).is_none();
        Some(first).filter(undecided).filter(|_| is_open)
    }

    fn answer(&self, setting: &ProxySetting, host: &str, port: u16) -> Option<&ScriptSaid> {
        let of_it = |one: &&ScriptAnswer| {
            one.source == setting.source && one.host == host && one.port == port
        };
        self.answers.iter().find(of_it).map(|answer| &answer.said)
    }

    fn is_of_no_use(&self, setting: &ProxySetting, host: &str, port: u16) -> bool {
        self.answer(setting, host, port).is_some_and(ScriptSaid::is_of_no_use)
    }

    /// The way that an address gets. Where a script is of no use, the next setting decides.
    #[must_use]
    pub fn way(&self, scheme: Scheme, host: &str, port: u16) -> Way {
        let deciding = self.deciding(scheme, host, port);
        deciding.map_or(Way::Direct, |first| self.way_by(first, host, port))
    }

    /// The setting that decides which way an address gets: the first that is of any use.
    #[must_use]
    pub fn deciding(&self, scheme: Scheme, host: &str, port: u16) -> Option<&ProxySetting> {
        self.followed(scheme).find(|one| !self.is_of_no_use(one, host, port))
    }

    /// The way that an address gets by whoever follows this one setting.
    #[must_use]
    pub fn way_by(&self, setting: &ProxySetting, host: &str, port: u16) -> Way {
        let exempt = self.exempt(setting.place, host, port);
        let source = setting.source.clone();
        match &setting.told {
            // Chromium evaluates no script for its own computer.
            ProxyTold::Pac { .. } | ProxyTold::AutoDetect
                if setting.place == ProxyPlace::User && is_this_computer(host) =>
            {
                Way::Direct
            }
            // A script has its own exceptions.
            ProxyTold::Pac { .. } | ProxyTold::AutoDetect => {
                match self.answer(setting, host, port) {
                    Some(ScriptSaid::Direct) => Way::Direct,
                    Some(ScriptSaid::Through { proxies }) if !proxies.is_empty() => {
                        Way::Proxy { source, proxy: proxies[0].clone() }
                    }
                    _ => Way::Undecided { source },
                }
            }
            _ if exempt.is_some_and(|exempt| exempt.followed) || is_this_computer(host) => {
                Way::Direct
            }
            ProxyTold::Fixed { proxy } => Way::Proxy { source, proxy: proxy.clone() },
            ProxyTold::Unreadable { .. } => Way::Unreadable { source },
        }
    }

    /// The exception that fits an address, in the list that is followed.
    #[must_use]
    pub fn exempt(&self, place: ProxyPlace, host: &str, port: u16) -> Option<Exempt> {
        self.exceptions.iter().find(|list| list.place == place)?.exempt(host, port)
    }
}

impl Exceptions {
    /// The entry that fits an address; one that all programs read alike goes first.
    #[must_use]
    pub fn exempt(&self, host: &str, port: u16) -> Option<Exempt> {
        let reads = match self.place {
            ProxyPlace::Environment => fits,
            ProxyPlace::User | ProxyPlace::Machine => windows::fits,
        };
        let fitting =
            self.entries.iter().filter_map(|entry| reads(&self.source, entry, host, port));
        let all: Vec<Exempt> = fitting.collect();
        let clear = all.iter().find(|exempt| exempt.read_differently.is_none());
        clear.or_else(|| all.iter().find(|exempt| exempt.followed)).or(all.first()).cloned()
    }
}

/// No program sends its own computer's addresses to a proxy.
fn is_this_computer(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn script(value: &str) -> ProxySetting {
    let url = shown(value);
    ProxySetting {
        source: SCRIPT.to_owned(),
        place: ProxyPlace::Environment,
        scheme: None,
        half_followed: false,
        others_only: false,
        told: ProxyTold::Pac { url },
    }
}

/// curl separates by spaces too, Windows by semicolons.
fn entries(list: &str) -> Vec<String> {
    let separates = |c: char| c == ',' || c == ';' || c.is_whitespace();
    let entries = list.split(separates).filter(|entry| !entry.is_empty());
    entries.map(|entry| entry.chars().take(SHOWN).collect()).collect()
}

/// The address of a script as it may be shown: bounded, printable, without a query and without
/// what may be a name and password.
fn shown(address: &str) -> String {
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) if scheme.chars().all(|c| c.is_ascii_alphanumeric()) => {
            (format!("{scheme}://"), rest)
        }
        _ => (String::new(), address),
    };
    // A password may hold a slash or a question mark that somebody forgot to encode.
    let (login, rest) = rest.rsplit_once('@').map_or(("", rest), |(_, rest)| ("…@", rest));
    let (rest, query) = rest.split_once(['?', '#']).map_or((rest, ""), |(rest, _)| (rest, "?…"));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = shown_authority(authority);
    let safe = format!("{scheme}{login}{host}{port}{}{query}", mask_one_time(path));
    safe.chars().filter(|c| !c.is_control()).take(SHOWN).collect()
}

/// What stands in the place of a port and is none may be a password whose host was forgotten.
fn shown_authority(authority: &str) -> (&str, &str) {
    let end_of_host = authority.find(']').unwrap_or(0);
    let Some(colon) = authority[end_of_host..].find(':') else { return (authority, "") };
    let (host, port) = authority.split_at(end_of_host + colon);
    let is_port = port[1..].parse::<u16>().is_ok();
    (host, if is_port { port } else { ":…" })
}

/// A setting cut at what separates its parts.
struct Parts<'a> {
    scheme: ProxyScheme,
    user_info: Option<&'a str>,
    host: &'a str,
    port: Option<&'a str>,
}

fn parts(text: &str) -> Result<Parts<'_>, ProxyFlaw> {
    let text = text.trim();
    let (scheme, rest) = text.split_once("://").map_or((None, text), |(s, rest)| (Some(s), rest));
    let scheme = match scheme.map(str::to_ascii_lowercase).as_deref() {
        None | Some("http") => ProxyScheme::Http,
        Some("https") => ProxyScheme::Https,
        Some("socks" | "socks4" | "socks4a" | "socks5" | "socks5h") => ProxyScheme::Socks,
        Some(_) => return Err(ProxyFlaw::Scheme),
    };
    // A password may hold a slash or another `@` that somebody forgot to encode.
    let (user_info, rest) = rest.rsplit_once('@').map_or((None, rest), |(u, r)| (Some(u), r));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = match authority.strip_prefix('[') {
        Some(v6) => {
            let (host, after) = v6.split_once(']').ok_or(ProxyFlaw::Host)?;
            let port = after.strip_prefix(':').or(after.is_empty().then_some(""));
            (host, port.ok_or(ProxyFlaw::Host)?)
        }
        None => authority.split_once(':').unwrap_or((authority, "")),
    };
    Ok(Parts { scheme, user_info, host, port: Some(port).filter(|port| !port.is_empty()) })
}

/// Reads `[scheme://][user[:password]@]host[:port]`, as curl and Chromium do.
fn read_proxy(text: &str) -> Result<ProxyAddress, ProxyFlaw> {
    let parts = parts(text)?;
    let is_v6 = parts.host.contains(':');
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let host_is_legal = if is_v6 {
        parts.host.parse::<IpAddr>().is_ok()
    } else {
        !parts.host.is_empty() && parts.host.chars().all(legal)
    };
    if !host_is_legal {
        return Err(ProxyFlaw::Host);
    }
    let port = match parts.port {
        Some(digits) => digits.parse().ok().filter(|&port| port != 0).ok_or(ProxyFlaw::Port)?,
        None => parts.scheme.default_port(),
    };
    Ok(ProxyAddress {
        scheme: parts.scheme,
        host: parts.host.to_ascii_lowercase(),
        port,
        login: parts.user_info.is_some_and(|info| !info.is_empty()),
    })
}

/// The name and password that the settings hold for a proxy.
pub(crate) fn credentials(
    world: &(impl World + ?Sized),
    proxy: &ProxyAddress,
) -> Option<(String, String)> {
    let names = VARIABLES.iter().map(|(name, _)| *name).chain([HALF_FOLLOWED]);
    names.filter_map(|name| world.variable(name)).find_map(|value| {
        let is_its = read_proxy(&value).as_ref() == Ok(proxy);
        let info = parts(&value).ok()?.user_info.filter(|_| is_its)?;
        let (user, password) = info.split_once(':').unwrap_or((info, ""));
        let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
        Some((decoded(user), decoded(password)))
    })
}

/// Whether an entry of a list of exceptions fits an address, and who reads it so.
///
/// The forms are those of curl, Go, Python and Chromium (whose lists for Linux match suffixes).
fn fits(source: &str, entry: &str, host: &str, port: u16) -> Option<Exempt> {
    let exempt = |followed, why: Option<&str>| {
        Some(Exempt {
            source: source.to_owned(),
            entry: entry.to_owned(),
            read_differently: why.map(str::to_owned),
            followed,
        })
    };
    let pattern = entry.to_ascii_lowercase();
    if pattern == "*" {
        return exempt(true, None);
    }
    if pattern == "<local>" {
        let local = !host.contains(['.', ':']);
        return exempt(true, Some("only some programs know <local>")).filter(|_| local);
    }
    let address: Option<IpAddr> = host.parse().ok();
    if let Some((network, bits)) = pattern.split_once('/') {
        let subnet = Subnet { address: network.parse().ok()?, prefix: bits.parse().ok()? };
        let inside = subnet.contains(address?);
        let why = "only some programs know ranges of addresses (CIDR)";
        return exempt(true, Some(why)).filter(|_| inside);
    }
    if pattern.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|one| Some(one) == address) {
        return exempt(true, None);
    }
    let (name, only) = match pattern.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') => (name, Some(digits.parse::<u16>().ok()?)),
        _ => (pattern.as_str(), None),
    };
    let with_port = only.map(|_| "only some programs know exceptions with a port");
    if only.is_some_and(|only| only != port) {
        return None;
    }
    let suffix_of = |domain: &str| !domain.is_empty() && host.ends_with(&format!(".{domain}"));
    if let Some(domain) = name.strip_prefix("*.") {
        let why = with_port.or(Some("only some programs know exceptions that begin with *."));
        return exempt(true, why).filter(|_| suffix_of(domain) && address.is_none());
    }
    if let Some(domain) = name.strip_prefix('.') {
        if host == domain {
            return exempt(
                false,
                Some("for some programs a leading dot leaves the name itself out"),
            );
        }
        return exempt(true, with_port).filter(|_| suffix_of(domain) && address.is_none());
    }
    exempt(true, with_port).filter(|_| host == name || (suffix_of(name) && address.is_none()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ScriptedWorld, Timestamp};

    fn world(variables: &[(&str, &str)]) -> ScriptedWorld {
        let mut world = ScriptedWorld::at(Timestamp(time::OffsetDateTime::UNIX_EPOCH));
        let owned = variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        world.variables = owned.collect();
        world
    }

    fn way(variables: &[(&str, &str)], host: &str, port: u16) -> String {
        let settings = ProxySettings::of_environment(&world(variables));
        settings.way(Scheme::Https, host, port).to_string()
    }

    const P: (&str, &str) = ("HTTPS_PROXY", "http://proxy.test:3128");
    const THROUGH: &str = "through the proxy http://proxy.test:3128, from HTTPS_PROXY";

    #[test]
    fn settings_are_read_as_programs_read_them() {
        let shown = |text| read_proxy(text).ok().map(|proxy| proxy.to_string());
        assert_eq!(shown("proxy.test:8080").as_deref(), Some("http://proxy.test:8080"));
        assert_eq!(shown("HTTP://Proxy.test/").as_deref(), Some("http://proxy.test:80"));
        assert_eq!(shown("https://p.test").as_deref(), Some("https://p.test:443"));
        assert_eq!(shown("socks5h://p.test").as_deref(), Some("socks://p.test:1080"));
        assert_eq!(
            shown("http://[2001:db8::1]:3128").as_deref(),
            Some("http://[2001:db8::1]:3128")
        );
        assert_eq!(shown("http://u:p@ss/word@p.test:1").as_deref(), Some("http://p.test:1"));
        for (broken, flaw) in [
            ("", ProxyFlaw::Host),
            ("http://", ProxyFlaw::Host),
            ("ftp://p.test", ProxyFlaw::Scheme),
            ("p.test:0", ProxyFlaw::Port),
            ("p.test:99999", ProxyFlaw::Port),
            ("a b:80", ProxyFlaw::Host),
            ("[::1", ProxyFlaw::Host),
            ("[::1]8", ProxyFlaw::Host),
        ] {
            assert_eq!(read_proxy(broken), Err(flaw), "{broken}");
        }
    }

    #[test]
    fn a_name_and_password_are_found_where_they_are_sent_and_nowhere_else() {
        let world = world(&[("https_proxy", "http://anna:p%40ss@proxy.test:3128")]);
        let settings = ProxySettings::of_environment(&world);
        let text = serde_json::to_string(&settings).expect("plain data");
        assert!(!text.contains("anna") && !text.contains("ss@"), "{text}");
        let way = settings.way(Scheme::Https, "hub.corp.test", 443);
        let proxy = way.proxy().expect("a proxy");
        assert!(proxy.login);
        let found = credentials(&world, proxy);
        assert_eq!(found, Some(("anna".to_owned(), "p@ss".to_owned())));
    }

    #[test]
    fn an_unreadable_setting_is_told_by_what_is_wrong_with_it_and_not_by_its_text() {
        for text in
            ["htp://anna:secret@p.test", "http://anna:secret", "anna:secret", "anna:secret/"]
        {
            let settings = ProxySettings::of_environment(&world(&[("HTTPS_PROXY", text)]));
            let told = &settings.settings[0].told;
            assert!(matches!(told, ProxyTold::Unreadable { .. }), "{text}");
            let saved = serde_json::to_string(&settings).expect("plain data");
            assert!(!saved.contains("secret") && !saved.contains("anna"), "{saved}");
        }
    }

    #[test]
    fn the_address_of_a_script_is_shown_without_what_may_be_secret() {
        for (address, expected) in [
            ("http://pki.test:8080/p.pac", "http://pki.test:8080/p.pac"),
            ("http://pki.test/p.pac?key=abc#x", "http://pki.test/p.pac?…"),
            ("http://anna:se/c?ret@pki.test/p.pac", "http://…@pki.test/p.pac"),
            ("http://anna:secret", "http://anna:…"),
            ("anna:secret", "anna:…"),
            ("http://[fd00::1]:80/p.pac", "http://[fd00::1]:80/p.pac"),
            ("file:///etc/proxy.pac", "file:///etc/proxy.pac"),
        ] {
            assert_eq!(shown(address), expected);
        }
    }

    #[test]
    fn the_scheme_of_the_link_chooses_the_variable() {
        let http = [("HTTP_PROXY", "http://old.test:1"), ("http_proxy", "http://plain.test:2")];
        let settings = ProxySettings::of_environment(&world(&http));
        let plain = settings.way(Scheme::Http, "hub.test", 80);
        assert_eq!(plain.proxy().map(|proxy| proxy.port), Some(2));
        assert_eq!(settings.way(Scheme::Https, "hub.test", 443), Way::Direct);
        let only_upper = ProxySettings::of_environment(&world(&http[..1]));
        assert_eq!(only_upper.way(Scheme::Http, "hub.test", 80), Way::Direct);
        assert!(way(&[("ALL_PROXY", "p.test:3")], "hub.test", 443).contains("p.test:3"));
        let script = [("auto_proxy", "http://pki.test/p.pac"), P];
        assert!(way(&script, "hub.test", 443).contains("auto_proxy was not evaluated"));
    }

    #[test]
    fn exceptions_fit_as_they_do_in_other_programs() {
        let direct = |list: &str, host: &str| way(&[P, ("NO_PROXY", list)], host, 443) != THROUGH;
        for (list, host) in [
            ("corp.test", "hub.corp.test"),
            ("corp.test", "corp.test"),
            (".corp.test", "hub.corp.test"),
            ("*.corp.test", "hub.corp.test"),
            ("a.test, CORP.test", "hub.corp.test"),
            ("a.test corp.test", "hub.corp.test"),
            ("*", "hub.corp.test"),
            ("10.0.0.0/8", "10.1.2.3"),
            ("10.1.2.3", "10.1.2.3"),
            ("fd00::/8", "fd00::1"),
            ("[fd00::1]", "fd00::1"),
            ("hub.corp.test:443", "hub.corp.test"),
            ("<local>", "qlik1"),
            ("", "localhost"),
            ("", "127.0.0.1"),
        ] {
            assert!(direct(list, host), "{list} {host}");
        }
        for (list, host) in [
            ("corp.test", "hub.mycorp.test"),
            ("rp.test", "hub.corp.test"),
            (".corp.test", "corp.test"),
            ("hub.corp.test:8443", "hub.corp.test"),
            ("10.0.0.0/8", "hub.corp.test"),
            ("10.0.0.0/8", "11.1.2.3"),
            ("10.0.0.0/99", "10.1.2.3"),
            ("2.3", "10.1.2.3"),
            ("<local>", "hub.corp.test"),
        ] {
            assert!(!direct(list, host), "{list} {host}");
        }
    }

    #[test]
    fn forms_that_programs_read_differently_are_told() {
        let exempt = |list: &str, host: &str| {
            let settings = ProxySettings::of_environment(&world(&[P, ("NO_PROXY", list)]));
            settings.exempt(ProxyPlace::Environment, host, 443)
        };
        let differs = |list, host| exempt(list, host).and_then(|e| e.read_differently).is_some();
        assert!(differs("*.corp.test", "hub.corp.test"));
        assert!(differs(".corp.test", "corp.test"));
        assert!(differs("10.0.0.0/8", "10.1.2.3"));
        assert!(differs("hub.corp.test:443", "hub.corp.test"));
        assert!(!differs("corp.test", "hub.corp.test"));
        assert!(!differs("*.corp.test,corp.test", "hub.corp.test"), "the clear one decides");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reading_panic(text in ".{0,80}", list in ".{0,80}", host in ".{0,40}") {
            let variables = [("https_proxy", text.as_str()), ("no_proxy", &list)];
            let settings = ProxySettings::of_environment(&world(&variables));
            let told = settings.way(Scheme::Https, &host, 443).to_string();
            proptest::prop_assert!(!told.is_empty());
        }

        #[test]
        fn a_setting_cut_short_before_its_host_shows_no_password(password in "[a-z0-9:?#%]{0,20}") {
            let text = format!("http://svc:{password}q7q7");
            let set = [("ALL_PROXY", text.as_str()), ("auto_proxy", &text)];
            let settings = ProxySettings::of_environment(&world(&set));
            let saved = serde_json::to_string(&settings).expect("plain data");
            proptest::prop_assert!(!saved.contains("q7q7"), "{}", saved);
        }

        #[test]
        fn a_password_is_never_shown(password in "[a-z0-9:/?#@%]{6,20}", rest in "[a-z.:]{0,20}") {
            let text = format!("http://anna:{password}q7q7@{rest}");
            let settings = ProxySettings::of_environment(&world(&[("ALL_PROXY", text.as_str())]));
            let saved = serde_json::to_string(&settings).expect("plain data");
            proptest::prop_assert!(!saved.contains("q7q7") && !saved.contains("anna"), "{}", saved);
        }
    }
}
