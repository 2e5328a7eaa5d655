//! The parts of a login that read what a server sends, for [`crate::fuzzing`].

use time::OffsetDateTime;
use url::Url;

use super::mechanism::Mechanism;
use super::ntlm::{Ingredients, Ntlm};
use super::page::{PasswordForm, asks_for_password};
use super::secret::{Account, Secret};
use super::socket;
use super::spnego::Negotiate;
use crate::Timestamp;

/// The most characters of one name that are kept (`PasswordForm::names`, `ServerMessage::told`).
const NAME_KEPT: usize = 512;

const PASSWORD: &str = "planted-password";

fn account() -> Account {
    let password = Secret::new(PASSWORD.to_owned()).expect("short enough");
    Account { user: r"CORP\alice".to_owned(), password }
}

/// The server's one message in a conversation of four.
pub(crate) fn conversation(way: u8, message: &[u8]) {
    let account = account();
    let now = Timestamp(OffsetDateTime::UNIX_EPOCH);
    let from = Ingredients {
        account: &account,
        host: "hub.test",
        binding: (way & 4 != 0).then_some([7; 16]),
        nonce: [0xaa; 8],
        now,
    };
    let mut client: Box<dyn Mechanism> = match way % 3 {
        0 => Box::new(Ntlm::new(from)),
        1 => Box::new(Negotiate::wrapped(Ntlm::signing(from))),
        _ => Box::new(Negotiate::bare(Ntlm::new(from))),
    };
    client.step(None).expect("the first message needs nothing");
    if let Ok(third) = client.step(Some(message)) {
        assert!(third.len() < 1 << 16, "{} bytes to send", third.len());
        let wide: Vec<u8> = PASSWORD.encode_utf16().flat_map(u16::to_le_bytes).collect();
        // What the server says goes back to it, so it may stand there for that reason.
        let within = |secret: &[u8], text: &[u8]| text.windows(secret.len()).any(|p| p == secret);
        let holds = |secret: &[u8]| within(secret, &third) && !within(secret, message);
        assert!(!holds(PASSWORD.as_bytes()) && !holds(&wide), "the password is on the wire");
        assert!(client.step(Some(message)).is_err(), "a second proof");
    }
    let Some(seen) = client.challenge() else { return };
    let names = [
        &seen.target_name,
        &seen.netbios_domain,
        &seen.netbios_computer,
        &seen.dns_domain,
        &seen.dns_computer,
        &seen.dns_forest,
    ];
    for name in names.into_iter().flatten() {
        assert_is_a_name(name);
    }
}

/// A page at the hub's own address.
pub(crate) fn page(data: &[u8]) {
    let url = Url::parse("https://hub.test/login/?targetId=1").expect("a URL");
    let Some(form) = PasswordForm::find(data, &url) else { return };
    assert!(asks_for_password(data), "a form for a password asks for one");
    assert!(form.is_again_in(data, &url), "the same page holds the same form");
    let body = form.filled(&account());
    assert!(body.is_ascii(), "a form is sent in ASCII");
    let password = PASSWORD.as_bytes();
    assert!(body.windows(password.len()).any(|part| part == password));
    let names = form.names();
    for name in [&names.user_field, &names.password_field].into_iter().chain(&names.other_fields) {
        assert_is_a_name(name);
    }
    assert_is_a_name(&names.post_to);
    // A page may say anything, this word too.
    let told = data.windows(password.len()).any(|part| part == password);
    assert!(told || !format!("{form:?}").contains(PASSWORD), "{form:?}");
}

/// A message of a hub's session.
pub(crate) fn message(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let seen = socket::read(&text);
    let parts = [Some(&seen.topic), seen.text.as_ref(), seen.session_state.as_ref()];
    for part in parts.into_iter().flatten() {
        assert_is_a_name(part);
    }
    assert_is_a_name(seen.login_host.as_deref().unwrap_or_default());
}

fn assert_is_a_name(text: &str) {
    assert!(text.chars().count() <= NAME_KEPT, "{} characters", text.chars().count());
    assert!(!text.contains(char::is_control), "{text:?}");
}
