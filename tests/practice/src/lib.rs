//! The practice world: hubs on loopback that speak as Qlik Sense does and are broken on purpose.
//!
//! A [`World`] is a name server, a certificate authority and any number of [`Hub`]s. Each hub has a
//! name below `practice.test`, a port on 127.0.0.1, and a [`Behaviour`], which begins healthy and says
//! only what is different. [`CASES`] names the states worth knowing, each with what a doctor ought to
//! find. Nothing here knows the doctor, so nothing here can share its mistakes.
//!
//! ```no_run
//! use hublink_practice::{Behaviour, Certificate, World};
//!
//! # async fn example(now: time::OffsetDateTime) -> std::io::Result<()> {
//! let world = World::start(now).await?;
//! let hub = world
//!     .hub("expired", Behaviour::healthy().certificate(Certificate::Expired))
//!     .await?;
//! // Hand out hub.link(), world.resolver() and world.ca_pem(); afterwards look at hub.requests().
//! # Ok(())
//! # }
//! ```

mod behaviour;
mod cases;
mod hub;
pub mod link;
mod names;
mod people;
mod pki;
mod proxy;
mod world;

pub use behaviour::{Behaviour, Login, Port, Site, Topic};
pub use cases::{CASES, Case, Expectation, SHOWCASE, case};
pub use hub::{
    Attempt, Hostile, Hub, PLANTED, Place, Refusal, Secret, SecretKind, SeenRequest, Way,
};
pub use names::{Answer, NameServer, Question};
pub use people::{
    API_KEY, Account, AccountState, DNS_DOMAIN, DOMAIN, DesktopLink, Form, Membership, PASSWORD,
    SocketFault, TenantUser, USER, WindowsLogin,
};
pub use pki::{Certificate, Identity, Pki};
pub use proxy::{Proxy, ProxyRule, SeenByProxy};
pub use world::World;
