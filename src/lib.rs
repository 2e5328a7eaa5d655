//! When to run and how to tell: the doctor as a library, for the program and for tests that
//! inject a world of their own.

pub mod cli;
pub mod commands;
pub mod comparison;
pub mod diff;
pub mod doctor;
pub mod engine;
pub mod exit;
pub mod external;
pub mod login;
pub mod output;
mod packed;
pub mod redact;
pub mod render;
pub mod report;
pub mod review;
mod shape;
pub mod targets;
pub mod verdict;
pub mod window;

use std::fmt;

use cli::{Cli, Command, DoctorArgs, Document, LinkCommand, LoginArgs};
use commands::run::Mode;
use exit::Exit;

/// Why a command could not do what it was asked for.
#[derive(Debug)]
pub struct Failed {
    message: String,
    hint: Option<String>,
    /// How the process ends.
    pub exit: Exit,
}

impl Failed {
    /// The command line is wrong, or names something that cannot be used.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, exit: Exit::Usage }
    }

    /// The input is not what it should be.
    #[must_use]
    pub fn bad_input(message: impl Into<String>) -> Self {
        Self { exit: Exit::Bad, ..Self::usage(message) }
    }

    /// What to try, on a line of its own.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hublink: {}", render::clean(&self.message))?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// Does what the command line says.
///
/// # Errors
/// If it cannot be done; the message is for standard error.
pub fn execute(cli: &Cli) -> Result<Exit, Failed> {
    let (text, exit) = match &cli.command {
        None => return doctor(&cli.doctor),
        Some(Command::Doctor(args)) => return doctor(args),
        Some(Command::Preflight(args)) => {
            return commands::run::run(args, &LoginArgs::default(), None, Mode::Preflight);
        }
        Some(Command::Diff { old, new, format }) => commands::diff::diff(old, new, *format)?,
        Some(Command::Review(args)) => return commands::review::run(args),
        Some(Command::Explain { cause }) => {
            (commands::explain::explain(cause.as_deref())?, Exit::Good)
        }
        Some(Command::Link(LinkCommand::Inspect { link, format })) => {
            commands::link::inspect_link(link, *format)?
        }
        Some(Command::Link(LinkCommand::Make { url, name, ini })) => {
            (commands::link::make_link(url, name.as_deref(), *ini)?, Exit::Good)
        }
        Some(Command::Certificate(args)) => commands::certificate::certificate(args)?,
        Some(Command::Hubs { targets, format }) => commands::hubs::hubs(targets, *format)?,
        Some(Command::Schema { document }) => (carried(*document).text(), Exit::Good),
        Some(Command::Completions { shell }) => {
            (commands::completions::completions(*shell), Exit::Good)
        }
        Some(Command::Man { command }) => (commands::man::man(command)?, Exit::Good),
    };
    output::print(&text).map_err(|error| Failed::usage(format!("cannot write: {error}")))?;
    Ok(exit)
}

fn doctor(args: &DoctorArgs) -> Result<Exit, Failed> {
    commands::run::run(&args.run, &args.login, Some(&args.plugins), Mode::Doctor)
}

// The program carries the finished schemas; a test compares them with what the types say.
fn carried(document: Document) -> packed::Packed {
    match document {
        Document::Report => packed::REPORT_SCHEMA,
        Document::Line => packed::LINE_SCHEMA,
        Document::Diff => packed::DIFF_SCHEMA,
        Document::External => packed::EXTERNAL_SCHEMA,
    }
}

/// The JSON Schema of the report as its types say.
#[must_use]
pub fn schema_text() -> String {
    output::json_document(&report::schema())
}

/// The JSON Schema of a line of `--format ndjson` as its types say.
#[must_use]
pub fn line_schema_text() -> String {
    output::json_document(&render::ndjson::schema())
}

/// The JSON Schema of what `diff --format json` prints as its types say.
#[must_use]
pub fn diff_schema_text() -> String {
    output::json_document(&diff::schema())
}

/// The JSON Schema of what external checks are asked and answer as its types say.
#[must_use]
pub fn external_schema_text() -> String {
    output::json_document(&external::schema())
}
