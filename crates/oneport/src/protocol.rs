//! The protocol of a request, by its content type.

use http::{HeaderMap, header};

/// A protocol that carries calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// gRPC over HTTP/2 (gRPC's PROTOCOL-HTTP2).
    Grpc,
    /// gRPC-Web, binary (gRPC's PROTOCOL-WEB).
    GrpcWeb,
    /// gRPC-Web in base64, for clients that cannot stream binary data.
    GrpcWebText,
    /// Connect's protocol, which includes plain JSON (connectrpc.com/docs/protocol).
    Connect,
}

impl Protocol {
    /// All protocols.
    pub(crate) const ALL: [Self; 4] = [Self::Grpc, Self::GrpcWeb, Self::GrpcWebText, Self::Connect];

    /// Its name: `grpc`, `grpc-web`, `grpc-web-text` or `connect`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::GrpcWeb => "grpc-web",
            Self::GrpcWebText => "grpc-web-text",
            Self::Connect => "connect",
        }
    }

    /// The protocol of a request with these headers, of gRPC and gRPC-Web. Case and parameters of the content type have no meaning
    /// (RFC 9110, section 8.3.1). Connect shares its content types with others: its calls are recognized by their path.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let media_type = content_type.split(';').next()?.trim();
        let subtype =
            media_type.split_once('/').filter(|(kind, _)| kind.eq_ignore_ascii_case("application"))?.1;
        let known = [
            ("grpc", Self::Grpc),
            ("grpc+proto", Self::Grpc),
            ("grpc-web", Self::GrpcWeb),
            ("grpc-web+proto", Self::GrpcWeb),
            ("grpc-web-text", Self::GrpcWebText),
            ("grpc-web-text+proto", Self::GrpcWebText),
        ];
        known.into_iter().find(|(name, _)| subtype.eq_ignore_ascii_case(name)).map(|(_, protocol)| protocol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_type_names_the_protocol() {
        let cases = [
            ("application/grpc", Some(Protocol::Grpc)),
            ("application/grpc+proto", Some(Protocol::Grpc)),
            ("application/grpc-web", Some(Protocol::GrpcWeb)),
            ("Application/GRPC-Web+Proto ; charset=utf-8", Some(Protocol::GrpcWeb)),
            ("application/grpc-web-text", Some(Protocol::GrpcWebText)),
            ("application/grpc-web-text+proto", Some(Protocol::GrpcWebText)),
            ("application/grpc+json", None),
            ("application/grpc-web+json", None),
            ("application/grpc-webfoo", None),
            ("application/json", None),
            ("text/grpc", None),
            ("grpc", None),
            ("", None),
        ];
        for (content_type, protocol) in cases {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, content_type.parse().unwrap())]);
            assert_eq!(Protocol::from_headers(&headers), protocol, "{content_type:?}");
        }
        assert_eq!(Protocol::from_headers(&HeaderMap::new()), None);
    }
}
