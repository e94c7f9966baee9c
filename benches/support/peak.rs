//! The most memory that a process has had at one time.

use std::fs;

/// `VmHWM` of a process, by its id or `self`; `None` where there is no `/proc`.
pub(crate) fn peak_resident_bytes(process: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(kibibytes.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}
