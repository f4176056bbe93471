//! Compressed requests and responses over every protocol, decompression bombs among them.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::io::{Read, Write};

use common::{
    Server, Setup, Wire,
    contract::{ADD_ONE_TO_EACH, COUNT_UP, FORMAT, proto::formatter::FormatResponse},
    frame, full, in_base64, post, soon, unbase64,
};
use http::HeaderMap;
use oneport::CallLimits;
use prost::Message;
use tonic::{Code, Status};

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

/// The headers of a response, and the flag and payload of each of its messages.
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

async fn failure(server: &Server, wire: Wire, headers: &[(&'static str, &str)], body: &[u8]) -> Status {
    soon(server.call_raw(wire, FORMAT, headers, full(body))).await.unwrap_err()
}

#[tokio::test]
async fn a_compressed_request_gets_a_response_in_the_accepted_compression() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        for sent in ENCODINGS {
            for accepted in ENCODINGS {
                let headers = [("grpc-encoding", sent), ("grpc-accept-encoding", accepted)];
                let body = compressed_frame(sent, &[8, 41]);
                let (response_headers, messages) = call(&server, wire, FORMAT, &headers, &body).await;
                assert_eq!(response_headers["grpc-encoding"], accepted, "{wire:?}");
                let [(1, content)] = &messages[..] else { panic!("{messages:?}") };
                let text = FormatResponse::decode(&decompress(accepted, content)[..]).unwrap().text;
                assert_eq!(text, "41, 42", "{wire:?}");
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
            let (response_headers, messages) =
                call(&server, wire, ADD_ONE_TO_EACH, &headers, &body.concat()).await;
            assert!(!response_headers.contains_key("grpc-encoding"), "none is accepted");
            let plain = |number: u8| (0, vec![8, number, 16, number + 1]);
            assert_eq!(messages, [plain(1), plain(2), plain(3)], "{wire:?} {encoding}");
        }
    }
}

#[tokio::test]
async fn the_response_to_a_plain_request_is_compressed_only_where_it_becomes_smaller() {
    let server = Server::start().await;
    // A file of the contract by reflection, of some kilobytes.
    let symbol = b"test.v1.NumberService";
    let request = frame(&[&[0x22, symbol.len() as u8][..], symbol].concat());
    for wire in Wire::ALL {
        let (_, plain) = call(&server, wire, REFLECTION, &[], &request).await;
        assert!(plain[0].0 == 0 && plain[0].1.len() > 1024, "{wire:?}");
        for encoding in ENCODINGS {
            let headers = [("grpc-accept-encoding", encoding)];
            let (_, small) = call(&server, wire, FORMAT, &headers, &frame(&[8, 41])).await;
            assert_eq!(small[0].0, 0, "{wire:?} {encoding}");
            let (response_headers, large) = call(&server, wire, REFLECTION, &headers, &request).await;
            assert_eq!(response_headers["grpc-encoding"], encoding, "{wire:?}");
            assert_eq!(large[0].0, 1, "{wire:?} {encoding}");
            assert_eq!(decompress(encoding, &large[0].1), plain[0].1, "{wire:?} {encoding}");
        }
    }
}

#[tokio::test]
async fn each_message_of_a_stream_is_compressed_by_itself() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        for encoding in ENCODINGS {
            let headers = [("grpc-encoding", encoding), ("grpc-accept-encoding", encoding)];
            let request = compressed_frame(encoding, &[16, 200, 1]);
            let (_, messages) = call(&server, wire, COUNT_UP, &headers, &request).await;
            assert_eq!(messages.len(), 200, "{wire:?} {encoding}");
            assert!(messages.iter().all(|(flag, _)| *flag == 1), "{wire:?} {encoding}");
            assert_eq!(decompress(encoding, &messages[41].1), [8, 42], "{wire:?} {encoding}");
        }
    }
}

#[tokio::test]
async fn an_unknown_compression_is_rejected_with_the_supported_ones() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        for body in [frame(&[8, 41]), compressed_frame("gzip", &[8, 41])] {
            let status = failure(&server, wire, &[("grpc-encoding", "br")], &body).await;
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
async fn a_message_that_cannot_be_decompressed_is_rejected() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        for encoding in ENCODINGS {
            let mut body = frame(&[8, 41]);
            body[0] = 1;
            let status = failure(&server, wire, &[("grpc-encoding", encoding)], &body).await;
            assert_eq!(status.code(), Code::Internal, "{wire:?} {encoding}");
            let status = failure(&server, wire, &[], &compressed_frame(encoding, &[8, 41])).await;
            assert_eq!(status.code(), Code::Internal, "{wire:?} {encoding}");
        }
    }
}

#[tokio::test]
async fn a_message_that_decompresses_beyond_the_limit_is_rejected() {
    let call_limits = CallLimits { message_bytes: 4000, ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, ..Setup::default() }).await;
    for wire in Wire::ALL {
        for encoding in ENCODINGS {
            let headers = [("grpc-encoding", encoding)];
            let bomb = compressed_frame(encoding, &vec![0; 2_000_000]);
            assert!(bomb.len() < 4000);
            let status = failure(&server, wire, &headers, &bomb).await;
            assert_eq!(status.code(), Code::ResourceExhausted, "{wire:?} {encoding}");
            // An unknown field up to the limit.
            let largest = [&[0x12, 0x9d, 0x1f][..], &[b'x'; 3997]].concat();
            let body = full(&compressed_frame(encoding, &largest));
            soon(server.call_raw(wire, FORMAT, &headers, body)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_message_in_too_many_compressed_parts_is_rejected() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        for encoding in ENCODINGS {
            let headers = [("grpc-encoding", encoding)];
            let in_parts = |empty: usize| {
                let parts = [compress(encoding, &[8, 41]), compress(encoding, b"").repeat(empty)].concat();
                [&[1][..], &frame(&parts)[1..]].concat()
            };
            soon(server.call_raw(wire, FORMAT, &headers, full(&in_parts(15)))).await.unwrap();
            let status = failure(&server, wire, &headers, &in_parts(16)).await;
            assert_eq!(status.code(), Code::ResourceExhausted, "{wire:?} {encoding}");
            assert!(status.message().contains("16 parts"), "{status:?}");
        }
    }
}
