//! Renders saved reports in every machine format, for the readers that `tests/formats/run` tries.
//!
//! `cargo run --example render -- FOLDER REPORT…` writes `FOLDER/N.FORMAT` for the Nth report, and
//! the exit code of the plug-in as `FOLDER/N.nagios-state`.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use hublink::output::json_document;
use hublink::render::{junit, nagios, ndjson, openmetrics};
use hublink::report::Report;

fn main() -> io::Result<()> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let folder =
        arguments.next().ok_or_else(|| io::Error::other("usage: render FOLDER REPORT…"))?;
    for (number, path) in arguments.enumerate() {
        let report: Report = serde_json::from_str(&fs::read_to_string(&path)?)
            .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?;
        all(&folder.join(number.to_string()), &report)?;
    }
    Ok(())
}

fn all(stem: &Path, report: &Report) -> io::Result<()> {
    let state = format!("{}\n", nagios::State::of(report) as u8);
    for (ending, text) in [
        ("json", json_document(report)),
        ("ndjson", ndjson::render(report)),
        ("junit", junit::render(report)),
        ("nagios", nagios::render(report)),
        ("nagios-state", state),
        ("openmetrics", openmetrics::render(report)),
    ] {
        fs::write(stem.with_extension(ending), text)?;
    }
    Ok(())
}
