//! The addresses that mail protection services put around a link.

use percent_encoding::percent_decode_str;

use super::grammar::{START, decode, find_ignoring_case};

/// How many of the candidates in one wrapper are looked at.
const MOST_READINGS: usize = 4;

/// Whether a text hides an authentication link behind up to two encodings.
pub(crate) fn hides_link(text: &str) -> bool {
    let once = decode(text);
    let found = |text: &str| find_ignoring_case(text, START, 0).is_some();
    found(text) || found(&once) || found(&decode(&once)) || proofpoint_v2(text).is_some()
}

/// The texts behind a wrapper whose service writes the characters of a link in its own way;
/// `None` for any other text. An empty list means that it cannot be read.
pub(crate) fn rewritten(text: &str) -> Option<Vec<String>> {
    if find_ignoring_case(text, "/v3/__", 0).is_some() {
        return Some(proofpoint_v3(text).into_iter().collect());
    }
    // The whole of it, because the end of a damaged one is not known.
    find_ignoring_case(text, "/v2/url?", 0)
        .map(|at| vec![decode(&text[at..].replace('-', "%").replace('_', "/")).into_owned()])
}

/// The texts that the wrapper may have been put around, the most specific reading first.
pub(crate) fn unwrap(text: &str) -> Vec<String> {
    let Some((_, query)) = text.split_once("://") else { return Vec::new() };
    let values = query.split(['?', '&', '#', ';']).filter_map(|pair| pair.split_once('='));
    let mut readings: Vec<String> = values
        .map(|(_, value)| decode(value).into_owned())
        .filter(|value| hides_link(value))
        .take(MOST_READINGS)
        .collect();
    readings.extend(proofpoint_v3(text));
    readings.extend(proofpoint_v2(text));
    readings
}

/// `…/v2/url?u=…`: percent signs became `-`, slashes became `_`.
fn proofpoint_v2(text: &str) -> Option<String> {
    let at = find_ignoring_case(text, "/v2/url?", 0)?;
    let query = &text[at + "/v2/url?".len()..];
    let value = query.split(['&', ';']).find_map(|pair| pair.strip_prefix("u="))?;
    let link = decode(&value.replace('-', "%").replace('_', "/")).into_owned();
    find_ignoring_case(&link, START, 0).map(|_| link)
}

/// `…/v3/__LINK__;BASE64!!…`: characters the service dislikes became `*`, or `**` and a letter
/// for a run of them; they follow in base64.
fn proofpoint_v3(text: &str) -> Option<String> {
    let at = find_ignoring_case(text, "/v3/__", 0)?;
    let body = &text[at + "/v3/__".len()..];
    let (masked, rest) = body.split_once("__;")?;
    let replaced = String::from_utf8(base64(rest.split('!').next().unwrap_or_default())).ok()?;
    let mut replaced = replaced.chars();
    let mut link = String::with_capacity(masked.len());
    let mut rest = masked.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '*' {
            link.push(c);
        } else if rest.peek() == Some(&'*') {
            rest.next();
            let run = rest.next().and_then(|c| u8::try_from(c).ok()).and_then(sextet)?;
            // A run has at least two characters: `A` stands for two.
            link.extend(replaced.by_ref().take(usize::from(run) + 2));
        } else {
            link.push(replaced.next()?);
        }
    }
    Some(link)
}

/// Base64 with either alphabet, up to the first character of neither.
fn base64(text: &str) -> Vec<u8> {
    let decoded = percent_decode_str(text).collect::<Vec<u8>>();
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for six in decoded.into_iter().map_while(sextet) {
        bits = (bits << 6) | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count).to_le_bytes()[0]);
            bits &= (1 << count) - 1;
        }
    }
    bytes
}

fn sextet(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::grammar::is_whole;
    use super::super::grammar::tests::VECTORS;
    use super::*;

    #[test]
    fn the_third_version_of_proofpoint_is_undone() {
        // `JSUl` is `%%%`: the three percent signs of the address.
        let masked = VECTORS[0].2.replace('%', "*");
        let wrapped = format!("https://urldefense.com/v3/__{masked}__;JSUl!!abc$");
        assert!(hides_link(&wrapped));
        assert!(unwrap(&wrapped).iter().any(|link| is_whole(link)));
        // A run: `**A` stands for two of the replaced characters.
        let run = "https://urldefense.com/v3/__a**Ab__;JSU!!abc$";
        assert_eq!(proofpoint_v3(run).as_deref(), Some("a%%b"));
    }

    #[test]
    fn an_ordinary_address_hides_nothing() {
        assert!(!hides_link("https://sense.example.com/hub?x=qliksense"));
        assert_eq!(unwrap("https://sense.example.com/?a=b"), Vec::<String>::new());
    }
}
