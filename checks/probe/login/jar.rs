//! Cookies by RFC 6265: which are kept, and which go back where. Names leave this module, values
//! only in the header of a request.
//!
//! The list of public suffixes is not consulted: a `Domain` of one label alone is refused, and a
//! jar lives for one login at one site.

use cookie::{Cookie, SameSite};
use hyper::header::{HeaderMap, SET_COOKIE};
use time::Duration;
use url::Url;
use zeroize::Zeroizing;

use crate::{CookieFlaw, CookieSeen, Timestamp};

/// The most cookies of one answer, and of the jar (RFC 6265 section 6.1 asks for fifty).
const COOKIES_LIMIT: usize = 50;

/// The longest cookie in bytes, with its attributes (RFC 6265 section 6.1).
const COOKIE_LIMIT: usize = 4096;

/// How much of a name or an attribute is kept for people.
const KEPT: usize = 128;

/// The cookies of one login.
#[derive(Default)]
pub(crate) struct Jar {
    kept: Vec<Kept>,
}

struct Kept {
    name: String,
    value: Zeroizing<String>,
    domain: String,
    /// Goes to this host alone, and not to those below it.
    host_only: bool,
    path: String,
    secure: bool,
}

impl Jar {
    /// Takes the cookies of an answer in, and tells which of them a browser would send back to
    /// `home`.
    pub(crate) fn take_in(
        &mut self,
        headers: &HeaderMap,
        from: &Url,
        home: &Url,
        now: Timestamp,
    ) -> Vec<CookieSeen> {
        let lines = headers.get_all(SET_COOKIE).iter().take(COOKIES_LIMIT);
        lines.map(|line| self.take_one(line.as_bytes(), from, home, now)).collect()
    }

    fn take_one(&mut self, line: &[u8], from: &Url, home: &Url, now: Timestamp) -> CookieSeen {
        let set_by = host(from);
        let text = std::str::from_utf8(line).ok().filter(|_| line.len() <= COOKIE_LIMIT);
        let Some(cookie) = text.and_then(|text| Cookie::parse(text).ok()) else {
            return unreadable(line, set_by);
        };
        let mut seen = described(&cookie, set_by, now);
        let kept = match stored(&cookie, from, &seen, now) {
            Ok(kept) => kept,
            Err(flaw) => {
                self.remove(&cookie, from);
                seen.flaw = Some(flaw);
                return seen;
            }
        };
        seen.flaw = kept.why_not(home);
        seen.kept = seen.flaw.is_none();
        self.kept.retain(|old| !old.is_replaced_by(&kept));
        if self.kept.len() < COOKIES_LIMIT {
            self.kept.push(kept);
        }
        seen
    }

    /// A cookie that has ended takes the one of its name with it.
    fn remove(&mut self, cookie: &Cookie<'_>, from: &Url) {
        let host = host(from);
        let mine = |old: &Kept| old.name == cookie.name() && domain_fits(&host, &old.domain);
        self.kept.retain(|old| !mine(old));
    }

    /// The value of `Cookie` for a request; `None` if there is none to send.
    pub(crate) fn header(&self, url: &Url) -> Option<Zeroizing<String>> {
        let mut fit: Vec<&Kept> =
            self.kept.iter().filter(|kept| kept.why_not(url).is_none()).collect();
        // Longer paths first (RFC 6265 section 5.4).
        fit.sort_by_key(|kept| std::cmp::Reverse(kept.path.len()));
        let length = fit.iter().map(|kept| kept.name.len() + kept.value.len() + 3).sum();
        let mut header = Zeroizing::new(String::with_capacity(length));
        for kept in fit {
            if !header.is_empty() {
                header.push_str("; ");
            }
            header.push_str(&kept.name);
            header.push('=');
            header.push_str(&kept.value);
        }
        (!header.is_empty()).then_some(header)
    }

    /// Every value, to keep it out of texts.
    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        self.kept.iter().map(|kept| kept.value.as_str())
    }
}

impl Kept {
    /// Why it does not go to this address (RFC 6265 section 5.4).
    fn why_not(&self, url: &Url) -> Option<CookieFlaw> {
        let host = host(url);
        let fits =
            if self.host_only { host == self.domain } else { domain_fits(&host, &self.domain) };
        if !fits {
            Some(CookieFlaw::Domain)
        } else if !path_fits(url.path(), &self.path) {
            Some(CookieFlaw::Path)
        } else if self.secure && url.scheme() != "https" {
            Some(CookieFlaw::Secure)
        } else {
            None
        }
    }

    fn is_replaced_by(&self, new: &Self) -> bool {
        (&self.name, &self.domain, &self.path) == (&new.name, &new.domain, &new.path)
    }
}

/// What is stored of a cookie, or why it is not (RFC 6265 section 5.3; RFC 6265bis for prefixes and
/// `SameSite=None`).
fn stored(
    cookie: &Cookie<'_>,
    from: &Url,
    seen: &CookieSeen,
    now: Timestamp,
) -> Result<Kept, CookieFlaw> {
    let host = host(from);
    let domain = cookie.domain().map(|domain| domain.trim_start_matches('.').to_ascii_lowercase());
    let domain = domain.filter(|domain| !domain.is_empty());
    let path = cookie.path().filter(|path| path.starts_with('/'));
    let secure = cookie.secure() == Some(true);
    if let Some(domain) = &domain
        && *domain != host
        && (!domain_fits(&host, domain) || !domain.contains('.'))
    {
        return Err(CookieFlaw::Domain);
    }
    if secure && from.scheme() != "https" {
        return Err(CookieFlaw::Secure);
    }
    let name = cookie.name();
    let starts = |prefix: &str| {
        name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let is_of_host = domain.is_none() && path == Some("/");
    if (starts("__Secure-") && !secure) || (starts("__Host-") && !(secure && is_of_host)) {
        return Err(CookieFlaw::Prefix);
    }
    if cookie.same_site() == Some(SameSite::None) && !secure {
        return Err(CookieFlaw::SameSite);
    }
    if seen.expires.is_some_and(|end| end <= now) {
        return Err(CookieFlaw::Other);
    }
    Ok(Kept {
        name: name.to_owned(),
        value: Zeroizing::new(cookie.value().to_owned()),
        host_only: domain.is_none(),
        domain: domain.unwrap_or(host),
        path: path.map_or_else(|| default_path(from.path()), str::to_owned),
        secure,
    })
}

fn described(cookie: &Cookie<'_>, set_by: String, now: Timestamp) -> CookieSeen {
    let shown =
        |text: &str| -> String { text.chars().filter(|c| !c.is_control()).take(KEPT).collect() };
    // `Max-Age` has precedence (RFC 6265 section 4.1.2.2). Anything longer than a year is as long.
    let age = cookie.max_age().map(|age| age.clamp(Duration::ZERO, Duration::days(365)));
    let ends = age.and_then(|age| now.0.checked_add(age));
    CookieSeen {
        name: shown(cookie.name()),
        set_by,
        domain: cookie.domain().map(shown),
        path: cookie.path().map(shown),
        secure: cookie.secure() == Some(true),
        http_only: cookie.http_only() == Some(true),
        same_site: cookie.same_site().map(|site| site.to_string()),
        expires: ends.or_else(|| cookie.expires_datetime()).map(Timestamp),
        kept: false,
        flaw: None,
        is_session: is_session(cookie.name()),
    }
}

fn unreadable(line: &[u8], set_by: String) -> CookieSeen {
    let name = line.split(|&byte| byte == b'=' || byte == b';').next().unwrap_or_default();
    let name = crate::tls::printable(&name[..name.len().min(KEPT)]);
    let is_session = is_session(&name);
    let flaw = Some(CookieFlaw::Other);
    CookieSeen {
        name,
        set_by,
        domain: None,
        path: None,
        secure: false,
        http_only: false,
        same_site: None,
        expires: None,
        kept: false,
        flaw,
        is_session,
    }
}

/// The session cookie's name can be changed by the administrator; it mostly keeps its maker's name.
fn is_session(name: &str) -> bool {
    name.to_ascii_lowercase().contains("qlik")
}

/// In lower case; an IPv6 address without brackets.
fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase()
}

/// RFC 6265 section 5.1.3.
fn domain_fits(host: &str, domain: &str) -> bool {
    let below = || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    host == domain || (below() && host.parse::<std::net::IpAddr>().is_err())
}

/// RFC 6265 section 5.1.4.
fn path_fits(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || prefix.ends_with('/') || rest.starts_with('/'))
}

/// RFC 6265 section 5.1.4.
fn default_path(path: &str) -> String {
    match path.rfind('/') {
        Some(at) if at > 0 => path[..at].to_owned(),
        _ => "/".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;
    use proptest::prelude::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    fn now() -> Timestamp {
        Timestamp::parse("2026-05-04T03:02:01Z").expect("a time")
    }

    fn set(jar: &mut Jar, line: &str, from: &str) -> CookieSeen {
        let mut headers = HeaderMap::new();
        headers.append(SET_COOKIE, HeaderValue::from_str(line).expect("a header"));
        let home = url("https://hub.corp.test/finance/hub/");
        jar.take_in(&headers, &url(from), &home, now()).remove(0)
    }

    fn flaw(line: &str) -> Option<CookieFlaw> {
        set(&mut Jar::default(), line, "https://hub.corp.test/finance/internal/?x=y").flaw
    }

    #[test]
    fn what_a_browser_keeps_is_kept() {
        for line in [
            "X-Qlik-Session=v; Path=/; HttpOnly; Secure; SameSite=Lax",
            "X-Qlik-Session-finance=v; Path=/finance",
            "X-Qlik-Session=v; Path=/; Domain=hub.corp.test",
            "X-Qlik-Session=v; Path=/; Domain=.corp.test",
            "__Host-x=v; Path=/; Secure",
            "x=v; Path=/; SameSite=None; Secure",
            "x=v; Path=/; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "x=v; Path=/; Expires=Wed, 04 May 2050 03:02:01 GMT",
        ] {
            assert_eq!(flaw(line), None, "{line}");
        }
    }

    #[test]
    fn no_more_than_fifty_cookies_of_four_kilobytes_are_kept() {
        let mut jar = Jar::default();
        for number in 0..200 {
            set(&mut jar, &format!("x{number}=v; Path=/"), "https://hub.corp.test/");
        }
        assert_eq!(jar.kept.len(), COOKIES_LIMIT);
        let mut headers = HeaderMap::new();
        for number in 0..200 {
            let line = format!("y{number}=v; Path=/");
            headers.append(SET_COOKIE, HeaderValue::from_str(&line).expect("a header"));
        }
        let hub = url("https://hub.corp.test/");
        assert_eq!(Jar::default().take_in(&headers, &hub, &hub, now()).len(), COOKIES_LIMIT);
        let mut jar = Jar::default();
        let long = format!("x={}; Path=/", "v".repeat(COOKIE_LIMIT));
        assert!(!set(&mut jar, &long, "https://hub.corp.test/").kept);
        assert!(jar.kept.is_empty());
    }

    #[test]
    fn what_a_browser_does_not_send_back_says_why() {
        for (line, why) in [
            ("x=v; Path=/; Domain=other.test", CookieFlaw::Domain),
            ("x=v; Path=/; Domain=test", CookieFlaw::Domain),
            ("x=v; Path=/; Domain=b.corp.test", CookieFlaw::Domain),
            ("x=v; Path=/; Domain=a.hub.corp.test", CookieFlaw::Domain),
            ("x=v; Path=/sales", CookieFlaw::Path),
            ("x=v; Path=/fin", CookieFlaw::Path),
            ("x=v", CookieFlaw::Path),
            ("__Host-x=v; Path=/finance; Secure", CookieFlaw::Prefix),
            ("__Secure-x=v; Path=/", CookieFlaw::Prefix),
            ("x=v; Path=/; SameSite=None", CookieFlaw::SameSite),
            ("x=v; Path=/; Max-Age=0", CookieFlaw::Other),
            ("=v", CookieFlaw::Other),
        ] {
            assert_eq!(flaw(line), Some(why), "{line}");
        }
        let http = set(&mut Jar::default(), "x=v; Path=/; Secure", "http://hub.corp.test/");
        assert_eq!(http.flaw, Some(CookieFlaw::Secure));
    }

    #[test]
    fn a_cookie_goes_back_where_it_belongs_and_nowhere_else() {
        let mut jar = Jar::default();
        let from = "https://hub.corp.test/finance/x";
        set(&mut jar, "a=1; Path=/", from);
        set(&mut jar, "b=2; Path=/finance; Secure", from);
        set(&mut jar, "c=3; Path=/; Domain=corp.test", from);
        set(&mut jar, "a=4; Path=/", from);
        let header = |text: &str| jar.header(&url(text)).map(|header| header.to_string());
        assert_eq!(header("https://hub.corp.test/finance/hub/").as_deref(), Some("b=2; c=3; a=4"));
        assert_eq!(header("https://hub.corp.test/hub/").as_deref(), Some("c=3; a=4"));
        assert_eq!(header("https://idp.corp.test/").as_deref(), Some("c=3"));
        assert_eq!(header("https://evilcorp.test/"), None);
        assert_eq!(header("https://other.test/"), None);
        set(&mut jar, "a=; Path=/; Max-Age=0", from);
        assert_eq!(
            jar.header(&url("https://hub.corp.test/hub/")).as_deref().map(String::as_str),
            Some("c=3")
        );
    }

    #[test]
    fn nothing_shows_a_value() {
        let seen =
            set(&mut Jar::default(), "X-Qlik-Session=planted; Path=/", "https://hub.corp.test/");
        assert!(seen.is_session && seen.kept);
        let shown = format!("{seen:?}{}", serde_json::to_string(&seen).expect("JSON"));
        assert!(!shown.contains("planted"), "{shown}");
        let odd = set(
            &mut Jar::default(),
            &format!("x={}", "planted".repeat(999)),
            "https://hub.corp.test/",
        );
        assert!(!format!("{odd:?}").contains("planted"), "{odd:?}");
    }

    proptest! {
        #[test]
        fn no_line_makes_the_reading_panic(line in "\\PC{0,200}", odd in proptest::collection::vec(any::<u8>(), 0..80)) {
            let from = url("https://hub.corp.test/finance/x");
            let mut jar = Jar::default();
            for bytes in [line.as_bytes(), &odd] {
                drop(jar.take_one(bytes, &from, &from, now()));
            }
            drop(jar.header(&from));
        }
    }
}
