//! How long a server takes to start with many accesses in its ledger.

use std::{path::Path, time::Instant};

use anyhow::Result;
use fs_err as fs;
use xtask::{print, project};

use super::{
    call::Call,
    figures::median,
    h2load::Load,
    level::Level,
    server::{self, Durability, Server},
};

/// How many methods of another service are reported, and how many calls of each: 10 million together.
const METHODS: u64 = 250;
const CALLS: u64 = 40_000;
/// How often the server is started.
const STARTS: usize = 5;

/// The reported accesses in the ledger.
pub(crate) const ACCESSES: u64 = METHODS * CALLS;

/// Reports the accesses to the relaxed one of `servers`, ends all, and starts a strict one with its ledger; the median
/// time until it listens, in milliseconds.
pub(crate) fn with_full_ledger(load: &Load<'_>, servers: &[Server], folder: &Path) -> Result<f64> {
    print::progress(&format!("starting with {ACCESSES} accesses"));
    let alone = Level { connections: 1, streams: 1 };
    for server in servers {
        if server.durability == Durability::Relaxed {
            let token = fs::read_to_string(project::report_token())?;
            load.rate(&Call::report(METHODS, CALLS, token.trim()), server, &alone, 1)?;
        }
        server.end()?;
    }
    let data = server::data(folder, Durability::Relaxed);
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let begin = Instant::now();
        let server = Server::start(Durability::Strict, &data, load.cores)?;
        times.push(begin.elapsed().as_secs_f64() * 1e3);
        server.end()?;
    }
    Ok(median(&times))
}
