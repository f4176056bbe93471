//! What the demo adds to oneport: its services, its health, and its text where there is no page.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use common::{Server, frame, full, get, post, soon};
use http::{StatusCode, Version};
use serde_json::Value;

#[tokio::test]
async fn every_service_is_listed_by_reflection() {
    let server = Server::start().await;
    let path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let request = full(&frame(br#"{"listServices":"*"}"#));
    let response = soon(server.send(Version::HTTP_2, post(path, "application/connect+json", request))).await;
    let (&[0, a, b, c, d], rest) = response.body().split_first_chunk::<5>().unwrap() else {
        panic!("{response:?}")
    };
    let len = u32::from_be_bytes([a, b, c, d]) as usize;
    let list: Value = serde_json::from_slice(&rest[..len]).unwrap();
    let services = list["listServicesResponse"]["service"].as_array().unwrap();
    let names: Vec<_> = services.iter().map(|service| service["name"].as_str().unwrap()).collect();
    let expected = [
        "TemplateGRPC",
        "increment.v1.IncrementService",
        "increment.v1.AccessService",
        "increment.v1.ConnectionService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    ];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn every_service_has_a_health() {
    let server = Server::start().await;
    for service in ["", "increment.v1.IncrementService", "TemplateGRPC"] {
        let json = format!(r#"{{"service":"{service}"}}"#);
        let check = post("/grpc.health.v1.Health/Check", "application/json", full(json.as_bytes()));
        let response = soon(server.send(Version::HTTP_2, check)).await;
        assert_eq!(response.body(), r#"{"status":"SERVING"}"#, "{service:?}");
    }
}

#[tokio::test]
async fn a_server_whose_ledger_is_closed_is_not_ready() {
    let server = Server::start().await;
    let status = async |path| soon(server.send(Version::HTTP_2, get(path))).await.status();
    assert_eq!(status("/readyz").await, StatusCode::OK);
    server.ledger.close().await;
    soon(async { while status("/readyz").await == StatusCode::OK {} }).await;
    assert_eq!(status("/readyz").await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(status("/healthz").await, StatusCode::OK);
}

#[tokio::test]
async fn without_a_page_the_response_says_how_to_make_one() {
    let server = Server::start().await;
    let response = soon(server.send(Version::HTTP_11, get("/"))).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(String::from_utf8_lossy(response.body()).contains("cargo xtask page"));
}
