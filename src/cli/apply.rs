//! `curfew apply`: an approved plan, carried out.
//!
//! To name a plan is the second key, so that the mode is `enforce` unless something says otherwise. The policy's own
//! key is looked at as ever.

use std::path::Path;
use std::process::ExitCode;

use anstream::eprintln;

use super::failure::{BAD_INPUT, CliFailure, exit_code};
use super::options::ApplyArgs;
use super::progress::Progress;
use super::run::{authenticate, set_up_if, settings};
use super::sweep::print;
use crate::clock::Clock;
use crate::plan::{Approval, PlanFile};
use crate::policy::{Mode, Policy};
use crate::request::{Request, Trigger};
use crate::setup::PolicyRead;
use crate::sweep::{Silent, apply, is_off, switched_off};

/// Runs the command.
pub(super) async fn run(args: ApplyArgs) -> Result<ExitCode, CliFailure> {
    let mode: Mode = args.mode;
    let mut settings = settings(mode);
    let request = Request::everything(Trigger::CommandLine);
    if is_off(None, mode) {
        // Nothing is read, the plan and the policy included: the kill switch has to work when those are broken.
        let report = switched_off(Some(&request), &settings, &Clock::system(), &Silent);
        print(&report, args.format)?;
        return Ok(exit_code(report.standing()));
    }
    let refused = |error: &dyn std::error::Error| {
        CliFailure::caused(BAD_INPUT, &format!("the plan {} is refused", args.plan.display()), error)
    };
    let plan = PlanFile::from_bytes(&bytes(&args.plan)?).map_err(|error| refused(&error))?;
    let approval = Approval { plan, max_age: args.max_age };
    let clock = Clock::system();
    // Nobody is asked for anything, a token included, for a plan that is refused.
    let check = |policy: &Policy| approval.check(policy, clock.now()).map_err(|error| refused(&error));
    let (PolicyRead { policy, source, .. }, client) = set_up_if(&args.connection, check).await?;
    settings.policy_source = Some(source);
    authenticate(&client).await?;
    let progress = Progress::start();
    let applied = apply(&client, &policy, &request, &approval, &settings, &clock, &progress).await;
    progress.finish();
    let report = applied.map_err(|error| refused(&error))?;
    print(&report, args.format)?;
    if policy.mode < mode {
        eprintln!("the policy says `mode: {}`: this was a rehearsal, and nothing was cancelled", policy.mode);
    }
    Ok(exit_code(report.standing()))
}

fn bytes(path: &Path) -> Result<Vec<u8>, CliFailure> {
    std::fs::read(path).map_err(|error| {
        CliFailure::caused(BAD_INPUT, &format!("the plan {} could not be read", path.display()), &error)
    })
}
