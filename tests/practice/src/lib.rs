//! The practice world.

mod behaviour;
mod hub;
pub mod link;
mod names;
mod pki;
pub use behaviour::{Behaviour, Login, Port, Site, Topic};
pub use hub::{Hub, SeenRequest};
pub use names::{Answer, NameServer, Question};
pub use pki::{Certificate, Identity, Pki};
