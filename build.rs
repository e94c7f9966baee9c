//! Turns the table of services into JSON, which is read several times as fast at the start of the function as the TOML
//! that people write.
//!
//! What the rows mean is checked where they are read (`catalogue`).

use std::error::Error;
use std::path::Path;
use std::{env, fs};

const TABLE: &str = "src/google/services.toml";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={TABLE}");
    println!("cargo::rerun-if-changed=build.rs");
    let table: serde_json::Value =
        toml::from_str(&fs::read_to_string(TABLE)?).map_err(|error| format!("{TABLE}: {error}"))?;
    #[expect(clippy::disallowed_methods, reason = "this is the build's environment, not the function's")]
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("services.json"), serde_json::to_vec(&table)?)?;
    Ok(())
}
