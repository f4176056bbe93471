//! `increment.v1.AccessService`: the ledger over gRPC. `ListAccessCounts` and `WatchAccessCounts` respond with messages that
//! all callers share (`snapshots.rs`), where generated code would copy them for each.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use futures_util::{FutureExt, Stream, future::BoxFuture, stream};
use http::{Request, Response};
use http_body_util::BodyExt;
use increment_access::Ledger;
use increment_proto::v1::{
    ListAccessCountsRequest, WatchAccessCountsRequest,
    access_service_server::{AccessServiceServer, SERVICE_NAME},
};
use oneport::{CallInfo, SharedMessage};
use prost::Message;
use tonic::{
    Status,
    body::Body,
    server::NamedService,
    service::{Interceptor, interceptor::InterceptedService},
};
use tower::{Service, ServiceExt};

use super::{reports::Reports, snapshots::Snapshots, status::not_counting};

/// The head of a length-prefixed message, in bytes (gRPC's PROTOCOL-HTTP2).
const HEAD: usize = 5;

/// The access service; callers of its generated part are authenticated by `A`.
#[derive(Clone, Debug)]
pub(crate) struct Access<A> {
    ledger: Option<Ledger>,
    snapshots: Snapshots,
    generated: InterceptedService<AccessServiceServer<Reports>, A>,
}

impl<A: Interceptor> Access<A> {
    /// Counts in this ledger; without one, calls fail with FAILED_PRECONDITION.
    pub(crate) fn new(ledger: Option<Ledger>, authenticate: A) -> Self {
        let generated = AccessServiceServer::new(Reports::new(ledger.clone()));
        let generated = InterceptedService::new(generated, authenticate);
        Self { ledger, snapshots: Snapshots::default(), generated }
    }
}

impl<A> Access<A> {
    async fn list(self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let _: ListAccessCountsRequest = decode(request).await?;
        let snapshot = self.snapshots.current(&self.ledger.ok_or_else(not_counting)?).await?;
        Ok(self.snapshots.messages.response(stream::iter([Ok(snapshot.message)])))
    }

    async fn watch(self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let _: WatchAccessCountsRequest = decode(request).await?;
        let ledger = self.ledger.ok_or_else(not_counting)?;
        Ok(self.snapshots.messages.response(changes(self.snapshots.clone(), ledger)))
    }
}

/// Each snapshot that is newer than the one before, and at the end the reason.
fn changes(snapshots: Snapshots, ledger: Ledger) -> impl Stream<Item = Result<SharedMessage, Status>> {
    let begin = Some((snapshots, ledger.watch(), ledger, None));
    stream::unfold(begin, |watching| async move {
        let (snapshots, mut watch, ledger, last) = watching?;
        loop {
            let Some(counts) = watch.next().await else {
                return Some((Err(Status::unavailable("the server is shutting down; watch again")), None));
            };
            match snapshots.encode(counts, ledger.durability()).await {
                // Sent already, with a change that came before.
                Ok(snapshot) if last.as_ref().is_some_and(|last| snapshot.is_same(last)) => {}
                Ok(snapshot) => {
                    let message = snapshot.message.clone();
                    return Some((Ok(message), Some((snapshots, watch, ledger, Some(snapshot)))));
                }
                Err(status) => return Some((Err(status), None)),
            }
        }
    })
}

/// The message of a unary request. Fails with INTERNAL where it cannot be decoded.
async fn decode<M: Message + Default>(request: Request<Body>) -> Result<M, Status> {
    let frame = request.into_body().collect().await?.to_bytes();
    let message = M::decode(frame.get(HEAD..).unwrap_or_default());
    message.map_err(|error| Status::internal(error.to_string()))
}

impl<A> NamedService for Access<A> {
    const NAME: &'static str = SERVICE_NAME;
}

impl<A: Interceptor + Clone + Send + 'static> Service<Request<Body>> for Access<A> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let this = self.clone();
        let response = match request.extensions().get().and_then(CallInfo::method) {
            Some("ListAccessCounts") => this.list(request).boxed(),
            Some("WatchAccessCounts") => this.watch(request).boxed(),
            _ => return async { Ok(this.generated.oneshot(request).await?.map(Body::new)) }.boxed(),
        };
        response.map(|response| Ok(response.unwrap_or_else(Status::into_http))).boxed()
    }
}
