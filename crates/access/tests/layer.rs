//! The layer around any service, as another project would use it: protocols told by content type, and refusals in them.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod sim;

use std::{
    convert::Infallible,
    io::ErrorKind,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

use http::{Request, Response, header};
use increment_access::{AccessLayer, Counter, Durability, Ledger, Protocol, State};
use tokio::{
    runtime::{Builder, Runtime},
    time::timeout,
};
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

/// What a test waits for at most; then the ledger hangs.
const LONGEST: Duration = Duration::from_secs(20);

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

async fn kept(counter: &Counter) -> bool {
    let kept = counter.count(INCREMENT, Protocol::Grpc).unwrap().expect("a wait");
    timeout(LONGEST, kept).await.expect("the call hangs").is_ok()
}

/// Wakes a thread that has no runtime.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn kept_without_a_runtime(counter: &Counter) -> bool {
    let mut kept = pin!(counter.count(INCREMENT, Protocol::Grpc).unwrap().expect("a wait"));
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let begin = Instant::now();
    loop {
        match kept.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(kept) => return kept.is_ok(),
            Poll::Pending => thread::park_timeout(LONGEST),
        }
        assert!(begin.elapsed() < LONGEST, "the call hangs");
    }
}

#[test]
fn calls_of_any_runtime_and_of_none_are_answered() {
    let ledger = Ledger::open_on(Arc::<SimDisk>::default() as _, options(Durability::Strict)).unwrap();
    for tells_rest in [false, true] {
        let counter = ledger.counter();
        let mut builder = Builder::new_current_thread();
        if tells_rest {
            let counter = counter.clone();
            builder.on_thread_park(move || counter.rest());
        }
        let first = builder.enable_all().build().unwrap();
        for _ in 0..3 {
            assert!(first.block_on(async { tokio::spawn(kept_by(counter.clone())).await.unwrap() }));
        }
        // The first is there still, and nobody drives it.
        let second = runtime();
        assert!(second.block_on(kept(&counter)));
        assert!(kept_without_a_runtime(&counter));
        let third = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let at_once: Vec<_> = (0..100).map(|_| third.spawn(kept_by(counter.clone()))).collect();
        for kept in at_once {
            assert!(third.block_on(kept).unwrap());
        }
        drop(first);
        assert!(second.block_on(kept(&counter)));
    }
    assert_eq!(runtime().block_on(count(&ledger, "Increment", "grpc")), 2 * 106);
}

async fn kept_by(counter: Counter) -> bool {
    kept(&counter).await
}

#[test]
fn a_call_that_moves_to_another_runtime_is_answered_there() {
    let ledger = Ledger::open_on(Arc::<SimDisk>::default() as _, options(Durability::Strict)).unwrap();
    let counter = ledger.counter();
    let resting = counter.clone();
    let first = Builder::new_current_thread().on_thread_park(move || resting.rest()).enable_all().build();
    let (first, second) = (first.unwrap(), runtime());
    first.block_on(kept(&counter));
    first.block_on(kept(&counter));
    let mut moving = Box::pin(counter.count(INCREMENT, Protocol::Grpc).unwrap().expect("a wait"));
    // It is polled once in the first, and then never there again.
    let once = |context: &mut Context<'_>| {
        let _ = moving.as_mut().poll(context);
        Poll::Ready(())
    };
    first.block_on(std::future::poll_fn(once));
    let moved = second.block_on(async { timeout(LONGEST, moving).await });
    moved.expect("the call hangs").unwrap();
}
