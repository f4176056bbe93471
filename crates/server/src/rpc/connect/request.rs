//! A request of Connect's protocol, made one of gRPC. What its headers get wrong is told by the call itself, which is
//! thereby counted; a request that is no call is refused at once.

use std::borrow::Cow;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method as HttpMethod, Request, Response, StatusCode,
    header::{self, HeaderName},
};
use prost_reflect::MessageDescriptor;
use tonic::{Status, body::Body};

use super::super::{
    calls::{Translated, known},
    methods::Method,
};
use crate::{
    app::refuse,
    messages::{Codec, Compress, Format, Framing},
};

/// The version of the protocol that this server speaks, as its header names it.
const VERSION: &str = "1";

/// How many digits a timeout may have.
const TIMEOUT_DIGITS: usize = 10;

/// Base64 in an address: either alphabet is told apart by the caller, and padding may be left out.
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What is remembered of a request until its answer is there.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) shape: Shape,
    pub(super) codec: Codec,
    pub(super) compress: Option<Compress>,
    /// What the messages of the answer are; none where there is no such method.
    pub(super) output: Option<MessageDescriptor>,
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
    /// The call that a request is, and the same for gRPC. Fails with an answer where it is none.
    pub(super) fn read(
        request: Request<Body>,
        method: Option<&Method>,
    ) -> Result<(Self, Request<Body>), Response<Body>> {
        if *request.method() == HttpMethod::POST {
            return Self::post(request, method);
        }
        match method {
            Some(method) if *request.method() == HttpMethod::GET && method.may_be_got() => {
                Ok(Self::get(request, method))
            }
            _ => Err(refuse_method(method)),
        }
    }

    fn post(
        request: Request<Body>,
        method: Option<&Method>,
    ) -> Result<(Self, Request<Body>), Response<Body>> {
        let (shape, codec) = speaks(request.headers()).ok_or_else(refuse_type)?;
        if method.is_some_and(|method| method.is_unary() != (shape == Shape::Unary)) {
            return Err(refuse_shape(shape));
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
        let call = Self { shape, codec, compress, output: method.map(|method| method.output.clone()) };
        Ok((call, as_grpc(request, format)))
    }

    fn get(request: Request<Body>, method: &Method) -> (Self, Request<Body>) {
        let query = Query::read(request.uri().query().unwrap_or_default());
        let (format, message) = match query.format() {
            Ok((format, message)) => (Ok(format), message),
            Err(status) => (Err(status), Bytes::new()),
        };
        let codec = format.as_ref().map_or(Codec::Json, |format| format.codec);
        let compress = Compress::new(request.headers().get(header::ACCEPT_ENCODING), None);
        let call = Self { shape: Shape::Unary, codec, compress, output: Some(method.output.clone()) };
        let request = request.map(|_| Body::new(http_body_util::Full::new(message)));
        (call, as_grpc(request, format))
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

/// What a request with GET asks for, in its address.
#[derive(Default)]
struct Query<'q> {
    message: Option<Cow<'q, str>>,
    codec: Option<Cow<'q, str>>,
    is_base64: bool,
    compression: Option<Cow<'q, str>>,
    version: Option<Cow<'q, str>>,
}

impl<'q> Query<'q> {
    fn read(text: &'q str) -> Self {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            match &*name {
                "message" => query.message = Some(value),
                "encoding" => query.codec = Some(value),
                "base64" => query.is_base64 = value == "1",
                "compression" => query.compression = Some(value),
                "connect" => query.version = Some(value),
                _ => {}
            }
        }
        query
    }

    fn format(self) -> Result<(Format, Bytes), Status> {
        let missing = |name: &str| Status::invalid_argument(format!("the address has no {name}=..."));
        if self.version.is_some_and(|version| version != "v1") {
            return Err(wrong_version());
        }
        let codec = match &*self.codec.ok_or_else(|| missing("encoding"))? {
            "json" => Codec::Json,
            "proto" => Codec::Proto,
            other => {
                let message = format!("encoding={other:?} is not known here; json and proto are");
                return Err(Status::invalid_argument(message));
            }
        };
        let name = HeaderValue::from_str(&self.compression.unwrap_or_default());
        let encoding = known(&name.unwrap_or(HeaderValue::from_static("?")))?;
        let message = self.message.ok_or_else(|| missing("message"))?;
        let message = if self.is_base64 {
            let not_base64 = |_| Status::invalid_argument("message=... is not base64 for addresses");
            BASE64_URL.decode(&*message).map_err(not_base64)?
        } else {
            message.into_owned().into_bytes()
        };
        Ok((Format { framing: Framing::Bare, encoding, codec }, message.into()))
    }
}

fn wrong_version() -> Status {
    Status::invalid_argument("this server speaks version 1 of Connect's protocol")
}

fn refuse_method(method: Option<&Method>) -> Response<Body> {
    let (line, allowed) = match method {
        Some(method) if method.may_be_got() => ("This method is called with POST or GET.", "GET, POST"),
        _ => ("This is a method of a service: it is called with POST.", "POST"),
    };
    let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, line);
    // RFC 9110, section 15.5.6.
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    response
}

/// All that a body can be (RFC 9110, section 12.5.1 and 15.5.16).
const TYPES: &str = "application/json, application/proto, application/connect+json, application/connect+proto, \
                     application/grpc, application/grpc-web+proto, application/grpc-web-text+proto";

fn refuse_type() -> Response<Body> {
    let line = format!("This is a method of a service: its content type is one of {TYPES}.");
    with_types(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, &line))
}

fn refuse_shape(shape: Shape) -> Response<Body> {
    let line = match shape {
        Shape::Unary => {
            "This method streams: its content type is application/connect+json or another that streams."
        }
        Shape::Stream => {
            "This method does not stream: its content type is application/json or application/proto."
        }
    };
    with_types(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, line))
}

fn with_types(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert("accept-post", HeaderValue::from_static(TYPES));
    response
}
