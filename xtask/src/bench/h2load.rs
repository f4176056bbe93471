//! h2load, which makes the calls: how it is started, and whether every call went well. Must not know what
//! the calls mean.

use std::{
    fs::{self, File},
    io,
    path::Path,
    process::Command,
};

use crate::{
    Outcome,
    children::{Children, End},
};

use super::{
    call::Call,
    cores::Cores,
    level::Level,
    log::{self, Times},
    server::Server,
};

const H2LOAD: &str = "h2load";
/// Seconds of silence after which a connection is given up, instead of waiting for ever.
const LONGEST_SILENCE: u32 = 30;

/// Where h2load runs, and the folder for its files.
pub(crate) struct Load<'l> {
    pub(crate) cores: &'l Cores,
    pub(crate) folder: &'l Path,
}

impl Load<'_> {
    /// Makes `number` calls; how many were answered in a second. Fails unless every one succeeds.
    pub(crate) fn rate(
        &self,
        call: &Call,
        server: &Server,
        level: &Level,
        number: usize,
        children: &mut Children,
    ) -> Result<f64, End> {
        self.run(call, server, level, number, None, children)
    }

    /// Makes `number` calls and writes each down, which slows h2load; how long they took. Fails unless every one
    /// succeeds.
    pub(crate) fn times(
        &self,
        call: &Call,
        server: &Server,
        level: &Level,
        number: usize,
        children: &mut Children,
    ) -> Result<Times, End> {
        let log = self.folder.join("log");
        // It would be continued.
        let _ = fs::remove_file(&log);
        self.run(call, server, level, number, Some(&log), children)?;
        Ok(log::times(&read(&log)?, number)
            .map_err(|reason| format!("{}: {reason}", place(server, level)))?)
    }

    fn run(
        &self,
        call: &Call,
        server: &Server,
        level: &Level,
        number: usize,
        log: Option<&Path>,
        children: &mut Children,
    ) -> Result<f64, End> {
        let [body, output] = ["call", "output"].map(|name| self.folder.join(name));
        fs::write(&body, &call.body).map_err(|error| failed(&body, &error))?;
        let out = File::create(&output).map_err(|error| failed(&output, &error))?;
        let mut h2load = self.command(call, level, number);
        h2load.arg("--data").arg(&body);
        if let Some(log) = log {
            h2load.arg("--log-file").arg(log);
        }
        h2load.arg(format!("https://localhost:{}{}", server.port, call.path));
        children.finish_into(H2LOAD, h2load, out.into())?;
        let rate = read(&output).and_then(|output| rate(&output, number, call.answer_bytes));
        Ok(rate.map_err(|reason| format!("{}: {reason}", place(server, level)))?)
    }

    fn command(&self, call: &Call, level: &Level, number: usize) -> Command {
        let mut h2load = self.cores.for_load(H2LOAD);
        h2load.args(["--requests", &number.to_string()]);
        h2load.args(["--clients", &level.connections.to_string()]);
        h2load.args(["--max-concurrent-streams", &level.streams.to_string()]);
        h2load.args(["--connection-inactivity-timeout", &LONGEST_SILENCE.to_string()]);
        h2load.args(call.headers.iter().flat_map(|header| ["--header", header.as_str()]));
        h2load
    }
}

fn place(server: &Server, level: &Level) -> String {
    format!("{}, {} calls in flight", server.name(), level.in_flight())
}

/// The calls per second. Fails unless h2load says that every call succeeded, and what came back is as long as it
/// should be.
fn rate(output: &str, number: usize, answer_bytes: usize) -> Outcome<f64> {
    let line = |begin| output.lines().find(|line| line.starts_with(begin)).unwrap_or_default();
    let (requests, traffic) = (line("requests: "), line("traffic: "));
    if number_before(requests, " succeeded") != Some(number) {
        return Err(format!("not all of {number} calls succeeded; h2load says `{requests}`"));
    }
    let expected = number * answer_bytes;
    if number_before(traffic, ") data") != Some(expected) {
        return Err(format!(
            "{number} answers should have {expected} bytes, others mean that calls failed inside; h2load says \
             `{traffic}`"
        ));
    }
    let finished = line("finished in ");
    let rate = finished.strip_suffix("/s").and_then(|_| finished.split(", ").nth(1)?.strip_suffix(" req/s"));
    rate.and_then(|rate| rate.parse().ok())
        .ok_or_else(|| format!("h2load says `{finished}`, which is no rate"))
}

/// The number that ends where `what` begins.
fn number_before(line: &str, what: &str) -> Option<usize> {
    let (before, _) = line.split_once(what)?;
    let digits = before.rsplit(|character: char| !character.is_ascii_digit()).next()?;
    digits.parse().ok()
}

fn read(file: &Path) -> Outcome<String> {
    fs::read_to_string(file).map_err(|error| failed(file, &error))
}

fn failed(file: &Path, error: &io::Error) -> String {
    format!("{}: {error}", file.display())
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
        assert_eq!(rate(&all, 1000, 27), Ok(15230.90));
        let reason = rate(OUTPUT, 1000, 27).unwrap_err();
        assert!(
            reason.starts_with("not all of 1000 calls succeeded; h2load says `requests: 1000"),
            "{reason}"
        );
        assert!(rate("", 1000, 27).is_err());
    }

    #[test]
    fn every_answer_must_be_whole() {
        let all = OUTPUT.replace("999 succeeded", "1000 succeeded");
        let reason = rate(&all, 1000, 28).unwrap_err();
        assert!(reason.starts_with("1000 answers should have 28000 bytes"), "{reason}");
        assert!(reason.ends_with("26.37KB (27000) data`"), "{reason}");
    }
}
