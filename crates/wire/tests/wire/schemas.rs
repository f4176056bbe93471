//! Schemas decoded from descriptors, compared with those of prost.

use increment_proto::FILE_DESCRIPTOR_SET;
use increment_wire::Schema;
use proptest::{collection::vec, prelude::*, sample::Index};
use prost::Message;
use prost_types::{DescriptorProto, FileDescriptorSet, field_descriptor_proto::Label};

use crate::contract::descriptors;

/// Lists the messages and their fields as lines.
fn lines(scope: &str, message: &DescriptorProto, lines: &mut Vec<String>) {
    let name = format!("{scope}{}", message.name());
    for field in &message.field {
        let (number, of) = (field.number(), field.type_name().trim_start_matches('.'));
        let repeated = field.label() == Label::Repeated;
        lines.push(format!("{name} {number} {} {} {of} {repeated}", field.name(), field.r#type() as i32));
    }
    for nested in &message.nested_type {
        self::lines(&format!("{name}."), nested, lines);
    }
}

#[test]
fn every_field_and_method_is_decoded() {
    for descriptors in [FILE_DESCRIPTOR_SET, &descriptors()] {
        let schema = Schema::decode(descriptors).unwrap();
        let (mut expected, mut methods) = (Vec::new(), Vec::new());
        for file in FileDescriptorSet::decode(descriptors).unwrap().file {
            let scope = if file.package().is_empty() { "".into() } else { format!("{}.", file.package()) };
            file.message_type.iter().for_each(|message| lines(&scope, message, &mut expected));
            for service in &file.service {
                for method in &service.method {
                    let path = format!("/{scope}{}/{}", service.name(), method.name());
                    methods.push([path, method.input_type()[1..].into(), method.output_type()[1..].into()]);
                }
            }
        }
        let known = schema.messages.iter().flat_map(|message| {
            message.fields.iter().map(|field| {
                let (number, kind) = (field.number, field.kind as i32);
                format!(
                    "{} {number} {} {kind} {} {}",
                    message.name, field.name, field.type_name, field.is_repeated
                )
            })
        });
        let mut known: Vec<_> = known.collect();
        expected.sort();
        known.sort();
        assert_eq!(known, expected);
        let known = schema.methods.iter().map(|m| [m.path.clone(), m.request.into(), m.response.into()]);
        assert_eq!(known.collect::<Vec<_>>(), methods);
    }
}

#[test]
fn messages_enums_and_methods_are_found_by_name() {
    let schema = Schema::decode(FILE_DESCRIPTOR_SET).unwrap();
    assert_eq!(schema.symbol("increment.v1.Durability", 1), Some("DURABILITY_STRICT"));
    assert_eq!(schema.symbol("increment.v1.Durability", 9), None);
    let field = schema.message("increment.v1.ListAccessCountsResponse").unwrap().field(2).unwrap();
    assert_eq!(
        (field.name, field.kind.name(), field.type_name),
        ("rows", "message", "increment.v1.AccessRow")
    );
    assert_eq!(schema.method("/TemplateGRPC/TemplateGRPCEndpoint").unwrap().request, "TemplateGRPCRequest");
    assert!(schema.message("increment.v1.Durability").is_none());
    let descriptors = descriptors();
    let schema = Schema::decode(&descriptors).unwrap();
    assert_eq!(schema.symbol("test.All.Mood", -1), Some("LOW"));
    assert!(schema.message("test.All.MapEntry").unwrap().is_map_entry);
    assert!(!schema.message("test.All").unwrap().is_map_entry);
}

#[test]
fn malformed_descriptors_are_rejected() {
    for bytes in [&b"\x0a\x05"[..], b"\x0b", b"\xff", b"\x0d\x01", b"\x0a\x03\x12\x01\xff"] {
        assert!(Schema::decode(bytes).is_err(), "{bytes:02x?}");
    }
    assert_eq!(Schema::decode(b""), Ok(Schema::default()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_descriptors_do_not_panic(changes in vec((any::<Index>(), any::<u8>()), 0..8), cut: Index) {
        let mut bytes = descriptors();
        for (at, byte) in changes {
            *at.get_mut(&mut bytes) = byte;
        }
        let _ = Schema::decode(&bytes);
        let _ = Schema::decode(&bytes[..cut.index(bytes.len())]);
    }
}
