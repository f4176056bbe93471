//! `increment wire`: prints the bytes of a call, explained.

use std::{error::Error, fmt::Write, iter};

use http::HeaderMap;
use increment_client::{Client, ClientError, Exchange, RecordedRequest, RecordedResponse, Tap};
use increment_proto::FILE_DESCRIPTOR_SET;
use increment_wire::{Schema, Span, explain, status_name};

use crate::{hex, options::Wire, output};

/// The maximum of bytes printed per span: the longest varint.
const MAX_PRINTED: usize = 10;

/// Sends the number and prints request and response, including an error status and an incomplete response.
pub(crate) async fn print(client: impl FnOnce(&Tap) -> Client, options: Wire) -> Result<(), Box<dyn Error>> {
    let tap = Tap::default();
    let result = client(&tap).increment(options.number).await;
    if is_grpc(&result)
        && let Exchange { request, response: Some(response) } = tap.exchange()
    {
        let schema = Schema::decode(FILE_DESCRIPTOR_SET).expect("the descriptor set is generated");
        let method =
            schema.method(&request.path).map_or(("", ""), |method| (method.request, method.response));
        let request = request_text(&request, &schema, method.0);
        let response = response_text(&response, &schema, method.1);
        output::print(format_args!("{request}\n{response}")).await?;
    }
    result?;
    Ok(())
}

/// Returns whether the response was one of gRPC, complete or not.
fn is_grpc(result: &Result<i64, ClientError>) -> bool {
    use ClientError::{KeepAliveTimeout, Status, Transport};
    matches!(result, Ok(_) | Err(Status(_) | Transport { .. } | KeepAliveTimeout { .. }))
}

fn request_text(request: &RecordedRequest, schema: &Schema<'_>, message: &str) -> String {
    let RecordedRequest { path, headers, body } = request;
    let head = format!("SENT: POST {path}, {}\n", size(body));
    [head, headers_text(headers), body_text(body, schema, message)].concat()
}

fn response_text(response: &RecordedResponse, schema: &Schema<'_>, message: &str) -> String {
    let RecordedResponse { version, status, headers, body, trailers } = response;
    let head = format!("RECEIVED: {version:?} {status}, {}\n", size(body));
    let mut text = [head, headers_text(headers), body_text(body, schema, message)].concat();
    if let Some(trailers) = trailers {
        let _ = write!(text, "\n  HTTP trailers:\n{}", headers_text(trailers));
    }
    text.trim_end().to_owned()
}

fn size(body: &[u8]) -> String {
    format!("{} {}", body.len(), if body.len() == 1 { "byte" } else { "bytes" })
}

/// Returns a line per header. Control characters are replaced, since they could be terminal escape sequences.
fn headers_text(headers: &HeaderMap) -> String {
    let lines = headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).replace(char::is_control, "\u{fffd}");
        match status_name(&value) {
            Some(status) if name == "grpc-status" => format!("  {name}: {value} ({status})\n"),
            _ => format!("  {name}: {value}\n"),
        }
    });
    lines.collect()
}

/// Returns a dump of the body and the explanation of each byte.
fn body_text(body: &[u8], schema: &Schema<'_>, message: &str) -> String {
    if body.is_empty() {
        return String::new();
    }
    let spans = explain(body, Some(schema), message);
    let starts: Vec<_> = spans.iter().map(start).collect();
    let width = starts.iter().map(|start| start.chars().count()).max().unwrap_or_default();
    let explained =
        iter::zip(&starts, &spans).map(|(start, span)| format!("{start:width$}  {}\n", meaning(span)));
    let dump = hex::dump(body);
    let dump = dump.lines().map(|line| format!("  {line}\n"));
    iter::once("\n".into()).chain(dump).chain(iter::once("\n".into())).chain(explained).collect()
}

/// Returns the bytes of a span, indented by its depth; only the indent for a span that consists of others.
fn start(span: &Span<'_>) -> String {
    let indent = "  ".repeat(usize::from(span.depth) + 1);
    match span.bytes.get(..MAX_PRINTED) {
        _ if !span.is_leaf() => indent,
        Some(prefix) if prefix.len() < span.bytes.len() => format!("{indent}{} …", hex::bytes(prefix)),
        _ => format!("{indent}{}", hex::bytes(span.bytes)),
    }
}

/// Returns the meaning of a span and of its bits.
fn meaning(span: &Span<'_>) -> String {
    match span.binary() {
        none if none.is_empty() => span.meaning(),
        bits => format!("{} [{bits}]", span.meaning()),
    }
}
