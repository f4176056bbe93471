//! The limits, and the time at them.

use std::time::{Duration, Instant};

use increment_wire::{DEPTH_LIMIT, DecodeError, Kind, SPAN_LIMIT, Schema, explain, explain_message};

use crate::{check, contract::descriptors, framed};

/// Returns `test.All` nested in itself `count` times.
fn nested(count: u8) -> Vec<u8> {
    (1..count).fold(Vec::new(), |inner, _| {
        let mut bytes = vec![0x5a];
        prost::encoding::encode_varint(inner.len() as u64, &mut bytes);
        [bytes, inner].concat()
    })
}

#[test]
fn messages_and_groups_may_be_nested_100_deep() {
    let descriptors = descriptors();
    let schema = Schema::decode(&descriptors).unwrap();
    let group = |count: u8| [vec![0x53; usize::from(count) - 1], vec![0x54; usize::from(count) - 1]].concat();
    for bytes in [nested, group] as [fn(u8) -> Vec<u8>; 2] {
        for (count, error) in [(DEPTH_LIMIT, None), (DEPTH_LIMIT + 1, Some(DecodeError::DepthLimit))] {
            let body = bytes(count);
            let spans = explain_message(&body, Some(&schema), "test.All");
            check(&body, &spans);
            let found = spans.iter().find_map(|span| match span.kind {
                Kind::Error(error) => Some(error),
                _ => None,
            });
            assert_eq!(found, error);
        }
    }
}

#[test]
fn after_the_span_limit_the_rest_is_one_error() {
    let descriptors = descriptors();
    let schema = Schema::decode(&descriptors).unwrap();
    for (payload, bytes_a_span) in [(&b"\x18\x01"[..], 1), (b"\xa8\x06\x01", 2), (b"\x5a\0", 1)] {
        let fits = framed(0, &payload.repeat(SPAN_LIMIT / 4));
        let spans = explain(&fits, Some(&schema), "test.All");
        assert!(!matches!(spans.last().unwrap().kind, Kind::Error(_)));
        let much = framed(0, &payload.repeat(SPAN_LIMIT));
        let spans = explain(&much, Some(&schema), "test.All");
        check(&much, &spans);
        let last = spans.last().unwrap();
        assert_eq!(last.kind, Kind::Error(DecodeError::SpanLimit));
        assert_eq!(last.meaning(), "too long: the rest is not explained");
        assert!(spans.len() <= SPAN_LIMIT + 4 && last.bytes.len() > SPAN_LIMIT / bytes_a_span / 4);
    }
}

#[test]
fn large_bodies_are_explained_in_time() {
    const MUCH: usize = 4 << 20;
    let descriptors = descriptors();
    let schema = Schema::decode(&descriptors).unwrap();
    let packed = [&b"\xaa\x06\x80\x80\x80\x02"[..], &vec![1; MUCH]].concat();
    let text = [&b"\xc2\x3e\x80\x80\x80\x02"[..], &vec![b'a'; MUCH]].concat();
    let deep = [b"\x5a\x80\x80\x80\x02".repeat(200), vec![b'a'; MUCH]].concat();
    let start = Instant::now();
    for payload in [
        packed,
        text,
        deep,
        vec![0x53; MUCH],
        vec![0x0a; MUCH],
        vec![0x80; MUCH],
        vec![b'\n'; MUCH],
        vec![0; MUCH],
    ] {
        for flag in [0, 2, 0x80] {
            let body = framed(flag, &payload);
            for schema in [None, Some(&schema)] {
                explain(&body, schema, "test.All").iter().for_each(|span| drop(span.meaning()));
                explain_message(&payload, schema, "test.All").iter().for_each(|span| drop(span.meaning()));
            }
        }
    }
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}
