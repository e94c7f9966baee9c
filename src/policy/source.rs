//! From the bytes of a file that people write by hand to its tree, or to why there is none.
//!
//! What kind of file it is decides how it is called in messages and how large it may be, and nothing else.

use super::problem::{Place, PolicyError, Problems};
use super::tree::{self, Node};

/// A kind of file: its names, its bounds, and what to do about one that is out of them.
#[derive(Debug)]
pub(crate) struct Form {
    /// This one: `the policy`.
    pub(crate) the: &'static str,
    /// One of them: `a policy`.
    pub(crate) a: &'static str,
    /// What it is made of: `rules`.
    pub(crate) parts: &'static str,
    /// What to write into one that is empty.
    pub(crate) beginning: &'static str,
    /// The largest file that is read, in bytes.
    pub(crate) max_bytes: usize,
    /// How many nodes it may have once its aliases are expanded.
    pub(crate) max_nodes: usize,
    /// What to do when there are more.
    pub(crate) too_many: &'static str,
    /// What to do when lists and maps nest too deep.
    pub(crate) too_deep: &'static str,
}

/// A policy. One for a thousand projects has a tenth of a mebibyte, and the largest that people keep by hand some
/// hundreds of nodes.
pub(super) const POLICY: Form = Form {
    the: "the policy",
    a: "a policy",
    parts: "rules",
    beginning: "begin with `version: 1`, then `scopes` and `rules`",
    max_bytes: 1 << 20,
    max_nodes: 10_000,
    too_many: "use fewer aliases, or globs in the place of long lists",
    too_deep: "a match hardly needs three levels: use fewer `any`, `all` and `not`",
};

/// Some editors begin a UTF-8 file with it. It is no part of the text.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';

/// Reads a file and makes something of its tree. `origin` is what its errors call it: a path, a URL.
///
/// # Errors
/// When anything was reported, or `read` made nothing of it. The error holds every mistake that was found.
pub(crate) fn read_document<T>(
    bytes: &[u8],
    form: &Form,
    origin: &str,
    read: impl FnOnce(&Node, &mut Problems) -> Option<T>,
) -> Result<T, PolicyError> {
    let mut problems = Problems::default();
    let made = check_text(bytes, form, &mut problems)
        .and_then(|source| tree::parse(source, form, &mut problems))
        .and_then(|root| read(&root, &mut problems));
    match made {
        Some(made) if problems.is_empty() => Ok(made),
        _ => {
            let shown = bytes.get(..form.max_bytes).unwrap_or(bytes);
            let source = String::from_utf8_lossy(shown);
            let source = source.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&source);
            Err(PolicyError::new(origin, source, problems))
        }
    }
}

fn check_text<'a>(bytes: &'a [u8], form: &Form, problems: &mut Problems) -> Option<&'a str> {
    if bytes.len() > form.max_bytes {
        problems.report(
            Place::START,
            format!("{} has {} bytes, and at most {} are read", form.the, bytes.len(), form.max_bytes),
            "check that this is the right file",
        );
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)),
        Err(error) => {
            let offset = error.valid_up_to();
            let before = String::from_utf8_lossy(bytes.get(..offset).unwrap_or_default());
            let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
            let place = Place { line: before.matches('\n').count() + 1, column, width: 1 };
            problems.report(
                place,
                format!("{} is not UTF-8: the byte at offset {offset} is no part of a character", form.the),
                "save the file as UTF-8",
            );
            None
        }
    }
}
