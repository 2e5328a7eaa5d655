//! The secrets of one login, to keep them out of every text that a server sends: a page that
//! repeats a password must not carry it into a report.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;
use zeroize::Zeroizing;

use crate::Exchange;
use crate::http::is_one_time;

/// Anything shorter cannot be told from ordinary text.
const SHORTEST: usize = 4;

/// What stands in place of a text that holds a secret.
const LEFT_OUT: &str = "…";

/// The secrets, in every form in which a page may repeat them.
#[derive(Default)]
pub(crate) struct Known {
    forms: Vec<Zeroizing<String>>,
}

impl Known {
    pub(crate) fn add(&mut self, secret: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        self.push(Zeroizing::new(secret.to_owned()));
        let mut escaped = Zeroizing::new(String::with_capacity(3 * secret.len()));
        escaped.extend(utf8_percent_encode(secret, NON_ALPHANUMERIC));
        self.push(escaped);
        let mut entities = Zeroizing::new(String::with_capacity(6 * secret.len()));
        for c in secret.chars() {
            match c {
                '&' => entities.push_str("&amp;"),
                '<' => entities.push_str("&lt;"),
                '>' => entities.push_str("&gt;"),
                '"' => entities.push_str("&quot;"),
                other => entities.push(other),
            }
        }
        self.push(entities);
    }

    fn push(&mut self, form: Zeroizing<String>) {
        if !self.forms.contains(&form) {
            self.forms.push(form);
        }
    }

    /// The values of one-time parameters of an address.
    pub(crate) fn add_address(&mut self, url: &Url) {
        for (_, value) in url.query_pairs().filter(|(name, _)| is_one_time(name)) {
            self.add(&value);
        }
    }

    fn is_in(&self, text: &str) -> bool {
        self.forms.iter().any(|form| text.contains(form.as_str()))
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
        for text in [&mut seen.head, &mut seen.url]
            .into_iter()
            .chain(seen.headers.iter_mut().map(|header| &mut header.value))
            .chain(&mut seen.cookies)
        {
            *text = self.clean(std::mem::take(text));
        }
        if !seen.head_hex.is_empty() && seen.head == LEFT_OUT {
            seen.head_hex = String::new();
        }
    }
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
        for text in ["x pl<nt&d/ y", "a=pl%3Cnt%26d%2F", "value=\"pl&lt;nt&amp;d/\"", "ticket-1"] {
            assert_eq!(known.clean(text.to_owned()), LEFT_OUT, "{text}");
        }
        assert_eq!(known.clean("abc open".to_owned()), "abc open");
    }
}
