//! What one answer says about who sent it: Qlik's marks, known texts, marks of web filters.

use hublink_probe::{Exchange, mask_one_time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{DoorKind, LoginDoor, host_of};

/// The longest text of a server that is kept.
const TEXT_KEPT: usize = 80;

/// What an answer says about who sent it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct Page {
    /// Marks of a Qlik hub.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
    /// Known texts and parts of a page.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<KnownText>,
    /// The page's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-compared" = "title of the page"))]
    pub title: Option<String>,
    /// Marks of a web filter or of another machine in front.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<FilterSign>,
    /// The errors of Qlik Cloud's error object.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<CloudError>,
    /// Qlik Cloud's number of this answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
}

/// Marks by which a Qlik hub is known.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// A redirect to one of Qlik's own login pages.
    QlikLogin,
    /// A redirect to an identity provider.
    IdentityProvider,
    /// A redirect to a login module, with Qlik's parameters.
    LoginModule,
    /// A redirect to the login of Qlik Cloud.
    CloudLogin,
    /// Qlik Cloud's error object.
    CloudError,
    /// An error page with Qlik's own text.
    QlikErrorPage,
    /// `/qps/user` answers with a session.
    User,
    /// The product information names a Qlik Sense server.
    Product,
    /// A redirect to `/hub/`, which other products have too.
    HubRedirect,
    /// The page of the hub itself, by its title.
    HubPage,
    /// Windows' own web server, which the Qlik proxy uses, as others do.
    HttpApi,
}

impl Mark {
    /// Whether no other product is known to show it.
    #[must_use]
    pub fn is_strong(self) -> bool {
        !matches!(self, Self::HubRedirect | Self::HubPage | Self::HttpApi)
    }
}

/// Texts and parts of pages that are documented or were seen on real servers.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KnownText {
    /// Qlik: "The http request header is incorrect".
    RequestHeaderIncorrect,
    /// Qlik: "Virtual proxy not possible to determine".
    VirtualProxyUndetermined,
    /// Qlik: "Restart the browser".
    RestartBrowser,
    /// A web server: plain HTTP was sent to its https port.
    PlainHttpToHttpsPort,
    /// A web server: a client certificate was not sent.
    ClientCertificateMissing,
    /// A web server: the request's header is too large.
    HeaderTooLarge,
    /// A field for a password.
    PasswordField,
    /// A form that carries a SAML request.
    SamlForm,
}

/// A machine in front of the hub, by its marks.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct FilterSign {
    /// The product.
    pub product: String,
    /// The mark it was known by.
    pub by: String,
    /// What it does.
    pub role: FilterRole,
}

/// What a machine in front of the hub does, as far as its mark tells.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FilterRole {
    /// It says that it refuses, or only ever shows itself to refuse.
    Refuses,
    /// It stands in front of servers: it may refuse, and it may pass on what a server said.
    Front,
    /// It only says that it passed something on.
    Relay,
}

/// One error of Qlik Cloud.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct CloudError {
    /// The code, such as `LOGIN-2`.
    pub code: String,
    /// The title, bounded.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
}

impl Page {
    /// Reads an answer. `leads_to` is its redirect, resolved.
    #[must_use]
    pub fn of(answer: &Exchange, leads_to: Option<&Url>) -> Self {
        let text = String::from_utf8_lossy(&answer.body).to_lowercase();
        let (errors, trace_id) = cloud_errors(&answer.body);
        let mut page = Self {
            marks: Vec::new(),
            texts: known_texts(&text),
            title: title(&answer.body, &text),
            filter: None,
            errors,
            trace_id,
        };
        page.filter = filter(answer, &text, &page);
        page.marks = marks(answer, leads_to, &page);
        page
    }

    /// Whether this text stands on the page.
    #[must_use]
    pub fn says(&self, text: KnownText) -> bool {
        self.texts.contains(&text)
    }
}

fn marks(answer: &Exchange, leads_to: Option<&Url>, page: &Page) -> Vec<Mark> {
    let mut marks = Vec::new();
    if let Some(url) = leads_to {
        match LoginDoor::behind(url).map(|door| door.kind) {
            Some(DoorKind::Windows | DoorKind::Forms) => marks.push(Mark::QlikLogin),
            Some(DoorKind::Saml | DoorKind::Oidc) => marks.push(Mark::IdentityProvider),
            Some(DoorKind::Module) => marks.push(Mark::LoginModule),
            Some(DoorKind::Cloud) => marks.push(Mark::CloudLogin),
            _ if host_of(url) == "login.qlik.com" => marks.push(Mark::CloudLogin),
            _ if url.path().trim_end_matches('/').ends_with("/hub") => {
                marks.push(Mark::HubRedirect);
            }
            _ => {}
        }
    }
    if !page.errors.is_empty() && page.trace_id.is_some() {
        marks.push(Mark::CloudError);
    }
    let own_texts = [KnownText::RequestHeaderIncorrect, KnownText::VirtualProxyUndetermined];
    if own_texts.iter().any(|text| page.says(*text)) {
        marks.push(Mark::QlikErrorPage);
    }
    if page.title.as_ref().is_some_and(|title| title.to_lowercase().contains("qlik")) {
        marks.push(Mark::HubPage);
    }
    if answer.header("server").is_some_and(|server| server.starts_with("Microsoft-HTTPAPI")) {
        marks.push(Mark::HttpApi);
    }
    marks
}

/// In lower case, as the page is searched.
const TEXTS: &[(&str, KnownText)] = &[
    ("the http request header is incorrect", KnownText::RequestHeaderIncorrect),
    ("virtual proxy not possible to determine", KnownText::VirtualProxyUndetermined),
    ("restart the browser", KnownText::RestartBrowser),
    // nginx, Apache and Go say it in these words.
    ("plain http request was sent to https port", KnownText::PlainHttpToHttpsPort),
    ("speaking plain http to an ssl-enabled server port", KnownText::PlainHttpToHttpsPort),
    ("sent an http request to an https server", KnownText::PlainHttpToHttpsPort),
    ("no required ssl certificate was sent", KnownText::ClientCertificateMissing),
    // Windows, nginx and Apache.
    ("request header too long", KnownText::HeaderTooLarge),
    ("request too long", KnownText::HeaderTooLarge),
    ("size of the request headers is too long", KnownText::HeaderTooLarge),
    ("request header or cookie too large", KnownText::HeaderTooLarge),
    ("header field exceeds server limit", KnownText::HeaderTooLarge),
    ("type=\"password\"", KnownText::PasswordField),
    ("type='password'", KnownText::PasswordField),
    ("type=password", KnownText::PasswordField),
    ("name=\"samlrequest\"", KnownText::SamlForm),
];

fn known_texts(page: &str) -> Vec<KnownText> {
    let mut found = Vec::new();
    for &(words, text) in TEXTS {
        if page.contains(words) && !found.contains(&text) {
            found.push(text);
        }
    }
    found
}

fn title(body: &[u8], lower: &str) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    // The two texts may differ in length beyond ASCII, so the title is read from its own search.
    let begin = lower.find("<title")?;
    let source = if text.len() == lower.len() { &*text } else { lower };
    let inner = source.get(begin..)?.split_once('>')?.1;
    let inner = inner.split('<').next()?.trim();
    (!inner.is_empty()).then(|| bounded(inner))
}

/// Text of a server, bounded, on one line and without one-time values: a page may repeat the
/// address that it was asked for.
pub(crate) fn bounded(text: &str) -> String {
    let start: String = text.chars().take(4 * TEXT_KEPT).collect();
    mask_one_time(&start).chars().filter(|c| !c.is_control()).take(TEXT_KEPT).collect()
}

/// Words of pages that web filters put in place of what was asked for, in lower case.
const FILTER_WORDS: &[(&str, &str)] = &[
    ("zscaler", "Zscaler"),
    ("fortiguard", "FortiGuard"),
    ("blue coat", "Blue Coat"),
    ("forcepoint", "Forcepoint"),
    ("websense", "Websense"),
    ("cisco umbrella", "Cisco Umbrella"),
    ("sophos", "Sophos"),
    ("barracuda", "Barracuda"),
    ("mcafee web gateway", "McAfee Web Gateway"),
    ("skyhigh", "Skyhigh"),
    ("palo alto networks", "Palo Alto Networks"),
    ("netskope", "Netskope"),
    ("the requested url was rejected. please consult with your administrator", "F5 BIG-IP"),
    ("incapsula incident id", "Imperva"),
];

/// Beginnings of `Server` headers, in lower case.
const FILTER_SERVERS: &[(&str, &str, FilterRole)] = &[
    ("zscaler", "Zscaler", FilterRole::Refuses),
    ("squid", "Squid", FilterRole::Front),
    ("bigip", "F5 BIG-IP", FilterRole::Front),
    ("big-ip", "F5 BIG-IP", FilterRole::Front),
    ("netscaler", "NetScaler", FilterRole::Front),
];

/// The products by whose words or headers a machine in front is known.
pub(super) fn products() -> Vec<&'static str> {
    let words = FILTER_WORDS.iter().flat_map(|&(words, product)| [words, product]);
    let servers = FILTER_SERVERS.iter().flat_map(|&(words, product, _)| [words, product]);
    words.chain(servers).collect()
}

/// A filter's own page says little besides.
const BLOCK_PAGE_BYTES: usize = 2048;

/// Whether a word of a page is a filter's and not somebody's who writes about it: a company's login
/// page may well name the product that its VPN is made with.
fn is_filters_own(answer: &Exchange, text: &str, page: &Page, words: &str) -> bool {
    let refuses = answer.status != Some(200);
    let in_title = page.title.as_ref().is_some_and(|title| title.to_lowercase().contains(words));
    let is_short = text.len() <= BLOCK_PAGE_BYTES && !page.says(KnownText::PasswordField);
    refuses || in_title || is_short
}

fn filter(answer: &Exchange, text: &str, page: &Page) -> Option<FilterSign> {
    let sign = |product: &str, by: String, role| {
        Some(FilterSign { product: product.to_owned(), by: bounded(&by), role })
    };
    let own = |words| text.contains(words) && is_filters_own(answer, text, page, words);
    if let Some(&(words, product)) = FILTER_WORDS.iter().find(|(words, _)| own(words)) {
        return sign(product, format!("page: {words}"), FilterRole::Refuses);
    }
    if let Some(error) = answer.header("x-squid-error") {
        // Squid tells a refusal apart from a server behind it that does not answer.
        let refuses = error.contains("DENIED");
        let role = if refuses { FilterRole::Refuses } else { FilterRole::Front };
        return sign("Squid", format!("X-Squid-Error: {error}"), role);
    }
    if let Some(value) = answer.header("x-iinfo") {
        return sign("Imperva", format!("X-Iinfo: {value}"), FilterRole::Front);
    }
    let server = answer.header("server").unwrap_or_default();
    let lower = server.to_ascii_lowercase();
    if let Some(&(_, product, role)) = FILTER_SERVERS.iter().find(|row| lower.starts_with(row.0)) {
        return sign(product, format!("Server: {server}"), role);
    }
    let via = answer.header("via")?;
    sign("a proxy", format!("Via: {via}"), FilterRole::Relay)
}

/// Qlik Cloud's error object, bounded: `errors[{code, title}]` and `traceId`.
pub(crate) fn cloud_errors(body: &[u8]) -> (Vec<CloudError>, Option<String>) {
    let Ok(Value::Object(object)) = serde_json::from_slice(body) else {
        return (Vec::new(), None);
    };
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(bounded);
    let errors = object.get("errors").and_then(Value::as_array).into_iter().flatten();
    let errors = errors.take(5).filter_map(|error| {
        Some(CloudError {
            code: text(error, "code")?,
            title: text(error, "title").unwrap_or_default(),
        })
    });
    (errors.collect(), object.get("traceId").and_then(Value::as_str).map(bounded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_repeats_of_its_address_is_masked() {
        let page = "<title>Not found: /x/?targetId=1-2-3&a=b</title>";
        let shown = title(page.as_bytes(), &page.to_lowercase()).expect("a title");
        assert_eq!(shown, "Not found: /x/?targetId=…&a=b");
        let body = br#"{"errors":[{"code":"E-1","title":"no ?qlikTicket=1-2-3"}],"traceId":"7"}"#;
        let (errors, trace) = cloud_errors(body);
        assert_eq!((errors[0].title.as_str(), trace.as_deref()), ("no ?qlikTicket=…", Some("7")));
    }
}
