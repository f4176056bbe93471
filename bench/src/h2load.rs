//! h2load, which makes the calls: its command, and whether every call succeeded.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use xtask::run;

use super::{
    call::Call,
    cores::Cores,
    level::Level,
    log::{self, Times},
    server::Server,
};

/// The idle time in seconds after which a connection is closed, so that a run ends in any case.
const IDLE_TIMEOUT: u32 = 30;

/// Where h2load runs, and the folder for its files.
pub(crate) struct Load<'l> {
    pub(crate) cores: &'l Cores,
    pub(crate) folder: &'l Path,
}

impl Load<'_> {
    /// Makes `number` calls; the calls per second. Fails unless every one succeeds.
    pub(crate) fn rate(&self, call: &Call, server: &Server, level: &Level, number: usize) -> Result<f64> {
        self.run(call, server, level, number, None)
    }

    /// Makes `number` calls and logs each, which slows h2load; their latencies. Fails unless every one succeeds.
    pub(crate) fn times(&self, call: &Call, server: &Server, level: &Level, number: usize) -> Result<Times> {
        let file = self.folder.join("log");
        // It would be continued.
        let _ = fs::remove_file(&file);
        self.run(call, server, level, number, Some(&file))?;
        log::times(&fs::read_to_string(&file)?, number).with_context(|| describe(server, level))
    }

    fn run(
        &self,
        call: &Call,
        server: &Server,
        level: &Level,
        number: usize,
        log: Option<&Path>,
    ) -> Result<f64> {
        let body = self.folder.join("call");
        fs::write(&body, &call.body)?;
        let mut h2load = self.command(call, level, number);
        h2load.arg("--data").arg(&body);
        if let Some(log) = log {
            h2load.arg("--log-file").arg(log);
        }
        h2load.arg(format!("https://localhost:{}{}", server.port, call.path));
        let output = run::output(&mut h2load);
        let rate = output.and_then(|output| rate(&output, number, call.response_bytes));
        rate.with_context(|| describe(server, level))
    }

    fn command(&self, call: &Call, level: &Level, number: usize) -> Command {
        let mut h2load = self.cores.for_load("h2load");
        h2load.args(["--requests", &number.to_string()]);
        h2load.args(["--clients", &level.connections.to_string()]);
        h2load.args(["--max-concurrent-streams", &level.streams.to_string()]);
        h2load.args(["--connection-inactivity-timeout", &IDLE_TIMEOUT.to_string()]);
        h2load.args(call.headers.iter().flat_map(|header| ["--header", header.as_str()]));
        h2load
    }
}

fn describe(server: &Server, level: &Level) -> String {
    format!("--durability {}, {} calls in flight", server.durability.name(), level.in_flight())
}

/// The calls per second. Fails unless h2load reports that every call succeeded and every response has the expected
/// size.
fn rate(output: &str, number: usize, response_bytes: usize) -> Result<f64> {
    let line = |begin| output.lines().find(|line| line.starts_with(begin)).unwrap_or_default();
    let (requests, traffic) = (line("requests: "), line("traffic: "));
    ensure!(
        number_before(requests, " succeeded") == Some(number),
        "not all of {number} calls succeeded; h2load prints `{requests}`"
    );
    let expected = number * response_bytes;
    ensure!(
        number_before(traffic, ") data") == Some(expected),
        "{number} responses should have {expected} bytes: others have an error as their gRPC status; h2load prints \
         `{traffic}`"
    );
    let finished = line("finished in ");
    let rate = finished.strip_suffix("/s").and_then(|_| finished.split(", ").nth(1)?.strip_suffix(" req/s"));
    rate.and_then(|rate| rate.parse().ok())
        .with_context(|| format!("h2load prints `{finished}`, which is no rate"))
}

/// The number that ends where `what` begins.
fn number_before(line: &str, what: &str) -> Option<usize> {
    let (before, _) = line.split_once(what)?;
    let digits = before.rsplit(|character: char| !character.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
finished in 65.66ms, 15230.90 req/s, 874.82KB/s
requests: 1000 total, 1000 started, 1000 done, 999 succeeded, 1 failed, 0 errored, 0 timeout
status codes: 999 2xx, 0 3xx, 0 4xx, 1 5xx
traffic: 57.44KB (58816) total, 3.21KB (3288) headers (space savings 95.37%), 26.37KB (27000) data
";

    #[test]
    fn every_call_must_succeed() {
        let all = OUTPUT.replace("999 succeeded", "1000 succeeded");
        assert_eq!(rate(&all, 1000, 27).unwrap(), 15230.90);
        let reason = rate(OUTPUT, 1000, 27).unwrap_err().to_string();
        assert!(
            reason.starts_with("not all of 1000 calls succeeded; h2load prints `requests: 1000"),
            "{reason}"
        );
        assert!(rate("", 1000, 27).is_err());
    }

    #[test]
    fn every_response_must_have_the_expected_size() {
        let all = OUTPUT.replace("999 succeeded", "1000 succeeded");
        let reason = rate(&all, 1000, 28).unwrap_err().to_string();
        assert!(reason.starts_with("1000 responses should have 28000 bytes"), "{reason}");
        assert!(reason.ends_with("26.37KB (27000) data`"), "{reason}");
    }
}
