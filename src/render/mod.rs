//! How a report is told.

pub mod chain;
pub mod human;
pub mod progress;
mod text;

pub use text::{Style, brief, clean};
