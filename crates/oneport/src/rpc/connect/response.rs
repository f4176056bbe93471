//! A response of gRPC, translated to one of Connect's protocol.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_TYPE, VARY},
};
use http_body_util::{BodyExt, Full};
use tonic::{Code, Status, body::Body};

use super::{error, metadata::metadata, protocol::Shape, request::Call, stream};
use crate::{
    messages::{COMPRESSED, Codec, Frames, HEAD, SharedMessages, Written},
    response::text_response,
};

/// The parts of a unary gRPC response.
struct Outcome {
    headers: HeaderMap,
    trailers: HeaderMap,
    /// The message, with its head.
    message: Result<Bytes, Status>,
    shared: Option<SharedMessages>,
}

impl Call {
    /// Translates a response of gRPC.
    pub(super) async fn translate(self, response: Response<Body>) -> Response<Body> {
        if self.output.is_none() {
            return no_method();
        }
        match self.shape {
            Shape::Unary => self.unary(Outcome::from_response(response).await).await,
            Shape::Stream => self.stream(response),
        }
    }

    async fn unary(self, outcome: Outcome) -> Response<Body> {
        let written = match outcome.message {
            Ok(message) => self.writer(outcome.shared).write(message).await,
            Err(status) => Err(status),
        };
        let mut response = match written {
            Ok(message) => self.message(&message),
            Err(status) => {
                let json = error::to_json(&status, self.output.as_ref()).to_string();
                with_content_type(error::http_status(status.code()), "application/json", Body::new(json))
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

    /// A response with this message, which has a head.
    fn message(&self, message: &Bytes) -> Response<Body> {
        let content_type = match self.codec {
            Codec::Json => "application/json",
            Codec::Proto => "application/proto",
        };
        let body = Body::new(Full::new(message.slice(HEAD..)));
        let mut response = with_content_type(StatusCode::OK, content_type, body);
        if let Some(compress) = self.compress
            && message.first() == Some(&COMPRESSED)
        {
            let encoding = HeaderValue::from_static(compress.encoding.name());
            response.headers_mut().insert(CONTENT_ENCODING, encoding);
        }
        response
    }

    fn stream(self, response: Response<Body>) -> Response<Body> {
        let content_type = match self.codec {
            Codec::Json => "application/connect+json",
            Codec::Proto => "application/connect+proto",
        };
        let (mut parts, body) = response.into_parts();
        if let Some(status) = Status::from_header_map(&parts.headers) {
            let end = stream::end(&status, &metadata(parts.headers), self.output.as_ref());
            return with_content_type(StatusCode::OK, content_type, Body::new(Full::new(end)));
        }
        let compress = self.compress;
        let writer = self.writer(parts.extensions.remove());
        let written = Written { writer, body, frames: Frames::default() };
        let mut response =
            with_content_type(StatusCode::OK, content_type, stream::body(written, self.output));
        response.headers_mut().extend(metadata(parts.headers));
        if let Some(compress) = compress {
            let name = HeaderValue::from_static(compress.encoding.name());
            response.headers_mut().insert("connect-content-encoding", name);
        }
        response
    }
}

impl Outcome {
    async fn from_response(response: Response<Body>) -> Self {
        let (mut parts, body) = response.into_parts();
        let failed = |headers, status| {
            let (trailers, shared) = (HeaderMap::new(), None);
            Self { headers, trailers, message: Err(status), shared }
        };
        if let Some(status) = Status::from_header_map(&parts.headers) {
            return failed(parts.headers, status);
        }
        let collected = match body.collect().await {
            Ok(collected) => collected,
            Err(status) => return failed(HeaderMap::new(), status),
        };
        let trailers = collected.trailers().cloned().unwrap_or_default();
        let mut frames = Frames::default();
        frames.push(collected.to_bytes());
        let message = match Status::from_header_map(&trailers) {
            Some(status) if status.code() != Code::Ok => Err(status),
            _ => frames.next().ok_or_else(|| Status::internal("the response has no message")),
        };
        Self { headers: parts.headers, trailers, message, shared: parts.extensions.remove() }
    }
}

/// Clients read this as UNIMPLEMENTED (Connect's protocol, "HTTP to Error Code").
fn no_method() -> Response<Body> {
    text_response(StatusCode::NOT_FOUND, "There is no such method here.")
}

fn with_content_type(status: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
