use super::*;
use crate::operation::Operation;
use crate::service::CallError;
use crate::testing::scripted::{Scripted, failure};
use crate::testing::{clouddeploy, ended as ended_operation, running as running_operation};

fn running(requested: bool) -> Sighting {
    Sighting::Seen { progress: Progress::Running, requested: Some(requested), told: true }
}

fn ended(ending: Ending) -> Sighting {
    Sighting::Seen { progress: Progress::Ended(ending), requested: Some(false), told: true }
}

const ANSWERS: [Option<CancelAnswer>; 7] = [
    None,
    Some(CancelAnswer::Accepted),
    Some(CancelAnswer::Unsupported),
    Some(CancelAnswer::Denied),
    Some(CancelAnswer::NotFound),
    Some(CancelAnswer::Refused),
    Some(CancelAnswer::Unreachable),
];

#[test]
fn what_get_shows_decides_whatever_the_cancel_was_answered() {
    for answer in ANSWERS {
        for (sighting, want) in [
            (ended(Ending::Cancelled), State::Cancelled),
            (ended(Ending::Completed), State::Completed),
            (ended(Ending::Failed { code: 13 }), State::Failed),
            (ended(Ending::Unstated), State::Finished),
            (running(true), State::Cancelling),
            (Sighting::Seen { progress: Progress::Running, requested: None, told: true }, State::Unknown),
            (Sighting::Absent, State::Gone),
            (Sighting::Unreadable("x".to_owned()), State::Unknown),
        ] {
            assert_eq!(state_of(&sighting, answer), want, "{sighting:?} after {answer:?}");
        }
    }
}

#[test]
fn only_an_accepted_cancel_can_be_ignored() {
    for answer in ANSWERS {
        let want = if answer == Some(CancelAnswer::Accepted) { State::Ignored } else { State::Running };
        assert_eq!(state_of(&running(false), answer), want, "{answer:?}");
    }
}

#[test]
fn an_operation_is_watched_for_as_long_as_it_could_still_change() {
    for answer in ANSWERS {
        for state in State::ALL {
            let ended = matches!(
                state,
                State::Cancelled | State::Completed | State::Failed | State::Finished | State::Gone
            );
            let turned_down = state == State::Running
                && matches!(
                    answer,
                    Some(CancelAnswer::Denied | CancelAnswer::Unsupported | CancelAnswer::NotFound)
                );
            assert_eq!(is_settled(state, answer), ended || turned_down, "{state:?} after {answer:?}");
        }
    }
}

#[test]
fn reads_grow_apart_up_to_eight_seconds() {
    let got: Vec<u128> =
        (0..7).map(|reads| pause_before(reads, Some(CancelAnswer::Accepted)).as_millis()).collect();
    assert_eq!(got, [500, 1000, 2000, 4000, 8000, 8000, 8000]);
    assert_eq!(pause_before(0, Some(CancelAnswer::Denied)), Duration::ZERO);
    assert_eq!(pause_before(u32::MAX, None), Duration::from_secs(8));
}

fn goes_on(requested: bool) -> Result<Operation, CallError> {
    Ok(Operation { cancellation_requested: Some(requested), ..running_operation("o", 60) })
}

fn has_completed() -> Result<Operation, CallError> {
    Ok(ended_operation("o", 60))
}

/// Follows `o` up through these reads, the last of which stays, and answers what came of it and when it was looked
/// at, in milliseconds.
async fn followed(
    gets: Vec<Result<Operation, CallError>>,
    answer: Option<CancelAnswer>,
    watch_for: Duration,
    until: Option<Duration>,
) -> (FollowedUp, Vec<u128>) {
    let started = Instant::now();
    let service = Scripted::default().gets("o", gets);
    let window = Window { watch_for, until: until.map(|until| started + until) };
    let name = running_operation("o", 60).name;
    let got = follow_up(&service, (&clouddeploy(), &name), answer, window).await;
    let looks = service.calls().iter().map(|(at, _)| (*at - started).as_millis()).collect();
    (got, looks)
}

const ACCEPTED: Option<CancelAnswer> = Some(CancelAnswer::Accepted);
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn it_looks_at_growing_intervals_and_once_more_when_the_window_closes() {
    let (got, looks) = followed(vec![goes_on(true)], ACCEPTED, MINUTE, None).await;
    assert_eq!(looks, [500, 1_500, 3_500, 7_500, 15_500, 23_500, 31_500, 39_500, 47_500, 55_500, 60_000]);
    let want = FollowedUp { state: State::Cancelling, polls: 11, took: MINUTE, message: None };
    assert_eq!(got, want);
}

#[tokio::test(start_paused = true)]
async fn what_happens_in_the_last_moment_of_the_window_is_still_seen() {
    let mut gets = vec![goes_on(true); 3];
    gets.push(has_completed());
    let (got, looks) = followed(gets, ACCEPTED, Duration::from_secs(4), None).await;
    assert_eq!(looks, [500, 1_500, 3_500, 4_000]);
    assert_eq!(got.state, State::Completed);
}

#[tokio::test(start_paused = true)]
async fn it_stops_looking_once_the_state_is_final() {
    let (got, looks) = followed(vec![goes_on(true), has_completed()], ACCEPTED, MINUTE, None).await;
    assert_eq!(looks, [500, 1_500]);
    assert_eq!((got.state, got.polls, got.took), (State::Completed, 2, Duration::from_millis(1_500)));
    let absent = Err(failure(FailureKind::NotFound));
    let (got, looks) = followed(vec![absent], ACCEPTED, MINUTE, None).await;
    assert_eq!((got.state, got.message, looks.len()), (State::Gone, None, 1));
}

#[tokio::test(start_paused = true)]
async fn without_a_window_it_looks_once_and_at_once() {
    for answer in ANSWERS {
        let (got, looks) = followed(vec![goes_on(false)], answer, Duration::ZERO, None).await;
        assert_eq!(looks, [0], "{answer:?}");
        let want = if answer == ACCEPTED { State::Ignored } else { State::Running };
        assert_eq!((got.state, got.polls), (want, 1), "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancel_that_was_turned_down_is_read_back_once() {
    for answer in [CancelAnswer::Denied, CancelAnswer::Unsupported, CancelAnswer::NotFound] {
        let (got, looks) = followed(vec![goes_on(false)], Some(answer), MINUTE, None).await;
        assert_eq!((got.state, looks), (State::Running, vec![0]), "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancel_without_a_usable_answer_is_watched_like_an_accepted_one() {
    let gets = vec![goes_on(false), goes_on(true), has_completed()];
    let (got, looks) = followed(gets, Some(CancelAnswer::Unreachable), MINUTE, None).await;
    assert_eq!((got.state, looks), (State::Completed, vec![0, 1_000, 3_000]));
}

#[tokio::test(start_paused = true)]
async fn a_read_that_fails_is_made_again_and_the_last_one_counts() {
    let unreadable = || Err(failure(FailureKind::Unreachable));
    let (got, _) = followed(vec![unreadable(), has_completed()], ACCEPTED, MINUTE, None).await;
    assert_eq!((got.state, got.polls, got.message), (State::Completed, 2, None));
    let (got, looks) =
        followed(vec![goes_on(true), unreadable()], ACCEPTED, Duration::from_secs(3), None).await;
    assert_eq!((got.state, looks.len()), (State::Unknown, 3), "an earlier sighting is no evidence");
    assert_eq!(got.message.as_deref(), Some("could not be read: Unreachable"));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_cuts_the_window_short() {
    let (got, looks) = followed(vec![goes_on(true)], ACCEPTED, MINUTE, Some(Duration::from_secs(5))).await;
    assert_eq!(looks, [500, 1_500, 3_500]);
    assert_eq!((got.state, got.took), (State::Cancelling, Duration::from_millis(3_500)));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_has_passed_leaves_nothing_known() {
    let (got, looks) =
        followed(vec![Err(failure(FailureKind::OutOfTime))], ACCEPTED, MINUTE, Some(Duration::ZERO)).await;
    assert_eq!((got.state, got.polls, looks), (State::Unknown, 1, vec![0]));
}
