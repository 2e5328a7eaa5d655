//! The practice world.

pub mod link;
mod names;
mod pki;
pub use names::{Answer, NameServer, Question};
pub use pki::{Certificate, Identity, Pki};
