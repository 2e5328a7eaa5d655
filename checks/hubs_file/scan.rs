//! The line scanner: what each line of an INI file is, with its number.
//!
//! `rust-ini` reads ordinary Windows files too, but it tells no line numbers and swallows broken
//! lines without a word: text without `=` becomes part of the next key.

use ini::{Ini, ParseOption};

use crate::link::find_link;

/// The lines of a text with their numbers, whatever their ends. Cheap to clone, to look ahead.
#[derive(Clone)]
pub(crate) struct Lines<'a> {
    rest: Option<&'a str>,
    number: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        Self { rest: Some(text), number: 0 }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest?;
        self.number += 1;
        let Some(end) = rest.find(['\n', '\r']) else {
            self.rest = None;
            // The end of the last line is not the beginning of another.
            return (!rest.is_empty()).then_some((self.number, rest));
        };
        let after = &rest[end..];
        self.rest = Some(after.strip_prefix("\r\n").unwrap_or(&after[1..]));
        Some((self.number, &rest[..end]))
    }
}

/// What one line is.
#[derive(Debug, PartialEq)]
pub(crate) enum Line<'a> {
    Blank,
    Comment,
    /// Text without a key and without a meaning of its own.
    Junk,
    /// It holds the beginning of a link; `key` stands before a `=` in front of it.
    Link {
        key: Option<&'a str>,
        commented: bool,
    },
    Pair {
        key: &'a str,
        value: &'a str,
    },
    Section(&'a str),
    UnclosedSection,
    /// A line that is a web address and nothing else.
    Url(&'a str),
}

impl<'a> Line<'a> {
    pub(crate) fn of(line: &'a str) -> Self {
        let line = line.trim();
        let commented = line.starts_with([';', '#']) || line.starts_with("//");
        if let Some(at) = find_link(line, 0) {
            let key = line[..at].split_once('=').map(|(key, _)| key.trim());
            let key = key.filter(|key| !key.is_empty() && !commented);
            return Self::Link { key, commented };
        }
        if line.is_empty() {
            return Self::Blank;
        }
        if commented {
            return Self::Comment;
        }
        if let Some(rest) = line.strip_prefix('[') {
            return rest
                .split_once(']')
                .map_or(Self::UnclosedSection, |(name, _)| Self::Section(name.trim()));
        }
        if is_web_address(line) {
            return Self::Url(line);
        }
        match line.split_once('=').or_else(|| line.split_once(':')) {
            Some((key, value)) => Self::Pair { key: key.trim(), value: value.trim() },
            None => Self::Junk,
        }
    }
}

/// Whether a value starts as a web address does.
pub(crate) fn is_web_address(value: &str) -> bool {
    let starts = |scheme: &str| {
        value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    starts("https://") || starts("http://")
}

/// A value as a plain INI reader sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlainValue {
    pub(crate) section: Option<String>,
    pub(crate) key: String,
    pub(crate) value: String,
}

/// The web addresses that a plain INI reader finds, or the line where it gives up.
///
/// Escapes and quotes are off: with them a backslash of a Windows path is altered or an error.
pub(crate) fn plain_reader(text: &str) -> Result<Vec<PlainValue>, usize> {
    let options =
        ParseOption { enabled_quote: false, enabled_escape: false, ..ParseOption::default() };
    let ini = Ini::load_from_str_opt(text, options).map_err(|error| error.line + 1)?;
    let mut found = Vec::new();
    for (section, values) in &ini {
        for (key, value) in values.iter().filter(|(_, value)| is_web_address(value)) {
            found.push(PlainValue {
                section: section.map(str::to_owned),
                key: key.to_owned(),
                value: value.to_owned(),
            });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_every_system_are_counted() {
        let lines: Vec<_> = Lines::of("a\r\nb\n\rc").collect();
        assert_eq!(lines, [(1, "a"), (2, "b"), (3, ""), (4, "c")]);
        assert_eq!(Lines::of("").count(), 0);
        assert_eq!(Lines::of("a\n").count(), 1);
    }

    #[test]
    fn a_line_is_what_it_looks_like() {
        assert_eq!(Line::of("  "), Line::Blank);
        assert_eq!(Line::of("; https://x"), Line::Comment);
        assert_eq!(Line::of("[ S ] ; x"), Line::Section("S"));
        assert_eq!(Line::of("[S"), Line::UnclosedSection);
        assert_eq!(Line::of("A = 1 ; c"), Line::Pair { key: "A", value: "1 ; c" });
        assert_eq!(Line::of("A: 1"), Line::Pair { key: "A", value: "1" });
        assert_eq!(Line::of("junk"), Line::Junk);
        assert_eq!(Line::of("https://q/?a=b"), Line::Url("https://q/?a=b"));
        let link = "qliksense://enterpriseurl?action=add";
        assert_eq!(Line::of(link), Line::Link { key: None, commented: false });
        let pair = format!("Link = \"{link}\"");
        assert_eq!(Line::of(&pair), Line::Link { key: Some("Link"), commented: false });
        assert_eq!(Line::of(&format!("#{link}")), Line::Link { key: None, commented: true });
    }

    #[test]
    fn backslashes_survive_and_an_unclosed_section_is_an_error_with_a_line() {
        let text = "[S]\nP=C:\\new\\x64\nu: https://q/?a=b\n";
        let found = plain_reader(text).expect("a plain file");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].key.as_str(), found[0].value.as_str()), ("u", "https://q/?a=b"));
        assert!(plain_reader("[S").is_err());
    }
}
