//! `cargo xtask bench`: what counting accesses costs. Three servers that differ only in when an access is kept
//! take turns under the same calls, on the same cores and the same disk. Must not know how they count.

mod call;
mod clock;
mod cores;
mod disk;
mod figures;
mod h2load;
mod level;
mod log;
pub(crate) mod options;
mod promises;
mod report;
mod server;
mod start;

use std::path::Path;

use crate::{
    Outcome,
    children::{Children, End},
    debian, run,
};

use self::{
    call::Call,
    cores::Cores,
    disk::Disk,
    figures::{Cell, Rounds},
    h2load::Load,
    level::{LEVELS, Level},
    options::Options,
    report::Report,
    server::{DURABILITIES, Durability, Server},
};

/// How often the disk is asked how long one commit takes, spread over the rounds.
const COMMITS: usize = 200;

/// Measures and prints what it found. Fails when something could not be measured.
pub(crate) fn run(options: &Options) -> Outcome {
    debian::ensure(&[debian::H2LOAD])?;
    let cores = Cores::find();
    // Before the programs, so that it goes after them.
    let folder = disk::folder()?;
    let mut children = Children::new()?;
    let end = measure(options, &cores, folder.path(), &mut children);
    children.end();
    match end {
        Ok(report) => {
            run::say(&report.text());
            Ok(())
        }
        Err(End::Asked) => Err("asked to end before everything was measured".into()),
        Err(End::Failed(reason)) => Err(reason),
    }
}

fn measure<'m>(
    options: &'m Options,
    cores: &'m Cores,
    folder: &Path,
    children: &mut Children,
) -> Result<Report<'m>, End> {
    server::build(children)?;
    let mut disk = Disk::open(folder)?;
    let servers = start_servers(cores, folder, children)?;
    let mut bench =
        Bench { children, load: Load { cores, folder }, servers, call: Call::template(options.protocol) };
    run::note("warming up");
    let numbers = bench.warm_up()?;
    run::note(&format!("calls in one turn, by how many are in flight: {}", turns(&numbers)));
    let mut rounds = vec![Rounds::default(); LEVELS.len()];
    for round in 0..options.rounds {
        run::note(&format!("round {} of {}", round + 1, options.rounds));
        disk.commit(COMMITS.div_ceil(options.rounds))?;
        for ((level, number), rounds) in LEVELS.iter().zip(&numbers).zip(&mut rounds) {
            rounds.push(bench.round(level, *number, round % 2 == 1)?);
        }
    }
    let start = start::with_full_ledger(&bench.load, &bench.servers, folder, bench.children)?;
    Ok(Report { options, cores, commit: disk.median(), rounds, start })
}

/// One after the other: the first makes the certificate that all share.
fn start_servers(cores: &Cores, folder: &Path, children: &mut Children) -> Result<Vec<Server>, End> {
    let mut start = |durability: Durability| {
        Server::start(durability, &server::data(folder, durability), cores, children)
    };
    DURABILITIES.into_iter().map(&mut start).collect()
}

fn turns(numbers: &[usize]) -> String {
    let turn = |(level, number): (&Level, _)| format!("{}: {number}", level.in_flight());
    LEVELS.iter().zip(numbers).map(turn).collect::<Vec<_>>().join(", ")
}

/// What takes part in every measurement.
struct Bench<'b> {
    children: &'b mut Children,
    load: Load<'b>,
    /// In the order of [`DURABILITIES`].
    servers: Vec<Server>,
    call: Call,
}

impl Bench<'_> {
    /// Warms every server up; how many calls to make at each level.
    fn warm_up(&mut self) -> Result<Vec<usize>, End> {
        let number = |level: &Level| {
            let rates = self.servers.iter().map(|server| {
                let warm_up = level.warm_up_calls();
                self.load.rate(&self.call, server, level, warm_up, self.children)
            });
            Ok(level.calls(&rates.collect::<Result<Vec<_>, End>>()?))
        };
        LEVELS.iter().map(number).collect()
    }

    /// One turn of each server.
    fn round(&mut self, level: &Level, number: usize, backwards: bool) -> Result<[Cell; 3], End> {
        let mut order: [usize; 3] = [0, 1, 2];
        if backwards {
            order.reverse();
        }
        let mut cells = [Cell::default(); 3];
        for index in order {
            cells[index] = self.cell(index, level, number)?;
        }
        Ok(cells)
    }

    fn cell(&mut self, index: usize, level: &Level, number: usize) -> Result<Cell, End> {
        let server = &self.servers[index];
        let before = server.clock()?;
        let rate = self.load.rate(&self.call, server, level, number, self.children)?;
        let cpu = server.clock()?.since(&before)?;
        let times = self.load.times(&self.call, server, level, number, self.children)?;
        Ok(Cell { cpu: cpu.as_secs_f64() * 1e6 / number as f64, rate, p50: times.p50, p99: times.p99 })
    }
}
