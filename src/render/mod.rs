//! How a report is told.

mod board;
pub mod chain;
pub mod computer;
mod facts;
pub mod html;
pub mod human;
pub mod junit;
pub mod markdown;
pub mod messages;
pub mod nagios;
pub mod ndjson;
pub mod openmetrics;
pub mod progress;
mod text;
pub mod words;

pub use text::{Style, brief, clean};
