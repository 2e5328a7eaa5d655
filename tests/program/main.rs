//! Whole-program tests: the doctor in the practice world, in other worlds, and from the shell.

mod certificate;
mod cli;
mod corpus;
mod diff;
#[cfg(unix)]
mod external;
mod formats;
#[cfg(target_os = "linux")]
mod hostile;
mod logins;
mod more_worlds;
mod names;
mod practice_world;
mod proxies;
mod redaction;
mod review;
#[cfg(target_os = "linux")]
mod soak;
mod support;
#[cfg(target_os = "linux")]
mod trouble;
