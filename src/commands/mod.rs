//! One file per command.

pub mod certificate;
pub mod explain;
pub mod hubs;
pub mod link;
pub mod run;
