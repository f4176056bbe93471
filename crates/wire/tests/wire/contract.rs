//! A contract with a field of every type, for tests: as descriptors, and as a prost message.

use std::collections::BTreeMap;

use prost::Message;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, FileDescriptorSet, MessageOptions,
    field_descriptor_proto::{Label, Type},
};

/// The names of the types by number, from 1. The field of a type has the same name and number.
pub(crate) const TYPES: [&str; 18] = [
    "double", "float", "int64", "uint64", "int32", "fixed64", "fixed32", "bool", "string", "group",
    "message", "bytes", "uint32", "enum", "sfixed32", "sfixed64", "sint32", "sint64",
];

/// `test.All`, with a field of each type, and repeated ones.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct All {
    #[prost(double, tag = "1")]
    pub(crate) double: f64,
    #[prost(float, tag = "2")]
    pub(crate) float: f32,
    #[prost(int64, tag = "3")]
    pub(crate) int64: i64,
    #[prost(uint64, tag = "4")]
    pub(crate) uint64: u64,
    #[prost(int32, tag = "5")]
    pub(crate) int32: i32,
    #[prost(fixed64, tag = "6")]
    pub(crate) fixed64: u64,
    #[prost(fixed32, tag = "7")]
    pub(crate) fixed32: u32,
    #[prost(bool, tag = "8")]
    pub(crate) bool: bool,
    #[prost(string, tag = "9")]
    pub(crate) string: String,
    #[prost(group, optional, boxed, tag = "10")]
    pub(crate) group: Option<Box<All>>,
    #[prost(message, optional, boxed, tag = "11")]
    pub(crate) message: Option<Box<All>>,
    #[prost(bytes = "vec", tag = "12")]
    pub(crate) bytes: Vec<u8>,
    #[prost(uint32, tag = "13")]
    pub(crate) uint32: u32,
    #[prost(int32, tag = "14")]
    pub(crate) mood: i32,
    #[prost(sfixed32, tag = "15")]
    pub(crate) sfixed32: i32,
    #[prost(sfixed64, tag = "16")]
    pub(crate) sfixed64: i64,
    #[prost(sint32, tag = "17")]
    pub(crate) sint32: i32,
    #[prost(sint64, tag = "18")]
    pub(crate) sint64: i64,
    #[prost(sint32, repeated, tag = "101")]
    pub(crate) packed: Vec<i32>,
    #[prost(fixed32, repeated, packed = "false", tag = "102")]
    pub(crate) unpacked: Vec<u32>,
    #[prost(btree_map = "string, int64", tag = "103")]
    pub(crate) map: BTreeMap<String, i64>,
}

/// Returns the contract as an encoded `google.protobuf.FileDescriptorSet`.
pub(crate) fn descriptors() -> Vec<u8> {
    let field = |number: i32, name: &str, kind: Type, of: &str, label: Label| FieldDescriptorProto {
        name: Some(name.into()),
        number: Some(number),
        label: Some(label.into()),
        r#type: Some(kind.into()),
        type_name: (!of.is_empty()).then(|| of.into()),
        ..FieldDescriptorProto::default()
    };
    let mut fields: Vec<_> = (1..)
        .zip(TYPES)
        .map(|(number, name)| {
            let kind = Type::try_from(number).unwrap();
            let of = match kind {
                Type::Enum => ".test.All.Mood",
                Type::Group | Type::Message => ".test.All",
                _ => "",
            };
            field(number, name, kind, of, Label::Optional)
        })
        .collect();
    fields.push(field(101, "packed", Type::Sint32, "", Label::Repeated));
    fields.push(field(102, "unpacked", Type::Fixed32, "", Label::Repeated));
    fields.push(field(103, "map", Type::Message, ".test.All.MapEntry", Label::Repeated));
    let entry = DescriptorProto {
        name: Some("MapEntry".into()),
        field: vec![
            field(1, "key", Type::String, "", Label::Optional),
            field(2, "value", Type::Int64, "", Label::Optional),
        ],
        options: Some(MessageOptions { map_entry: Some(true), ..MessageOptions::default() }),
        ..DescriptorProto::default()
    };
    let value = |number, name: &str| EnumValueDescriptorProto {
        name: Some(name.into()),
        number: Some(number),
        ..EnumValueDescriptorProto::default()
    };
    let mood = EnumDescriptorProto {
        name: Some("Mood".into()),
        value: vec![value(0, "CALM"), value(2, "GLAD"), value(-1, "LOW")],
        ..EnumDescriptorProto::default()
    };
    let all = DescriptorProto {
        name: Some("All".into()),
        field: fields,
        nested_type: vec![entry],
        enum_type: vec![mood],
        ..DescriptorProto::default()
    };
    let file = FileDescriptorProto {
        name: Some("test.proto".into()),
        package: Some("test".into()),
        message_type: vec![all],
        ..FileDescriptorProto::default()
    };
    FileDescriptorSet { file: vec![file] }.encode_to_vec()
}
