//! Page tokens: where the next page begins, in a form that a client cannot make sense of.
//!
//! A token holds the last entry of the page before it, and a digest over that, the parent and the filter: a token
//! that was made up, or comes from another list, is not taken. There is no state behind a token, so it stays good
//! when the entry that it points at is deleted.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// Bytes of the digest that go into a token: enough to tell a slip from a token; nobody attacks an emulator.
const DIGEST_BYTES: usize = 8;

fn digest(list: &str, last: &str) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(list);
    // No name holds a newline, so no two pairs of list and entry run together.
    hash.update("\n");
    hash.update(last);
    hash.finalize().iter().copied().take(DIGEST_BYTES).collect()
}

/// The token for the page that begins after `last` in `list`. `list` is the parent with whatever else a client
/// must keep from page to page.
pub(super) fn encode(list: &str, last: &str) -> String {
    digest(list, last).iter().chain(last.as_bytes()).fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The entry after which the page begins, or `None` if this list never gave this token.
pub(super) fn decode(list: &str, token: &str) -> Option<String> {
    let digits = token.as_bytes().chunks(2);
    let bytes = digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    let bytes: Vec<u8> = bytes.collect::<Option<_>>()?;
    let (given, last) = bytes.split_at_checked(DIGEST_BYTES)?;
    let last = std::str::from_utf8(last).ok()?;
    (given == digest(list, last)).then(|| last.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_entry() {
        assert_eq!(decode("projects/p", &encode("projects/p", "op-7")).as_deref(), Some("op-7"));
    }

    #[test]
    fn a_token_of_another_list_is_not_taken() {
        assert_eq!(decode("projects/q", &encode("projects/p", "op-7")), None);
    }

    #[test]
    fn what_is_no_token_is_not_taken() {
        for made_up in ["x", "00", "ö", "0102030405060708", "+102030405060708", "zz02030405060708"] {
            assert_eq!(decode("projects/p", made_up), None, "{made_up}");
        }
    }

    #[test]
    fn a_token_does_not_show_what_it_holds() {
        assert!(!encode("projects/p", "op-7").contains("op-7"));
    }
}
