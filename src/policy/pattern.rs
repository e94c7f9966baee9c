//! Globs over names: `*` within a path segment, `**` across segments.
//!
//! globset reads them; this module adds what a policy needs on top. A pattern without meta characters is compared as
//! it stands; one of stars and plain choices is matched by `path_glob`. A `**` that is not a whole segment is refused,
//! for globset would read it as `*` without a word, and a protection would cover less than it seems to. Case matters:
//! names of resources are case-sensitive.

use std::fmt;

use globset::{Glob, GlobBuilder};

use super::braces;
use super::model::{Matcher, Pattern};
use super::path_glob::PathGlob;
use super::plain_parts::PlainParts;

/// The longest pattern, in bytes: resource names have some hundreds. It keeps every compiled pattern far below the
/// size at which a regular expression is refused.
const MAX_BYTES: usize = 1_000;

/// How deep braces may nest. Two levels are rare; regular expressions refuse some hundreds.
const MAX_BRACES: usize = 10;

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It is empty, and no name is.
    #[error("an empty pattern matches nothing")]
    Empty,
    /// It is too long to be a pattern for a name.
    #[error("a pattern has at most 1000 bytes")]
    TooLong,
    /// It has a `**` that is only a part of a segment.
    #[error("`**` must stand alone between slashes: `**/prod-*`, `projects/**`, `**/targets/**`")]
    PartialRecursion,
    /// It has a `**` in braces, where it is not always what it says.
    #[error("`**` cannot stand in braces: write the alternatives as a list of patterns")]
    RecursionInBraces,
    /// Its braces nest too deep.
    #[error("the braces of a pattern nest at most 10 deep")]
    DeepBraces,
    /// It does not compile; the text is globset's reason.
    #[error("not a pattern: {0}")]
    Glob(String),
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// When it is empty, is no glob, or has a `**` that is not a whole segment.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        if text.len() > MAX_BYTES {
            return Err(PatternError::TooLong);
        }
        let glob = compile(text).map_err(|error| PatternError::Glob(error.kind().to_string()))?;
        check_form(text)?;
        let is_simple =
            !text.contains(['?', '[', ']', '\\']) && text.split('/').all(|segment| !segment.is_empty());
        let matcher = if !text.contains(['*', '?', '[', ']', '{', '}', '\\']) {
            Matcher::Literal
        } else if let Some(globs) = is_simple.then(|| braces::take_apart(text)).flatten() {
            let path = |glob: &String| (PlainParts::of(glob), PathGlob::new(glob));
            Matcher::Paths(globs.iter().map(path).collect())
        } else {
            Matcher::Glob(PlainParts::of(text), glob.compile_matcher())
        };
        Ok(Self { text: text.into(), matcher })
    }

    /// Whether the pattern takes this text, from its first character to its last.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        match &self.matcher {
            Matcher::Literal => &*self.text == text,
            Matcher::Paths(globs) => {
                globs.iter().any(|(parts, glob)| parts.are_in(text) && glob.is_match(text))
            }
            Matcher::Glob(parts, glob) => parts.are_in(text) && glob.is_match(text),
        }
    }

    /// The regular expression that takes the same texts, in the syntax of the regex crates and on bytes. For those who
    /// reason about patterns; what is matched is matched faster in other ways.
    #[must_use]
    pub fn to_regex(&self) -> Option<String> {
        compile(&self.text).ok().map(|glob| glob.regex().to_owned())
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn compile(text: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(text).literal_separator(true).backslash_escape(true).build()
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A compiled pattern fills pages.
        write!(f, "{:?}", self.text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        // Everything else follows from the text.
        self.text == other.text
    }
}

impl Eq for Pattern {}

/// Holds every `**` of a well-formed glob to a segment of its own, outside of braces, and braces to their depth.
fn check_form(glob: &str) -> Result<(), PatternError> {
    let mut chars = glob.chars().peekable();
    let mut braces = 0_usize;
    let mut before = '/';
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '{' if braces == MAX_BRACES => return Err(PatternError::DeepBraces),
            '{' => braces += 1,
            '}' => braces = braces.saturating_sub(1),
            '[' => skip_class(&mut chars),
            '*' => {
                let mut stars = 1_usize;
                while chars.next_if_eq(&'*').is_some() {
                    stars += 1;
                }
                if stars > 1 && braces > 0 {
                    return Err(PatternError::RecursionInBraces);
                }
                let whole = before == '/' && chars.peek().is_none_or(|after| *after == '/');
                if stars > 2 || (stars == 2 && !whole) {
                    return Err(PatternError::PartialRecursion);
                }
            }
            _ => {}
        }
        before = c;
    }
    Ok(())
}

/// Goes past a character class, in which a star is only a star. A `]` that comes first belongs to it.
fn skip_class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let _ = chars.next_if(|c| matches!(c, '!' | '^'));
    let _ = chars.next_if_eq(&']');
    for c in chars {
        if c == ']' {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::parse(pattern).unwrap().is_match(text)
    }

    #[test]
    fn one_star_stays_within_a_segment_and_two_cross_them() {
        let target = "projects/p/locations/l/targets/prod-eu";
        for (pattern, want) in [
            ("**/targets/prod-*", true),
            ("**/targets/*", true),
            ("**", true),
            ("projects/**", true),
            ("projects/*/locations/*/targets/*", true),
            ("projects/**/targets/**", true),
            ("*", false),
            ("projects/*/targets/*", false),
            ("projects/*", false),
            ("**/targets", false),
            ("targets/prod-eu", false),
            ("**/Targets/*", false),
            ("**/targets/prod-??", true),
            ("**/targets/prod?eu", true),
            ("**/targets?prod-eu", false),
            ("**/targets[/]prod-eu", true),
            ("**/targets/{prod,stage}-*", true),
            ("**/targets/prod-[a-e]u", true),
        ] {
            assert_eq!(matches(pattern, target), want, "{pattern}");
        }
    }

    #[test]
    fn a_text_without_meta_characters_is_compared_as_it_stands() {
        assert!(matches("create", "create"));
        assert!(!matches("create", "created") && !matches("create", "Create") && !matches("a.b", "axb"));
    }

    #[test]
    fn a_backslash_takes_a_meta_character_as_it_is() {
        assert!(matches(r"a\*b", "a*b") && !matches(r"a\*b", "axb"));
    }

    #[test]
    fn a_pattern_crosses_line_breaks_in_a_hostile_name() {
        assert!(matches("**/prod", "a\nb/prod"));
    }

    #[test]
    fn two_stars_that_are_no_whole_segment_are_refused() {
        for pattern in
            ["prod**", "**prod", "a/**b/c", "a/b**/c", "***", "a/***", "**?", "?**", r"\***", "{a,b}**"]
        {
            assert_eq!(Pattern::parse(pattern), Err(PatternError::PartialRecursion), "{pattern}");
        }
        for pattern in ["{**}", "{**/a,b}", "x/{a/**,b}"] {
            assert_eq!(Pattern::parse(pattern), Err(PatternError::RecursionInBraces), "{pattern}");
        }
        for pattern in ["**/**", "a/**/b", "[**]", r"\*\*", "{a,b}/**", "a[]**]b", "*/*"] {
            assert!(Pattern::parse(pattern).is_ok(), "{pattern}");
        }
    }

    #[test]
    fn a_glob_that_does_not_compile_says_why() {
        for (pattern, want) in [
            ("[a", "unclosed character class"),
            ("[z-a]", "invalid range"),
            ("{a", "unclosed alternate group"),
            ("a}", "unopened alternate group"),
            (r"a\", "dangling"),
        ] {
            let got = Pattern::parse(pattern).unwrap_err().to_string();
            assert!(got.starts_with("not a pattern: ") && got.contains(want), "{pattern}: {got}");
        }
        assert_eq!(Pattern::parse(""), Err(PatternError::Empty));
        assert_eq!(Pattern::parse(&"x".repeat(1_001)), Err(PatternError::TooLong));
    }

    #[test]
    fn the_largest_patterns_compile() {
        for unit in ["?", "*/", "**/", "{a,b,c,d}", "[!a-z]", "[ä-ü]", "ö", "{*,?}"] {
            assert!(Pattern::parse(&unit.repeat(1_000 / unit.len())).is_ok(), "{unit}");
        }
        let nested = |depth: usize| format!("{}a{}", "{".repeat(depth), "}".repeat(depth));
        assert!(Pattern::parse(&nested(10)).unwrap().is_match("a"));
        for depth in [11, 499] {
            assert_eq!(Pattern::parse(&nested(depth)), Err(PatternError::DeepBraces));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn every_pattern_gives_the_answers_of_globset(
            segments in prop::collection::vec(
                "\\*\\*|\\*|a|\\*b|a\\?|\\{a,b\\}|a\\{b,ba\\}\\*|\\*\\{a,b\\}\\{a,b\\}|\\{a,\\{b,ab\\}\\}|\\{a,b\\*\\}|[ab]b", 1..5),
            text in "(a|b|ab|aba|abb)(/(a|b|ab|aba|abb)){0,4}",
        ) {
            let glob = segments.join("/");
            let reference = GlobBuilder::new(&glob).literal_separator(true).build().unwrap().compile_matcher();
            let got = Pattern::parse(&glob).unwrap().is_match(&text);
            prop_assert_eq!(got, reference.is_match(&text), "{} on {:?}", glob, text);
        }

        #[test]
        fn no_text_of_glob_marks_makes_it_panic(text in r"([*?\[\]{}!^,/\\-]|\*\*/|a|ä|\n){0,60}") {
            let _ = Pattern::parse(&text).map(|pattern| pattern.is_match("a/b"));
        }

        #[test]
        fn two_stars_between_slashes_take_any_number_of_segments(path in "[a-z]{1,3}(/[a-z]{1,3}){0,4}") {
            let between = Pattern::parse("**/x/**/y/**").unwrap();
            let got = between.is_match(&format!("{path}/x/{path}/y/{path}"));
            prop_assert!(got);
        }
    }
}
