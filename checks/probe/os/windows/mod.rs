//! Windows: one file per concern, each with its own unsafe code.

mod console;
mod sspi;
mod tcp;

pub(crate) use console::{console_programs, follow_codes};
pub(crate) use sspi::{login_packages, signed_on_user};
pub(crate) use tcp::{refuse_at_once, tcp_state};
