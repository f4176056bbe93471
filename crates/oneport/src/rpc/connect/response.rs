//! Translates a response of gRPC to one of Connect.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_TYPE, VARY},
};
use http_body_util::{BodyExt, Full};
use tonic::{Code, Status, body::Body};

use super::{error, metadata::metadata, protocol::StreamType, request::ConnectCall, stream};
use crate::{
    messages::{COMPRESSED, Codec, FrameBuffer, PREFIX_BYTES, ResponseMessages, SharedMessages},
    response::text_response,
};

/// A unary gRPC response.
struct UnaryResponse {
    headers: HeaderMap,
    trailers: HeaderMap,
    /// The message with its prefix.
    message: Result<Bytes, Status>,
    shared: Option<SharedMessages>,
}

impl ConnectCall {
    /// Translates a response of gRPC.
    pub(super) async fn translate_response(self, response: Response<Body>) -> Response<Body> {
        if self.output.is_none() {
            return no_method();
        }
        match self.stream_type {
            StreamType::Unary => self.unary(UnaryResponse::from_response(response).await).await,
            StreamType::Stream => self.stream(response),
        }
    }

    async fn unary(self, grpc: UnaryResponse) -> Response<Body> {
        let message = match grpc.message {
            Ok(message) => self.writer(grpc.shared).write(message).await,
            Err(status) => Err(status),
        };
        let mut response = match message {
            Ok(message) => self.with_message(&message),
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
        headers.extend(metadata(grpc.headers));
        for (name, value) in &metadata(grpc.trailers) {
            if let Ok(name) = HeaderName::try_from(format!("trailer-{name}")) {
                headers.append(name, value.clone());
            }
        }
        response
    }

    /// A response with this message, which has a prefix.
    fn with_message(&self, message: &Bytes) -> Response<Body> {
        let content_type = match self.codec {
            Codec::Json => "application/json",
            Codec::Proto => "application/proto",
        };
        let body = Body::new(Full::new(message.slice(PREFIX_BYTES..)));
        let mut response = with_content_type(StatusCode::OK, content_type, body);
        if let Some(compression) = self.compression
            && message.first() == Some(&COMPRESSED)
        {
            let encoding = HeaderValue::from_static(compression.encoding.name());
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
        let compression = self.compression;
        let writer = self.writer(parts.extensions.remove());
        let messages = ResponseMessages { writer, body, buffer: FrameBuffer::default() };
        let mut response =
            with_content_type(StatusCode::OK, content_type, stream::body(messages, self.output));
        response.headers_mut().extend(metadata(parts.headers));
        if let Some(compression) = compression {
            let name = HeaderValue::from_static(compression.encoding.name());
            response.headers_mut().insert("connect-content-encoding", name);
        }
        response
    }
}

impl UnaryResponse {
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
        let mut buffer = FrameBuffer::default();
        buffer.push(collected.to_bytes());
        let message = match Status::from_header_map(&trailers) {
            Some(status) if status.code() != Code::Ok => Err(status),
            _ => buffer.next().ok_or_else(|| Status::internal("the response has no message")),
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
