use super::*;
use crate::catalogue::default_service;
use crate::emulator::scenario::Scenario;

fn deploy() -> Arc<Service> {
    default_service()
}

fn start() -> DateTime<Utc> {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn seconds(seconds: i64) -> DateTime<Utc> {
    start() + TimeDelta::seconds(seconds)
}

/// A world of one operation `o`, an hour old, with these further keys.
fn one(keys: &str) -> World {
    let text = format!("operations: [{{ name: projects/p/locations/l/operations/o, age: 1h {keys} }}]");
    World::new(&Scenario::parse(&text, "test").unwrap(), start())
}

fn name(id: &str) -> OperationName {
    OperationName::parse(&format!("projects/p/locations/l/operations/{id}")).unwrap()
}

fn standing(world: &World, now: DateTime<Utc>) -> Standing {
    world.get(now, &deploy(), &name("o")).unwrap().standing
}

fn first(size: usize) -> PageOf<'static> {
    PageOf { token: None, size }
}

#[test]
fn an_operation_without_an_end_runs_for_ever() {
    assert_eq!(standing(&one(""), start() + TimeDelta::days(10_000)), Standing::Running);
}

#[test]
fn an_operation_ends_by_itself_when_it_reaches_its_age() {
    let world = one(", runs_for: 2h, ends: failed");
    assert_eq!(standing(&world, seconds(3599)), Standing::Running);
    let want = Standing::Ended { at: seconds(3600), how: End::Failed };
    assert_eq!(standing(&world, seconds(3600)), want);
    assert_eq!(standing(&world, seconds(9999)), want);
}

#[test]
fn an_operation_may_have_ended_before_the_world_began() {
    let world = one(", runs_for: 10m");
    assert_eq!(standing(&world, start()), Standing::Ended { at: seconds(-3000), how: End::Completed });
}

#[test]
fn an_operation_may_be_created_in_the_future() {
    let text = "operations: [{ name: projects/p/locations/l/operations/o, age: -5m }]";
    let world = World::new(&Scenario::parse(text, "test").unwrap(), start());
    assert_eq!(world.get(start(), &deploy(), &name("o")).unwrap().created, seconds(300));
}

#[test]
fn each_reaction_to_a_cancel_is_what_its_word_says() {
    let ended = |how| Some(Standing::Ended { at: seconds(0), how });
    for (word, requested, want) in [
        ("cancelled", true, ended(End::Cancelled)),
        ("completed", true, ended(End::Completed)),
        ("failed", true, ended(End::Failed)),
        ("finished", true, ended(End::Finished)),
        ("cancelling", true, Some(Standing::Running)),
        ("ignored", false, Some(Standing::Running)),
        ("vanishes", true, None),
    ] {
        let mut world = one(&format!(", on_cancel: {word}"));
        assert_eq!(world.cancel(start(), &deploy(), &name("o")), Ok(()), "{word}");
        match (world.get(start(), &deploy(), &name("o")), want) {
            (Ok(got), Some(want)) => {
                assert_eq!((got.standing, got.cancellation_requested), (want, requested), "{word}");
            }
            (Err(got), None) => assert_eq!(got.code, Code::NotFound, "{word}"),
            (got, want) => panic!("{word}: {got:?} instead of {want:?}"),
        }
    }
}

#[test]
fn a_cancel_that_is_not_taken_leaves_the_operation_alone() {
    for (word, want) in [
        ("refused", Code::FailedPrecondition),
        ("unimplemented", Code::Unimplemented),
        ("denied", Code::PermissionDenied),
    ] {
        let mut world = one(&format!(", on_cancel: {word}"));
        assert_eq!(world.cancel(start(), &deploy(), &name("o")).unwrap_err().code, want);
        let got = world.get(start(), &deploy(), &name("o")).unwrap();
        assert_eq!((got.standing, got.cancellation_requested), (Standing::Running, false), "{word}");
    }
}

#[test]
fn a_cancel_may_be_refused_because_the_operation_ends_at_that_moment() {
    let mut world = one(", on_cancel: { answer: refused, becomes: completed }");
    assert_eq!(world.cancel(seconds(5), &deploy(), &name("o")).unwrap_err().code, Code::FailedPrecondition);
    let got = world.get(seconds(5), &deploy(), &name("o")).unwrap();
    assert_eq!(got.standing, Standing::Ended { at: seconds(5), how: End::Completed });
    assert!(!got.cancellation_requested);
}

#[test]
fn a_second_cancel_is_taken_and_delays_nothing() {
    let mut world = one(", on_cancel: { becomes: cancelled, after: 10s }");
    assert_eq!(world.cancel(seconds(0), &deploy(), &name("o")), Ok(()));
    assert_eq!(world.cancel(seconds(9), &deploy(), &name("o")), Ok(()));
    assert_eq!(standing(&world, seconds(10)), Standing::Ended { at: seconds(10), how: End::Cancelled });
}

#[test]
fn a_cancel_comes_too_late_for_an_operation_that_ends_first() {
    let mut world = one(", runs_for: 1h5s, on_cancel: { becomes: cancelled, after: 10s }");
    assert_eq!(world.cancel(seconds(0), &deploy(), &name("o")), Ok(()));
    assert_eq!(standing(&world, seconds(20)), Standing::Ended { at: seconds(5), how: End::Completed });
    assert_eq!(world.cancel(seconds(20), &deploy(), &name("o")).unwrap_err().code, Code::FailedPrecondition);
}

#[test]
fn a_cancel_from_before_the_world_began_shows_and_counts_from_its_start() {
    let got = one(", cancellation_requested: true");
    let got = got.get(start() + TimeDelta::days(9), &deploy(), &name("o")).unwrap();
    assert_eq!((got.standing, got.cancellation_requested), (Standing::Running, true));
    let world = one(", cancellation_requested: true, on_cancel: { becomes: cancelled, after: 10s }");
    assert_eq!(standing(&world, seconds(9)), Standing::Running);
    assert_eq!(standing(&world, seconds(10)), Standing::Ended { at: seconds(10), how: End::Cancelled });
}

#[test]
fn a_deleted_operation_cannot_be_read_cancelled_or_listed() {
    let mut world = one("");
    assert_eq!(world.delete(start(), &deploy(), &name("o")), Ok(()));
    assert_eq!(world.get(start(), &deploy(), &name("o")).unwrap_err().code, Code::NotFound);
    assert_eq!(world.cancel(start(), &deploy(), &name("o")).unwrap_err().code, Code::NotFound);
    assert_eq!(world.delete(start(), &deploy(), &name("o")).unwrap_err().code, Code::NotFound);
    assert!(
        world
            .list(start(), (&deploy(), "projects/p/locations/l/operations"), None, first(9))
            .unwrap()
            .entries
            .is_empty()
    );
}

#[test]
fn a_vanished_operation_is_not_listed() {
    let world = one(", runs_for: 2h, ends: vanishes");
    let listed = |now| {
        world
            .list(now, (&deploy(), "projects/p/locations/l/operations"), None, first(9))
            .unwrap()
            .entries
            .len()
    };
    assert_eq!((listed(seconds(3599)), listed(seconds(3600))), (1, 0));
}

fn ids(listed: &Listed<Shown<'_>>) -> Vec<String> {
    listed.entries.iter().map(|shown| shown.plan.name.id().to_owned()).collect()
}

#[test]
fn every_page_size_shows_every_operation_once() {
    let world = one(", count: 10");
    let want: Vec<_> = (1..=10).map(|number| format!("o-{number:04}")).collect();
    for size in 1..=11 {
        let (mut got, mut token, mut pages) = (Vec::new(), None::<String>, 0);
        loop {
            let page = PageOf { token: token.as_deref(), size };
            let listed =
                world.list(start(), (&deploy(), "projects/p/locations/l/operations"), None, page).unwrap();
            assert!(listed.entries.len() <= size);
            got.extend(ids(&listed));
            pages += 1;
            token = listed.next;
            if token.is_none() {
                break;
            }
        }
        // No empty page at the end: a token is given only when something follows.
        assert_eq!((&got, pages), (&want, 10_usize.div_ceil(size)), "page size {size}");
    }
}

#[test]
fn a_page_goes_on_where_it_was_when_the_entry_before_it_is_deleted() {
    let mut world = one(", count: 4");
    let token =
        world.list(start(), (&deploy(), "projects/p/locations/l/operations"), None, first(2)).unwrap().next;
    world.delete(start(), &deploy(), &name("o-0002")).unwrap();
    let page = PageOf { token: token.as_deref(), size: 2 };
    assert_eq!(
        ids(&world.list(start(), (&deploy(), "projects/p/locations/l/operations"), None, page).unwrap()),
        ["o-0003", "o-0004"]
    );
}

#[test]
fn an_empty_page_leads_to_where_it_would_have_begun() {
    let world = one(", count: 3");
    let token =
        world.list(start(), (&deploy(), "projects/p/locations/l/operations"), None, first(0)).unwrap().next;
    let page = PageOf { token: token.as_deref(), size: 9 };
    assert_eq!(
        world
            .list(start(), (&deploy(), "projects/p/locations/l/operations"), None, page)
            .unwrap()
            .entries
            .len(),
        3
    );
}

#[test]
fn a_token_is_good_for_its_own_parent_and_filter_only() {
    let text = "operations:\n\
                - { name: projects/p/locations/l/operations/o, age: 1h, count: 3 }\n\
                - { name: projects/p/locations/m/operations/o, age: 1h, count: 3 }";
    let world = World::new(&Scenario::parse(text, "test").unwrap(), start());
    let token =
        world.list(start(), (&deploy(), "projects/p/locations/l/operations"), None, first(1)).unwrap().next;
    let page = PageOf { token: token.as_deref(), size: 9 };
    assert!(world.list(start(), (&deploy(), "projects/p/locations/l/operations"), None, page).is_ok());
    for (location, done) in [("m", None), ("l", Some(false))] {
        let got = world
            .list(start(), (&deploy(), &format!("projects/p/locations/{location}/operations")), done, page)
            .unwrap_err();
        assert_eq!(got.code, Code::InvalidArgument);
    }
}

#[test]
fn who_may_not_see_a_place_is_not_told_whether_it_exists() {
    let mut world = one("");
    let denied = |refusal: Refusal| assert_eq!(refusal.code, Code::PermissionDenied);
    denied(
        world.list(start(), (&deploy(), "projects/q/locations/l/operations"), None, first(9)).unwrap_err(),
    );
    denied(
        world.list(start(), (&deploy(), "projects/p/locations/m/operations"), None, first(9)).unwrap_err(),
    );
    denied(world.locations((&deploy(), "projects/q/locations"), first(9)).unwrap_err());
    let elsewhere = OperationName::parse("projects/q/locations/l/operations/o").unwrap();
    denied(world.get(start(), &deploy(), &elsewhere).unwrap_err());
    denied(world.cancel(start(), &deploy(), &elsewhere).unwrap_err());
    denied(world.delete(start(), &deploy(), &elsewhere).unwrap_err());
}
