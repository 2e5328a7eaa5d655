//! How a report is told.

pub mod human;
pub mod progress;
mod text;

pub use text::{Style, clean};
