//! What mail and chat programs do to a link, and how to undo it.
//!
//! An undo counts only if the check value fits afterwards, so none of them can invent a link.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::grammar::{
    Parts, SIGNATURE_LENGTH, START, compose_raw, decode, encode, find_ignoring_case, is_whole,
};
use super::wrapper;

/// No link is longer: 1024 and 255 characters of nine bytes each, encoded once more. Longer texts
/// are looked at as they stand and not repaired.
const LONGEST_REPAIRABLE: usize = 32 * 1024;

/// One thing that happened to a link on its way.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mangling {
    /// `&` became `&amp;` or `&#38;`, perhaps more than once.
    HtmlAmpersand,
    /// The whole link, or its values, were percent-encoded once more.
    EncodedTwice,
    /// The values are no longer percent-encoded.
    EncodingLost,
    /// `=` became `=3D`, and long lines were cut with a `=` at their end.
    QuotedPrintable,
    /// Other characters stand around it: quotes, brackets, the full stop of the sentence.
    TextAround,
    /// Spaces, line ends or invisible characters got into it.
    WhiteSpace,
    /// A mail protection service put its own address around it.
    Wrapped,
}

impl Mangling {
    /// Every one, in the order in which they are tried: the cheap and common first.
    pub const ALL: [Self; 7] = [
        Self::HtmlAmpersand,
        Self::WhiteSpace,
        Self::QuotedPrintable,
        Self::TextAround,
        Self::Wrapped,
        Self::EncodedTwice,
        Self::EncodingLost,
    ];

    /// For people: what happened.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::HtmlAmpersand => "each & was written as &amp; or &#38;",
            Self::EncodedTwice => "it was percent-encoded once too often",
            Self::EncodingLost => "its percent-encoding was taken away",
            Self::QuotedPrintable => "= was written as =3D, or lines end in =",
            Self::TextAround => "other characters stand before or after it",
            Self::WhiteSpace => "spaces, line ends or invisible characters got into it",
            Self::Wrapped => "a mail protection service put its own address around it",
        }
    }

    /// The text before this happened, if it can have happened. Several readings may exist.
    fn undo(self, text: &str) -> Vec<String> {
        let undone = match self {
            Self::HtmlAmpersand => vec![without_html_ampersands(text)],
            Self::EncodedTwice => vec![decode(text).into_owned()],
            Self::EncodingLost => encoded_again(text),
            Self::QuotedPrintable => vec![without_quoted_printable(text)],
            Self::TextAround => bare(text).into_iter().collect(),
            Self::WhiteSpace => without_white_space(text).into(),
            Self::Wrapped => wrapper::unwrap(text),
        };
        undone.into_iter().filter(|undone| undone != text).collect()
    }
}

/// What happened to a damaged link, and the link as it was.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Repair {
    /// In the order of undoing.
    pub(crate) steps: Vec<Mangling>,
    pub(crate) link: String,
}

/// One undo, or two in a row, after which the check value fits.
pub(crate) fn repair(text: &str) -> Option<Repair> {
    if text.len() > LONGEST_REPAIRABLE {
        return None;
    }
    let mut once = Vec::new();
    for step in Mangling::ALL {
        for undone in step.undo(text) {
            if is_whole(&undone) {
                return Some(repaired(vec![step], &undone));
            }
            once.push((step, undone));
        }
    }
    for (first, text) in once {
        for second in Mangling::ALL {
            if let Some(undone) = second.undo(&text).into_iter().find(|undone| is_whole(undone)) {
                return Some(repaired(vec![first, second], &undone));
            }
        }
    }
    None
}

/// In the usual order and case: the values are those that the check value vouches for.
fn repaired(steps: Vec<Mangling>, whole: &str) -> Repair {
    let parts = Parts::of(whole).unwrap_or_default();
    Repair { steps, link: compose_raw(parts.url.unwrap_or_default(), parts.name) }
}

fn without_html_ampersands(text: &str) -> String {
    let mut text = text.to_owned();
    // Each round undoes one escaping; a text without any ends it.
    for _ in 0..4 {
        let round = ["&amp;", "&AMP;", "&#38;", "&#x26;", "&#X26;"]
            .iter()
            .fold(text.clone(), |text, escaped| text.replace(escaped, "&"));
        if round == text {
            break;
        }
        text = round;
    }
    text
}

fn without_quoted_printable(text: &str) -> String {
    let joined = text.replace("=\r\n", "").replace("=\n", "");
    joined.replace("=3D", "=").replace("=3d", "=")
}

/// A link has no white space. Two readings: a `=` at a line's end may belong to the link, or it
/// is the soft break of quoted-printable.
pub(crate) fn without_white_space(text: &str) -> [String; 2] {
    let mut kept = String::with_capacity(text.len());
    let mut soft = String::with_capacity(text.len());
    let mut lines = text.split(['\n', '\r']).filter(|line| !line.is_empty()).peekable();
    let mut first = true;
    while let Some(line) = lines.next() {
        // A quoted reply has its marks at the beginning of each line but the first.
        let line = if first { line } else { line.trim_start_matches(['>', ' ', '\t']) };
        first = false;
        kept.extend(line.chars().filter(|&c| !is_gap(c)));
        let line = line.trim_end();
        let is_last = lines.peek().is_none();
        let line = if is_last { line } else { line.strip_suffix('=').unwrap_or(line) };
        soft.extend(line.chars().filter(|&c| !is_gap(c)));
    }
    [kept, soft]
}

fn is_gap(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// From the scheme to the last digit of the check value.
fn bare(text: &str) -> Option<String> {
    const KEY: &str = "signature=";
    let start = find_ignoring_case(text, START, 0)?;
    let value = find_ignoring_case(text, KEY, start)? + KEY.len();
    let digits = text[value..].bytes().take_while(u8::is_ascii_hexdigit).count();
    // More digits would be another value and not a mark behind this one.
    (digits == SIGNATURE_LENGTH).then(|| text[start..value + digits].to_owned())
}

/// A value may hold `&` or `&name=` once its encoding is lost, so the parts are found from both
/// ends, and every place where the name may begin is tried.
fn encoded_again(text: &str) -> Vec<String> {
    const MOST_READINGS: usize = 8;
    let Some(url_at) = find_ignoring_case(text, "url=", 0).map(|at| at + 4) else {
        return Vec::new();
    };
    let Some(end) = last_ignoring_case(&text[url_at..], "&version=").map(|at| url_at + at) else {
        return Vec::new();
    };
    let (head, values, tail) = (&text[..url_at], &text[url_at..end], &text[end..]);
    let mut splits = vec![(values, None)];
    let mut from = 0;
    while let Some(at) = find_ignoring_case(values, "&name=", from) {
        splits.push((&values[..at], Some(&values[at + 6..])));
        from = at + 1;
        if splits.len() > MOST_READINGS {
            break;
        }
    }
    let mut readings = Vec::new();
    for (url, name) in splits {
        let rebuilt = |value: &dyn Fn(&str) -> String| {
            let name = name.map(|name| format!("&name={}", value(name))).unwrap_or_default();
            format!("{head}{}{name}{tail}", value(url))
        };
        readings.push(rebuilt(&|raw| encode(raw)));
        readings.push(rebuilt(&|raw| encode(&decode(raw))));
    }
    readings
}

fn last_ignoring_case(text: &str, wanted: &str) -> Option<usize> {
    let mut found = None;
    let mut from = 0;
    while let Some(at) = find_ignoring_case(text, wanted, from) {
        found = Some(at);
        from = at + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::grammar::tests::VECTORS;
    use super::*;

    /// What each mangling does, written independently of its undo.
    fn mangle(mangling: Mangling, link: &str) -> Vec<String> {
        match mangling {
            Mangling::HtmlAmpersand => vec![
                link.replace('&', "&amp;"),
                link.replace('&', "&#38;"),
                link.replace('&', "&amp;amp;"),
            ],
            Mangling::EncodedTwice => vec![encode(link), link.replace('%', "%25")],
            Mangling::EncodingLost => vec![
                decode(link).into_owned(),
                link.replace("%2F", "/").replace("%3A", ":"),
                link.replace("%20", " ").replace("%28", "(").replace("%21", "!"),
            ],
            Mangling::QuotedPrintable => {
                vec![link.replace('=', "=3D"), wrapped_at(&link.replace('=', "=3D"), 60, "=\r\n")]
            }
            Mangling::TextAround => vec![
                format!("{link}."),
                format!("{link}>"),
                format!("<{link}>"),
                format!("\"{link}\"),"),
                format!("Click: {link}"),
                format!("({link})"),
                format!("{link}&quot;>here</a>"),
            ],
            Mangling::WhiteSpace => vec![
                wrapped_at(link, 72, "\r\n"),
                wrapped_at(link, 72, "\n> "),
                wrapped_at(link, 60, "=\n"),
                wrapped_at(link, 30, " "),
                link.replace("action", "\u{200b}action"),
            ],
            Mangling::Wrapped => vec![
                format!(
                    "https://eur01.safelinks.protection.outlook.com/?url={}&data=05%7C01&reserved=0",
                    encode(link)
                ),
                format!(
                    "https://urldefense.proofpoint.com/v2/url?u={}&d=DwMF-g&c=abc",
                    encode(link).replace('%', "-").replace("-2F", "_")
                ),
                format!("https://protect.example/s/abc?domain=x&u={}", encode(link)),
            ],
        }
    }

    fn wrapped_at(text: &str, width: usize, end: &str) -> String {
        let letters: Vec<char> = text.chars().collect();
        let chunks: Vec<String> = letters.chunks(width).map(|c| c.iter().collect()).collect();
        chunks.join(end)
    }

    #[test]
    fn every_mangling_is_undone() {
        for (_, _, link) in VECTORS {
            for mangling in Mangling::ALL {
                for mangled in mangle(mangling, link).iter().filter(|mangled| *mangled != link) {
                    let repair = repair(mangled).unwrap_or_else(|| panic!("lost: {mangled}"));
                    assert_eq!(repair.link, link, "{mangled}");
                    assert!(repair.steps.contains(&mangling), "{:?}: {mangled}", repair.steps);
                }
            }
        }
    }

    #[test]
    fn two_manglings_in_a_row_are_undone() {
        for (_, _, link) in VECTORS {
            for first in Mangling::ALL {
                for second in Mangling::ALL {
                    for mangled in mangle(first, link) {
                        let mangled = mangle(second, &mangled).swap_remove(0);
                        if is_readable(first, second) {
                            let repair = repair(&mangled).map(|repair| repair.link);
                            assert_eq!(
                                repair.as_deref(),
                                Some(link),
                                "{first:?} {second:?} {mangled}"
                            );
                        }
                    }
                }
            }
        }
    }

    /// Pairs that leave nothing to tell the second from the first apart, or that no program
    /// makes: they may or may not be undone.
    fn is_readable(first: Mangling, second: Mangling) -> bool {
        first != second
            && first != Mangling::EncodingLost
            && second != Mangling::EncodingLost
            && !(first == Mangling::QuotedPrintable || second == Mangling::QuotedPrintable)
    }

    #[test]
    fn an_edited_link_is_not_repaired() {
        for (_, _, link) in VECTORS {
            let edited = link.replace("sense.example", "sence.example").replace("qlik1", "qlik2");
            assert_eq!(repair(&edited), None);
            assert_eq!(repair(&link[..link.len() - 1]), None);
            assert_eq!(repair(&format!("{link}0")), None);
        }
    }
}
