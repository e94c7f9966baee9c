//! Globs of `*`, `**` and plain text, matched segment by segment.
//!
//! Nearly all patterns in policies are of this kind, and every operation is held against every rule. A walk over the
//! segments is several times as fast as the regular expression that globset makes, and most texts need no walk: they
//! lack a plain part of the glob. It gives the same answers as globset, which a test holds it to; what has other
//! meta characters stays with globset.

use memchr::memmem::Finder;

/// A glob, taken apart at its slashes.
#[derive(Clone)]
pub(super) struct PathGlob {
    segments: Box<[Segment]>,
    /// What every text holds that the glob takes. The last parts of a glob say most and come first.
    needed: Box<[Finder<'static>]>,
}

#[derive(Clone)]
enum Segment {
    /// `**`: any number of segments; at the end of a glob, at least one.
    AnyNumber,
    /// Text without a star.
    Literal(Box<str>),
    /// Text with stars: what it begins with, what comes between stars, what it ends with.
    Stars { first: Box<str>, middle: Box<[Box<str>]>, last: Box<str> },
}

impl PathGlob {
    /// Takes a glob apart that has no meta character but stars, `**` only as whole segments, and no empty segment.
    pub(super) fn new(glob: &str) -> Self {
        let segments = glob.split('/').map(Segment::new).collect();
        // A `**` may take no segment at all, and with it goes the slash beside it.
        let parts = glob.split("**").flat_map(|part| part.trim_matches('/').split('*'));
        let parts = parts.filter(|part| !part.is_empty());
        let mut needed: Vec<Finder<'static>> = parts.map(|part| Finder::new(part).into_owned()).collect();
        needed.reverse();
        let needed = needed.into();
        Self { segments, needed }
    }

    /// Whether the glob takes the whole text.
    pub(super) fn is_match(&self, text: &str) -> bool {
        if self.needed.iter().any(|part| part.find(text.as_bytes()).is_none()) {
            return false;
        }
        let mut wanted = self.segments.iter();
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
    // Segments are short: to look at each byte is faster than to set up a search.
    let slash = text.bytes().position(|byte| byte == b'/').and_then(|at| text.split_at_checked(at));
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
        let mut parts: Vec<Box<str>> = text.split('*').map(Box::from).collect();
        match (parts.pop(), parts.is_empty()) {
            (Some(last), false) => {
                let first = parts.remove(0);
                Self::Stars { first, middle: parts.into(), last }
            }
            _ => Self::Literal(text.into()),
        }
    }

    fn takes(&self, text: &str) -> bool {
        match self {
            Self::AnyNumber => true,
            Self::Literal(literal) => **literal == *text,
            Self::Stars { first, middle, last } => {
                let ends = text.strip_prefix(&**first).and_then(|text| text.strip_suffix(&**last));
                let Some(mut between) = ends else { return false };
                // Each part as early as it can be leaves the most for those that follow.
                middle.iter().all(|part| match between.split_once(&**part) {
                    Some((_, after)) => {
                        between = after;
                        true
                    }
                    None => false,
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
