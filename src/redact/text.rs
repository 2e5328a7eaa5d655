//! Rewriting a text: what is not known to say nothing of anybody becomes a pseudonym.
//!
//! Nothing is searched for and replaced. The text is cut into words, addresses and host names, and
//! each is looked at by itself; so the machine `hub` costs no other text its `hub`.

use std::net::{IpAddr, Ipv4Addr};

use super::Redactor;
use super::pseudonyms::Kind;
use super::words::{Class, PHRASES};

/// Where in a text the next piece ends, and what becomes of it.
struct Piece {
    end: usize,
    made: String,
}

impl Redactor {
    /// A text of this class as others may see it.
    pub(super) fn text(&mut self, class: Class, text: &str) -> String {
        match class {
            Class::Digits if text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                self.names.count(Kind::Digits);
                self.names.row(text)
            }
            Class::Digits => self.pieces(Class::Text, text),
            Class::Hex => self.hex(text),
            Class::Nothing => text.to_owned(),
            Class::Host => self.host_and_port(text),
            Class::Name | Class::Path | Class::Link | Class::Dn | Class::Text => {
                self.pieces(class, text)
            }
        }
    }

    /// Bytes in hexadecimal that may be text.
    fn hex(&mut self, digits: &str) -> String {
        let byte = |pair: &[u8]| {
            let pair = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(pair, 16).ok()
        };
        let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
        let read: Option<Vec<u8>> = pairs.iter().map(|digits| byte(digits)).collect();
        // UTF-8 that was cut off in a letter is still UTF-8.
        if let Some(bytes) = read.as_ref().filter(|_| rest.is_empty())
            && let Some(text) = utf8_so_far(bytes)
        {
            let made = self.text(Class::Text, text);
            return made.bytes().flat_map(pair).collect();
        }
        let read = read.map(|bytes| latin1(&bytes));
        match read.filter(|_| rest.is_empty()) {
            Some(text) => {
                let made = self.text(Class::Text, &text);
                // What is made-up is ASCII, and what stayed was one byte.
                let bytes = made.chars().map(|letter| u8::try_from(letter).unwrap_or(b'?'));
                bytes.flat_map(pair).collect()
            }
            None => String::new(),
        }
    }

    fn host_and_port(&mut self, text: &str) -> String {
        if let Some((address, prefix)) = text.split_once('/')
            && let Ok(address) = address.parse::<IpAddr>()
        {
            return format!("{}/{prefix}", self.names.address(address));
        }
        if text.contains(['/', ' ', '@', '<']) {
            return self.pieces(Class::Link, text);
        }
        if let Some(rest) = text.strip_prefix('[')
            && let Some((inner, after)) = rest.split_once(']')
        {
            return format!("[{}]{after}", self.names.host(inner));
        }
        match text.rsplit_once(':') {
            Some((host, port))
                if !host.contains(':') && port.bytes().all(|b| b.is_ascii_digit()) =>
            {
                format!("{}:{port}", self.names.host(host))
            }
            Some(_) if text.parse::<IpAddr>().is_err() => self.pieces(Class::Link, text),
            _ => self.names.host(text),
        }
    }

    fn pieces(&mut self, class: Class, text: &str) -> String {
        self.pieces_from(class, text, 0)
    }

    /// The pieces from a place on; what stands before it only tells what they are.
    fn pieces_from(&mut self, class: Class, text: &str, mut at: usize) -> String {
        let mut made = String::with_capacity(text.len() - at);
        while let Some(letter) = text[at..].chars().next() {
            let piece = self
                .phrase(text, at)
                .or_else(|| self.encoded(class, text, at))
                .or_else(|| escape(text, at))
                .or_else(|| self.colons(text, at))
                .or_else(|| self.run(class, text, at));
            if let Some(piece) = piece {
                made += &piece.made;
                at = piece.end;
            } else {
                made.push(letter);
                at += letter.len_utf8();
            }
        }
        made
    }

    /// A name of the public, such as that of a product: it stays wherever it stands.
    fn phrase(&self, text: &str, at: usize) -> Option<Piece> {
        let begins = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        let known = PHRASES.iter().copied().chain(self.phrases.iter().copied());
        let mut found = known.filter(|_| begins).filter_map(|phrase| {
            let part = text.get(at..at + phrase.len())?;
            let after = text[at + phrase.len()..].chars().next();
            let ends = after.is_none_or(|c| !c.is_alphanumeric());
            (ends && part.eq_ignore_ascii_case(phrase)).then_some(part)
        });
        let part = found.next()?;
        Some(Piece { end: at + part.len(), made: part.to_owned() })
    }

    /// What is written in groups with colons: an address, the address of an adapter, a fingerprint.
    fn colons(&mut self, text: &str, at: usize) -> Option<Piece> {
        if text[..at].chars().next_back().is_some_and(char::is_alphanumeric) {
            return None;
        }
        let fits = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '.' | '-');
        let run = &text[at..];
        let run = &run[..run.find(|c| !fits(c)).unwrap_or(run.len())];
        let run = run.trim_end_matches(['.', '-']);
        let until = |end: char| run.split(end).next().unwrap_or(run);
        let parts = [run, until('-'), until('.')];
        for candidate in parts.into_iter().flat_map(|part| [part, part.trim_end_matches(':')]) {
            if candidate.matches(':').count() >= 2
                && let Ok(address) = candidate.parse::<IpAddr>()
            {
                let made = self.names.address(address).to_string();
                return Some(Piece { end: at + candidate.len(), made });
            }
        }
        let groups: Vec<&str> = run.split([':', '-']).collect();
        let pairs = groups
            .iter()
            .all(|group| group.len() == 2 && group.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if !pairs || groups.len() < 6 {
            return None;
        }
        let separator = run.chars().nth(2)?;
        self.names.count(if groups.len() == 6 { Kind::Hardware } else { Kind::Digits });
        let row = self.names.row(&groups.concat());
        let row: Vec<String> =
            row.as_bytes().chunks(2).map(|p| String::from_utf8_lossy(p).into_owned()).collect();
        Some(Piece { end: at + run.len(), made: row.join(&separator.to_string()) })
    }

    /// A run of letters and digits of which some are encoded: whoever decodes it reads a name.
    fn encoded(&mut self, class: Class, text: &str, at: usize) -> Option<Piece> {
        let (end, bytes) = decoded(text, at)?;
        let name = String::from_utf8(bytes);
        let name = name.unwrap_or_else(|error| latin1(error.as_bytes()));
        let before = &text[text.floor_char_boundary(at.saturating_sub(16))..at];
        let login = if text[end..].starts_with('@') { "@" } else { "" };
        let made = self.pieces_from(class, &format!("{before}{name}{login}"), before.len());
        let made = made.strip_suffix(login).unwrap_or(&made);
        if made == name {
            return Some(Piece { end, made: text[at..end].to_owned() });
        }
        let mut written = String::new();
        for letter in made.chars() {
            if letter.is_ascii() {
                written.push(letter);
                continue;
            }
            for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
                written.push('%');
                written.extend(pair(byte).map(|digit| digit.to_ascii_uppercase()));
            }
        }
        Some(Piece { end, made: written })
    }

    /// A run of letters, digits and what joins them.
    fn run(&mut self, class: Class, text: &str, at: usize) -> Option<Piece> {
        let inside = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        let rest = &text[at..];
        let run = &rest[..rest.find(|c| !inside(c)).unwrap_or(rest.len())];
        let run = run.trim_end_matches(['.', '-', '_']);
        if !run.starts_with(char::is_alphanumeric) {
            return None;
        }
        // A Qlik server calls its own authority so, and is known by it.
        if class == Class::Dn
            && let Some(server) = run.strip_suffix("-CA").filter(|server| !server.is_empty())
        {
            let made = self.pieces(class, server) + "-CA";
            return Some(Piece { end: at + run.len(), made });
        }
        let after = &text[at + run.len()..];
        let made = if let Ok(address) = run.parse::<IpAddr>() {
            self.names.address(address).to_string()
        } else if is_authority(&text[..at]) && !after.starts_with('@') {
            self.names.host(run)
        } else if self.keeps(class, run) {
            run.to_owned()
        } else if is_host(run) && class != Class::Path {
            self.names.host(run)
        } else {
            let class = if after.starts_with('@') { Class::Name } else { class };
            self.words(class, run)
        };
        Some(Piece { end: at + run.len(), made })
    }

    /// Word by word, with what joins them.
    fn words(&mut self, class: Class, run: &str) -> String {
        let mut made = String::new();
        let parts: Vec<&str> = run.split_inclusive(['.', '-', '_']).collect();
        let mut next = 0;
        while let Some(part) = parts.get(next) {
            if let Some((count, address)) = self.groups(&parts, next) {
                made += &address;
                next += count;
                continue;
            }
            next += 1;
            let word = part.trim_end_matches(['.', '-', '_']);
            made += &self.word(class, word);
            made += &part[word.len()..];
        }
        made
    }

    /// An address, or the beginning of a private one, or the address of an adapter, which something
    /// else is joined to: how many groups it has, and what stands in their place.
    fn groups(&mut self, parts: &[&str], first: usize) -> Option<(usize, String)> {
        let joined = |count: usize| {
            let these = parts.get(first..first + count)?;
            let ends = |part: &str| part.trim_start_matches(char::is_alphanumeric).to_owned();
            let separator = ends(these[0]);
            let alike = these[..count - 1].iter().all(|part| ends(part) == separator);
            let bare: Vec<&str> =
                these.iter().map(|part| &part[..part.len() - ends(part).len()]).collect();
            (alike && separator.len() == 1).then(|| (bare, separator, ends(these[count - 1])))
        };
        for (count, digits) in [(6, 2), (3, 4)] {
            let Some((bare, separator, end)) = joined(count) else { continue };
            let fits = |group: &&str| {
                group.len() == digits && group.bytes().all(|byte| byte.is_ascii_hexdigit())
            };
            if bare.iter().all(fits) {
                self.names.count(Kind::Hardware);
                let row = self.names.row(&bare.concat());
                let row: Vec<String> = row
                    .as_bytes()
                    .chunks(digits)
                    .map(|group| String::from_utf8_lossy(group).into_owned())
                    .collect();
                return Some((count, row.join(&separator) + &end));
            }
        }
        // The numbers of standards begin so, and are longer.
        let is_number_of_standard = parts.len() > 4 && matches!(parts[0], "0." | "1." | "2.");
        for count in [4, 3] {
            let Some((bare, separator, end)) = joined(count) else { continue };
            let octets: Option<Vec<u8>> = bare.iter().map(|group| octet(group)).collect();
            let Some(mut octets) = octets.filter(|_| !is_number_of_standard) else { continue };
            octets.resize(4, 0);
            let address = Ipv4Addr::new(octets[0], octets[1], octets[2], octets[3]);
            let is_shared = octets[0] == 100 && octets[1] & 0xc0 == 64;
            if count == 4 || separator == "." && (address.is_private() || is_shared) {
                let made = self.names.address(address.into()).to_string();
                let made: Vec<&str> = made.split('.').take(count).collect();
                return Some((count, made.join(&separator) + &end));
            }
        }
        None
    }

    fn word(&mut self, class: Class, word: &str) -> String {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        if word.is_empty() || self.keeps(class, word) {
            return word.to_owned();
        }
        if digits == word.len() && (digits < 6 && class != Class::Name || digits < 2) {
            return word.to_owned();
        }
        // A letter beyond ASCII may be a whole name.
        if word.len() == 1 {
            return word.to_owned();
        }
        let hexadecimal = word.bytes().all(|byte| byte.is_ascii_hexdigit());
        if hexadecimal
            && (digits == word.len() || word.len() >= 8 && digits > 0 || word.len() >= 16)
        {
            self.names.count(Kind::Digits);
            return self.names.row(word);
        }
        self.names.count(Kind::Word);
        self.names.word(word)
    }
}

/// Where a run with encoded letters ends, and what it stands for; `None` if nothing in it is encoded.
fn decoded(text: &str, at: usize) -> Option<(usize, Vec<u8>)> {
    let mut bytes = Vec::new();
    let (mut end, mut is_encoded) = (at, false);
    while let Some(letter) = text[end..].chars().next() {
        if let Some((length, meant)) = encoded_letter(&text[end..]) {
            bytes.extend(meant);
            end += length;
            is_encoded = true;
        } else if letter.is_alphanumeric() || end > at && matches!(letter, '.' | '-' | '_') {
            bytes.extend(letter.to_string().bytes());
            end += letter.len_utf8();
        } else {
            break;
        }
    }
    is_encoded.then_some((end, bytes))
}

/// How long the encoding of a letter at the beginning of a text is, and what it stands for: `%D0`,
/// that encoded again (`%25D0`), or `&#1048;`.
fn encoded_letter(text: &str) -> Option<(usize, Vec<u8>)> {
    if let Some(entity) = text.strip_prefix("&#") {
        // No letter has a longer number.
        let (number, _) = entity[..entity.floor_char_boundary(10)].split_once(';')?;
        let value = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        let letter = char::from_u32(value.ok()?).filter(|letter| letter.is_alphanumeric())?;
        return Some((number.len() + 3, letter.to_string().into_bytes()));
    }
    let mut digits = text.strip_prefix('%')?;
    while let Some(again) = digits.strip_prefix("25") {
        digits = again;
    }
    let pair = digits.get(..2).filter(|pair| pair.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    let byte = u8::from_str_radix(pair, 16).ok()?;
    let is_letter = !byte.is_ascii() || byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    is_letter.then(|| (text.len() - digits.len() + 2, vec![byte]))
}

/// A byte in hexadecimal.
fn pair(byte: u8) -> [char; 2] {
    [byte >> 4, byte & 0xf].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0'))
}

/// A part of an address, perhaps filled up with zeros.
fn octet(group: &str) -> Option<u8> {
    let digits = (1..=3).contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_digit());
    group.parse().ok().filter(|_| digits)
}

/// The bytes as UTF-8, without a letter that was cut off at the end.
fn utf8_so_far(bytes: &[u8]) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

/// What is no UTF-8 was written by a program that knows one byte per letter.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// `%2F` and the like separate words, as what they stand for does.
fn escape(text: &str, at: usize) -> Option<Piece> {
    let part = text.get(at..at + 3)?;
    let digits = part.strip_prefix('%')?;
    let is_escape = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_escape.then(|| Piece { end: at + 3, made: part.to_owned() })
}

/// Whether what comes next is the host of a URL, also of one that was encoded.
fn is_authority(before: &str) -> bool {
    // A text may be long, and this is asked for each of its words.
    let end = &before[before.floor_char_boundary(before.len().saturating_sub(16))..];
    let lower = end.to_ascii_lowercase();
    let slashes = ["://", "%3a%2f%2f", "%253a%252f%252f"];
    let direct = slashes.iter().any(|slashes| lower.ends_with(slashes));
    // Behind a login in the URL.
    direct || lower.ends_with('@') || lower.ends_with("%40")
}

/// Whether a run of labels is rather a host name than a version, a file or an abbreviation.
fn is_host(run: &str) -> bool {
    let labels: Vec<&str> = run.split('.').collect();
    let last = labels.last().copied().unwrap_or_default();
    let top = last.len() >= 2 && last.chars().all(char::is_alphabetic) || last.starts_with("xn--");
    labels.len() >= 2 && top && labels.iter().all(|label| !label.is_empty())
}
