//! A capture of one call, with tshark: it captures before the call begins, and until the connection ends.

use anyhow::{Result, anyhow};
use xtask::program::Program;

use super::fixture::Fixture;

/// More options for the document's command: a line for each packet, which shows when the connection ends, and a time
/// limit.
const MORE_OPTIONS: &str =
    "-P -l -T fields -e tcp.stream -e tcp.flags.syn -e tcp.flags.fin -e tcp.flags.reset -a duration:120";

/// What to do as another user than root.
const NO_PERMISSION: &str = "\
tshark may not capture: become root (in a container, with the capability NET_RAW), or type `sudo dpkg-reconfigure \
wireshark-common`, answer Yes, type `sudo adduser $USER wireshark`, and log in anew";

/// Captures with the document's command `line` while `call` runs; the result of `call`.
pub(super) fn during<T>(fixture: &Fixture, line: &str, call: impl FnOnce() -> Result<T>) -> Result<T> {
    let tshark = Program::start_quietly(fixture.command(&format!("{line} {MORE_OPTIONS}")))?;
    tshark.wait_for("that it captures", began)??;
    let outcome = call();
    let mut connection = Connection::default();
    let result = outcome.and_then(|result| {
        tshark.wait_for("that the connection ended", |line| connection.ends_with(line).then_some(()))?;
        Ok(result)
    });
    tshark.end()?;
    result
}

/// Whether the line says that tshark captures now, or that it may not.
fn began(line: &str) -> Option<Result<()>> {
    if line.contains("permission") {
        return Some(Err(anyhow!(NO_PERMISSION)));
    }
    line.ends_with("Capture started.").then_some(Ok(()))
}

/// The number of the first connection that begins during the capture.
#[derive(Default)]
struct Connection(Option<String>);

impl Connection {
    /// Whether it ends with the packet of this line: then the whole call is captured.
    fn ends_with(&mut self, line: &str) -> bool {
        // Newer versions write True.
        let is_set = |flag: &&str| matches!(*flag, "1" | "True");
        let fields: Vec<_> = line.split('\t').collect();
        let [stream, begins, ends @ ..] = fields.as_slice() else { return false };
        if self.0.is_none() && is_set(begins) {
            self.0 = Some((*stream).to_owned());
        }
        self.0.as_deref() == Some(stream) && ends.iter().any(is_set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_a_capture_is_recognized() {
        assert!(began("Capturing on 'Loopback: lo'").is_none(), "not yet");
        let started = began(" ** (tshark:1) 22:41:31.1 [Main MESSAGE] -- Capture started.");
        assert!(started.is_some_and(|outcome| outcome.is_ok()));
        let rejected = began("tshark: You do not have permission to capture on device \"lo\".");
        assert_eq!(rejected.unwrap().unwrap_err().to_string(), NO_PERMISSION);
    }

    #[test]
    fn the_end_is_that_of_the_first_connection() {
        let mut connection = Connection::default();
        let lines = ["0\t0\t1\t0", "File: x", "1\t1\t0\t0", "1\t0\t0\t0", "0\t0\t0\t1", "1\t0\t1\t0"];
        assert_eq!(lines.map(|line| connection.ends_with(line)), [false, false, false, false, false, true]);
        assert!(Connection(Some("7".into())).ends_with("7\tFalse\tFalse\tTrue"));
    }
}
