//! The secrets of one login, to keep them out of every text that a server sends: a page that
//! repeats a password must not carry it into a report.

use percent_encoding::percent_decode_str;
use url::Url;
use zeroize::Zeroizing;

use crate::Exchange;
use crate::http::is_one_time;

/// Anything shorter cannot be told from ordinary text.
const SHORTEST: usize = 4;

/// What stands in place of a text that holds a secret.
const LEFT_OUT: &str = "…";

/// How pages write the letters that mean something to HTML.
const ENTITIES: [(&str, &str); 9] = [
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&#34;", "\""),
    ("&#39;", "'"),
    ("&#x27;", "'"),
    ("&#38;", "&"),
    ("&#x26;", "&"),
    ("&amp;", "&"),
];

/// The secrets.
#[derive(Default)]
pub(crate) struct Known {
    secrets: Vec<Zeroizing<String>>,
}

impl Known {
    pub(crate) fn add(&mut self, secret: &str) {
        let is_known = self.secrets.iter().any(|known| known.as_str() == secret);
        if secret.len() >= SHORTEST && !is_known {
            self.secrets.push(Zeroizing::new(secret.to_owned()));
        }
    }

    /// The values of one-time parameters of an address.
    pub(crate) fn add_address(&mut self, url: &Url) {
        for (_, value) in url.query_pairs().filter(|(name, _)| is_one_time(name)) {
            self.add(&value);
        }
    }

    /// Whether a secret stands in a text, as it is or as pages and addresses write it, or begins
    /// where the text was cut.
    fn is_in(&self, text: &str) -> bool {
        let plain = Zeroizing::new(percent_decode_str(text).decode_utf8_lossy().into_owned());
        let spaced = Zeroizing::new(plain.replace('+', " "));
        let mut page = Zeroizing::new(text.to_owned());
        for (entity, letter) in ENTITIES {
            page = Zeroizing::new(page.replace(entity, letter));
        }
        let forms = [text, &plain, &spaced, &page];
        self.secrets.iter().any(|secret| forms.iter().any(|form| holds(form, secret)))
    }

    /// A text without a secret, or nothing of it.
    pub(crate) fn clean(&self, text: String) -> String {
        if self.is_in(&text) { LEFT_OUT.to_owned() } else { text }
    }

    /// What of an answer may be shown. Of one that is no error nothing of its text is: it is a
    /// page of the user's hub.
    pub(crate) fn clean_answer(&self, seen: &mut Exchange) {
        if seen.status.is_some_and(|status| status < 400) {
            seen.head = String::new();
        }
        let body = String::from_utf8_lossy(&seen.body);
        if !seen.head.is_empty() && self.is_in(&body) {
            LEFT_OUT.clone_into(&mut seen.head);
        }
        for text in [&mut seen.head, &mut seen.url]
            .into_iter()
            .chain(seen.headers.iter_mut().map(|header| &mut header.value))
            .chain(&mut seen.cookies)
        {
            *text = self.clean(std::mem::take(text));
        }
        if seen.head == LEFT_OUT {
            seen.head_hex = String::new();
        }
    }
}

fn holds(text: &str, secret: &str) -> bool {
    let begins_at_the_end = || {
        let starts = (SHORTEST..secret.len()).filter(|&length| secret.is_char_boundary(length));
        starts.into_iter().any(|length| text.ends_with(&secret[..length]))
    };
    text.contains(secret) || begins_at_the_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_form() {
        let mut known = Known::default();
        known.add("pl<nt&d/");
        known.add("abc");
        known.add_address(&Url::parse("https://h/?qlikTicket=ticket-1&a=open").expect("a URL"));
        for text in [
            "x pl<nt&d/ y",
            "a=pl%3Cnt%26d%2F",
            "a=pl%3cnt&d%2f",
            "value=\"pl&lt;nt&amp;d/\"",
            "ticket-1",
            "cut off at tick",
        ] {
            assert_eq!(known.clean(text.to_owned()), LEFT_OUT, "{text}");
        }
        assert_eq!(known.clean("abc open".to_owned()), "abc open");
    }
}
