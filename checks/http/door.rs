//! The login that a hub sends its visitors to, told from the address alone.

use std::borrow::Cow;

use hublink_probe::{Exchange, Scheme, mask_one_time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{KnownText, Mark, Page, host_of, scheme_of};

/// A login page, and where it is.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct LoginDoor {
    /// What kind of login it is.
    #[schemars(extend("x-compared" = "kind of login"))]
    pub kind: DoorKind,
    /// Its address, without one-time values.
    pub url: String,
    /// Its host.
    #[schemars(extend("x-compared" = "host of the login", "x-identifies" = "host"))]
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// The kinds of login.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DoorKind {
    /// The signed-on Windows user, or a Windows account.
    Windows,
    /// A page with fields for name and password.
    Forms,
    /// An identity provider that speaks SAML.
    Saml,
    /// An identity provider that speaks `OpenID` Connect.
    Oidc,
    /// A single sign-on that speaks CAS: it stands in front of the hub, which does not speak it.
    Cas,
    /// A login module that hands out tickets.
    Module,
    /// The login of Qlik Cloud.
    Cloud,
    /// None: everybody is let in.
    Anonymous,
    /// A challenge of the web server itself, before any Qlik login.
    Challenge,
}

impl DoorKind {
    /// For people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Windows => "Windows login",
            Self::Forms => "login with a form",
            Self::Saml => "login at an identity provider (SAML)",
            Self::Oidc => "login at an identity provider (OpenID Connect)",
            Self::Cas => "login at a single sign-on (CAS)",
            Self::Module => "login by a module of your company",
            Self::Cloud => "login of Qlik Cloud",
            Self::Anonymous => "no login: everybody is let in",
            Self::Challenge => "login asked for by a web server in front",
        }
    }
}

impl LoginDoor {
    /// The login that an address leads to, if it is one.
    #[must_use]
    pub fn behind(url: &Url) -> Option<Self> {
        Some(Self::at(url, kind_of(url)?))
    }

    /// The login that an answer itself is.
    pub(super) fn here(url: &Url, answer: &Exchange, page: &Page) -> Option<Self> {
        let kind = match answer.status {
            Some(401) if answer.header("www-authenticate").is_some() => DoorKind::Challenge,
            Some(200) if page.texts.contains(&KnownText::SamlForm) => DoorKind::Saml,
            Some(200) if page.texts.contains(&KnownText::PasswordField) => DoorKind::Forms,
            Some(200) if page.marks.contains(&Mark::HubPage) => DoorKind::Anonymous,
            _ => return None,
        };
        Some(Self::at(url, kind))
    }

    fn at(url: &Url, kind: DoorKind) -> Self {
        let port = url.port_or_known_default().unwrap_or(Scheme::Https.default_port());
        let masked = mask_one_time(url.as_str()).chars().take(512).collect();
        Self { kind, url: masked, host: host_of(url), port }
    }
}

fn kind_of(url: &Url) -> Option<DoorKind> {
    scheme_of(url)?;
    let has = |name: &str| url.query_pairs().any(|(key, _)| key.eq_ignore_ascii_case(name));
    let path = url.path().to_ascii_lowercase();
    if path.contains("/internal_windows_authentication")
        || (path.contains("/windows_authentication") && has("targetId"))
    {
        return Some(DoorKind::Windows);
    }
    if path.contains("/internal_forms_authentication")
        || (path.contains("/form") && path.contains("authentication") && has("targetId"))
    {
        return Some(DoorKind::Forms);
    }
    // WS-Federation comes with the same consequence as SAML: a person signs in elsewhere.
    let federation = has("wa") && has("wtrealm");
    if has("SAMLRequest") || federation {
        return Some(DoorKind::Saml);
    }
    if has("client_id") && (has("response_type") || has("redirect_uri")) {
        return Some(DoorKind::Oidc);
    }
    if has("targetId") && has("proxyRestUri") {
        return Some(DoorKind::Module);
    }
    let calls_back = |(key, value): (Cow<'_, str>, Cow<'_, str>)| {
        key == "service" && (value.starts_with("https://") || value.starts_with("http://"))
    };
    if path.trim_end_matches('/').ends_with("/login") && url.query_pairs().any(calls_back) {
        return Some(DoorKind::Cas);
    }
    let host = host_of(url);
    let tenant_login = host.ends_with(".qlikcloud.com") && has("returnto");
    (host == "login.qlik.com" || tenant_login).then_some(DoorKind::Cloud)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(url: &str) -> Option<DoorKind> {
        kind_of(&Url::parse(url).expect("a URL"))
    }

    #[test]
    fn every_documented_login_address_is_known() {
        let known = [
            ("https://h/internal_windows_authentication/?targetId=1", DoorKind::Windows),
            ("https://h:4244/windows_authentication/?targetId=1", DoorKind::Windows),
            ("https://h/finance/internal_forms_authentication/?targetId=1", DoorKind::Forms),
            ("https://idp.test/saml2?SAMLRequest=x", DoorKind::Saml),
            ("https://idp.test/authorize?client_id=a&response_type=code", DoorKind::Oidc),
            ("https://m.test/?targetId=1&proxyRestUri=https://h:4243/qps/", DoorKind::Module),
            ("https://sso.test/cas/login?service=https%3A%2F%2Fh%2Fhub%2F", DoorKind::Cas),
            ("https://t.eu.qlikcloud.com/login?returnto=x", DoorKind::Cloud),
            ("https://login.qlik.com/login?x=y", DoorKind::Cloud),
        ];
        for (url, expected) in known {
            assert_eq!(kind(url), Some(expected), "{url}");
        }
        assert_eq!(kind("https://h/hub/"), None);
        assert_eq!(kind("https://portal.test/login?url=h"), None);
        assert_eq!(kind("https://portal.test/login?service=guest"), None);
    }
}
