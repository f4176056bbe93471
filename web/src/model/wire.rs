//! A call byte by byte: what is shown of its request and response, with the meaning of each byte.

mod bytes;
mod contract;
mod example;
mod meanings;

use increment_wire::{Kind, Span, explain, status_name};

pub use self::{
    bytes::{Byte, SHOWN},
    example::{EXAMPLE_NUMBER, example},
    meanings::{Bits, Meaning},
};
use super::exchange::{Exchange, HttpMessage};

/// Which of the two messages of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The request.
    Sent,
    /// The response.
    Received,
}

/// A request or a response, from its start line to the meaning of its last byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The method and path of a request, or the status of a response.
    pub start_line: String,
    /// The recorded body in hexadecimal.
    pub hex: String,
    /// The number of recorded bytes.
    pub length: usize,
    /// Whether the body was longer than what was recorded.
    pub is_truncated: bool,
    /// The sizes of what the body consists of; those that are 0 are left out.
    pub sizes: Vec<(&'static str, usize)>,
    /// What is wrong with a response that is incomplete, or has no bytes to explain.
    pub note: Option<&'static str>,
    /// The headers.
    pub headers: Vec<Header>,
    /// The first [`SHOWN`] bytes.
    pub bytes: Vec<Byte>,
    /// The meanings of these bytes. One that contains others precedes them.
    pub meanings: Vec<Meaning>,
}

/// A header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name, in lower case.
    pub name: String,
    /// The value.
    pub value: String,
    /// The name of the status code that is the value.
    pub status: Option<&'static str>,
}

/// Explains the request.
pub fn request(exchange: &Exchange) -> Message {
    message(&exchange.request, Some(contract::REQUEST))
}

/// Explains the response; none where the server is unreachable or the call was cancelled.
pub fn response(exchange: &Exchange) -> Option<Message> {
    let response = exchange.response.as_ref()?;
    let message_type = is_grpc_web(response).then_some(contract::RESPONSE);
    Some(Message { note: note(exchange, response), ..message(response, message_type) })
}

/// Returns what is wrong with a response.
fn note(exchange: &Exchange, response: &HttpMessage) -> Option<&'static str> {
    match exchange.is_complete {
        _ if !is_grpc_web(response) => Some("This is not gRPC-Web, so the page does not decode it."),
        false => Some("The response is incomplete."),
        true if response.header("grpc-status").is_some() => {
            Some("The service rejected the call: the status is in the headers, and no message follows.")
        }
        true if response.body.is_empty() => Some("The response is empty: it has no message and no status."),
        true => None,
    }
}

fn is_grpc_web(response: &HttpMessage) -> bool {
    response.header("content-type").is_some_and(|value| value.starts_with("application/grpc-web"))
}

/// Explains a request or response; without a message type, its bytes are shown and not explained.
fn message(message: &HttpMessage, message_type: Option<&str>) -> Message {
    let schema = contract::schema();
    let mut spans = message_type
        .map(|message_type| explain(&message.body, Some(&schema), message_type))
        .unwrap_or_default();
    let sizes = sizes(&spans);
    if message.body.len() > SHOWN {
        spans.retain(|span| span.start < SHOWN);
    }
    Message {
        start_line: printable(&message.start_line),
        hex: message.hex(),
        length: message.body.len(),
        is_truncated: message.is_truncated,
        sizes,
        note: None,
        headers: message.headers.iter().map(header).collect(),
        bytes: bytes::bytes(&message.body, &spans),
        meanings: spans.iter().map(meanings::meaning).collect(),
    }
}

/// Returns the sizes of frame heads, messages and trailers.
fn sizes(spans: &[Span<'_>]) -> Vec<(&'static str, usize)> {
    let mut sizes = [("frame heads", 0), ("message", 0), ("trailers", 0)];
    for span in spans.iter().filter(|span| span.is_leaf()) {
        let index = match span.kind {
            Kind::Flag(_) => 0,
            Kind::FrameLength(_) if span.depth == 0 => 0,
            Kind::Trailer => 2,
            _ => 1,
        };
        sizes[index].1 += span.bytes.len();
    }
    sizes.into_iter().filter(|&(_, size)| size > 0).collect()
}

fn header((name, value): &(String, String)) -> Header {
    let status = if name == "grpc-status" { status_name(value) } else { None };
    Header { name: printable(name), value: printable(value), status }
}

/// Returns the text without control characters.
fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

#[cfg(test)]
mod tests;
