//! Streams over every protocol: order, errors, limits, cancellation.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use bytes::Bytes;
use common::{
    Connection, MessageStream, ReqBody, Server, Setup, Wire, channel, chunked,
    contract::{
        ADD_ONE_TO_EACH, COUNT_UP, SUM,
        proto::v1::{
            AddOneToEachRequest, AddOneToEachResponse, CountUpRequest, CountUpResponse, SumRequest,
            SumResponse,
        },
    },
    frame, get, in_base64, post, send, soon,
};
use http::{StatusCode, Version};
use oneport::CallLimits;
use prost::Message;
use tokio::net::TcpStream;
use tonic::{Code, Status};
use tonic_types::StatusExt;

async fn count_up(
    server: &Server,
    wire: Wire,
    headers: &[(&'static str, &str)],
    request: CountUpRequest,
) -> (Vec<i64>, Status) {
    let (messages, status) = soon(server.stream(wire, COUNT_UP, headers, &[request.encode_to_vec()])).await;
    (messages.into_iter().map(|message| CountUpResponse::decode(message).unwrap().result).collect(), status)
}

async fn add_one_to_each(server: &Server, wire: Wire, numbers: &[i64]) -> (Vec<(i64, i64)>, Status) {
    let requests: Vec<_> =
        numbers.iter().map(|number| AddOneToEachRequest { number: *number }.encode_to_vec()).collect();
    let (messages, status) = soon(server.stream(wire, ADD_ONE_TO_EACH, &[], &requests)).await;
    let response = |message: Bytes| {
        let response = AddOneToEachResponse::decode(message).unwrap();
        (response.number, response.result)
    };
    (messages.into_iter().map(response).collect(), status)
}

async fn sum(server: &Server, wire: Wire, numbers: &[i64]) -> Result<SumResponse, Status> {
    let requests: Vec<_> =
        numbers.iter().map(|number| SumRequest { number: *number }.encode_to_vec()).collect();
    let (mut messages, status) = soon(server.stream(wire, SUM, &[], &requests)).await;
    if status.code() != Code::Ok {
        assert!(messages.is_empty());
        return Err(status);
    }
    assert_eq!(messages.len(), 1);
    Ok(SumResponse::decode(messages.remove(0)).unwrap())
}

fn assert_names_number(status: &Status, field: &str) {
    assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
    assert_eq!(status.get_details_bad_request().unwrap().field_violations[0].field, field, "{status:?}");
}

#[tokio::test]
async fn a_server_stream_sends_its_messages() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        for interval_ms in [0, 1] {
            let request = CountUpRequest { start: -2, steps: 4, interval_ms };
            let (values, status) = count_up(&server, wire, &[], request).await;
            assert_eq!((values, status.code()), (vec![-1, 0, 1, 2], Code::Ok), "{wire:?}");
        }
    }
}

#[tokio::test]
async fn a_server_stream_sends_many_messages_complete_and_in_order() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        let request = CountUpRequest { start: 0, steps: 20_000, interval_ms: 0 };
        let (values, status) = count_up(&server, wire, &[], request).await;
        assert!(values.into_iter().eq(1..=20_000), "{wire:?}");
        assert_eq!(status.code(), Code::Ok);
    }
}

#[tokio::test]
async fn a_server_stream_ends_with_an_error() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        let request = CountUpRequest { start: i64::MAX - 2, steps: 0, interval_ms: 0 };
        let (values, status) = count_up(&server, wire, &[], request).await;
        assert_eq!(values, [i64::MAX - 1, i64::MAX], "{wire:?}");
        assert_names_number(&status, "start");
    }
}

#[tokio::test]
async fn a_bidirectional_stream_responds_in_order() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        let (responses, status) = add_one_to_each(&server, wire, &[5681, -1, i64::MIN, 5681]).await;
        let expected = [(5681, 5682), (-1, 0), (i64::MIN, i64::MIN + 1), (5681, 5682)];
        assert_eq!((&responses[..], status.code()), (&expected[..], Code::Ok), "{wire:?}");
        let (responses, status) = add_one_to_each(&server, wire, &[]).await;
        assert_eq!((responses, status.code()), (vec![], Code::Ok), "{wire:?}");
    }
}

#[tokio::test]
async fn an_error_ends_a_bidirectional_stream_after_the_responses_before_it() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        let (responses, status) = add_one_to_each(&server, wire, &[1, 2, i64::MAX, 3]).await;
        assert_eq!(responses, [(1, 2), (2, 3)], "{wire:?}");
        assert_names_number(&status, "number");
    }
}

#[tokio::test]
async fn a_bidirectional_stream_responds_before_the_next_message() {
    let server = Server::start().await;
    let (sender, body) = channel();
    let Some(Connection::Http2(mut requests)) = soon(Connection::open(server.http, Wire::Grpc)).await else {
        panic!("gRPC needs HTTP/2")
    };
    let call = tokio::spawn(requests.send_request(post(ADD_ONE_TO_EACH, "application/grpc", body)));
    let next = |number| frame(&AddOneToEachRequest { number }.encode_to_vec());
    assert!(sender.send(&next(41)).await);
    let mut messages = MessageStream::new(soon(call).await.unwrap().unwrap());
    for number in 41..50 {
        let response = AddOneToEachResponse::decode(soon(messages.next()).await.unwrap()).unwrap();
        assert_eq!(response, AddOneToEachResponse { number, result: number + 1 });
        assert!(sender.send(&next(number + 1)).await);
    }
}

#[tokio::test]
async fn a_client_stream_gets_one_response() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        let response = sum(&server, wire, &[1, 2, -10]).await.unwrap();
        assert_eq!(response, SumResponse { count: 3, sum: -4 }, "{wire:?}");
        assert_eq!(sum(&server, wire, &[]).await.unwrap(), SumResponse::default());
        let near = [i64::MAX - 1, 0, -3];
        assert_eq!(sum(&server, wire, &near).await.unwrap().sum, i64::MAX - 1, "on the way it is larger");
        assert_names_number(&sum(&server, wire, &[i64::MAX - 1, 0]).await.unwrap_err(), "number");
        assert_names_number(&sum(&server, wire, &[1, i64::MAX, 1]).await.unwrap_err(), "number");
    }
}

#[tokio::test]
async fn a_deadline_ends_a_stream() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        // One that waits, and one that never does.
        for interval_ms in [3_600_000, 0] {
            let request = CountUpRequest { start: 0, steps: 0, interval_ms };
            let (values, status) = count_up(&server, wire, &[("grpc-timeout", "100m")], request).await;
            assert_eq!(status.code(), Code::DeadlineExceeded, "{wire:?} {interval_ms}");
            assert!(values.into_iter().zip(1..).all(|(value, expected)| value == expected), "{wire:?}");
        }
    }
}

#[tokio::test]
async fn a_streamed_message_over_the_limit_is_rejected() {
    let call_limits = CallLimits { message_bytes: 12, ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, ..Setup::default() }).await;
    for wire in Wire::ALL {
        for path in [ADD_ONE_TO_EACH, SUM] {
            let large = [&[0x12, 11][..], &[b'x'; 11]].concat();
            let (_, status) = soon(server.stream(wire, path, &[], &[vec![8, 41], large])).await;
            assert_eq!(status.code(), Code::ResourceExhausted, "{wire:?} {path}");
        }
    }
}

/// How many calls are in flight.
async fn in_flight(server: &Server) -> u64 {
    let stream = TcpStream::connect(server.metrics.unwrap()).await.unwrap();
    let response = soon(send(Version::HTTP_11, stream, get("/metrics"))).await;
    assert_eq!(response.status(), StatusCode::OK);
    let text = std::str::from_utf8(response.body()).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("oneport_calls_in_flight "));
    line.unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_handler_is_dropped_when_its_call_is_cancelled() {
    let server = Server::with(Setup { metrics: true, ..Setup::default() }).await;
    let endless = |interval_ms| frame(&CountUpRequest { start: 0, steps: 0, interval_ms }.encode_to_vec());
    let cases = [
        (COUNT_UP, endless(0)),
        (COUNT_UP, endless(3_600_000)),
        (ADD_ONE_TO_EACH, frame(&[8, 41])),
        (SUM, frame(&[8, 41])),
    ];
    for wire in Wire::ALL {
        for (path, message) in &cases {
            let (sender, body) = channel();
            let body = if wire == Wire::GrpcWebText { in_base64(body) } else { body };
            let stream =
                server.tls(&[if wire.version() == Version::HTTP_2 { "h2" } else { "http/1.1" }]).await;
            let call = tokio::spawn(send(wire.version(), stream, post(path, wire.content_type(), body)));
            assert!(soon(sender.send(message)).await);
            if *path == COUNT_UP {
                drop(sender);
                soon(async { while in_flight(&server).await != 1 {} }).await;
                call.abort();
            } else {
                soon(async { while in_flight(&server).await != 1 {} }).await;
                call.abort();
                drop(sender);
            }
            soon(async { while in_flight(&server).await != 0 {} }).await;
        }
    }
}

/// How many small messages a caller sends on one stream, as fast as it can.
const SMALL_MESSAGES: usize = 6000;

/// Streams of that many, beside each other on one connection.
const STREAMS: usize = 8;

/// Each in a DATA frame of its own.
fn small_messages() -> ReqBody {
    chunked(&vec![&frame(&[8, 41])[..]; SMALL_MESSAGES])
}

#[tokio::test]
async fn many_small_messages_do_not_close_the_connection() {
    let server = Server::start().await;
    for count in [1, STREAMS] {
        let connection = soon(Connection::open(server.http, Wire::Grpc)).await.unwrap();
        let Connection::Http2(connection) = connection else { panic!("gRPC needs HTTP/2") };
        let start = |path| {
            let call = post(path, "application/grpc", small_messages());
            tokio::spawn(connection.clone().send_request(call))
        };
        // The responses of some are not read, and those of others are sent at the end of their requests.
        let unread: Vec<_> = (0..count).map(|_| start(ADD_ONE_TO_EACH)).collect();
        let sums: Vec<_> = (0..count).map(|_| start(SUM)).collect();
        for sum in sums {
            let mut messages = MessageStream::new(soon(sum).await.unwrap().unwrap());
            let sum = SumResponse::decode(soon(messages.next()).await.unwrap()).unwrap();
            assert_eq!(sum, SumResponse { count: 6000, sum: 6000 * 42 });
        }
        for response in unread {
            let mut messages = MessageStream::new(soon(response).await.unwrap().unwrap());
            for _ in 0..SMALL_MESSAGES {
                let response = AddOneToEachResponse::decode(soon(messages.next()).await.unwrap()).unwrap();
                assert_eq!(response, AddOneToEachResponse { number: 41, result: 42 });
            }
        }
    }
}
