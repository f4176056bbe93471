//! The program as a process of its own.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test program uses its part")]

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};

use increment_proto::v1::ListAccessCountsResponse;
use prost::Message;

use super::client::Wire;
pub use super::client::{Connection, MessageStream};

pub const LIST: &str = "/increment.v1.AccessService/ListAccessCounts";

/// A server that was started and is killed with the test.
pub struct Program {
    pub process: Child,
    pub http: SocketAddr,
}

impl Program {
    /// Starts the server in `folder`, and waits until it listens.
    pub fn start(folder: &Path, options: &[&str], variables: &[(&str, &Path)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_increment-server"));
        command
            .current_dir(folder)
            .args(["--listen=127.0.0.1:0", "--plaintext-listen=127.0.0.1:0"])
            .args(options);
        command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.starts_with("listening http://"));
        let line = line.unwrap_or_else(|| panic!("it does not listen: {:?}", process.wait()));
        Self { process, http: line.rsplit("//").next().unwrap().parse().unwrap() }
    }

    /// Ends it at once, as the system does when memory is short.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The counts of a server, by method and protocol.
pub async fn counts(address: SocketAddr) -> BTreeMap<(String, String), u64> {
    let mut connection = Connection::open(address, Wire::Grpc).await.unwrap();
    let response = connection.call(Wire::Grpc, LIST, &[]).await.unwrap().unwrap();
    let counts = ListAccessCountsResponse::decode(response).unwrap();
    assert_eq!(counts.total, counts.rows.iter().map(|row| row.count).sum::<u64>());
    counts.rows.into_iter().map(|row| ((row.method, row.protocol), row.count)).collect()
}
