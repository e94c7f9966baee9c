//! Plans as somebody else would write them: edited as a text, with a digest that fits.
//!
//! What is digested is worked out here a second time, from the words of the documentation alone.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// The text of a plan with one of its parts replaced, and with the digest that fits.
pub(crate) fn forged(plan: &str, from: &str, to: &str) -> String {
    let other = plan.replacen(from, to, 1);
    assert_ne!(other, plan, "no {from:?} in {plan}");
    signed(&other)
}

/// The text with the digest that fits.
pub(crate) fn signed(plan: &str) -> String {
    let (rest, _) = plan.rsplit_once(",\n  \"digest\":").expect("a plan ends with its digest");
    let mut digest = String::new();
    for byte in Sha256::digest(compact(&format!("{rest}}}"))) {
        write!(digest, "{byte:02x}").unwrap();
    }
    format!("{rest},\n  \"digest\": \"sha256:{digest}\"\n}}\n")
}

/// JSON without the white space between its parts.
fn compact(text: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let keep = |c: &char| {
        let kept = in_string || !c.is_ascii_whitespace();
        match *c {
            _ if escaped => escaped = false,
            '\\' => escaped = in_string,
            '"' => in_string = !in_string,
            _ => {}
        }
        kept
    };
    text.chars().filter(keep).collect()
}
