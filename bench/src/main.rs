//! `cargo xtask bench`: what counting accesses costs. Three servers that differ in `--durability` only take turns under
//! the same calls, on the same cores and the same disk.

mod call;
mod clock;
mod cores;
mod disk;
mod figures;
mod h2load;
mod level;
mod log;
mod options;
mod report;
mod server;
mod start;
mod targets;

use std::{path::Path, process::ExitCode};

use anyhow::Result;
use clap::Parser;
use xtask::{debian, print, run};

use self::{
    call::Call,
    cores::Cores,
    disk::DiskProbe,
    figures::{Cell, Rounds},
    h2load::Load,
    level::{LEVELS, Level},
    options::Options,
    report::Report,
    server::{DURABILITIES, Server},
};

/// How many commits of the disk are measured, spread over the rounds.
const COMMITS: usize = 200;

fn main() -> ExitCode {
    let options = Options::parse();
    run::main(|| {
        debian::ensure(&[debian::H2LOAD])?;
        let cores = Cores::find();
        let folder = disk::folder()?;
        let report = measure(&options, &cores, folder.path())?;
        print::result(&report.text());
        Ok(())
    })
}

fn measure<'m>(options: &'m Options, cores: &'m Cores, folder: &Path) -> Result<Report<'m>> {
    server::build()?;
    let mut disk = DiskProbe::open(folder)?;
    let load = Load { cores, folder };
    // One after the other: the first makes the certificate that all share.
    let start = |durability| Server::start(durability, &server::data(folder, durability), cores);
    let servers = DURABILITIES.map(start).into_iter().collect::<Result<_>>()?;
    let bench = Bench { load, servers, call: Call::template(options.protocol) };
    print::progress("warming up");
    let numbers = bench.warm_up()?;
    print::progress(&format!("calls in one turn, by how many are in flight: {}", turns(&numbers)));
    let mut rounds = vec![Rounds::default(); LEVELS.len()];
    for round in 0..options.rounds {
        print::progress(&format!("round {} of {}", round + 1, options.rounds));
        disk.commit(COMMITS.div_ceil(options.rounds))?;
        for ((level, number), rounds) in LEVELS.iter().zip(&numbers).zip(&mut rounds) {
            rounds.push(bench.round(level, *number, round % 2 == 1)?);
        }
    }
    let start = start::with_full_ledger(&bench.load, &bench.servers, folder)?;
    Ok(Report { options, cores, commit: disk.median(), rounds, start })
}

fn turns(numbers: &[usize]) -> String {
    let turn = |(level, number): (&Level, _)| format!("{}: {number}", level.in_flight());
    LEVELS.iter().zip(numbers).map(turn).collect::<Vec<_>>().join(", ")
}

/// The servers and the calls of every measurement.
struct Bench<'b> {
    load: Load<'b>,
    /// In the order of [`DURABILITIES`].
    servers: Vec<Server>,
    call: Call,
}

impl Bench<'_> {
    /// Warms every server up; how many calls to make at each level.
    fn warm_up(&self) -> Result<Vec<usize>> {
        let number = |level: &Level| {
            let rates = self.servers.iter().map(|server| {
                let warm_up = level.warm_up_calls();
                self.load.rate(&self.call, server, level, warm_up)
            });
            Ok(level.calls(&rates.collect::<Result<Vec<_>>>()?))
        };
        LEVELS.iter().map(number).collect()
    }

    /// One turn of each server.
    fn round(&self, level: &Level, number: usize, backwards: bool) -> Result<[Cell; 3]> {
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

    fn cell(&self, index: usize, level: &Level, number: usize) -> Result<Cell> {
        let server = &self.servers[index];
        let before = server.clock()?;
        let rate = self.load.rate(&self.call, server, level, number)?;
        let cpu = server.clock()?.since(&before)?;
        let times = self.load.times(&self.call, server, level, number)?;
        Ok(Cell { cpu: cpu.as_secs_f64() * 1e6 / number as f64, rate, p50: times.p50, p99: times.p99 })
    }
}
