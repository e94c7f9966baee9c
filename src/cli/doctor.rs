//! `curfew doctor`: what is missing before a sweep can do its work, and how to mend it.
//!
//! What is looked at, and what it means, is in the module of the same name; this prints it.

use std::fmt::Write as _;
use std::process::ExitCode;

use anstream::println;
use anstyle::{AnsiColor, Style};

use super::failure::{ALL_WELL, BAD_INPUT, CliFailure, NEEDS_ATTENTION, NOTHING_READ};
use super::options::{DoctorArgs, Format};
use super::run::configuration;
use super::show::to_json;
use crate::clock::Clock;
use crate::config;
use crate::doctor::{Diagnosis, Finding, Health, Role, Status, examine};
use crate::permissions::KMS_NOTE;

/// The variables that name AWS's region, the one that wins first.
const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// What stands for an account that the credential does not name.
const UNKNOWN_MEMBER: &str = "MEMBER";

/// Runs the command.
pub(super) async fn run(args: DoctorArgs) -> Result<ExitCode, CliFailure> {
    let regions = REGIONS.into_iter().filter_map(config::variable);
    let region = regions.into_iter().find(|region| !region.is_empty());
    let diagnosis =
        examine(configuration(&args.connection), args.mode, &Clock::system(), region.as_deref()).await;
    match args.format {
        Format::Json => println!("{}", to_json(&diagnosis)?),
        Format::Table => println!("{}\n{}\n{}", findings(&diagnosis), needs(&diagnosis), sum(&diagnosis)),
    }
    Ok(ExitCode::from(match diagnosis.health {
        Health::AllWell => ALL_WELL,
        Health::SomethingMissing => NEEDS_ATTENTION,
        Health::BadConfiguration => BAD_INPUT,
        Health::NothingRead => NOTHING_READ,
    }))
}

/// A line for each finding, and one below it for what to do.
fn findings(diagnosis: &Diagnosis) -> String {
    let labels: Vec<String> = diagnosis.findings.iter().map(label).collect();
    let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or_default();
    let mut out = String::new();
    for (finding, label) in diagnosis.findings.iter().zip(labels) {
        let (mark, style) = mark(finding.status);
        let mut lines = finding.detail.lines();
        let first = lines.next().unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{style}{mark}{style:#} {label:<width$}  {first}");
        for line in lines {
            let _ = writeln!(out, "    {line}");
        }
        if let Some(remedy) = &finding.remedy {
            let _ = writeln!(out, "    → {remedy}");
        }
    }
    out
}

fn label(finding: &Finding) -> String {
    match &finding.subject {
        Some(subject) => format!("{} {subject}", finding.check),
        None => finding.check.to_string(),
    }
}

fn mark(status: Status) -> (char, Style) {
    match status {
        Status::Ok => ('✓', AnsiColor::Green.on_default()),
        Status::Warning => ('!', AnsiColor::Yellow.on_default()),
        Status::Missing => ('✗', AnsiColor::Red.on_default().bold()),
        Status::Skipped => ('–', Style::new().dimmed()),
    }
}

/// What must be granted, ready to be pasted.
fn needs(diagnosis: &Diagnosis) -> String {
    let mut out = String::from("On AWS, the function's role needs ");
    match &diagnosis.needs.aws {
        None => out.push_str("nothing beside its own log.\n"),
        // `{:#}` of JSON is indented.
        Some(policy) => {
            let _ = writeln!(out, "this policy, and {KMS_NOTE}:\n\n{policy:#}");
        }
    }
    if !diagnosis.needs.google.is_empty() {
        let account = diagnosis.account.as_ref().map(|account| format!("serviceAccount:{account}"));
        let member = account.as_deref().unwrap_or(UNKNOWN_MEMBER);
        out.push_str("\nOn Google Cloud, the account needs this role:\n\n");
        diagnosis.needs.google.iter().for_each(|role| write_role(&mut out, role, member));
        if account.is_none() {
            let _ = writeln!(
                out,
                "\n{UNKNOWN_MEMBER} is the account: serviceAccount:NAME@PROJECT.iam.gserviceaccount.com"
            );
        }
    }
    out
}

fn write_role(out: &mut String, role: &Role, member: &str) {
    let Role { resource, included_permissions, .. } = role;
    let permissions = included_permissions.join(",");
    let (flag, command) = match resource.split_once('/') {
        Some(("projects", project)) => {
            (format!("--project={project}"), format!("gcloud projects add-iam-policy-binding {project}"))
        }
        Some(("organizations", organization)) => (
            format!("--organization={organization}"),
            format!("gcloud organizations add-iam-policy-binding {organization}"),
        ),
        // A custom role can live in neither: it is said what must be granted, and where.
        _ => {
            let _ = writeln!(out, "# on {resource}: {permissions}");
            return;
        }
    };
    let _ = writeln!(
        out,
        "gcloud iam roles create curfew {flag} --title=curfew --stage=GA \\\n  --permissions={permissions}\n\
         {command} \\\n  --member={member} --role={resource}/roles/curfew"
    );
}

fn sum(diagnosis: &Diagnosis) -> String {
    let count = |status| diagnosis.findings.iter().filter(|finding| finding.status == status).count();
    let so = match diagnosis.health {
        Health::AllWell => "all well",
        Health::SomethingMissing => "a sweep would not do all of its work",
        Health::BadConfiguration => "no sweep can start",
        Health::NothingRead => "a sweep would read nothing",
    };
    format!(
        "{so}: {} ok, {} with a warning, {} missing, {} skipped",
        count(Status::Ok),
        count(Status::Warning),
        count(Status::Missing),
        count(Status::Skipped)
    )
}
