//! How many elements a message has, counted before it is decoded: an empty message in a repeated field takes two bytes on
//! the wire, and fifty times as much in memory.

use bytes::Buf;
use prost::encoding::{WireType, decode_key, decode_varint};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

/// A message may have one element (a field, or an item of a repeated one) for each so many bytes of its method's limit.
pub(crate) const BYTES_PER_ELEMENT: usize = 32;

/// The deepest nesting of messages; decoders go no deeper either.
const MAX_DEPTH: usize = 100;

/// Whether an encoded message has more than `max` fields, those of nested messages included. A malformed message is counted up
/// to the fault, which its decoder reports.
pub(crate) fn proto_exceeds(descriptor: &MessageDescriptor, message: &[u8], max: usize) -> bool {
    count(descriptor, message, &mut 0, max, MAX_DEPTH).is_none()
}

/// Returns none beyond `max`.
fn count(
    descriptor: &MessageDescriptor,
    mut message: &[u8],
    counted: &mut usize,
    max: usize,
    depth: usize,
) -> Option<()> {
    let mut last: Option<(u32, Option<MessageDescriptor>)> = None;
    while let Ok((tag, wire_type)) = decode_key(&mut message) {
        *counted += 1;
        if *counted > max {
            return None;
        }
        match wire_type {
            WireType::Varint if decode_varint(&mut message).is_err() => break,
            WireType::Varint | WireType::StartGroup | WireType::EndGroup => {}
            WireType::ThirtyTwoBit => message.advance(message.len().min(4)),
            WireType::SixtyFourBit => message.advance(message.len().min(8)),
            WireType::LengthDelimited => {
                let Some((content, rest)) = split_content(message) else { break };
                message = rest;
                // Items of a repeated field follow each other.
                if last.as_ref().is_none_or(|(last, _)| *last != tag) {
                    last = Some((tag, descriptor.get_field(tag).and_then(|field| message_type(&field))));
                }
                if let Some((_, Some(inner))) = &last
                    && depth > 0
                {
                    count(inner, content, counted, max, depth - 1)?;
                }
            }
        }
    }
    Some(())
}

/// Splits after a length-delimited value. None where that is cut short.
fn split_content(mut message: &[u8]) -> Option<(&[u8], &[u8])> {
    let len = decode_varint(&mut message).ok()?;
    message.split_at_checked(usize::try_from(len).ok()?)
}

fn message_type(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    match field.kind() {
        Kind::Message(message) => Some(message),
        _ => None,
    }
}

/// Whether a JSON text has more than `max` values. An empty one, such as `{}`, counts as two.
pub(crate) fn json_exceeds(json: &[u8], max: usize) -> bool {
    let (mut is_text, mut is_escaped, mut values) = (false, false, 0);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_text,
            b'"' => is_text = !is_text,
            // Each value but the first follows one of these.
            b',' | b'{' | b'[' if !is_text => values += 1,
            _ => {}
        }
    }
    values > max
}

#[cfg(test)]
mod tests {
    use super::{super::test_contract::order, *};

    /// An order with a customer and three items, of which the first has four fields.
    const ORDER: &[u8] = b"\x0a\x01c\x12\x0b\x0a\x01s\x12\x01n\x1a\x01u\x20\x01\x12\0\x12\0";

    #[test]
    fn fields_are_counted_at_every_depth() {
        assert!(!proto_exceeds(&order(), ORDER, 8));
        assert!(proto_exceeds(&order(), ORDER, 7));
        assert!(proto_exceeds(&order(), &[0x12, 0].repeat(100), 99));
        // An unknown field counts as one, whatever its content.
        assert!(!proto_exceeds(&order(), &[&[0x7a, 100][..], &[0x12, 0].repeat(50)].concat(), 1));
    }

    #[test]
    fn malformed_messages_do_not_panic() {
        let message =
            [0x12, 4, 0x0a, 1, b's', 0x20, 0x0d, 1, 2, 3, 4, 0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x13, 0x14];
        for len in 0..message.len() {
            for byte in 0..=255 {
                let mut malformed = message[..=len].to_vec();
                malformed[len] = byte;
                proto_exceeds(&order(), &malformed, 100);
                json_exceeds(&malformed, 100);
            }
        }
    }

    #[test]
    fn values_of_json_are_counted_and_the_content_of_strings_is_not() {
        for (json, values) in [
            ("", 0),
            ("{}", 1),
            (r#"{"rows":[{},{},{}]}"#, 7),
            (r#"{"a":"{[,","b":"\"{,","c":"\\",  "d":1}"#, 4),
        ] {
            assert!(!json_exceeds(json.as_bytes(), values), "{json}");
            assert!(values == 0 || json_exceeds(json.as_bytes(), values - 1), "{json}");
        }
    }
}
