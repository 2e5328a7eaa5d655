//! The program `hublink`.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use hublink::cli::Cli;
use hublink::exit::Exit;
use hublink::render::nagios;

fn main() -> ExitCode {
    hublink_probe::console::fail_at_size_limit();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() && is_plugin() => return plugin_usage(&error),
        Err(error) => error.exit(),
    };
    let exit = hublink::execute(&cli).unwrap_or_else(|failed| {
        // With standard error gone there is nobody to tell.
        writeln!(std::io::stderr(), "{failed}").ok();
        failed.exit
    });
    hublink::window::stay();
    exit.into()
}

/// Whether the command line, wrong as it is, asks for the output of a Nagios plug-in.
fn is_plugin() -> bool {
    let words: Vec<_> = std::env::args_os().collect();
    let pair = words.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "nagios");
    pair || words.iter().any(|word| word == "--format=nagios")
}

/// A monitoring system takes exit code 2 for a hub that is down, and reads standard output.
fn plugin_usage(error: &clap::Error) -> ExitCode {
    let told = error.to_string();
    let first = told.lines().next().unwrap_or_default();
    // With standard output gone there is nobody to tell.
    hublink::output::print(&nagios::failed(first)).ok();
    Exit::Plugin(nagios::State::Unknown).into()
}
