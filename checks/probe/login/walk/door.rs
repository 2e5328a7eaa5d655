//! From the hub's entrance to the place where it asks for an account.

use hyper::header::{HeaderMap, WWW_AUTHENTICATE};
use url::Url;

use super::super::page::PasswordForm;
use super::{End, HOPS_LIMIT, Hop, Walk};
use crate::{NotSent, StepKind};

/// The most schemes that are read. A dozen are registered.
const SCHEMES_READ: usize = 8;

/// How much of a scheme's name is kept.
const SCHEME_KEPT: usize = 32;

/// Where an account can be shown.
pub(super) enum Door {
    /// An answer with `WWW-Authenticate`.
    Challenge(Box<Hop>),
    /// A page with a password form.
    Form(PasswordForm),
}

impl Walk<'_> {
    pub(super) async fn find_door(&mut self) -> Result<Door, End> {
        let mut kind = StepKind::Entrance;
        let mut url = self.home.clone();
        for _ in 0..=HOPS_LIMIT {
            let hop = self.get(kind, &url).await?;
            if let Some(next) = hop.next() {
                if is_for_people(&next) {
                    return Err(NotSent::Interactive.into());
                }
                (kind, url) = (StepKind::LoginPage, next);
                continue;
            }
            return match hop.status() {
                401 => Ok(Door::Challenge(Box::new(hop))),
                200..=299 => self.form(&hop, kind),
                _ => Err(NotSent::NoLoginPage.into()),
            };
        }
        Err(NotSent::NoLoginPage.into())
    }

    fn form(&mut self, hop: &Hop, kind: StepKind) -> Result<Door, End> {
        let page = &hop.exchange.body;
        if let Some(form) = PasswordForm::find(page, &hop.url) {
            self.seen.form = Some(form.names());
            return Ok(Door::Form(form));
        }
        // A start page without a login is a hub for everybody; one that sends a SAML request by a
        // form of its own is not.
        let is_saml = page.windows(11).any(|word| word.eq_ignore_ascii_case(b"SAMLRequest"));
        let asks = super::super::page::asks_for_password(page);
        let leads_on = kind == StepKind::LoginPage || is_saml || asks;
        Err(if leads_on { NotSent::Interactive } else { NotSent::NoLoginPage }.into())
    }
}

/// A redirect of SAML, `OpenID` Connect or WS-Federation, or to Qlik's own login: made for a browser
/// and a person in front of it.
fn is_for_people(url: &Url) -> bool {
    let has = |names: &[&str]| {
        url.query_pairs()
            .any(|(name, _)| names.iter().any(|known| name.eq_ignore_ascii_case(known)))
    };
    has(&["SAMLRequest", "wtrealm"])
        || (has(&["client_id"]) && has(&["response_type", "redirect_uri"]))
        || url.host_str() == Some("login.qlik.com")
}

/// A scheme on offer, and what came with it for NTLM or Negotiate.
pub(super) struct Offer {
    pub(super) scheme: String,
    pub(super) token: Option<String>,
}

/// The schemes of `WWW-Authenticate`. Several may stand in one line, each with parameters.
pub(super) fn offers(headers: &HeaderMap) -> Vec<Offer> {
    let lines = headers.get_all(WWW_AUTHENTICATE).iter();
    let lines = lines.filter_map(|line| std::str::from_utf8(line.as_bytes()).ok());
    let pieces = lines.flat_map(|line| line.split(',')).filter_map(|piece| {
        let mut words = piece.split_whitespace();
        let scheme = words.next().filter(|word| !word.contains(['=', '"']))?;
        let token = words.next().filter(|token| !token.contains('"')).map(str::to_owned);
        Some(Offer { scheme: scheme.chars().take(SCHEME_KEPT).collect(), token })
    });
    pieces.take(SCHEMES_READ).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    #[test]
    fn schemes_are_told_from_their_parameters() {
        let mut headers = HeaderMap::new();
        for line in
            ["Negotiate", "NTLM TlRM==", "Basic realm=\"a, b\", Digest realm=x, qop=\"auth\""]
        {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(line));
        }
        let read = offers(&headers);
        let schemes: Vec<_> = read.iter().map(|offer| offer.scheme.as_str()).collect();
        assert_eq!(schemes, ["Negotiate", "NTLM", "Basic", "Digest"]);
        assert_eq!(read[1].token.as_deref(), Some("TlRM=="));
        assert_eq!(read[0].token, None);
    }

    #[test]
    fn a_login_for_people_is_known_by_its_address() {
        let is = |text: &str| is_for_people(&Url::parse(text).expect("a URL"));
        assert!(is("https://idp.test/saml2?SAMLRequest=x&RelayState=y"));
        assert!(is("https://idp.test/authorize?client_id=a&response_type=code&redirect_uri=b"));
        assert!(is("https://login.qlik.com/login?x=y"));
        assert!(!is("https://hub.test/internal_windows_authentication/?targetId=1"));
    }
}
