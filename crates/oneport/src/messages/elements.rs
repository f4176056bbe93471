//! How many things a message tells of, counted before it is read: a row without content takes two bytes on the wire, and
//! fifty times as much once it is read.

use bytes::Buf;
use prost::encoding::{WireType, decode_key, decode_varint};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

/// A message may tell of one thing, which is a field or an element of it, for each so many bytes that its method takes.
pub(crate) const BYTES_PER_ELEMENT: usize = 32;

/// How deep messages lie in each other at most; what reads them goes no deeper either.
const DEPTH: usize = 100;

/// Whether a message of protobuf has at most so many fields, those of messages in it among them. What is broken is left to
/// those who read it.
pub(crate) fn are_few_in_proto(descriptor: &MessageDescriptor, message: &[u8], most: usize) -> bool {
    count(descriptor, message, &mut 0, most, DEPTH).is_some()
}

/// None beyond `most`.
fn count(
    descriptor: &MessageDescriptor,
    mut message: &[u8],
    counted: &mut usize,
    most: usize,
    depth: usize,
) -> Option<()> {
    let mut known: Option<(u32, Option<MessageDescriptor>)> = None;
    while let Ok((tag, wire_type)) = decode_key(&mut message) {
        *counted += 1;
        if *counted > most {
            return None;
        }
        match wire_type {
            WireType::Varint if decode_varint(&mut message).is_err() => break,
            WireType::Varint | WireType::StartGroup | WireType::EndGroup => {}
            WireType::ThirtyTwoBit => message.advance(message.len().min(4)),
            WireType::SixtyFourBit => message.advance(message.len().min(8)),
            WireType::LengthDelimited => {
                let Ok(len) = decode_varint(&mut message) else { break };
                let Some((content, rest)) =
                    usize::try_from(len).ok().and_then(|len| message.split_at_checked(len))
                else {
                    break;
                };
                message = rest;
                // The same field comes many times in a row.
                if known.as_ref().is_none_or(|(known, _)| *known != tag) {
                    known = Some((tag, descriptor.get_field(tag).and_then(|field| of_messages(&field))));
                }
                if let Some((_, Some(inner))) = &known
                    && depth > 0
                {
                    count(inner, content, counted, most, depth - 1)?;
                }
            }
        }
    }
    Some(())
}

fn of_messages(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    match field.kind() {
        Kind::Message(message) => Some(message),
        _ => None,
    }
}

/// Whether a text of JSON has at most so many values. One that is empty, such as `{}`, counts as two.
pub(crate) fn are_few_in_json(json: &[u8], most: usize) -> bool {
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
    values <= most
}

#[cfg(test)]
mod tests {
    use increment_proto::{
        FILE_DESCRIPTOR_SET,
        v1::{AccessRow, ReportAccessesRequest},
    };
    use prost::Message;
    use prost_reflect::DescriptorPool;

    use super::*;

    fn report() -> MessageDescriptor {
        let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
        pool.get_message_by_name("increment.v1.ReportAccessesRequest").unwrap()
    }

    #[test]
    fn fields_are_counted_however_deep_they_lie() {
        let row = AccessRow { service: "s".into(), method: "m".into(), protocol: "p".into(), count: 1 };
        let rows = vec![row, AccessRow::default(), AccessRow::default()];
        let message = ReportAccessesRequest { origin: "origin".into(), rows }.encode_to_vec();
        assert!(are_few_in_proto(&report(), &message, 8));
        assert!(!are_few_in_proto(&report(), &message, 7));
        assert!(!are_few_in_proto(&report(), &[0x12, 0].repeat(100), 99));
        // What is unknown counts as one, whatever is in it.
        assert!(are_few_in_proto(&report(), &[&[0x7a, 100][..], &[0x12, 0].repeat(50)].concat(), 1));
    }

    #[test]
    fn what_is_broken_is_no_panic() {
        let message =
            [0x12, 4, 0x0a, 1, b's', 0x20, 0x0d, 1, 2, 3, 4, 0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x13, 0x14];
        for len in 0..message.len() {
            for byte in 0..=255 {
                let mut broken = message[..=len].to_vec();
                broken[len] = byte;
                are_few_in_proto(&report(), &broken, 100);
                are_few_in_json(&broken, 100);
            }
        }
    }

    #[test]
    fn values_of_json_are_counted_and_texts_are_not_read() {
        for (json, values) in [
            ("", 0),
            ("{}", 1),
            (r#"{"rows":[{},{},{}]}"#, 7),
            (r#"{"a":"{[,","b":"\"{,","c":"\\",  "d":1}"#, 4),
        ] {
            assert!(are_few_in_json(json.as_bytes(), values), "{json}");
            assert!(values == 0 || !are_few_in_json(json.as_bytes(), values - 1), "{json}");
        }
    }
}
