//! `hublink doctor` and `hublink preflight`.

use std::cell::Cell;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::ColorChoice;
use hublink_checks::frame::Budget;
use hublink_probe::{Pretend, RealWorld, World, WorldOptions, console, millis};

use crate::cli::{Format, LoginArgs, PluginArgs, RunArgs, ShowArgs};
use crate::doctor::visit;
use crate::engine::{LoginSettings, Settings, Stop};
use crate::exit::Exit;
use crate::external::{self, Found};
use crate::login::{self, Credentials};
use crate::output::{Content, Json, print, write_file, write_for_all, write_new_file};
use crate::redact::{Level, Person, hide_person, hide_person_in, strict};
use crate::render::human::{self, Detail};
use crate::render::progress::Progress;
use crate::render::{Style, html, junit, markdown, nagios, ndjson, openmetrics};
use crate::report::Report;
use crate::targets::expand_with;
use crate::window;

use super::super::Failed;

/// Which of the two.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// The whole examination.
    Doctor,
    /// Go or no-go.
    Preflight,
}

/// Examines the targets and tells.
///
/// # Errors
/// If the command line names something that cannot be used, or the report cannot be written.
pub fn run(
    args: &RunArgs,
    login: &LoginArgs,
    plugins: Option<&PluginArgs>,
    mode: Mode,
) -> Result<Exit, Failed> {
    let examined = key_has_a_place(&args.show)
        .and_then(|()| plugins.map_or_else(|| Ok(Vec::new()), |plugins| found(plugins, args)))
        .and_then(|checks| examine_world(args, login, &checks, mode, Pretend::default()));
    let outcome = examined.and_then(|report| {
        let exit = deliver(&report, &args.show, mode)?;
        window::offer(&report);
        Ok(exit)
    });
    told(outcome, args.show.format)
}

/// What went wrong, where the reader of the format looks for it.
///
/// # Errors
/// As it is handed in, unless the reader looks at standard output alone.
pub(super) fn told(outcome: Result<Exit, Failed>, format: Format) -> Result<Exit, Failed> {
    match outcome {
        Err(failed) if format == Format::Nagios => plugin_failed(&failed),
        other => other,
    }
}

/// Nagios reads standard output, and would take exit code 2 for a hub that is down.
fn plugin_failed(failed: &Failed) -> Result<Exit, Failed> {
    print(&nagios::failed(&failed.to_string()))
        .map_err(|error| Failed::usage(format!("cannot write: {error}")))?;
    Ok(Exit::Plugin(nagios::State::Unknown))
}

/// The external checks that are wanted. They are looked for before anything is examined, since a
/// folder that is not there is a mistake of the command line.
fn found(plugins: &PluginArgs, args: &RunArgs) -> Result<Vec<Found>, Failed> {
    let Some(folder) = &plugins.plugins else { return Ok(Vec::new()) };
    let found = external::find(folder.as_deref())
        .map_err(|error| Failed::usage(format!("--plugins: {error}")))?;
    if found.is_empty() && !args.show.quiet && std::io::stderr().is_terminal() {
        let place =
            folder.as_ref().map_or_else(|| "on PATH".into(), |folder| folder.display().to_string());
        // It is a courtesy: with standard error gone nobody misses it.
        writeln!(std::io::stderr(), "no external check is called hublink-check-* ({place})").ok();
    }
    Ok(found)
}

/// Examines the targets in a world that may pretend, asks the external checks about them, and returns
/// the report.
///
/// # Errors
/// If the command line names something that cannot be used.
pub fn examine_world(
    args: &RunArgs,
    login: &LoginArgs,
    checks: &[Found],
    mode: Mode,
    pretend: Pretend,
) -> Result<Report, Failed> {
    let world = world(args, login, mode, pretend)?;
    let hides = args.show.redact != Level::None;
    let expanded = expand_with(&*world, &args.targets, &mut std::io::stdin().lock(), hides)
        .map_err(|error| {
            Failed::usage(error.to_string())
                .hint("name a hubs.ini, a link, a URL or a host, or set HUBLINK_HUBS")
        })?;
    let names = expanded.targets.iter().map(|target| target.name.clone()).collect();
    let style = style(args.show.color, Stream::Stderr);
    let progress = match (args.show.quiet, args.show.verbose) {
        (true, _) => Progress::silent(),
        (false, verbose) => Progress::new(style, names, verbose),
    };
    let runtime = runtime()?;
    let resolver = args.resolver.map(|address| address.to_string());
    let mut run = runtime.block_on(async {
        let (interrupt, stop) = Stop::new(deadline(args, mode));
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                // The receiver lives as long as the run; later nobody needs to know.
                interrupt.send(Some("interrupted")).ok();
            }
            // Keeps the channel open where signals cannot be had.
            std::future::pending::<()>().await;
        });
        let observer = |event: crate::engine::Event<'_>| progress.observe(event);
        let settings = settings(args, login, mode);
        tokio::select! {
            run = visit(&world, expanded, &settings, &stop, resolver, &observer) => run,
            never = progress.keep_drawing() => match never {},
        }
    });
    progress.finish();
    if mode == Mode::Doctor && args.show.format == Format::Human && !args.show.quiet {
        login::ask_about_desktop(&mut run, login);
    }
    let mut report = shown(args, run.into_report(&*world), &*world);
    if !checks.is_empty() {
        ask_external(&mut report, checks, args, mode, &Person::of(&*world))?;
    }
    Ok(report)
}

/// Asks the external checks about every hub. They see what the report shows by default.
fn ask_external(
    report: &mut Report,
    checks: &[Found],
    args: &RunArgs,
    mode: Mode,
    person: &Person,
) -> Result<(), Failed> {
    if !args.show.quiet && std::io::stderr().is_terminal() {
        let names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
        // It is a courtesy: with standard error gone nobody misses it.
        writeln!(std::io::stderr(), "asking the external checks: {}", names.join(", ")).ok();
    }
    let hides = args.show.redact != Level::None;
    let mut seen = report.clone();
    if !hides {
        hide_person(&mut seen, person);
    }
    // A runtime of its own: nobody else pays for it, and what a program of others still holds at the
    // end is not waited for.
    let runtime = runtime()?;
    let begun = Instant::now();
    let taken = Duration::try_from_secs_f64(report.duration_ms / 1000.0).unwrap_or_default();
    let left = deadline(args, mode).saturating_sub(taken);
    let limits = external::Limits::new(args.timeout, left);
    let was_interrupted = report.interrupted;
    let interrupted = Cell::new(was_interrupted);
    let answers = runtime.block_on(external::ask(&seen, checks, &limits, async {
        if !was_interrupted && tokio::signal::ctrl_c().await.is_err() {
            // Signals cannot be had here: nobody can interrupt.
            std::future::pending::<()>().await;
        }
        interrupted.set(true);
    }));
    runtime.shutdown_background();
    for (hub, mut answers) in report.hubs.iter_mut().zip(answers) {
        if hides {
            hide_person_in(&mut answers, &mut report.redaction, person);
        }
        hub.external = answers;
    }
    report.interrupted = interrupted.get();
    report.duration_ms += millis(begun.elapsed());
    Ok(())
}

/// What everything runs on. Where too few files may be open, tokio panics over the pipe that tells it
/// of signals; whether there is room for all it needs is tried before.
fn runtime() -> Result<tokio::runtime::Runtime, Failed> {
    let cannot = |error| Failed::usage(format!("cannot start: {error}"));
    #[cfg(unix)]
    {
        let pair = || std::os::unix::net::UnixStream::pair().map_err(cannot);
        let _room = (pair()?, pair()?, pair()?);
    }
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(cannot)
}

/// The world with what may be sent to hubs.
fn world(
    args: &RunArgs,
    login: &LoginArgs,
    mode: Mode,
    pretend: Pretend,
) -> Result<Arc<dyn World>, Failed> {
    let credentials = match mode {
        Mode::Doctor => login::credentials(login, &args.targets, &pretend)?,
        Mode::Preflight => Credentials::default(),
    };
    if !args.show.quiet {
        login::tell_of_logout(login);
    }
    let options = WorldOptions {
        ca_files: args.ca_file.clone(),
        resolver: args.resolver,
        no_passwords: mode == Mode::Preflight,
        account: credentials.account,
        signed_on: credentials.signed_on,
        api_key: credentials.api_key,
        pretend,
    };
    let world = RealWorld::new(options).map_err(|error| Failed::usage(error.to_string()))?;
    Ok(Arc::new(world))
}

/// The report with the user's own words, and without who sits at this computer.
fn shown(args: &RunArgs, report: Report, world: &dyn World) -> Report {
    let mut report = Report { labels: args.label.iter().cloned().collect(), ..report };
    if args.show.redact == Level::None {
        Level::None.label().clone_into(&mut report.redaction.level);
    } else {
        hide_person(&mut report, &Person::of(world));
    }
    report
}

fn deadline(args: &RunArgs, mode: Mode) -> Duration {
    args.deadline.unwrap_or(Duration::from_secs(match mode {
        Mode::Doctor => 90,
        Mode::Preflight => 10,
    }))
}

fn settings(args: &RunArgs, login: &LoginArgs, mode: Mode) -> Settings {
    // A go or no-go must not wait for an issuer or for another address.
    let budget = Budget { thorough: mode == Mode::Doctor, ..Budget::default() };
    Settings {
        budget: args.timeout.map_or(budget, |limit| budget.capped(limit)),
        deadline: deadline(args, mode),
        jobs: args.jobs,
        stop_at_first: mode == Mode::Preflight,
        login: LoginSettings {
            login_host: login.login_host.clone(),
            logout: login.logout,
            desktop_refuses: login.desktop_refuses.then_some(true),
        },
    }
}

/// Shows a report and puts it where it was wanted.
///
/// # Errors
/// If it cannot be written.
pub(super) fn deliver(report: &Report, show: &ShowArgs, mode: Mode) -> Result<Exit, Failed> {
    let hidden = hidden(report, show)?;
    let report = hidden.as_ref().unwrap_or(report);
    let content = content(report, show, mode);
    let unwritable = |path: &Path, error: std::io::Error| {
        Failed::usage(format!("cannot write {}: {error}", path.display()))
    };
    if let Some(path) = &show.report {
        write_file(path, &Json(report)).map_err(|error| unwritable(path, error))?;
    }
    match &show.output {
        Some(path) => {
            // Whoever collects metrics is another user.
            let write = match show.format {
                Format::Openmetrics => write_for_all::<dyn Content>,
                _ => write_file::<dyn Content>,
            };
            write(path, &*content).map_err(|error| unwritable(path, error))?;
        }
        None => {
            print(&*content).map_err(|error| Failed::usage(format!("cannot write: {error}")))?;
        }
    }
    Ok(match show.format {
        Format::Nagios => Exit::Plugin(nagios::State::of(report)),
        _ => Exit::of(report),
    })
}

/// The report in the format that was wanted.
fn content<'r>(report: &'r Report, show: &ShowArgs, mode: Mode) -> Box<dyn Content + 'r> {
    let text = match show.format {
        Format::Json => return Box::new(Json(report)),
        Format::Ndjson => ndjson::render(report),
        Format::Junit => junit::render(report),
        Format::Nagios => nagios::render(report),
        Format::Openmetrics => openmetrics::render(report),
        Format::Html => html::render(report),
        Format::Markdown => markdown::render(report),
        Format::Human => {
            let stream = if show.output.is_some() { Stream::File } else { Stream::Stdout };
            let style = style(show.color, stream);
            let detail = match (show.quiet, show.verbose) {
                (true, _) => Detail::Quiet,
                (_, true) => Detail::Verbose,
                _ => Detail::Normal,
            };
            match mode {
                Mode::Preflight => human::lines(report, style),
                Mode::Doctor => human::render(report, style, detail),
            }
        }
    };
    Box::new(text)
}

/// Whether the key can be written where it was wanted. An older key is the only one that opens its
/// report, so it is not overwritten; and what was examined must not be lost because of it.
///
/// # Errors
/// If it cannot.
pub(super) fn key_has_a_place(show: &ShowArgs) -> Result<(), Failed> {
    let Some(key) = &show.redact_key else { return Ok(()) };
    if show.redact != Level::Strict {
        return Err(Failed::usage("--redact-key goes with --redact strict"));
    }
    let others = [("--report", &show.report), ("--output", &show.output)];
    for (option, other) in others {
        if other.as_deref().is_some_and(|other| is_same_file(key, other)) {
            let why = format!("--redact-key and {option} name the same file");
            return Err(Failed::usage(why).hint("who gets the report must not get its key"));
        }
    }
    // A dangling link is a file that is there, too.
    if key.symlink_metadata().is_ok() {
        let why = format!("--redact-key: {} exists already", key.display());
        return Err(Failed::usage(why).hint("a key is never overwritten: name another file"));
    }
    Ok(())
}

/// Whether two paths lead to one file, which need not exist.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| {
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let name = whole.file_name().unwrap_or_default().to_string_lossy();
        // Two files that differ in case alone are not worth having, wherever it counts.
        let name = name.to_lowercase();
        let folder = whole.parent().unwrap_or(&whole);
        (folder.canonicalize().unwrap_or_else(|_| folder.to_owned()), name)
    };
    place(one) == place(other)
}

/// The report with pseudonyms, where they are wanted; their key goes where it was wanted before
/// anything is shown.
fn hidden(report: &Report, show: &ShowArgs) -> Result<Option<Report>, Failed> {
    if show.redact != Level::Strict {
        return Ok(None);
    }
    let cannot = |why: String| Failed::usage(format!("cannot give pseudonyms: {why}"));
    let (hidden, key) = strict(report).map_err(|error| cannot(error.to_string()))?;
    if let Some(path) = &show.redact_key {
        let key = key.ok_or_else(|| cannot("the report has some already".to_owned()))?;
        write_new_file(path, &Json(&key))
            .map_err(|error| Failed::usage(format!("cannot write {}: {error}", path.display())))?;
    }
    Ok(Some(hidden))
}

/// Where text goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// A file.
    File,
}

/// Colours only at a terminal and without `NO_COLOR`, unless asked for; the terminal's width.
#[must_use]
pub fn style(choice: ColorChoice, stream: Stream) -> Style {
    let terminal = match stream {
        Stream::Stdout => std::io::stdout().is_terminal(),
        Stream::Stderr => std::io::stderr().is_terminal(),
        Stream::File => false,
    };
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let colour = match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => terminal && !no_color && console::follows_codes(),
    };
    // `colored` has an opinion of its own about terminals; ours is the one that counts.
    colored::control::set_override(true);
    let width = terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0));
    Style { width: if terminal { width } else { 80 }, colour }
}
