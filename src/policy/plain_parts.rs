//! The plain parts of a glob: what every text holds that the glob takes.
//!
//! Every operation is held against every rule, and most rules are about something else. To look for a few substrings
//! says so several times sooner than to match. They never say yes: that takes the whole glob.

use memchr::memmem::Finder;

/// See the module.
#[derive(Clone)]
pub(super) struct PlainParts(Box<[Finder<'static>]>);

impl PlainParts {
    /// Of a well-formed glob. The fewer there are, the less is ruled out; none at all rule nothing out.
    pub(super) fn of(glob: &str) -> Self {
        // Where a character may stand for another one, it is not worth the trouble to find out.
        if glob.contains(['\\', '[']) {
            return Self(Box::default());
        }
        let starred = without_choices(glob);
        // A `**` may take no segment at all, and with it goes the slash beside it.
        let parts = starred.split("**").flat_map(|part| part.trim_matches('/').split('*'));
        let parts = parts.filter(|part| !part.is_empty());
        let mut finders: Vec<Finder<'static>> = parts.map(|part| Finder::new(part).into_owned()).collect();
        // Resource names begin alike: the end says most.
        finders.reverse();
        Self(finders.into())
    }

    /// Whether the text holds them all. If not, the glob does not take it.
    pub(super) fn are_in(&self, text: &str) -> bool {
        self.0.iter().all(|part| part.find(text.as_bytes()).is_some())
    }
}

/// The glob with a star in the place of each `?` and each pair of braces: it takes all that the glob takes, and more.
fn without_choices(glob: &str) -> String {
    let mut depth = 0_usize;
    let mut starred = String::with_capacity(glob.len());
    for c in glob.chars() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                starred.push('*');
            }
            _ if depth > 0 => {}
            '?' => starred.push('*'),
            _ => starred.push(c),
        }
    }
    starred
}

#[cfg(test)]
mod tests {
    use globset::GlobBuilder;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn what_a_glob_takes_holds_its_plain_parts(
            segments in prop::collection::vec(
                "\\*\\*|\\*|a|ab|a\\*|\\*b|a\\?|\\?b|\\{a,b\\}|a\\{b,a\\*\\}|\\{a,\\{b,ab\\}\\}b|\\[ab\\]|\\\\a", 1..5),
            text in "(a|b|ab|aba|abb)(/(a|b|ab|aba|abb)){0,4}",
        ) {
            let glob = segments.join("/");
            let whole = GlobBuilder::new(&glob).literal_separator(true).build().unwrap().compile_matcher();
            let got = PlainParts::of(&glob).are_in(&text);
            prop_assert!(got || !whole.is_match(&text), "{} on {:?}", glob, text);
        }
    }

    #[test]
    fn a_text_without_one_of_them_is_ruled_out() {
        for (glob, text, want) in [
            ("**/targets/prod-*", "projects/p/targets/prod-1", true),
            ("**/targets/prod-*", "targets/prod-1", true),
            ("**/targets/prod-*", "projects/p/targets/dev-1", false),
            ("**/{mail,smtp}-?/x", "a/smtp-1/x", true),
            ("**/{mail,smtp}-?/x", "a/smtp+1/x", false),
            (r"**/\*", "a/b", true),
        ] {
            assert_eq!(PlainParts::of(glob).are_in(text), want, "{glob} on {text}");
        }
    }
}
