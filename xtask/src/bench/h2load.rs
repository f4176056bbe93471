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
    log::{self, Answers},
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
    /// Makes `number` calls. Fails unless every one succeeds.
    pub(crate) fn run(
        &self,
        call: &Call,
        server: &Server,
        level: &Level,
        number: usize,
        children: &mut Children,
    ) -> Result<Answers, End> {
        let [body, log, output] = ["call", "log", "output"].map(|name| self.folder.join(name));
        // It would be continued.
        let _ = fs::remove_file(&log);
        fs::write(&body, &call.body).map_err(|error| failed(&body, &error))?;
        let out = File::create(&output).map_err(|error| failed(&output, &error))?;
        let mut h2load = self.command(call, level, number);
        h2load.arg("--data").arg(&body).arg("--log-file").arg(&log);
        h2load.arg(format!("https://localhost:{}{}", server.port, call.path));
        children.finish_into(H2LOAD, h2load, out.into())?;
        let answers = || {
            check(&read(&output)?, number, call.answer_bytes)?;
            log::answers(&read(&log)?, number)
        };
        let place = format!("{}, {} calls in flight", server.name(), level.in_flight());
        Ok(answers().map_err(|reason| format!("{place}: {reason}"))?)
    }

    fn command(&self, call: &Call, level: &Level, number: usize) -> Command {
        let mut h2load = self.cores.for_load(H2LOAD);
        h2load.args(["--requests", &number.to_string()]);
        h2load.args(["--clients", &level.connections.to_string()]);
        h2load.args(["--max-concurrent-streams", &level.streams.to_string()]);
        h2load.args(["--connection-inactivity-timeout", &LONGEST_SILENCE.to_string()]);
        h2load.args(call.headers.iter().flat_map(|header| ["--header", header]));
        h2load
    }
}

/// Fails unless h2load says that every call succeeded, and what came back is as long as it should be.
fn check(output: &str, number: usize, answer_bytes: usize) -> Outcome {
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
    Ok(())
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
        assert_eq!(check(&all, 1000, 27), Ok(()));
        let reason = check(OUTPUT, 1000, 27).unwrap_err();
        assert!(
            reason.starts_with("not all of 1000 calls succeeded; h2load says `requests: 1000"),
            "{reason}"
        );
        assert!(check("", 1000, 27).is_err());
    }

    #[test]
    fn every_answer_must_be_whole() {
        let all = OUTPUT.replace("999 succeeded", "1000 succeeded");
        let reason = check(&all, 1000, 28).unwrap_err();
        assert!(reason.starts_with("1000 answers should have 28000 bytes"), "{reason}");
        assert!(reason.ends_with("26.37KB (27000) data`"), "{reason}");
    }
}
