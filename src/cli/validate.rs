//! `curfew validate`: everything that is wrong with a policy, before it is deployed, and what deserves a second look.

use std::process::ExitCode;

use anstream::{eprintln, println};

use super::failure::{ALL_WELL, BAD_INPUT, CliFailure};
use super::lint::findings;
use super::options::ValidateArgs;
use super::run::policy_at;
use crate::lint::FUNCTION_TIMEOUT;
use crate::policy::duration::format as format_duration;
use crate::policy::{Policy, Windows};

/// Runs the command: every policy is checked, though others are wrong.
pub(super) async fn run(args: &ValidateArgs) -> Result<ExitCode, CliFailure> {
    let mut code = ALL_WELL;
    for source in &args.policies {
        match policy_at(source).await {
            Ok(read) => {
                println!("{}: valid\n{}", shown(&read.source), summary(&read.policy));
                let found = findings(&read, FUNCTION_TIMEOUT);
                if !found.found.is_empty() {
                    eprintln!("{}\n", found.warnings().coloured());
                }
            }
            Err(failure) => {
                eprintln!("{failure}");
                code = BAD_INPUT;
            }
        }
    }
    Ok(ExitCode::from(code))
}

/// A file by its path alone, as it is written on the command line.
pub(super) fn shown(source: &str) -> &str {
    source.strip_prefix("file:").unwrap_or(source)
}

/// The policy as curfew understood it, a line a part.
fn summary(policy: &Policy) -> String {
    let mut lines = vec![format!("  mode       {}", policy.mode)];
    lines.extend(policy.scopes.iter().map(|scope| format!("  scope      {scope}")));
    lines.extend(policy.protect.iter().map(|protection| format!("  protect    {protection}")));
    lines.extend(policy.rules.iter().map(|rule| format!("  rule       {rule}")));
    let Windows { active, freeze } = &policy.windows;
    lines.extend(active.iter().map(|window| format!("  active     {window}")));
    lines.extend(freeze.iter().map(|window| format!("  freeze     {window}")));
    lines.push(format!("  limits     {}", policy.limits));
    lines.push(format!("  follow up  for {}", format_duration(policy.follow_up_for)));
    lines.push(format!("  digest     {}", policy.digest));
    lines.join("\n")
}
