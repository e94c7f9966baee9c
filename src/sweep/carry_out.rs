//! Carrying a plan out: the one place from which a cancel is sent, and the one place that looks at the mode.
//!
//! Every operation of the plan is dealt with by itself, the oldest first, and the failure of one is nothing to the
//! others. An operation whose cancellation had been requested before is only watched.

use futures_util::future::join_all;
use tokio::time::Instant;

use super::bounded::Bounded;
use super::{Event, Observer, Settings};
use crate::clock::Clock;
use crate::follow_up::{FollowedUp, Window, follow_up};
use crate::plan::{Chosen, Violator, Withheld};
use crate::policy::{Closed, Mode, Policy};
use crate::report::OperationRecord;
use crate::service::{CancelAnswer, CancelReply, OperationsService};

/// What carrying out needs.
pub(super) struct Run<'a, S, O> {
    pub(super) service: &'a Bounded<'a, S>,
    pub(super) settings: &'a Settings,
    pub(super) mode: Mode,
    pub(super) policy: &'a Policy,
    pub(super) clock: &'a Clock,
    pub(super) observer: &'a O,
}

/// Why a cancel was not sent.
enum NotSent {
    /// For the whole run, or for want of time.
    Because(Withheld),
    /// A window has closed since the plan was made.
    Closed(Closed),
}

impl<S: OperationsService, O: Observer> Run<'_, S, O> {
    /// Deals with every operation of the plan. The records come in the plan's order.
    pub(super) async fn carry_out(&self, chosen: &Chosen) -> Vec<OperationRecord> {
        join_all(chosen.plan.violating.iter().map(|violator| self.deal_with(violator, chosen))).await
    }

    async fn deal_with(&self, violator: &Violator, chosen: &Chosen) -> OperationRecord {
        let mut record = OperationRecord::untouched(violator, &self.settings.sweep_id, self.mode);
        match violator.withheld {
            None => self.cancel(violator, &mut record).await,
            Some(Withheld::AlreadyRequested) => {
                let seen = self.watch(violator, None).await;
                record.follow(seen);
            }
            Some(Withheld::Limit) => record.message.clone_from(&chosen.plan.limit),
            Some(Withheld::Changed) => record.message = chosen.change_of(violator).map(str::to_owned),
            Some(_) => {}
        }
        self.observer.observe(Event::Recorded(&record));
        record
    }

    async fn cancel(&self, violator: &Violator, record: &mut OperationRecord) {
        let reply = match self.send_cancel(violator).await {
            Ok(reply) => reply,
            Err(NotSent::Because(withheld)) => {
                record.withheld = Some(withheld);
                return;
            }
            Err(NotSent::Closed(closed)) => {
                record.close(closed);
                return;
            }
        };
        let answer = reply.answer;
        record.answer(reply);
        self.observer.observe(Event::Cancelled(record));
        let seen = self.watch(violator, Some(answer)).await;
        record.follow(seen);
    }

    /// Sends a cancel, or says why not. Only `enforce` gets past the first line.
    async fn send_cancel(&self, violator: &Violator) -> Result<CancelReply, NotSent> {
        match self.mode {
            Mode::Off => return Err(NotSent::Because(Withheld::Off)),
            Mode::Audit => return Err(NotSent::Because(Withheld::Audit)),
            Mode::Enforce => {}
        }
        let deadlines = &self.settings.deadlines;
        let late = NotSent::Because(Withheld::Deadline);
        let Violator { service, operation, .. } = violator;
        let turn = self.service.permit(service, operation.location(), deadlines.stop_starting).await;
        let Ok(permit) = turn else { return Err(late) };
        if deadlines.stop_starting.is_some_and(|stop| Instant::now() >= stop) {
            return Err(late);
        }
        // The plan's instant has passed, and its turn may come after a window has closed. To look again can only
        // take away.
        let rule = self.policy.rule(&violator.rule);
        if let Some(closed) = rule.and_then(|rule| self.policy.closed(rule, self.clock.now())) {
            return Err(NotSent::Closed(closed));
        }
        Ok(self.service.cancel_with(permit, service, operation, deadlines.stop).await)
    }

    async fn watch(&self, violator: &Violator, answer: Option<CancelAnswer>) -> FollowedUp {
        let window = Window { watch_for: self.policy.follow_up_for, until: self.settings.deadlines.stop };
        follow_up(self.service, (&violator.service, &violator.operation), answer, window).await
    }
}
