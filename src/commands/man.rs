//! `hublink man`: the manual page, from the definition of the command line.

use std::io;

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::super::Failed;
use crate::cli::Cli;

/// The page of the program, or of one of its commands (`link make` is two words).
///
/// # Errors
/// If there is no such command.
pub fn man(words: &[String]) -> Result<String, Failed> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let mut command = &root;
    for word in words {
        command = command.find_subcommand(word).ok_or_else(|| {
            Failed::usage(format!("there is no command {word:?}"))
                .hint("`hublink --help` lists the commands")
        })?;
    }
    let mut page = Vec::new();
    let written = write(command, words.is_empty(), &mut page);
    // Nothing can fail on the way into memory; if it does, that is for the caller to tell.
    written.map_err(|error| Failed::usage(format!("cannot make the page: {error}")))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

fn write(command: &Command, whole: bool, page: &mut Vec<u8>) -> io::Result<()> {
    title(command).to_writer(page)?;
    let man = Man::new(command.clone());
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(page)?;
    }
    if whole {
        // The page of the program itself says more than its help.
        more().to_writer(page)?;
    }
    Ok(())
}

/// Without a date: it would be that of a build, and two builds of one source must be alike.
fn title(command: &Command) -> Roff {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    let version = concat!("hublink ", env!("CARGO_PKG_VERSION"));
    let mut roff = Roff::new();
    roff.control("TH", [&*name.to_uppercase(), "1", "\"\"", version, "User Commands"]);
    roff
}

const TARGETS: &[(&str, &str)] = &[
    ("scheme://", "an authentication link (qliksense://) or the address of a hub"),
    ("a path, or NAME.ini", "a hubs.ini; every link in it is a hub"),
    ("any other text", "a host name, https:// understood"),
    ("-", "standard input: a link or a whole hubs.ini"),
    ("nothing", "the file that HUBLINK_HUBS names, then the place where Desktop reads it"),
];

const EXIT_STATUS: &[(&str, &str)] = &[
    ("0", "Every hub is ready; a command did what it was asked for."),
    ("1", "At least one hub is not ready; the input is not what it should be."),
    ("2", "The command line is wrong, or a file it names cannot be used."),
    ("3", "Nothing failed, but something needed could not be examined."),
];

const PLUGIN: &str = "With --format nagios, and only then, they are those of a monitoring plug-in: \
                      0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.";

const ENVIRONMENT: &[(&str, &str)] = &[
    ("HUBLINK_HUBS", "the hubs.ini to examine if no target is named"),
    (
        "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY",
        "the proxies of this computer; on Windows those of the user's settings are followed instead",
    ),
    (
        "SSL_CERT_FILE, SSL_CERT_DIR",
        "where the roots that are trusted stand, if not in the system's store",
    ),
    ("NO_COLOR", "if set and not empty: no colours, unless --color always"),
];

const EXAMPLES: &[(&str, &str)] = &[
    (
        "hublink doctor --report report.json hubs.ini",
        "shows every hub of a file, and keeps the report for a ticket",
    ),
    ("hublink preflight --jobs 50 hubs.ini", "go or no-go for many hubs, one line each"),
    ("hublink explain dns/name-not-found", "says what a cause means and what to do"),
    (
        "hublink --quiet --format openmetrics --output /var/lib/node_exporter/hublink.prom hubs.ini",
        "keeps metrics where Prometheus collects them",
    ),
];

fn more() -> Roff {
    let mut roff = Roff::new();
    list(&mut roff, "TARGETS", TARGETS);
    list(&mut roff, "EXIT STATUS", EXIT_STATUS);
    roff.control("PP", []).text([roman(PLUGIN)]);
    list(&mut roff, "ENVIRONMENT", ENVIRONMENT);
    list(&mut roff, "EXAMPLES", EXAMPLES);
    roff.control("SH", ["SEE ALSO"]).text([
        bold("hublink man"),
        roman(" with the words of a command prints the page of that command, as "),
        bold("hublink man link make"),
        roman(" does."),
    ]);
    roff
}

fn list(roff: &mut Roff, heading: &str, items: &[(&str, &str)]) {
    roff.control("SH", [heading]);
    for (term, text) in items {
        roff.control("TP", []).text([bold(*term)]).text([roman(*text)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_its_page_and_another_has_none() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(man(&[]).is_ok_and(|page| page.contains("EXIT STATUS")));
        assert!(man(&words("doctor")).is_ok_and(|page| page.contains("hublink\\-doctor")));
        assert!(man(&words("link make")).is_ok_and(|page| page.contains("hublink\\-link\\-make")));
        assert!(man(&words("nurse")).is_err());
    }
}
