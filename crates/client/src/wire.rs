//! `increment wire`: a call byte by byte, explained. Must not know how bytes are explained, nor how they are noted.

use std::{error::Error, fmt::Write, iter};

use http::HeaderMap;
use increment_client::{Answer, Client, ClientError, Exchange, Sent, Tap};
use increment_proto::FILE_DESCRIPTOR_SET;
use increment_wire::{Schema, Span, explain, status_name};

use crate::{hex, options::Wire, output};

/// The bytes of a span that are shown, enough for each number.
const SHOWN: usize = 10;

/// Sends the number and prints what travelled, also where the service refuses it or the answer breaks off.
pub(crate) async fn print(client: impl FnOnce(&Tap) -> Client, options: Wire) -> Result<(), Box<dyn Error>> {
    let tap = Tap::default();
    let called = client(&tap).increment(options.number).await;
    if matches!(
        called,
        Ok(_) | Err(ClientError::Refused(_) | ClientError::Broken { .. } | ClientError::Quiet { .. })
    ) && let Exchange { sent, answer: Some(answer) } = tap.exchange()
    {
        let schema = Schema::decode(FILE_DESCRIPTOR_SET).expect("the contracts describe themselves");
        let method = schema.method(&sent.path).map_or(("", ""), |method| (method.request, method.response));
        let (sent, received) = (request(&sent, &schema, method.0), response(&answer, &schema, method.1));
        output::print(format_args!("{sent}\n{received}")).await?;
    }
    called?;
    Ok(())
}

/// What was sent.
fn request(sent: &Sent, schema: &Schema<'_>, message: &str) -> String {
    let head = format!("SENT: POST {}, {}\n", sent.path, size(&sent.body));
    [head, headers(&sent.headers), body(&sent.body, schema, message)].concat()
}

/// What came back.
fn response(answer: &Answer, schema: &Schema<'_>, message: &str) -> String {
    let Answer { version, status, headers, body, trailers } = answer;
    let head = format!("RECEIVED: {version:?} {status}, {}\n", size(body));
    let mut text = [head, self::headers(headers), self::body(body, schema, message)].concat();
    if let Some(trailers) = trailers {
        let _ = write!(text, "\n  HTTP's trailers, after the body:\n{}", self::headers(trailers));
    }
    text.trim_end().to_owned()
}

fn size(body: &[u8]) -> String {
    format!("{} {}", body.len(), if body.len() == 1 { "byte" } else { "bytes" })
}

/// A line each. A server chooses its own: none may move the cursor.
fn headers(headers: &HeaderMap) -> String {
    let lines = headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).replace(char::is_control, "\u{fffd}");
        match status_name(&value) {
            Some(status) if name == "grpc-status" => format!("  {name}: {value} ({status})\n"),
            _ => format!("  {name}: {value}\n"),
        }
    });
    lines.collect()
}

/// All bytes, and then what each of them means.
fn body(body: &[u8], schema: &Schema<'_>, message: &str) -> String {
    if body.is_empty() {
        return String::new();
    }
    let spans = explain(body, Some(schema), message);
    let starts: Vec<_> = spans.iter().map(start).collect();
    let width = starts.iter().map(|start| start.chars().count()).max().unwrap_or_default();
    let explained =
        iter::zip(&starts, &spans).map(|(start, span)| format!("{start:width$}  {}\n", words(span)));
    let dump = hex::dump(body);
    let dump = dump.lines().map(|line| format!("  {line}\n"));
    iter::once("\n".into()).chain(dump).chain(iter::once("\n".into())).chain(explained).collect()
}

/// The bytes of a span, indented; none for one that consists of others.
fn start(span: &Span<'_>) -> String {
    let indent = "  ".repeat(usize::from(span.depth) + 1);
    match span.bytes.get(..SHOWN) {
        _ if !span.is_leaf() => indent,
        Some(begin) if begin.len() < span.bytes.len() => format!("{indent}{} …", hex::bytes(begin)),
        _ => format!("{indent}{}", hex::bytes(span.bytes)),
    }
}

/// What a span means, down to its bits.
fn words(span: &Span<'_>) -> String {
    match span.binary() {
        none if none.is_empty() => span.meaning(),
        bits => format!("{} [{bits}]", span.meaning()),
    }
}
