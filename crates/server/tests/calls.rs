//! Calls, good and bad: the same cases over gRPC, gRPC-Web on HTTP/2 and on HTTP/1.1, and gRPC-Web-text.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::{pin::pin, time::Duration};

use common::{
    ReqBody, Server, Setup, Wire, channel, chunked, frame, full,
    program::{Connection, LIST},
    soon, unending,
};
use futures_util::future::{Either, select};
use increment_proto::{
    template::{TemplateGrpcRequest, TemplateGrpcResponse},
    v1::{IncrementRequest, IncrementResponse},
};
use oneport::CallLimits;
use prost::Message;
use tonic::{Code, Status};
use tonic_types::StatusExt;

const TEMPLATE: &str = "/TemplateGRPC/TemplateGRPCEndpoint";
const INCREMENT: &str = "/increment.v1.IncrementService/Increment";

async fn template(server: &Server, wire: Wire, number: i32) -> String {
    let message = TemplateGrpcRequest { number }.encode_to_vec();
    let answer = soon(server.call(wire, TEMPLATE, &message)).await.unwrap();
    TemplateGrpcResponse::decode(answer).unwrap().reply
}

async fn increment(server: &Server, wire: Wire, number: i64) -> Result<IncrementResponse, Status> {
    let message = IncrementRequest { number }.encode_to_vec();
    let answer = soon(server.call(wire, INCREMENT, &message)).await?;
    Ok(IncrementResponse::decode(answer).unwrap())
}

/// The code with which a call of this body fails.
async fn refusal(server: &Server, wire: Wire, headers: &[(&'static str, &str)], body: ReqBody) -> Code {
    let outcome = soon(server.call_raw(wire, TEMPLATE, headers, body)).await;
    assert_eq!(template(server, wire, 41).await, "Send: 41, Return: 42", "the server answers on");
    outcome.unwrap_err().code()
}

#[tokio::test]
async fn template_answers_as_in_the_study() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        for (number, reply) in [
            (9180, "Send: 9180, Return: 9181"),
            (0, "Send: 0, Return: 1"),
            (-1, "Send: -1, Return: 0"),
            (i32::MAX, "Send: 2147483647, Return: 2147483648"),
            (i32::MIN, "Send: -2147483648, Return: -2147483647"),
        ] {
            assert_eq!(template(&server, wire, number).await, reply, "{wire:?}");
        }
    }
}

#[tokio::test]
async fn increment_answers_what_was_sent_and_what_follows() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        for number in [0, -1, 5681, i64::MIN, i64::MAX - 1] {
            let answer = increment(&server, wire, number).await.unwrap();
            assert_eq!(answer, IncrementResponse { number, result: number + 1 }, "{wire:?}");
        }
    }
}

#[tokio::test]
async fn increment_of_max_is_out_of_range_and_names_the_field() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        let status = increment(&server, wire, i64::MAX).await.unwrap_err();
        assert_eq!(status.code(), Code::OutOfRange, "{wire:?}");
        assert!(status.message().starts_with("number: 9223372036854775807"), "{status:?}");
        let details = status.get_details_bad_request().unwrap();
        assert_eq!(details.field_violations[0].field, "number", "{wire:?}");
    }
}

#[tokio::test]
async fn a_message_may_come_in_any_chunks_and_with_fields_of_a_newer_contract() {
    let server = Server::start().await;
    let message = [0x08, 41, 0x12, 3, b'a', b'b', b'c'];
    let framed = frame(&message);
    let chunks: Vec<_> = framed.chunks(1).collect();
    for wire in Wire::ALL {
        let answer = soon(server.call_raw(wire, TEMPLATE, &[], chunked(&chunks))).await.unwrap();
        assert_eq!(TemplateGrpcResponse::decode(answer).unwrap().reply, "Send: 41, Return: 42", "{wire:?}");
    }
}

#[tokio::test]
async fn methods_that_are_unknown_are_unimplemented() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        for path in ["/TemplateGRPC/Nope", "/no.such.Service/Method", "/"] {
            let status = soon(server.call(wire, path, &[])).await.unwrap_err();
            assert_eq!(status.code(), Code::Unimplemented, "{wire:?} {path}");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_not_one_whole_message_is_refused() {
    let server = Server::start().await;
    let good = frame(&[8, 41]);
    let twice = [&good[..], &good].concat();
    let flagged = |flag: u8| [&[flag], &good[1..]].concat();
    let cases: [(&str, &[u8], Code); 9] = [
        ("no message", &[], Code::Unimplemented),
        ("two messages", &twice, Code::Unimplemented),
        ("a message and 3 bytes", &twice[..10], Code::Unimplemented),
        ("half a head", &good[..3], Code::Internal),
        ("half a message", &good[..6], Code::Internal),
        ("compressed without saying how", &flagged(1), Code::Internal),
        ("an unknown flag", &flagged(2), Code::Internal),
        ("a trailers frame", &flagged(0x80), Code::Internal),
        ("no protobuf", &frame(&[0xff; 12]), Code::Internal),
    ];
    for wire in Wire::ALL {
        for (name, body, code) in &cases {
            assert_eq!(refusal(&server, wire, &[], full(body)).await, *code, "{wire:?}: {name}");
        }
    }
}

#[tokio::test]
async fn an_unknown_compression_is_refused() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        let body = full(&[1, 0, 0, 0, 2, 8, 41]);
        let code = refusal(&server, wire, &[("grpc-encoding", "zstd9")], body).await;
        assert_eq!(code, Code::Unimplemented, "{wire:?}");
    }
}

#[tokio::test]
async fn a_length_over_the_limit_is_refused_before_the_message_comes() {
    let call_limits = CallLimits { message_bytes: 10, ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, ..Setup::default() }).await;
    for wire in Wire::ALL {
        for len in [11u32, u32::MAX] {
            let head = [&[0], &len.to_be_bytes()[..]].concat();
            let code = refusal(&server, wire, &[], unending(&[&head, b"x"])).await;
            assert_eq!(code, Code::ResourceExhausted, "{wire:?}: {len}");
        }
        let largest = frame(&[&[0x12, 8][..], &[b'x'; 8]].concat());
        soon(server.call_raw(wire, TEMPLATE, &[], full(&largest))).await.unwrap();
    }
}

#[tokio::test]
async fn large_messages_share_a_bounded_memory() {
    let call_limits = CallLimits { memory_bytes: 3000, ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, ..Setup::default() }).await;
    let large = frame(&[&[0x12, 0xfd, 0x0f][..], &[b'x'; 2045]].concat());
    for wire in Wire::ALL {
        let ((one_sender, one), (two_sender, two)) = (channel(), channel());
        assert!(one_sender.send(&large[..1998]).await && two_sender.send(&large[..1998]).await);
        // There is memory for the one that is read first, whichever it is.
        let one = pin!(server.call_raw(wire, TEMPLATE, &[], one));
        let two = pin!(server.call_raw(wire, TEMPLATE, &[], two));
        let (refused, other, sender) = match soon(select(one, two)).await {
            Either::Left((refused, two)) => (refused, two, two_sender),
            Either::Right((refused, one)) => (refused, one, one_sender),
        };
        assert_eq!(refused.unwrap_err().code(), Code::ResourceExhausted, "{wire:?}");
        assert!(sender.send(&large[1998..]).await);
        drop(sender);
        soon(other).await.unwrap();
        soon(server.call_raw(wire, TEMPLATE, &[], full(&large))).await.unwrap();
    }
}

/// The most streams of one connection.
const STREAMS: usize = 200;

#[tokio::test]
async fn claims_of_large_messages_take_no_memory() {
    let call_limits = CallLimits { memory_bytes: 3000, ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, ..Setup::default() }).await;
    let large = frame(&[&[0x12, 0xfd, 0x0f][..], &[b'x'; 2045]].concat());
    let connection = soon(Connection::open(server.http, Wire::Grpc)).await.unwrap();
    let Connection::Http2(connection) = connection else { panic!("gRPC needs HTTP/2") };
    let claims: Vec<_> = (1..STREAMS)
        .map(|_| {
            let claim = common::post(TEMPLATE, "application/grpc", unending(&[&large[..5]]));
            tokio::spawn(connection.clone().send_request(claim))
        })
        .collect();
    for wire in Wire::ALL {
        soon(server.call_raw(wire, TEMPLATE, &[], full(&large))).await.unwrap();
    }
    // They go on waiting for their messages meanwhile, and the connection serves others.
    let mut connection = Connection::Http2(connection);
    soon(connection.call(Wire::Grpc, TEMPLATE, &large[5..])).await.unwrap().unwrap();
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
    let mut begun: Vec<_> = (0..5)
        .map(|_| {
            let begun = common::post(TEMPLATE, "application/grpc", unending(&[&large[..2000]]));
            Box::pin(connection.clone().send_request(begun))
        })
        .collect();
    // One of them is refused; the others go on waiting for the rest.
    let (refused, _, _) = soon(futures_util::future::select_all(begun.iter_mut())).await;
    assert_eq!(refused.unwrap().headers()["grpc-status"], "8");
    for wire in Wire::ALL {
        soon(server.call_raw(wire, TEMPLATE, &[], full(&large))).await.unwrap();
    }
}

#[tokio::test]
async fn a_method_takes_no_more_than_it_has_use_for() {
    let server = Server::start().await;
    // An unknown field in 4,096 bytes, and in one more.
    let largest = [&[0x12, 0xfd, 0x1f][..], &[b'x'; 4093]].concat();
    let too_large = [&[0x12, 0xfe, 0x1f][..], &[b'x'; 4094]].concat();
    for wire in Wire::ALL {
        for path in [TEMPLATE, INCREMENT, LIST, "/grpc.health.v1.Health/Check"] {
            soon(server.call(wire, path, &largest)).await.unwrap();
            let refused = soon(server.call(wire, path, &too_large)).await.unwrap_err();
            assert_eq!(refused.code(), Code::ResourceExhausted, "{wire:?} {path}");
            assert!(refused.message().contains("4096 bytes"), "{refused:?}");
        }
    }
}

#[tokio::test]
async fn a_deadline_ends_a_call() {
    // Nothing else does.
    let call_limits = CallLimits { message_pause: Duration::MAX, ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, ..Setup::default() }).await;
    for wire in Wire::ALL {
        let body = unending(&[&[0, 0, 0]]);
        let code = refusal(&server, wire, &[("grpc-timeout", "1m")], body).await;
        assert_eq!(code, Code::DeadlineExceeded, "{wire:?}");
    }
}

#[tokio::test]
async fn a_deadline_that_cannot_be_read_is_refused() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        let code = refusal(&server, wire, &[("grpc-timeout", "soon")], full(&frame(&[8, 41]))).await;
        assert_eq!(code, Code::InvalidArgument, "{wire:?}");
    }
}

#[tokio::test]
async fn a_body_that_stops_coming_ends_the_call() {
    let call_limits = CallLimits { message_pause: Duration::from_millis(50), ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, ..Setup::default() }).await;
    for wire in Wire::ALL {
        let code = refusal(&server, wire, &[], unending(&[&[0, 0, 0]])).await;
        assert_eq!(code, Code::DeadlineExceeded, "{wire:?}");
    }
}

#[tokio::test]
async fn a_body_that_drips_ends_the_call() {
    let call_limits = CallLimits { message_time: Duration::from_millis(50), ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, ..Setup::default() }).await;
    for wire in Wire::ALL {
        let (sender, body) = channel();
        tokio::spawn(async move {
            // The head of a message of 4,000 bytes, and then it byte after byte.
            let mut is_wanted = sender.send(&[0, 0, 0, 0x0f, 0xa0]).await;
            while is_wanted {
                tokio::time::sleep(Duration::from_millis(5)).await;
                is_wanted = sender.send(&[0]).await;
            }
        });
        assert_eq!(refusal(&server, wire, &[], body).await, Code::DeadlineExceeded, "{wire:?}");
    }
}

#[tokio::test]
async fn text_that_is_not_base64_is_refused() {
    let server = Server::start().await;
    for body in ["!!!!", "AAAAAAIIK", "AA=A"] {
        let request = common::post(TEMPLATE, "application/grpc-web-text", full(body.as_bytes()));
        let response = soon(server.send(http::Version::HTTP_11, request)).await;
        let status = Wire::GrpcWebText.read(response).unwrap_err();
        assert_eq!(status.code(), Code::Internal, "{body}");
        assert!(status.message().contains("not what its content type says"), "{status:?}");
    }
}
