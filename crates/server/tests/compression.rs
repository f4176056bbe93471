//! Compressed messages, both ways and over every protocol, and those that try to do harm.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::io::{Read, Write};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use common::{Server, Setup, Wire, frame, full, in_base64, post, soon};
use http::HeaderMap;
use increment_proto::template::TemplateGrpcResponse;
use oneport::CallLimits;
use prost::Message;
use tonic::{Code, Status};

const TEMPLATE: &str = "/TemplateGRPC/TemplateGRPCEndpoint";
const COUNT_UP: &str = "/increment.v1.IncrementService/CountUp";
const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const ENCODINGS: [&str; 2] = ["gzip", "zstd"];

fn compress(encoding: &str, message: &[u8]) -> Vec<u8> {
    if encoding == "zstd" {
        return zstd::encode_all(message, 0).unwrap();
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(message).unwrap();
    encoder.finish().unwrap()
}

fn decompress(encoding: &str, message: &[u8]) -> Vec<u8> {
    if encoding == "zstd" {
        return zstd::decode_all(message).unwrap();
    }
    let mut decoded = Vec::new();
    flate2::read::GzDecoder::new(message).read_to_end(&mut decoded).unwrap();
    decoded
}

fn compressed_frame(encoding: &str, message: &[u8]) -> Vec<u8> {
    let mut frame = frame(&compress(encoding, message));
    frame[0] = 1;
    frame
}

/// The headers of an answer, and the flag and content of each of its messages.
async fn call(
    server: &Server,
    wire: Wire,
    path: &str,
    headers: &[(&'static str, &str)],
    body: &[u8],
) -> (HeaderMap, Vec<(u8, Vec<u8>)>) {
    let body = full(body);
    let body = if wire == Wire::GrpcWebText { in_base64(body) } else { body };
    let mut request = post(path, wire.content_type(), body);
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let response = soon(server.send(wire.version(), request)).await;
    let (parts, body) = response.into_parts();
    let body = if wire == Wire::GrpcWebText { unbase64(&body) } else { body };
    let (mut messages, mut rest) = (Vec::new(), &body[..]);
    while let Some((&[flag, a, b, c, d], after)) = rest.split_first_chunk::<5>() {
        let (content, after) = after.split_at(u32::from_be_bytes([a, b, c, d]) as usize);
        messages.push((flag, content.to_vec()));
        rest = after;
    }
    messages.retain(|(flag, _)| *flag != 0x80);
    (parts.headers, messages)
}

fn unbase64(text: &[u8]) -> Bytes {
    text.chunks(4).flat_map(|group| BASE64_STANDARD.decode(group).unwrap()).collect()
}

async fn refusal(server: &Server, wire: Wire, headers: &[(&'static str, &str)], body: &[u8]) -> Status {
    soon(server.call_raw(wire, TEMPLATE, headers, full(body))).await.unwrap_err()
}

#[tokio::test]
async fn who_compresses_is_answered_in_kind() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        for sent in ENCODINGS {
            for accepted in ENCODINGS {
                let headers = [("grpc-encoding", sent), ("grpc-accept-encoding", accepted)];
                let body = compressed_frame(sent, &[8, 41]);
                let (answered, messages) = call(&server, wire, TEMPLATE, &headers, &body).await;
                assert_eq!(answered["grpc-encoding"], accepted, "{wire:?}");
                let [(1, content)] = &messages[..] else { panic!("{messages:?}") };
                let reply = TemplateGrpcResponse::decode(&decompress(accepted, content)[..]).unwrap().reply;
                assert_eq!(reply, "Send: 41, Return: 42", "{wire:?}");
            }
        }
    }
}

#[tokio::test]
async fn each_message_of_a_stream_may_be_compressed_or_not() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        for encoding in ENCODINGS {
            let body =
                [compressed_frame(encoding, &[8, 1]), frame(&[8, 2]), compressed_frame(encoding, &[8, 3])];
            let headers = [("grpc-encoding", encoding)];
            let path = "/increment.v1.IncrementService/IncrementMany";
            let (answered, messages) = call(&server, wire, path, &headers, &body.concat()).await;
            assert!(!answered.contains_key("grpc-encoding"), "nobody asked for it");
            let plain = |number: u8| (0, vec![8, number, 16, number + 1]);
            assert_eq!(messages, [plain(1), plain(2), plain(3)], "{wire:?} {encoding}");
        }
    }
}

#[tokio::test]
async fn only_what_becomes_smaller_is_compressed_for_those_who_merely_accept_it() {
    let server = Server::start().await;
    // A file of the contract, by reflection: some kilobytes.
    let symbol = b"increment.v1.IncrementService";
    let ask = frame(&[&[0x22, symbol.len() as u8][..], symbol].concat());
    for wire in Wire::ALL {
        let (_, plain) = call(&server, wire, REFLECTION, &[], &ask).await;
        assert!(plain[0].0 == 0 && plain[0].1.len() > 1024, "{wire:?}");
        for encoding in ENCODINGS {
            let headers = [("grpc-accept-encoding", encoding)];
            let (_, small) = call(&server, wire, TEMPLATE, &headers, &frame(&[8, 41])).await;
            assert_eq!(small[0].0, 0, "{wire:?} {encoding}");
            let (answered, large) = call(&server, wire, REFLECTION, &headers, &ask).await;
            assert_eq!(answered["grpc-encoding"], encoding, "{wire:?}");
            assert_eq!(large[0].0, 1, "{wire:?} {encoding}");
            assert_eq!(decompress(encoding, &large[0].1), plain[0].1, "{wire:?} {encoding}");
        }
    }
}

#[tokio::test]
async fn many_messages_are_compressed_each_by_itself() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        for encoding in ENCODINGS {
            let headers = [("grpc-encoding", encoding), ("grpc-accept-encoding", encoding)];
            let ask = compressed_frame(encoding, &[16, 200, 1]);
            let (_, messages) = call(&server, wire, COUNT_UP, &headers, &ask).await;
            assert_eq!(messages.len(), 200, "{wire:?} {encoding}");
            assert!(messages.iter().all(|(flag, _)| *flag == 1), "{wire:?} {encoding}");
            assert_eq!(decompress(encoding, &messages[41].1), [8, 42], "{wire:?} {encoding}");
        }
    }
}

#[tokio::test]
async fn an_unknown_compression_is_refused_with_those_that_are_known() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        for body in [frame(&[8, 41]), compressed_frame("gzip", &[8, 41])] {
            let status = refusal(&server, wire, &[("grpc-encoding", "br")], &body).await;
            assert_eq!(status.code(), Code::Unimplemented, "{wire:?}");
            assert!(
                status.message().contains("\"br\"") && status.message().contains("gzip,zstd"),
                "{status:?}"
            );
            assert_eq!(status.metadata().get("grpc-accept-encoding").unwrap(), "identity,gzip,zstd");
        }
    }
}

#[tokio::test]
async fn a_message_that_is_not_compressed_as_said_is_refused() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        for encoding in ENCODINGS {
            let mut body = frame(&[8, 41]);
            body[0] = 1;
            let status = refusal(&server, wire, &[("grpc-encoding", encoding)], &body).await;
            assert_eq!(status.code(), Code::Internal, "{wire:?} {encoding}");
            let status = refusal(&server, wire, &[], &compressed_frame(encoding, &[8, 41])).await;
            assert_eq!(status.code(), Code::Internal, "{wire:?} {encoding}");
        }
    }
}

#[tokio::test]
async fn a_small_message_that_becomes_a_large_one_is_refused() {
    let call_limits = CallLimits { message_bytes: 4000, ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, ..Setup::default() }).await;
    for wire in Wire::ALL {
        for encoding in ENCODINGS {
            let headers = [("grpc-encoding", encoding)];
            let bomb = compressed_frame(encoding, &vec![0; 2_000_000]);
            assert!(bomb.len() < 4000);
            let status = refusal(&server, wire, &headers, &bomb).await;
            assert_eq!(status.code(), Code::ResourceExhausted, "{wire:?} {encoding}");
            // An unknown field of just the size that is allowed.
            let largest = [&[0x12, 0x9d, 0x1f][..], &[b'x'; 3997]].concat();
            let body = full(&compressed_frame(encoding, &largest));
            soon(server.call_raw(wire, TEMPLATE, &headers, body)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_message_in_too_many_compressed_parts_is_refused() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        for encoding in ENCODINGS {
            let headers = [("grpc-encoding", encoding)];
            let in_parts = |empty: usize| {
                let parts = [compress(encoding, &[8, 41]), compress(encoding, b"").repeat(empty)].concat();
                [&[1][..], &frame(&parts)[1..]].concat()
            };
            soon(server.call_raw(wire, TEMPLATE, &headers, full(&in_parts(15)))).await.unwrap();
            let status = refusal(&server, wire, &headers, &in_parts(16)).await;
            assert_eq!(status.code(), Code::ResourceExhausted, "{wire:?} {encoding}");
            assert!(status.message().contains("16 parts"), "{status:?}");
        }
    }
}
