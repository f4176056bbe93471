//! A capture of one call, with tshark: it captures before the call begins, and until the connection ends. Must not
//! know what is called.

use super::stage::Stage;
use crate::{Outcome, program::Program};

/// What the document's command gets in addition: a line for each packet, from which we learn that the connection ended,
/// and an end of its own should we be killed.
const TELLING: &str =
    "-P -l -T fields -e tcp.stream -e tcp.flags.syn -e tcp.flags.fin -e tcp.flags.reset -a duration:120";

/// What a person does who is not root.
const NO_PERMISSION: &str = "\
tshark may not capture: become root (in a container, with the capability NET_RAW), or type `sudo dpkg-reconfigure \
wireshark-common`, answer Yes, type `sudo adduser $USER wireshark`, and log in anew";

/// Captures with the document's command `line` while `call` runs; what that gives.
pub(super) fn during<T>(stage: &Stage, line: &str, call: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    let tshark = Program::start_quietly(stage.command(&format!("{line} {TELLING}")))?;
    tshark.wait_for("that it captures", began)??;
    let called = call();
    let mut connection = Connection::default();
    let result = called.and_then(|result| {
        tshark.wait_for("that the connection ended", |line| connection.ends_with(line).then_some(()))?;
        Ok(result)
    });
    tshark.end()?;
    result
}

/// Whether it captures from now on, as it says, or never will.
fn began(line: &str) -> Option<Outcome> {
    if line.contains("permission") {
        return Some(Err(NO_PERMISSION.into()));
    }
    line.ends_with("Capture started.").then_some(Ok(()))
}

/// The first connection that begins. The end of one that began before is none of it.
#[derive(Default)]
struct Connection(Option<String>);

impl Connection {
    /// Whether it ends with the packet of this line: from there on, all of the call is captured.
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
    fn the_begin_is_understood() {
        assert_eq!(began("Capturing on 'Loopback: lo'"), None, "it does not yet");
        assert_eq!(began(" ** (tshark:1) 22:41:31.1 [Main MESSAGE] -- Capture started."), Some(Ok(())));
        let refused = "tshark: You do not have permission to capture on device \"lo\".";
        assert_eq!(began(refused), Some(Err(NO_PERMISSION.into())));
    }

    #[test]
    fn the_end_is_that_of_the_connection_that_began() {
        let mut connection = Connection::default();
        let lines = ["0\t0\t1\t0", "File: x", "1\t1\t0\t0", "1\t0\t0\t0", "0\t0\t0\t1", "1\t0\t1\t0"];
        assert_eq!(lines.map(|line| connection.ends_with(line)), [false, false, false, false, false, true]);
        assert!(Connection(Some("7".into())).ends_with("7\tFalse\tFalse\tTrue"));
    }
}
