//! The secrets of one login, to keep them out of every text that a server sends: a page that
//! repeats a password must not carry it into a report.

use std::ops::Range;

use url::Url;
use zeroize::Zeroizing;

use crate::Exchange;
use crate::http::is_one_time;

/// Anything shorter cannot be told from ordinary text.
const SHORTEST: usize = 4;

/// What stands in place of a text that holds a secret.
const LEFT_OUT: &str = "…";

/// How pages write the letters that mean something to HTML.
const ENTITIES: [(&[u8], u8); 5] =
    [(b"lt;", b'<'), (b"gt;", b'>'), (b"quot;", b'"'), (b"apos;", b'\''), (b"amp;", b'&')];

/// The longest number of a letter: 0x10FFFF in decimal.
const NUMBER_LENGTH: usize = 7;

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

    /// Where secrets stand in a text, as they are or as pages, addresses and JSON write them, or
    /// begin where the text was cut.
    fn places(&self, text: &[u8]) -> Vec<Range<usize>> {
        let plain = Reading::of(text);
        let address = plain.read(percent);
        let spaced = address.as_ref().unwrap_or(&plain).read(plus);
        let page = plain.read(entity);
        let json = plain.read(json_escape);
        let page_in_json = json.as_ref().and_then(|json| json.read(entity));
        let others = [address, spaced, page, json, page_in_json].into_iter().flatten();
        let forms: Vec<Reading> = [plain].into_iter().chain(others).collect();
        let secrets = || self.secrets.iter().map(|secret| secret.as_str());
        forms.iter().flat_map(|form| secrets().flat_map(|secret| form.places(secret))).collect()
    }

    /// A text without a secret, or nothing of it.
    pub(crate) fn clean(&self, text: String) -> String {
        if self.places(text.as_bytes()).is_empty() { text } else { LEFT_OUT.to_owned() }
    }

    /// A page in which each secret is left out, and all else stays as it was: checks read it.
    fn clean_page(&self, page: &mut Vec<u8>) -> bool {
        let mut places = self.places(page);
        places.sort_by_key(|place| place.start);
        let mut cleaned = Vec::with_capacity(page.len());
        let mut end = 0;
        for place in &places {
            if place.start >= end {
                cleaned.extend_from_slice(&page[end..place.start]);
                cleaned.extend_from_slice(LEFT_OUT.as_bytes());
            }
            end = end.max(place.end);
        }
        if !places.is_empty() {
            cleaned.extend_from_slice(&page[end..]);
            drop(Zeroizing::new(std::mem::replace(page, cleaned)));
        }
        !places.is_empty()
    }

    /// What of an answer may be shown. Of one that is no error nothing of its text is: it is a
    /// page of the user's hub.
    pub(crate) fn clean_answer(&self, seen: &mut Exchange) {
        if seen.status.is_some_and(|status| status < 400) {
            seen.head = String::new();
        }
        if self.clean_page(&mut seen.body) && !seen.head.is_empty() {
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

/// A text as one of its readers has it, and where each byte of it stands in the text itself.
struct Reading {
    bytes: Zeroizing<Vec<u8>>,
    from: Vec<Range<usize>>,
}

impl Reading {
    fn of(text: &[u8]) -> Self {
        let from = (0..text.len()).map(|at| at..at + 1).collect();
        Self { bytes: Zeroizing::new(text.to_vec()), from }
    }

    /// The same with every escape taken back that `escape` knows at the beginning of a rest, if
    /// there is one.
    fn read(&self, escape: impl Fn(&[u8]) -> Option<(usize, Letter)>) -> Option<Self> {
        if !(0..self.bytes.len()).any(|at| escape(&self.bytes[at..]).is_some()) {
            return None;
        }
        // No escape is shorter than its letter: no copy of a secret stays behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.bytes.len()));
        let mut from = Vec::with_capacity(self.from.len());
        let mut at = 0;
        while at < self.bytes.len() {
            let rest = &self.bytes[at..];
            let (length, letter) = escape(rest).unwrap_or((1, Letter::byte(rest[0])));
            let place = self.from[at].start..self.from[at + length - 1].end;
            bytes.extend_from_slice(letter.bytes());
            from.extend(std::iter::repeat_n(place, letter.length));
            at += length;
        }
        Some(Self { bytes, from })
    }

    fn places(&self, secret: &str) -> Vec<Range<usize>> {
        let text = self.bytes.as_slice();
        let mut places = Vec::new();
        let mut at = 0;
        let secret_at =
            |rest: &[u8]| rest.windows(secret.len()).position(|window| window == secret.as_bytes());
        while let Some(found) = secret_at(&text[at..]) {
            let (start, end) = (at + found, at + found + secret.len());
            places.push(self.from[start].start..self.from[end - 1].end);
            at = end;
        }
        let mut starts = (SHORTEST..secret.len()).filter(|&length| secret.is_char_boundary(length));
        let cut = starts.rfind(|&length| text.ends_with(&secret.as_bytes()[..length]));
        places.extend(cut.map(|length| {
            let end = self.from.last().map_or(0, |last| last.end);
            self.from[text.len() - length].start..end
        }));
        places
    }
}

/// A letter in UTF-8.
struct Letter {
    utf8: [u8; 4],
    length: usize,
}

impl Letter {
    fn byte(byte: u8) -> Self {
        Self { utf8: [byte, 0, 0, 0], length: 1 }
    }

    fn of(letter: char) -> Self {
        let mut utf8 = [0; 4];
        let length = letter.encode_utf8(&mut utf8).len();
        Self { utf8, length }
    }

    fn bytes(&self) -> &[u8] {
        &self.utf8[..self.length]
    }
}

/// `%3C`, as addresses and forms write it.
fn percent(rest: &[u8]) -> Option<(usize, Letter)> {
    let digits = rest.strip_prefix(b"%")?.get(..2)?;
    let byte = u8::try_from(number(digits, 16)?).ok()?;
    Some((3, Letter::byte(byte)))
}

/// `+`, as forms write a space.
fn plus(rest: &[u8]) -> Option<(usize, Letter)> {
    (*rest.first()? == b'+').then_some((1, Letter::byte(b' ')))
}

/// `&lt;`, `&#60;` or `&#x3C;`, as pages write it.
fn entity(rest: &[u8]) -> Option<(usize, Letter)> {
    let name = rest.strip_prefix(b"&")?;
    if let Some((known, letter)) = ENTITIES.iter().find(|(known, _)| name.starts_with(known)) {
        return Some((1 + known.len(), Letter::byte(*letter)));
    }
    let digits = name.strip_prefix(b"#")?;
    let (digits, radix) = match digits.first()? {
        b'x' | b'X' => (&digits[1..], 16),
        _ => (digits, 10),
    };
    // It may begin with zeros.
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    let length = digits[zeros..].iter().take(NUMBER_LENGTH + 1).position(|byte| *byte == b';')?;
    let letter = char::from_u32(number(&digits[zeros..zeros + length], radix)?)?;
    let before = rest.len() - digits.len();
    Some((before + zeros + length + 1, Letter::of(letter)))
}

/// `\"` or `\u003c`, as JSON writes it.
fn json_escape(rest: &[u8]) -> Option<(usize, Letter)> {
    let escaped = rest.strip_prefix(b"\\")?;
    let letter = match escaped.first()? {
        b'u' => {
            let unit = |at: usize| {
                let digits = escaped.get(at..at + 5)?.strip_prefix(b"u")?;
                u16::try_from(number(digits, 16)?).ok()
            };
            let first = unit(0)?;
            if let Some(letter) = char::from_u32(first.into()) {
                return Some((6, Letter::of(letter)));
            }
            // Half of a letter; the other half follows.
            let second = unit(6).filter(|_| escaped.get(5) == Some(&b'\\'))?;
            let letter = char::decode_utf16([first, second]).next()?.ok()?;
            return Some((12, Letter::of(letter)));
        }
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        other @ (b'"' | b'\\' | b'/') => *other,
        _ => return None,
    };
    Some((2, Letter::byte(letter)))
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let is_number = digits.iter().all(u8::is_ascii_alphanumeric);
    let digits = std::str::from_utf8(digits).ok().filter(|_| is_number)?;
    u32::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::strategy::Strategy as _;

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
            "value='pl&#60;nt&#x26;d&#047;'",
            r#"{"title":"pl\u003cnt&d\/"}"#,
            r#"{"title":"pl&lt;nt&amp;d\/"}"#,
            "cut off at tick",
        ] {
            assert_eq!(known.clean(text.to_owned()), LEFT_OUT, "{text}");
        }
        assert_eq!(known.clean("abc open".to_owned()), "abc open");
    }

    #[test]
    fn a_page_stays_what_it_is_without_its_secrets() {
        let mut known = Known::default();
        known.add("pl\"nt\u{e4}\u{1f511}d");
        known.add("ticket-1");
        for (page, expected) in [
            (r#"{"a":"x pl\"nt\u00e4\ud83d\udd11d y","b":1}"#, r#"{"a":"x … y","b":1}"#),
            ("<title>pl&quot;nt&#228;&#x1f511;d</title>", "<title>…</title>"),
            ("?a=pl%22nt%c3%a4%f0%9f%94%91d&b=ticket-1", "?a=…&b=…"),
            (
                "\u{fffd} ticket-1ticket-1 %zz &#; &#x110000; \\u12",
                "\u{fffd} …… %zz &#; &#x110000; \\u12",
            ),
            ("cut off at tick", "cut off at …"),
            ("nothing of it", "nothing of it"),
        ] {
            let mut body = page.as_bytes().to_vec();
            known.clean_page(&mut body);
            assert_eq!(String::from_utf8_lossy(&body), expected, "{page}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_page_makes_the_cleaning_panic(
            words in proptest::collection::vec(
                proptest::prop_oneof![
                    proptest::sample::select(vec![
                        "&", "#", "x", "3c", ";", "%", "\\", "u", "d83d", "lt;", "secret", "secr", "0",
                    ]).prop_map(|word| word.as_bytes().to_vec()),
                    proptest::collection::vec(proptest::prelude::any::<u8>(), 0..4),
                ],
                0..40,
            )
        ) {
            let mut known = Known::default();
            known.add("secret<");
            known.clean_page(&mut words.concat());
        }
    }
}
