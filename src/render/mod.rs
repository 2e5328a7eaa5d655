//! How a report is told.

pub mod chain;
pub mod html;
pub mod human;
pub mod markdown;
pub mod messages;
pub mod progress;
mod text;
pub mod words;

pub use text::{Style, brief, clean};
