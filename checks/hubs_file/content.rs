//! What a hubs.ini holds: its links and addresses, and the lines that are broken.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::decode::{Encoding, decode};
use super::scan::{Line, Lines, is_web_address, plain_reader};
use crate::link::{Inspection, TextKind, find_link, inspect, is_whole, without_white_space};

/// How many hubs of one file are listed: more than any office has.
const MOST_ENTRIES: usize = 1000;
/// How many broken lines are listed: after these the file is no hubs.ini.
const MOST_LINTS: usize = 100;
/// No link is longer, even encoded twice.
const LONGEST_TEXT: usize = 32 * 1024;
/// A link of 300 characters that was wrapped at 72 has five lines; a long one some more.
const MOST_LINES_OF_A_LINK: usize = 24;
/// How much of a line a report shows.
const EXCERPT: usize = 120;

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
    pub section: Option<String>,
    /// The key in front of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// A name for people: the link's own, else that of a `name` beside it, else the section's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A link or an address.
    pub kind: TextKind,
    /// The link or address itself.
    pub text: String,
    /// It was cut at the end of a line, and put together again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub joined_over_lines: bool,
    /// It stands in a comment.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub commented: bool,
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
    /// The hubs to examine: each text once, and those in comments only if there are no others.
    #[must_use]
    pub fn hubs(&self) -> Vec<&Entry> {
        let all_commented = self.entries.iter().all(|entry| entry.commented);
        let mut seen = std::collections::HashSet::new();
        self.entries
            .iter()
            .filter(|entry| all_commented || !entry.commented)
            .filter(|entry| seen.insert(entry.text.as_str()))
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
        }
    }

    fn read_lines(&mut self) {
        let mut lines = Lines::of(self.text);
        while let Some((number, line)) = lines.next() {
            match Line::of(line) {
                Line::Blank | Line::Comment => {}
                Line::Junk => self.lint(number, LintKind::JunkLine, line),
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
                    self.lint(number, LintKind::LinkCut, line);
                    entry = Entry { text: link, last_line, joined_over_lines: true, ..entry };
                } else if inspect(whole_value).repaired.is_some() {
                    whole_value.clone_into(&mut entry.text);
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
            let known = |found: &Found| value.contains(found.entry.text.as_str());
            if self.found.iter().any(known) || self.content.is_markup {
                continue;
            }
            let at = Lines::of(self.text).find(|(_, line)| line.contains(&plain.value));
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
            section: self.section.map(|name| excerpt(name).to_owned()),
            key: key.map(|key| excerpt(key).to_owned()),
            name: None,
            kind: TextKind::Link,
            text: text.to_owned(),
            joined_over_lines: false,
            commented: false,
        }
    }

    fn push(&mut self, number: usize, mut entry: Entry) {
        if entry.text.len() > LONGEST_TEXT {
            self.lint(number, LintKind::LinkTooLong, &entry.text);
            entry.text.truncate(cut(&entry.text).len());
        }
        let inspection = inspect(&entry.text);
        entry.kind = inspection.kind;
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
            let excerpt = excerpt(line).to_owned();
            self.content.lints.insert(0, Lint { line: number, other_line: None, kind, excerpt });
        }
        self.content.more_entries += 1;
        true
    }

    fn lint(&mut self, line: usize, kind: LintKind, text: &str) {
        self.add(Lint { line, other_line: None, kind, excerpt: excerpt(text).to_owned() });
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
            found.entry.name = name.map(|name| excerpt(name).to_owned());
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
                    excerpt: excerpt(url).to_owned(),
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

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_TEXT)]
}

fn excerpt(text: &str) -> &str {
    let text = text.trim();
    text.char_indices().nth(EXCERPT).map_or(text, |(at, _)| &text[..at])
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
