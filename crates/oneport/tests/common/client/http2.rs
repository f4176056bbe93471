//! HTTP/2 frames in bytes (RFC 9113), for requests that no client sends.

use super::wire::frame as length_prefixed;

/// The connection preface of a client with its SETTINGS (RFC 9113, section 3.4).
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;

/// The flag of SETTINGS and PING that acknowledges one.
pub const ACK: u8 = 1;
/// The flag of HEADERS and DATA that ends a stream.
pub const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

/// The bytes of a frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The headers of a gRPC call; its stream stays open.
pub fn headers(stream: u32, path: &str) -> Vec<u8> {
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "localhost"),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
    ];
    // Literal fields without indexing (RFC 7541, section 6.2.2).
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    let block: Vec<u8> =
        fields.iter().flat_map(|(name, value)| [vec![0], text(name), text(value)].concat()).collect();
    frame(HEADERS, END_HEADERS, stream, &block)
}

/// A complete gRPC call with this message.
pub fn call(stream: u32, path: &str, message: &[u8]) -> Vec<u8> {
    [headers(stream, path), frame(DATA, END_STREAM, stream, &length_prefixed(message))].concat()
}

/// The complete frames at the start of these bytes, and how many bytes they take.
pub fn frames(bytes: &[u8]) -> (Vec<Frame>, usize) {
    let (mut frames, mut read) = (Vec::new(), 0);
    while let Some((&[a, b, c, kind, flags, d, e, f, g], rest)) = bytes[read..].split_first_chunk::<9>() {
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        let Some(payload) = rest.get(..length) else { break };
        let stream = u32::from_be_bytes([d, e, f, g]);
        frames.push(Frame { kind, flags, stream, payload: payload.to_vec() });
        read += 9 + length;
    }
    (frames, read)
}
