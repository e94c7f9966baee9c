//! Braces taken apart: `{a,b}-*` is `a-*` or `b-*`, and either of them is matched several times as fast as both at once.
//!
//! Only choices between plain texts are taken apart: what those mean is plain, too.

/// Most globs that one may become. Two pairs of braces with four choices each are more than anybody writes.
const MAX_GLOBS: usize = 16;

/// The globs, without a brace, of which at least one takes a text exactly when this glob does. `None` when its braces
/// nest, hold anything but plain texts, or stand for too many globs.
pub(super) fn take_apart(glob: &str) -> Option<Vec<String>> {
    let mut globs = vec![String::new()];
    let mut rest = glob;
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, after) = after.split_once('}')?;
        let choices: Vec<&str> = inside.split(',').collect();
        let plain =
            |choice: &&str| !choice.is_empty() && !choice.contains(['/', '*', '?', '[', ']', '{', '\\']);
        if !choices.iter().all(plain) || globs.len() * choices.len() > MAX_GLOBS {
            return None;
        }
        globs = globs
            .iter()
            .flat_map(|glob| choices.iter().map(move |choice| format!("{glob}{before}{choice}")))
            .collect();
        rest = after;
    }
    globs.iter_mut().for_each(|glob| glob.push_str(rest));
    Some(globs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_choice_makes_a_glob() {
        for (glob, want) in [
            ("a/*", vec!["a/*"]),
            ("{a}", vec!["a"]),
            ("**/{a,b}-*", vec!["**/a-*", "**/b-*"]),
            ("{a,b}/{c,d}", vec!["a/c", "a/d", "b/c", "b/d"]),
        ] {
            assert_eq!(take_apart(glob).unwrap(), want, "{glob}");
        }
    }

    #[test]
    fn what_is_no_choice_between_plain_texts_is_left_alone() {
        for glob in
            ["{a,}", "{a,b*}", "{a,{b,c}}", "{a/b,c}", r"{a,\,}", "{[,],a}", "{a,b}{c,d}{a,b}{c,d}{a,b}"]
        {
            assert_eq!(take_apart(glob), None, "{glob}");
        }
    }
}
