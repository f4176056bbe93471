//! `grpc.testing.TestService` as gRPC's interop test descriptions want it of a server
//! (<https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md>). What it leaves out stays unimplemented,
//! as the cases for that want it.

use std::time::Duration;

use http::{HeaderMap, HeaderName};
use increment_server::Offer;
use tokio::time::sleep;
use tonic::{Code, Request, Response, Status, Streaming, metadata::MetadataMap};

use crate::{
    contracts::interop::{
        EchoStatus, Empty, FILE_DESCRIPTOR_SET, Payload, PayloadType, ResponseParameters, SimpleRequest,
        SimpleResponse, StreamingInputCallRequest, StreamingInputCallResponse, StreamingOutputCallRequest,
        StreamingOutputCallResponse,
        test_service_server::{TestService, TestServiceServer},
    },
    ending::{Ending, WithEnding},
    replies::{Gone, Out, Replies, replies},
};

/// Metadata that a call of one message, or of two streams, gets back in the headers.
const ECHO_INITIAL: &str = "x-grpc-test-echo-initial";

/// Metadata that it gets back in the trailers.
const ECHO_TRAILING: &str = "x-grpc-test-echo-trailing-bin";

/// The service under test.
pub fn offer() -> Offer {
    Offer::new(WithEnding(TestServiceServer::new(Interop)), FILE_DESCRIPTOR_SET)
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
        let answer = SimpleResponse { payload: Some(zeros(*response_size)?), ..SimpleResponse::default() };
        Ok(echoing(request.metadata(), answer, failure))
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
    ) -> Result<Response<Replies<StreamingOutputCallResponse>>, Status> {
        let request = request.into_inner();
        Ok(Response::new(replies(|out| async move { answer(&request, &out).await.map(drop) })))
    }

    async fn full_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Result<Response<Replies<StreamingOutputCallResponse>>, Status> {
        let metadata = request.metadata().clone();
        let requests = request.into_inner();
        Ok(echoing(&metadata, replies(|out| answer_each(requests, out)), None))
    }

    async fn half_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Result<Response<Replies<StreamingOutputCallResponse>>, Status> {
        let mut requests = request.into_inner();
        let mut all = Vec::new();
        while let Some(request) = requests.message().await? {
            all.push(request);
        }
        Ok(Response::new(replies(|out| async move {
            for request in &all {
                answer(request, &out).await?;
            }
            Ok(())
        })))
    }
}

/// Answers each request as it comes.
async fn answer_each(
    mut requests: Streaming<StreamingOutputCallRequest>,
    out: Out<StreamingOutputCallResponse>,
) -> Result<(), Gone> {
    loop {
        match requests.message().await {
            Ok(Some(request)) => answer(&request, &out).await?,
            Ok(None) => return Ok(()),
            Err(status) => return out.fail(status).await,
        }
    }
}

/// Sends what a request asks for; after a failure nobody is there for more.
async fn answer(
    request: &StreamingOutputCallRequest,
    out: &Out<StreamingOutputCallResponse>,
) -> Result<(), Gone> {
    if let Some(failure) = request.response_status.as_ref().and_then(failure) {
        out.fail(failure).await?;
        return Err(Gone);
    }
    for &ResponseParameters { size, interval_us, .. } in &request.response_parameters {
        sleep(Duration::from_micros(interval_us.try_into().unwrap_or(0))).await;
        match zeros(size) {
            Ok(payload) => out.send(StreamingOutputCallResponse { payload: Some(payload) }).await?,
            Err(status) => {
                out.fail(status).await?;
                return Err(Gone);
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

/// An answer, or a failure without a message, that gives back the metadata made for that.
fn echoing<T>(request: &MetadataMap, answer: T, failure: Option<Status>) -> Response<T> {
    let asked = request.clone().into_headers();
    let mut answer = Response::new(answer);
    *answer.metadata_mut() = MetadataMap::from_headers(chosen(&asked, ECHO_INITIAL));
    answer.extensions_mut().insert(Ending { trailers: chosen(&asked, ECHO_TRAILING), failure });
    answer
}

fn chosen(headers: &HeaderMap, name: &'static str) -> HeaderMap {
    let values = headers.get_all(name).into_iter().cloned();
    values.map(|value| (HeaderName::from_static(name), value)).collect()
}
