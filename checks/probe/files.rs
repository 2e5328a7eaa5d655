//! Files of the user, read whole and bounded.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Failure, Operation, Timestamp};

/// The largest file that is read: a hubs.ini is a few lines, so anything near this is not one.
pub const FILE_LIMIT: u64 = 4 * 1024 * 1024;

/// What came of reading a file.
#[derive(Clone, Debug)]
pub struct FileRead {
    /// When it was last changed, if the system tells.
    pub modified: Option<Timestamp>,
    /// The bytes, or why there are none.
    pub outcome: FileOutcome,
}

/// The bytes of a file, or why there are none.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum FileOutcome {
    /// Opening or reading failed.
    Failed {
        /// By number.
        failure: Failure,
    },
    /// It was read.
    Read {
        /// How many bytes.
        size: u64,
        /// The bytes; not part of a report.
        #[serde(skip)]
        bytes: Vec<u8>,
    },
    /// It is larger than [`FILE_LIMIT`] and was not read.
    TooLarge {
        /// How many bytes.
        size: u64,
        /// How many would have been read.
        limit: u64,
    },
}

pub(crate) fn read(path: &Path) -> FileRead {
    match open_and_read(path) {
        Ok(read) => read,
        Err((operation, error)) => FileRead {
            modified: None,
            outcome: FileOutcome::Failed { failure: Failure::from_io(operation, &error) },
        },
    }
}

fn open_and_read(path: &Path) -> Result<FileRead, (Operation, io::Error)> {
    let opening = |error| (Operation::OpenFile, error);
    let reading = |error| (Operation::ReadFile, error);
    // A named pipe would block for ever at `open`; a link file is a regular file.
    let about = std::fs::metadata(path).map_err(opening)?;
    if !about.is_file() && !about.is_dir() {
        return Err(opening(io::Error::from(io::ErrorKind::InvalidInput)));
    }
    let modified = about.modified().ok().map(|at| Timestamp(at.into()));
    let file = File::open(path).map_err(opening)?;
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file that grew since from one that just fits.
    file.take(FILE_LIMIT + 1).read_to_end(&mut bytes).map_err(reading)?;
    let size = bytes.len() as u64;
    let outcome = if size > FILE_LIMIT {
        FileOutcome::TooLarge { size: about.len().max(size), limit: FILE_LIMIT }
    } else {
        FileOutcome::Read { size, bytes }
    };
    Ok(FileRead { modified, outcome })
}
