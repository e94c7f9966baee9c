//! What the documents say, held against the code where that is cheap: names, tables, samples, links.
//!
//! Whether a sentence is right, no test can say. These only make sure that nothing a user can meet is left out, and that
//! what can be parsed is parsed.
#![cfg(all(feature = "cli", feature = "emulator"))]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers are tests too, which clippy cannot see here"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use curfew::cli::Cli;
use curfew::emulator::Scenario;
use curfew::follow_up::State;
use curfew::judge::SparedBecause;
use curfew::operation::{OperationName, ResourcePath, ServiceName};
use curfew::plan::{Violator, Withheld};
use curfew::policy::{Action, Mode, Policy};
use curfew::report::{GapRecord, OperationRecord, Report};
use curfew::service::CancelAnswer;
use curfew::snapshot::{Gap, GapReason};
use curfew::suite::Suite;
use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The blocks of a document that are fenced with this language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(fence) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if fence == language {
            found.push(block.join("\n"));
        }
    }
    found
}

/// The first cells of a document's table rows, without the marks of code.
fn first_cells(text: &str) -> BTreeSet<String> {
    cells(text).into_iter().filter_map(|row| row.into_iter().next()).collect()
}

fn cells(text: &str) -> Vec<Vec<String>> {
    let rows = text.lines().map(|line| line.trim_start_matches("//! ").trim());
    let rows = rows.filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    rows.map(|row| row.split('|').map(|cell| cell.trim().trim_matches(['`', '[', ']']).to_owned()).collect())
        .collect()
}

/// Every Rust file of the crate that is not a test.
fn sources(under: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(under).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if name == "tests" || name == "testing" || name.ends_with("_tests") {
            continue;
        }
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The words that follow a prefix anywhere in a text, the prefix included.
fn words(text: &str, prefix: &str, belongs: fn(char) -> bool) -> BTreeSet<String> {
    let after = text.split(prefix).skip(1);
    let words = after.map(|rest| rest.chars().take_while(|c| belongs(*c)).collect::<String>());
    words.filter(|word| !word.is_empty()).map(|word| format!("{prefix}{word}")).collect()
}

#[track_caller]
fn assert_all_in_tables<T: ToString>(kind: &str, names: impl IntoIterator<Item = T>) {
    let known: BTreeSet<String> = cells(&read("README.md")).into_iter().flatten().collect();
    for name in names {
        let name = name.to_string();
        assert!(known.contains(&name), "the README's tables lack the {kind} `{name}`");
    }
}

#[test]
fn every_state_stands_in_a_table() {
    assert_all_in_tables("state", State::ALL);
}

#[test]
fn every_answer_to_a_cancel_stands_in_a_table() {
    use CancelAnswer::{Accepted, Denied, NotFound, Refused, Unreachable, Unsupported};
    let all = [Accepted, Unsupported, Denied, NotFound, Refused, Unreachable];
    // A new answer does not compile here until it is in the list above, too.
    let _ = |answer| match answer {
        Accepted | Unsupported | Denied | NotFound | Refused | Unreachable => {}
    };
    assert_all_in_tables("answer", all);
}

#[test]
fn every_reason_to_withhold_stands_in_a_table() {
    use Withheld::{AlreadyRequested, Audit, Changed, Deadline, Limit, Off, ReportOnly, Window};
    let all = [Audit, Off, ReportOnly, Window, Limit, Deadline, AlreadyRequested, Changed];
    let _ = |withheld| match withheld {
        Audit | Off | ReportOnly | Window | Limit | Deadline | AlreadyRequested | Changed => {}
    };
    assert_eq!(all, Withheld::ALL);
    assert_all_in_tables("reason to withhold", all);
}

#[test]
fn every_reason_to_spare_is_named() {
    use SparedBecause::{NoRule, OutsideRequest, Protected, Undecidable, WithinMaxAge, WithinMaxRunning};
    let all = [Protected, WithinMaxAge, WithinMaxRunning, NoRule, Undecidable, OutsideRequest];
    let _ = |because| match because {
        Protected | WithinMaxAge | WithinMaxRunning | NoRule | Undecidable | OutsideRequest => {}
    };
    assert_eq!(all, SparedBecause::ALL);
    let readme = read("README.md");
    for because in all {
        assert!(readme.contains(&format!("`{because}`")), "the README lacks `{because}`");
    }
}

#[test]
fn every_variable_stands_in_a_table_and_no_other_is_named() {
    let belongs: fn(char) -> bool = |c| c.is_ascii_uppercase() || c == '_';
    let code = sources(&root().join("src"));
    let code = code.iter().flat_map(|path| words(&fs::read_to_string(path).unwrap(), "CURFEW_", belongs));
    let want: BTreeSet<String> = code.collect();
    assert!(want.len() >= 4, "{want:?}");
    assert_all_in_tables("variable", &want);
    let named = words(&read("README.md"), "CURFEW_", belongs);
    assert_eq!(named, want, "the README's variables, and those of the code");
}

#[test]
fn every_command_stands_in_a_table() {
    let listed = first_cells(&read("README.md"));
    let command = Cli::command();
    let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    assert!(names.contains(&"sweep"), "{names:?}");
    for name in names {
        let full = format!("curfew {name}");
        let found = listed.iter().any(|cell| *cell == full || cell.starts_with(&format!("{full} ")));
        assert!(found, "the README's tables lack `{full}`");
    }
}

#[test]
fn every_exit_code_stands_in_a_table_in_the_words_of_the_help() {
    let help = Cli::command().get_after_help().unwrap().to_string();
    let want: Vec<(&str, &str)> = help.lines().filter_map(|line| line.trim().split_once("  ")).collect();
    assert_eq!(want.len(), 4, "{help}");
    let rows = cells(&read("README.md"));
    for (code, meaning) in want {
        assert!(rows.contains(&vec![code.to_owned(), meaning.to_owned()]), "{code}: {meaning}");
    }
}

#[test]
fn every_error_type_of_the_function_stands_in_a_table() {
    let types = words(&read("src/lambda/failure.rs"), "Curfew.", |c| c.is_ascii_alphabetic());
    assert!(types.len() >= 6, "{types:?}");
    assert_all_in_tables("error type", types);
}

#[test]
fn every_policy_test_and_scenario_in_the_readme_is_valid() {
    let (mut policies, mut scenarios) = (0, 0);
    for block in blocks(&read("README.md"), "yaml") {
        if block.starts_with("policy:") {
            Suite::parse(block.as_bytes(), "README.md").unwrap_or_else(|error| panic!("{error}"));
        } else if block.starts_with("version: 1") {
            Policy::parse(block.as_bytes(), "README.md").unwrap_or_else(|error| panic!("{error}"));
            policies += 1;
        } else {
            Scenario::parse(&block, "README.md").unwrap_or_else(|error| panic!("{error}\n{block}"));
            scenarios += 1;
        }
    }
    assert!(policies >= 1 && scenarios >= 1, "{policies} policies, {scenarios} scenarios");
}

#[test]
fn every_policy_that_comes_with_curfew_is_valid_and_named() {
    let readme = read("README.md");
    for entry in fs::read_dir(root().join("policies")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".yaml") && !name.ends_with(".test.yaml") {
            Policy::parse(&fs::read(&path).unwrap(), &name).unwrap_or_else(|error| panic!("{error}"));
            assert!(readme.contains(&name), "the README lacks policies/{name}");
        }
    }
}

fn keys(record: &Value) -> BTreeSet<String> {
    record.as_object().unwrap().keys().cloned().collect()
}

/// The README's sample of a record.
fn sample(event: &str) -> Value {
    let blocks = blocks(&read("README.md"), "json");
    let mut records = blocks.iter().map(|block| serde_json::from_str::<Value>(block).unwrap());
    records.find(|record| record["event"] == event).unwrap_or_else(|| panic!("no sample of `{event}`"))
}

#[test]
fn the_samples_of_the_records_have_the_keys_that_are_written() {
    let service = ServiceName::parse("clouddeploy").unwrap();
    let violator = Violator {
        service: service.clone(),
        operation: OperationName::parse("projects/p/locations/l/operations/o").unwrap(),
        verb: None,
        target: None,
        created_at: "2026-11-24T03:00:00Z".parse().unwrap(),
        age_s: 1,
        rule: "r".into(),
        action: Action::Cancel,
        why: String::new(),
        withheld: None,
        opens_at: None,
        window: None,
    };
    let operation = OperationRecord::untouched(&violator, "id", Mode::Enforce);
    assert_eq!(keys(&sample("operation")), keys(&serde_json::to_value(operation).unwrap()));

    let locations = ResourcePath::parse("projects/p/locations").unwrap();
    let gap = Gap::at(&service, &locations, GapReason::Denied, String::new());
    let gap = GapRecord::new(&gap, "id", Mode::Enforce);
    assert_eq!(keys(&sample("gap")), keys(&serde_json::to_value(gap).unwrap()));

    let report = Report::default();
    let line = keys(&serde_json::to_value(report.line()).unwrap());
    assert_eq!(keys(&sample("sweep")), line);

    let readme = read("README.md");
    for key in keys(&serde_json::to_value(report.whole()).unwrap()).difference(&line) {
        assert!(readme.contains(&format!("`{key}`")), "the README lacks the returned key `{key}`");
    }
}

#[test]
fn the_sums_of_the_sample_hold() {
    let sweep = sample("sweep");
    let number = |key: &str| sweep[key].as_u64().unwrap();
    let sum = |key: &str| sweep[key].as_object().unwrap().values().filter_map(Value::as_u64).sum::<u64>();
    assert_eq!(number("seen"), number("done") + number("spared") + number("violating"));
    assert_eq!(number("violating"), sum("withheld") + number("attempted"));
    assert_eq!(number("attempted"), sum("answers"));
    assert_eq!(number("attempted"), sum("states"));
}

#[test]
fn every_test_file_in_the_guide_to_them_is_valid() {
    let blocks = blocks(&read("docs/policy-tests.md"), "yaml");
    let whole: Vec<&String> = blocks.iter().filter(|block| block.starts_with("policy:")).collect();
    assert!(!whole.is_empty());
    for block in whole {
        Suite::parse(block.as_bytes(), "docs/policy-tests.md").unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn the_guide_to_tests_has_every_reason_that_can_be_expected() {
    let guide = read("docs/policy-tests.md");
    let withheld = Withheld::ALL.into_iter().filter(|one| one.is_planned() && *one != Withheld::ReportOnly);
    let withheld = withheld.map(|withheld| format!("withheld: {withheld}"));
    let other = [SparedBecause::Protected, SparedBecause::OutsideRequest];
    let spared = SparedBecause::ALL.into_iter().filter(|because| !other.contains(because));
    let spared = spared.map(|because| format!("spare: {because}"));
    for words in withheld.chain(spared) {
        assert!(guide.contains(&format!("`{words}`")), "docs/policy-tests.md lacks `{words}`");
    }
}

/// What links to the headings of a document end with.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let headings = headings.map(|line| line.trim_start_matches('#').trim().to_lowercase());
    let kept = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    headings.map(|heading| heading.replace(' ', "-").chars().filter(|c| kept(*c)).collect()).collect()
}

#[test]
fn every_link_to_a_file_leads_to_one_and_to_a_heading_in_it() {
    for document in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        let text = read(document);
        let links = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        for (link, _) in links.filter(|(link, _)| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').map_or((link, None), |(file, to)| (file, Some(to)));
            let file = if file.is_empty() { document } else { file };
            assert!(root().join(file).exists(), "{document} links to {link}, which is not there");
            let found = anchor.is_none_or(|anchor| anchors(&read(file)).contains(anchor));
            assert!(found, "{document} links to {link}, and {file} has no such heading");
        }
    }
}

/// The modules in the order of a document's table.
fn modules_in(document: &str) -> Vec<String> {
    let rows = cells(&read(document)).into_iter();
    let rows = rows.skip_while(|row| row.first().is_none_or(|cell| cell != "module")).skip(2);
    rows.map_while(|row| row.into_iter().next())
        .take_while(|cell| cell.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        .collect()
}

#[test]
fn the_table_of_modules_has_them_all_and_is_the_same_in_the_crates_documentation() {
    let table = modules_in("ARCHITECTURE.md");
    assert_eq!(modules_in("src/lib.rs"), table, "the order in src/lib.rs, and that in ARCHITECTURE.md");
    let lib = read("src/lib.rs");
    let declared = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let declared: BTreeSet<&str> = declared.collect();
    assert_eq!(table.iter().map(String::as_str).collect::<BTreeSet<_>>(), declared);
}

#[test]
fn a_module_uses_only_modules_that_stand_above_it_in_the_table() {
    let table = modules_in("ARCHITECTURE.md");
    let place = |module: &str| table.iter().position(|known| known == module);
    let source = root().join("src");
    let mut looked_at = 0;
    for path in sources(&source) {
        let inside = path.strip_prefix(&source).unwrap().with_extension("");
        let module = inside.iter().next().unwrap().to_string_lossy().into_owned();
        let Some(own) = place(&module) else {
            assert!(["bin", "lib"].contains(&module.as_str()), "{module} is not in the table");
            continue;
        };
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for used in words(code, "crate::", |c| c.is_ascii_lowercase() || c == '_') {
            let used = used.trim_start_matches("crate::");
            let other = place(used).unwrap_or_else(|| panic!("{}: crate::{used}", path.display()));
            assert!(other <= own, "{} uses `{used}`, which stands below `{module}`", path.display());
        }
        looked_at += 1;
    }
    assert!(looked_at > 40, "only {looked_at} files");
}
