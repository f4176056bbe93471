//! How long a server takes to start where many accesses are counted already. Must not know how they are kept.

use std::{fs, path::Path, time::Instant};

use crate::{
    Outcome,
    children::{Children, End},
    project, run,
};

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
/// How often it is started.
const STARTS: usize = 5;

/// The accesses in the ledger that were reported.
pub(crate) const ACCESSES: u64 = METHODS * CALLS;

/// Reports the accesses to the relaxed one of `servers`, ends it, and starts a strict one with its ledger; the median
/// time until it listens, in milliseconds.
pub(crate) fn with_full_ledger(
    load: &Load<'_>,
    servers: &[Server],
    folder: &Path,
    children: &mut Children,
) -> Result<f64, End> {
    run::note(&format!("starting with {ACCESSES} accesses"));
    let alone = Level { connections: 1, streams: 1 };
    for server in servers {
        if server.durability == Durability::Relaxed {
            load.rate(&Call::report(METHODS, CALLS, &token()?), server, &alone, 1, children)?;
        }
        server.end(children);
    }
    let data = server::data(folder, Durability::Relaxed);
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let begin = Instant::now();
        let server = Server::start(Durability::Strict, &data, load.cores, children)?;
        times.push(begin.elapsed().as_secs_f64() * 1e3);
        server.end(children);
    }
    Ok(median(&times))
}

/// The report token of the servers.
fn token() -> Outcome<String> {
    let file = project::report_token();
    let token =
        fs::read_to_string(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    Ok(token.trim().to_owned())
}
