//! Windows: one file per concern, each with its own unsafe code.

mod browser;
mod computer;
mod console;
mod desktop;
mod encryption;
mod links;
mod membership;
mod registry;
mod tcp;
mod version;

pub(crate) use computer::computer;
pub(crate) use console::{console_programs, follow_codes};
pub(crate) use tcp::{refuse_at_once, tcp_state};

/// A text as the system takes it, with a zero at its end.
fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}
