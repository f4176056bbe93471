//! A request of Connect's protocol, made one of gRPC. What its headers get wrong is told by the call itself, which is
//! thereby counted; a request that is no call is refused at once.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method as HttpMethod, Request,
    header::{self, HeaderName},
};
use prost_reflect::MessageDescriptor;
use tonic::{Status, body::Body};

use super::{
    super::{
        calls::{Translated, known},
        methods::Method,
    },
    query::Query,
    refusal::Refusal,
};
use crate::messages::{Budget, Codec, Compress, Format, Framing, SharedMessages, Writer};

/// The version of the protocol that this server speaks, as its header names it.
const VERSION: &str = "1";

/// How many digits a timeout may have.
const TIMEOUT_DIGITS: usize = 10;

/// What is remembered of a request until its answer is there.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) shape: Shape,
    pub(super) codec: Codec,
    pub(super) compress: Option<Compress>,
    /// Whether the answer may be stored, for who asks next.
    pub(super) is_cacheable: bool,
    /// What the messages of the answer are; none where there is no such method.
    pub(super) output: Option<MessageDescriptor>,
    budget: Budget,
}

/// How messages follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One goes and one comes, each as the body.
    Unary,
    /// Each has a head.
    Stream,
}

/// Whether the content type is one that nobody but Connect has.
pub(super) fn is_connect(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|media_type| {
        media_type.starts_with("application/connect+") || media_type == "application/proto"
    })
}

impl Call {
    /// The call that a request is, and the same for gRPC. Fails where it is none.
    pub(super) fn read(
        request: Request<Body>,
        method: Option<&Method>,
        budget: Budget,
    ) -> Result<(Self, Request<Body>), Refusal> {
        if *request.method() == HttpMethod::POST {
            return Self::post(request, method, budget);
        }
        match method {
            Some(method)
                if matches!(*request.method(), HttpMethod::GET | HttpMethod::HEAD) && method.may_be_got() =>
            {
                Ok(Self::get(request, method, budget))
            }
            _ => Err(Refusal::Method { may_be_got: method.is_some_and(Method::may_be_got) }),
        }
    }

    fn post(
        request: Request<Body>,
        method: Option<&Method>,
        budget: Budget,
    ) -> Result<(Self, Request<Body>), Refusal> {
        let (shape, codec) = speaks(request.headers()).ok_or(Refusal::Type)?;
        if method.is_some_and(|method| method.is_unary() != (shape == Shape::Unary)) {
            return Err(Refusal::Shape(shape));
        }
        let headers = request.headers();
        let (encoding, accept) = match shape {
            Shape::Unary => (header::CONTENT_ENCODING, header::ACCEPT_ENCODING),
            Shape::Stream => (CONNECT_CONTENT_ENCODING, CONNECT_ACCEPT_ENCODING),
        };
        let encoding = headers.get(encoding).map_or(Ok(None), known);
        let sent = encoding.as_ref().ok().copied().flatten();
        let compress = Compress::new(headers.get(accept), sent);
        let framing = if shape == Shape::Unary { Framing::Bare } else { Framing::Enveloped };
        let version = headers
            .get(CONNECT_PROTOCOL_VERSION)
            .map_or(Ok(()), |found| if found == VERSION { Ok(()) } else { Err(wrong_version()) });
        let format = encoding.and_then(|encoding| version.map(|()| Format { framing, encoding, codec }));
        let output = method.map(|method| method.output.clone());
        let call = Self { shape, codec, compress, is_cacheable: false, output, budget };
        Ok((call, as_grpc(request, format)))
    }

    fn get(request: Request<Body>, method: &Method, budget: Budget) -> (Self, Request<Body>) {
        let query = Query::read(request.uri().query().unwrap_or_default());
        let (format, message) = match query.format() {
            Ok((format, message)) => (Ok(format), message),
            Err(status) => (Err(status), Bytes::new()),
        };
        let codec = format.as_ref().map_or(Codec::Json, |format| format.codec);
        let compress = Compress::new(request.headers().get(header::ACCEPT_ENCODING), None);
        let output = Some(method.output.clone());
        let call = Self { shape: Shape::Unary, codec, compress, is_cacheable: true, output, budget };
        let request = request.map(|_| Body::new(http_body_util::Full::new(message)));
        (call, as_grpc(request, format))
    }
}

impl Call {
    /// What makes the messages of the answer what this call's caller reads.
    pub(super) fn writer(&self, shared: Option<SharedMessages>) -> Writer {
        let json = self.output.clone().filter(|_| self.codec == Codec::Json);
        Writer { json, compress: self.compress, budget: self.budget.clone(), shared }
    }
}

const CONNECT_PROTOCOL_VERSION: HeaderName = HeaderName::from_static("connect-protocol-version");
const CONNECT_TIMEOUT: HeaderName = HeaderName::from_static("connect-timeout-ms");
const CONNECT_CONTENT_ENCODING: HeaderName = HeaderName::from_static("connect-content-encoding");
const CONNECT_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("connect-accept-encoding");
const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// Headers that speak of this request alone, and mean nothing to a service or something else in gRPC.
const OWN_HEADERS: [HeaderName; 8] = [
    CONNECT_PROTOCOL_VERSION,
    CONNECT_TIMEOUT,
    CONNECT_CONTENT_ENCODING,
    CONNECT_ACCEPT_ENCODING,
    GRPC_TIMEOUT,
    header::CONTENT_ENCODING,
    header::ACCEPT_ENCODING,
    header::CONTENT_LENGTH,
];

/// The request as gRPC has it, with the way in which its messages come.
fn as_grpc(mut request: Request<Body>, format: Translated) -> Request<Body> {
    let timeout = request.headers().get(CONNECT_TIMEOUT).map(grpc_timeout).transpose();
    *request.method_mut() = HttpMethod::POST;
    let headers = request.headers_mut();
    for name in OWN_HEADERS {
        headers.remove(name);
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    let format: Translated = format.and_then(|format| {
        if let Some(timeout) = timeout? {
            headers.insert(GRPC_TIMEOUT, timeout);
        }
        Ok(format)
    });
    request.extensions_mut().insert(format);
    request
}

/// Milliseconds as gRPC has them, which allows fewer digits.
fn grpc_timeout(value: &HeaderValue) -> Result<HeaderValue, Status> {
    let digits = value.to_str().ok().filter(|text| {
        (1..=TIMEOUT_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    });
    let malformed = || Status::invalid_argument("connect-timeout-ms is not up to 10 digits");
    let milliseconds: u64 = digits.and_then(|digits| digits.parse().ok()).ok_or_else(malformed)?;
    let timeout = match milliseconds {
        0..=99_999_999 => format!("{milliseconds}m"),
        _ => format!("{}S", milliseconds.div_ceil(1000)),
    };
    HeaderValue::try_from(timeout).map_err(|_| malformed())
}

/// What the content type says of the messages.
fn speaks(headers: &HeaderMap) -> Option<(Shape, Codec)> {
    match &*media_type(headers)? {
        "application/json" => Some((Shape::Unary, Codec::Json)),
        "application/proto" => Some((Shape::Unary, Codec::Proto)),
        "application/connect+json" => Some((Shape::Stream, Codec::Json)),
        "application/connect+proto" => Some((Shape::Stream, Codec::Proto)),
        _ => None,
    }
}

/// The media type without its parameters, in lower case (RFC 9110, section 8.3.1).
fn media_type(headers: &HeaderMap) -> Option<String> {
    let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(content_type.split(';').next()?.trim().to_ascii_lowercase())
}

pub(super) fn wrong_version() -> Status {
    Status::invalid_argument("this server speaks version 1 of Connect's protocol")
}
