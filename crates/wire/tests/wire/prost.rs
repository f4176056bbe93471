//! Messages encoded by prost are explained with their values.

use std::collections::BTreeMap;

use increment_wire::{Kind, Schema, Span, explain};
use proptest::{collection::vec, prelude::*};
use prost::Message;

use crate::{
    check,
    contract::{All, descriptors},
    framed,
};

/// Numbers of all magnitudes.
fn number() -> impl Strategy<Value = i64> {
    (any::<i64>(), 0..64u32).prop_map(|(number, shift)| number >> shift)
}

/// Any message without nested messages.
fn flat() -> impl Strategy<Value = All> {
    let numbers = (vec(number(), 11), any::<bool>(), any::<i16>(), any::<f32>());
    let others = (any::<String>(), vec(any::<u8>(), 0..20), vec(any::<i32>(), 0..5), vec(any::<u32>(), 0..5));
    (numbers, others, any::<Option<(String, i64)>>()).prop_map(
        |((n, bool, float, double), (string, bytes, packed, unpacked), entry)| All {
            double: double.into(),
            float: float.into(),
            int64: n[0],
            uint64: n[1] as u64,
            int32: n[2] as i32,
            fixed64: n[3] as u64,
            fixed32: n[4] as u32,
            bool,
            string,
            group: None,
            message: None,
            bytes,
            uint32: n[5] as u32,
            mood: n[6] as i32,
            sfixed32: n[7] as i32,
            sfixed64: n[8],
            sint32: n[9] as i32,
            sint64: n[10],
            packed,
            unpacked,
            map: BTreeMap::from_iter(entry),
        },
    )
}

/// Any message.
pub(crate) fn message() -> impl Strategy<Value = All> {
    flat().prop_recursive(4, 8, 2, |inner| {
        (flat(), inner.clone().prop_map(Box::new), inner.prop_map(Box::new), any::<(bool, bool)>()).prop_map(
            |(all, message, group, (has_message, has_group))| All {
                message: has_message.then_some(message),
                group: has_group.then_some(group),
                ..all
            },
        )
    })
}

/// Returns the values of a message in the order of its fields' numbers, as `name = value`; prost encodes no defaults.
fn values(all: &All) -> Vec<String> {
    let mut values = Vec::new();
    let mut number = |name: &str, value: i128| {
        if value != 0 {
            values.push(format!("{name} = {value}"));
        }
    };
    number("int64", all.int64.into());
    number("uint64", all.uint64.into());
    number("int32", all.int32.into());
    number("fixed64", all.fixed64.into());
    number("fixed32", all.fixed32.into());
    if all.bool {
        values.push("bool = true".into());
    }
    values.extend(all.group.as_ref().map(|inner| self::values(inner)).into_iter().flatten());
    values.extend(all.message.as_ref().map(|inner| self::values(inner)).into_iter().flatten());
    let mut number = |name: &str, value: i128| {
        if value != 0 {
            values.push(format!("{name} = {value}"));
        }
    };
    number("uint32", all.uint32.into());
    number("enum", all.mood.into());
    number("sfixed32", all.sfixed32.into());
    number("sfixed64", all.sfixed64.into());
    number("sint32", all.sint32.into());
    number("sint64", all.sint64.into());
    values.extend(all.packed.iter().map(|value| format!("packed = {value}")));
    values.extend(all.unpacked.iter().map(|value| format!("unpacked = {value}")));
    values.extend(all.map.values().filter(|value| **value != 0).map(|value| format!("value = {value}")));
    values
}

/// Returns the numbers of an explanation, without their encodings.
fn explained(spans: &[Span<'_>]) -> Vec<String> {
    let numbers = spans.iter().filter(|span| {
        matches!(span.kind, Kind::Varint { .. } | Kind::Fixed32 { .. } | Kind::Fixed64 { .. })
    });
    let explained = numbers.map(|span| {
        let meaning = span.meaning();
        let value = meaning.split([':', '(']).next().unwrap_or_default();
        value.trim_end().to_owned()
    });
    explained.filter(|value| !value.starts_with("float") && !value.starts_with("double")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn explained_values_are_the_encoded_ones(message in message()) {
        let descriptors = descriptors();
        let schema = Schema::decode(&descriptors).unwrap();
        let body = framed(0, &message.encode_to_vec());
        let spans = explain(&body, Some(&schema), "test.All");
        check(&body, &spans);
        prop_assert!(spans.iter().all(|span| !matches!(span.kind, Kind::Error(_))));
        prop_assert_eq!(explained(&spans), values(&message));
    }
}
