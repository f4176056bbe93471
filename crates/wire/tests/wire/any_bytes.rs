//! Arbitrary bytes are explained to their end: random ones, and changed or truncated messages.

use increment_wire::{Kind, Schema, Span, explain, explain_message};
use proptest::{collection::vec, prelude::*, sample::Index};
use prost::Message;

use crate::{check, contract::descriptors, framed, prost_messages::message};

/// Explains and checks a body; there are at most a few spans for each byte.
fn checked<'a>(body: &'a [u8], schema: Option<&'a Schema<'a>>) -> Vec<Span<'a>> {
    let spans = explain(body, schema, "test.All");
    check(body, &spans);
    assert!(spans.len() <= 3 * body.len() + 3, "{} spans of {} bytes", spans.len(), body.len());
    let bare = explain_message(body, schema, "test.All");
    check(body, &bare);
    spans
}

/// Returns the leaves before `end`.
fn leaves<'s>(spans: &'s [Span<'s>], end: usize) -> impl Iterator<Item = &'s Span<'s>> {
    spans.iter().filter(move |span| span.is_leaf() && !span.bytes.is_empty() && span.range().end <= end)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_explained(bytes in vec(any::<u8>(), 0..300), flag in prop::sample::select(vec![0, 1, 2, 0x80])) {
        let descriptors = descriptors();
        let schema = Schema::decode(&descriptors).unwrap();
        for schema in [None, Some(&schema)] {
            checked(&bytes, schema);
            checked(&framed(flag, &bytes), schema);
        }
    }

    #[test]
    fn changed_messages_are_explained(message in message(), changes in vec((any::<Index>(), any::<u8>()), 1..6)) {
        let descriptors = descriptors();
        let schema = Schema::decode(&descriptors).unwrap();
        let mut body = [framed(0, &message.encode_to_vec()), framed(0x80, b"grpc-status:0\r\n")].concat();
        for (at, byte) in changes {
            *at.get_mut(&mut body) = byte;
        }
        checked(&body, Some(&schema));
        checked(&body, None);
    }

    #[test]
    fn a_truncated_message_is_explained_up_to_its_end(message in message(), at: Index) {
        let descriptors = descriptors();
        let schema = Schema::decode(&descriptors).unwrap();
        let body = framed(0, &message.encode_to_vec());
        let cut = 1 + at.index(body.len() - 1);
        let (whole, part) = (checked(&body, Some(&schema)), checked(&body[..cut], Some(&schema)));
        prop_assert!(matches!(part.last().map(|span| span.kind), Some(Kind::Error(_))));
        let common: Vec<_> = leaves(&part, cut).collect();
        for (common, whole) in leaves(&whole, cut).zip(&common) {
            prop_assert_eq!(&common, whole);
        }
    }
}
