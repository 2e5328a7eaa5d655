//! What the evidence means: one file per check, its causes and their proof.
//!
//! `frame/` holds the shape all checks share. Every other module of this folder is one check.

pub mod frame;

pub mod hubs_file;
pub mod link;

pub use frame::address;
