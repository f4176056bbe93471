//! The service with large messages, and the count of all calls, which it streams.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream};
use http::{Request, Response};
use http_body_util::BodyExt;
use oneport::{CallInfo, CallService, SharedMessage, SharedMessages};
use prost::Message;
use tokio::sync::watch;
use tonic::{Status, Streaming, async_trait, body::Body, codegen::BoxStream, server::NamedService};
use tower::{Layer, Service};

use super::proto::v1::{
    ListRowsRequest, ListRowsResponse, Order, Row, SendRowsRequest, SendRowsResponse, WatchCallsRequest,
    WatchCallsResponse,
    row_service_server::{RowService, RowServiceServer, SERVICE_NAME},
};

/// Calls by method and protocol; a method that is not registered is `unknown`.
type Counts = BTreeMap<(String, &'static str), u64>;

/// A layer that counts calls. A clone shares the counts.
#[derive(Clone, Debug, Default)]
pub struct Calls(watch::Sender<Counts>);

impl Calls {
    pub fn counts(&self) -> Counts {
        self.0.borrow().clone()
    }

    fn count(&self, call: &CallInfo) {
        let method = call.method().unwrap_or("unknown").to_owned();
        self.0.send_modify(|counts| *counts.entry((method, call.protocol().name())).or_default() += 1);
    }
}

impl Layer<CallService> for Calls {
    type Service = WithCalls;

    fn layer(&self, inner: CallService) -> WithCalls {
        WithCalls { inner, calls: self.clone() }
    }
}

/// Counts each call before it is handled.
#[derive(Clone, Debug)]
pub struct WithCalls {
    inner: CallService,
    calls: Calls,
}

impl Service<Request<Body>> for WithCalls {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = <CallService as Service<Request<Body>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.calls.count(request.extensions().get().unwrap());
        self.inner.call(request)
    }
}

/// All but `ListRows`.
pub(super) struct Rows {
    calls: Calls,
}

impl Rows {
    pub(super) fn new(calls: Calls) -> Self {
        Self { calls }
    }
}

#[async_trait]
impl RowService for Rows {
    async fn watch_calls(
        &self,
        _: tonic::Request<WatchCallsRequest>,
    ) -> Result<tonic::Response<BoxStream<WatchCallsResponse>>, Status> {
        let responses = stream::unfold((self.calls.0.subscribe(), None), |(mut counts, last)| async move {
            let total = |counts: &Counts| counts.values().sum::<u64>();
            let calls = total(&*counts.wait_for(|counts| last != Some(total(counts))).await.ok()?);
            let response = WatchCallsResponse { calls, order: Order::ByKey.into() };
            Some((Ok(response), (counts, Some(calls))))
        });
        Ok(tonic::Response::new(responses.boxed()))
    }

    async fn send_rows(
        &self,
        request: tonic::Request<Streaming<SendRowsRequest>>,
    ) -> Result<tonic::Response<SendRowsResponse>, Status> {
        let mut requests = request.into_inner();
        while let Some(request) = requests.message().await? {
            if let Some(index) = request.rows.iter().position(|row| row.key.is_empty()) {
                return Err(Status::invalid_argument(format!("rows[{index}].key is empty")));
            }
        }
        Ok(tonic::Response::new(SendRowsResponse {}))
    }
}

/// The row service, whose lists are encoded once for all callers.
#[derive(Clone)]
pub(super) struct WithSharedLists {
    generated: RowServiceServer<Rows>,
    messages: SharedMessages,
    lists: Arc<Mutex<BTreeMap<u32, SharedMessage>>>,
}

impl WithSharedLists {
    pub(super) fn new(generated: RowServiceServer<Rows>) -> Self {
        Self { generated, messages: SharedMessages::default(), lists: Arc::default() }
    }

    async fn list(self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let frame = request.into_body().collect().await?.to_bytes();
        let request =
            ListRowsRequest::decode(&frame[5..]).map_err(|error| Status::internal(error.to_string()))?;
        let mut lists = self.lists.lock().unwrap();
        let list = lists.entry(request.rows).or_insert_with(|| list(request.rows)).clone();
        Ok(self.messages.response(stream::iter([Ok(list)])))
    }
}

/// Rows of about 200 bytes.
fn list(rows: u32) -> SharedMessage {
    let row = |index: u32| Row { key: format!("{index:0>100}"), value: "v".repeat(90), count: 1 };
    let response = ListRowsResponse {
        rows: (0..rows).map(row).collect(),
        total: rows.into(),
        order: Order::ByKey.into(),
        create_time: (rows > 0).then(prost_types::Timestamp::default),
    };
    SharedMessage::from_encoded(&response.encode_to_vec())
}

impl NamedService for WithSharedLists {
    const NAME: &'static str = SERVICE_NAME;
}

impl Service<Request<Body>> for WithSharedLists {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match request.extensions().get().and_then(CallInfo::method) {
            Some("ListRows") => {
                let response = self.clone().list(request);
                response.map(|response| Ok(response.unwrap_or_else(Status::into_http))).boxed()
            }
            _ => self.generated.call(request).boxed(),
        }
    }
}
