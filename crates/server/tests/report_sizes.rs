//! How large a report may be, and how many may come: over every protocol, and as JSON.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::{fs, time::Duration};

use common::{
    Server, Wire, chunked, frame, full, post,
    program::{Connection, LIST, MessageStream},
    soon,
};
use http::{Request, Version};
use increment_access::{NAME_BYTES, ROWS_PER_ORIGIN};
use increment_proto::v1::{
    AccessRow, ListAccessCountsResponse, ReportAccessesRequest, ReportAccessesResponse,
};
use prost::Message;
use tonic::{Code, Status};

const REPORT: &str = "/increment.v1.AccessService/ReportAccesses";

/// The header of those who may report, where the server asks for it.
fn authorization(server: &Server) -> String {
    let token = fs::read_to_string(server.certs.path().join("report.token")).unwrap_or_default();
    format!("Bearer {}", token.trim())
}

async fn send_report(server: &Server, wire: Wire, report: &[u8]) -> Result<u64, Status> {
    let headers = [("authorization", &*authorization(server))];
    let response = soon(server.call_raw(wire, REPORT, &headers, full(&frame(report)))).await?;
    Ok(ReportAccessesResponse::decode(response).unwrap().reports)
}

/// The response to a report in JSON.
async fn send_json(server: &Server, json: &str) -> String {
    let mut request = post(REPORT, "application/connect+json", full(&frame(json.as_bytes())));
    authorize(server, &mut request);
    let response = soon(server.send(Version::HTTP_2, request)).await;
    String::from_utf8_lossy(response.body()).into_owned()
}

fn authorize<B>(server: &Server, request: &mut Request<B>) {
    request.headers_mut().insert("authorization", authorization(server).parse().unwrap());
}

/// A name as long as one may be.
fn name(prefix: &str, index: usize) -> String {
    format!("{prefix}{index:0>width$}", width = NAME_BYTES - prefix.len())
}

/// As many rows as an origin may have, of the longest names.
fn rows(origin: usize) -> Vec<AccessRow> {
    let row = |index| AccessRow {
        service: name("s", origin),
        method: name("m", index),
        protocol: name("p", 0),
        count: u64::MAX >> 24,
    };
    (0..ROWS_PER_ORIGIN).map(row).collect()
}

#[tokio::test]
async fn the_largest_report_is_taken_in_protobuf_and_json() {
    let server = Server::start().await;
    for (index, wire) in Wire::ALL.into_iter().enumerate() {
        let largest = ReportAccessesRequest { origin: name("o", index), rows: rows(index) };
        assert_eq!(send_report(&server, wire, &largest.encode_to_vec()).await.unwrap(), 1, "{wire:?}");
    }
    let rows = rows(9).into_iter().map(|AccessRow { service, method, protocol, count }| {
        let count = count.to_string();
        serde_json::json!({ "service": service, "method": method, "protocol": protocol, "count": count })
    });
    let json = serde_json::json!({ "origin": name("o", 9), "rows": rows.collect::<Vec<_>>() });
    let response = send_json(&server, &json.to_string()).await;
    assert!(response.contains(r#"{"reports":"1"}"#), "{response}");
}

#[tokio::test]
async fn a_message_larger_than_any_report_is_rejected() {
    let server = Server::start().await;
    let rows = vec![AccessRow { service: name("s", 0), ..AccessRow::default() }; 1000];
    let too_large = ReportAccessesRequest { origin: "origin".into(), rows }.encode_to_vec();
    for wire in Wire::ALL {
        let rejected = send_report(&server, wire, &too_large).await.unwrap_err();
        assert_eq!(rejected.code(), Code::ResourceExhausted, "{wire:?}");
        assert!(rejected.message().contains("larger than 105347 bytes"), "{rejected:?}");
    }
    let json = format!(r#"{{"origin":"{}"}}"#, "o".repeat(300_000));
    let response = send_json(&server, &json).await;
    assert!(response.contains("larger than 210694 bytes"), "{response}");
}

#[tokio::test]
async fn a_report_of_very_many_empty_rows_is_rejected() {
    let server = Server::start().await;
    let empty = |rows| ReportAccessesRequest { origin: "o".into(), rows: vec![AccessRow::default(); rows] };
    for wire in Wire::ALL {
        // A row by itself is looked at, and has no service.
        let rejected = send_report(&server, wire, &empty(ROWS_PER_ORIGIN).encode_to_vec()).await.unwrap_err();
        assert_eq!(rejected.code(), Code::InvalidArgument, "{rejected:?}");
        let rejected = send_report(&server, wire, &empty(4000).encode_to_vec()).await.unwrap_err();
        assert_eq!(rejected.code(), Code::ResourceExhausted, "{wire:?}");
        assert!(rejected.message().contains("more than 3292 fields"), "{rejected:?}");
    }
    let json = |rows| format!(r#"{{"origin":"o","rows":[{}{{}}]}}"#, "{},".repeat(rows));
    let response = send_json(&server, &json(ROWS_PER_ORIGIN - 1)).await;
    assert!(response.contains("rows[0].service"), "{response}");
    let response = send_json(&server, &json(4000)).await;
    assert!(
        response.contains("resource_exhausted") && response.contains("more than 6584 fields"),
        "{response}"
    );
}

#[tokio::test]
async fn many_small_reports_do_not_end_the_connection() {
    const REPORTS: u64 = 6000;
    let server = Server::start().await;
    let row = |count| AccessRow { service: "s".into(), method: "m".into(), protocol: "grpc".into(), count };
    let report = |count| ReportAccessesRequest { origin: "origin".into(), rows: vec![row(count)] };
    let reports: Vec<_> = (1..=REPORTS).map(|count| frame(&report(count).encode_to_vec())).collect();
    // Each in a DATA frame of its own, as fast as they go.
    let frames: Vec<_> = reports.iter().map(|report| &report[..]).collect();
    let mut request = post(REPORT, "application/grpc", chunked(&frames));
    authorize(&server, &mut request);
    let mut connection = soon(Connection::open(server.http, Wire::Grpc)).await.unwrap();
    let Connection::Http2(stream) = &mut connection else { panic!("gRPC needs HTTP/2") };
    // Each may be written by itself, which takes a while on some disks.
    let response = tokio::time::timeout(Duration::from_secs(120), stream.send_request(request)).await;
    let message =
        soon(MessageStream::new(response.expect("the server hangs").unwrap()).next()).await.unwrap();
    assert_eq!(ReportAccessesResponse::decode(message).unwrap().reports, REPORTS);
    let message = soon(connection.call(Wire::Grpc, LIST, &[])).await.unwrap().unwrap();
    assert_eq!(ListAccessCountsResponse::decode(message).unwrap().total, REPORTS);
}
