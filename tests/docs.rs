//! What is printed from the tables stays as the tables are, and what is written by hand names
//! only what exists.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use hublink::cli::Cli;
use hublink::commands::explain::{Example, page};
use hublink_checks::frame::{Case, CauseInfo, Facts};
use serde_json::Value;

/// What to type when a page is not as it should be.
const REMEDY: &str = "type: UPDATE_DOCS=1 cargo test --test docs";

/// Who may be named as the one who has to act.
const OWNERS: [&str; 5] =
    ["you", "your IT network team", "your Qlik admin", "your identity-provider admin", "Qlik"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    let text = fs::read_to_string(path);
    // A checkout on Windows may have other line ends.
    text.unwrap_or_else(|error| panic!("{}: {error}", path.display())).replace("\r\n", "\n")
}

/// Every printed file by its path below the repository, with `/` on every system.
fn printed() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    files.insert("docs/report.schema.json".to_owned(), hublink::schema_text());
    files.insert("docs/line.schema.json".to_owned(), hublink::line_schema_text());
    files.insert("docs/diff.schema.json".to_owned(), hublink::diff_schema_text());
    files.insert("docs/external.schema.json".to_owned(), hublink::external_schema_text());
    files.insert("docs/causes/README.md".to_owned(), list());
    files.insert("docs/SUMMARY.md".to_owned(), summary());
    let examples = examples();
    files
        .insert("src/commands/examples.json".to_owned(), hublink::output::json_document(&examples));
    for check in &hublink_checks::tables() {
        let source = format!("checks/{}.rs", check.meta().id.replace('-', "_"));
        for cause in check.causes() {
            let note = format!("<!-- Printed from {source}. Do not edit; {REMEDY} -->\n\n");
            let example = examples.get(cause.id);
            let text = page(*check, &cause, example);
            files.insert(format!("docs/causes/{}.md", cause.id), note + &text);
        }
    }
    files
}

/// The smallest evidence that proves each cause, judged.
fn examples() -> BTreeMap<String, Example> {
    let folder = root().join("checks/fixtures");
    let mut examples = BTreeMap::new();
    for check in &hublink_checks::tables() {
        for cause in check.causes() {
            let path = folder.join(format!("{}.json", cause.id));
            let fixture: Value = serde_json::from_str(&read(&path)).expect("a fixture");
            let facts = fixture.get("facts").cloned().map(serde_json::from_value::<Facts>);
            let mut case = Case::new(facts.map(|f| f.expect("facts")).unwrap_or_default());
            for other in &hublink_checks::tables() {
                if let Some(saved) = fixture["evidence"].get(other.meta().id) {
                    case.put(other.load(saved).expect("evidence of a fixture"));
                }
            }
            let found = check.judge(&case).into_iter().find(|found| found.id == cause.id);
            let about = fixture["about"].as_str().expect("a sentence").to_owned();
            let proof = found.map(|found| found.proof).unwrap_or_default();
            examples.insert(cause.id.to_owned(), Example { about, proof });
        }
    }
    examples
}

fn list() -> String {
    let count: usize = hublink_checks::tables().iter().map(|check| check.causes().len()).sum();
    let checks = hublink_checks::tables().len();
    let mut parts = vec![format!(
        "<!-- Printed from the tables in checks/. Do not edit; {REMEDY} -->\n\n\
         # The causes that hublink knows\n\n\
         {count} causes in {checks} checks, in the order in which the checks build on each other. \
         The same pages come from `hublink explain CAUSE`.\n"
    )];
    for check in &hublink_checks::tables() {
        let meta = check.meta();
        parts.push(format!("\n## {}: {}\n\n{}\n\n", meta.id, meta.title, meta.docs));
        parts.push(
            "| cause | what is wrong | who has to act | effect |\n|---|---|---|---|\n".into(),
        );
        parts.extend(check.causes().iter().map(row));
    }
    parts.concat()
}

/// The contents of the book: written by hand but for the part of the causes.
fn summary() -> String {
    let by_hand = read(&root().join("docs/SUMMARY.md"));
    let (before, rest) = by_hand.split_once("\n# Causes\n").expect("the part of the causes");
    let (_, after) = rest.split_once("\n# ").expect("a part behind it");
    let mut parts = vec!["- [All causes](causes/README.md)\n".to_owned()];
    for check in &hublink_checks::tables() {
        let meta = check.meta();
        // A chapter without a page: it only holds those below it.
        parts.push(format!("- [{}: {}]()\n", meta.id, meta.title));
        let page = |cause: &CauseInfo| format!("  - [{0}](causes/{0}.md)\n", cause.id);
        parts.extend(check.causes().iter().map(page));
    }
    format!("{before}\n# Causes\n\n{}\n# {after}", parts.concat())
}

fn row(cause: &CauseInfo) -> String {
    let (id, title) = (cause.id, cause.title);
    let (owner, effect) = (cause.owner.label(), cause.severity.label());
    format!("| [{id}]({id}.md) | {title} | {owner} | {effect} |\n")
}

/// The files that lie in `docs/causes`.
fn pages_on_disk(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            found.append(&mut pages_on_disk(&path));
        } else {
            found.insert(path);
        }
    }
    found
}

fn write(files: &BTreeMap<String, String>, left_over: &[PathBuf]) {
    for (name, text) in files {
        let path = root().join(name);
        fs::create_dir_all(path.parent().expect("a path below the root")).expect("a folder");
        fs::write(&path, text).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    for path in left_over {
        fs::remove_file(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        // The folder of a check that is gone goes too; one that holds other pages stays.
        fs::remove_dir(path.parent().expect("a folder")).ok();
    }
}

#[test]
fn printed_pages_are_as_the_tables_are() {
    let files = printed();
    let expected: BTreeSet<PathBuf> = files.keys().map(|name| root().join(name)).collect();
    let on_disk = pages_on_disk(&root().join("docs/causes"));
    let left_over: Vec<PathBuf> = on_disk.difference(&expected).cloned().collect();
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        write(&files, &left_over);
        return;
    }
    let mut wrong: Vec<String> =
        left_over.iter().map(|path| format!("{} is left over", path.display())).collect();
    for (name, text) in &files {
        let path = root().join(name);
        if !path.exists() {
            wrong.push(format!("{name} is missing"));
        } else if read(&path) != *text {
            wrong.push(format!("{name} differs from the tables"));
        }
    }
    assert!(wrong.is_empty(), "{}\n{REMEDY}", wrong.join("\n"));
}

#[test]
fn every_page_says_what_is_wrong_who_acts_and_what_to_do() {
    let examples = examples();
    for check in &hublink_checks::tables() {
        for cause in check.causes() {
            let text = page(*check, &cause, examples.get(cause.id));
            let recognised = text.split("\n## How it is recognised\n").nth(1);
            let seen = recognised.is_some_and(|text| text.starts_with("\nFor example: "));
            assert!(seen, "{}: it does not say how it is recognised", cause.id);
            assert!(text.contains(cause.title), "{}: no title", cause.id);
            assert!(text.contains("\n## What to do\n\n- "), "{}: nothing to do", cause.id);
            let commands = text.matches("\n- `hublink ").count();
            assert!(commands > 0, "{}: no command shows that it helped", cause.id);
            let owner = text.lines().find_map(|line| line.strip_prefix("| who has to act | "));
            let owner = owner.and_then(|line| line.strip_suffix(" |"));
            assert!(owner.is_some_and(|o| OWNERS.contains(&o)), "{}: {owner:?}", cause.id);
        }
    }
}

/// The pages written by hand.
fn by_hand() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
        .iter()
        .map(|name| root().join(name))
        .collect();
    let printed = root().join("docs/causes");
    found.extend(pages_of_the_book().into_iter().filter(|page| !page.starts_with(&printed)));
    found
}

/// The targets of `[text](target)`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
}

/// All pages of the book, also the printed ones.
fn pages_of_the_book() -> BTreeSet<PathBuf> {
    let pages = pages_on_disk(&root().join("docs"));
    pages.into_iter().filter(|path| path.extension().is_some_and(|e| e == "md")).collect()
}

/// The anchors of a page, as GitHub and mdBook make them of its headings.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let text = line.trim_start_matches('#').trim().to_lowercase();
        let kept = text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn links_between_pages_lead_somewhere() {
    let pages: BTreeSet<PathBuf> = by_hand().into_iter().chain(pages_of_the_book()).collect();
    for page in pages {
        let text = read(&page);
        // A chapter of the book without a page has an empty target.
        let inside = links(&text).filter(|target| !target.contains("://") && !target.is_empty());
        for target in inside {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = page.parent().expect("a folder").join(file);
            let path = if file.is_empty() { page.clone() } else { path };
            assert!(path.exists(), "{}: {target} leads nowhere", page.display());
            let known = anchor.is_empty() || anchors(&read(&path)).contains(anchor);
            assert!(known, "{}: {target}: no such heading", page.display());
            let leaves = page.starts_with(root().join("docs")) && file.starts_with("../README");
            assert!(!leaves, "{}: {target} leads out of the book", page.display());
        }
    }
}

#[test]
fn the_book_holds_every_page_once() {
    let folder = root().join("docs");
    // What is printed is compared with the disk elsewhere; here it may be about to be written.
    let summary = summary();
    let listed: Vec<PathBuf> =
        links(&summary).filter(|target| !target.is_empty()).map(|t| folder.join(t)).collect();
    let once: BTreeSet<PathBuf> = listed.iter().cloned().collect();
    assert_eq!(listed.len(), once.len(), "a page stands twice in docs/SUMMARY.md");
    let by_hand = by_hand().into_iter().filter(|page| page.starts_with(&folder));
    let printed = printed().into_keys().map(|name| root().join(name));
    let is_page = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "md");
    let mut pages: BTreeSet<PathBuf> = by_hand.chain(printed).filter(is_page).collect();
    pages.remove(&folder.join("SUMMARY.md"));
    let missing: Vec<_> = pages.difference(&once).collect();
    assert!(missing.is_empty(), "docs/SUMMARY.md does not hold {missing:?}");
    let gone: Vec<_> = once.difference(&pages).collect();
    assert!(gone.is_empty(), "docs/SUMMARY.md holds what is not there: {gone:?}");
}

#[test]
fn causes_named_by_hand_exist() {
    let known: BTreeSet<&str> =
        hublink_checks::tables().iter().flat_map(|check| check.causes()).map(|c| c.id).collect();
    let checks: BTreeSet<&str> = hublink_checks::tables().iter().map(|c| c.meta().id).collect();
    for page in by_hand() {
        let text = read(&page);
        for word in text.split('`').skip(1).step_by(2) {
            let Some((check, defect)) = word.split_once('/') else { continue };
            let kebab = |c: char| c.is_ascii_lowercase() || c == '-';
            if checks.contains(check) && !defect.is_empty() && defect.chars().all(kebab) {
                assert!(known.contains(word), "{}: no cause is called {word}", page.display());
            }
        }
    }
}

/// The words of a command line of a page: quotes are the only thing a shell does there.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => quote = Some(c),
            (' ', None) => words.push(String::new()),
            _ => words.last_mut().expect("never empty").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn commands_of_the_cause_pages_are_understood() {
    for check in &hublink_checks::tables() {
        for verify in check.causes().iter().flat_map(|cause| cause.verify) {
            // A hole is one word once it is filled.
            let (mut line, mut inside) = (String::new(), false);
            for c in verify.command.chars() {
                match c {
                    '<' => inside = true,
                    '>' => inside = false,
                    ' ' if inside => line.push('-'),
                    c => line.push(c),
                }
            }
            if line.starts_with("hublink ")
                && let Err(error) = Cli::try_parse_from(words(&line))
            {
                panic!("{}: {error}", verify.command);
            }
        }
    }
}

/// Command lines in code blocks: what stands before a comment, a pipe or a redirection.
#[test]
fn command_lines_of_the_pages_are_understood() {
    let mut count = 0;
    for page in by_hand() {
        let text = read(&page);
        for block in text.split("```").skip(1).step_by(2) {
            for line in block.lines().filter(|line| line.starts_with("hublink ")) {
                let command = line.split(" # ").next().unwrap_or(line);
                let command = command.split(['|', '>', '<']).next().unwrap_or(command).trim();
                if let Err(error) = Cli::try_parse_from(words(command)) {
                    panic!("{}: {line}: {error}", page.display());
                }
                count += 1;
            }
        }
    }
    assert!(count >= 5, "only {count} command lines were found");
}

/// The names of a table of a manifest.
fn names<'a>(manifest: &'a str, table: &str) -> BTreeSet<&'a str> {
    let start = manifest.find(&format!("\n[{table}]\n")).expect("the table exists");
    let body = &manifest[start + table.len() + 4..];
    let body = body.split("\n[").next().unwrap_or(body);
    body.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect()
}

#[test]
fn the_readme_gives_a_reason_for_every_dependency() {
    let manifest = read(&root().join("Cargo.toml"));
    let readme = read(&root().join("README.md"));
    let (_, table) = readme.split_once("\n## Dependencies\n").expect("the section exists");
    let table = table.split("\n## ").next().unwrap_or(table);
    let cells = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    let given: BTreeSet<&str> = cells.flat_map(|(names, _)| names.split("`, `")).collect();
    let mut used = names(&manifest, "workspace.dependencies");
    used.retain(|name| !name.starts_with("hublink-"));
    let missing: Vec<&&str> = used.difference(&given).collect();
    let gone: Vec<&&str> = given.difference(&used).collect();
    assert!(missing.is_empty(), "README.md gives no reason for {missing:?}");
    assert!(gone.is_empty(), "README.md explains what is not used: {gone:?}");
}
