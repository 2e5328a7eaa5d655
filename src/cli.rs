//! The command line. Its names are a contract.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};
use hublink_checks::login::LoginHost;
use hublink_probe::Timestamp;

use crate::redact::Level;
use crate::render::clean;

/// Finds out why Qlik Sense Desktop cannot log in to its hubs, and who has to fix it.
#[derive(Debug, Parser)]
#[command(name = "hublink", version, args_conflicts_with_subcommands = true)]
#[command(after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do; without a command, `doctor`.
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it as help")]
    pub doctor: DoctorArgs,
}

const EXIT_CODES: &str = "Exit codes: 0 every hub is ready, 1 at least one is not, 2 usage, \
                          3 nothing failed but something could not be examined. Only with \
                          --format nagios: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Examine every hub of hubs.ini, or the files, links or hosts named
    Doctor(DoctorArgs),
    /// Go or no-go before a login: no credentials, no side effect, one line per hub
    Preflight(RunArgs),
    /// Judge a saved report again, offline, and show it in any format
    Review(ReviewArgs),
    /// What changed between two reports: causes and values, not lines
    Diff {
        /// The older report, or that of the user who gets in; - reads standard input
        #[arg(value_name = "OLD")]
        old: PathBuf,
        /// The newer report, or that of the user who does not
        #[arg(value_name = "NEW")]
        new: PathBuf,
        /// How to print it
        #[arg(long, value_enum, default_value_t = Shape::Human)]
        format: Shape,
    },
    /// Explain a cause; without one, list them all
    Explain {
        /// The id of a cause, such as dns/name-not-found
        cause: Option<String>,
    },
    /// Read or make authentication links
    #[command(subcommand)]
    Link(LinkCommand),
    /// Judge the certificates of PEM files, without a network, as a hub's are judged
    Certificate(CertificateArgs),
    /// Show which hubs were found, and where
    Hubs {
        /// A hubs.ini, a link, a URL or a host; - reads standard input
        #[arg(value_name = "TARGET")]
        targets: Vec<String>,
        /// How to print them
        #[arg(long, value_enum, default_value_t = Shape::Human)]
        format: Shape,
    },
    /// Print the JSON Schema of the report
    Schema {
        /// Whose schema
        #[arg(value_enum, default_value_t = Document::Report)]
        document: Document,
    },
    /// Print the script that completes command lines in a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or that of a command
    Man {
        /// The command, such as doctor or link make
        command: Vec<String>,
    },
}

/// What to do with a link.
#[derive(Debug, Subcommand)]
pub enum LinkCommand {
    /// Read a link and say what mangled it
    Inspect {
        /// The link, in quotes; - reads standard input
        link: String,
        /// How to print it
        #[arg(long, value_enum, default_value_t = Shape::Human)]
        format: Shape,
    },
    /// Make the right link, alone on standard output
    Make {
        /// The address of the hub, such as `https://sense.example.com`
        #[arg(long)]
        url: String,
        /// The friendly name
        #[arg(long)]
        name: Option<String>,
        /// Print a hubs.ini that holds the link
        #[arg(long)]
        ini: bool,
    },
}

/// Options of `certificate`.
#[derive(Args, Clone, Debug)]
pub struct CertificateArgs {
    /// PEM files in the order in which a server presents them: its own certificate first
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The host name that the certificate must stand for
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Judge at this time instead of now, such as 2027-01-31T12:00:00Z
    #[arg(long, value_name = "RFC3339", value_parser = time_of)]
    pub at: Option<Timestamp>,
    /// Trust the certificates of a PEM file, beside the system's
    #[arg(long, value_name = "PEM")]
    pub ca_file: Vec<PathBuf>,
    /// How to print the judgement
    #[arg(long, value_enum, default_value_t = Shape::Human)]
    pub format: Shape,
}

/// Options of `doctor`.
#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as help")]
pub struct DoctorArgs {
    #[command(flatten)]
    pub run: RunArgs,
    #[command(flatten)]
    pub login: LoginArgs,
    #[command(flatten)]
    pub plugins: PluginArgs,
}

/// Options of external checks. `preflight` has none: they cannot change a verdict, and may do what a
/// go or no-go must not.
#[derive(Args, Clone, Debug, Default)]
pub struct PluginArgs {
    /// Ask external checks too: the programs hublink-check-* on PATH, or those in a folder
    ///
    /// They run with your rights: ask only those you trust. What they say stands in the report under
    /// their names and decides no verdict.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true)]
    pub plugins: Option<Option<PathBuf>>,
}

/// Options of a login. `preflight` has none of them: it sends nothing secret.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Login")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub struct LoginArgs {
    /// Log in to every hub, one after the other, as this user: DOMAIN\USER or USER@DOMAIN
    ///
    /// The password comes from standard input with --password-stdin, else from the variable
    /// `HUBLINK_PASSWORD`, else from a question at the terminal. It goes only to hubs whose
    /// certificate passed, once to each, and to none any more after one of them refused it. For
    /// Qlik Cloud, which lets no program log in, the variable `HUBLINK_API_KEY` holds a key.
    #[arg(long, value_name = "USER", value_parser = user)]
    pub login: Option<String>,
    /// Read the password from standard input
    #[arg(long, requires = "login")]
    pub password_stdin: bool,
    /// Log in to every hub as the user who is signed on to Windows
    ///
    /// Windows itself logs in, with Kerberos or NTLM, as browsers let it do at hubs of the company;
    /// no password is needed, and none is seen. The same holds as for --login. Only on Windows; a
    /// hub that asks for a password in a form needs --login.
    #[arg(long, conflicts_with_all = ["login", "password_stdin"])]
    pub sso: bool,
    /// Let the password go to the login page on this host too, beside the hub's own
    #[arg(long, value_name = "HOST[:PORT]", value_parser = login_host)]
    pub login_host: Option<LoginHost>,
    /// Log out at the end: it ends all sessions of the user on that entrance, the browser's too
    #[arg(long)]
    pub logout: bool,
    /// Say that Desktop still refuses although all looks well here
    #[arg(long)]
    pub desktop_refuses: bool,
}

/// Options of `review`.
#[derive(Args, Clone, Debug)]
pub struct ReviewArgs {
    /// A report that --format json or --report wrote; - reads standard input
    #[arg(value_name = "REPORT")]
    pub saved: PathBuf,
    /// Undo the pseudonyms of a report with the file that --redact-key wrote
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it as help")]
    pub show: ShowArgs,
}

/// How a report is shown, and where it goes.
#[derive(Args, Clone, Debug)]
pub struct ShowArgs {
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Write the report into a file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write the JSON report into a file, beside whatever is shown
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// What to hide in the report, whatever its format
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = Level::Default)]
    pub redact: Level,
    /// Write what the pseudonyms of --redact strict stand for into a file that stays with you
    #[arg(long, value_name = "FILE")]
    pub redact_key: Option<PathBuf>,
    /// When to use colours
    #[arg(long, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
    /// Show no progress, and of the report only the hubs that need somebody
    #[arg(long, short)]
    pub quiet: bool,
    /// Show every check with what it saw
    #[arg(long, short, conflicts_with = "quiet")]
    pub verbose: bool,
}

/// Options of `doctor` and `preflight`.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// A hubs.ini, a link, a URL or a host; - reads standard input
    ///
    /// Without one: the file named by `HUBLINK_HUBS`, then the place where Desktop reads it.
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// Put a word of your own into the report, such as site=berlin; may stand several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = label)]
    pub label: Vec<(String, String)>,
    /// Trust the certificates of a PEM file, beside the system's
    #[arg(long, value_name = "PEM")]
    pub ca_file: Vec<PathBuf>,
    /// Ask this name server instead of the system
    #[arg(long, value_name = "IP[:PORT]", value_parser = name_server)]
    pub resolver: Option<SocketAddr>,
    /// The longest a single step may take
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    pub timeout: Option<Duration>,
    /// The longest the whole run may take [default: 90, preflight 10]
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    pub deadline: Option<Duration>,
    /// How many hubs are examined at once
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = jobs)]
    pub jobs: usize,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it as help")]
    pub show: ShowArgs,
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Format {
    /// For a person at a terminal.
    Human,
    /// One JSON document: the whole report.
    Json,
    /// One JSON line per hub, for databases and jq.
    Ndjson,
    /// Test results in XML, for CI servers: a suite per hub, a case per check.
    Junit,
    /// The output and the exit codes of a Nagios plug-in.
    Nagios,
    /// Metrics for Prometheus, as its textfile collector reads them.
    Openmetrics,
    /// For the field of a ticket, with a message to everybody who has to act.
    Markdown,
    /// One page with everything, to be opened in a browser or printed.
    Html,
}

/// How the answer of a command that examines no hub is printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Shape {
    /// For a person at a terminal.
    Human,
    /// One JSON document.
    Json,
}

/// The documents that have a JSON Schema.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Document {
    /// The report, as --format json prints it.
    Report,
    /// One line of --format ndjson.
    Line,
    /// What diff --format json prints.
    Diff,
    /// What external checks are asked, and what they answer.
    External,
}

fn name_server(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let ip = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    ip.map(|ip| SocketAddr::new(ip, 53))
        .map_err(|_| "expected an IP address with or without a port, such as 10.0.0.53:53".into())
}

fn user(text: &str) -> Result<String, String> {
    let usable = !text.trim().is_empty() && text.len() <= 256 && !text.contains(char::is_control);
    let named = "expected a name, such as CORP\\alice or alice@corp.example.com";
    if usable { Ok(text.to_owned()) } else { Err(named.to_owned()) }
}

fn login_host(text: &str) -> Result<LoginHost, String> {
    let hint = "expected a host, with its port unless it is 443, such as login.corp.example.com";
    LoginHost::parse(text).ok_or_else(|| hint.to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
    if !(0.001..=86_400.0).contains(&number) {
        return Err("expected between 0.001 and 86400 seconds".to_owned());
    }
    Ok(Duration::from_secs_f64(number))
}

/// A key that every database takes as it stands, and a value that fits into one line of a table.
fn label(text: &str) -> Result<(String, String), String> {
    let expected = "expected KEY=VALUE, such as site=berlin";
    let (key, value) = text.split_once('=').ok_or(expected)?;
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !key.starts_with(|c: char| c.is_ascii_lowercase()) || !key.chars().all(word) {
        return Err("expected a key of small letters, digits and _, such as site=berlin".to_owned());
    }
    if key.len() > 32 || value.chars().count() > 64 {
        return Err("expected at most 32 characters before the = and 64 behind it".to_owned());
    }
    if value.is_empty() || clean(value) != value {
        return Err("expected a value of characters that can be seen".to_owned());
    }
    Ok((key.to_owned(), value.to_owned()))
}

fn time_of(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text)
        .map_err(|_| "expected a time as in RFC 3339, such as 2027-01-31T12:00:00Z".to_owned())
}

fn jobs(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n @ 1..=256) => Ok(n),
        _ => Err("expected a number from 1 to 256".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn without_a_command_it_is_the_doctor() {
        let cli = Cli::parse_from(["hublink", "--format", "json", "hub.corp.test"]);
        assert!(cli.command.is_none());
        assert_eq!(cli.doctor.run.targets, ["hub.corp.test"]);
    }

    #[test]
    fn a_login_may_stand_before_and_behind_the_target() {
        for line in [
            ["hublink", "--login", "CORP\\alice", "hub.corp.test"],
            ["hublink", "hub.corp.test", "--login", "CORP\\alice"],
        ] {
            let cli = Cli::try_parse_from(line).expect("a command line");
            assert_eq!(cli.doctor.run.targets, ["hub.corp.test"]);
            assert_eq!(cli.doctor.login.login.as_deref(), Some("CORP\\alice"));
        }
        assert!(Cli::try_parse_from(["hublink", "--login"]).is_err(), "a value always");
        assert!(Cli::try_parse_from(["hublink", "--login", "a", "--sso"]).is_err());
        assert!(Cli::try_parse_from(["hublink", "--password-stdin"]).is_err());
    }

    #[test]
    fn a_target_is_never_taken_for_the_folder_of_external_checks() {
        let plugins = |line: &[&str]| {
            let cli = Cli::try_parse_from(line).expect("a command line");
            assert_eq!(cli.doctor.run.targets, ["hub.corp.test"]);
            cli.doctor.plugins.plugins
        };
        assert_eq!(plugins(&["hublink", "hub.corp.test"]), None);
        assert_eq!(plugins(&["hublink", "--plugins", "hub.corp.test"]), Some(None));
        let named = plugins(&["hublink", "--plugins=checks", "hub.corp.test"]);
        assert_eq!(named, Some(Some("checks".into())));
    }

    #[test]
    fn preflight_knows_nothing_of_a_login_or_of_external_checks() {
        let options: [&[&str]; 7] = [
            &["--plugins"],
            &["--login", "alice"],
            &["--sso"],
            &["--password-stdin"],
            &["--login-host", "login.corp.test"],
            &["--logout"],
            &["--desktop-refuses"],
        ];
        for option in options {
            let line = ["hublink", "preflight", "hub.corp.test"];
            let line = line.into_iter().chain(option.iter().copied());
            let error = Cli::try_parse_from(line).expect_err("a usage error");
            assert_eq!(error.kind(), clap::error::ErrorKind::UnknownArgument, "{option:?}");
        }
    }

    #[test]
    fn a_name_server_may_name_its_port() {
        assert_eq!(name_server("10.0.0.53").map(|a| a.port()), Ok(53));
        assert_eq!(name_server("[::1]:5353").map(|a| a.port()), Ok(5353));
        assert_eq!(name_server("::1").map(|a| a.port()), Ok(53));
        assert!(name_server("resolver").is_err());
    }

    #[test]
    fn a_label_is_a_word_and_a_line() {
        assert_eq!(label("site=Söderköping 2"), Ok(("site".into(), "Söderköping 2".into())));
        assert_eq!(label("a_1=b=c"), Ok(("a_1".into(), "b=c".into())));
        for bad in ["site", "=x", "site=", "Site=x", "1a=x", "a b=x", "a=\n", "a=\u{202e}x"] {
            assert!(label(bad).is_err(), "{bad:?}");
        }
        assert!(label(&format!("{}=x", "k".repeat(33))).is_err());
        assert!(label(&format!("k={}", "x".repeat(65))).is_err());
    }

    #[test]
    fn times_are_bounded() {
        assert!(seconds("0").is_err() && seconds("nan").is_err() && seconds("1e9").is_err());
        assert_eq!(seconds("2.5"), Ok(Duration::from_millis(2500)));
    }
}
