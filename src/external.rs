//! External checks: programs of others, asked about every hub beside hublink's own checks.
//!
//! They are asked after all of hublink's checks have ended and stand in the report by themselves, so
//! that none of them can take the place of one of ours, silence it, or decide a verdict. What they
//! print is bounded, cleaned and read by a schema of its own; whatever else they do is one errored
//! check of theirs. `docs/external-checks.md` is the contract.

mod answer;
mod find;
mod protocol;

use std::cell::RefCell;
use std::ffi::OsString;
use std::future::Future;
use std::time::Duration;

use futures_util::future::join_all;
use hublink_checks::frame::{Reason, ReasonKind, Status};
use hublink_probe::{Program, ProgramBounds, ProgramEnd, ProgramRun, millis, run_program};
use tokio::sync::Semaphore;
use tokio::time::Instant;

pub use find::{FindError, Found, find, find_in};
pub use protocol::{
    Answer, Ask, AskedHub, DescribeRequest, Description, Outcome, RunLimits, RunRequest, SCHEMA,
    SaidCause, SaidProof, schema,
};

use crate::report::{External, Hub, Report};
use answer::Fault;
pub(crate) use find::is_word;

/// So many are under way at once: each is a process, and some are interpreters of 30 MB.
const AT_ONCE: usize = 8;

/// What a check may print on standard output. That of a check with much evidence has a tenth of it.
const OUTPUT: usize = 256 << 10;

/// What a check may print on standard error. It is read so that nobody waits for its reader.
const ERRORS: usize = 1 << 20;

/// What of that is kept: the end, where interpreters say what went wrong.
const ERRORS_KEPT: usize = 4096;

/// What all external checks may say in one report. A report is read up to 64 MiB.
const ALL_SAID: usize = 8 << 20;

/// The variables that are handed on: where programs are, and on Windows what programs need to start.
const HANDED_ON: [&str; 6] = ["PATH", "PATHEXT", "SystemRoot", "SystemDrive", "windir", "ComSpec"];

/// How long external checks may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until a check has said what it is. It does nothing for that, but an interpreter takes a second
    /// to start on a slow disk, and eight may start at once.
    pub describe: Duration,
    /// Until a check has answered about a hub.
    pub run: Duration,
    /// Until all have: the end of the time for the whole run.
    pub all: Duration,
}

impl Limits {
    /// The usual limits, of which none is longer than `step`, where the user named one.
    #[must_use]
    pub fn new(step: Option<Duration>, all: Duration) -> Self {
        let usual = |seconds| {
            let usual = Duration::from_secs(seconds);
            step.map_or(usual, |step| step.min(usual))
        };
        Self { describe: usual(5), run: usual(10), all }
    }
}

/// Asks every check about every hub of a report, and returns the answers hub by hub. The report is
/// what they get to see. When `stop` is over, what has not been answered never will be.
pub async fn ask(
    report: &Report,
    checks: &[Found],
    limits: &Limits,
    stop: impl Future<Output = ()>,
) -> Vec<Vec<External>> {
    let asker = Asker {
        report,
        limits,
        until: Instant::now() + limits.all,
        places: Semaphore::new(AT_ONCE),
        answers: RefCell::new(vec![vec![None; checks.len()]; report.hubs.len()]),
    };
    let all = join_all(checks.iter().enumerate().map(|(place, check)| asker.ask(place, check)));
    let stopped = tokio::select! {
        biased;
        () = stop => true,
        _ = all => false,
    };
    let missing = if stopped { "interrupted" } else { "the time for the run was over" };
    let answers = asker.answers.into_inner().into_iter().zip(&report.hubs);
    let answers = answers.map(|(answers, hub)| {
        let answers = answers.into_iter().zip(checks);
        let or_missing = |(answer, check): (Option<External>, &Found)| {
            answer.unwrap_or_else(|| out_of_time(check, missing))
        };
        // An entry without a hub has nothing to be asked about.
        answers.filter(|_| hub.host.is_some()).map(or_missing).collect()
    });
    bounded(answers.collect())
}

struct Asker<'r> {
    report: &'r Report,
    limits: &'r Limits,
    /// The end of the time for all.
    until: Instant,
    places: Semaphore,
    /// By hub, then by check.
    answers: RefCell<Vec<Vec<Option<External>>>>,
}

impl Asker<'_> {
    /// One check about all hubs. One that cannot say what it is, is not asked any more.
    async fn ask(&self, place: usize, check: &Found) {
        let described = self.described(check).await;
        let hubs = self.report.hubs.iter().enumerate().filter(|(_, hub)| hub.host.is_some());
        let about = hubs.map(async |(index, hub)| {
            let answer = match &described {
                Ok(known) => self.about(check, known, hub).await,
                Err(failed) => Some(failed.clone()),
            };
            self.answers.borrow_mut()[index][place] = answer;
        });
        join_all(about).await;
    }

    async fn described(&self, check: &Found) -> Result<Description, External> {
        let request = DescribeRequest::new(&self.report.tool);
        let input = serde_json::to_vec(&request).unwrap_or_default();
        let (ran, took) = self
            .run(check, Ask::Describe, input)
            .await
            .unwrap_or_else(|| (Err(Fault::out_of_time()), Duration::ZERO));
        let described = ran.and_then(|ran| {
            let read = answer::description(&ran.output);
            read.map_err(|fault| fault.of_run(&ran))
        });
        described.map_err(|fault| {
            let fault = fault.before("asked to describe itself, ");
            fault.external(check, None, millis(took))
        })
    }

    /// `None` if there was no time left to ask.
    async fn about(&self, check: &Found, known: &Description, hub: &Hub) -> Option<External> {
        let limits = RunLimits {
            seconds: self.limits.run.as_secs_f64(),
            output_bytes: OUTPUT,
            causes: answer::MOST_CAUSES,
        };
        let request = RunRequest::new(self.report, hub, limits);
        let input = serde_json::to_vec(&request).unwrap_or_default();
        let (ran, took) = self.run(check, Ask::Run, input).await?;
        let told = ran.and_then(|ran| {
            let read = answer::answer(&ran.output);
            let answer = read.map_err(|fault| fault.of_run(&ran))?;
            Ok(answer::external(check, known, answer, &ran, millis(took)))
        });
        Some(told.unwrap_or_else(|fault| fault.external(check, Some(known), millis(took))))
    }

    /// Runs a check once it has its place. `None` if there was no time left.
    async fn run(
        &self,
        check: &Found,
        ask: Ask,
        input: Vec<u8>,
    ) -> Option<(Result<ProgramRun, Fault>, Duration)> {
        let place = self.places.acquire().await;
        let begun = Instant::now();
        if begun >= self.until {
            return None;
        }
        let limit = match ask {
            Ask::Describe => self.limits.describe,
            Ask::Run => self.limits.run,
        };
        let bounds = ProgramBounds {
            until: self.until.min(begun + limit),
            output: OUTPUT,
            errors: ERRORS,
            errors_kept: ERRORS_KEPT,
        };
        let ran = one_run(check, ask, input, bounds).await;
        drop(place);
        let took = begun.elapsed();
        Some((ran.and_then(|ran| sound(ran, limit)), took))
    }
}

async fn one_run(
    check: &Found,
    ask: Ask,
    input: Vec<u8>,
    bounds: ProgramBounds,
) -> Result<ProgramRun, Fault> {
    if !check.runnable {
        return Err(Fault::new("its file is not executable (on Unix: chmod +x)"));
    }
    let folder = check.path.parent().map(std::path::Path::to_owned).unwrap_or_default();
    let program = Program {
        path: check.path.clone(),
        arguments: vec![ask.word().into()],
        variables: environment(),
        folder,
        input,
    };
    run_program(program, bounds)
        .await
        .map_err(|error| Fault::new(format!("it cannot be started: {error}")))
}

/// The environment of every external check.
fn environment() -> Vec<(OsString, OsString)> {
    let handed_on =
        HANDED_ON.iter().filter_map(|name| Some((name.into(), std::env::var_os(name)?)));
    // What interpreters print and read is UTF-8 then, wherever the user lives.
    let own = [("LANG", "C.UTF-8"), ("PYTHONUTF8", "1")];
    handed_on.chain(own.map(|(name, value)| (name.into(), value.into()))).collect()
}

/// Whether a run ended as one that may be believed.
fn sound(ran: ProgramRun, limit: Duration) -> Result<ProgramRun, Fault> {
    let fault = match ran.end {
        ProgramEnd::Exited(0) => return Ok(ran),
        ProgramEnd::Exited(code) => format!("it ended with exit code {code}"),
        ProgramEnd::Signalled(signal) => format!("it was ended by signal {signal}"),
        ProgramEnd::OutOfTime => {
            format!("it had not ended after {} s, and was ended", limit.as_secs_f64())
        }
        ProgramEnd::TooMuch => format!(
            "it printed more than {} KiB, or {} KiB of errors, and was ended",
            OUTPUT >> 10,
            ERRORS >> 10
        ),
    };
    Err(Fault::new(fault).of_run(&ran))
}

fn out_of_time(check: &Found, why: &str) -> External {
    External {
        status: Status::Skipped,
        reason: Some(Reason::of(ReasonKind::OutOfTime).detail(why)),
        ..check.unknown()
    }
}

/// What all checks say together has to fit into a report.
fn bounded(mut answers: Vec<Vec<External>>) -> Vec<Vec<External>> {
    let mut said = 0;
    for external in answers.iter_mut().flatten() {
        said += serde_json::to_string(external).map_or(0, |text| text.len());
        if said > ALL_SAID {
            external.leave_out(format!(
                "the external checks of this run said more than {} MiB together",
                ALL_SAID >> 20
            ));
        }
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_together_fit_into_a_report() {
        let check = Found { name: "talks".to_owned(), path: "/talks".into(), runnable: true };
        let talks = || External { stderr: vec!["x".repeat(ALL_SAID / 4)], ..check.unknown() };
        let told = bounded(vec![vec![talks(), talks()], vec![talks(), talks()]]);
        let said: Vec<bool> = told.iter().flatten().map(|one| !one.stderr.is_empty()).collect();
        assert_eq!(said, [true, true, true, false]);
        assert_eq!(told[1][1].status, Status::Errored);
        assert_eq!(told[1][1].id, "external-talks");
    }

    #[test]
    fn no_check_of_our_own_is_called_like_one_of_others() {
        for check in hublink_checks::tables() {
            assert!(!check.meta().id.starts_with(crate::report::EXTERNAL));
        }
    }
}
