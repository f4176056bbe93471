//! The contract of the demo's unary calls, over every protocol.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use common::{Server, Wire, program::LIST, soon};
use increment_proto::{
    template::{TemplateGrpcRequest, TemplateGrpcResponse},
    v1::{IncrementRequest, IncrementResponse},
};
use prost::Message;
use tonic::{Code, Status};
use tonic_types::StatusExt;

const TEMPLATE: &str = "/TemplateGRPC/TemplateGRPCEndpoint";
const INCREMENT: &str = "/increment.v1.IncrementService/Increment";

async fn template(server: &Server, wire: Wire, number: i32) -> String {
    let message = TemplateGrpcRequest { number }.encode_to_vec();
    let response = soon(server.call(wire, TEMPLATE, &message)).await.unwrap();
    TemplateGrpcResponse::decode(response).unwrap().reply
}

async fn increment(server: &Server, wire: Wire, number: i64) -> Result<IncrementResponse, Status> {
    let message = IncrementRequest { number }.encode_to_vec();
    let response = soon(server.call(wire, INCREMENT, &message)).await?;
    Ok(IncrementResponse::decode(response).unwrap())
}

#[tokio::test]
async fn template_responds_as_in_the_study() {
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
async fn increment_returns_the_number_and_the_next_one() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        for number in [0, -1, 5681, i64::MIN, i64::MAX - 1] {
            let response = increment(&server, wire, number).await.unwrap();
            assert_eq!(response, IncrementResponse { number, result: number + 1 }, "{wire:?}");
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
async fn a_request_over_the_limit_of_its_method_is_rejected() {
    let server = Server::start().await;
    // An unknown field in 4,096 bytes, and in one more.
    let largest = [&[0x12, 0xfd, 0x1f][..], &[b'x'; 4093]].concat();
    let too_large = [&[0x12, 0xfe, 0x1f][..], &[b'x'; 4094]].concat();
    for wire in Wire::ALL {
        for path in [TEMPLATE, INCREMENT, LIST, "/grpc.health.v1.Health/Check"] {
            soon(server.call(wire, path, &largest)).await.unwrap();
            let rejected = soon(server.call(wire, path, &too_large)).await.unwrap_err();
            assert_eq!(rejected.code(), Code::ResourceExhausted, "{wire:?} {path}");
            assert!(rejected.message().contains("4096 bytes"), "{rejected:?}");
        }
    }
}
