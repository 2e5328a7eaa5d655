//! Who opens a link of Desktop, and what stands in between.

use hublink_probe::{
    Browser, BrowserKind, BrowserPolicy, Computer, ProgramFile, Registered, Registration, Scope,
    covers_links,
};

use super::{Evidence, NamedBy};
use crate::frame::{Case, Confidence, Proof, Severity};

/// Where Windows keeps what wins.
const PLACE: &str = "HKEY_CLASSES_ROOT\\qliksense";

/// No program opens the link.
pub(super) fn handler_missing(e: &Evidence, case: &Case) -> Option<Proof> {
    let computer = case.facts.computer.as_deref()?;
    // Whoever runs this as another user sees that user's registrations.
    if !computer.desktop.is_installed() && computer.desktop.other_users.is_some_and(|n| n > 0) {
        return None;
    }
    let proof = match &computer.links.effective {
        Registered::Unknown => None,
        Registered::Absent => Some(lacks(PLACE, "a program that opens links", "nothing")),
        Registered::As(found) => wrong_registration(found),
    }?;
    let proof = with_desktop(computer, proof)
        .not("Desktop installed for another user of this computer: none was found")
        .value("user", "your own account");
    // A program of another name may be Qlik's all the same: what its installer registers was never
    // seen, and what is only possible keeps nobody from trying.
    Some(if opens_with_anothers(computer) {
        proof.severity(Severity::Degrades).at_most(Confidence::Possible)
    } else {
        proof.severity(severity(e.named_by, computer))
    })
}

/// What is wrong with a registration; `None` if nothing is, or if that is not known.
fn wrong_registration(found: &Registration) -> Option<Proof> {
    if !found.for_links {
        return Some(lacks(&format!("{PLACE} › URL Protocol"), "there", "not there"));
    }
    let at = format!("{PLACE}\\shell\\open\\command");
    let Some(program) = &found.program else { return Some(lacks(&at, "a command", "none")) };
    if program.exists == Some(false) {
        return Some(lacks(
            &at,
            "a program that exists",
            format!("{}: no such file", program.path),
        ));
    }
    is_anothers(program).then(|| {
        let maker = program.maker.as_deref().unwrap_or_default();
        let seen = format!("{} of {maker}", program.path);
        lacks(&at, "a program of Qlik", seen)
    })
}

fn lacks(at: &str, expected: &str, seen: impl ToString) -> Proof {
    Proof::default().compared(at, expected, seen)
}

/// Whether a program is certainly none of Qlik's: neither its place nor its maker has the name.
fn is_anothers(program: &ProgramFile) -> bool {
    let named = |text: &str| text.to_lowercase().contains("qlik");
    program.exists == Some(true)
        && program.maker.as_deref().is_some_and(|maker| !named(maker))
        && !named(&program.path)
}

fn with_desktop(computer: &Computer, proof: Proof) -> Proof {
    let desktop = &computer.desktop;
    match (desktop.is_installed(), desktop.version()) {
        (true, Some(version)) => proof.and("Qlik Sense Desktop", format!("{version} is installed")),
        (true, None) => proof.and("Qlik Sense Desktop", "installed"),
        (false, _) => proof.and("Qlik Sense Desktop", "not found for this user"),
    }
}

/// A link alone needs somebody to open it. The file is read by Desktop itself, which shows a button;
/// and where there is no Desktop, who names an address or a file of his own looks from a computer that
/// needs none: monitoring, and whoever checks hubs for others.
fn severity(named_by: NamedBy, computer: &Computer) -> Severity {
    match (named_by, computer.desktop.is_installed()) {
        (NamedBy::Link, _) | (NamedBy::DesktopsFile, false) => Severity::Blocks,
        (_, true) => Severity::Degrades,
        (NamedBy::File | NamedBy::Address, false) => Severity::Informs,
    }
}

fn opens_with_anothers(computer: &Computer) -> bool {
    let Registered::As(found) = &computer.links.effective else { return false };
    found.for_links && found.program.as_ref().is_some_and(is_anothers)
}

/// A policy of the browser that opens web pages covers the link.
pub(super) fn browser_blocks(_: &Evidence, case: &Case) -> Option<Proof> {
    let computer = case.facts.computer.as_deref()?;
    let Registered::As(found) = &computer.links.effective else { return None };
    if wrong_registration(found).is_some() {
        return None;
    }
    let browser = &computer.browser;
    let kind =
        browser.default.filter(|kind| matches!(kind, BrowserKind::Chrome | BrowserKind::Edge))?;
    let (blocked, scope) = list(browser, kind, |one| (one.blocked_lines, &one.blocked))?;
    let allowed = list(browser, kind, |one| (one.allowed_lines, &one.allowed));
    let closest = |lines: &[String]| lines.iter().map(|line| covers_links(line)).max().unwrap_or(0);
    let line = blocked.iter().max_by_key(|line| covers_links(line))?;
    if closest(blocked) <= allowed.map_or(0, |(lines, _)| closest(lines)) {
        return None;
    }
    let at = format!("URLBlocklist of {} for {}", kind.label(), scope.label());
    let mut proof = Proof::seen("browser that opens web pages", kind.label()).and(at, line);
    if let Some(program) = &found.program {
        proof = proof.and("the link is opened by", &program.path);
    }
    Some(
        proof
            .not("client/link-handler-missing: a program for the link is registered")
            .not("URLAllowlist: no line of it covers the link as closely")
            .value("browser", kind.label()),
    )
}

/// The list that a browser follows: that for all users, if it has lines, else this user's.
fn list<'a>(
    browser: &'a Browser,
    kind: BrowserKind,
    of: impl Fn(&'a BrowserPolicy) -> (usize, &'a Vec<String>),
) -> Option<(&'a [String], Scope)> {
    let own = browser.policies.iter().filter(|one| one.browser == kind);
    let filled: Vec<&BrowserPolicy> = own.filter(|one| of(one).0 > 0).collect();
    let machine = filled.iter().find(|one| one.scope == Scope::Machine);
    let followed = machine.or(filled.first())?;
    Some((of(followed).1, followed.scope))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Facts;

    fn qliks() -> ProgramFile {
        ProgramFile {
            path: "C:\\Users\\anna\\AppData\\Local\\Programs\\Qlik\\Sense\\QlikSenseBrowser.exe"
                .into(),
            exists: Some(true),
            version: Some("14.129.4.0".into()),
            maker: Some("QlikTech International AB".into()),
        }
    }

    fn case(change: impl FnOnce(&mut Computer)) -> Case {
        let mut computer = Computer::default();
        computer.desktop.programs.push(qliks());
        computer.links.effective = Registered::As(Registration {
            for_links: true,
            program: Some(qliks()),
            hands_over: true,
        });
        change(&mut computer);
        let computer = Some(Box::new(computer));
        Case::new(Facts { os: "windows".into(), computer, ..Facts::default() })
    }

    fn told(named_by: NamedBy, change: impl FnOnce(&mut Computer)) -> Option<Severity> {
        let e = Evidence { named_by, ..Evidence::default() };
        handler_missing(&e, &case(change)).map(|proof| proof.severity.expect("a severity"))
    }

    fn program(change: impl FnOnce(&mut Registration)) -> impl FnOnce(&mut Computer) {
        |computer| {
            let Registered::As(found) = &mut computer.links.effective else { return };
            change(found);
        }
    }

    fn absent(computer: &mut Computer) {
        computer.links.effective = Registered::Absent;
    }

    fn bare(computer: &mut Computer) {
        absent(computer);
        computer.desktop.programs.clear();
    }

    #[test]
    fn what_is_wrong_with_a_registration_is_told() {
        let wrong: [fn(&mut Registration); 3] = [
            |one| one.for_links = false,
            |one| one.program = None,
            |one| one.program.as_mut().expect("a program").exists = Some(false),
        ];
        for change in wrong {
            assert_eq!(told(NamedBy::Link, program(change)), Some(Severity::Blocks));
        }
    }

    #[test]
    fn a_program_of_another_maker_blocks_nobody() {
        let another = |one: &mut Registration| {
            let program = one.program.as_mut().expect("a program");
            (program.path, program.maker) = ("C:\\x\\y.exe".into(), Some("Other Ltd".into()));
        };
        assert_eq!(told(NamedBy::Link, program(another)), Some(Severity::Degrades));
    }

    #[test]
    fn what_is_not_known_is_no_fault() {
        assert_eq!(told(NamedBy::Link, |_| ()), None);
        let unknown: [fn(&mut Registration); 3] = [
            |one| one.program.as_mut().expect("a program").exists = None,
            |one| one.program.as_mut().expect("a program").maker = None,
            |one| one.program.as_mut().expect("a program").path = "C:\\x\\y.exe".into(),
        ];
        for change in unknown {
            assert_eq!(told(NamedBy::Link, program(change)), None);
        }
        assert_eq!(told(NamedBy::Link, |c| c.links.effective = Registered::Unknown), None);
    }

    #[test]
    fn it_blocks_only_where_nothing_else_leads_to_the_hub() {
        assert_eq!(told(NamedBy::Link, absent), Some(Severity::Blocks));
        assert_eq!(told(NamedBy::DesktopsFile, absent), Some(Severity::Degrades));
        assert_eq!(told(NamedBy::DesktopsFile, bare), Some(Severity::Blocks));
        assert_eq!(told(NamedBy::Address, bare), Some(Severity::Informs));
        assert_eq!(told(NamedBy::Address, absent), Some(Severity::Degrades));
        let another = |computer: &mut Computer| {
            bare(computer);
            computer.desktop.other_users = Some(1);
        };
        assert_eq!(told(NamedBy::Link, another), None, "this is run by somebody else");
    }

    fn policy(scope: Scope, blocked: &[&str], allowed: &[&str]) -> BrowserPolicy {
        let own = |lines: &[&str]| -> Vec<String> {
            lines
                .iter()
                .filter(|line| covers_links(line) > 0)
                .map(|&line| line.to_owned())
                .collect()
        };
        BrowserPolicy {
            browser: BrowserKind::Edge,
            scope,
            blocked: own(blocked),
            blocked_lines: blocked.len(),
            allowed: own(allowed),
            allowed_lines: allowed.len(),
            opens_unasked: false,
        }
    }

    fn blocks(policies: Vec<BrowserPolicy>, default: BrowserKind) -> bool {
        let case = case(|computer| {
            computer.browser = Browser { default: Some(default), policies };
        });
        browser_blocks(&Evidence::default(), &case).is_some()
    }

    #[test]
    fn the_closer_list_wins_and_of_two_alike_the_one_that_allows() {
        let one = |blocked: &[&str], allowed: &[&str]| {
            blocks(vec![policy(Scope::Machine, blocked, allowed)], BrowserKind::Edge)
        };
        assert!(one(&["*"], &[]) && one(&["qliksense:*"], &["*"]));
        assert!(one(&["*"], &["https://intranet.example"]));
        assert!(!one(&["*"], &["qliksense:*"]) && !one(&["qliksense://*"], &["qliksense:*"]));
        assert!(!one(&["evil.example"], &[]) && !one(&[], &[]));
    }

    #[test]
    fn only_the_list_that_is_followed_counts() {
        let lists = || {
            vec![
                policy(Scope::Machine, &["evil.example"], &[]),
                policy(Scope::User, &["qliksense:*"], &[]),
            ]
        };
        assert!(!blocks(lists(), BrowserKind::Edge), "that of the machine wins");
        assert!(blocks(lists().split_off(1), BrowserKind::Edge));
        for other in [BrowserKind::Chrome, BrowserKind::Firefox, BrowserKind::Other] {
            assert!(!blocks(lists().split_off(1), other));
        }
    }
}
