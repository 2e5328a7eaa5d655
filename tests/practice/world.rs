//! A first look without any Qlik server: ten hubs on this computer, nine of them in trouble, and
//! the doctor's report on them.
//!
//! `cargo run --example practice` prints the report, leaves it as `report.json` in the current
//! folder and ends with 0 if the doctor found in every hub what is wrong with it.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use hublink::commands::run::{Stream, style};
use hublink::doctor::examine;
use hublink::engine::{Event, LoginSettings, Settings, Stop};
use hublink::output::{json_document, write_file};
use hublink::render::Style;
use hublink::render::human::{self, Detail};
use hublink::render::progress::Progress;
use hublink::report::{Ready, Report};
use hublink::targets::expand;
use hublink_checks::frame::Budget;
use hublink_practice::{SHOWCASE, World as Practice, case};
use hublink_probe::{Policy, Pretend, RealWorld, World, WorldOptions};

const REPORT: &str = "report.json";

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime.and_then(|runtime| runtime.block_on(tour()));
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // With standard error gone there is nobody to tell.
            writeln!(io::stderr(), "practice: {error}").ok();
            ExitCode::FAILURE
        }
    }
}

async fn tour() -> io::Result<bool> {
    let practice = Practice::start(time::OffsetDateTime::now_utc()).await?;
    let mut hubs = Vec::new();
    for case in SHOWCASE.iter().filter_map(|id| case(id)) {
        hubs.push(practice.case(case).await?);
    }
    let folder = tempfile::tempdir()?;
    let hubs_ini = folder.path().join("hubs.ini");
    std::fs::write(&hubs_ini, Practice::hubs_ini(&hubs))?;
    say(&format!(
        "A practice world is up: {} hubs on this computer, each with a link in a hubs.ini.\n\
         The doctor looks at them now; one stays silent, so this takes some seconds.\n\n",
        hubs.len()
    ))?;
    let report = visit(&practice, folder.path(), &hubs_ini).await?;
    let style = Style { width: 90, colour: io::stdout().is_terminal() };
    say(&human::render(&report, style, Detail::Normal))?;
    write_file(Path::new(REPORT), &json_document(&report))?;
    let right = compare(&report)?;
    say(&format!("\nThe whole report is in {REPORT}.\n"))?;
    Ok(right)
}

async fn visit(practice: &Practice, folder: &Path, hubs_ini: &Path) -> io::Result<Report> {
    let ca_file = folder.join("ca.pem");
    std::fs::write(&ca_file, practice.ca_pem())?;
    let options = WorldOptions {
        ca_files: vec![ca_file],
        resolver: Some(practice.resolver()),
        pretend: Pretend {
            policy: Policy { loopback_allowed: true, ..Policy::default() },
            // Nothing here goes through the proxy that this computer may have.
            variables: Some(Vec::new()),
            no_computer: true,
            ..Pretend::default()
        },
        ..WorldOptions::default()
    };
    let world: Arc<dyn World> = Arc::new(RealWorld::new(options).map_err(io::Error::other)?);
    let targets = [hubs_ini.display().to_string()];
    let expanded = expand(&*world, &targets, &mut io::empty()).map_err(io::Error::other)?;
    let settings = Settings {
        budget: Budget::default(),
        deadline: Duration::from_secs(90),
        jobs: 32,
        stop_at_first: false,
        login: LoginSettings::default(),
    };
    let (_interrupt, stop) = Stop::new(settings.deadline);
    let resolver = Some(practice.resolver().to_string());
    let names = expanded.targets.iter().map(|target| target.name.clone()).collect();
    let style = style(clap::ColorChoice::Auto, Stream::Stderr);
    let progress = Progress::new(style, names, false);
    let observer = |event: Event<'_>| progress.observe(event);
    let report = tokio::select! {
        report = examine(&world, expanded, &settings, &stop, resolver, &observer) => report,
        never = progress.keep_drawing() => match never {},
    };
    progress.finish();
    Ok(report)
}

/// What each hub was made to do beside what the doctor found.
fn compare(report: &Report) -> io::Result<bool> {
    let mut all_right = true;
    say("\nWhat was broken on purpose, and what the doctor named:\n")?;
    for (case, hub) in SHOWCASE.iter().filter_map(|id| case(id)).zip(&report.hubs) {
        let found = hub.verdict.cause.as_deref();
        let ready = hub.verdict.ready == Ready::Yes;
        let right = ready == case.expects.ready && found == case.expects.cause;
        all_right &= right;
        let mark = if right { "right" } else { "WRONG" };
        let verdict = found.unwrap_or("ready");
        say(&format!("  {mark}  {:<46} {verdict}\n", case.title))?;
    }
    Ok(all_right)
}

fn say(text: &str) -> io::Result<()> {
    hublink::output::print(text)
}
