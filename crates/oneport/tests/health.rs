//! The health of the server and its services: over `grpc.health.v1.Health` and by probes.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use common::{Connection, MessageStream, Server, Wire, get, soon};
use http::{StatusCode, Version};
use oneport::HealthState;
use prost::Message;
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus};

const CHECK: &str = "/grpc.health.v1.Health/Check";
const WATCH: &str = "/grpc.health.v1.Health/Watch";
const NUMBERS: &str = "test.v1.NumberService";

async fn health(server: &Server, wire: Wire, service: &str) -> Result<ServingStatus, Code> {
    let request = HealthCheckRequest { service: service.into() }.encode_to_vec();
    let response = soon(server.call(wire, CHECK, &request)).await.map_err(|status| status.code())?;
    Ok(HealthCheckResponse::decode(response).unwrap().status())
}

async fn readiness(server: &Server) -> StatusCode {
    soon(server.send(Version::HTTP_11, get("/readyz"))).await.status()
}

#[tokio::test]
async fn the_health_that_is_set_is_reported_over_grpc_and_by_probes() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        for service in ["", NUMBERS, "Formatter", "grpc.health.v1.Health"] {
            assert_eq!(health(&server, wire, service).await, Ok(ServingStatus::Serving), "{service}");
        }
        assert_eq!(health(&server, wire, "no.such.Service").await, Err(Code::NotFound));
    }
    server.health.set_service(NUMBERS, HealthState::NotServing);
    assert_eq!(health(&server, Wire::Grpc, NUMBERS).await, Ok(ServingStatus::NotServing));
    assert_eq!(health(&server, Wire::Grpc, "").await, Ok(ServingStatus::Serving));
    assert_eq!(readiness(&server).await, StatusCode::OK);
    server.health.set(HealthState::NotServing);
    for service in ["", "Formatter"] {
        assert_eq!(health(&server, Wire::Grpc, service).await, Ok(ServingStatus::NotServing), "{service}");
    }
    assert_eq!(readiness(&server).await, StatusCode::SERVICE_UNAVAILABLE);
    server.health.set(HealthState::Serving);
    assert_eq!(health(&server, Wire::Grpc, "").await, Ok(ServingStatus::Serving));
    assert_eq!(health(&server, Wire::Grpc, NUMBERS).await, Ok(ServingStatus::NotServing));
    assert_eq!(readiness(&server).await, StatusCode::OK);
}

#[tokio::test]
async fn a_watch_of_health_ends_with_the_shutdown() {
    let mut server = Server::start().await;
    let mut connection = soon(Connection::open(server.http, Wire::Grpc)).await.unwrap();
    let mut watches = Vec::new();
    for service in ["", "no.such.Service"] {
        let request = HealthCheckRequest { service: service.into() }.encode_to_vec();
        watches.push(MessageStream::new(soon(connection.begin(Wire::Grpc, WATCH, &request)).await.unwrap()));
    }
    let status = |message| HealthCheckResponse::decode(message).unwrap().status();
    assert_eq!(status(soon(watches[0].next()).await.unwrap()), ServingStatus::Serving);
    assert_eq!(status(soon(watches[1].next()).await.unwrap()), ServingStatus::ServiceUnknown);
    server.health.set(HealthState::NotServing);
    assert_eq!(status(soon(watches[0].next()).await.unwrap()), ServingStatus::NotServing);
    server.health.set(HealthState::Serving);
    assert_eq!(status(soon(watches[0].next()).await.unwrap()), ServingStatus::Serving);
    server.stop();
    assert_eq!(status(soon(watches[0].next()).await.unwrap()), ServingStatus::NotServing);
    assert_eq!(soon(watches[0].next()).await, None);
    soon(&mut server.running).await.unwrap().unwrap();
}
