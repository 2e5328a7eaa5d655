//! How a report is told.

mod board;
pub mod chain;
mod facts;
pub mod human;
pub mod junit;
pub mod nagios;
pub mod ndjson;
pub mod openmetrics;
pub mod progress;
mod text;

pub use text::{Style, brief, clean};
