//! The help texts: a person who knows nothing finds the way.

use std::path::Path;

use crate::command::run;

#[tokio::test]
async fn the_help_of_every_command_has_an_example_and_the_exit_codes() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let commands = ["demo", "sweep", "plan", "apply", "explain", "validate", "emulator"].map(Some);
    for command in [None].into_iter().chain(commands) {
        let mut arguments: Vec<&str> = command.into_iter().collect();
        arguments.push("--help");
        let help = run(&arguments, &[], here).await.exits(0);
        help.says(&format!("Examples:\n  curfew {}", command.unwrap_or_default()));
        for line in [
            "Exit codes:",
            "  0  all well",
            "  1  the sweep ran, but a violator was not cancelled or a collection could not be read",
            "  2  bad usage, policy or configuration",
            "  3  nothing could be read",
        ] {
            help.says(line);
        }
        assert_eq!(help.err, "");
    }
}

#[tokio::test]
async fn a_call_without_a_command_shows_the_commands_and_fails() {
    let ran = run(&[], &[], Path::new(env!("CARGO_MANIFEST_DIR"))).await.exits(2);
    for command in ["demo", "sweep", "explain", "validate", "emulator"] {
        ran.complains(&format!("\n  {command}"));
    }
}

#[tokio::test]
async fn the_version_is_that_of_the_package() {
    let ran = run(&["--version"], &[], Path::new(env!("CARGO_MANIFEST_DIR"))).await.exits(0);
    assert_eq!(ran.out, concat!("curfew ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[tokio::test]
async fn where_an_exit_code_means_something_else_the_help_says_what() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (command, means) in
        [("diff", "  1  more new cancels than allowed, or a gap"), ("replay", "  1  something differs")]
    {
        let help = run(&[command, "--help"], &[], here).await.exits(0);
        help.says(means);
        assert!(!help.out.contains("the sweep ran"), "{}", help.out);
    }
}
