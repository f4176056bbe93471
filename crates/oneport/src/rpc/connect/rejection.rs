//! The response to a request that is not a call.

use http::{
    HeaderValue, Response, StatusCode,
    header::{self, HeaderName},
};
use tonic::body::Body;

use super::protocol::StreamType;
use crate::response::text_response;

const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");

/// Why a request is not a call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rejection {
    /// Its HTTP method is not supported.
    HttpMethod { allows_get: bool },
    /// Its content type is not supported.
    ContentType,
    /// Its content type is one of streams and its method is unary, or the reverse.
    StreamType(StreamType),
}

/// The content types of all protocols (RFC 9110, sections 12.5.1 and 15.5.16).
const CONTENT_TYPES: &str = "application/json, application/proto, application/connect+json, application/connect+proto, \
                     application/grpc, application/grpc-web+proto, application/grpc-web-text+proto";

impl Rejection {
    pub(super) fn into_response(self) -> Response<Body> {
        match self {
            // RFC 9110, section 15.5.6.
            Self::HttpMethod { allows_get: true } => {
                Self::with(StatusCode::METHOD_NOT_ALLOWED, self.line(), header::ALLOW, "GET, HEAD, POST")
            }
            Self::HttpMethod { allows_get: false } => {
                Self::with(StatusCode::METHOD_NOT_ALLOWED, self.line(), header::ALLOW, "POST")
            }
            Self::ContentType | Self::StreamType(_) => {
                Self::with(StatusCode::UNSUPPORTED_MEDIA_TYPE, self.line(), ACCEPT_POST, CONTENT_TYPES)
            }
        }
    }

    fn line(self) -> &'static str {
        match self {
            Self::HttpMethod { allows_get: true } => "This method is called with POST or GET.",
            Self::HttpMethod { allows_get: false } => {
                "This is a method of a service: it is called with POST."
            }
            Self::ContentType => {
                "This is a method of a service: Accept-Post lists the content types that it takes."
            }
            Self::StreamType(StreamType::Unary) => {
                "This method streams: its content type is application/connect+json or another that streams."
            }
            Self::StreamType(StreamType::Stream) => {
                "This method does not stream: its content type is application/json or application/proto."
            }
        }
    }

    fn with(status: StatusCode, line: &str, name: HeaderName, value: &'static str) -> Response<Body> {
        let mut response = text_response(status, line);
        response.headers_mut().insert(name, HeaderValue::from_static(value));
        response
    }
}
