//! The login packages of the system (SSPI), which know the signed-on user and Kerberos.
//!
//! The calls may ask a domain controller and take as long as a network lets them, so each is made
//! on a thread of its own. What they say is opaque; it is read here only as far as it takes to know
//! whether it proves somebody, because the safety of an account rests on that.

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::mechanism::{Mechanism, Stuck};
use super::ntlm::{SIGNATURE, ServerMessage};
use super::secret::Account;
use super::spnego;
use crate::aside::{CALLS, aside};
use crate::{Challenge, LoginPackage};

/// The packages of one system. [`crate::os`] has those of Windows, tests have others.
pub(crate) trait Packages: Send + Sync {
    /// Begins a conversation. Nobody is asked for anything yet.
    ///
    /// # Errors
    /// The system's number, if it has no such package or nothing to log in with.
    fn begin(&self, wish: &Wish) -> Result<Box<dyn Mechanism>, u32>;
}

/// What a conversation is begun with.
#[cfg_attr(not(windows), expect(dead_code, reason = "only Windows has packages that read it"))]
pub(crate) struct Wish {
    pub(crate) package: LoginPackage,
    /// Whose; `None` is the signed-on user.
    pub(crate) account: Option<Arc<Account>>,
    /// The service, such as `HTTP/hub.corp.test`.
    pub(crate) target: String,
    /// What the login is bound to ([`super::binding::end_point`]).
    pub(crate) binding: Option<Vec<u8>>,
}

/// A conversation under way.
pub(crate) struct Talk {
    mechanism: Box<dyn Mechanism>,
}

/// Why the system said nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Silent {
    /// It has not answered yet, or could not be asked.
    InTime,
    /// It goes no further.
    Stuck(Stuck),
}

impl Talk {
    pub(crate) async fn begin(
        packages: &Arc<dyn Packages>,
        wish: Wish,
        limit: Duration,
    ) -> Result<Self, Silent> {
        let packages = Arc::clone(packages);
        let begun = aside(&CALLS, limit, move || packages.begin(&wish)).await;
        let begun = begun.map_err(|_| Silent::InTime)?;
        let mechanism = begun.map_err(|status| Silent::Stuck(Stuck::Refused(status)))?;
        Ok(Self { mechanism })
    }

    /// The next message. A conversation whose message did not come in time is over.
    pub(crate) async fn step(
        self,
        answer: Option<Vec<u8>>,
        limit: Duration,
    ) -> Result<(Self, Zeroizing<Vec<u8>>), Silent> {
        let mut mechanism = self.mechanism;
        let work = move || {
            let said = mechanism.step(answer.as_deref());
            (mechanism, said)
        };
        let done = aside(&CALLS, limit, work).await;
        let (mechanism, said) = done.map_err(|_| Silent::InTime)?;
        Ok((Self { mechanism }, said.map_err(Silent::Stuck)?))
    }
}

/// What a message of ours holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Holds {
    /// The first message of NTLM, which proves nothing and nobody.
    NtlmFirst,
    /// The third message of NTLM.
    NtlmThird,
    /// A ticket of Kerberos.
    Ticket,
    /// Something else, which may prove somebody.
    Other,
}

impl Holds {
    pub(crate) fn of(message: &[u8]) -> Self {
        let inner = spnego::inner(message);
        match inner.strip_prefix(SIGNATURE) {
            Some([1, ..]) => Self::NtlmFirst,
            Some([3, ..]) => Self::NtlmThird,
            None if spnego::is_kerberos(inner) => Self::Ticket,
            Some(_) | None => Self::Other,
        }
    }
}

/// What the server's NTLM challenge says, if that is what the answer holds.
pub(crate) fn challenge_in(answer: &[u8]) -> Option<Challenge> {
    Some(ServerMessage::read(spnego::inner(answer))?.told())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_message_of_ntlm_proves_nobody() {
        let first = b"NTLMSSP\0\x01\0\0\0rest";
        let third = b"NTLMSSP\0\x03\0\0\0rest";
        assert_eq!(Holds::of(first), Holds::NtlmFirst);
        assert_eq!(Holds::of(third), Holds::NtlmThird);
        assert_eq!(Holds::of(&spnego::tests::offering(first)), Holds::NtlmFirst);
        assert_eq!(Holds::of(&spnego::tests::answering(third)), Holds::NtlmThird);
        let ticket = spnego::tests::ticket();
        assert_eq!(Holds::of(&ticket), Holds::Ticket);
        assert_eq!(Holds::of(&spnego::tests::offering(&ticket)), Holds::Ticket);
        for other in
            [&b""[..], b"NTLMSSP\0", b"NEGOEXTS\0\0\0\0", &[0x60, 0x82], b"\xa1\x03\x30\x01\xa2"]
        {
            assert_eq!(Holds::of(other), Holds::Other, "{other:?}");
        }
    }
}
