//! Who opens links of Desktop.

use windows_registry::Key;

use super::registry::{self, Looked, Root};
use super::version::{exists, program};
use crate::computer::{LINK_SCHEME, program_of};
use crate::{LinkOpeners, Registered, Registration};

/// What a user, or a policy, chose to open addresses of a scheme.
const ASSOCIATIONS: &str = "Software\\Microsoft\\Windows\\Shell\\Associations\\UrlAssociations";

const CLASSES: &str = "Software\\Classes";

pub(super) fn links() -> LinkOpeners {
    let chosen = chosen_for(LINK_SCHEME);
    LinkOpeners {
        user: registered(Root::User, &format!("{CLASSES}\\{LINK_SCHEME}")),
        machine: registered(Root::Machine, &format!("{CLASSES}\\{LINK_SCHEME}")),
        // A choice names another class, which then is the one that opens.
        effective: match (winning(chosen.as_deref().unwrap_or(LINK_SCHEME)), &chosen) {
            // A class of an app from the store is not made of a command.
            (Registered::As(Registration { program: None, .. }), Some(_)) => Registered::Unknown,
            (Registered::As(found), Some(_)) => {
                Registered::As(Registration { for_links: true, ..found })
            }
            (Registered::Absent, Some(_)) => winning(LINK_SCHEME),
            (effective, _) => effective,
        },
        chosen,
    }
}

/// What wins of a class. `HKEY_CLASSES_ROOT` shows it, but in wine before version 9 only what is
/// for all users; so it is asked only for what may not be read in the two places it is made of.
fn winning(class: &str) -> Registered {
    let path = format!("{CLASSES}\\{class}");
    let shown = registered(Root::Classes, class);
    merged(registered(Root::User, &path), registered(Root::Machine, &path), shown)
}

/// Of a key that is in both places the values are the user's; keys below it come from either.
fn merged(user: Registered, machine: Registered, shown: Registered) -> Registered {
    match (user, machine) {
        (Registered::As(Registration { for_links, program: None, .. }), Registered::As(other)) => {
            Registered::As(Registration { for_links, ..other })
        }
        (Registered::As(user), Registered::As(_) | Registered::Absent) => Registered::As(user),
        (Registered::Absent, machine @ Registered::As(_)) => machine,
        (Registered::Unknown | Registered::Absent, _) | (_, Registered::Unknown) => shown,
    }
}

/// The class that was chosen for a scheme. Since 2024 Windows 11 has a second place for it, which
/// counts where it is filled.
pub(super) fn chosen_for(scheme: &str) -> Option<String> {
    let places = ["UserChoiceLatest\\ProgId", "UserChoiceLatest", "UserChoice"];
    places
        .iter()
        .find_map(|place| Root::User.text(&format!("{ASSOCIATIONS}\\{scheme}\\{place}"), "ProgId"))
}

fn registered(root: Root, path: &str) -> Registered {
    match root.open(path) {
        Looked::Absent => Registered::Absent,
        Looked::Unreadable => Registered::Unknown,
        Looked::Found(key) => Registered::As(registration(&key)),
    }
}

fn registration(key: &Key) -> Registration {
    let for_links = registry::has(key, "URL Protocol");
    let command = key.open("shell\\open\\command").ok();
    let command = command.and_then(|command| registry::text(&command, ""));
    let told = command.and_then(|command| program_of(&command, exists));
    let (program, hands_over) = match told {
        Some((path, _, rest)) => (Some(program(&path)), rest.contains("%1")),
        None => (None, false),
    };
    Registration { for_links, program, hands_over }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProgramFile;

    fn with(for_links: bool, path: Option<&str>) -> Registered {
        let program = path.map(|path| ProgramFile {
            path: path.to_owned(),
            exists: Some(true),
            version: None,
            maker: None,
        });
        Registered::As(Registration { for_links, program, hands_over: true })
    }

    #[test]
    fn the_user_wins_key_by_key() {
        let absent = || Registered::Absent;
        let (own, all) = (with(true, Some("own")), with(true, Some("all")));
        assert_eq!(merged(own.clone(), all.clone(), absent()), own);
        assert_eq!(merged(absent(), all.clone(), absent()), all);
        assert_eq!(merged(own.clone(), absent(), absent()), own);
        assert_eq!(merged(with(false, None), all.clone(), absent()), with(false, Some("all")));
        assert_eq!(merged(absent(), absent(), absent()), absent());
        assert_eq!(merged(Registered::Unknown, all.clone(), all.clone()), all);
    }
}
