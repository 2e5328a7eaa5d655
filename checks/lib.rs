//! What the evidence means: one file per check, its causes and their proof.
//!
//! `frame/` holds the shape all checks share. Every other module of this folder is one check.

pub mod frame;

pub mod across;
pub mod certificate;
pub mod client;
pub mod clock;
pub mod dns;
pub mod http;
pub mod hub;
pub mod hubs_file;
pub mod licence;
pub mod link;
pub mod login;
pub mod proxy;
pub mod tcp;
pub mod test_server;
pub mod tls;

pub use frame::address;

use frame::{ErasedCheck, Shaped};

/// Makes the lists of all checks from one.
macro_rules! ladder {
    ($($check:expr),+ $(,)?) => {
        /// Every check, in the order of the ladder from the file to the hub.
        #[must_use]
        pub fn all() -> &'static [&'static dyn ErasedCheck] {
            &[$(&$check),+]
        }

        /// The shapes of all evidence, the comparison's too.
        #[must_use]
        pub fn shapes() -> &'static [&'static dyn Shaped] {
            &[$(&$check,)+ &across::Across]
        }
    };
}

// With `across()` the only place that knows them all. A new file of this folder needs its `mod` line
// above and its line here; a test names whatever is missing.
ladder! {
    hubs_file::HubsFile,
    link::Link,
    client::Client,
    proxy::Proxy,
    dns::Dns,
    tcp::Tcp,
    tls::Tls,
    certificate::Certificate,
    clock::Clock,
    http::Http,
    hub::Hub,
    login::Login,
    licence::Licence,
    test_server::TestServer,
}

/// What the hubs of a run show beside each other; it is judged once, at the end of a run.
#[must_use]
pub fn across() -> &'static dyn ErasedCheck {
    &across::Across
}

/// Every table of causes: those of the ladder, and the one of the comparison.
#[must_use]
pub fn tables() -> Vec<&'static dyn ErasedCheck> {
    all().iter().copied().chain([across()]).collect()
}
