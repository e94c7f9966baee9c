//! Policies as people write them: nothing is found in any of them.

use std::fs;
use std::path::Path;

use crate::findings;

#[test]
fn nothing_is_found_in_good_policies() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut looked_at = 0;
    for folder in ["tests/lint/good", "policies"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.to_string_lossy();
            // A policy's tests stand beside it.
            if name.ends_with(".yaml") && !name.ends_with(".test.yaml") {
                let found = findings(&fs::read_to_string(&path).unwrap());
                assert!(found.found.is_empty(), "{}:\n{}", path.display(), found.warnings());
                looked_at += 1;
            }
        }
    }
    assert!(looked_at >= 24, "only {looked_at}");
}
