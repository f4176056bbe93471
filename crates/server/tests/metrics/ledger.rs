//! Metrics of the ledger.

use std::collections::BTreeMap;

use oneport::Limits;
use tonic::Code;

use crate::{
    COUNT, PROTOCOLS, TEMPLATE, call,
    common::{Wire, soon},
    labels, measured,
    samples::{read, until, with_labels},
};

#[tokio::test]
async fn the_commits_of_the_ledger_have_all_its_calls() {
    let server = measured(Limits::default()).await;
    for wire in Wire::ALL {
        call(&server, wire, TEMPLATE, &[8, 41], Code::Ok).await;
        call(&server, wire, "/no.such.Service/Method", &[], Code::Unimplemented).await;
        // No access.
        call(&server, wire, "/grpc.health.v1.Health/Check", &[], Code::Ok).await;
    }
    let samples = read(&server).await;
    assert_eq!(samples["ledger_group_size_sum"], 8.0);
    let commits = samples["ledger_commits_total"];
    assert!((1.0..=8.0).contains(&commits), "{commits}");
    assert_eq!(samples["ledger_group_size_count"], commits);
    assert_eq!(samples["ledger_commit_duration_seconds_count"], commits);
    assert!(samples["ledger_commit_duration_seconds_sum"] > 0.0);
}

#[tokio::test]
async fn a_closed_ledger_is_shown_with_the_calls_that_it_rejects() {
    let server = measured(Limits::default()).await;
    assert_eq!(read(&server).await["ledger_open"], 1.0);
    soon(server.ledger.close()).await;
    until(&server, |samples| samples["ledger_open"] == 0.0).await;
    for wire in Wire::ALL {
        call(&server, wire, TEMPLATE, &[8, 41], Code::Unavailable).await;
    }
    let rejected = PROTOCOLS.map(|(protocol, wires)| (labels(TEMPLATE, protocol, "UNAVAILABLE"), wires));
    assert_eq!(with_labels(&read(&server).await, COUNT), BTreeMap::from(rejected));
}
