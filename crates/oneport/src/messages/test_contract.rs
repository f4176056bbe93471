//! A contract for unit tests, as protobuf's compiler would describe this:
//!
//! ```proto
//! message Item { string sku = 1; string name = 2; string unit = 3; uint64 count = 4; }
//! message Order { string customer = 1; repeated Item items = 2; int64 number = 3; uint64 total = 4; State state = 5; }
//! enum State { STATE_UNSPECIFIED = 0; STATE_PLACED = 1; }
//! ```

use prost_reflect::{
    DescriptorPool, MessageDescriptor,
    prost_types::{
        DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
        FileDescriptorProto,
        field_descriptor_proto::{Label, Type},
    },
};

pub(super) fn order() -> MessageDescriptor {
    descriptor("Order")
}

pub(super) fn item() -> MessageDescriptor {
    descriptor("Item")
}

fn descriptor(name: &str) -> MessageDescriptor {
    let text = |name, number| field(name, number, Type::String);
    let mut items = field("items", 2, Type::Message);
    items.label = Some(Label::Repeated.into());
    items.type_name = Some(".Item".into());
    let mut state = field("state", 5, Type::Enum);
    state.type_name = Some(".State".into());
    let item = [text("sku", 1), text("name", 2), text("unit", 3), field("count", 4, Type::Uint64)];
    let order =
        [text("customer", 1), items, field("number", 3, Type::Int64), field("total", 4, Type::Uint64), state];
    let file = FileDescriptorProto {
        name: Some("orders.proto".into()),
        syntax: Some("proto3".into()),
        message_type: vec![message("Item", &item), message("Order", &order)],
        enum_type: vec![EnumDescriptorProto {
            name: Some("State".into()),
            value: vec![value("STATE_UNSPECIFIED", 0), value("STATE_PLACED", 1)],
            ..Default::default()
        }],
        ..Default::default()
    };
    let mut pool = DescriptorPool::new();
    pool.add_file_descriptor_proto(file).unwrap();
    pool.get_message_by_name(name).unwrap()
}

fn message(name: &str, fields: &[FieldDescriptorProto]) -> DescriptorProto {
    DescriptorProto { name: Some(name.into()), field: fields.to_vec(), ..Default::default() }
}

fn field(name: &str, number: i32, kind: Type) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.into()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(kind.into()),
        ..Default::default()
    }
}

fn value(name: &str, number: i32) -> EnumValueDescriptorProto {
    EnumValueDescriptorProto { name: Some(name.into()), number: Some(number), ..Default::default() }
}
