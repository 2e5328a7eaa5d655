//! `page FORMAT REPORT…`: prints saved reports as they stand, without judging them again.
//!
//! For the tests that look at what a browser makes of a report.

use std::io::{self, Write};
use std::process::ExitCode;

use hublink::render::{html, markdown};
use hublink::report::Report;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let format = arguments.next().unwrap_or_default();
    for path in arguments {
        match rendered(&format, &path).and_then(|text| io::stdout().write_all(text.as_bytes())) {
            Ok(()) => {}
            Err(error) => {
                writeln!(io::stderr(), "page: {path}: {error}").ok();
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn rendered(format: &str, path: &str) -> io::Result<String> {
    let report: Report = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    match format {
        "html" => Ok(html::render(&report)),
        "markdown" => Ok(markdown::render(&report)),
        _ => Err(io::Error::other("expected html or markdown")),
    }
}
