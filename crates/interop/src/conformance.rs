//! `connectrpc.conformance.v1.ConformanceService`: each request defines its response, which echoes the request. Follows the
//! comments of the contract.

mod any;
mod request_headers;
mod response_definition;

use oneport::ServiceEntry;
use prost_types::Any;
use tokio::time::sleep;
use tonic::{Request, Response, Status, Streaming};

use self::{
    any::any,
    request_headers::RequestHeaders,
    response_definition::{ResponseDefinition, failure},
};
use crate::{
    contracts::conformance::{
        BidiStreamRequest, BidiStreamResponse, ClientStreamRequest, ClientStreamResponse, ConformancePayload,
        FILE_DESCRIPTOR_SET, IdempotentUnaryRequest, IdempotentUnaryResponse, ServerStreamRequest,
        ServerStreamResponse, UnaryRequest, UnaryResponse,
        conformance_service_server::{ConformanceService, ConformanceServiceServer},
    },
    response_stream::{Cancelled, ResponseSender, ResponseStream, response_stream},
    trailers::WithTrailers,
};

/// The service under test.
pub fn service() -> ServiceEntry {
    // oneport limits messages.
    let service = ConformanceServiceServer::new(Conformance).max_decoding_message_size(usize::MAX);
    ServiceEntry::new(WithTrailers(service), FILE_DESCRIPTOR_SET)
}

struct Conformance;

#[tonic::async_trait]
impl ConformanceService for Conformance {
    async fn unary(&self, request: Request<UnaryRequest>) -> Result<Response<UnaryResponse>, Status> {
        let headers = RequestHeaders::new(&request);
        let request = request.into_inner();
        let requests = vec![any("UnaryRequest", &request)];
        let definition = request.response_definition.map(ResponseDefinition::from);
        Ok(response(definition, &headers, requests).await?.map(|payload| UnaryResponse { payload }))
    }

    async fn idempotent_unary(
        &self,
        request: Request<IdempotentUnaryRequest>,
    ) -> Result<Response<IdempotentUnaryResponse>, Status> {
        let headers = RequestHeaders::new(&request);
        let request = request.into_inner();
        let requests = vec![any("IdempotentUnaryRequest", &request)];
        let definition = request.response_definition.map(ResponseDefinition::from);
        Ok(response(definition, &headers, requests).await?.map(|payload| IdempotentUnaryResponse { payload }))
    }

    async fn client_stream(
        &self,
        request: Request<Streaming<ClientStreamRequest>>,
    ) -> Result<Response<ClientStreamResponse>, Status> {
        let headers = RequestHeaders::new(&request);
        let mut incoming = request.into_inner();
        let (mut definition, mut requests) = (None, Vec::new());
        while let Some(request) = incoming.message().await? {
            if requests.is_empty() {
                definition.clone_from(&request.response_definition);
            }
            requests.push(any("ClientStreamRequest", &request));
        }
        let definition = definition.map(ResponseDefinition::from);
        Ok(response(definition, &headers, requests).await?.map(|payload| ClientStreamResponse { payload }))
    }

    async fn server_stream(
        &self,
        request: Request<ServerStreamRequest>,
    ) -> Result<Response<ResponseStream<ServerStreamResponse>>, Status> {
        let headers = RequestHeaders::new(&request);
        let request = request.into_inner();
        let requests = vec![any("ServerStreamRequest", &request)];
        let definition = request.response_definition.map(ResponseDefinition::from).unwrap_or_default();
        let pending = PendingResponses { headers, definition: definition.clone(), sent: 0, requests };
        let task = |sender: ResponseSender<_>| async move {
            pending.send(&sender, |payload| ServerStreamResponse { payload: Some(payload) }).await
        };
        Ok(definition.response(response_stream(task)))
    }

    async fn bidi_stream(
        &self,
        request: Request<Streaming<BidiStreamRequest>>,
    ) -> Result<Response<ResponseStream<BidiStreamResponse>>, Status> {
        let headers = RequestHeaders::new(&request);
        let mut incoming = request.into_inner();
        let Some(first) = incoming.message().await? else {
            return Ok(ResponseDefinition::default().response(response_stream(|_| async { Ok(()) })));
        };
        let definition = first.response_definition.clone().map(ResponseDefinition::from).unwrap_or_default();
        let pending =
            PendingResponses { headers, definition: definition.clone(), sent: 0, requests: Vec::new() };
        if first.full_duplex {
            return Ok(
                definition.response(response_stream(|sender| full_duplex(first, incoming, pending, sender)))
            );
        }
        let mut pending = pending;
        pending.requests.push(any("BidiStreamRequest", &first));
        while let Some(request) = incoming.message().await? {
            pending.requests.push(any("BidiStreamRequest", &request));
        }
        Ok(definition.response(response_stream(|sender| async move { pending.send(&sender, bidi).await })))
    }
}

/// The response with one message.
async fn response(
    definition: Option<ResponseDefinition>,
    headers: &RequestHeaders,
    requests: Vec<Any>,
) -> Result<Response<Option<ConformancePayload>>, Status> {
    let info = headers.to_proto(requests);
    let Some(definition) = definition else {
        return Ok(Response::new(Some(ConformancePayload {
            request_info: Some(info),
            ..Default::default()
        })));
    };
    sleep(definition.delay).await;
    if let Some(error) = &definition.error {
        let failure = failure(error, Some(&info));
        return Ok(definition.failing(failure));
    }
    let data = definition.data.first().cloned().unwrap_or_default();
    Ok(definition.response(Some(ConformancePayload { data, request_info: Some(info) })))
}

/// The messages of a streamed response that are not sent yet.
struct PendingResponses {
    headers: RequestHeaders,
    definition: ResponseDefinition,
    sent: usize,
    /// Received since the last response.
    requests: Vec<Any>,
}

impl PendingResponses {
    /// Sends the messages that are left, and the error of the definition.
    async fn send<T>(
        mut self,
        sender: &ResponseSender<T>,
        message: fn(ConformancePayload) -> T,
    ) -> Result<(), Cancelled> {
        while self.sent < self.definition.data.len() {
            self.send_next(sender, message).await?;
        }
        let Some(error) = &self.definition.error else { return Ok(()) };
        let info = (self.sent == 0).then(|| self.headers.to_proto(self.requests.clone()));
        sender.fail(failure(error, info.as_ref())).await
    }

    /// Sends the next message. It echoes the requests received since the one before; the first echoes the headers too.
    async fn send_next<T>(
        &mut self,
        sender: &ResponseSender<T>,
        message: fn(ConformancePayload) -> T,
    ) -> Result<(), Cancelled> {
        let requests = std::mem::take(&mut self.requests);
        let info = match (self.sent, requests.is_empty()) {
            (0, _) => Some(self.headers.to_proto(requests)),
            (_, true) => None,
            (_, false) => Some(RequestHeaders::default().to_proto(requests)),
        };
        let data = self.definition.data.get(self.sent).cloned().unwrap_or_default();
        self.sent += 1;
        sleep(self.definition.delay).await;
        sender.send(message(ConformancePayload { data, request_info: info })).await
    }
}

/// Responds to each request when it arrives, until there are no more responses or requests.
async fn full_duplex(
    first: BidiStreamRequest,
    mut incoming: Streaming<BidiStreamRequest>,
    mut pending: PendingResponses,
    sender: ResponseSender<BidiStreamResponse>,
) -> Result<(), Cancelled> {
    let mut next = Some(first);
    while let Some(request) = next {
        pending.requests.push(any("BidiStreamRequest", &request));
        if pending.sent == pending.definition.data.len() {
            break;
        }
        pending.send_next(&sender, bidi).await?;
        next = match incoming.message().await {
            Ok(next) => next,
            Err(status) => return sender.fail(status).await,
        };
    }
    pending.send(&sender, bidi).await
}

fn bidi(payload: ConformancePayload) -> BidiStreamResponse {
    BidiStreamResponse { payload: Some(payload) }
}
