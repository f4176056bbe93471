//! Watches a server's access counts with `increment accesses --watch`.

use std::process::Command;

use anyhow::{Result, anyhow};
use xtask::{program::Program, project};

use crate::server::Server;

/// Watches the count of one method's gRPC calls.
pub(crate) struct Watch {
    program: Program,
    /// The method's row, up to its count.
    row: String,
    counted: u64,
}

impl Watch {
    /// Watches a method of which `counted` calls are known: fewer would be a loss.
    pub(crate) fn start(server: &Server, service: &str, method: &str, counted: u64) -> Result<Self> {
        let mut command = Command::new(project::program("increment"));
        command.current_dir(project::root()).args(["accesses", "--watch", "--json"]);
        command.args(["--url", &format!("https://{}", server.address())]);
        let row = format!(r#"{{"service":"{service}","method":"{method}","protocol":"grpc","count":""#);
        Ok(Self { program: Program::start(command)?, row, counted })
    }

    /// Waits until `count` calls are counted. Fails when that takes too long, and for more, or fewer than before.
    pub(crate) fn wait_for(&mut self, count: u64) -> Result<()> {
        let known = self.counted;
        self.counted = self.program.wait_for(&format!("that {count} calls are counted"), |line| {
            let counted = count_in(line, &self.row);
            (counted >= count || counted < known).then_some(counted)
        })?;
        if self.counted == count {
            return Ok(());
        }
        Err(anyhow!("{} calls are counted, not {count}, after {known}", self.counted))
    }
}

/// The number that follows `row`; 0 where there is no such row yet.
fn count_in(line: &str, row: &str) -> u64 {
    let count = line.split_once(row).and_then(|(_, rest)| rest.split_once('"'));
    count.and_then(|(count, _)| count.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_follows_its_row() {
        let line = r#"{"total":"12","rows":[{"method":"A","count":"5"},{"method":"B","count":"7"}]}"#;
        assert_eq!(count_in(line, r#"{"method":"B","count":""#), 7);
        assert_eq!(count_in(line, r#"{"method":"C","count":""#), 0);
    }
}
