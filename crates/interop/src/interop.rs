//! `grpc.testing.TestService` as gRPC's interop test descriptions require of a server
//! (<https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md>). Other methods are unimplemented, as
//! the cases for that require.

use std::time::Duration;

use http::{HeaderMap, HeaderName};
use oneport::ServiceEntry;
use tokio::time::sleep;
use tonic::{Code, Request, Response, Status, Streaming, metadata::MetadataMap};

use crate::{
    contracts::interop::{
        EchoStatus, Empty, FILE_DESCRIPTOR_SET, Payload, PayloadType, ResponseParameters, SimpleRequest,
        SimpleResponse, StreamingInputCallRequest, StreamingInputCallResponse, StreamingOutputCallRequest,
        StreamingOutputCallResponse,
        test_service_server::{TestService, TestServiceServer},
    },
    response_stream::{Cancelled, ResponseSender, ResponseStream, response_stream},
    trailers::{Trailers, WithTrailers},
};

/// Metadata that unary and full-duplex calls echo in the headers.
const ECHO_INITIAL: &str = "x-grpc-test-echo-initial";

/// Metadata that they echo in the trailers.
const ECHO_TRAILING: &str = "x-grpc-test-echo-trailing-bin";

/// The service under test.
pub fn service() -> ServiceEntry {
    ServiceEntry::new(WithTrailers(TestServiceServer::new(Interop)), FILE_DESCRIPTOR_SET)
}

struct Interop;

#[tonic::async_trait]
impl TestService for Interop {
    async fn empty_call(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Ok(Response::new(Empty {}))
    }

    async fn unary_call(&self, request: Request<SimpleRequest>) -> Result<Response<SimpleResponse>, Status> {
        let SimpleRequest { response_size, response_status, .. } = request.get_ref();
        let failure = response_status.as_ref().and_then(failure);
        let response = SimpleResponse { payload: Some(zeros(*response_size)?), ..SimpleResponse::default() };
        Ok(echo(request.metadata(), response, failure))
    }

    async fn streaming_input_call(
        &self,
        request: Request<Streaming<StreamingInputCallRequest>>,
    ) -> Result<Response<StreamingInputCallResponse>, Status> {
        let mut requests = request.into_inner();
        let mut len = 0;
        while let Some(request) = requests.message().await? {
            len += request.payload.map_or(0, |payload| payload.body.len());
        }
        let aggregated_payload_size =
            i32::try_from(len).map_err(|_| Status::out_of_range("more than 2 GiB of payload"))?;
        Ok(Response::new(StreamingInputCallResponse { aggregated_payload_size }))
    }

    async fn streaming_output_call(
        &self,
        request: Request<StreamingOutputCallRequest>,
    ) -> Result<Response<ResponseStream<StreamingOutputCallResponse>>, Status> {
        let request = request.into_inner();
        Ok(Response::new(response_stream(|sender| async move { respond(&request, &sender).await.map(drop) })))
    }

    async fn full_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Result<Response<ResponseStream<StreamingOutputCallResponse>>, Status> {
        let metadata = request.metadata().clone();
        let requests = request.into_inner();
        Ok(echo(&metadata, response_stream(|sender| respond_to_each(requests, sender)), None))
    }

    async fn half_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Result<Response<ResponseStream<StreamingOutputCallResponse>>, Status> {
        let mut requests = request.into_inner();
        let mut all = Vec::new();
        while let Some(request) = requests.message().await? {
            all.push(request);
        }
        Ok(Response::new(response_stream(|sender| async move {
            for request in &all {
                respond(request, &sender).await?;
            }
            Ok(())
        })))
    }
}

/// Responds to each request when it arrives.
async fn respond_to_each(
    mut requests: Streaming<StreamingOutputCallRequest>,
    sender: ResponseSender<StreamingOutputCallResponse>,
) -> Result<(), Cancelled> {
    loop {
        match requests.message().await {
            Ok(Some(request)) => respond(&request, &sender).await?,
            Ok(None) => return Ok(()),
            Err(status) => return sender.fail(status).await,
        }
    }
}

/// Sends the messages that a request asks for. Returns an error after a failure, which ends the call.
async fn respond(
    request: &StreamingOutputCallRequest,
    sender: &ResponseSender<StreamingOutputCallResponse>,
) -> Result<(), Cancelled> {
    if let Some(failure) = request.response_status.as_ref().and_then(failure) {
        sender.fail(failure).await?;
        return Err(Cancelled);
    }
    for &ResponseParameters { size, interval_us, .. } in &request.response_parameters {
        sleep(Duration::from_micros(interval_us.try_into().unwrap_or(0))).await;
        match zeros(size) {
            Ok(payload) => sender.send(StreamingOutputCallResponse { payload: Some(payload) }).await?,
            Err(status) => {
                sender.fail(status).await?;
                return Err(Cancelled);
            }
        }
    }
    Ok(())
}

fn failure(status: &EchoStatus) -> Option<Status> {
    (status.code != 0).then(|| Status::new(Code::from(status.code), status.message.clone()))
}

fn zeros(len: i32) -> Result<Payload, Status> {
    let len = usize::try_from(len).map_err(|_| Status::invalid_argument("a size is negative"))?;
    Ok(Payload { r#type: PayloadType::Compressable.into(), body: vec![0; len] })
}

/// A response, or a failure without a message, that echoes the request's metadata.
fn echo<T>(request: &MetadataMap, response: T, failure: Option<Status>) -> Response<T> {
    let metadata = request.clone().into_headers();
    let mut response = Response::new(response);
    *response.metadata_mut() = MetadataMap::from_headers(values_of(&metadata, ECHO_INITIAL));
    response.extensions_mut().insert(Trailers { headers: values_of(&metadata, ECHO_TRAILING), failure });
    response
}

fn values_of(headers: &HeaderMap, name: &'static str) -> HeaderMap {
    let values = headers.get_all(name).into_iter().cloned();
    values.map(|value| (HeaderName::from_static(name), value)).collect()
}
