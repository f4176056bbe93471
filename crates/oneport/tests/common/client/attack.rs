//! Bounds of what an attack may cost, and the memory of a process.

use std::{fs, time::Duration};

/// The slowest call of another client during an attack.
pub const SLOWEST: Duration = Duration::from_millis(250);

/// The growth of the server's memory, in KiB.
pub const MEMORY_KIB: u64 = 64 << 10;

/// A figure of a process's memory, such as `VmRSS` or `VmHWM`, in KiB.
pub fn memory_kib(process: u32, figure: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(figure)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
