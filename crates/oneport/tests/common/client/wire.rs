//! The protocols with their versions of HTTP, and how their messages are framed.

use std::collections::HashMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, Version};
use http_body_util::BodyExt;
use tonic::{Code, Status};

use super::body::ReqBody;

/// Encodes each chunk by itself: a body without end has none after this.
pub fn in_base64(body: ReqBody) -> ReqBody {
    body.map_frame(|frame| frame.map_data(|data| Bytes::from(BASE64_STANDARD.encode(data)))).boxed()
}

/// A length-prefixed message (gRPC's PROTOCOL-HTTP2).
pub fn frame(message: &[u8]) -> Vec<u8> {
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend(message);
    frame
}

/// A protocol and a version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    Grpc,
    GrpcWebHttp2,
    GrpcWebHttp1,
    GrpcWebText,
}

impl Wire {
    pub const ALL: [Self; 4] = [Self::Grpc, Self::GrpcWebHttp2, Self::GrpcWebHttp1, Self::GrpcWebText];

    pub fn version(self) -> Version {
        if matches!(self, Self::Grpc | Self::GrpcWebHttp2) { Version::HTTP_2 } else { Version::HTTP_11 }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Self::Grpc => "application/grpc",
            Self::GrpcWebHttp2 | Self::GrpcWebHttp1 => "application/grpc-web+proto",
            Self::GrpcWebText => "application/grpc-web-text",
        }
    }

    /// The message or the status of a response.
    pub fn read(self, response: Response<Bytes>) -> Result<Bytes, Status> {
        let (mut messages, status) = self.read_all(response);
        assert!(messages.len() <= 1, "{messages:?}");
        if status.code() == Code::Ok { Ok(messages.pop().expect("a message")) } else { Err(status) }
    }

    /// The messages of a response, and its status.
    pub fn read_all(self, response: Response<Bytes>) -> (Vec<Bytes>, Status) {
        assert_eq!(response.status(), StatusCode::OK, "{:?}", response.body());
        let content_type = response.headers()["content-type"].to_str().unwrap();
        assert!(
            content_type.starts_with(self.content_type()) || !response.headers().contains_key("grpc-status"),
            "{self:?}: the response is {content_type}"
        );
        let mut headers = response.headers().clone();
        let body = match self {
            Self::GrpcWebText => unbase64(response.body()),
            _ => response.body().clone(),
        };
        let mut messages = Vec::new();
        let mut rest = &body[..];
        while let Some((&[flag, a, b, c, d], after)) = rest.split_first_chunk::<5>() {
            let (content, after) = after.split_at(u32::from_be_bytes([a, b, c, d]) as usize);
            match flag {
                0 => messages.push(Bytes::copy_from_slice(content)),
                0x80 => headers.extend(parse_trailers(content)),
                _ => panic!("flag {flag}"),
            }
            rest = after;
        }
        assert!(rest.is_empty());
        (messages, Status::from_header_map(&headers).expect("a grpc-status"))
    }
}

fn parse_trailers(content: &[u8]) -> HeaderMap {
    let lines = std::str::from_utf8(content).unwrap().split_terminator("\r\n");
    let pairs: HashMap<String, String> =
        lines.map(|line| line.split_once(':').unwrap()).map(|(n, v)| (n.into(), v.trim().into())).collect();
    (&pairs).try_into().unwrap()
}

/// Decodes base64; each frame is encoded by itself, with its own padding.
pub fn unbase64(text: &[u8]) -> Bytes {
    text.chunks(4).flat_map(|group| BASE64_STANDARD.decode(group).unwrap()).collect()
}
