//! What a hubs.ini holds: its links and addresses, and the lines that are broken.

use std::collections::HashMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::decode::{Encoding, decode};
use super::scan::{Line, Lines, is_web_address, plain_reader};
use crate::link::{
    Inspection, TextKind, find_link, holds_secret, inspect, is_whole, shown, shown_junk,
    shown_line, without_white_space,
};

/// How many hubs of one file are listed: more than any office has.
const MOST_ENTRIES: usize = 1000;
/// How many hubs of a file each of them lists. The list of a longer file would stand in the report as
/// often as the file has hubs.
const LISTED_BY_EACH: usize = 8;
/// How many broken lines are listed: after these the file is no hubs.ini.
const MOST_LINTS: usize = 100;
/// No link is longer, even encoded twice.
const LONGEST_TEXT: usize = 32 * 1024;
/// A link of 300 characters that was wrapped at 72 has five lines; a long one some more.
const MOST_LINES_OF_A_LINK: usize = 24;
/// How much of a line a report shows.
const EXCERPT: usize = 120;

/// How much of it is searched for what must not be shown.
const LONGEST_LINE_LOOKED_AT: usize = 4096;

/// What the text of a file holds.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Content {
    /// How its bytes were read.
    pub encoding: Encoding,
    /// It has NUL characters: it is no text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_nul: bool,
    /// It is a web page or XML; only links are taken from it, no addresses.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_markup: bool,
    /// The line at which a plain INI reader gives up. What stands below is read all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plain_reader_fails_at: Option<usize>,
    /// The links and addresses, in the order of the file.
    #[serde(default)]
    pub entries: Vec<Entry>,
    /// How many more there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_entries: usize,
    /// How many of other hubs are not repeated here: each of them tells of its own.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub entries_of_others: usize,
    /// What is odd about its lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lints: Vec<Lint>,
    /// How many more odd lines there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_lints: usize,
}

/// A link or address in a file.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Entry {
    /// The line it starts in, from 1.
    pub line: usize,
    /// The line it ends in.
    pub last_line: usize,
    /// The section it stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "name"))]
    pub section: Option<String>,
    /// The key in front of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "link"))]
    pub key: Option<String>,
    /// A name for people: the link's own, else that of a `name` beside it, else the section's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "name"))]
    pub name: Option<String>,
    /// A link or an address.
    pub kind: TextKind,
    /// The link or address itself, without passwords and one-time values.
    #[schemars(extend("x-identifies" = "link"))]
    pub text: String,
    /// The same as it stands in the file. It is never saved.
    #[serde(skip)]
    raw: Raw,
    /// It was cut at the end of a line, and put together again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub joined_over_lines: bool,
    /// It stands in a comment.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub commented: bool,
}

impl Entry {
    /// The link or address as it stands in the file, to be read and not to be shown. Of saved
    /// evidence only what may be shown is left.
    #[must_use]
    pub fn raw(&self) -> &str {
        if self.raw.0.is_empty() { &self.text } else { &self.raw.0 }
    }
}

/// A text that stays in memory: it is no part of what an entry says to others.
#[derive(Clone, Default)]
struct Raw(String);

impl PartialEq for Raw {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Something odd about a line.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Lint {
    /// The line, from 1.
    pub line: usize,
    /// The line it contradicts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_line: Option<usize>,
    /// What is odd.
    pub kind: LintKind,
    /// The beginning of the line.
    #[schemars(extend("x-identifies" = "link"))]
    pub excerpt: String,
}

/// What is odd about a line.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LintKind {
    /// The same address stands in two links with different names or check values.
    AddressTwice,
    /// Text without `=`, which a plain reader takes as the beginning of the next key.
    JunkLine,
    /// A link was cut here; the next lines complete it.
    LinkCut,
    /// The link is longer than any link can be; the rest was left out.
    LinkTooLong,
    /// The file holds more links than are listed.
    MoreEntries,
    /// A section's name without `]`.
    UnclosedSection,
}

impl LintKind {
    /// For people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::AddressTwice => "the same address with another name or check value",
            Self::JunkLine => "text without =, which becomes part of the next key",
            Self::LinkCut => "a link is cut here and goes on in the next line",
            Self::LinkTooLong => "longer than any link can be; the rest was left out",
            Self::MoreEntries => "more links than are listed",
            Self::UnclosedSection => "a section without its closing ]",
        }
    }

    /// Whether it damages what the file says.
    #[must_use]
    pub fn is_damage(self) -> bool {
        matches!(self, Self::AddressTwice | Self::JunkLine | Self::LinkCut | Self::UnclosedSection)
    }
}

impl Content {
    /// What of it concerns the hub that a line names: its own entry, and those of broken lines.
    pub(super) fn about(&self, line: Option<usize>) -> Self {
        let few = self.entries.len() <= LISTED_BY_EACH;
        let odd = |at| self.lints.iter().any(|lint| lint.line == at || lint.other_line == Some(at));
        let concerns = |entry: &&Entry| few || Some(entry.line) == line || odd(entry.line);
        let mut entries: Vec<Entry> = self.entries.iter().filter(concerns).cloned().collect();
        if entries.is_empty() {
            // That there is a hub in the file must stay visible.
            entries.extend(self.entries.first().cloned());
        }
        Self {
            encoding: self.encoding,
            has_nul: self.has_nul,
            is_markup: self.is_markup,
            plain_reader_fails_at: self.plain_reader_fails_at,
            entries_of_others: self.entries_of_others + self.entries.len() - entries.len(),
            entries,
            more_entries: self.more_entries,
            lints: self.lints.clone(),
            more_lints: self.more_lints,
        }
    }

    /// The hubs to examine: each text once, and those in comments only if there are no others.
    #[must_use]
    pub fn hubs(&self) -> Vec<&Entry> {
        let all_commented = self.entries.iter().all(|entry| entry.commented);
        let mut seen = std::collections::HashSet::new();
        self.entries
            .iter()
            .filter(|entry| all_commented || !entry.commented)
            .filter(|entry| seen.insert(entry.raw()))
            .collect()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Reads the bytes of a hubs.ini, or of any text with links in it.
///
/// Tolerant, because nobody has published what Desktop expects: links are found anywhere,
/// addresses as the value of any key or alone in a line.
#[must_use]
pub fn read(bytes: &[u8]) -> Content {
    let (encoding, text) = decode(bytes);
    let mut reader = Reader::new(&text);
    reader.content.encoding = encoding;
    reader.read_lines();
    reader.read_plainly();
    reader.finish()
}

/// An entry before its name is known and the file was seen as a whole.
struct Found {
    entry: Entry,
    /// Which of the sections: one name may stand several times.
    section: usize,
    inspection: Inspection,
}

struct Reader<'a> {
    text: &'a str,
    content: Content,
    found: Vec<Found>,
    /// How many sections began so far, and the name of the last.
    sections: usize,
    section: Option<&'a str>,
    /// The `name` keys by section.
    names: HashMap<usize, &'a str>,
    /// It has sections or keys; else it is a plain list of links, in which any text may stand.
    is_ini: bool,
    /// The line of the last link that is not whole: what follows may belong to it.
    unfinished_at: Option<usize>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        let content = Content {
            has_nul: text.contains('\0'),
            is_markup: text.trim_start().starts_with('<'),
            ..Content::default()
        };
        Self {
            text,
            content,
            found: Vec::new(),
            sections: 0,
            section: None,
            names: HashMap::new(),
            is_ini: false,
            unfinished_at: None,
        }
    }

    fn read_lines(&mut self) {
        let mut lines = Lines::of(self.text);
        while let Some((number, line)) = lines.next() {
            match Line::of(line) {
                Line::Blank | Line::Comment => {}
                Line::Junk => self.lint_junk(number, line),
                Line::UnclosedSection => {
                    self.is_ini = true;
                    self.lint(number, LintKind::UnclosedSection, line);
                }
                Line::Section(name) => {
                    self.is_ini = true;
                    self.sections += 1;
                    self.section = Some(name);
                }
                Line::Link { key, commented } => {
                    self.is_ini |= key.is_some();
                    self.read_links(number, line, key, commented, &mut lines);
                }
                Line::Url(url) => self.read_address(number, None, url),
                Line::Pair { key, value } => {
                    self.is_ini = true;
                    let value = unquoted(value);
                    if key.eq_ignore_ascii_case("name") {
                        self.names.entry(self.sections).or_insert(value);
                    }
                    if is_web_address(value) {
                        self.read_address(number, Some(key), value);
                    }
                }
            }
        }
    }

    /// Every link of one line; the last may go on in the lines behind it.
    fn read_links(
        &mut self,
        number: usize,
        line: &'a str,
        key: Option<&'a str>,
        commented: bool,
        lines: &mut Lines<'a>,
    ) {
        let mut from = 0;
        while let Some(start) = find_link(line, from) {
            let token = token(&line[start..]);
            from = start + token.len();
            if self.is_full(number, line) {
                continue;
            }
            let mut entry = self.entry(number, key, token);
            entry.commented = commented;
            if !is_whole(token) {
                let next = find_link(line, from).unwrap_or(line.len());
                let whole_value = cut(unclosed(&line[start..next]));
                if let Some((link, last_line)) = joined(token, &line[from..], lines) {
                    // The end of what is secret may stand in another line.
                    let shown = if holds_secret(&link) { shown(&link) } else { line.to_owned() };
                    self.lint(number, LintKind::LinkCut, &shown);
                    let raw = Raw(link);
                    entry = Entry { raw, last_line, joined_over_lines: true, ..entry };
                } else if inspect(whole_value).repaired.is_some() {
                    entry.raw = Raw(whole_value.to_owned());
                } else {
                    self.unfinished_at = Some(number);
                }
            }
            self.push(number, entry);
        }
    }

    fn read_address(&mut self, number: usize, key: Option<&str>, value: &str) {
        // A web page is full of addresses that are no hubs.
        if self.content.is_markup || self.is_full(number, value) {
            return;
        }
        let entry = self.entry(number, key, without_comment(value));
        self.push(number, entry);
    }

    /// What a plain INI reader sees and the line scanner does not.
    fn read_plainly(&mut self) {
        let values = match plain_reader(self.text) {
            Ok(values) => values,
            Err(line) => {
                self.content.plain_reader_fails_at = Some(line);
                return;
            }
        };
        if values.len() > MOST_ENTRIES {
            return;
        }
        for plain in values {
            let value = without_comment(&plain.value);
            let known = |found: &Found| holds_whole(value, found.entry.raw());
            if self.found.iter().any(known) || self.content.is_markup {
                continue;
            }
            // A `//` begins a comment for people; a plain reader takes it as part of the key.
            let at = Lines::of(self.text).find(|(_, line)| {
                holds_whole(line, &plain.value) && Line::of(line) != Line::Comment
            });
            let Some((number, line)) = at else { continue };
            if !self.is_full(number, line) {
                let mut entry = self.entry(number, Some(&plain.key), value);
                entry.section = plain.section;
                self.push(number, entry);
            }
        }
    }

    fn entry(&self, number: usize, key: Option<&str>, text: &str) -> Entry {
        Entry {
            line: number,
            last_line: number,
            section: self.section.map(excerpt),
            key: key.map(excerpt),
            name: None,
            kind: TextKind::Link,
            text: String::new(),
            raw: Raw(text.to_owned()),
            joined_over_lines: false,
            commented: false,
        }
    }

    fn push(&mut self, number: usize, mut entry: Entry) {
        if entry.raw.0.len() > LONGEST_TEXT {
            self.lint(number, LintKind::LinkTooLong, &entry.raw.0);
            entry.raw.0.truncate(cut(&entry.raw.0).len());
        }
        let inspection = inspect(&entry.raw.0);
        entry.kind = inspection.kind;
        entry.text = shown(&entry.raw.0);
        self.found.push(Found { entry, section: self.sections, inspection });
    }

    /// Whether no more entries are listed; counts what is left out.
    fn is_full(&mut self, number: usize, line: &str) -> bool {
        if self.found.len() < MOST_ENTRIES {
            return false;
        }
        if self.content.more_entries == 0 {
            // In front of the others, so that their bound cannot hide it.
            let kind = LintKind::MoreEntries;
            let excerpt = excerpt(line);
            self.content.lints.insert(0, Lint { line: number, other_line: None, kind, excerpt });
        }
        self.content.more_entries += 1;
        true
    }

    fn lint(&mut self, line: usize, kind: LintKind, text: &str) {
        self.add(Lint { line, other_line: None, kind, excerpt: excerpt(text) });
    }

    fn lint_junk(&mut self, line: usize, text: &str) {
        let continues = self.unfinished_at.is_some_and(|at| at + 1 == line);
        if continues {
            self.unfinished_at = Some(line);
        }
        let excerpt = if continues {
            "perhaps the rest of the link above".to_owned()
        } else {
            excerpt(&shown_junk(beginning(text)))
        };
        self.add(Lint { line, other_line: None, kind: LintKind::JunkLine, excerpt });
    }

    fn add(&mut self, lint: Lint) {
        if self.content.lints.len() < MOST_LINTS {
            self.content.lints.push(lint);
        } else {
            self.content.more_lints += 1;
        }
    }

    fn finish(mut self) -> Content {
        self.drop_repeated_addresses();
        self.find_contradictions();
        for found in &mut self.found {
            let own = found.inspection.name.as_deref().filter(|name| !name.trim().is_empty());
            let beside = self.names.get(&found.section).copied();
            let name = own.or(beside).or(found.entry.section.as_deref());
            found.entry.name = name.map(excerpt);
        }
        if !self.is_ini || self.content.is_markup {
            self.content.lints.retain(|lint| lint.kind != LintKind::JunkLine);
        }
        self.content.entries = self.found.into_iter().map(|found| found.entry).collect();
        self.content.entries.sort_by_key(|entry| entry.line);
        if let Some(lint) = self.content.lints.first_mut()
            && lint.kind == LintKind::MoreEntries
        {
            lint.excerpt = format!("{} more from here on", self.content.more_entries);
        }
        self.content
    }

    /// An address beside the link to it is the same hub.
    fn drop_repeated_addresses(&mut self) {
        let linked: Vec<String> =
            self.found.iter().filter(|f| is_link(f)).filter_map(hub_of).collect();
        self.found.retain(|found| {
            is_link(found) || hub_of(found).is_none_or(|hub| !linked.contains(&hub))
        });
    }

    /// Two links to one address that differ in what they say about it.
    fn find_contradictions(&mut self) {
        let mut first: HashMap<String, usize> = HashMap::new();
        let mut contradictions = Vec::new();
        for (index, found) in self.found.iter().enumerate() {
            // Of a link that was cut nobody knows what it said.
            if !is_link(found) || found.entry.commented || found.inspection.truncated {
                continue;
            }
            let Some(url) = &found.inspection.url else { continue };
            let address = url.trim_end_matches('/').to_ascii_lowercase();
            let other = &self.found[*first.entry(address).or_insert(index)];
            if !agree(&found.inspection, &other.inspection) {
                contradictions.push(Lint {
                    line: found.entry.line,
                    other_line: Some(other.entry.line),
                    kind: LintKind::AddressTwice,
                    excerpt: excerpt(url),
                });
            }
        }
        for lint in contradictions {
            self.add(lint);
        }
    }
}

fn is_link(found: &Found) -> bool {
    found.entry.kind == TextKind::Link
}

fn hub_of(found: &Found) -> Option<String> {
    found.inspection.hub.as_ref().map(|hub| hub.url("/"))
}

fn agree(one: &Inspection, other: &Inspection) -> bool {
    let proven = |seen: &Inspection| seen.is_whole_link() || seen.repaired.is_some();
    let signature =
        |seen: &Inspection| seen.signature_given.as_ref().map(|given| given.to_ascii_lowercase());
    one.name == other.name && ((proven(one) && proven(other)) || signature(one) == signature(other))
}

/// From the beginning of a link to the first character that no link has. A `;` ends it too,
/// except where it closes an HTML-escaped ampersand.
fn token(text: &str) -> &str {
    let is_end = |(at, c): &(usize, char)| match c {
        '"' | '\'' | '<' | '>' => true,
        ';' => {
            let before = &text[..*at];
            !["&amp", "&AMP", "&#38", "&#x26"].iter().any(|amp| before.ends_with(amp))
        }
        c => c.is_whitespace(),
    };
    let end = text.char_indices().find(is_end).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// The link that a token and the lines behind it make, if its check value then fits.
fn joined(token: &str, behind: &str, lines: &mut Lines<'_>) -> Option<(String, usize)> {
    // Something else stands between the token and the end of its line.
    if !behind.trim().is_empty() || token.len() > LONGEST_TEXT {
        return None;
    }
    let mut text = token.to_owned();
    let mut ahead = lines.clone();
    for _ in 0..MOST_LINES_OF_A_LINK {
        let (number, line) = ahead.next()?;
        if !can_continue(line) || text.len() > LONGEST_TEXT {
            return None;
        }
        text.push('\n');
        text.push_str(line.trim().trim_end_matches(['"', '\'']));
        if let Some(link) = without_white_space(&text).into_iter().find(|link| is_whole(link)) {
            *lines = ahead;
            return Some((link, number));
        }
    }
    None
}

/// Whether a line can be a part of a link: it has the letters of one and does not begin another.
fn can_continue(line: &str) -> bool {
    let line = line.trim().trim_start_matches('>').trim().trim_end_matches(['"', '\'']);
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || b"%&=._~-".contains(&b);
    !line.is_empty() && line.len() <= LONGEST_TEXT && line.bytes().all(is_letter)
}

fn unquoted(value: &str) -> &str {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value)
        .trim()
}

/// A value whose opening quote stands before it.
fn unclosed(value: &str) -> &str {
    value.trim_end().trim_end_matches(['"', '\''])
}

/// A plain reader takes a comment behind a value as part of it; no address has one.
fn without_comment(value: &str) -> &str {
    let marks = [" ;", "\t;", " #", "\t#"];
    let end = marks.iter().filter_map(|mark| value.find(mark)).min().unwrap_or(value.len());
    unquoted(value[..end].trim())
}

/// Whether a text holds an address as a whole, and not as the beginning of a longer one.
fn holds_whole(text: &str, address: &str) -> bool {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ';' | ',');
    !address.is_empty()
        && text
            .match_indices(address)
            .any(|(at, _)| text[at + address.len()..].chars().next().is_none_or(ends))
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_TEXT)]
}

/// The beginning of a piece of a line, without passwords and one-time values.
fn excerpt(text: &str) -> String {
    shown_line(beginning(text)).chars().take(EXCERPT).collect()
}

/// Much more than an excerpt, so that an `@` behind its end tells what stands before.
fn beginning(text: &str) -> &str {
    let text = text.trim();
    &text[..text.floor_char_boundary(LONGEST_LINE_LOOKED_AT)]
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;
    use crate::link::{compose, hubs_ini};

    fn link(host: &str, name: &str) -> String {
        compose(&format!("https://{host}"), Some(name))
    }

    fn lints(text: &str) -> Vec<(usize, LintKind)> {
        read(text.as_bytes()).lints.iter().map(|lint| (lint.line, lint.kind)).collect()
    }

    #[test]
    fn each_hub_of_a_long_file_lists_its_own_entry() {
        let file = |hubs: usize| {
            let lines =
                (0..hubs).map(|n| format!("a{n}=qliksense://enterpriseurl?url=https://h{n}\n"));
            read(lines.collect::<String>().as_bytes())
        };
        let long = file(20).about(Some(7));
        let lines: Vec<usize> = long.entries.iter().map(|entry| entry.line).collect();
        assert_eq!((lines, long.entries_of_others), (vec![7], 19));
        let unplaced = file(20).about(None);
        assert_eq!((unplaced.entries.len(), unplaced.entries_of_others), (1, 19));
        let short = file(3);
        assert_eq!(short.about(Some(2)), short);
    }

    #[test]
    fn links_are_found_wherever_they_stand() {
        let (a, b, c) = (link("a", "A"), link("b", ""), link("c", ""));
        let text = format!(
            "{a}\r\n[Sales]\r\nlink=\"{b}\"\r\n; old\r\n[S2]\r\nname=Third\r\nx = {c} ; note\r\n"
        );
        let content = read(text.as_bytes());
        let seen: Vec<_> = content
            .entries
            .iter()
            .map(|e| (e.line, e.key.as_deref(), e.name.as_deref(), e.text.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                (1, None, Some("A"), a.as_str()),
                (3, Some("link"), Some("Sales"), b.as_str()),
                (7, Some("x"), Some("Third"), c.as_str()),
            ]
        );
        assert_eq!(content.lints, []);
    }

    #[test]
    fn addresses_are_values_or_lines_of_their_own() {
        let text =
            "[A]\nurl=https://a ; main\nu: https://b/?x=1\n[C]\nhost='http://c'\nhttps://d\n";
        let content = read(text.as_bytes());
        let seen: Vec<_> = content.entries.iter().map(|e| (e.line, e.text.as_str())).collect();
        assert_eq!(
            seen,
            [(2, "https://a"), (3, "https://b/?x=1"), (5, "http://c"), (6, "https://d")]
        );
        assert!(content.entries.iter().all(|entry| entry.kind == TextKind::Url));
        // An address beside its link is the same hub.
        let text = format!("[A]\nurl=https://a/\nlink={}\n", link("a", ""));
        assert_eq!(read(text.as_bytes()).entries.len(), 1);
    }

    #[test]
    fn what_is_no_hub_is_not_taken_for_one() {
        for text in [
            "",
            "; see https://help.example\n",
            "<html>\n<a\n href=\"https://portal.example\">x</a>\n",
            "[S]\nserver=qlik1\n",
            "link=qliksenselink://qlik1\n",
        ] {
            assert_eq!(read(text.as_bytes()).entries, [], "{text}");
        }
        assert!(read(b"MZ\0\0").has_nul);
    }

    #[test]
    fn utf_16_without_its_mark_loses_no_link() {
        let link = link("sense.example.com", "Example");
        let text = format!("[Sales]\r\nlink={link}\r\n");
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (bytes, encoding) in [(little, Encoding::Utf16Le), (big, Encoding::Utf16Be)] {
            let content = read(&bytes);
            assert_eq!((content.encoding, content.has_nul), (encoding, false));
            assert_eq!(content.entries.len(), 1);
            assert_eq!(content.entries[0].text, link);
        }
    }

    #[test]
    fn an_address_in_a_comment_is_no_hub() {
        for mark in ["// ", "//", "; ", "# "] {
            let text = format!("[A]\n{mark}url=https://old.corp.test\nurl=https://new.corp.test\n");
            let content = read(text.as_bytes());
            let seen: Vec<_> = content.entries.iter().map(|e| (e.line, e.text.as_str())).collect();
            assert_eq!(seen, [(3, "https://new.corp.test")], "{text}");
        }
        // What stands in a comment and elsewhere is found where it stands elsewhere.
        let content = read(b"// u=https://a\nu=https://a\n");
        assert_eq!(content.entries.iter().map(|e| e.line).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn an_address_is_not_known_by_the_beginning_of_another() {
        // The second line has its address where only a plain reader looks.
        let text = "a=https://h9\nb:https://h90\nx:y=https://h9\nx:z=https://h90\n";
        let content = read(text.as_bytes());
        assert!(content.entries.iter().any(|entry| entry.text == "https://h90"), "{content:?}");
        assert!(holds_whole("b:https://h9 ; x", "https://h9"));
        assert!(!holds_whole("https://h90", "https://h9") && !holds_whole("x", ""));
    }

    #[test]
    fn secrets_stay_in_memory() {
        let url = "https://anna:S3cretPw@hub.corp.test/?qlikTicket=TICK123";
        let link = compose(url, Some("A"));
        let cut = link.find("3cret").expect("it is there") + 2;
        let broken = link.find("ICK123").expect("it is there");
        for text in [
            format!("[S]\nlink={link}\n"),
            format!("; {link}\n// url={url}\n"),
            format!("[S]\nurl={url}\nhost={}\n{}\n", &url[8..], &url[8..]),
            format!("[{url}\n[x{url}]\n{url}=1\n{url} = {link}\nname={url}\n"),
            format!("a=1\njunk {}\nb=2\n", &url[8..33]),
            format!("a={}\n{}\n", &link[..cut], &link[cut..]),
            format!("a={}\n{}\n", &link[..broken], &link[broken..]),
            format!("a={}\n{}\nb=1\n", &link[..cut], &link[cut..broken]),
            format!("a={}\nb={}\n", link, compose(url, Some("B"))),
            format!("a={}\n", link.replace('&', "&amp;")),
            format!("a={}\n", link.replace("signature=", "signature=0")),
            format!("<a href=\"{link}\">\n"),
        ] {
            let content = read(text.as_bytes());
            let saved = serde_json::to_string(&content).expect("plain data");
            for secret in ["S3c", "etPw", "anna", "ICK123"] {
                // Of a user name that was cut before its `@` nobody knows that it is no host.
                let safe = saved.replace("%2Fanna%3A…", "");
                assert!(!safe.contains(secret), "{secret} of {text}: {saved}");
                let debugged = format!("{content:?}").replace("%2Fanna%3A…", "");
                assert!(!debugged.contains(secret), "{text}");
            }
        }
        let content = read(format!("[S]\nlink={link}\n").as_bytes());
        assert!(inspect(content.hubs()[0].raw()).is_whole_link(), "it is checked as it stands");
    }

    #[test]
    fn a_wrapped_link_is_put_together() {
        let whole = link("sense.example.com", "Example");
        for end in ["\n", "\r\n", "=\r\n", "\n  "] {
            for width in [30, 72, 100] {
                let parts: Vec<&str> = whole
                    .as_bytes()
                    .chunks(width)
                    .map(|c| std::str::from_utf8(c).expect("ASCII"))
                    .collect();
                let text = format!("[S]\nlink={}\nb=1\n", parts.join(end));
                let content = read(text.as_bytes());
                assert_eq!(content.entries.len(), 1, "{text}");
                let entry = &content.entries[0];
                assert_eq!((entry.line, entry.last_line), (2, 1 + parts.len()));
                assert_eq!(entry.text, whole);
                assert!(entry.joined_over_lines);
                assert_eq!(lints(&text), [(2, LintKind::LinkCut)]);
            }
        }
    }

    #[test]
    fn a_damaged_link_keeps_what_repairs_it() {
        let whole = link("sense.example.com", "A & B");
        for damaged in
            [whole.replace('&', "&amp;"), whole.replace("%20", " "), format!("<{whole}>")]
        {
            let content = read(format!("link={damaged}\n").as_bytes());
            let seen = inspect(&content.entries[0].text);
            let link = seen.repaired.as_deref().unwrap_or(&content.entries[0].text);
            assert_eq!(link, whole, "{damaged}");
        }
    }

    #[test]
    fn broken_lines_are_told_with_their_numbers() {
        let (a, b) = (link("a", "A"), link("a", "B"));
        assert_eq!(lints("[S\nb=1\n"), [(1, LintKind::UnclosedSection)]);
        assert_eq!(lints("[S]\njunk\nb=1\n"), [(2, LintKind::JunkLine)]);
        assert_eq!(lints(&format!("l={a}\nl={b}\n")), [(2, LintKind::AddressTwice)]);
        let edited = a.replace("signature=", "signature=0");
        assert_eq!(lints(&format!("l={a}\nl={edited}\n")), [(2, LintKind::AddressTwice)]);
        // What is no damage.
        let prefix = compose("https://a/vp", Some("B"));
        assert_eq!(lints(&format!("l={a}\nl={a}\nl={prefix}\n")), []);
        assert_eq!(lints("[S]\na=1\n[S]\na=2\n"), []);
        assert_eq!(lints(&format!("Our hubs\n{a}\n")), []);
        assert_eq!(lints(&format!("l={a}\n; l={b}\n")), []);
    }

    #[test]
    fn nothing_is_lost_where_a_plain_reader_gives_up() {
        let content = read(format!("link={}\n[S", link("a", "A")).as_bytes());
        assert_eq!(content.entries.len(), 1);
        assert!(content.plain_reader_fails_at.is_some());
    }

    #[test]
    fn comments_count_only_if_there_is_nothing_else() {
        let (a, b) = (link("a", "A"), link("b", "B"));
        let content = read(format!(";{a}\n{b}\n{b}\n").as_bytes());
        assert_eq!(content.entries.len(), 3);
        assert_eq!(content.hubs().len(), 1);
        assert_eq!(read(format!(";{a}\n").as_bytes()).hubs().len(), 1);
    }

    #[test]
    fn our_own_hubs_ini_is_read_back() {
        for name in ["Åre & Söner (Test)!", "[x]", "a\nb", ""] {
            let link = compose("https://sense.example.com/vp1", Some(name));
            let content = read(hubs_ini(&link, Some(name)).as_bytes());
            assert_eq!(content.lints, []);
            assert_eq!(content.entries.len(), 1);
            assert_eq!(content.entries[0].text, link);
            let expected = if name.is_empty() { "Hub" } else { name };
            assert_eq!(content.entries[0].name.as_deref(), Some(expected));
        }
    }

    #[test]
    fn large_files_are_read_at_once_and_bounded() {
        const SIZE: usize = 4 * 1024 * 1024;
        let many: String = (0..100_000).map(|n| link(&format!("h{n}"), "x") + "\n").collect();
        let content = read(many.as_bytes());
        assert_eq!((content.entries.len(), content.more_entries), (1000, 99_000));
        assert_eq!((content.lints[0].line, content.lints[0].kind), (1001, LintKind::MoreEntries));
        assert_eq!(content.lints[0].excerpt, "99000 more from here on");
        for unit in ["[", "=", "x"] {
            assert_bounded(unit, SIZE);
        }
        let start = "qliksense://enterpriseurl?";
        let lines = [format!("{start}\n"), format!("{start} "), format!("{start}&amp;url=%\n")];
        let wrapped = "https://x/v2/url?u=qliksense%3A%2F%2Fenterpriseurl?url=a&name=b&version=;";
        let odd = ["\n", "\r", "x\n", "[\n", "a:", "\0", "a=https://b\n", start, wrapped];
        for unit in odd.into_iter().chain(lines.iter().map(String::as_str)) {
            assert_bounded(unit, SIZE / 8);
        }
        let line = format!("a={}\n", wrapped.repeat(400));
        assert_bounded(&line, SIZE / 32);
    }

    fn assert_bounded(unit: &str, size: usize) {
        let begun = Instant::now();
        let content = read(unit.repeat(size / unit.len()).as_bytes());
        let took = begun.elapsed();
        assert!(content.entries.len() <= MOST_ENTRIES);
        assert!(content.lints.len() <= MOST_LINTS + 1);
        // Generous: an unoptimised build on a busy machine. What is not linear takes minutes.
        let begins: String = unit.chars().take(80).collect();
        assert!(took < Duration::from_secs(30), "{begins:?}: {took:?}");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(read(&bytes).more_entries == 0);
        }

        #[test]
        fn no_text_panics(text in "([\\[\\]=:;#\"' \\r\\na]|qliksense://enterpriseurl\\?|&amp;|https://|\\PC){0,40}") {
            let content = read(text.as_bytes());
            let saved = serde_json::to_string(&content).expect("plain data");
            prop_assert_eq!(serde_json::from_str::<Content>(&saved).expect("readable"), content);
        }
    }
}
