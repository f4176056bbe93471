//! The server is killed two hundred times under load: every call that got a response is counted, and no call that was not sent.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use common::{
    Wire,
    program::{Connection, Program, counts},
    soon,
};
use tempfile::TempDir;

const KILLS: u32 = 200;
const CLIENTS_PER_WIRE: usize = 4;
const WIRES: [(Wire, &str); 3] =
    [(Wire::Grpc, "grpc"), (Wire::GrpcWebHttp1, "grpc-web"), (Wire::GrpcWebHttp2, "grpc-web")];
const TEMPLATE: &str = "/TemplateGRPC/TemplateGRPCEndpoint";

/// The calls sent over one protocol, and those of them that got a response.
#[derive(Default)]
struct Tally {
    sent: AtomicU64,
    served: AtomicU64,
}

/// Calls until the server is gone.
async fn call_on(address: SocketAddr, wire: Wire, tally: Arc<Tally>) {
    let Some(mut connection) = Connection::open(address, wire).await else { return };
    loop {
        tally.sent.fetch_add(1, Ordering::SeqCst);
        match connection.call(wire, TEMPLATE, &[8, 41]).await {
            Some(Ok(_)) => tally.served.fetch_add(1, Ordering::SeqCst),
            Some(Err(status)) => panic!("{status}"),
            None => return,
        };
    }
}

#[tokio::test]
async fn counts_survive_two_hundred_kills() {
    let folder = TempDir::new().unwrap();
    let tallies: BTreeMap<&str, Arc<Tally>> =
        WIRES.iter().map(|(_, protocol)| (*protocol, Arc::default())).collect();
    let mut seen = BTreeMap::new();
    for kill in 0..KILLS {
        let mut server = Program::start(folder.path(), &["--log=error"], &[]);
        let before = tallies["grpc"].served.load(Ordering::SeqCst);
        let clients = WIRES.iter().flat_map(|(wire, protocol)| {
            let tally = &tallies[protocol];
            (0..CLIENTS_PER_WIRE).map(|_| tokio::spawn(call_on(server.http, *wire, Arc::clone(tally))))
        });
        let clients: Vec<_> = clients.collect();
        while tallies["grpc"].served.load(Ordering::SeqCst) == before {
            tokio::task::yield_now().await;
        }
        // Any moment will do, so that this waits for no event.
        tokio::time::sleep(Duration::from_micros(fastrand::u64(..30_000))).await;
        server.kill();
        for client in clients {
            soon(client).await.unwrap();
        }
        let server = Program::start(folder.path(), &["--log=error"], &[]);
        let counts = counts(server.http).await;
        for (protocol, tally) in &tallies {
            let (sent, served) = (tally.sent.load(Ordering::SeqCst), tally.served.load(Ordering::SeqCst));
            let row = ("TemplateGRPCEndpoint".to_owned(), (*protocol).to_owned());
            let total = counts.get(&row).copied().unwrap_or(0);
            assert!(
                served <= total && total <= sent,
                "kill {kill}, {protocol}: served {served}, total {total}, sent {sent}"
            );
            let last = seen.insert(row, total).unwrap_or(0);
            assert!(last <= total, "kill {kill}, {protocol}: fell from {last} to {total}");
        }
        assert_eq!(counts.keys().collect::<Vec<_>>(), seen.keys().collect::<Vec<_>>());
    }
}
