//! How many files and sockets this process may have open.

use nix::sys::resource::{Resource::RLIMIT_NOFILE, getrlimit, setrlimit};

/// Raises the soft limit to the hard one, and returns how many descriptors this process may have; none where the system
/// does not say. The soft limit is low for old programs that use `select`; this one is not among them.
pub(crate) fn raise_limit() -> Option<u64> {
    let (soft, hard) = getrlimit(RLIMIT_NOFILE).ok()?;
    // Some systems allow less than the hard limit that they tell: then the soft one stands.
    let raised = soft < hard && setrlimit(RLIMIT_NOFILE, hard, hard).is_ok();
    Some(if raised { hard } else { soft })
}
