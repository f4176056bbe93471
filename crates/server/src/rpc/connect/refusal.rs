//! What is answered to a request that is no call. Must not know calls.

use http::{
    HeaderValue, Response, StatusCode,
    header::{self, HeaderName},
};
use tonic::body::Body;

use super::request::Shape;
use crate::response::refuse;

const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");

/// Why a request is no call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refusal {
    /// Its HTTP method is another one.
    Method { may_be_got: bool },
    /// Its content type is not known.
    Type,
    /// Its content type has messages follow each other in a way that its method does not.
    Shape(Shape),
}

/// All that a body can be (RFC 9110, sections 12.5.1 and 15.5.16).
const TYPES: &str = "application/json, application/proto, application/connect+json, application/connect+proto, \
                     application/grpc, application/grpc-web+proto, application/grpc-web-text+proto";

impl Refusal {
    pub(super) fn answer(self) -> Response<Body> {
        match self {
            // RFC 9110, section 15.5.6.
            Self::Method { may_be_got: true } => {
                Self::with(StatusCode::METHOD_NOT_ALLOWED, self.line(), header::ALLOW, "GET, HEAD, POST")
            }
            Self::Method { may_be_got: false } => {
                Self::with(StatusCode::METHOD_NOT_ALLOWED, self.line(), header::ALLOW, "POST")
            }
            Self::Type | Self::Shape(_) => {
                Self::with(StatusCode::UNSUPPORTED_MEDIA_TYPE, self.line(), ACCEPT_POST, TYPES)
            }
        }
    }

    fn line(self) -> &'static str {
        match self {
            Self::Method { may_be_got: true } => "This method is called with POST or GET.",
            Self::Method { may_be_got: false } => "This is a method of a service: it is called with POST.",
            Self::Type => "This is a method of a service: Accept-Post lists the content types that it takes.",
            Self::Shape(Shape::Unary) => {
                "This method streams: its content type is application/connect+json or another that streams."
            }
            Self::Shape(Shape::Stream) => {
                "This method does not stream: its content type is application/json or application/proto."
            }
        }
    }

    fn with(status: StatusCode, line: &str, name: HeaderName, value: &'static str) -> Response<Body> {
        let mut response = refuse(status, line);
        response.headers_mut().insert(name, HeaderValue::from_static(value));
        response
    }
}
