//! What is left of a password in this program's memory.

#![cfg(target_os = "linux")]

use std::io::{Read as _, Seek as _, SeekFrom};

use super::*;
use crate::login::mechanism::Mechanism as _;
use crate::login::ntlm::{Ingredients, Ntlm};
use crate::login::page::PasswordForm;
use crate::login::spnego::Negotiate;

/// What the needle is hidden with, so that looking for it does not plant it.
const VEIL: u8 = 0x5a;

/// Which letters of the password are looked for. A buffer that grew leaves its first half behind,
/// and whoever frees it writes over the first sixteen bytes.
const NEEDLE: std::ops::Range<usize> = 16..26;

/// Made at run time and nowhere else: this text stands in no constant of the program.
fn veiled() -> impl Iterator<Item = u8> {
    (0..90_u32).map(|n| (b'A' + u8::try_from((n * n * 7 + n * 3) % 26).unwrap_or(0)) ^ VEIL)
}

fn unveiled() -> String {
    let mut text = String::with_capacity(90);
    for byte in veiled() {
        text.push(char::from(byte ^ VEIL));
    }
    text
}

/// How often the needle stands in the writable memory of this process, as it is and with a zero
/// after each letter.
fn count() -> usize {
    let needle: Vec<u8> = veiled().skip(NEEDLE.start).take(NEEDLE.len()).collect();
    let maps = std::fs::read_to_string("/proc/self/maps").expect("the own memory");
    let mut memory = std::fs::File::open("/proc/self/mem").expect("the own memory");
    let mut found = 0;
    let mut page = vec![0; 1 << 16];
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let Some((range, _)) = line.split_once(' ') else { continue };
        let Some((from, to)) = range.split_once('-') else { continue };
        let number = |text| u64::from_str_radix(text, 16).expect("an address");
        let (mut at, end) = (number(from), number(to));
        while at < end {
            let length = usize::try_from((end - at).min(page.len() as u64)).expect("a page");
            // Some ranges cannot be read, and others end while we look.
            let read =
                memory.seek(SeekFrom::Start(at)).and_then(|_| memory.read(&mut page[..length]));
            let Ok(read) = read else { break };
            if read == 0 {
                break;
            }
            found += occurrences(&page[..read], &needle);
            page[..read].fill(0);
            // The needle may lie across two reads.
            at += (read.saturating_sub(2 * needle.len())).max(1) as u64;
            if (read as u64) + at >= end && read < page.len() {
                break;
            }
        }
    }
    found
}

fn occurrences(bytes: &[u8], needle: &[u8]) -> usize {
    let fits = |at: usize, step: usize| {
        needle
            .iter()
            .enumerate()
            .all(|(n, &veiled)| bytes.get(at + n * step).is_some_and(|&byte| byte ^ VEIL == veiled))
    };
    (0..bytes.len()).filter(|&at| fits(at, 1) || fits(at, 2)).count()
}

/// A function of its own, so that nothing of its stack is in use any more when it returned.
#[inline(never)]
fn use_and_drop() {
    let password = Secret::new(unveiled()).expect("short enough");
    let account = Arc::new(Account { user: r"CORP\alice".to_owned(), password });
    assert!(count() > 0, "it is found while it is there");
    let now = crate::Timestamp(time::OffsetDateTime::UNIX_EPOCH);
    let from =
        Ingredients { account: &account, host: "hub.test", binding: None, nonce: [1; 8], now };
    let challenge = STANDARD.decode(challenge()).expect("base64");
    let mut ntlm = Ntlm::new(from);
    ntlm.step(None).expect("a first message");
    ntlm.step(Some(&challenge)).expect("a third message");
    let mut negotiate = Negotiate::wrapped(Ntlm::signing(from));
    negotiate.step(None).expect("a first message");
    negotiate.step(Some(&challenge)).expect("a third message");
    let url = url::Url::parse("https://hub.test/login").expect("a URL");
    let form = PasswordForm::find(FORM.as_bytes(), &url).expect("a form");
    assert!(form.filled(&account).len() > 20);
    let mut known = crate::login::known::Known::default();
    known.add(account.password.expose());
    assert_eq!(known.clean("nothing of it".to_owned()), "nothing of it");
}

#[test]
fn a_password_is_gone_when_it_was_dropped() {
    use_and_drop();
    assert_eq!(count(), 0, "copies of the password are left");
}
