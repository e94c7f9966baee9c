//! `curfew snapshot`: what was read, saved to be judged later.

use std::path::Path;
use std::process::ExitCode;

use anstream::{eprintln, println};

use super::failure::{BAD_INPUT, CliFailure};
use super::look::{Looked, Saved, look, tell_gaps};
use super::options::SnapshotArgs;
use crate::snapshot::Snapshot;

/// Runs the command.
pub(super) async fn run(args: SnapshotArgs) -> Result<ExitCode, CliFailure> {
    let Looked { snapshot, .. } = look(&args.connection, &Saved { snapshot: None }, |_| Ok(())).await?;
    let text = snapshot
        .to_json()
        .map_err(|error| CliFailure::bad_input("the snapshot could not be written", &error))?;
    match &args.output {
        None => println!("{text}"),
        Some(path) => {
            write(path, &text)?;
            eprintln!("{}: {}", path.display(), summary(&snapshot));
        }
    }
    Ok(tell_gaps(&snapshot))
}

/// Writes a result to a file, whole.
pub(super) fn write(path: &Path, text: &str) -> Result<(), CliFailure> {
    std::fs::write(path, format!("{text}\n")).map_err(|error| {
        CliFailure::caused(BAD_INPUT, &format!("{} could not be written", path.display()), &error)
    })
}

fn summary(snapshot: &Snapshot) -> String {
    let (seen, running) = (snapshot.operations.len(), snapshot.running());
    let gaps = match snapshot.gaps.len() {
        0 => "no gap".to_owned(),
        1 => "1 gap".to_owned(),
        many => format!("{many} gaps"),
    };
    format!(
        "{seen} operations in {} collections, {running} of them running, {gaps}",
        snapshot.collections.len()
    )
}
