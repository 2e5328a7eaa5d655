//! `hublink link`: read a link, or make the right one.

use std::io::Read;

use hublink_checks::frame::{Case, Check, Diagnosis, Severity, judge};
use hublink_checks::link::{Inspection, Link, hubs_ini, inspect, make};
use hublink_probe::FILE_LIMIT;
use serde::Serialize;

use super::super::Failed;
use crate::cli::Shape;
use crate::exit::Exit;
use crate::output::json_document;
use crate::render::{brief, clean};

#[derive(Serialize)]
struct Inspected {
    link: Inspection,
    causes: Vec<Diagnosis>,
}

/// Reads a link and says what mangled it.
///
/// # Errors
/// If standard input cannot be read.
pub fn inspect_link(text: &str, format: Shape) -> Result<(String, Exit), Failed> {
    let text = if text == "-" { standard_input()? } else { text.to_owned() };
    let link = inspect(&text);
    let causes = judge(Link::CAUSES, &link, &Case::default());
    let whole = causes.iter().all(|cause| cause.severity == Severity::Informs);
    let exit = if whole { Exit::Good } else { Exit::Bad };
    let inspected = Inspected { link, causes };
    let text = match format {
        Shape::Json => json_document(&inspected),
        Shape::Human => told(&inspected),
    };
    Ok((text, exit))
}

fn standard_input() -> Result<String, Failed> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(FILE_LIMIT)
        .read_to_end(&mut bytes)
        .map_err(|error| Failed::usage(format!("cannot read standard input: {error}")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn told(inspected: &Inspected) -> String {
    let link = &inspected.link;
    let mut text = String::new();
    let mut row = |label: &str, value: &str| {
        text.push_str(&format!("{label:<14}{}\n", clean(value)));
    };
    if let Some(hub) = &link.hub {
        row("hub", &hub.url(""));
    }
    if let Some(url) = &link.url {
        row("address", url);
    }
    if let Some(name) = &link.name {
        row("name", name);
    }
    row(
        "signature",
        match link.signature_matches {
            Some(true) => "fits the address and the name",
            Some(false) => "does not fit the address and the name",
            None => "none to compare",
        },
    );
    for step in &link.mangling {
        row("mangled by", step.label());
    }
    if let Some(repaired) = &link.repaired {
        // Whole and alone on its line, so that it can be copied.
        text.push_str(&format!("right link\n{}\n", clean(repaired)));
    }
    for cause in &inspected.causes {
        text.push_str(&format!("\n{}", brief(cause)));
    }
    text
}

/// Makes the right link, or a hubs.ini that holds it.
///
/// # Errors
/// If the address or the name cannot be used in a link.
pub fn make_link(url: &str, name: Option<&str>, ini: bool) -> Result<String, Failed> {
    let link = make(url, name).map_err(|error| Failed::bad_input(error.to_string()))?;
    Ok(if ini { hubs_ini(&link, name) } else { format!("{link}\n") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_is_printed() {
        let link = "qliksense://enterpriseurl?action=add&amp;\
                    url=https%3A%2F%2Fanna%3AS3cretPw%40hub.corp.test%2F%3FqlikTicket%3DTICK123";
        for text in [link, "https://anna:S3cretPw@hub.corp.test/?qlikTicket=TICK123"] {
            for format in [Shape::Human, Shape::Json] {
                let (told, _) = inspect_link(text, format).expect("a report");
                assert!(told.contains("hub.corp.test"), "{told}");
                for secret in ["anna", "S3cretPw", "TICK123"] {
                    assert!(!told.contains(secret), "{told}");
                }
            }
        }
    }

    #[test]
    fn the_right_link_stands_alone_on_its_line() {
        let link = make("https://hub.corp.test", Some("A")).expect("a link");
        let mangled = link.replace('&', "&amp;");
        let (told, _) = inspect_link(&mangled, Shape::Human).expect("a report");
        assert!(told.lines().any(|line| line == link), "{told}");
    }
}
