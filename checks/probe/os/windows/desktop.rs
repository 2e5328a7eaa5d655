//! Desktop, as far as it is installed.

use std::path::{Path, PathBuf};

use super::registry::Root;
use super::version::program;
use crate::{Desktop, Installed, ProgramFile, Scope};

/// The lists of installed programs. The last one is that of programs of 32 bits.
const LISTS: [(Root, Scope, &str); 3] = [
    (Root::User, Scope::User, "Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall"),
    (Root::Machine, Scope::Machine, "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall"),
    (
        Root::Machine,
        Scope::Machine,
        "SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall",
    ),
];

/// Where the installer puts it, below the folder of local data of its user.
const FOLDER: &str = "Programs\\Qlik\\Sense";

/// Its programs. Which of them a release has is not known, so either will do.
const PROGRAMS: [&str; 2] = ["QlikSense.exe", "QlikSenseBrowser.exe"];

/// More profiles are not looked into: it is one folder asked for in each.
const PROFILES: usize = 200;

pub(super) fn desktop() -> Desktop {
    let own = std::env::var_os("LOCALAPPDATA").map(PathBuf::from);
    Desktop {
        installed: LISTS
            .into_iter()
            .flat_map(|(root, scope, list)| listed(root, scope, list))
            .collect(),
        programs: own.iter().flat_map(|data| programs(&data.join(FOLDER))).collect(),
        other_users: own.as_deref().and_then(others),
    }
}

fn listed(root: Root, scope: Scope, list: &str) -> Vec<Installed> {
    let names = root.below(list).into_iter();
    names
        .filter_map(|key| {
            let key = format!("{list}\\{key}");
            let name = root.text(&key, "DisplayName").filter(|name| is_desktop(name))?;
            Some(Installed { name, version: root.text(&key, "DisplayVersion"), scope })
        })
        .collect()
}

/// The server's parts are called `Qlik Sense` too.
fn is_desktop(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower.starts_with("qlik") && lower.contains("sense") && lower.contains("desktop")
}

fn programs(folder: &Path) -> Vec<ProgramFile> {
    let all = PROGRAMS.iter().map(|name| program(&folder.join(name).display().to_string()));
    all.filter(|one| one.exists == Some(true)).collect()
}

/// How many other profiles hold it. Most users may not look into those of others, which then count
/// as without.
fn others(own: &Path) -> Option<usize> {
    let profile = own.ancestors().nth(2)?;
    let inside = own.strip_prefix(profile).ok()?;
    let profiles = std::fs::read_dir(profile.parent()?).ok()?.take(PROFILES).flatten();
    let others = profiles.map(|one| one.path()).filter(|one| one != profile);
    Some(others.filter(|one| one.join(inside).join(FOLDER).is_dir()).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_no_desktop() {
        assert!(is_desktop("Qlik Sense Desktop") && is_desktop("Qlik Sense Desktop May 2023"));
        assert!(!is_desktop("Qlik Sense") && !is_desktop("Docker Desktop"));
        assert!(!is_desktop("QlikView Desktop"));
    }
}
