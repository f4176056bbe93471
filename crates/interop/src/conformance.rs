//! `connectrpc.conformance.v1.ConformanceService`: each call is answered as its request says, and told what came of it.
//! Written from the comments of the contract.

mod definition;
mod info;

use increment_server::Offer;
use prost::Message;
use prost_types::Any;
use tokio::time::sleep;
use tonic::{Request, Response, Status, Streaming};

use self::{definition::Definition, info::Observed};
use crate::{
    contracts::conformance::{
        BidiStreamRequest, BidiStreamResponse, ClientStreamRequest, ClientStreamResponse, ConformancePayload,
        FILE_DESCRIPTOR_SET, IdempotentUnaryRequest, IdempotentUnaryResponse, ServerStreamRequest,
        ServerStreamResponse, UnaryRequest, UnaryResponse,
        conformance_service_server::{ConformanceService, ConformanceServiceServer},
    },
    ending::WithEnding,
    replies::{Gone, Out, Replies, replies},
};

/// The service under test.
pub fn offer() -> Offer {
    // The server bounds messages itself.
    let service = ConformanceServiceServer::new(Conformance).max_decoding_message_size(usize::MAX);
    Offer::new(WithEnding(service), FILE_DESCRIPTOR_SET)
}

struct Conformance;

#[tonic::async_trait]
impl ConformanceService for Conformance {
    async fn unary(&self, request: Request<UnaryRequest>) -> Result<Response<UnaryResponse>, Status> {
        let observed = Observed::of(&request);
        let request = request.into_inner();
        let requests = vec![any("UnaryRequest", &request)];
        let definition = request.response_definition.map(Definition::from);
        Ok(answer(definition, &observed, requests).await?.map(|payload| UnaryResponse { payload }))
    }

    async fn idempotent_unary(
        &self,
        request: Request<IdempotentUnaryRequest>,
    ) -> Result<Response<IdempotentUnaryResponse>, Status> {
        let observed = Observed::of(&request);
        let request = request.into_inner();
        let requests = vec![any("IdempotentUnaryRequest", &request)];
        let definition = request.response_definition.map(Definition::from);
        Ok(answer(definition, &observed, requests).await?.map(|payload| IdempotentUnaryResponse { payload }))
    }

    async fn client_stream(
        &self,
        request: Request<Streaming<ClientStreamRequest>>,
    ) -> Result<Response<ClientStreamResponse>, Status> {
        let observed = Observed::of(&request);
        let mut incoming = request.into_inner();
        let (mut definition, mut requests) = (None, Vec::new());
        while let Some(request) = incoming.message().await? {
            if requests.is_empty() {
                definition.clone_from(&request.response_definition);
            }
            requests.push(any("ClientStreamRequest", &request));
        }
        let definition = definition.map(Definition::from);
        Ok(answer(definition, &observed, requests).await?.map(|payload| ClientStreamResponse { payload }))
    }

    async fn server_stream(
        &self,
        request: Request<ServerStreamRequest>,
    ) -> Result<Response<Replies<ServerStreamResponse>>, Status> {
        let observed = Observed::of(&request);
        let request = request.into_inner();
        let requests = vec![any("ServerStreamRequest", &request)];
        let definition = request.response_definition.map(Definition::from).unwrap_or_default();
        let rest = Rest { observed, definition: definition.clone(), sent: 0, requests };
        let task = |out: Out<_>| async move {
            rest.send(&out, |payload| ServerStreamResponse { payload: Some(payload) }).await
        };
        Ok(definition.response(replies(task)))
    }

    async fn bidi_stream(
        &self,
        request: Request<Streaming<BidiStreamRequest>>,
    ) -> Result<Response<Replies<BidiStreamResponse>>, Status> {
        let observed = Observed::of(&request);
        let mut incoming = request.into_inner();
        let Some(first) = incoming.message().await? else {
            return Ok(Definition::default().response(replies(|_| async { Ok(()) })));
        };
        let definition = first.response_definition.clone().map(Definition::from).unwrap_or_default();
        let rest = Rest { observed, definition: definition.clone(), sent: 0, requests: Vec::new() };
        if first.full_duplex {
            return Ok(definition.response(replies(|out| full_duplex(first, incoming, rest, out))));
        }
        let mut rest = rest;
        rest.requests.push(any("BidiStreamRequest", &first));
        while let Some(request) = incoming.message().await? {
            rest.requests.push(any("BidiStreamRequest", &request));
        }
        Ok(definition.response(replies(|out| async move { rest.send(&out, bidi).await })))
    }
}

/// The answer to a call that gets one message.
async fn answer(
    definition: Option<Definition>,
    observed: &Observed,
    requests: Vec<Any>,
) -> Result<Response<Option<ConformancePayload>>, Status> {
    let info = observed.info(requests);
    let Some(definition) = definition else {
        return Ok(Response::new(Some(ConformancePayload {
            request_info: Some(info),
            ..Default::default()
        })));
    };
    sleep(definition.delay).await;
    if let Some(error) = &definition.error {
        let failure = definition::failure(error, Some(&info));
        return Ok(definition.failing(failure));
    }
    let data = definition.data.first().cloned().unwrap_or_default();
    Ok(definition.response(Some(ConformancePayload { data, request_info: Some(info) })))
}

/// What a stream of answers still has to send.
struct Rest {
    observed: Observed,
    definition: Definition,
    sent: usize,
    /// What came since the last answer.
    requests: Vec<Any>,
}

impl Rest {
    /// Sends what is left, and the error that is asked for.
    async fn send<T>(mut self, out: &Out<T>, message: fn(ConformancePayload) -> T) -> Result<(), Gone> {
        while self.sent < self.definition.data.len() {
            self.send_next(out, message).await?;
        }
        let Some(error) = &self.definition.error else { return Ok(()) };
        let info = (self.sent == 0).then(|| self.observed.info(self.requests.clone()));
        out.fail(definition::failure(error, info.as_ref())).await
    }

    /// Sends the next answer. The first tells of everything that came, the others of what came since.
    async fn send_next<T>(&mut self, out: &Out<T>, message: fn(ConformancePayload) -> T) -> Result<(), Gone> {
        let requests = std::mem::take(&mut self.requests);
        let info = match (self.sent, requests.is_empty()) {
            (0, _) => Some(self.observed.info(requests)),
            (_, true) => None,
            (_, false) => Some(Observed::default().info(requests)),
        };
        let data = self.definition.data.get(self.sent).cloned().unwrap_or_default();
        self.sent += 1;
        sleep(self.definition.delay).await;
        out.send(message(ConformancePayload { data, request_info: info })).await
    }
}

/// Answers each request as it comes, until there is no answer left or no request.
async fn full_duplex(
    first: BidiStreamRequest,
    mut incoming: Streaming<BidiStreamRequest>,
    mut rest: Rest,
    out: Out<BidiStreamResponse>,
) -> Result<(), Gone> {
    let mut next = Some(first);
    while let Some(request) = next {
        rest.requests.push(any("BidiStreamRequest", &request));
        if rest.sent == rest.definition.data.len() {
            break;
        }
        rest.send_next(&out, bidi).await?;
        next = match incoming.message().await {
            Ok(next) => next,
            Err(status) => return out.fail(status).await,
        };
    }
    rest.send(&out, bidi).await
}

fn bidi(payload: ConformancePayload) -> BidiStreamResponse {
    BidiStreamResponse { payload: Some(payload) }
}

/// A message of the suite's package, as an `Any`.
fn any(name: &str, message: &impl Message) -> Any {
    let type_url = format!("type.googleapis.com/connectrpc.conformance.v1.{name}");
    Any { type_url, value: message.encode_to_vec() }
}
