//! The program `hublink`.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use hublink::cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match hublink::execute(&cli) {
        Ok(exit) => exit.into(),
        Err(failed) => {
            // With standard error gone there is nobody to tell.
            writeln!(std::io::stderr(), "{failed}").ok();
            failed.exit.into()
        }
    }
}
