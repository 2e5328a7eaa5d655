//! What must not be seen: passwords and keys, and the account they belong to.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The longest password or key, in bytes. Windows allows 256 characters; a key of Qlik Cloud is a
/// signed token of about 500.
pub const SECRET_LIMIT: usize = 1024;

/// A password or a key. It is overwritten when it is dropped, and nothing prints it.
pub struct Secret(Zeroizing<String>);

/// A text that is too long for a password or a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("longer than {SECRET_LIMIT} bytes")]
pub struct SecretTooLong;

impl Secret {
    /// Takes the text over, so that no second copy of it stays behind.
    ///
    /// # Errors
    /// If it is longer than [`SECRET_LIMIT`]; the text is overwritten then too.
    pub fn new(text: String) -> Result<Self, SecretTooLong> {
        let text = Zeroizing::new(text);
        if text.len() > SECRET_LIMIT { Err(SecretTooLong) } else { Ok(Self(text)) }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Who logs in, and with what.
#[derive(Debug)]
pub struct Account {
    /// `DOMAIN\user`, `user@dns.domain` or `user`.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// Who logs in, without anything secret.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct AccountName {
    /// What is used to log in.
    pub kind: AccountKind,
    /// The user as typed; an API key does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "name"))]
    pub user: Option<String>,
}

/// What is used to log in.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum AccountKind {
    /// A user name and a password.
    Password,
    /// The user who is signed on to Windows.
    SignedOn,
    /// An API key of Qlik Cloud.
    ApiKey,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints_a_secret() {
        let password = Secret::new("hunter2 and more".to_owned()).expect("short enough");
        let account = Account { user: r"CORP\alice".to_owned(), password };
        let text = format!("{account:?} {account:#?}");
        assert!(text.contains("alice") && !text.contains("hunter2"), "{text}");
    }

    #[test]
    fn a_secret_has_a_longest_length() {
        assert!(Secret::new("x".repeat(SECRET_LIMIT)).is_ok());
        assert_eq!(Secret::new("x".repeat(SECRET_LIMIT + 1)).err(), Some(SecretTooLong));
    }
}
