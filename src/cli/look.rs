//! What the commands judge that cancel nothing: a snapshot from the service, or one that was saved.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstream::eprintln;
use clap::Args;

use super::failure::{ALL_WELL, BAD_INPUT, CliFailure, NEEDS_ATTENTION, NOTHING_READ};
use super::options::Connection;
use super::progress::Progress;
use super::run::{authenticate, policy_at, set_up_if, settings};
use crate::clock::Clock;
use crate::offline::seen_by;
use crate::plan::{Assessment, plan};
use crate::policy::{Mode, Policy};
use crate::request::{Narrow, Request, Trigger};
use crate::setup::PolicyRead;
use crate::snapshot::Snapshot;
use crate::sweep::assess;

/// A snapshot instead of the service.
#[derive(Debug, Args)]
pub struct Saved {
    /// Judge a snapshot that `curfew snapshot` saved, as of its own instant. The service is not asked, and no
    /// credential is needed. What the policy covers and the snapshot does not is a gap.
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,
}

/// A policy, what there is under it, and what it says of that.
pub(super) struct Looked {
    pub(super) policy: PolicyRead,
    pub(super) snapshot: Snapshot,
    pub(super) assessment: Assessment,
}

/// Reads everything that the policy covers, and judges it. `check` sees the policy first, and may end it there.
pub(super) async fn look(
    connection: &Connection,
    saved: &Saved,
    check: impl FnOnce(&Policy) -> Result<(), CliFailure>,
) -> Result<Looked, CliFailure> {
    if let Some(path) = &saved.snapshot {
        let policy = policy_at(&connection.policy).await?;
        check(&policy.policy)?;
        let snapshot = seen_by(saved_snapshot(path)?, &policy.policy);
        let assessment = plan(&snapshot, &policy.policy, &Narrow::default());
        return Ok(Looked { policy, snapshot, assessment });
    }
    let (policy, client) = set_up_if(connection, check).await?;
    authenticate(&client).await?;
    let request = Request::everything(Trigger::CommandLine);
    let progress = Progress::start();
    let (snapshot, assessment) =
        assess(&client, &policy.policy, &request, &settings(Mode::Audit), &Clock::system(), &progress).await;
    progress.finish();
    Ok(Looked { policy, snapshot, assessment })
}

/// Reads a file that `curfew snapshot` wrote.
pub(super) fn saved_snapshot(path: &Path) -> Result<Snapshot, CliFailure> {
    let unusable = |error: &dyn std::error::Error| {
        CliFailure::caused(BAD_INPUT, &format!("the snapshot {} cannot be used", path.display()), error)
    };
    let bytes = std::fs::read(path).map_err(|error| unusable(&error))?;
    Snapshot::from_json(&bytes).map_err(|error| unusable(&error))
}

/// Tells what could not be read, and gives the exit code.
pub(super) fn tell_gaps(snapshot: &Snapshot) -> ExitCode {
    for gap in &snapshot.gaps {
        eprintln!("gap: {gap}");
    }
    exit_code(snapshot)
}

/// The exit code of a command that only read.
pub(super) fn exit_code(snapshot: &Snapshot) -> ExitCode {
    ExitCode::from(match (snapshot.gaps.is_empty(), snapshot.pages) {
        (true, _) => ALL_WELL,
        (false, 0) => NOTHING_READ,
        (false, _) => NEEDS_ATTENTION,
    })
}
