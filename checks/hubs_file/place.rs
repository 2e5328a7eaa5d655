//! Where hubs.ini is looked for, and where it may lie instead.

use std::path::{Path, PathBuf};

use hublink_probe::{FileOutcome, Timestamp, World};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::content::{Content, read};

/// Where to look.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Place {
    /// Where Desktop reads it: in the user's Documents folder.
    Desktop,
    /// A file that somebody named.
    Explicit(PathBuf),
}

/// How the file was named.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Named {
    /// It is the place where Desktop reads it.
    DesktopPlace,
    /// The user named it.
    Explicit,
}

/// A hubs.ini as it was read: the evidence of the check.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Reading {
    /// The file.
    #[schemars(extend("x-identifies" = "path"))]
    pub path: String,
    /// How it was named.
    pub named: Named,
    /// What came of reading it; nothing if the Documents folder is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileOutcome>,
    /// When it was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
    /// What it holds, if it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// When the Desktop that runs was started, if it reads this file and tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desktop_started: Option<Timestamp>,
    /// Files in places where Desktop does not read them, looked for because the right one is
    /// missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
}

/// A file that may be the hubs.ini in the wrong place.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Candidate {
    /// Where it lies.
    #[schemars(extend("x-identifies" = "path"))]
    pub path: String,
    /// How many bytes it has.
    pub size: u64,
    /// How many links and addresses it holds.
    pub hubs: usize,
}

impl Reading {
    /// What of it concerns the hub that a line names.
    pub(super) fn about(&self, line: Option<usize>) -> Self {
        Self {
            path: self.path.clone(),
            named: self.named,
            file: self.file.clone(),
            modified: self.modified,
            content: self.content.as_ref().map(|content| content.about(line)),
            candidates: self.candidates.clone(),
            desktop_started: self.desktop_started,
        }
    }

    /// Reads bytes that came from somewhere else than a file, standard input for example.
    #[must_use]
    pub fn of_bytes(name: &str, bytes: &[u8]) -> Self {
        let file = FileOutcome::Read { size: bytes.len() as u64, bytes: Vec::new() };
        Self { file: Some(file), content: Some(read(bytes)), ..Self::empty(name, Named::Explicit) }
    }

    fn empty(path: impl Into<String>, named: Named) -> Self {
        Self {
            path: path.into(),
            named,
            file: None,
            modified: None,
            content: None,
            desktop_started: None,
            candidates: Vec::new(),
        }
    }
}

/// Reads hubs.ini, and looks around if it is missing.
#[must_use]
pub fn examine(world: &dyn World, place: &Place) -> Reading {
    let (named, path) = match place {
        Place::Explicit(path) => (Named::Explicit, Some(path.clone())),
        Place::Desktop => {
            (Named::DesktopPlace, world.documents().map(|documents| desktop_place(&documents)))
        }
    };
    let Some(path) = path else {
        let usual = desktop_place(Path::new("Documents"));
        return Reading::empty(usual.display().to_string(), named);
    };
    let found = world.read_file(&path);
    let mut reading = Reading::empty(path.display().to_string(), named);
    reading.modified = found.modified;
    reading.file = Some(match found.outcome {
        FileOutcome::Read { size, bytes } => {
            reading.content = Some(read(&bytes));
            // The bytes have done their duty, and evidence is copied about.
            FileOutcome::Read { size, bytes: Vec::new() }
        }
        other => other,
    });
    if reading.is_missing() {
        let places = other_places(world, named, &path);
        reading.candidates = places.iter().filter_map(|path| candidate(world, path)).collect();
    }
    reading
}

/// Where Desktop reads the file, below the Documents folder.
#[must_use]
pub fn desktop_place(documents: &Path) -> PathBuf {
    sense_folder(documents).join("Hubs").join("hubs.ini")
}

fn sense_folder(documents: &Path) -> PathBuf {
    documents.join("Qlik").join("Sense")
}

/// Where people put the file by mistake. Letter case is none: Windows does not see it.
fn other_places(world: &dyn World, named: Named, right: &Path) -> Vec<PathBuf> {
    // Windows hides known endings, so a file saved as text looks right.
    let mut places = vec![right.with_file_name("hubs.ini.txt")];
    if named == Named::Explicit {
        return places;
    }
    let home = world.variable("USERPROFILE").or_else(|| world.variable("HOME")).map(PathBuf::from);
    let known = world.documents();
    let literal = home.map(|home| home.join("Documents"));
    for documents in known.iter().chain(&literal) {
        let sense = sense_folder(documents);
        places.push(sense.join("hubs.ini"));
        places.push(sense.join("Hub").join("hubs.ini"));
    }
    // Desktop follows a moved Documents folder; people do not always.
    places.extend(literal.map(|documents| desktop_place(&documents)));
    let mut distinct = Vec::new();
    for place in places {
        if place != right && !distinct.contains(&place) {
            distinct.push(place);
        }
    }
    distinct
}

fn candidate(world: &dyn World, path: &Path) -> Option<Candidate> {
    let FileOutcome::Read { size, bytes } = world.read_file(path).outcome else { return None };
    let hubs = read(&bytes).hubs().len();
    Some(Candidate { path: path.display().to_string(), size, hubs })
}
