//! Globs of `*`, `**` and plain text, matched segment by segment.
//!
//! Nearly all patterns in policies are of this kind, and every operation is held against every rule. A walk over the
//! segments is several times as fast as the regular expression that globset makes. It gives the same answers, which
//! a test holds it to; what has other meta characters stays with globset.

use memchr::memchr;
use memchr::memmem::Finder;

/// A glob, taken apart at its slashes.
#[derive(Clone)]
pub(super) struct PathGlob(Box<[Segment]>);

#[derive(Clone)]
enum Segment {
    /// `**`: any number of segments; at the end of a glob, at least one.
    AnyNumber,
    /// Text without a star.
    Literal(Box<str>),
    /// Text with stars: what it begins with, what comes between stars, what it ends with.
    Stars { first: Box<str>, middle: Box<[Finder<'static>]>, last: Box<str> },
}

impl PathGlob {
    /// Takes a glob apart that has no meta character but stars, `**` only as whole segments, and no empty segment.
    pub(super) fn new(glob: &str) -> Self {
        Self(glob.split('/').map(Segment::new).collect())
    }

    /// Whether the glob takes the whole text.
    pub(super) fn is_match(&self, text: &str) -> bool {
        let mut wanted = self.0.iter();
        // The segments that are left; `None` after the last.
        let mut rest = Some(text);
        // What follows the last `**`, and what it has not taken yet. An earlier `**` never needs to take more.
        let mut retry: Option<(std::slice::Iter<'_, Segment>, &str)> = None;
        loop {
            let matched = match (wanted.next(), rest) {
                (None, rest) => rest.is_none(),
                (Some(Segment::AnyNumber), Some(left)) => {
                    if wanted.as_slice().is_empty() {
                        return true;
                    }
                    retry = Some((wanted.clone(), left));
                    continue;
                }
                (Some(segment), Some(left)) => {
                    let (head, tail) = split_first(left);
                    rest = tail;
                    if segment.takes(head) {
                        continue;
                    }
                    false
                }
                (Some(_), None) => false,
            };
            if matched {
                return true;
            }
            // The last `**` takes one more segment, and all after it is tried again from there.
            let Some((after, left)) = retry else { return false };
            let (_, Some(left)) = split_first(left) else { return false };
            wanted = after.clone();
            rest = Some(left);
            retry = Some((after, left));
        }
    }
}

/// The first segment, and the others if there are any.
fn split_first(text: &str) -> (&str, Option<&str>) {
    let slash = memchr(b'/', text.as_bytes()).and_then(|at| text.split_at_checked(at));
    match slash {
        Some((head, tail)) => (head, tail.strip_prefix('/')),
        None => (text, None),
    }
}

impl Segment {
    fn new(text: &str) -> Self {
        if text == "**" {
            return Self::AnyNumber;
        }
        let Some((first, rest)) = text.split_once('*') else { return Self::Literal(text.into()) };
        let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
        let middle = middle.split('*').filter(|part| !part.is_empty());
        let middle = middle.map(|part| Finder::new(part).into_owned()).collect();
        Self::Stars { first: first.into(), middle, last: last.into() }
    }

    fn takes(&self, text: &str) -> bool {
        match self {
            Self::AnyNumber => true,
            Self::Literal(literal) => **literal == *text,
            Self::Stars { first, middle, last } => {
                let ends = text.strip_prefix(&**first).and_then(|text| text.strip_suffix(&**last));
                let Some(mut between) = ends else { return false };
                // Each part as early as it can be leaves the most for those that follow.
                middle.iter().all(|part| {
                    let found = part.find(between.as_bytes());
                    match found.and_then(|at| between.get(at + part.needle().len()..)) {
                        Some(after) => {
                            between = after;
                            true
                        }
                        None => false,
                    }
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use globset::GlobBuilder;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn it_gives_the_answers_of_globset(
            segments in prop::collection::vec("\\*\\*|\\*|a|b|ab|a\\*|\\*b|a\\*b|\\*a\\*|a\\*b\\*a", 1..6),
            text in "(a|b|ab|aba|abba|)(/(a|b|ab|aba|abab|)){0,4}",
        ) {
            let glob = segments.join("/");
            let reference = GlobBuilder::new(&glob).literal_separator(true).build().unwrap().compile_matcher();
            let got = PathGlob::new(&glob).is_match(&text);
            prop_assert_eq!(got, reference.is_match(&text), "{} on {:?}", glob, text);
        }
    }

    #[test]
    fn many_stars_do_not_make_it_slow() {
        // Backtracking into every `**` would take longer than anybody waits.
        let glob = PathGlob::new(&format!("{}c", "**/a/".repeat(100)));
        assert!(!glob.is_match(&"a/b/".repeat(50)));
        assert!(!glob.is_match(&format!("{}b", "a/".repeat(5_000))));
        let stars = PathGlob::new(&format!("{}b", "a*".repeat(300)));
        assert!(!stars.is_match(&"a".repeat(100_000)));
    }
}
