//! One file per command.

pub mod certificate;
pub mod completions;
pub mod diff;
pub mod explain;
pub mod hubs;
pub mod link;
pub mod man;
pub mod review;
pub mod run;
