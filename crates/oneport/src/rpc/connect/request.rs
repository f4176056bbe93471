//! Translates a request of Connect to one of gRPC. Invalid headers fail the call within the layers, which count it; a request
//! that is not a call is rejected before them.

use bytes::Bytes;
use http::{
    HeaderValue, Method as HttpMethod, Request,
    header::{self, HeaderName},
};
use prost_reflect::MessageDescriptor;
use tonic::{Status, body::Body};

use super::{
    super::{
        format::{Translated, parse_encoding},
        methods::Method,
    },
    protocol::{StreamType, VERSION, content_format, wrong_version},
    query::Query,
    rejection::Rejection,
};
use crate::messages::{Budget, Codec, Compression, Format, Framing, MessageWriter, SharedMessages};

/// The most digits of a timeout.
const TIMEOUT_DIGITS: usize = 10;

/// What the response to a request depends on.
#[derive(Debug)]
pub(super) struct ConnectCall {
    pub(super) stream_type: StreamType,
    pub(super) codec: Codec,
    pub(super) compression: Option<Compression>,
    /// Whether the response may be cached.
    pub(super) is_cacheable: bool,
    /// The type of the messages in the response; none where there is no such method.
    pub(super) output: Option<MessageDescriptor>,
    budget: Budget,
}

impl ConnectCall {
    /// Parses a request, and translates it to gRPC. Fails where it is not a call.
    pub(super) fn from_request(
        request: Request<Body>,
        method: Option<&Method>,
        budget: Budget,
    ) -> Result<(Self, Request<Body>), Rejection> {
        if *request.method() == HttpMethod::POST {
            return Self::post(request, method, budget);
        }
        match method {
            Some(method)
                if matches!(*request.method(), HttpMethod::GET | HttpMethod::HEAD) && method.allows_get() =>
            {
                Ok(Self::get(request, method, budget))
            }
            _ => Err(Rejection::HttpMethod { allows_get: method.is_some_and(Method::allows_get) }),
        }
    }

    fn post(
        request: Request<Body>,
        method: Option<&Method>,
        budget: Budget,
    ) -> Result<(Self, Request<Body>), Rejection> {
        let (stream_type, codec) = content_format(request.headers()).ok_or(Rejection::ContentType)?;
        if method.is_some_and(|method| method.is_unary() != (stream_type == StreamType::Unary)) {
            return Err(Rejection::StreamType(stream_type));
        }
        let headers = request.headers();
        let (encoding, accept) = match stream_type {
            StreamType::Unary => (header::CONTENT_ENCODING, header::ACCEPT_ENCODING),
            StreamType::Stream => (CONNECT_CONTENT_ENCODING, CONNECT_ACCEPT_ENCODING),
        };
        let encoding = headers.get(encoding).map_or(Ok(None), parse_encoding);
        let sent = encoding.as_ref().ok().copied().flatten();
        let compression = Compression::negotiate(headers.get(accept), sent);
        let framing = if stream_type == StreamType::Unary { Framing::Bare } else { Framing::Enveloped };
        let version = headers
            .get(CONNECT_PROTOCOL_VERSION)
            .map_or(Ok(()), |found| if found == VERSION { Ok(()) } else { Err(wrong_version()) });
        let format = encoding.and_then(|encoding| version.map(|()| Format { framing, encoding, codec }));
        let output = method.map(|method| method.output.clone());
        let call = Self { stream_type, codec, compression, is_cacheable: false, output, budget };
        Ok((call, to_grpc(request, format)))
    }

    fn get(request: Request<Body>, method: &Method, budget: Budget) -> (Self, Request<Body>) {
        let query = Query::parse(request.uri().query().unwrap_or_default());
        let (format, message) = match query.format() {
            Ok((format, message)) => (Ok(format), message),
            Err(status) => (Err(status), Bytes::new()),
        };
        let codec = format.as_ref().map_or(Codec::Json, |format| format.codec);
        let compression = Compression::negotiate(request.headers().get(header::ACCEPT_ENCODING), None);
        let output = Some(method.output.clone());
        let call =
            Self { stream_type: StreamType::Unary, codec, compression, is_cacheable: true, output, budget };
        let request = request.map(|_| Body::new(http_body_util::Full::new(message)));
        (call, to_grpc(request, format))
    }
}

impl ConnectCall {
    /// Converts the messages of the response to what the caller accepts.
    pub(super) fn writer(&self, shared: Option<SharedMessages>) -> MessageWriter {
        let json = self.output.clone().filter(|_| self.codec == Codec::Json);
        MessageWriter { json, compression: self.compression, budget: self.budget.clone(), shared }
    }
}

const CONNECT_PROTOCOL_VERSION: HeaderName = HeaderName::from_static("connect-protocol-version");
const CONNECT_TIMEOUT: HeaderName = HeaderName::from_static("connect-timeout-ms");
const CONNECT_CONTENT_ENCODING: HeaderName = HeaderName::from_static("connect-content-encoding");
const CONNECT_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("connect-accept-encoding");
const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// Headers that are removed: they have another meaning in gRPC, or none.
const REMOVED_HEADERS: [HeaderName; 8] = [
    CONNECT_PROTOCOL_VERSION,
    CONNECT_TIMEOUT,
    CONNECT_CONTENT_ENCODING,
    CONNECT_ACCEPT_ENCODING,
    GRPC_TIMEOUT,
    header::CONTENT_ENCODING,
    header::ACCEPT_ENCODING,
    header::CONTENT_LENGTH,
];

/// The request as one of gRPC, with the format of its messages in its extensions.
fn to_grpc(mut request: Request<Body>, format: Translated) -> Request<Body> {
    let timeout = request.headers().get(CONNECT_TIMEOUT).map(grpc_timeout).transpose();
    *request.method_mut() = HttpMethod::POST;
    let headers = request.headers_mut();
    for name in REMOVED_HEADERS {
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

/// Converts milliseconds to `grpc-timeout`, which has fewer digits.
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
