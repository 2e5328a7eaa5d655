use proptest::prelude::*;
use time::OffsetDateTime;

use super::read::{av, to_file_time};
use super::*;
use crate::Secret;

fn account(user: &str) -> Account {
    let password = Secret::new("Password".to_owned()).expect("short enough");
    Account { user: user.to_owned(), password }
}

fn ingredients(account: &Account) -> Ingredients<'_> {
    let now = Timestamp(OffsetDateTime::UNIX_EPOCH);
    Ingredients { account, host: "hub.test", binding: Some([7; 16]), nonce: [0xaa; 8], now }
}

fn pairs(with_time: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut push = |id: u16, value: &[u8]| {
        bytes.extend_from_slice(&id.to_le_bytes());
        bytes.extend_from_slice(&u16::try_from(value.len()).expect("short").to_le_bytes());
        bytes.extend_from_slice(value);
    };
    push(av::NETBIOS_DOMAIN, &utf16("CORP"));
    push(av::NETBIOS_COMPUTER, &utf16("SERVER"));
    push(av::DNS_DOMAIN, &utf16("corp.test"));
    if with_time {
        let time = Timestamp::parse("2026-05-04T03:02:01Z").expect("a time");
        push(av::TIMESTAMP, &to_file_time(time));
    }
    push(av::END, &[]);
    bytes
}

fn challenge(flags: u32, pairs: &[u8]) -> Vec<u8> {
    let name = utf16("CORP");
    let mut message = [&SIGNATURE[..], &2_u32.to_le_bytes()].concat();
    let place = |length: usize, at: usize| {
        let length = u16::try_from(length).expect("short").to_le_bytes();
        let at = u32::try_from(at).expect("short").to_le_bytes();
        [&length[..], &length, &at].concat()
    };
    let (first, second) = (place(name.len(), 56), place(pairs.len(), 56 + name.len()));
    message.extend_from_slice(&first);
    message.extend_from_slice(&flags.to_le_bytes());
    message.extend_from_slice(&[0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef]);
    message.extend_from_slice(&[0; 8]);
    message.extend_from_slice(&second);
    message.extend_from_slice(&[10, 0, 0x63, 0x45, 0, 0, 0, 15]);
    message.extend_from_slice(&name);
    message.extend_from_slice(pairs);
    message
}

const AGREED: u32 = OFFERED | flag::SIGN;

/// A text of the third message by the place of its length.
fn text(message: &[u8], at: usize) -> &[u8] {
    let length = usize::from(u16::from_le_bytes([message[at], message[at + 1]]));
    let from = usize::from(u16::from_le_bytes([message[at + 4], message[at + 5]]));
    &message[from..from + length]
}

#[test]
fn the_first_message_has_the_version_field_and_names_nobody() {
    let account = account(r"CORP\alice");
    let message = Ntlm::new(ingredients(&account)).step(None).expect("a first message");
    assert_eq!(message.len(), 40);
    assert_eq!(&message[..12], b"NTLMSSP\0\x01\0\0\0");
    assert_eq!(&message[32..], VERSION);
    // What browsers on Windows offer (0xa2088207), without the OEM code page.
    assert_eq!(message[12..16], (0xa208_8205_u32 | flag::TARGET_INFO).to_le_bytes());
}

#[test]
fn what_the_challenge_says_is_told() {
    let server = ServerMessage::read(&challenge(AGREED, &pairs(true))).expect("a challenge");
    let told = server.told();
    assert_eq!(told.target_name.as_deref(), Some("CORP"));
    assert_eq!(told.netbios_domain.as_deref(), Some("CORP"));
    assert_eq!(told.netbios_computer.as_deref(), Some("SERVER"));
    assert_eq!(told.dns_domain.as_deref(), Some("corp.test"));
    assert_eq!(told.version.as_deref(), Some("10.0.17763"));
    assert_eq!(told.time.map(|time| time.to_string()).as_deref(), Some("2026-05-04T03:02:01Z"));
}

#[test]
fn a_server_that_tells_its_time_gets_a_code_and_no_lm_response() {
    let account = account(r"CORP\alice");
    let mut ntlm = Ntlm::new(ingredients(&account));
    let first = ntlm.step(None).expect("a first message");
    let second = challenge(AGREED, &pairs(true));
    let third = ntlm.step(Some(&second)).expect("a third message");
    assert_eq!(text(&third, 12), [0; 24]);
    assert_eq!(
        (text(&third, 28), text(&third, 36)),
        (&*utf16("CORP") as &[u8], &*utf16("alice") as &[u8])
    );
    let code = &third[MIC_AT..HEAD];
    assert_ne!(code, [0; 16]);
    // The code covers every message: another first message makes another code.
    let mut other = Ntlm::signing(ingredients(&account));
    other.step(None).expect("a first message");
    assert_ne!(&other.step(Some(&second)).expect("a third message")[MIC_AT..HEAD], code);
    assert_eq!(first.len(), 40);
    let nt = text(&third, 20);
    assert_eq!(nt[24..32], second[second.len() - 12..second.len() - 4], "the server's time");
    let holds = |part: &[u8]| nt.windows(part.len()).any(|window| window == part);
    assert!(holds(&[6, 0, 4, 0, 2, 0, 0, 0]), "the flag that there is a code");
    assert!(holds(&[[10, 0, 16, 0].as_slice(), &[7; 16]].concat()), "the binding");
    assert!(holds(&utf16("HTTP/hub.test")), "the service");
}

#[test]
fn a_server_that_tells_no_time_gets_an_lm_response_and_no_code() {
    let account = account(r"CORP\alice");
    let mut ntlm = Ntlm::new(ingredients(&account));
    ntlm.step(None).expect("a first message");
    let third = ntlm.step(Some(&challenge(AGREED, &pairs(false)))).expect("a third message");
    assert_eq!(text(&third, 12)[16..], [0xaa; 8]);
    assert_eq!(third[MIC_AT..HEAD], [0; 16]);
}

#[test]
fn names_are_sent_as_windows_sends_them() {
    let name = |typed: &str, server: Option<&str>| {
        let UserName { user, domain } = UserName::of(typed, server);
        (user, domain)
    };
    let pair = |user: &str, domain: &str| (user.to_owned(), domain.to_owned());
    assert_eq!(name(r"CORP\alice", Some("OTHER")), pair("alice", "CORP"));
    assert_eq!(name("alice@corp.test", Some("OTHER")), pair("alice@corp.test", ""));
    assert_eq!(name("alice", Some("CORP")), pair("alice", "CORP"));
    assert_eq!(name("alice", None), pair("alice", ""));
    assert_eq!(name(r".\alice", Some("CORP")), pair("alice", "."));
}

#[test]
fn a_server_without_unicode_or_out_of_turn_is_not_answered() {
    let account = account("alice");
    let mut ntlm = Ntlm::new(ingredients(&account));
    let second = challenge(AGREED, &pairs(true));
    assert_eq!(ntlm.step(Some(&second)).err(), Some(Stuck::NotTheProtocol), "before the first");
    ntlm.step(None).expect("a first message");
    let narrow = challenge(AGREED & !flag::UNICODE, &pairs(true));
    assert_eq!(ntlm.step(Some(&narrow)).err(), Some(Stuck::NotTheProtocol));
    ntlm.step(Some(&second)).expect("a third message");
    assert_eq!(ntlm.step(Some(&second)).err(), Some(Stuck::NotTheProtocol), "after the third");
}

proptest! {
    #[test]
    fn no_message_makes_the_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        drop(ServerMessage::read(&bytes));
        let account = account(r"CORP\alice");
        let mut ntlm = Ntlm::new(ingredients(&account));
        ntlm.step(None).expect("a first message");
        // Whatever stands behind a right beginning.
        let message = [&SIGNATURE[..], &2_u32.to_le_bytes(), &bytes].concat();
        drop(ntlm.step(Some(&message)));
    }

    #[test]
    fn a_damaged_challenge_makes_nothing_panic(at in 12_usize..150, to in any::<u8>()) {
        let mut message = challenge(AGREED, &pairs(true));
        let place = at.min(message.len() - 1);
        message[place] = to;
        let account = account("alice");
        let mut ntlm = Ntlm::new(ingredients(&account));
        ntlm.step(None).expect("a first message");
        drop(ntlm.step(Some(&message)));
    }
}
