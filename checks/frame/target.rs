//! What one pipeline run examines: a hub and where it was named.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::HubAddress;
use crate::hubs_file;
use crate::link;

/// A hub and where it was named.
#[derive(Clone, Debug)]
pub struct Target {
    /// A name for people: the friendly name of the link, the section, or the host.
    pub name: String,
    /// Where it was named.
    pub source: Source,
    /// The file it was named in, as it was read.
    pub file: Option<Arc<hubs_file::Reading>>,
    /// The text that names the hub, as it was read; `None` if the source names none.
    pub text: Option<link::Inspection>,
}

impl Target {
    /// The address of the hub, if the text has a usable one.
    #[must_use]
    pub fn hub(&self) -> Option<&HubAddress> {
        self.text.as_ref()?.hub.as_ref()
    }
}

/// Where a target was named.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Source {
    /// In what kind of place.
    pub kind: Origin,
    /// The file, as the user would type it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "path"))]
    pub file: Option<String>,
    /// The line in the file, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

/// The kinds of place that name a target.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A link, URL or host name on the command line.
    Argument,
    /// A file named on the command line.
    File,
    /// A file named by `HUBLINK_HUBS`.
    Environment,
    /// The place where Desktop reads it.
    DesktopPlace,
    /// Standard input.
    StandardInput,
}
