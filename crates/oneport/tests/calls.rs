//! Unary calls over gRPC and gRPC-Web: malformed bodies, limits, deadlines.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::{pin::pin, time::Duration};

use common::{
    Connection, ReqBody, Server, Setup, Wire, channel, chunked,
    contract::{
        ADD_ONE, FORMAT, LIST_ROWS,
        proto::{
            formatter::{FormatRequest, FormatResponse},
            v1::{AddOneRequest, AddOneResponse},
        },
    },
    frame, full, post, soon, unending,
};
use futures_util::future::{Either, select};
use oneport::CallLimits;
use prost::Message;
use tonic::{Code, Status};
use tonic_types::StatusExt;

async fn format(server: &Server, wire: Wire, number: i32) -> String {
    let message = FormatRequest { number }.encode_to_vec();
    let response = soon(server.call(wire, FORMAT, &message)).await.unwrap();
    FormatResponse::decode(response).unwrap().text
}

async fn add_one(server: &Server, wire: Wire, number: i64) -> Result<AddOneResponse, Status> {
    let message = AddOneRequest { number }.encode_to_vec();
    let response = soon(server.call(wire, ADD_ONE, &message)).await?;
    Ok(AddOneResponse::decode(response).unwrap())
}

/// The code with which a call with this body fails.
async fn failure(server: &Server, wire: Wire, headers: &[(&'static str, &str)], body: ReqBody) -> Code {
    let outcome = soon(server.call_raw(wire, FORMAT, headers, body)).await;
    assert_eq!(format(server, wire, 41).await, "41, 42", "the server serves on");
    outcome.unwrap_err().code()
}

#[tokio::test]
async fn a_response_is_returned_over_every_protocol() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        for number in [9180, 0, -1, i32::MAX, i32::MIN] {
            let expected = format!("{number}, {}", i64::from(number) + 1);
            assert_eq!(format(&server, wire, number).await, expected, "{wire:?}");
        }
        for number in [0, -1, 5681, i64::MIN, i64::MAX - 1] {
            let response = add_one(&server, wire, number).await.unwrap();
            assert_eq!(response, AddOneResponse { number, result: number + 1 }, "{wire:?}");
        }
    }
}

#[tokio::test]
async fn an_error_is_returned_with_its_details_over_every_protocol() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        let status = add_one(&server, wire, i64::MAX).await.unwrap_err();
        assert_eq!(status.code(), Code::OutOfRange, "{wire:?}");
        assert!(status.message().starts_with("number: 9223372036854775807"), "{status:?}");
        let details = status.get_details_bad_request().unwrap();
        assert_eq!(details.field_violations[0].field, "number", "{wire:?}");
    }
}

#[tokio::test]
async fn a_message_may_arrive_in_any_chunks_and_with_unknown_fields() {
    let server = Server::start().await;
    let message = [0x08, 41, 0x12, 3, b'a', b'b', b'c'];
    let framed = frame(&message);
    let chunks: Vec<_> = framed.chunks(1).collect();
    for wire in Wire::ALL {
        let response = soon(server.call_raw(wire, FORMAT, &[], chunked(&chunks))).await.unwrap();
        assert_eq!(FormatResponse::decode(response).unwrap().text, "41, 42", "{wire:?}");
    }
}

#[tokio::test]
async fn unknown_methods_are_unimplemented() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        for path in ["/Formatter/Nope", "/no.such.Service/Method", "/"] {
            let status = soon(server.call(wire, path, &[])).await.unwrap_err();
            assert_eq!(status.code(), Code::Unimplemented, "{wire:?} {path}");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_not_exactly_one_message_is_rejected() {
    let server = Server::start().await;
    let message = frame(&[8, 41]);
    let twice = [&message[..], &message].concat();
    let flagged = |flag: u8| [&[flag], &message[1..]].concat();
    let cases: [(&str, &[u8], Code); 9] = [
        ("no message", &[], Code::Unimplemented),
        ("two messages", &twice, Code::Unimplemented),
        ("a message and 3 bytes", &twice[..10], Code::Unimplemented),
        ("half a prefix", &message[..3], Code::Internal),
        ("half a message", &message[..6], Code::Internal),
        ("compressed without an encoding", &flagged(1), Code::Internal),
        ("an unknown flag", &flagged(2), Code::Internal),
        ("a trailers frame", &flagged(0x80), Code::Internal),
        ("no protobuf", &frame(&[0xff; 12]), Code::Internal),
    ];
    for wire in Wire::ALL {
        for (name, body, code) in &cases {
            assert_eq!(failure(&server, wire, &[], full(body)).await, *code, "{wire:?}: {name}");
        }
    }
}

#[tokio::test]
async fn an_unknown_compression_is_rejected() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        let body = full(&[1, 0, 0, 0, 2, 8, 41]);
        let code = failure(&server, wire, &[("grpc-encoding", "zstd9")], body).await;
        assert_eq!(code, Code::Unimplemented, "{wire:?}");
    }
}

#[tokio::test]
async fn a_length_over_the_limit_is_rejected_before_the_message_arrives() {
    let call_limits = CallLimits { message_bytes: 10, ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, ..Setup::default() }).await;
    for wire in Wire::ALL {
        for len in [11u32, u32::MAX] {
            let head = [&[0], &len.to_be_bytes()[..]].concat();
            let code = failure(&server, wire, &[], unending(&[&head, b"x"])).await;
            assert_eq!(code, Code::ResourceExhausted, "{wire:?}: {len}");
        }
        let largest = frame(&[&[0x12, 8][..], &[b'x'; 8]].concat());
        soon(server.call_raw(wire, FORMAT, &[], full(&largest))).await.unwrap();
    }
}

#[tokio::test]
async fn large_messages_share_limited_memory() {
    let call_limits = CallLimits { memory_bytes: 3000, ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, ..Setup::default() }).await;
    let large = frame(&[&[0x12, 0xfd, 0x0f][..], &[b'x'; 2045]].concat());
    for wire in Wire::ALL {
        let ((one_sender, one), (two_sender, two)) = (channel(), channel());
        assert!(one_sender.send(&large[..1998]).await && two_sender.send(&large[..1998]).await);
        // There is memory for one of them.
        let one = pin!(server.call_raw(wire, FORMAT, &[], one));
        let two = pin!(server.call_raw(wire, FORMAT, &[], two));
        let (rejected, other, sender) = match soon(select(one, two)).await {
            Either::Left((rejected, two)) => (rejected, two, two_sender),
            Either::Right((rejected, one)) => (rejected, one, one_sender),
        };
        assert_eq!(rejected.unwrap_err().code(), Code::ResourceExhausted, "{wire:?}");
        assert!(sender.send(&large[1998..]).await);
        drop(sender);
        soon(other).await.unwrap();
        soon(server.call_raw(wire, FORMAT, &[], full(&large))).await.unwrap();
    }
}

/// The streams of one connection.
const STREAMS: usize = 200;

#[tokio::test]
async fn announced_large_messages_take_no_memory() {
    let call_limits = CallLimits { memory_bytes: 3000, ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, ..Setup::default() }).await;
    let large = frame(&[&[0x12, 0xfd, 0x0f][..], &[b'x'; 2045]].concat());
    let connection = soon(Connection::open(server.http, Wire::Grpc)).await.unwrap();
    let Connection::Http2(connection) = connection else { panic!("gRPC needs HTTP/2") };
    let claims: Vec<_> = (1..STREAMS)
        .map(|_| {
            let claim = post(FORMAT, "application/grpc", unending(&[&large[..5]]));
            tokio::spawn(connection.clone().send_request(claim))
        })
        .collect();
    for wire in Wire::ALL {
        soon(server.call_raw(wire, FORMAT, &[], full(&large))).await.unwrap();
    }
    // Meanwhile they wait for their messages, and the connection serves others.
    let mut connection = Connection::Http2(connection);
    soon(connection.call(Wire::Grpc, FORMAT, &large[5..])).await.unwrap().unwrap();
    drop(claims);
}

#[tokio::test]
async fn a_connection_cannot_take_the_memory_of_others() {
    // An eighth is 8 KiB: four messages of 2,000 bytes.
    let call_limits = CallLimits { message_bytes: 4 << 10, memory_bytes: 64 << 10, ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, metrics: true, ..Setup::default() }).await;
    let large = frame(&[&[0x12, 0xfd, 0x0f][..], &[b'x'; 2045]].concat());
    let connection = soon(Connection::open(server.http, Wire::Grpc)).await.unwrap();
    let Connection::Http2(connection) = connection else { panic!("gRPC needs HTTP/2") };
    let mut calls: Vec<_> = (0..5)
        .map(|_| {
            let call = post(FORMAT, "application/grpc", unending(&[&large[..2000]]));
            Box::pin(connection.clone().send_request(call))
        })
        .collect();
    // One of them is rejected; the others wait for their messages.
    let (rejected, _, _) = soon(futures_util::future::select_all(calls.iter_mut())).await;
    assert_eq!(rejected.unwrap().headers()["grpc-status"], "8");
    for wire in Wire::ALL {
        soon(server.call_raw(wire, FORMAT, &[], full(&large))).await.unwrap();
    }
}

#[tokio::test]
async fn a_request_over_the_limit_of_its_method_is_rejected() {
    let server = Server::start().await;
    // An unknown field in 4,096 bytes, and in one more.
    let largest = [&[0x12, 0xfd, 0x1f][..], &[b'x'; 4093]].concat();
    let too_large = [&[0x12, 0xfe, 0x1f][..], &[b'x'; 4094]].concat();
    for wire in Wire::ALL {
        for path in [FORMAT, ADD_ONE, LIST_ROWS, "/grpc.health.v1.Health/Check"] {
            soon(server.call(wire, path, &largest)).await.unwrap();
            let rejected = soon(server.call(wire, path, &too_large)).await.unwrap_err();
            assert_eq!(rejected.code(), Code::ResourceExhausted, "{wire:?} {path}");
            assert!(rejected.message().contains("4096 bytes"), "{rejected:?}");
        }
    }
}

#[tokio::test]
async fn a_deadline_ends_a_call() {
    // No other limit does.
    let call_limits = CallLimits { message_pause: Duration::MAX, ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, ..Setup::default() }).await;
    for wire in Wire::ALL {
        let body = unending(&[&[0, 0, 0]]);
        let code = failure(&server, wire, &[("grpc-timeout", "1m")], body).await;
        assert_eq!(code, Code::DeadlineExceeded, "{wire:?}");
    }
}

#[tokio::test]
async fn a_malformed_deadline_is_rejected() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        let code = failure(&server, wire, &[("grpc-timeout", "soon")], full(&frame(&[8, 41]))).await;
        assert_eq!(code, Code::InvalidArgument, "{wire:?}");
    }
}

#[tokio::test]
async fn a_stalled_body_ends_the_call() {
    let call_limits = CallLimits { message_pause: Duration::from_millis(50), ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, ..Setup::default() }).await;
    for wire in Wire::ALL {
        let code = failure(&server, wire, &[], unending(&[&[0, 0, 0]])).await;
        assert_eq!(code, Code::DeadlineExceeded, "{wire:?}");
    }
}

#[tokio::test]
async fn a_slow_body_ends_the_call() {
    let call_limits = CallLimits { message_time: Duration::from_millis(50), ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, ..Setup::default() }).await;
    for wire in Wire::ALL {
        let (sender, body) = channel();
        tokio::spawn(async move {
            // The prefix of a message of 4,000 bytes, and then single bytes.
            let mut is_open = sender.send(&[0, 0, 0, 0x0f, 0xa0]).await;
            while is_open {
                tokio::time::sleep(Duration::from_millis(5)).await;
                is_open = sender.send(&[0]).await;
            }
        });
        assert_eq!(failure(&server, wire, &[], body).await, Code::DeadlineExceeded, "{wire:?}");
    }
}

#[tokio::test]
async fn text_that_is_not_base64_is_rejected() {
    let server = Server::start().await;
    for body in ["!!!!", "AAAAAAIIK", "AA=A"] {
        let request = post(FORMAT, "application/grpc-web-text", full(body.as_bytes()));
        let response = soon(server.send(http::Version::HTTP_11, request)).await;
        let status = Wire::GrpcWebText.read(response).unwrap_err();
        assert_eq!(status.code(), Code::Internal, "{body}");
        assert!(status.message().contains("not what its content type says"), "{status:?}");
    }
}
