//! One file per command.

pub mod explain;
pub mod hubs;
pub mod link;
pub mod run;
