//! The limit of open file descriptors of this process.

use nix::sys::resource::{Resource::RLIMIT_NOFILE, getrlimit, setrlimit};

/// The most descriptors of a process on macOS (`OPEN_MAX` in its `sys/syslimits.h`), whose hard limit may be reported as
/// unlimited.
const OPEN_MAX: u64 = 10_240;

/// Raises the soft limit to the hard one, and returns the limit in effect; none where the system does not report it. The soft
/// limit is low for programs that use `select`, which this is not.
pub(crate) fn raise_descriptor_limit() -> Option<u64> {
    let (soft, hard) = getrlimit(RLIMIT_NOFILE).ok()?;
    let candidates = [hard, OPEN_MAX.min(hard)].into_iter().filter(|limit| *limit > soft);
    Some(candidates.into_iter().find(|limit| setrlimit(RLIMIT_NOFILE, *limit, hard).is_ok()).unwrap_or(soft))
}
