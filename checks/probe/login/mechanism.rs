//! What speaks inside `Authorization`: one interface for everything that takes turns with a
//! server, so that the system's own implementation (SSPI) can stand beside the one of this crate.

use zeroize::Zeroizing;

use crate::Challenge;

/// A conversation of two that ends with the server knowing who the other one is.
pub(crate) trait Mechanism: Send {
    /// The next message, given the server's answer to the one before.
    ///
    /// # Errors
    /// If the server's answer leads no further.
    fn step(&mut self, answer: Option<&[u8]>) -> Result<Zeroizing<Vec<u8>>, Stuck>;

    /// What the server said of itself; `None` also if the mechanism does not read it.
    fn challenge(&self) -> Option<&Challenge> {
        None
    }
}

/// Why a conversation leads no further.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Stuck {
    /// The answer is no message of the protocol, or not the one that is due.
    NotTheProtocol,
    /// The server wants another mechanism, or none of those offered.
    OtherMechanism,
    /// The system's own implementation goes no further, for the reason that this number names.
    Refused(u32),
}
