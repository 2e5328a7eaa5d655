//! Another program, run within bounds: of time, and of what it prints.
//!
//! Its environment is built from nothing. Whatever it leaves behind is ended with it, as far as the
//! system tells what that is, and is not waited for in any case.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// What a program printed is in the pipe when it ends: reading it takes no longer than this on a busy
/// computer. Who still holds the pipe then is another program.
const REST: Duration = Duration::from_millis(500);

/// A program that was ended is gone within this time, unless the system itself hangs.
const GONE: Duration = Duration::from_secs(2);

/// A file that was written a moment ago may still be open for writing in a program that is about to
/// start; so many looks, this long apart.
const BUSY: (u32, Duration) = (10, Duration::from_millis(20));

/// A program and what it is given.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its file.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// All variables of its environment.
    pub variables: Vec<(OsString, OsString)>,
    /// The folder it runs in.
    pub folder: PathBuf,
    /// What it can read from standard input, which ends there.
    pub input: Vec<u8>,
}

/// What a program may take.
#[derive(Clone, Copy, Debug)]
pub struct ProgramBounds {
    /// The moment at which it is ended.
    pub until: Instant,
    /// How many bytes it may print on standard output.
    pub output: usize,
    /// How many bytes it may print on standard error.
    pub errors: usize,
    /// How many of these, the last ones, are kept.
    pub errors_kept: usize,
}

/// What became of a program.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProgramRun {
    /// How it ended.
    pub end: ProgramEnd,
    /// What it printed on standard output, within the bounds.
    pub output: Vec<u8>,
    /// The last of what it printed on standard error.
    pub errors: Vec<u8>,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProgramEnd {
    /// By itself, with this code.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
    /// It was ended, because its time was over.
    OutOfTime,
    /// It was ended, because it printed more than it may.
    TooMuch,
}

/// Runs a program to its end, or to that of its time.
///
/// # Errors
/// If it cannot be started.
pub async fn run_program(program: Program, bounds: ProgramBounds) -> io::Result<ProgramRun> {
    let Started { mut child, group } = start(&program).await?;
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let end = {
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let talking = async {
            tokio::try_join!(
                feed(stdin, &program.input),
                read(stdout, &mut output, bounds.output, usize::MAX),
                read(stderr, &mut errors, bounds.errors, bounds.errors_kept),
            )
        };
        let mut talking = std::pin::pin!(talking);
        let first = async {
            tokio::select! {
                biased;
                talked = &mut talking => Err(talked),
                status = child.wait() => Ok(status),
            }
        };
        match timeout_at(bounds.until, first).await {
            Err(_) => ProgramEnd::OutOfTime,
            Ok(Err(Err(TooMuch))) => ProgramEnd::TooMuch,
            // It said all it had to say, and goes.
            Ok(Err(Ok(_))) => match timeout_at(bounds.until, child.wait()).await {
                Ok(status) => ended(status?),
                Err(_) => ProgramEnd::OutOfTime,
            },
            Ok(Ok(status)) => {
                group.end_what_is_left();
                match timeout(REST, &mut talking).await {
                    Ok(Err(TooMuch)) => ProgramEnd::TooMuch,
                    // Whoever still holds the pipe has left the group, and nobody waits for it.
                    _ => ended(status?),
                }
            }
        }
    };
    if matches!(end, ProgramEnd::OutOfTime | ProgramEnd::TooMuch) {
        group.end();
        child.start_kill().ok();
        timeout(GONE, child.wait()).await.ok();
    }
    group.forget();
    Ok(ProgramRun { end, output, errors })
}

struct Started {
    child: Child,
    group: Group,
}

async fn start(program: &Program) -> io::Result<Started> {
    let mut command = Command::new(&program.path);
    command
        .args(&program.arguments)
        .env_clear()
        .envs(program.variables.iter().cloned())
        .current_dir(&program.folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    // A group of its own: what it starts can be ended with it, and Ctrl-C reaches this program alone.
    #[cfg(unix)]
    command.process_group(0);
    let (looks, apart) = BUSY;
    for _ in 1..looks {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => sleep(apart).await,
            other => return other.map(Started::new),
        }
    }
    command.spawn().map(Started::new)
}

impl Started {
    fn new(child: Child) -> Self {
        Self { group: Group(child.id()), child }
    }
}

fn ended(status: ExitStatus) -> ProgramEnd {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return ProgramEnd::Signalled(signal);
    }
    // Only a signal leaves no code.
    ProgramEnd::Exited(status.code().unwrap_or(-1))
}

struct TooMuch;

/// Whoever does not read what it is asked may still answer.
async fn feed(stdin: Option<ChildStdin>, input: &[u8]) -> Result<(), TooMuch> {
    if let Some(mut stdin) = stdin {
        stdin.write_all(input).await.ok();
    }
    Ok(())
}

/// Reads up to `most` bytes and keeps the last `kept` of them.
async fn read(
    from: Option<impl AsyncRead + Unpin>,
    into: &mut Vec<u8>,
    most: usize,
    kept: usize,
) -> Result<(), TooMuch> {
    let Some(mut from) = from else { return Ok(()) };
    let mut buffer = vec![0; 8192];
    let mut seen = 0;
    // A pipe that breaks is one that ends.
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        seen += read;
        if seen > most {
            return Err(TooMuch);
        }
        into.extend_from_slice(&buffer[..read]);
        into.drain(..into.len().saturating_sub(kept));
    }
    Ok(())
}

/// The program and all that it started. If nobody waits any more they end, too.
struct Group(Option<u32>);

impl Group {
    /// The program has ended by itself.
    fn end_what_is_left(&self) {
        // Windows knows no groups: there only a program that is still there leads to its children.
        if cfg!(unix) {
            self.end();
        }
    }

    #[cfg(unix)]
    fn end(&self) {
        use rustix::process::{Pid, Signal, kill_process_group};

        let leader = self.0.and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(leader) = leader {
            // An empty group is what is wanted.
            kill_process_group(leader, Signal::KILL).ok();
        }
    }

    /// The system's own tool finds the children by their parent.
    #[cfg(not(unix))]
    fn end(&self) {
        let root = std::env::var_os("SystemRoot").map(PathBuf::from);
        if let (Some(id), Some(root)) = (self.0, root) {
            // Without the tool the program itself is ended all the same.
            std::process::Command::new(root.join("System32").join("taskkill.exe"))
                .args(["/T", "/F", "/PID", &id.to_string()])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .ok();
        }
    }

    /// There is nobody left to end.
    fn forget(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    async fn shell(script: &str, seconds: f64) -> (ProgramRun, Duration) {
        let program = Program {
            path: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            variables: vec![("PATH".into(), "/usr/bin:/bin".into())],
            folder: "/".into(),
            input: b"asked".to_vec(),
        };
        let begun = Instant::now();
        let bounds = ProgramBounds {
            until: begun + Duration::from_secs_f64(seconds),
            output: 1000,
            errors: 100_000,
            errors_kept: 10,
        };
        let run = run_program(program, bounds).await.expect("a shell");
        (run, begun.elapsed())
    }

    #[tokio::test]
    async fn it_is_asked_and_answers() {
        let (run, _) = shell("cat; echo lots of words >&2; exit 3", 20.0).await;
        assert_eq!(run.end, ProgramEnd::Exited(3));
        assert_eq!(run.output, b"asked");
        assert_eq!(run.errors, b" of words\n");
    }

    #[tokio::test]
    async fn it_knows_what_it_was_given_and_nothing_else() {
        let (run, _) = shell("/usr/bin/env", 20.0).await;
        let told = String::from_utf8(run.output).expect("text");
        // What a shell sets by itself says where it runs, which it was told.
        let own = ["PWD=/", "SHLVL=0", "SHLVL=1", "_=/usr/bin/env", "OLDPWD"];
        let rest: Vec<&str> = told.lines().filter(|line| !own.contains(line)).collect();
        assert_eq!(rest, ["PATH=/usr/bin:/bin"]);
    }

    #[tokio::test]
    async fn it_ends_with_its_time_and_so_does_what_it_started() {
        let (run, took) = shell("sleep 60 & sleep 60", 0.3).await;
        assert_eq!(run.end, ProgramEnd::OutOfTime);
        assert!(took < Duration::from_secs(5), "{took:?}");
    }

    #[tokio::test]
    async fn who_keeps_the_pipe_is_not_waited_for() {
        let (run, took) = shell("sleep 60 & echo done; echo $! >&2", 20.0).await;
        assert_eq!((run.end, run.output.as_slice()), (ProgramEnd::Exited(0), &b"done\n"[..]));
        assert!(took < Duration::from_secs(5), "{took:?}");
        let child = String::from_utf8(run.errors).expect("a number").trim().to_owned();
        // It goes with its parent, at once or as soon as the system comes to it.
        for _ in 0..100 {
            let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
            if stat.is_empty() || stat.contains(") Z ") {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!("{child} is still there");
    }

    #[tokio::test]
    async fn who_leaves_the_group_is_not_waited_for_either() {
        let (run, took) = shell("setsid sleep 8 & sleep 0.2; echo done", 20.0).await;
        assert_eq!((run.end, run.output.as_slice()), (ProgramEnd::Exited(0), &b"done\n"[..]));
        assert!(took < Duration::from_secs(5), "{took:?}");
    }

    #[tokio::test]
    async fn it_may_not_print_without_end() {
        for script in ["exec yes", "exec yes >&2"] {
            let (run, took) = shell(script, 20.0).await;
            assert_eq!(run.end, ProgramEnd::TooMuch);
            assert!(run.output.len() <= 1000 && run.errors.len() <= 10);
            assert!(took < Duration::from_secs(10), "{took:?}");
        }
    }

    #[tokio::test]
    async fn a_signal_is_told_apart_from_a_code() {
        let (run, _) = shell("kill -TERM $$", 20.0).await;
        assert_eq!(run.end, ProgramEnd::Signalled(15));
    }

    #[tokio::test]
    async fn who_closes_its_output_has_not_ended() {
        let (run, _) = shell("cat >/dev/null; exec >&- 2>&-; sleep 60", 0.5).await;
        assert_eq!(run.end, ProgramEnd::OutOfTime);
        let (run, _) = shell("exec <&- >&- 2>&-; sleep 0.1; exit 7", 20.0).await;
        assert_eq!(run.end, ProgramEnd::Exited(7));
    }

    #[tokio::test]
    async fn what_is_no_program_cannot_be_started() {
        let program = Program {
            path: "/etc/passwd".into(),
            arguments: Vec::new(),
            variables: Vec::new(),
            folder: "/".into(),
            input: Vec::new(),
        };
        let until = Instant::now() + Duration::from_secs(5);
        let bounds = ProgramBounds { until, output: 10, errors: 10, errors_kept: 10 };
        let error = run_program(program, bounds).await.expect_err("it is no program");
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    }
}
