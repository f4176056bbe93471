//! Metrics of calls over the protocols of gRPC.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use http::Version;
use http_body_util::BodyExt;
use hyper_util::rt::{TokioExecutor, TokioIo};
use increment_proto::v1::IncrementRequest;
use oneport::{CallLimits, Limits};
use prost::Message;
use tonic::Code;

use crate::{
    COUNT, PROTOCOLS, TEMPLATE, call,
    common::{Server, Setup, Wire, full, get, post, program::Connection, soon, unending},
    labels, measured,
    samples::{Samples, read, until, with_labels},
};

const INCREMENT: &str = "/increment.v1.IncrementService/Increment";
const WATCH_HEALTH: &str = "/grpc.health.v1.Health/Watch";

/// Stands for methods that are not registered.
const UNKNOWN: &str = "_OTHER";

/// The upper bounds of the duration's buckets, in seconds.
const BOUNDS: [&str; 15] = [
    "0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.25", "0.5", "0.75", "1", "2.5", "5", "7.5", "10",
    "+Inf",
];

#[tokio::test]
async fn each_call_is_counted_and_measured_once() {
    let server = measured(Limits::default()).await;
    assert_eq!(with_labels(&read(&server).await, COUNT), BTreeMap::new());
    let largest = IncrementRequest { number: i64::MAX }.encode_to_vec();
    for wire in Wire::ALL {
        call(&server, wire, TEMPLATE, &[8, 41], Code::Ok).await;
        call(&server, wire, TEMPLATE, &[8, 42], Code::Ok).await;
        call(&server, wire, INCREMENT, &largest, Code::OutOfRange).await;
        for (body, code) in [
            (full(b""), Code::Unimplemented),
            (full(&[0, 0, 0]), Code::Internal),
            (unending(&[&[0, 0xff, 0xff, 0xff, 0xff, 0]]), Code::ResourceExhausted),
        ] {
            let outcome = soon(server.call_raw(wire, TEMPLATE, &[], body)).await;
            assert_eq!(outcome.unwrap_err().code(), code, "{wire:?}");
        }
        call(&server, wire, "/TemplateGRPC/Nope", &[], Code::Unimplemented).await;
    }
    let mut counted = BTreeMap::new();
    for (protocol, wires) in PROTOCOLS {
        for (path, status, calls) in [
            (TEMPLATE, "OK", 2),
            (INCREMENT, "OUT_OF_RANGE", 1),
            (TEMPLATE, "UNIMPLEMENTED", 1),
            (TEMPLATE, "INTERNAL", 1),
            (TEMPLATE, "RESOURCE_EXHAUSTED", 1),
            (UNKNOWN, "UNIMPLEMENTED", 1),
        ] {
            counted.insert(labels(path, protocol, status), calls * wires);
        }
    }
    check_durations(&read(&server).await, &counted);
}

/// Asserts that there are so many calls with these labels, and no others.
fn check_durations(samples: &Samples, counted: &BTreeMap<String, u64>) {
    assert_eq!(&with_labels(samples, COUNT), counted);
    assert_eq!(samples["oneport_calls_in_flight"], 0.0);
    let buckets = with_labels(samples, "rpc_server_call_duration_seconds_bucket");
    assert_eq!(buckets.len(), counted.len() * BOUNDS.len());
    for (labels, calls) in counted {
        for bound in BOUNDS {
            assert!(buckets[&format!(r#"{labels},le="{bound}""#)] <= *calls);
        }
        assert_eq!(buckets[&format!(r#"{labels},le="+Inf""#)], *calls);
        assert!(samples[&format!("rpc_server_call_duration_seconds_sum{{{labels}}}")] > 0.0);
    }
}

#[tokio::test]
async fn requests_that_are_not_calls_are_not_counted() {
    let server = measured(Limits::default()).await;
    soon(server.send(Version::HTTP_2, get("/"))).await;
    soon(server.send(Version::HTTP_2, get(TEMPLATE))).await;
    soon(server.send(Version::HTTP_2, post(TEMPLATE, "text/plain", full(b"")))).await;
    soon(server.send(Version::HTTP_11, post(TEMPLATE, "application/grpc", full(b"")))).await;
    assert_eq!(with_labels(&read(&server).await, COUNT), BTreeMap::new());
}

#[tokio::test]
async fn the_duration_of_a_call_is_that_from_its_arrival_to_its_end() {
    let pause = Duration::from_millis(50);
    let call_limits = CallLimits { message_pause: pause, ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, metrics: true, ..Setup::default() }).await;
    let began = Instant::now();
    let stalled = soon(server.call_raw(Wire::Grpc, TEMPLATE, &[], unending(&[&[0, 0]]))).await;
    assert_eq!(stalled.unwrap_err().code(), Code::DeadlineExceeded);
    let took = began.elapsed();
    let labels = labels(TEMPLATE, "grpc", "DEADLINE_EXCEEDED");
    let samples = read(&server).await;
    let measured = samples[&format!("rpc_server_call_duration_seconds_sum{{{labels}}}")];
    assert!(pause.as_secs_f64() <= measured && measured <= took.as_secs_f64(), "{measured} s");
    for (bound, calls) in [("0.005", 0.0), ("0.025", 0.0), ("10", 1.0), ("+Inf", 1.0)] {
        let bucket = format!(r#"rpc_server_call_duration_seconds_bucket{{{labels},le="{bound}"}}"#);
        assert_eq!(samples[&bucket], calls, "{bound}");
    }
}

#[tokio::test]
async fn a_call_whose_connection_is_closed_is_cancelled() {
    // Nothing else ends the call.
    let call_limits = CallLimits { message_pause: Duration::MAX, ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, metrics: true, ..Setup::default() }).await;
    for wire in Wire::ALL {
        let mut call = Box::pin(server.call_raw(wire, TEMPLATE, &[], unending(&[&[0, 0, 0]])));
        tokio::select! {
            outcome = &mut call => panic!("{wire:?}: {outcome:?}"),
            _ = until(&server, |samples| samples["oneport_calls_in_flight"] == 1.0) => {}
        }
        drop(call);
        until(&server, |samples| samples["oneport_calls_in_flight"] == 0.0).await;
    }
    let cancelled = PROTOCOLS.map(|(protocol, wires)| (labels(TEMPLATE, protocol, "CANCELLED"), wires));
    assert_eq!(with_labels(&read(&server).await, COUNT), BTreeMap::from(cancelled));
}

#[tokio::test]
async fn a_call_that_is_reset_is_cancelled_and_its_connection_stays_open() {
    let call_limits = CallLimits { message_pause: Duration::MAX, ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, metrics: true, ..Setup::default() }).await;
    let io = TokioIo::new(server.tls(&["h2"]).await);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    for content_type in ["application/grpc", "application/grpc-web", "application/grpc-web-text"] {
        let call = sender.send_request(post(TEMPLATE, content_type, unending(&[b"AAAA"])));
        until(&server, |samples| samples["oneport_calls_in_flight"] == 1.0).await;
        drop(call);
        until(&server, |samples| samples["oneport_calls_in_flight"] == 0.0).await;
    }
    let cancelled = PROTOCOLS.map(|(protocol, _)| (labels(TEMPLATE, protocol, "CANCELLED"), 1));
    assert_eq!(with_labels(&read(&server).await, COUNT), BTreeMap::from(cancelled));
    assert!(!sender.is_closed());
}

#[tokio::test]
async fn a_stream_whose_connection_is_closed_is_cancelled() {
    let server = measured(Limits::default()).await;
    for wire in Wire::ALL {
        let mut connection = Connection::open(server.http, wire).await.unwrap();
        let mut watch = soon(connection.begin(wire, WATCH_HEALTH, &[])).await.unwrap();
        assert!(soon(watch.frame()).await.unwrap().unwrap().is_data(), "{wire:?}: the first state");
        assert_eq!(read(&server).await["oneport_calls_in_flight"], 1.0, "{wire:?}");
        drop(watch);
        until(&server, |samples| samples["oneport_calls_in_flight"] == 0.0).await;
    }
    let cancelled = PROTOCOLS.map(|(protocol, wires)| (labels(WATCH_HEALTH, protocol, "CANCELLED"), wires));
    assert_eq!(with_labels(&read(&server).await, COUNT), BTreeMap::from(cancelled));
}

#[tokio::test]
async fn unknown_methods_share_one_series() {
    let server = measured(Limits::default()).await;
    for index in 0..100 {
        let path =
            [format!("/service{index}/Method"), format!("/TemplateGRPC/Nope{index}")][index % 2].clone();
        call(&server, Wire::ALL[index % 4], &path, &[], Code::Unimplemented).await;
    }
    let unknown = PROTOCOLS.map(|(protocol, wires)| (labels(UNKNOWN, protocol, "UNIMPLEMENTED"), 25 * wires));
    assert_eq!(with_labels(&read(&server).await, COUNT), BTreeMap::from(unknown));
}
