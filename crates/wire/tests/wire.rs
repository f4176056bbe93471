//! Tests of explanations: worked examples, messages encoded by prost, and arbitrary bytes.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a failed test panics")]

#[path = "wire/any_bytes.rs"]
mod any_bytes;
#[path = "wire/contract.rs"]
mod contract;
#[path = "wire/errors.rs"]
mod errors;
#[path = "wire/examples.rs"]
mod examples;
#[path = "wire/frames.rs"]
mod frames;
#[path = "wire/limits.rs"]
mod limits;
#[path = "wire/prost.rs"]
mod prost_messages;
#[path = "wire/schemas.rs"]
mod schemas;

use increment_wire::{Schema, Span, explain, explain_message};

use contract::descriptors;

/// Returns a message in a frame.
fn framed(flag: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[flag], &length[..], payload].concat()
}

/// Formats a span as a line: its bytes, indented, and their meaning.
fn line(span: &Span<'_>) -> String {
    let bytes: Vec<_> = span.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let bytes = if span.is_leaf() { bytes.join(" ") } else { format!("[{}]", bytes.len()) };
    format!("{:1$}{bytes} | {2}", "", 2 * usize::from(span.depth), span.meaning())
}

/// Asserts that the leaves are the whole body, and that every other span contains its children.
fn check(body: &[u8], spans: &[Span<'_>]) {
    let mut at = 0;
    let mut ancestors: Vec<&Span<'_>> = Vec::new();
    for span in spans {
        ancestors.truncate(span.depth.into());
        assert_eq!(ancestors.len(), usize::from(span.depth), "{span:?}");
        assert_eq!(body.get(span.range()), Some(span.bytes), "{span:?}");
        assert_eq!(span.start, at, "{span:?}");
        for outer in &ancestors {
            assert!(outer.range().end >= span.range().end, "{span:?} exceeds {outer:?}");
        }
        if span.is_leaf() {
            at = span.range().end;
        } else {
            ancestors.push(span);
        }
        assert!(!span.meaning().is_empty() && !span.kind.name().is_empty());
        let bits = span.bits();
        let binary: String = bits.iter().map(increment_wire::Bits::binary).collect();
        assert_eq!(binary, span.binary().replace(' ', ""));
        if !bits.is_empty() {
            let bytes: String = span.bytes.iter().map(|byte| format!("{byte:08b}")).collect();
            assert_eq!(binary, bytes);
        }
    }
    assert_eq!(at, body.len());
}

/// Explains a body, checks the spans and returns them as lines.
fn explained(body: &[u8], schema: Option<&Schema<'_>>, message: &str) -> Vec<String> {
    let spans = explain(body, schema, message);
    check(body, &spans);
    spans.iter().map(line).collect()
}

/// Explains a message of `test.All` without a frame.
fn explain_all(bytes: &[u8]) -> Vec<String> {
    let descriptors = descriptors();
    let schema = Schema::decode(&descriptors).unwrap();
    let spans = explain_message(bytes, Some(&schema), "test.All");
    check(bytes, &spans);
    assert_eq!((spans[0].depth, spans[0].meaning()), (0, "the message test.All".into()));
    spans[1..].iter().map(|span| line(span)[2..].to_owned()).collect()
}
