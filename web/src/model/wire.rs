//! Renders a call byte by byte as markup: the request and the response, with the meaning of each byte.

mod contract;

use increment_wire::{Kind, Schema, Span, explain, status_name};

use super::{
    exchange::{Exchange, HttpMessage},
    html::{push, push_hex, push_number, push_text},
};

/// The number of bytes of a body that are shown.
const SHOWN: usize = 512;

/// The number of bytes shown in an entry of the explanation, enough for any number.
const MAX_BYTES: usize = 10;

/// Renders the request and the response. Headers and text are escaped.
pub fn html(exchange: &Exchange) -> String {
    let schema = contract::schema();
    let mut out = String::new();
    message(&mut out, &SENT, &exchange.request, &schema, "");
    match &exchange.response {
        Some(response) => {
            let note = note(exchange, response);
            message(&mut out, &RECEIVED, response, &schema, note);
        }
        None => push(&mut out, NO_RESPONSE),
    }
    out
}

/// The differences between request and response.
struct Direction {
    /// The markup before the body in hexadecimal.
    opening: &'static str,
    /// The markup after it, with the title.
    title: &'static str,
    /// The note after the headers.
    headers_note: &'static str,
    /// The prefix of the names of its spans, and of its element ids.
    prefix: &'static str,
    /// The name of the message.
    message: &'static str,
}

const SENT: Direction = Direction {
    opening: "<section aria-labelledby=sent data-testid=wire-request data-hex=\"",
    title: "\"><h3 id=sent>Sent</h3><p><code>",
    headers_note: "The browser adds its own, such as host and user-agent.",
    prefix: "q",
    message: contract::REQUEST,
};

const RECEIVED: Direction = Direction {
    opening: "<section aria-labelledby=received data-testid=wire-response data-hex=\"",
    title: "\"><h3 id=received>Received</h3><p><code>",
    headers_note: "",
    prefix: "a",
    message: contract::RESPONSE,
};

const NO_RESPONSE: &str = "<section aria-labelledby=received data-testid=wire-response data-hex=\"\">\
<h3 id=received>Received</h3><p>No response: the server is unreachable, or the call was cancelled.</section>";

/// Returns a note on a response that is incomplete, or has no bytes to explain.
fn note(exchange: &Exchange, response: &HttpMessage) -> &'static str {
    match exchange.is_complete {
        _ if !is_grpc_web(response) => "This is not gRPC-Web, so the page does not decode it.",
        false => "The response is incomplete.",
        true if response.header("grpc-status").is_some() => {
            "The service rejected the call: the status is in the headers, and no message follows."
        }
        true if response.body.is_empty() => "The response is empty: it has no message and no status.",
        true => "",
    }
}

fn is_grpc_web(response: &HttpMessage) -> bool {
    response.header("content-type").is_some_and(|value| value.starts_with("application/grpc-web"))
}

/// Renders a request or response, from its start line to the meaning of its last byte.
fn message(out: &mut String, direction: &Direction, message: &HttpMessage, schema: &Schema<'_>, note: &str) {
    let body = &message.body;
    let is_sent = direction.prefix == "q";
    let mut spans = if is_sent || is_grpc_web(message) {
        explain(body, Some(schema), direction.message)
    } else {
        Vec::new()
    };
    push(out, direction.opening);
    push(out, &message.hex());
    push(out, direction.title);
    push_text(out, &message.start_line);
    push(out, "</code> · ");
    push_number(out, body.len());
    push(out, if body.len() == 1 { " byte" } else { " bytes" });
    push(out, if message.is_truncated { " recorded, and more" } else { "" });
    sizes(out, &spans);
    if body.len() > SHOWN {
        spans.retain(|span| span.start < SHOWN);
    }
    if !note.is_empty() {
        push(out, "<p class=note>");
        push(out, note);
    }
    headers(out, &message.headers, direction.headers_note);
    if !body.is_empty() {
        bytes(out, body, &spans, direction.prefix);
    }
    push(out, "</section>");
}

/// Renders the sizes of frame heads, messages and trailers.
fn sizes(out: &mut String, spans: &[Span<'_>]) {
    let mut sizes = [0; 3];
    for span in spans.iter().filter(|span| span.is_leaf()) {
        let index = match span.kind {
            Kind::Flag(_) => 0,
            Kind::FrameLength(_) if span.depth == 0 => 0,
            Kind::Trailer => 2,
            _ => 1,
        };
        sizes[index] += span.bytes.len();
    }
    for (name, size) in ["frame heads ", "message ", "trailers "].into_iter().zip(sizes) {
        if size > 0 {
            push(out, " · ");
            push(out, name);
            push_number(out, size);
        }
    }
}

fn headers(out: &mut String, headers: &[(String, String)], note: &str) {
    push(out, "<details><summary>Headers · ");
    push_number(out, headers.len());
    push(out, "</summary><pre>");
    for (name, value) in headers {
        push_text(out, name);
        push(out, ": ");
        push_text(out, value);
        if let Some(name) = Some(value).filter(|_| name == "grpc-status").and_then(|code| status_name(code)) {
            push(out, " (");
            push(out, name);
            push(out, ")");
        }
        push(out, "\n");
    }
    push(out, "</pre><p>");
    push(out, note);
    push(out, "</details>");
}

/// Renders the bytes in hexadecimal and as text, and their explanation. A span and its bytes share one name in `data-span`.
fn bytes(out: &mut String, body: &[u8], spans: &[Span<'_>], prefix: &str) {
    let shown = body.len().min(SHOWN);
    push(out, "<p class=meaning id=meaning-");
    push(out, prefix);
    push(
        out,
        ">Point at a byte or select a line: both are highlighted, and the meaning appears here.</p><div class=bytes><div class=dump aria-hidden=true>",
    );
    for (row, values) in body.chunks(8).take(SHOWN / 8).enumerate() {
        for tag in ["b", "i"] {
            for (column, &value) in values.iter().enumerate() {
                byte(out, tag, row * 8 + column, value, spans, prefix);
            }
        }
    }
    push(out, "</div>");
    if !spans.is_empty() {
        push(out, "<div role=listbox aria-label=\"Meaning of the bytes\">");
        for (index, span) in spans.iter().enumerate() {
            entry(out, index, span, prefix);
        }
        push(out, "</div>");
    }
    push(out, "</div>");
    if shown < body.len() {
        push(out, "<p>The first ");
        push_number(out, shown);
        push(out, " bytes are shown.");
    }
}

/// Renders a byte, with the names of the spans that contain it, the innermost first.
fn byte(out: &mut String, tag: &str, offset: usize, value: u8, spans: &[Span<'_>], prefix: &str) {
    push(out, "<");
    push(out, tag);
    let mut is_within = false;
    for (index, span) in spans.iter().enumerate().rev().filter(|(_, span)| span.range().contains(&offset)) {
        if !is_within {
            is_within = true;
            push(out, " data-kind=");
            push(out, span.kind.name());
            push(
                out,
                if offset + 1 == span.range().end { " data-end data-span=\"" } else { " data-span=\"" },
            );
        }
        push(out, prefix);
        push_number(out, index);
        push(out, " ");
    }
    push(out, if is_within { "\"" } else { "" });
    push(out, ">");
    if tag == "b" {
        push_hex(out, value);
    } else {
        let shown = if value.is_ascii_graphic() { char::from(value) } else { '·' };
        push_text(out, shown.encode_utf8(&mut [0; 2]));
    }
    push(out, "</");
    push(out, tag);
    push(out, ">");
}

/// Renders a span: its bytes, meaning and bits.
fn entry(out: &mut String, index: usize, span: &Span<'_>, prefix: &str) {
    push(out, "<div role=option aria-selected=false tabindex=");
    push(out, if index == 0 { "0" } else { "-1" });
    push(out, " data-depth=");
    push_number(out, span.depth.into());
    if span.is_leaf() {
        push(out, " data-kind=");
        push(out, span.kind.name());
    }
    push(out, " data-span=");
    push(out, prefix);
    push_number(out, index);
    push(out, "><code>");
    if span.is_leaf() {
        for &value in span.bytes.iter().take(MAX_BYTES) {
            push_hex(out, value);
            push(out, " ");
        }
        push(out, if span.bytes.len() > MAX_BYTES { "…" } else { "" });
    }
    push(out, "</code><span>");
    push_text(out, &span.meaning());
    push(out, "</span>");
    bits(out, span);
    push(out, "</div>");
}

/// Renders the bits: with the role of each group in a tag or flag, without in a number.
fn bits(out: &mut String, span: &Span<'_>) {
    if let Kind::Tag { .. } | Kind::Flag(_) = span.kind {
        push(out, "<br>");
        for bits in span.bits() {
            push(out, "<small><code>");
            push(out, &bits.binary());
            push(out, "</code> ");
            push(out, bits.meaning());
            push(out, "</small>");
        }
    } else if let Kind::Varint { .. } | Kind::Length(_) = span.kind {
        push(out, "<br><small><code>");
        push(out, &span.binary());
        push(out, "</code></small>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 5681 → 5682, and the trailers.
    const RESPONSE: &str = "000000000608b12c10b22c800000000f677270632d7374617475733a300d0a";

    const CONTENT_TYPE: (&str, &str) = ("content-type", "application/grpc-web+proto");

    fn message(start_line: &str, headers: &[(&str, &str)], hex: &str) -> HttpMessage {
        let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let digits: Vec<_> = hex.chars().map(|digit| digit.to_digit(16).unwrap() as u8).collect();
        let body = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
        HttpMessage { start_line: start_line.to_owned(), headers, body, is_truncated: false }
    }

    /// Returns the exchange of 5681 with a response.
    fn exchange(response: Option<HttpMessage>, is_complete: bool) -> Exchange {
        let request =
            message("POST /increment.v1.IncrementService/Increment", &[CONTENT_TYPE], "000000000308b12c");
        Exchange { request, response, is_complete }
    }

    /// Returns the exchange of 5681 with a gRPC-Web response.
    fn answered(hex: &str, is_complete: bool) -> Exchange {
        exchange(Some(message("HTTP 200", &[CONTENT_TYPE], hex)), is_complete)
    }

    /// Returns the text without the markup.
    fn text(html: &str) -> String {
        let mut text = String::new();
        for piece in html.split('<').skip(1) {
            text.push(' ');
            text.push_str(piece.split_once('>').unwrap().1);
        }
        text.replace("&lt;", "<").replace("&amp;", "&").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn request_and_response_are_explained_byte_by_byte() {
        let html = html(&answered(RESPONSE, true));
        assert!(html.contains("data-testid=wire-request data-hex=\"000000000308b12c\""), "{html}");
        assert!(html.contains(&format!("data-testid=wire-response data-hex=\"{RESPONSE}\"")), "{html}");
        let text = text(&html);
        for expected in [
            "Sent POST /increment.v1.IncrementService/Increment · 8 bytes · frame heads 5 · message 3 Headers · 1",
            "Received HTTP 200 · 31 bytes · frame heads 10 · message 6 · trailers 15",
            "number = 5681: 7 bits of each byte, least significant first 1 0110001 0 0101100",
            "08 field 1 (number, int64), wire type 0 (varint) 0 the last byte 0001 field number 000 wire type",
            "b2 2c result = 5682",
            "grpc-status: 0 (OK)",
            "the message increment.v1.IncrementResponse",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        assert!(!html.contains("class=note"), "{html}");
    }

    #[test]
    fn a_byte_has_the_names_of_its_spans() {
        let html = html(&exchange(None, false));
        // The message is the span 2, and its number the span 4.
        assert!(html.contains("<b data-kind=varint data-span=\"q4 q2 \">b1</b>"), "{html}");
        assert!(html.contains("<b data-kind=varint data-end data-span=\"q4 q2 \">2c</b>"), "{html}");
        assert!(html.contains("<i data-kind=varint data-end data-span=\"q4 q2 \">,</i>"), "{html}");
        assert!(html.contains(" data-depth=1 data-kind=varint data-span=q4>"), "{html}");
    }

    #[test]
    fn every_outcome_has_its_note() {
        let rejected = exchange(Some(message("HTTP 200", &[CONTENT_TYPE, ("grpc-status", "11")], "")), true);
        let truncated = answered("0000000006", false);
        let other = message("HTTP 502", &[("content-type", "text/html")], "3c68");
        for (exchange, expected) in [
            (&exchange(None, false), "No response"),
            (&rejected, "The service rejected the call: the status is in the headers"),
            (&rejected, "grpc-status: 11 (OUT_OF_RANGE)"),
            (&truncated, "The response is incomplete"),
            (&truncated, "6 more bytes expected"),
            (&exchange(Some(other), false), "This is not gRPC-Web"),
            (&answered("", true), "The response is empty"),
        ] {
            let text = text(&html(exchange));
            assert!(text.contains(expected), "{expected}: {text}");
            assert!(text.starts_with("Sent POST"), "{text}");
        }
    }

    #[test]
    fn text_from_the_server_is_escaped() {
        let trailer: String = "a:<b>&\u{1b}".bytes().map(|byte| format!("{byte:02x}")).collect();
        let headers = [CONTENT_TYPE, ("x", "<img src=x onerror=y>")];
        let response = message("HTTP 200", &headers, &format!("8000000008{trailer}"));
        let html = html(&exchange(Some(response), true));
        assert!(
            html.contains("x: &lt;img src=x onerror=y>") && html.contains("a: &lt;b>&amp;\u{fffd}"),
            "{html}"
        );
        assert!(
            html.contains(">&lt;</i>") && html.contains(">&amp;</i>") && !html.contains("<img"),
            "{html}"
        );
    }

    #[test]
    fn the_start_of_a_long_body_is_shown() {
        let response = message("HTTP 200", &[CONTENT_TYPE], &format!("000000ffff{}", "00".repeat(60_000)));
        let html = html(&exchange(Some(HttpMessage { is_truncated: true, ..response }), false));
        let text = text(&html);
        assert!(text.contains("60005 bytes recorded, and more"), "{text}");
        assert!(text.contains("The first 512 bytes are shown."), "{text}");
        assert_eq!(html.matches("</b>").count(), 8 + SHOWN);
    }
}
