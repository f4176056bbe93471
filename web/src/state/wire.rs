//! A call byte by byte, as markup: what was sent and what came back, each byte with what it means. Must not know how the
//! bytes were noted, nor the screen.

mod contract;
mod record;

use increment_wire::{Kind, Schema, Span, explain, status_name};

use self::record::{Record, Side};
use super::html::{add, add_hex, add_number, add_text};

/// How many bytes of a body are shown; the rest is only counted.
const SHOWN: usize = 512;

/// How many bytes an entry of the explanation shows, enough for each number.
const BEGIN: usize = 10;

/// What was sent and what came back, as markup. What somebody else says is text in it, whatever it is.
pub fn html(record: &str) -> String {
    let record = Record::read(record);
    let schema = contract::schema();
    let mut out = String::new();
    side(&mut out, &SENT, &record.sent, &schema, "");
    match &record.answer {
        Some(answer) => {
            let words = end(&record, answer);
            side(&mut out, &RECEIVED, answer, &schema, words);
        }
        None => add(&mut out, NO_ANSWER),
    }
    out
}

/// What differs between the two sides.
struct Words {
    /// Before the body's hex.
    begin: &'static str,
    /// After the headers.
    headers: &'static str,
    /// Begins the name of each of its spans, and of its line.
    letter: &'static str,
    message: &'static str,
}

const SENT: Words = Words {
    begin: "<section aria-labelledby=sent data-testid=wire-request data-hex=\"",
    headers: "The browser adds its own, such as host and user-agent.",
    letter: "q",
    message: contract::REQUEST,
};

const RECEIVED: Words = Words {
    begin: "<section aria-labelledby=received data-testid=wire-response data-hex=\"",
    headers: "",
    letter: "a",
    message: contract::RESPONSE,
};

const NO_ANSWER: &str = "<section aria-labelledby=received data-testid=wire-response data-hex=\"\">\
<h3 id=received>Received</h3><p>No answer came: nobody answered, or the call was broken off before.</section>";

/// How an answer ended that is not whole, or has no bytes to explain.
fn end(record: &Record<'_>, answer: &Side<'_>) -> &'static str {
    match record.is_over {
        _ if !is_grpc_web(answer) => "This is not gRPC-Web, so the page does not read it.",
        false => "The answer breaks off: it did not come to its end.",
        true if answer.header("grpc-status: ").is_some() => {
            "The service refused: its status stands in the headers, and no message follows."
        }
        true if answer.hex.is_empty() => "The answer is empty: it has no message and no status.",
        true => "",
    }
}

fn is_grpc_web(answer: &Side<'_>) -> bool {
    answer.header("content-type: ").is_some_and(|value| value.starts_with("application/grpc-web"))
}

/// A side from its first line to the meaning of its last byte.
fn side(out: &mut String, words: &Words, side: &Side<'_>, schema: &Schema<'_>, end: &str) {
    let body = side.body();
    let is_sent = words.letter == "q";
    let mut spans =
        if is_sent || is_grpc_web(side) { explain(&body, Some(schema), words.message) } else { Vec::new() };
    add(out, words.begin);
    add(out, side.hex);
    add(
        out,
        if is_sent {
            "\"><h3 id=sent>Sent</h3><p><code>"
        } else {
            "\"><h3 id=received>Received</h3><p><code>"
        },
    );
    add_text(out, side.line);
    add(out, "</code> · ");
    add_number(out, body.len());
    add(out, if body.len() == 1 { " byte" } else { " bytes" });
    add(out, if side.is_cut { ", and more that are not kept" } else { "" });
    sizes(out, &spans);
    if body.len() > SHOWN {
        spans.retain(|span| span.start < SHOWN);
    }
    if !end.is_empty() {
        add(out, "<p class=end>");
        add(out, end);
    }
    headers(out, side.headers, words.headers);
    if !body.is_empty() {
        bytes(out, &body, &spans, words.letter);
    }
    add(out, "</section>");
}

/// How the bytes are shared out.
fn sizes(out: &mut String, spans: &[Span<'_>]) {
    let mut sizes = [0; 3];
    for span in spans.iter().filter(|span| span.is_leaf()) {
        let part = match span.kind {
            Kind::Flag(_) => 0,
            Kind::FrameLength(_) if span.depth == 0 => 0,
            Kind::Trailer => 2,
            _ => 1,
        };
        sizes[part] += span.bytes.len();
    }
    for (name, size) in ["frame heads ", "message ", "trailers "].into_iter().zip(sizes) {
        if size > 0 {
            add(out, " · ");
            add(out, name);
            add_number(out, size);
        }
    }
}

fn headers(out: &mut String, headers: &str, more: &str) {
    add(out, "<details><summary>Headers · ");
    add_number(out, headers.lines().count());
    add(out, "</summary><pre>");
    for line in headers.lines() {
        add_text(out, line);
        if let Some(name) = line.strip_prefix("grpc-status: ").and_then(status_name) {
            add(out, " (");
            add(out, name);
            add(out, ")");
        }
        add(out, "\n");
    }
    add(out, "</pre><p>");
    add(out, more);
    add(out, "</details>");
}

/// The bytes, beside them as text, and the meaning of each. A span has one name, which its entry and its bytes carry.
fn bytes(out: &mut String, body: &[u8], spans: &[Span<'_>], letter: &str) {
    let shown = body.len().min(SHOWN);
    add(out, "<p class=told id=told-");
    add(out, letter);
    add(
        out,
        ">Point at a byte or choose a line: both are marked, and this tells what it is.</p><div class=bytes><div class=dump aria-hidden=true>",
    );
    for (row, values) in body.chunks(8).take(SHOWN / 8).enumerate() {
        for tag in ["b", "i"] {
            for (place, &value) in values.iter().enumerate() {
                byte(out, tag, row * 8 + place, value, spans, letter);
            }
        }
    }
    add(out, "</div>");
    if !spans.is_empty() {
        add(out, "<div role=listbox aria-label=\"What the bytes mean\">");
        for (index, span) in spans.iter().enumerate() {
            entry(out, index, span, letter);
        }
        add(out, "</div>");
    }
    add(out, "</div>");
    if shown < body.len() {
        add(out, "<p>The first ");
        add_number(out, shown);
        add(out, " bytes are shown.");
    }
}

/// A byte names the spans it lies in, the innermost first.
fn byte(out: &mut String, tag: &str, at: usize, value: u8, spans: &[Span<'_>], letter: &str) {
    add(out, "<");
    add(out, tag);
    let mut is_within = false;
    for (index, span) in spans.iter().enumerate().rev().filter(|(_, span)| span.range().contains(&at)) {
        if !is_within {
            is_within = true;
            add(out, " data-kind=");
            add(out, span.kind.name());
            add(out, if at + 1 == span.range().end { " data-end data-span=\"" } else { " data-span=\"" });
        }
        add(out, letter);
        add_number(out, index);
        add(out, " ");
    }
    add(out, if is_within { "\"" } else { "" });
    add(out, ">");
    if tag == "b" {
        add_hex(out, value);
    } else {
        let shown = if value.is_ascii_graphic() { char::from(value) } else { '·' };
        add_text(out, shown.encode_utf8(&mut [0; 2]));
    }
    add(out, "</");
    add(out, tag);
    add(out, ">");
}

/// A span: its bytes, what they mean, and its bits where they mean something each.
fn entry(out: &mut String, index: usize, span: &Span<'_>, letter: &str) {
    add(out, "<div role=option aria-selected=false tabindex=");
    add(out, if index == 0 { "0" } else { "-1" });
    add(out, " data-depth=");
    add_number(out, span.depth.into());
    if span.is_leaf() {
        add(out, " data-kind=");
        add(out, span.kind.name());
    }
    add(out, " data-span=");
    add(out, letter);
    add_number(out, index);
    add(out, "><code>");
    if span.is_leaf() {
        for &value in span.bytes.iter().take(BEGIN) {
            add_hex(out, value);
            add(out, " ");
        }
        add(out, if span.bytes.len() > BEGIN { "…" } else { "" });
    }
    add(out, "</code><span>");
    add_text(out, &span.meaning());
    add(out, "</span>");
    bits(out, span);
    add(out, "</div>");
}

/// Of a tag and a frame's flag, what each group of bits is for; of numbers, the bits alone.
fn bits(out: &mut String, span: &Span<'_>) {
    if let Kind::Tag { .. } | Kind::Flag(_) = span.kind {
        add(out, "<br>");
        for bits in span.bits() {
            add(out, "<small><code>");
            add(out, &bits.binary());
            add(out, "</code> ");
            add(out, bits.meaning());
            add(out, "</small>");
        }
    } else if let Kind::Varint { .. } | Kind::Length(_) = span.kind {
        add(out, "<br><small><code>");
        add(out, &span.binary());
        add(out, "</code></small>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT_5681: &str = "POST /increment.v1.IncrementService/Increment\ncontent-type: application/grpc-web+proto\r00000000030\
                             8b12c\r\r";
    const HEAD: &str = "HTTP 200\ncontent-type: application/grpc-web+proto";
    /// 5681 → 5682, and the trailers.
    const ANSWER: &str = "000000000608b12c10b22c800000000f677270632d7374617475733a300d0a";

    fn record(answer: &str) -> String {
        format!("{SENT_5681}{answer}")
    }

    /// What is read, without the markup.
    fn words(html: &str) -> String {
        let mut text = String::new();
        for piece in html.split('<').skip(1) {
            text.push(' ');
            text.push_str(piece.split_once('>').unwrap().1);
        }
        text.replace("&lt;", "<").replace("&amp;", "&").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn both_sides_are_told_byte_by_byte() {
        let html = html(&record(&format!("{HEAD}\r{ANSWER}\r\rover")));
        assert!(html.contains("data-testid=wire-request data-hex=\"000000000308b12c\""), "{html}");
        assert!(html.contains(&format!("data-testid=wire-response data-hex=\"{ANSWER}\"")), "{html}");
        let words = words(&html);
        for told in [
            "Sent POST /increment.v1.IncrementService/Increment · 8 bytes · frame heads 5 · message 3 Headers · 1",
            "Received HTTP 200 · 31 bytes · frame heads 10 · message 6 · trailers 15",
            "number = 5681: 7 bits of each byte, least significant first 1 0110001 0 0101100",
            "08 field 1 (number, int64), wire type 0 (varint) 0 the last byte 0001 field number 000 wire type",
            "b2 2c result = 5682",
            "grpc-status: 0 (OK)",
            "the message increment.v1.IncrementResponse",
        ] {
            assert!(words.contains(told), "{told}: {words}");
        }
        assert!(!html.contains("class=end"), "{html}");
    }

    #[test]
    fn a_byte_names_each_span_it_lies_in() {
        let html = html(&record(""));
        // The message is the span 2, and its number the span 4.
        assert!(html.contains("<b data-kind=varint data-span=\"q4 q2 \">b1</b>"), "{html}");
        assert!(html.contains("<b data-kind=varint data-end data-span=\"q4 q2 \">2c</b>"), "{html}");
        assert!(html.contains("<i data-kind=varint data-end data-span=\"q4 q2 \">,</i>"), "{html}");
        assert!(html.contains(" data-depth=1 data-kind=varint data-span=q4>"), "{html}");
    }

    #[test]
    fn each_end_has_its_words() {
        let refused = format!("{HEAD}\ngrpc-status: 11\r\r\rover");
        let cut = format!("{HEAD}\r0000000006\r\r");
        for (answer, told) in [
            ("", "No answer came"),
            (refused.as_str(), "The service refused: its status stands in the headers"),
            (refused.as_str(), "grpc-status: 11 (OUT_OF_RANGE)"),
            (cut.as_str(), "The answer breaks off"),
            (cut.as_str(), "6 more bytes expected"),
            ("HTTP 502\ncontent-type: text/html\r3c68\r\r", "This is not gRPC-Web"),
            (&format!("{HEAD}\r\r\rover"), "The answer is empty"),
        ] {
            let words = words(&html(&record(answer)));
            assert!(words.contains(told), "{told}: {words}");
            assert!(words.starts_with("Sent POST"), "{words}");
        }
    }

    #[test]
    fn what_the_server_says_is_no_markup() {
        let trailer: String = "a:<b>&\u{1b}".bytes().map(|byte| format!("{byte:02x}")).collect();
        let answer = format!("{HEAD}\nx: <img src=x onerror=y>\r8000000008{trailer}\r\rover");
        let html = html(&record(&answer));
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
    fn of_a_long_body_the_begin_is_shown() {
        let answer = format!("{HEAD}\r000000ffff{}\rcut\r", "00".repeat(60_000));
        let html = html(&record(&answer));
        let words = words(&html);
        assert!(words.contains("60005 bytes, and more that are not kept"), "{words}");
        assert!(words.contains("The first 512 bytes are shown."), "{words}");
        assert_eq!(html.matches("</b>").count(), 8 + SHOWN);
    }
}
