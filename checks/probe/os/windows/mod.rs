//! Windows: one file per concern, each with its own unsafe code.

mod browser;
mod chain;
mod computer;
mod console;
mod desktop;
mod encryption;
mod links;
mod membership;
mod names;
mod proxy;
mod registry;
mod sspi;
mod tcp;
mod text;
mod version;

pub(crate) use chain::{ChainHow, chain_verdict};
pub(crate) use computer::computer;
pub(crate) use console::{console_programs, follow_codes};
pub(crate) use names::{adapter_domains, name_rules, secure_dns};
pub(crate) use proxy::{ask_script, system_proxies};
pub(crate) use sspi::{login_packages, signed_on_user};
pub(crate) use tcp::{refuse_at_once, tcp_state};
