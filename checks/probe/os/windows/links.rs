//! Who opens links of Desktop.

use windows_registry::Key;

use super::registry::{self, Looked, Root};
use super::version::{exists, program};
use crate::computer::{LINK_SCHEME, program_of};
use crate::{LinkOpeners, Registered, Registration};

/// What a user, or a policy, chose to open addresses of a scheme.
const ASSOCIATIONS: &str = "Software\\Microsoft\\Windows\\Shell\\Associations\\UrlAssociations";

pub(super) fn links() -> LinkOpeners {
    let classes = format!("Software\\Classes\\{LINK_SCHEME}");
    let chosen = chosen_for(LINK_SCHEME);
    // A choice names another class, which then is the one that opens.
    let effective = registered(Root::Classes, chosen.as_deref().unwrap_or(LINK_SCHEME));
    LinkOpeners {
        user: registered(Root::User, &classes),
        machine: registered(Root::Machine, &classes),
        effective: match (effective, &chosen) {
            // A class of an app from the store is not made of a command.
            (Registered::As(Registration { program: None, .. }), Some(_)) => Registered::Unknown,
            (Registered::As(found), Some(_)) => {
                Registered::As(Registration { for_links: true, ..found })
            }
            (Registered::Absent, Some(_)) => registered(Root::Classes, LINK_SCHEME),
            (effective, _) => effective,
        },
        chosen,
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
