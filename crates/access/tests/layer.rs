//! The layer around any service, as another project uses it: protocols by content type, and rejections in them.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod sim;

use std::{
    io::ErrorKind,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

use http::{Request, header};
use increment_access::{AccessLayer, Durability, Ledger, Protocol, State};
use tokio::{
    runtime::{Builder, Runtime},
    time::timeout,
};
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service, service_fn};

use sim::{Fault, SimDisk, count, options, respond, start};

const INCREMENT: &str = "/increment.v1.IncrementService/Increment";

fn request(content_type: &str) -> Request<Body> {
    let request = Request::post(INCREMENT).header(header::CONTENT_TYPE, content_type);
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn the_protocol_is_read_from_the_content_type() {
    let ledger = Ledger::open_on(Arc::new(SimDisk::default()), options(Durability::Strict)).unwrap();
    let mut service = AccessLayer::new(&ledger).layer(service_fn(respond));
    for (content_type, protocol) in [
        ("application/grpc", "grpc"),
        ("application/grpc-web+proto", "grpc-web"),
        ("application/grpc-web-text", "grpc-web-text"),
    ] {
        service.call(request(content_type)).await.unwrap();
        assert_eq!(count(&ledger, "Increment", protocol).await, 1, "{content_type}");
    }
    // Not a call.
    service.call(request("text/html")).await.unwrap();
    assert_eq!(ledger.read().await.unwrap().total, 3);
}

#[tokio::test]
async fn a_call_that_cannot_be_counted_is_rejected_in_its_protocol() {
    let disk = Arc::new(SimDisk::default());
    let ledger = Ledger::open_on(Arc::clone(&disk) as _, options(Durability::Strict)).unwrap();
    let mut service = AccessLayer::new(&ledger).layer(service_fn(respond));
    disk.set_fault(Some((Fault::Write, ErrorKind::StorageFull)));
    let mut is_rejected = async |content_type: &str, returned: &str| {
        let response = service.call(request(content_type)).await.unwrap();
        let status = Status::from_header_map(response.headers()).unwrap();
        assert_eq!(status.code(), Code::Unavailable, "{content_type}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], returned);
    };
    // The first one waits for the commit that fails; the others are rejected at once.
    for _ in 0..2 {
        is_rejected("application/grpc+proto", "application/grpc").await;
        is_rejected("application/grpc-web", "application/grpc-web+proto").await;
        is_rejected("application/grpc-web-text", "application/grpc-web-text+proto").await;
    }
    // Published just after the calls are completed.
    ledger.state().wait_for(|state| *state == State::Full).await.unwrap();
    // Other requests need no ledger.
    service.call(request("text/html")).await.unwrap();
}

/// The time limit of a wait.
const LONGEST: Duration = Duration::from_secs(20);

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

async fn is_accepted(response: impl Future<Output = Result<(), Status>>) -> bool {
    timeout(LONGEST, response).await.expect("the call hangs").is_ok()
}

/// Wakes a thread that has no runtime.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn is_accepted_without_a_runtime(response: impl Future<Output = Result<(), Status>>) -> bool {
    let mut response = pin!(response);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let begin = Instant::now();
    loop {
        match response.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(outcome) => return outcome.is_ok(),
            Poll::Pending => thread::park_timeout(LONGEST),
        }
        assert!(begin.elapsed() < LONGEST, "the call hangs");
    }
}

#[test]
fn calls_of_any_runtime_and_of_none_receive_responses() {
    let ledger = Ledger::open_on(Arc::<SimDisk>::default() as _, options(Durability::Strict)).unwrap();
    let start = || start(&ledger, INCREMENT, Protocol::Grpc);
    let (first, second) = (runtime(), runtime());
    for _ in 0..3 {
        let call = is_accepted(start());
        assert!(first.block_on(async { tokio::spawn(call).await.unwrap() }));
    }
    // The first runtime still exists, and is not driven.
    assert!(second.block_on(is_accepted(start())));
    assert!(is_accepted_without_a_runtime(start()));
    let third = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let concurrent: Vec<_> = (0..100).map(|_| third.spawn(is_accepted(start()))).collect();
    for call in concurrent {
        assert!(third.block_on(call).unwrap());
    }
    drop(first);
    assert!(second.block_on(is_accepted(start())));
    assert_eq!(second.block_on(count(&ledger, "Increment", "grpc")), 106);
}

#[test]
fn a_call_that_moves_to_another_runtime_receives_its_response_there() {
    let disk = Arc::new(SimDisk::default());
    let ledger = Ledger::open_on(Arc::clone(&disk) as _, options(Durability::Strict)).unwrap();
    let (first, second) = (runtime(), runtime());
    disk.hold_syncs(true);
    let mut moving = Box::pin(start(&ledger, INCREMENT, Protocol::Grpc));
    // It is polled once in the first runtime, and then never there again.
    let once = |context: &mut Context<'_>| Poll::Ready(moving.as_mut().poll(context).is_pending());
    assert!(first.block_on(std::future::poll_fn(once)));
    let moved = second.spawn(is_accepted(moving));
    second.block_on(tokio::task::yield_now());
    disk.hold_syncs(false);
    assert!(second.block_on(moved).unwrap());
}

#[derive(Clone)]
struct Translated(Protocol);

#[tokio::test]
async fn a_translation_in_front_names_the_protocol_in_the_extensions() {
    let disk = Arc::new(SimDisk::default());
    let ledger = Ledger::open_on(Arc::clone(&disk) as _, options(Durability::Strict)).unwrap();
    let layer = AccessLayer::new(&ledger)
        .protocol_from(|extensions| extensions.get::<Translated>().map(|Translated(protocol)| *protocol));
    let mut service = layer.layer(service_fn(respond));
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb, Protocol::GrpcWebText, Protocol::Connect] {
        let mut request = request("application/grpc");
        request.extensions_mut().insert(Translated(protocol));
        service.call(request).await.unwrap();
        assert_eq!(count(&ledger, "Increment", protocol.name()).await, 1);
    }
    // Without the extension it is not counted.
    service.call(request("application/grpc")).await.unwrap();
    assert_eq!(ledger.read().await.unwrap().total, 4);
    // The translation converts the rejection.
    disk.set_fault(Some((Fault::Write, ErrorKind::StorageFull)));
    let mut request = request("application/grpc");
    request.extensions_mut().insert(Translated(Protocol::GrpcWeb));
    let response = service.call(request).await.unwrap();
    assert_eq!(Status::from_header_map(response.headers()).unwrap().code(), Code::Unavailable);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/grpc");
}

#[test]
fn the_layered_service_can_be_cloned_and_sent_to_any_thread() {
    fn is_clone_send_sync<T: Clone + Send + Sync>(_: &T) {}
    fn is_send<T: Send>(_: &T) {}
    let ledger = Ledger::open_on(Arc::<SimDisk>::default() as _, options(Durability::Strict)).unwrap();
    let mut service = AccessLayer::new(&ledger).layer(service_fn(respond));
    is_clone_send_sync(&service);
    is_send(&service.call(request("application/grpc")));
}
