//! What is left of an approved plan when it is carried out: never more than was approved.
//!
//! Time has passed since a plan was made. So everything is read and judged anew, and a planned operation is carried out
//! only if it is still the same one and breaks the same rule. The others are dropped, each with its reason. The order
//! is the plan's. Nothing that the plan does not have can come in: what is carried out is picked from the plan, one
//! operation after the other.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::file::quoted;
use super::{Assessment, Plan, PlanFile, PlanRefused, PlannedOperation, Violator, Withheld, decide};
use crate::judge::Verdict;
use crate::operation::{Operation, OperationName, ServiceName};
use crate::policy::Policy;
use crate::request::Narrow;
use crate::snapshot::Snapshot;

/// How old a plan may be unless somebody says otherwise: long enough to be read and approved, too short for the world
/// to have become another one.
pub const DEFAULT_MAX_AGE: Duration = Duration::from_secs(3600);

/// By how much a plan may come from the future: the clocks of a desk and of a function agree to the second or so.
const CLOCKS_DIFFER_BY: Duration = Duration::from_secs(60);

/// A plan that somebody approved, and how old it may be.
#[derive(Debug, Clone)]
pub struct Approval {
    /// The plan.
    pub plan: PlanFile,
    /// The oldest that it may be, from its snapshot on.
    pub max_age: Duration,
}

/// What a run carries out.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The plan.
    pub plan: Plan,
    /// Of the operations that are withheld as [`Withheld::Changed`], why.
    changes: HashMap<(ServiceName, OperationName), String>,
}

impl From<Plan> for Chosen {
    /// All of a plan.
    fn from(plan: Plan) -> Self {
        Self { plan, changes: HashMap::new() }
    }
}

impl Chosen {
    /// Why an approved operation is not carried out any more.
    #[must_use]
    pub fn change_of(&self, violator: &Violator) -> Option<&str> {
        self.changes.get(&(violator.service.clone(), violator.operation.clone())).map(String::as_str)
    }
}

impl Approval {
    /// Whether the plan may be carried out under this policy, now.
    ///
    /// # Errors
    /// When it may not. This is known before anything is listed or sent.
    pub fn check(&self, policy: &Policy, now: DateTime<Utc>) -> Result<(), PlanRefused> {
        let Self { plan, max_age } = self;
        if plan.policy_digest != policy.digest {
            let planned = quoted(&plan.policy_digest);
            return Err(PlanRefused::OtherPolicy { planned, in_force: policy.digest.clone() });
        }
        let age = now - plan.snapshot_at;
        match age.to_std() {
            Ok(age) if age > *max_age => return Err(PlanRefused::TooOld { age, max_age: *max_age }),
            Ok(_) => {}
            Err(_) => {
                let ahead = age.abs().to_std().unwrap_or(Duration::MAX);
                if ahead > CLOCKS_DIFFER_BY {
                    return Err(PlanRefused::FromFuture { ahead });
                }
            }
        }
        let outside = plan
            .operations
            .iter()
            .find(|PlannedOperation { service, operation, .. }| !policy.covers(service, operation));
        match outside {
            Some(planned) => Err(PlanRefused::OutsidePolicy(planned.name())),
            None => Ok(()),
        }
    }
}

impl PlanFile {
    /// What is still to be done of the operations that this plan would cancel, given everything as it is now.
    ///
    /// The limits count anew, over those that are left. What they withhold, or something else does that did not when
    /// the plan was made, keeps that reason. `assessment` is of the whole snapshot, not narrowed.
    #[must_use]
    pub fn shrink(&self, snapshot: &Snapshot, policy: &Policy, assessment: &Assessment) -> Chosen {
        let violators = assessment.plan.violators();
        let still: BTreeSet<(ServiceName, OperationName)> = self
            .to_cancel()
            .filter(|planned| violators.get(&planned.key()).is_some_and(|now| planned.is(now)))
            .map(|planned| (planned.service.clone(), planned.operation.clone()))
            .collect();
        let narrow = Narrow { scopes: None, operations: Some(still) };
        let left = decide(snapshot, policy, &narrow, assessment.verdicts.clone()).plan;
        let left_by_key = left.violators();

        let operations = snapshot.operations.iter().zip(&assessment.verdicts);
        let seen: HashMap<_, _> = operations
            .map(|(operation, verdict)| ((&operation.service, &operation.name), (operation, verdict)))
            .collect();
        let mut changes = HashMap::new();
        let mut violating = Vec::new();
        for planned in self.to_cancel() {
            // The last filter, by the plan itself: whatever was worked out above, nothing else is carried out.
            match left_by_key.get(&planned.key()).filter(|now| planned.is(now)) {
                Some(now) => violating.push((*now).clone()),
                None => {
                    let reason = planned.change(seen.get(&planned.key()).copied(), snapshot);
                    changes.insert((planned.service.clone(), planned.operation.clone()), reason);
                    violating.push(planned.dropped(snapshot.now));
                }
            }
        }
        let plan = Plan {
            policy_digest: left.policy_digest,
            now: left.now,
            seen: violating.len(),
            done: 0,
            spared: 0,
            spared_because: Default::default(),
            limit: left.limit,
            violating,
        };
        Chosen { plan, changes }
    }
}

impl PlannedOperation {
    /// Whether this is the planned operation still, and breaks the planned rule.
    fn is(&self, now: &Violator) -> bool {
        self.key() == now.key()
            && self.created_at == now.created_at
            && self.rule == now.rule
            && self.action == now.action
    }

    /// Why it is not any more what was planned, for people.
    fn change(&self, now: Option<(&Operation, &Verdict)>, snapshot: &Snapshot) -> String {
        let Some((operation, verdict)) = now else { return self.absence(snapshot) };
        match (operation.create_time, verdict) {
            (Some(created_at), _) if created_at != self.created_at => {
                format!("recreated: created at {created_at:?} instead of {:?}", self.created_at)
            }
            (_, Verdict::Violates(violation)) => {
                format!("it breaks another rule now: {}: {}", violation.rule, violation.why)
            }
            (_, verdict) => verdict.to_string(),
        }
    }

    fn absence(&self, snapshot: &Snapshot) -> String {
        let (project, location) = (self.operation.project(), self.operation.location());
        let gap = snapshot.gaps.iter().find(|gap| {
            gap.service == self.service
                && gap.path.project() == project
                && gap.path.location().is_none_or(|hidden| Some(hidden) == location)
        });
        let was_read =
            snapshot.collections.iter().any(|collection| collection.holds(&self.service, &self.operation));
        match gap {
            Some(gap) => {
                format!("not found, and not everything could be read where it lies: {}", gap.message)
            }
            None if was_read => "it is not there any more".to_owned(),
            None => "its location is not among those that the service lists".to_owned(),
        }
    }

    /// What is told of it when it is dropped: what was planned.
    fn dropped(&self, now: DateTime<Utc>) -> Violator {
        let age: TimeDelta = now - self.created_at;
        Violator {
            service: self.service.clone(),
            operation: self.operation.clone(),
            verb: self.verb.clone(),
            target: self.target.clone(),
            created_at: self.created_at,
            age_s: age.to_std().unwrap_or_default().as_secs(),
            rule: self.rule.clone(),
            action: self.action,
            why: self.why.clone(),
            withheld: Some(Withheld::Changed),
            opens_at: None,
            window: None,
        }
    }
}

#[cfg(test)]
mod tests;
