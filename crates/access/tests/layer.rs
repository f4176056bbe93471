//! The layer around any service, as another project would use it: protocols told by content type, and refusals in them.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod sim;

use std::{convert::Infallible, io::ErrorKind, sync::Arc};

use http::{Request, Response, header};
use increment_access::{AccessLayer, Durability, Ledger, State};
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service, service_fn};

use sim::{SimDisk, Trouble, count, options};

const INCREMENT: &str = "/increment.v1.IncrementService/Increment";

async fn answer(_: Request<Body>) -> Result<Response<Body>, Infallible> {
    Ok(Response::new(Body::empty()))
}

fn request(content_type: &str) -> Request<Body> {
    let request = Request::post(INCREMENT).header(header::CONTENT_TYPE, content_type);
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn each_protocol_is_told_by_its_content_type() {
    let ledger = Ledger::open_on(Arc::new(SimDisk::default()), options(Durability::Strict)).unwrap();
    let mut service = AccessLayer::new(&ledger).layer(service_fn(answer));
    for (content_type, protocol) in [
        ("application/grpc", "grpc"),
        ("application/grpc-web+proto", "grpc-web"),
        ("application/grpc-web-text", "grpc-web-text"),
    ] {
        service.call(request(content_type)).await.unwrap();
        assert_eq!(count(&ledger, "Increment", protocol).await, 1, "{content_type}");
    }
    // No call, and so no access.
    service.call(request("text/html")).await.unwrap();
    assert_eq!(ledger.read().await.unwrap().total, 3);
}

#[tokio::test]
async fn a_call_that_cannot_be_counted_is_refused_in_its_protocol() {
    let disk = Arc::new(SimDisk::default());
    let ledger = Ledger::open_on(Arc::clone(&disk) as _, options(Durability::Strict)).unwrap();
    let mut service = AccessLayer::new(&ledger).layer(service_fn(answer));
    disk.set_trouble(Some((Trouble::Write, ErrorKind::StorageFull)));
    let mut refused = async |content_type: &str, answered: &str| {
        let response = service.call(request(content_type)).await.unwrap();
        let status = Status::from_header_map(response.headers()).unwrap();
        assert_eq!(status.code(), Code::Unavailable, "{content_type}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], answered);
    };
    // The first one waits for the write that fails, the others find the disk full.
    for _ in 0..2 {
        refused("application/grpc+proto", "application/grpc").await;
        refused("application/grpc-web", "application/grpc-web+proto").await;
        refused("application/grpc-web-text", "application/grpc-web-text+proto").await;
    }
    // Told just after the calls were let go.
    ledger.state().wait_for(|state| *state == State::Full).await.unwrap();
    // What is no call needs no ledger.
    service.call(request("text/html")).await.unwrap();
}
