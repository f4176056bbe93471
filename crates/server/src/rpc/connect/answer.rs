//! An answer of gRPC, made one of Connect's protocol.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY},
};
use http_body_util::{BodyExt, Full};
use tonic::{Code, Status, body::Body};

use super::{
    error,
    request::{Call, Shape},
    response,
    stream::{self, StreamedBody},
};
use crate::{
    messages::{Codec, Frames, GRPC_ACCEPT_ENCODING, HEAD, to_json},
    response::refuse,
};

/// What a unary call came to.
struct Outcome {
    headers: HeaderMap,
    trailers: HeaderMap,
    /// The message, with its head.
    message: Result<Bytes, Status>,
}

impl Call {
    /// The answer as this call's caller reads it.
    pub(super) async fn answer(self, answer: Response<Body>) -> Response<Body> {
        if self.output.is_none() {
            return no_method();
        }
        match self.shape {
            Shape::Unary => self.unary(Outcome::of(answer).await),
            Shape::Stream => self.stream(answer),
        }
    }

    fn unary(&self, outcome: Outcome) -> Response<Body> {
        let answered = outcome.message.and_then(|message| self.told(message.slice(HEAD..)));
        let mut response = match answered {
            Ok(message) => self.message(message),
            Err(status) => {
                let json = error::to_json(&status, self.output.as_ref()).to_string();
                response(error::http_status(status.code()), "application/json", Body::new(json))
            }
        };
        let headers = response.headers_mut();
        if self.is_cacheable {
            // RFC 9110, section 12.5.5.
            headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        }
        headers.extend(metadata(outcome.headers));
        for (name, value) in &metadata(outcome.trailers) {
            if let Ok(name) = HeaderName::try_from(format!("trailer-{name}")) {
                headers.append(name, value.clone());
            }
        }
        response
    }

    fn message(&self, message: Bytes) -> Response<Body> {
        let compressed = self.compress.map(|compress| (compress, compress.message(&message)));
        let (encoding, body) = match compressed {
            Some((_, Err(status))) => {
                let json = error::to_json(&status, None).to_string();
                return response(StatusCode::INTERNAL_SERVER_ERROR, "application/json", Body::new(json));
            }
            Some((compress, Ok(Some(compressed)))) => (Some(compress.encoding), compressed),
            Some((_, Ok(None))) | None => (None, message),
        };
        let content_type = match self.codec {
            Codec::Json => "application/json",
            Codec::Proto => "application/proto",
        };
        let mut response = response(StatusCode::OK, content_type, Body::new(Full::new(body)));
        if let Some(encoding) = encoding {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
        }
        response
    }

    fn stream(self, answer: Response<Body>) -> Response<Body> {
        let content_type = match self.codec {
            Codec::Json => "application/connect+json",
            Codec::Proto => "application/connect+proto",
        };
        let (parts, body) = answer.into_parts();
        if let Some(status) = Status::from_header_map(&parts.headers) {
            let end = stream::end(&status, &metadata(parts.headers), self.output.as_ref());
            return response(StatusCode::OK, content_type, Body::new(Full::new(end)));
        }
        let compress = self.compress;
        let mut response = response(StatusCode::OK, content_type, Body::new(StreamedBody::new(self, body)));
        response.headers_mut().extend(metadata(parts.headers));
        if let Some(compress) = compress {
            let name = HeaderValue::from_static(compress.encoding.name());
            response.headers_mut().insert("connect-content-encoding", name);
        }
        response
    }

    /// A message of the answer, as the caller reads it.
    pub(super) fn told(&self, message: Bytes) -> Result<Bytes, Status> {
        match (self.codec, &self.output) {
            (Codec::Json, Some(output)) => to_json(output, message).map(Bytes::from),
            _ => Ok(message),
        }
    }
}

impl Outcome {
    async fn of(answer: Response<Body>) -> Self {
        let (parts, body) = answer.into_parts();
        if let Some(status) = Status::from_header_map(&parts.headers) {
            return Self { headers: parts.headers, trailers: HeaderMap::new(), message: Err(status) };
        }
        let failed =
            |status| Self { headers: HeaderMap::new(), trailers: HeaderMap::new(), message: Err(status) };
        let collected = match body.collect().await {
            Ok(collected) => collected,
            Err(status) => return failed(status),
        };
        let trailers = collected.trailers().cloned().unwrap_or_default();
        let mut frames = Frames::default();
        frames.push(collected.to_bytes());
        let message = match Status::from_header_map(&trailers) {
            Some(status) if status.code() != Code::Ok => Err(status),
            _ => frames.next().ok_or_else(|| Status::internal("the answer has no message")),
        };
        Self { headers: parts.headers, trailers, message }
    }
}

/// Callers take this for UNIMPLEMENTED (Connect's protocol, "HTTP to Error Code").
fn no_method() -> Response<Body> {
    refuse(StatusCode::NOT_FOUND, "There is no such method here.")
}

/// What a service said beside its messages: without what belongs to gRPC or to the body.
pub(super) fn metadata(headers: HeaderMap) -> HeaderMap {
    let mut metadata = headers;
    for name in [Status::GRPC_STATUS, Status::GRPC_MESSAGE, Status::GRPC_STATUS_DETAILS] {
        metadata.remove(name);
    }
    for name in [CONTENT_TYPE, CONTENT_LENGTH] {
        metadata.remove(name);
    }
    metadata.remove(GRPC_ACCEPT_ENCODING);
    metadata
}
