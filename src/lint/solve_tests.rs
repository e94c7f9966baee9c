//! What the solver proves, what it finds, and what it leaves open.

use super::*;
use crate::policy::Policy;

fn answer(matching: &str) -> Answer {
    let source = format!(
        "version: 1\nscopes: [{{ projects: [p], locations: [l] }}]\nrules: [{{ name: r, max_age: 1h, match: {matching} }}]"
    );
    let policy = Policy::parse(source.as_bytes(), "p").unwrap_or_else(|error| panic!("{error}"));
    let formula = Formula::is_true(&policy.rules[0].matches);
    let answer = Solver::new(Places::of(&policy)).solve(&[&formula]);
    if let Answer::Example(operation) = &answer {
        assert!(formula.holds_for(operation), "{operation:?}");
    }
    answer
}

#[test]
fn without_work_left_nothing_is_claimed() {
    let source = "version: 1\nscopes: [{ projects: [p], locations: [l] }]\nrules: [{ name: r, max_age: 1h, match: { \
                  all: [{ verb: a* }, { not: { verb: a* } }] } }]";
    let policy = Policy::parse(source.as_bytes(), "p").unwrap();
    let formula = Formula::is_true(&policy.rules[0].matches);
    let solver = Solver::new(Places::of(&policy));
    assert!(solver.solve(&[&formula]).is_never());
    let used = MAX_WORK_IN_ALL - solver.left.get();
    assert!(used > 0, "an answer is work");
    for left in [0, 1, used / 2] {
        solver.left.set(left);
        assert!(matches!(solver.solve(&[&formula]), Answer::Unclear), "{left} of {used}");
    }
}

#[test]
fn what_an_operation_can_be_is_shown_by_one() {
    for matching in [
        "{ verb: create }",
        "{ verb: [x, y], not: { verb: x } }",
        "{ target: '**/a', not: { any: [{ target: 'b/**' }, { target: '*' }] } }",
        "{ name: 'projects/q/locations/m/operations/*' }",
        "{ project: 'q*', not: { project: q } }",
        // With what a type begins with, and without.
        "{ all: [{ kind: a.B }, { kind: 'type.googleapis.com/*' }] }",
        "{ kind: a.B, not: { kind: 'c*' } }",
        "{ cancellation_requested: true, not: { all: [{ cancellation_requested: false }] } }",
        "{ metadata: { /a: 1, /b: true, /c/d: 'x*' } }",
        "{ all: [{ metadata: { /a: 1 } }, { metadata: { /a: '1' } }] }",
        "{ all: [{ metadata: { /a: 1 } }, { metadata: { /a: 1.0 } }] }",
        "{ all: [{ metadata: { /a: 1 } }, { not: { metadata: { /a: 2 } } }] }",
        "{ not: { metadata: { /a: [0, 1, 2] } } }",
        "{ not: { metadata: { /a: [x, y] } } }",
    ] {
        assert!(matches!(answer(matching), Answer::Example(_)), "{matching}");
    }
}

#[test]
fn what_no_operation_can_be_is_found_out() {
    for matching in [
        "{ verb: x, not: { verb: [x, y] } }",
        "{ verb: x, any: [{ verb: y }, { all: [{ verb: 'z*' }] }] }",
        "{ target: 'a/*', not: { target: '**' } }",
        "{ project: a/b }",
        "{ location: 'a b' }",
        "{ name: 'projects/*/operations/*' }",
        "{ all: [{ kind: a.B }, { kind: 'c.*' }] }",
        "{ cancellation_requested: true, not: { cancellation_requested: true } }",
        "{ all: [{ metadata: { /a: 1 } }, { metadata: { /a: 2 } }] }",
        "{ metadata: { /a: 1 }, not: { metadata: { /a: [3, 1] } } }",
        "{ metadata: { /a: true }, not: { metadata: { /a: [x, true] } } }",
        "{ all: [{ metadata: { /a: true } }, { metadata: { /a: x } }] }",
        "{ all: [{ metadata: { /a: 'x*' } }, { metadata: { /a: 'y*' } }] }",
    ] {
        assert!(answer(matching).is_never(), "{matching}");
    }
}
