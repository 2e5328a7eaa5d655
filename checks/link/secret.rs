//! What must not stand in a report: user names and passwords in addresses, one-time values.

use hublink_probe::mask_one_time;

use super::wrapper::rewritten;

/// Longer texts are shown in part only, and nobody's password reaches across this.
const LONGEST_MASKED: usize = 32 * 1024;
/// What stands for a secret.
pub(crate) const MASK: char = '…';

/// A text that names a hub, as a report may show it.
pub(crate) fn shown(text: &str) -> String {
    let text = bounded(text);
    let whole = |reading: &String| masked(reading) == *reading;
    if rewritten(text).is_some_and(|links| links.is_empty() || !links.iter().all(whole)) {
        let host = text.find("://").map_or(0, |at| at + 3);
        let end = text[host..].find('/').map_or(text.len(), |at| host + at);
        return masked(&format!("{}/{MASK}", &text[..end]));
    }
    let safe = masked(text);
    // A value that was wrapped over lines goes on behind the line's end.
    let squeezed = masked(&without_gaps(text));
    if squeezed == without_gaps(&safe) { safe } else { squeezed }
}

/// The address of a hub, perhaps percent-encoded, perhaps without its scheme.
pub(crate) fn shown_address(text: &str) -> String {
    let text = bounded(text);
    let letters = letters_of(text);
    if letters.windows(3).any(is_scheme_end) {
        return shown_line(text);
    }
    let prefixed = shown(&format!("https://{text}"));
    masked_words(prefixed.strip_prefix("https://").unwrap_or(&prefixed), Words::WithColon)
}

/// A piece of a file that may or may not hold an address.
pub(crate) fn shown_line(text: &str) -> String {
    masked_words(&shown(text), Words::WithColon)
}

/// A piece that may continue something secret: whatever stands before an `@` goes.
pub(crate) fn shown_junk(text: &str) -> String {
    masked_words(&shown(text), Words::All)
}

/// Whether a text holds something that a report must not show.
pub(crate) fn holds_secret(text: &str) -> bool {
    shown(text) != bounded(text)
}

fn masked(text: &str) -> String {
    mask_one_time(&masked_words(&without_user_info(text), Words::AfterUrl))
}

fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_MASKED)]
}

fn without_gaps(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// One character of a text, percent-encoded or not.
#[derive(Clone, Copy)]
struct Letter {
    c: char,
    /// How often it is percent-encoded.
    depth: usize,
    /// Where it begins.
    start: usize,
    /// Where it ends.
    end: usize,
}

fn letters_of(text: &str) -> Vec<Letter> {
    let mut letters = Vec::with_capacity(text.len());
    let mut start = 0;
    while let Some(plain) = text[start..].chars().next() {
        let encoded = if plain == '%' { encoded_letter(&text[start..]) } else { None };
        let (c, depth, length) = encoded.unwrap_or((plain, 0, plain.len_utf8()));
        letters.push(Letter { c, depth, start, end: start + length });
        start += length;
    }
    letters
}

/// `%3A`, `%253A` and so on: the character, how often it is encoded, how many bytes it takes.
fn encoded_letter(text: &str) -> Option<(char, usize, usize)> {
    let bytes = text.as_bytes();
    let mut at = 1;
    let mut depth = 1;
    while bytes.get(at..at + 2) == Some(b"25") {
        at += 2;
        depth += 1;
    }
    let digit = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
    match (digit(at), digit(at + 1)) {
        (Some(high), Some(low)) => {
            let c = char::from_u32(high * 16 + low).filter(char::is_ascii);
            Some((c.unwrap_or(char::REPLACEMENT_CHARACTER), depth, at + 2))
        }
        _ if depth > 1 => Some(('%', depth - 1, at)),
        _ => None,
    }
}

fn is_scheme_end(letters: &[Letter]) -> bool {
    letters.iter().map(|letter| letter.c).eq("://".chars())
}

/// The text with `…` for the user name and password of every address in it, however often the
/// address is percent-encoded.
fn without_user_info(text: &str) -> String {
    let letters = letters_of(text);
    let mut safe = String::with_capacity(text.len());
    let mut kept = 0;
    let mut at = 0;
    while at + 3 <= letters.len() {
        if !is_scheme_end(&letters[at..at + 3]) {
            at += 1;
            continue;
        }
        let depth = letters[at..at + 3].iter().map(|letter| letter.depth).max().unwrap_or(0);
        at += 3;
        if let Some((from, to)) = secret_part(&letters[at..], depth)
            && from < to
        {
            let (from, to) = (at + from, at + to);
            safe.push_str(&text[kept..letters[from].start]);
            safe.push(MASK);
            kept = letters[to - 1].end;
            at = to;
        }
    }
    safe.push_str(&text[kept..]);
    safe
}

/// Which of the letters behind `://` are a user name and a password.
fn secret_part(letters: &[Letter], depth: usize) -> Option<(usize, usize)> {
    let outer_end = outer_end(letters, depth);
    let letters = &letters[..outer_end];
    let is_end =
        |letter: &Letter| letter.depth <= depth && matches!(letter.c, '/' | '?' | '#' | '\\');
    let end = letters.iter().position(is_end).unwrap_or(letters.len());
    let authority = &letters[..end];
    if let Some(at) = authority.iter().rposition(|letter| letter.c == '@') {
        return Some((0, at));
    }
    // A password with a slash in it, or an address that was cut before its `@`.
    let brackets = authority.iter().rposition(|letter| letter.c == ']').map_or(0, |at| at + 1);
    let colon = brackets + authority[brackets..].iter().position(|letter| letter.c == ':')?;
    let port: String = authority[colon + 1..].iter().map(|letter| letter.c).collect();
    if can_be_port(&port) {
        return None;
    }
    let behind = letters[end..].iter().take_while(|letter| !letter.c.is_whitespace());
    let at = behind.enumerate().filter(|(_, letter)| letter.c == '@').last();
    Some(at.map_or((colon + 1, end), |(at, _)| (0, end + at)))
}

/// Where the text ends that an address stands in: the next parameter of the link around it.
fn outer_end(letters: &[Letter], depth: usize) -> usize {
    let starts = |at: usize, wanted: &str| {
        letters[at..].iter().map(|letter| letter.c).take(wanted.len()).eq(wanted.chars())
    };
    let is_end = |at: &usize| match letters[*at].c {
        '&' => {
            letters[*at].depth < depth
                || ["&name=", "&version=", "&amp;name=", "&amp;version="]
                    .into_iter()
                    .any(|next| starts(*at, next))
        }
        '"' | '<' | '>' => letters[*at].depth < depth,
        _ => false,
    };
    (0..letters.len()).find(is_end).unwrap_or(letters.len())
}

/// A port, a port with a slip of the finger, or the rest of an IPv6 address.
fn can_be_port(text: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_digit();
    let is_of_ip = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '.');
    (text.contains(':') && text.chars().all(is_of_ip))
        || text.chars().all(is_digit)
        || (text.starts_with(is_digit) && text.len() <= 5)
}

/// Which of the words before an `@`, with no scheme in front of them, are taken for secrets.
#[derive(Clone, Copy, PartialEq)]
enum Words {
    /// `user:password` where a link has its address.
    AfterUrl,
    /// `user:password` anywhere.
    WithColon,
    All,
}

fn masked_words(text: &str, words: Words) -> String {
    let letters = letters_of(text);
    let mut safe = String::with_capacity(text.len());
    let mut kept = 0;
    let (mut word, mut colon) = (0, false);
    for (at, letter) in letters.iter().enumerate() {
        match letter.c {
            '@' => {
                let start = letters[word].start;
                let is_masked = text[start..letter.start].ends_with(MASK);
                let is_secret = match words {
                    Words::AfterUrl => colon && follows_url(&letters[..word]),
                    Words::WithColon => colon,
                    Words::All => true,
                };
                if is_secret && start < letter.start && !is_masked {
                    // A password may hold an `@` itself: then the word was begun already.
                    if start >= kept {
                        safe.push_str(&text[kept..start]);
                        safe.push(MASK);
                    }
                    kept = letter.start;
                }
            }
            ':' => colon = true,
            c if c.is_whitespace() => (word, colon) = (at + 1, false),
            '"' | '\'' | '/' | '\\' | '?' | '#' | '=' | '&' | '[' | '(' | '<' => {
                (word, colon) = (at + 1, false);
            }
            _ => {}
        }
    }
    safe.push_str(&text[kept..]);
    safe
}

fn follows_url(letters: &[Letter]) -> bool {
    // A `&` in the password itself, of a link whose encoding was lost.
    if letters.last().is_some_and(|letter| letter.c == '&' && letter.depth == 0) {
        return true;
    }
    let key = letters.iter().rev().map(|letter| letter.c.to_ascii_lowercase());
    key.take(4).eq("=lru".chars())
}

#[cfg(test)]
mod tests {
    use super::super::grammar::encode;
    use super::super::grammar::tests::VECTORS;
    use super::*;

    #[test]
    fn user_names_and_passwords_go_in_every_encoding() {
        let mut address = "https://anna:S3cretPw@hub.corp.test/?qlikTicket=TICK123&a=b".to_owned();
        for _ in 0..4 {
            let safe = shown(&address);
            assert!(!safe.contains("anna") && !safe.contains("S3cret"), "{safe}");
            assert!(!safe.contains("TICK123") && safe.contains("hub.corp.test"), "{safe}");
            address = encode(&address);
        }
        assert_eq!(shown("https://a@b:c@hub/x@y"), "https://…@hub/x@y");
        assert_eq!(shown("https://anna:S3 cret@hub"), "https://…@hub");
        assert_eq!(shown("https://anna:S3/cret@hub"), "https://…@hub");
        assert_eq!(shown("https%3A%2F%2Fanna%3AS3cre"), "https%3A%2F%2Fanna%3A…");
        assert_eq!(shown("https://h/?qlikTicket=TIC\nK123"), "https://h/?qlikTicket=…");
        assert_eq!(shown_address("anna:S3cret@hub"), "…@hub");
        assert_eq!(shown_address("anna%3AS3cret%40hub"), "…%40hub");
        assert_eq!(shown_address("anna:S3@cret@hub"), "…@hub");
        assert_eq!(shown_line("a=anna:S3@cret@hub b:c@d"), "a=…@hub …@d");
        assert_eq!(shown_line("[anna:S3cret@hub"), "[…@hub");
        assert_eq!(shown_junk("tPw%40hub"), "…%40hub");
    }

    #[test]
    fn what_is_not_secret_stays() {
        for (_, _, link) in VECTORS {
            assert_eq!(shown(link), link);
            assert_eq!(shown(&encode(link)), encode(link));
        }
        for text in [
            "qliksense://enterpriseurl?action=add&url=https%3A%2F%2Fhub&name=a%40b&version=0.1",
            "qliksense://enterpriseurl?action=add&url=https://hub&name=a@b&version=0.1",
            "https://hub:8o",
            "https://hub:99999999/x@y",
            "https://[2001:db8::1]:4244/hub",
            "https://::1",
            "100% %zz %",
        ] {
            assert_eq!(shown(text), text);
            assert!(!holds_secret(text));
        }
        assert_eq!(shown_line("Sales @ HQ: a@b"), "Sales @ HQ: a@b");
    }

    #[test]
    fn a_rewritten_link_is_not_shown_if_it_holds_a_secret() {
        let link = VECTORS[0].2.replace("sense.", "anna%3AS3cretPw%40sense.");
        let rewritten = encode(&link).replace('-', "-2D").replace('%', "-").replace("-2F", "_");
        let wrapped = format!("https://urldefense.proofpoint.com/v2/url?u={rewritten}&d=x");
        assert_eq!(shown(&wrapped), "https://urldefense.proofpoint.com/…");
    }
}
