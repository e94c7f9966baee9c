//! Tests of the tree: what is read past, what ends the reading, and that hostile input ends it soon.

use std::fmt::Write as _;

use super::super::problem::PolicyError;
use super::super::source::POLICY;
use super::*;

/// The tree in one line, and each problem as `line:column message`.
fn read(source: &str) -> (Option<String>, Vec<String>) {
    let mut problems = Problems::default();
    let tree = parse(source, &POLICY, &mut problems).map(|node| shown(&node));
    let error = PolicyError::new("policy.yaml", source, problems);
    let problems = error.problems().iter();
    (tree, problems.map(|p| format!("{}:{} {}", p.line(), p.column(), p.message())).collect())
}

fn shown(node: &Node) -> String {
    match &node.value {
        Value::Scalar(scalar) if scalar.plain => scalar.text.clone(),
        Value::Scalar(scalar) => format!("'{}'", scalar.text),
        Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(",")),
        Value::Map(entries) => {
            let entries: Vec<_> = entries.iter().map(|e| format!("{}:{}", e.key, shown(&e.value))).collect();
            format!("{{{}}}", entries.join(","))
        }
    }
}

#[test]
fn a_document_becomes_a_tree_in_its_own_order() {
    let (tree, problems) = read("b: 1\na: [x, '1', \"2\"]\nc:\n  - {d: }\n  - |\n    text\n");
    assert_eq!(tree.unwrap(), "{b:1,a:[x,'1','2'],c:[{d:},'text\n']}");
    assert!(problems.is_empty());
}

#[test]
fn an_alias_stands_for_a_copy() {
    let (tree, problems) = read("a: &x {k: [1, 2]}\nb: *x\nc: [*x]");
    assert_eq!(tree.unwrap(), "{a:{k:[1,2]},b:{k:[1,2]},c:[{k:[1,2]}]}");
    assert!(problems.is_empty());
}

#[test]
fn what_can_be_read_past_is_reported_and_left_out() {
    let source = "a: 1\nb: 2\na: 3\n? [x, y]\n: 4\nc: !!str 5\nd: 6\n---\ne: 7\n";
    let (tree, problems) = read(source);
    assert_eq!(tree.unwrap(), "{a:1,b:2,c:5,d:6}");
    assert_eq!(
        problems,
        [
            "3:1 `a` is here a second time",
            "4:3 a list or a map cannot be a key",
            "6:4 `tag:yaml.org,2002:!str` is a tag, and a policy takes none",
            "8:1 a second document begins here",
        ]
    );
}

#[test]
fn a_repeated_key_says_where_the_first_one_is() {
    let mut problems = Problems::default();
    parse("x:\n  one: 1\n  one: 2", &POLICY, &mut problems).unwrap();
    let error = PolicyError::new("policy.yaml", "", problems);
    assert_eq!(error.problems()[0].help(), "the first one is in line 2, column 3: keep one of them");
}

#[test]
fn the_same_key_in_two_maps_is_no_repetition() {
    assert!(read("a: {k: 1}\nb: {k: 2}").1.is_empty());
}

#[test]
fn a_text_without_content_is_called_empty() {
    for source in ["", "\n\n", "# only a comment\n", "---\n", "~", "null", "--- # x\n...\n"] {
        assert_eq!(read(source), (None, vec!["1:1 the policy is empty".to_owned()]), "{source:?}");
    }
}

#[test]
fn broken_yaml_is_reported_where_it_breaks() {
    for (source, want) in [
        ("a: [1, 2\nb: 3", "2:2 not valid YAML: "),
        ("a: 'x", "1:4 not valid YAML: "),
        ("a: *x", "1:4 not valid YAML: "),
        ("a: 1\n b: 2", "2:3 not valid YAML: "),
        ("a: }", "1:4 not valid YAML: "),
    ] {
        let (tree, problems) = read(source);
        assert!(tree.is_none(), "{source:?}");
        assert!(problems[0].starts_with(want), "{source:?}: {problems:?}");
    }
}

#[test]
fn an_alias_inside_of_its_own_anchor_is_refused() {
    let (tree, problems) = read("a: &x [1, *x]");
    assert_eq!(
        (tree, problems),
        (None, vec!["1:11 this alias stands inside of what it stands for".to_owned()])
    );
}

#[test]
fn nesting_is_taken_up_to_its_limit_and_not_beyond() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(&nested(MAX_DEPTH)).1.is_empty());
    let (tree, problems) = read(&nested(MAX_DEPTH + 1));
    assert_eq!((tree, problems), (None, vec!["1:65 lists and maps are nested more than 64 deep".to_owned()]));
}

#[test]
fn an_alias_cannot_nest_deeper_than_what_is_written_out() {
    let half = format!("{}{}", "[".repeat(40), "]".repeat(40));
    let (tree, problems) = read(&format!("- &x {half}\n- {}*x{}", "[".repeat(30), "]".repeat(30)));
    assert!(tree.is_none() && problems[0].contains("nested more than 64 deep"), "{problems:?}");
}

#[test]
fn values_are_counted_after_aliases_are_written_out() {
    // 100 scalars and their list are 101 values; the outer list is one, and each alias 101 again.
    let items = vec!["x"; 100].join(",");
    let aliases = |count: usize| format!("- &x [{items}]\n{}", "- *x\n".repeat(count));
    assert!(read(&aliases(98)).1.is_empty());
    let (tree, problems) = read(&aliases(99));
    assert!(tree.is_none());
    assert_eq!(problems, ["100:3 the policy has more than 10000 values once its aliases are written out"]);
}

#[test]
fn hostile_input_ends_soon_in_one_problem() {
    let mut laughs = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for i in 1..30 {
        let refs = vec![format!("*a{}", i - 1); 10].join(", ");
        let _ = writeln!(laughs, "a{i}: &a{i} [{refs}]");
    }
    let anchors: String = (0..9_000).fold(String::new(), |mut text, i| {
        let _ = writeln!(text, "- &a{i} {{k: v}}");
        text
    });
    for (name, source) in [
        ("exploding anchors", laughs),
        ("brackets", "[".repeat(100_000)),
        ("braces", "{".repeat(100_000)),
        ("maps in maps", "{a: ".repeat(100_000)),
        ("dashes", "- ".repeat(100_000)),
        ("question marks", "? ".repeat(100_000)),
        ("indentation", (0..1_000).map(|i| format!("{}a:\n", " ".repeat(i))).collect()),
        ("many anchors", anchors),
        ("many values", "- a\n".repeat(200_000)),
    ] {
        let (tree, problems) = read(&source);
        assert!(tree.is_none() && problems.len() == 1, "{name}: {problems:?}");
    }
}

#[test]
fn a_place_counts_characters_not_bytes() {
    let mut problems = Problems::default();
    let tree = parse("# ü\nä: [ö, 'ü']", &POLICY, &mut problems).unwrap();
    let Value::Map(entries) = &tree.value else { panic!("{tree:?}") };
    assert_eq!(entries[0].key_place, Place { line: 2, column: 1, width: 1 });
    assert_eq!(entries[0].value.place, Place { line: 2, column: 4, width: 8 });
    let Value::List(items) = &entries[0].value.value else { panic!("{tree:?}") };
    assert_eq!(items[1].place, Place { line: 2, column: 8, width: 3 });
}
