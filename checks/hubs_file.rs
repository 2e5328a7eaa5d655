//! The hubs.ini file: is it where Desktop reads it, and does it hold a link?

/// A hubs.ini as it was read.
#[derive(Clone, Debug)]
pub struct Reading;
