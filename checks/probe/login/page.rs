//! The password form of a login page: what it wants filled in, and where it goes.
//!
//! A page comes from a server that may be broken or hostile: numbers and lengths are bounded, and
//! what does not look like a login for a user and a password is no form.

use std::collections::BTreeMap;
use std::fmt;

use html5gum::{DefaultEmitter, HtmlString, StartTag, Token, Tokenizer};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;
use zeroize::Zeroizing;

use super::secret::Account;
use crate::http::mask_one_time;
use crate::{BODY_LIMIT, LoginForm};

/// The most fields a form may have. Login forms have fewer than ten.
const FIELDS_LIMIT: usize = 64;

/// The longest name of a field.
const NAME_LIMIT: usize = 256;

/// The longest value of a field. The state that ASP.NET pages carry has several kilobytes.
const VALUE_LIMIT: usize = 32 * 1024;

/// How much of a name or an address is kept for people.
const KEPT: usize = 128;

/// What a form does not escape (WHATWG URL, `application/x-www-form-urlencoded`).
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');

/// A form with a field for a user and one for a password.
pub(crate) struct PasswordForm {
    user_field: String,
    password_field: String,
    /// Name and value, as the page has them, in its order.
    others: Vec<(String, Zeroizing<String>)>,
    /// Where it goes.
    pub(crate) action: Url,
}

impl PasswordForm {
    /// The first form of a page that asks for a password.
    pub(crate) fn find(page: &[u8], url: &Url) -> Option<Self> {
        let mut reader = Reader { base: url.clone(), based: false, open: None };
        let mut emitter = DefaultEmitter::default();
        emitter.naively_switch_states(true);
        let page = &page[..page.len().min(BODY_LIMIT)];
        for Ok(token) in Tokenizer::new_with_emitter(page, emitter) {
            let ended = match token {
                Token::StartTag(tag) => {
                    reader.start(&tag);
                    None
                }
                Token::EndTag(tag) if *tag.name == *b"form" => reader.open.take(),
                _ => None,
            };
            if let Some(form) = ended.filter(|form| form.asks_for_password) {
                return form.finish(&reader.base);
            }
        }
        // A form that is never closed ends with the page.
        let form = reader.open.take().filter(|form| form.asks_for_password)?;
        form.finish(&reader.base)
    }

    /// The form filled in. Room is made beforehand, so that no copy of the password stays behind.
    pub(crate) fn filled(&self, account: &Account) -> Zeroizing<Vec<u8>> {
        let user = (self.user_field.as_str(), account.user.as_str());
        let password = (self.password_field.as_str(), account.password.expose());
        let others = self.others.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let fields: Vec<_> = others.chain([user, password]).collect();
        // Escaped, each byte has three; `=` and `&` follow.
        let room = fields.iter().map(|(name, value)| 3 * (name.len() + value.len()) + 2).sum();
        let mut body = Zeroizing::new(Vec::with_capacity(room));
        for (name, value) in fields {
            if !body.is_empty() {
                body.push(b'&');
            }
            escape(&mut body, name);
            body.push(b'=');
            escape(&mut body, value);
        }
        body
    }

    /// Whether it is this form again. A page after the login may ask for a password of another kind:
    /// a one-time code, or a new password.
    pub(crate) fn is_again_in(&self, page: &[u8], url: &Url) -> bool {
        Self::find(page, url).is_some_and(|form| {
            form.user_field == self.user_field && form.password_field == self.password_field
        })
    }

    /// Its names, for the evidence.
    pub(crate) fn names(&self) -> LoginForm {
        let shown = |text: &str| -> String {
            mask_one_time(text).chars().filter(|c| !c.is_control()).take(KEPT).collect()
        };
        LoginForm {
            user_field: shown(&self.user_field),
            password_field: shown(&self.password_field),
            other_fields: self.others.iter().map(|(name, _)| shown(name)).collect(),
            post_to: mask_one_time(self.action.as_str()).chars().take(4 * KEPT).collect(),
        }
    }
}

/// Without the values of its fields, which may be one-time tokens.
impl fmt::Debug for PasswordForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PasswordForm").field(&self.names()).finish()
    }
}

fn escape(body: &mut Vec<u8>, text: &str) {
    for piece in utf8_percent_encode(text, FORM) {
        // A space is written as `+`.
        body.extend_from_slice(if piece == "%20" { b"+" } else { piece.as_bytes() });
    }
}

/// Where the reading of a page stands.
struct Reader {
    base: Url,
    based: bool,
    open: Option<OpenForm>,
}

impl Reader {
    fn start(&mut self, tag: &StartTag<()>) {
        let attribute = |name: &str| attribute(&tag.attributes, name);
        match &tag.name[..] {
            b"base" if !self.based => {
                if let Some(base) = attribute("href").and_then(|href| self.base.join(&href).ok()) {
                    (self.base, self.based) = (base, true);
                }
            }
            // A form inside a form is none (WHATWG HTML, tree construction).
            b"form" if self.open.is_none() => {
                self.open = Some(OpenForm {
                    action: attribute("action").unwrap_or_default(),
                    is_post: attribute("method").is_some_and(|m| m.eq_ignore_ascii_case("post")),
                    is_plain: attribute("enctype").is_none_or(|kind| {
                        kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
                    }),
                    ..OpenForm::default()
                });
            }
            b"input" | b"button" => {
                if let Some(form) = &mut self.open {
                    form.take(tag);
                }
            }
            _ => {}
        }
    }
}

fn attribute(
    all: &BTreeMap<HtmlString, html5gum::Spanned<HtmlString, ()>>,
    name: &str,
) -> Option<String> {
    let value = all.get(name.as_bytes())?;
    Some(String::from_utf8_lossy(value).into_owned())
}

/// A form whose end is not reached yet.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of the page by itself")]
#[derive(Default)]
struct OpenForm {
    action: String,
    is_post: bool,
    is_plain: bool,
    asks_for_password: bool,
    user_field: Option<String>,
    password_field: Option<String>,
    others: Vec<(String, Zeroizing<String>)>,
    has_submit: bool,
    /// Two passwords (a change of it), too many fields, or too long ones.
    is_strange: bool,
}

impl OpenForm {
    fn take(&mut self, tag: &StartTag<()>) {
        let attribute = |name: &str| attribute(&tag.attributes, name);
        let is_button = *tag.name == *b"button";
        let usual = if is_button { "submit" } else { "text" };
        let kind = attribute("type").unwrap_or_else(|| usual.to_owned()).to_ascii_lowercase();
        let name = attribute("name").filter(|name| !name.is_empty());
        self.asks_for_password |= kind == "password" && !is_button;
        if attribute("disabled").is_some() {
            return;
        }
        let Some(name) = name else { return };
        let value = Zeroizing::new(attribute("value").unwrap_or_default());
        self.is_strange |= name.len() > NAME_LIMIT
            || value.len() > VALUE_LIMIT
            || self.others.len() >= FIELDS_LIMIT;
        if self.is_strange {
            return;
        }
        match kind.as_str() {
            "password" if self.password_field.is_some() => self.is_strange = true,
            "password" => self.password_field = Some(name),
            "hidden" => self.others.push((name, value)),
            "checkbox" | "radio" => {
                if attribute("checked").is_some() {
                    let on = attribute("value").unwrap_or_else(|| "on".to_owned());
                    self.others.push((name, Zeroizing::new(on)));
                }
            }
            // A browser sends the button that was pressed, and Enter presses the first.
            "submit" if !self.has_submit => {
                self.has_submit = true;
                self.others.push((name, value));
            }
            "submit" | "image" | "reset" | "button" | "file" => {}
            // The last field before the password is the user's; one before that is sent as it is.
            _ if self.password_field.is_none() => {
                if let Some(before) = self.user_field.replace(name) {
                    self.others.push((before, Zeroizing::default()));
                }
            }
            _ => self.others.push((name, value)),
        }
    }

    fn finish(self, base: &Url) -> Option<PasswordForm> {
        if self.is_strange || !self.is_post || !self.is_plain {
            return None;
        }
        let mut action = base.join(self.action.trim()).ok()?;
        action.set_fragment(None);
        Some(PasswordForm {
            user_field: self.user_field?,
            password_field: self.password_field?,
            others: self.others,
            action,
        })
    }
}

/// Whether a page asks for a password, be it in a form that can be filled in or not.
pub(crate) fn asks_for_password(page: &[u8]) -> bool {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let page = &page[..page.len().min(BODY_LIMIT)];
    Tokenizer::new_with_emitter(page, emitter).any(|token| {
        let Ok(Token::StartTag(tag)) = token else { return false };
        let kind = attribute(&tag.attributes, "type");
        *tag.name == *b"input" && kind.is_some_and(|kind| kind.eq_ignore_ascii_case("password"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;
    use proptest::prelude::*;

    const PAGE: &str = "https://hub.test/internal_forms_authentication/?targetId=1-2-3";

    fn find(page: &str) -> Option<PasswordForm> {
        PasswordForm::find(page.as_bytes(), &Url::parse(PAGE).expect("a URL"))
    }

    fn filled(form: &PasswordForm) -> String {
        let password = Secret::new("p&ss wörd=".to_owned()).expect("short enough");
        let account = Account { user: r"CORP\alice".to_owned(), password };
        String::from_utf8(form.filled(&account).to_vec()).expect("ASCII")
    }

    #[test]
    fn the_fields_are_those_of_the_page() {
        let form = find(
            "<script>var x = '<form><input type=password name=no>'</script>\
             <form action=/search><input name=q></form>\
             <FORM METHOD=post><INPUT type=hidden name=a value='1&amp;2'>\
             <input id=u name=username><input type=password name=pwd>\
             <input type=checkbox name=stay><input type=submit name=go value=Login></FORM>",
        )
        .expect("a form");
        assert_eq!(filled(&form), "a=1%262&go=Login&username=CORP%5Calice&pwd=p%26ss+w%C3%B6rd%3D");
        assert_eq!(form.action.as_str(), PAGE, "without an action it goes to the page");
        let names = form.names();
        assert_eq!((names.user_field.as_str(), names.password_field.as_str()), ("username", "pwd"));
        assert_eq!(names.other_fields, ["a", "go"]);
        assert!(!names.post_to.contains("1-2-3"), "{}", names.post_to);
    }

    #[test]
    fn nothing_prints_the_values_of_a_form() {
        let page = "<form method=post action='/x?targetId=planted-1'>\
                    <input type=hidden name=csrf value=planted-2><input name=u><input type=password name=p>";
        let form = find(page).expect("a form");
        let text = format!("{form:?} {form:#?}");
        assert!(text.contains("csrf") && !text.contains("planted"), "{text}");
    }

    #[test]
    fn an_address_is_resolved_as_browsers_do() {
        let to = |head: &str, action: &str| {
            let page = format!(
                "{head}<form method=post action='{action}'><input name=u><input type=password name=p>"
            );
            find(&page).map(|form| form.action.to_string())
        };
        assert_eq!(to("", "../x?y#z").as_deref(), Some("https://hub.test/x?y"));
        assert_eq!(to("", "//evil.test/").as_deref(), Some("https://evil.test/"));
        assert_eq!(to("<base href=//evil.test>", "x").as_deref(), Some("https://evil.test/x"));
        assert_eq!(to("", "http://[bad"), None);
    }

    #[test]
    fn what_is_no_login_is_no_form() {
        let fields = "<input name=u><input type=password name=p>";
        for page in [
            format!("<form>{fields}</form>"),
            format!("<form method=get>{fields}</form>"),
            format!("<form method=post enctype=multipart/form-data>{fields}</form>"),
            format!("<form method=post>{fields}<input type=password name=again></form>"),
            "<form method=post><input type=password name=p></form>".to_owned(),
            "<form method=post><input name=u><input type=password></form>".to_owned(),
            "<form method=post><input type=hidden name=SAMLResponse value=x></form>".to_owned(),
            fields.to_owned(),
            String::new(),
        ] {
            assert!(find(&page).is_none(), "{page}");
        }
        assert!(asks_for_password(fields.as_bytes()) && !asks_for_password(b"<input name=u>"));
    }

    #[test]
    fn hostile_pages_are_bounded() {
        let login = "<form method=post><input name=u><input type=password name=p>";
        let many = "<input type=hidden name=a value=b>".repeat(10_000);
        assert!(find(&format!("{login}{many}</form>")).is_none(), "too many fields");
        let long = "x".repeat(VALUE_LIMIT + 1);
        assert!(find(&format!("{login}<input type=hidden name=a value={long}>")).is_none());
        assert!(find(&format!("<form method=post><input name={long}>{login}")).is_none());
        let nested = "<form method=post>".repeat(10_000);
        assert!(find(&format!("{nested}{login}")).is_some(), "no end tag at all");
        assert!(find(&format!("\0<fo\0rm>\0{login}")).is_some());
        let attributes = (0..20_000).fold(String::new(), |text, n| text + &format!(" a{n}=x"));
        assert!(find(&format!("<form{attributes}>{login}")).is_none());
        assert!(find(&format!("{}{login}", " ".repeat(BODY_LIMIT))).is_none(), "out of reach");
    }

    proptest! {
        #[test]
        fn no_page_makes_the_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let url = Url::parse(PAGE).expect("a URL");
            drop(PasswordForm::find(&bytes, &url));
            asks_for_password(&bytes);
        }

        #[test]
        fn no_soup_of_tags_makes_the_reading_panic(
            words in proptest::collection::vec(
                prop::sample::select(vec![
                    "<form", " method=post", ">", "<input", " type=password", " name=", "p", "'", "\"",
                    "</form>", "<script>", "</script", "<!--", "-->", "&", "&#x0;", "\0", " action=//",
                    "<base href=", "<textarea>", "=", "é", "<", "/>",
                ]),
                0..60,
            )
        ) {
            let soup = words.concat();
            if let Some(form) = find(&soup) {
                prop_assert!(form.others.len() <= FIELDS_LIMIT + 1);
                drop(filled(&form));
            }
        }
    }
}
