//! What this computer says of itself as far as Desktop is concerned.

use std::path::{Path, PathBuf};

use super::browser::browser;
use super::desktop::desktop;
use super::encryption::encryption;
use super::links::links;
use super::membership::membership;
use super::registry::Root;
use crate::{Computer, Documents, System};

const RELEASE: &str = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";

/// Reads it. `documents` is the known folder.
#[expect(clippy::unnecessary_wraps, reason = "other systems have nothing to say")]
pub(crate) fn computer(documents: Option<&Path>) -> Option<Computer> {
    Some(Computer {
        system: system(),
        documents: placed(documents),
        desktop: desktop(),
        links: links(),
        browser: browser(),
        encryption: encryption(),
        membership: membership(),
    })
}

/// From the registry: the call for the version answers with that of Windows 8 to programs whose
/// manifest names no later one.
fn system() -> System {
    let text = |name: &str| Root::Machine.text(RELEASE, name);
    System {
        product: text("ProductName"),
        release: text("DisplayVersion").or_else(|| text("ReleaseId")),
        build: text("CurrentBuildNumber").and_then(|build| build.parse().ok()),
        revision: Root::Machine.number(RELEASE, "UBR"),
        server: text("InstallationType").map(|kind| kind.starts_with("Server")),
    }
}

fn placed(folder: Option<&Path>) -> Documents {
    let profile = std::env::var_os("USERPROFILE").map(|home| PathBuf::from(home).join("Documents"));
    let clouds = ["OneDrive", "OneDriveCommercial", "OneDriveConsumer"];
    let mut clouds = clouds.iter().filter_map(std::env::var_os).map(PathBuf::from);
    let shown = |path: &Path| path.display().to_string();
    Documents {
        folder: folder.map(shown),
        profile_folder: profile.as_deref().map(shown),
        moved: folder.zip(profile.as_deref()).map(|(known, literal)| !is_same(known, literal)),
        in_one_drive: folder.map(|known| clouds.any(|cloud| is_within(known, &cloud))),
    }
}

/// Windows does not tell the cases of a path apart.
fn is_same(one: &Path, other: &Path) -> bool {
    one.as_os_str().to_string_lossy().to_lowercase()
        == other.as_os_str().to_string_lossy().to_lowercase()
}

fn is_within(path: &Path, folder: &Path) -> bool {
    path.ancestors().any(|above| is_same(above, folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_windows_has_a_build() {
        assert!(system().build.is_some_and(|build| build > 6000));
    }

    #[test]
    fn folders_are_compared_as_windows_compares_them() {
        assert!(is_same(Path::new("C:\\Users\\Ärzte"), Path::new("c:\\users\\ärzte")));
        assert!(is_within(
            Path::new("C:\\u\\OneDrive - X\\Docs"),
            Path::new("c:\\U\\onedrive - x")
        ));
        assert!(!is_within(Path::new("C:\\u\\OneDrive - X"), Path::new("C:\\u\\OneDrive")));
        assert_eq!(placed(None).moved, None);
    }
}
