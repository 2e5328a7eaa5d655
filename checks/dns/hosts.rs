//! The hosts file: what this computer itself says of a name, before any name server is asked.

use std::net::IpAddr;
use std::path::PathBuf;

use hublink_probe::{Failure, FileOutcome, World};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the hosts file says of the hub's name.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct HostsFile {
    /// The file.
    #[schemars(extend("x-identifies" = "path"))]
    pub path: String,
    /// Why it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// It is too large for a hosts file that people write, and was not read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub too_large: bool,
    /// The lines about the name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<HostsEntry>,
}

/// One line about the name.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct HostsEntry {
    /// The line, from 1.
    pub line: usize,
    /// Where it sends the name.
    pub address: IpAddr,
}

/// The lines kept about one name. Systems use a few of them.
const ENTRIES_KEPT: usize = 16;

impl HostsFile {
    /// Whether it is known what the file says.
    pub(super) fn was_read(&self) -> bool {
        self.failure.is_none() && !self.too_large
    }
}

/// Reads what the system's hosts file says of a name.
pub(super) fn read(world: &dyn World, name: &str) -> HostsFile {
    let path = place(world);
    let mut seen = HostsFile {
        path: path.display().to_string(),
        failure: None,
        too_large: false,
        entries: Vec::new(),
    };
    match world.read_file(&path).outcome {
        FileOutcome::Read { bytes, .. } => {
            seen.entries = entries(&String::from_utf8_lossy(&bytes), name);
        }
        FileOutcome::Failed { failure } => seen.failure = Some(failure),
        FileOutcome::TooLarge { .. } => seen.too_large = true,
    }
    seen
}

fn place(world: &dyn World) -> PathBuf {
    if world.os() != "windows" {
        return PathBuf::from("/etc/hosts");
    }
    let root = world.variable("SystemRoot").unwrap_or_else(|| r"C:\Windows".to_owned());
    PathBuf::from(format!(r"{root}\System32\drivers\etc\hosts"))
}

/// An address, then names, then a comment, in any white space (hosts(5)).
fn entries(text: &str, name: &str) -> Vec<HostsEntry> {
    let text = text.trim_start_matches('\u{feff}');
    let about_the_name = |(index, line): (usize, &str)| {
        let mut words = line.split('#').next()?.split_whitespace();
        let address = words.next()?.parse().ok()?;
        words.any(|word| word.eq_ignore_ascii_case(name)).then_some(())?;
        Some(HostsEntry { line: index + 1, address })
    };
    text.lines().enumerate().filter_map(about_the_name).take(ENTRIES_KEPT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_about_any_of_its_names_and_comments_are_about_none() {
        let text = "\u{feff}127.0.0.1 localhost\r\n# 10.9.9.9 hub.corp.test\r\n\
                    \t10.1.2.3\tother HUB.corp.test # 10.8.8.8\r\nfe80::1 hub.corp.test\r\n";
        let found = entries(text, "hub.corp.test");
        let found: Vec<_> = found.iter().map(|e| (e.line, e.address.to_string())).collect();
        assert_eq!(found, [(3, "10.1.2.3".to_owned()), (4, "fe80::1".to_owned())]);
        assert!(entries(text, "corp.test").is_empty());
    }
}
