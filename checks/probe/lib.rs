//! How to look: active operations on the world and what they saw.
//!
//! Everything here is observation. A probe classifies a failure by type and number at the source
//! ([`FailureKind`]) and keeps the raw number; what an observation *means* is decided in the
//! crate above. Failures of the network are data, never `Err`.
//!
//! All probes are methods of one trait, [`World`]: [`RealWorld`] asks the machine and the
//! network, [`ScriptedWorld`] answers from a script, so that every judgement can be tested
//! without either.

mod aside;
mod chain_verdict;
mod computer;
pub mod console;
mod dns;
mod download;
mod failure;
mod files;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod interfaces;
mod kept;
mod legacy;
mod local_engine;
mod login;
mod name_rules;
mod os;
mod program;
mod proxy;
mod real;
mod scripted;
mod tap;
mod tcp;
mod time_stamp;
mod tls;
mod trust;
mod tunnel;
mod world;

pub use chain_verdict::{ChainElement, ChainVerdict, ChainVerdicts};
pub use computer::{
    Browser, BrowserKind, BrowserPolicy, Computer, Desktop, Documents, DotNet, Encryption,
    Installed, LinkOpeners, Membership, PartOf, ProgramFile, Registered, Registration, Scope,
    System, TLS_1_2_AND_1_3, UserOf, VersionSwitch, covers_links,
};
pub use dns::{
    DnsRecord, DnsReply, ExtendedError, NameServers, Question, RecordKind, SystemLookup,
};
pub use download::{Download, Fetch};
pub use failure::{Failure, FailureKind, Operation};
pub use files::{FILE_LIMIT, FileOutcome, FileRead};
pub use http::{BODY_LIMIT, Ending, Exchange, Header, Request, Scheme, mask_one_time};
pub use interfaces::{Interface, InterfaceKind, Subnet};
pub use legacy::LegacyAnswer;
pub use local_engine::LocalEngine;
pub use login::{
    Account, AccountKind, AccountName, Challenge, CookieFlaw, CookieSeen, LoginAttempt, LoginForm,
    LoginMethod, LoginOutcome, LoginPackage, LoginSeen, LoginStep, NotSent, SECRET_LIMIT, Secret,
    SecretTooLong, SessionId, SessionRequest, SocketClose, SocketEnd, SocketMessage, SocketSeen,
    StepKind, SystemRefusal, TrustedHost, Upgrade,
};
pub use name_rules::{AdapterDomain, NameRule, SecureDns};
pub use program::{Program, ProgramBounds, ProgramEnd, ProgramRun, run_program};
pub use proxy::{
    Exceptions, Exempt, NamedProxies, ProxyAddress, ProxyFlaw, ProxyPlace, ProxyScheme,
    ProxySetting, ProxySettings, ProxyTold, ScriptAnswer, ScriptFlaw, ScriptSaid, SystemProxies,
    Way,
};
pub use real::{Pretend, RealWorld, WorldOptions};
pub use scripted::ScriptedWorld;
pub use tcp::{Connect, Icmp, TcpState};
pub use time_stamp::{Timestamp, millis};
pub use tls::{Handshake, Hello, RustlsVerdict};
pub use trust::{Anchor, TrustError, TrustStore, read_certificates};
pub use tunnel::{Ask, AskKind, ProxyLogin, Tunnel, Via};
pub use world::{BoxFuture, ChainAsked, Policy, World};
