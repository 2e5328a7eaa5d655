//! The browser, and what a company tells it about links of Desktop.

use super::links::chosen_for;
use super::registry::Root;
use crate::computer::LINK_SCHEME;
use crate::{Browser, BrowserKind, BrowserPolicy, Scope, covers_links};

const POLICIES: [(BrowserKind, &str); 2] = [
    (BrowserKind::Chrome, "Software\\Policies\\Google\\Chrome"),
    (BrowserKind::Edge, "Software\\Policies\\Microsoft\\Edge"),
];

const SCOPES: [(Root, Scope); 2] = [(Root::Machine, Scope::Machine), (Root::User, Scope::User)];

/// Lines of a list that are kept; those that cover the links can only be few.
const KEPT: usize = 8;

pub(super) fn browser() -> Browser {
    let default = chosen_for("https").map(|name| BrowserKind::of_registration(&name));
    let all = POLICIES.into_iter().flat_map(|one| SCOPES.map(|scope| (one, scope)));
    let policies =
        all.filter_map(|((browser, path), (root, scope))| policy(browser, path, root, scope));
    Browser { default, policies: policies.collect() }
}

fn policy(browser: BrowserKind, path: &str, root: Root, scope: Scope) -> Option<BrowserPolicy> {
    let list = |name: &str| {
        let lines = root.texts(&format!("{path}\\{name}"));
        let about_links = lines.iter().filter(|line| covers_links(line) > 0);
        (about_links.take(KEPT).cloned().collect(), lines.len())
    };
    let (blocked, blocked_lines) = list("URLBlocklist");
    let (allowed, allowed_lines) = list("URLAllowlist");
    let unasked = root.text(path, "AutoLaunchProtocolsFromOrigins");
    let opens_unasked = unasked.is_some_and(|list| names_scheme(&list));
    (blocked_lines + allowed_lines > 0 || opens_unasked).then_some(BrowserPolicy {
        browser,
        scope,
        blocked,
        blocked_lines,
        allowed,
        allowed_lines,
        opens_unasked,
    })
}

/// Whether a list of `{"protocol": …, "allowed_origins": […]}` has the scheme.
fn names_scheme(list: &str) -> bool {
    let list: Vec<serde_json::Value> = serde_json::from_str(list).unwrap_or_default();
    list.iter().filter_map(|one| one.get("protocol")?.as_str()).any(|one| one == LINK_SCHEME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_found_in_a_list() {
        let list = r#"[{"protocol":"zoommtg","allowed_origins":["*"]},{"protocol":"qliksense"}]"#;
        assert!(names_scheme(list));
        assert!(!names_scheme(r#"[{"protocol":"zoommtg"}]"#) && !names_scheme("qliksense"));
    }
}
