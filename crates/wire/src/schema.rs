//! What messages are made of, read from descriptors (google/protobuf/descriptor.proto) without any library. Must not
//! know the messages' bytes.

mod describe;

use crate::{Fault, Wire};

/// Messages, enums and methods by name. Borrows the names from the descriptors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema<'a> {
    /// All messages, the nested ones too.
    pub messages: Vec<Message<'a>>,
    /// All enums, the nested ones too.
    pub enums: Vec<Enum<'a>>,
    /// All methods of all services.
    pub methods: Vec<Method<'a>>,
}

impl<'a> Schema<'a> {
    /// The schema that an encoded `google.protobuf.FileDescriptorSet` describes. Options and comments are skipped.
    ///
    /// Fails where the bytes are none.
    pub fn read(descriptors: &'a [u8]) -> Result<Self, Fault> {
        let mut schema = Self::default();
        describe::set(&mut schema, descriptors)?;
        Ok(schema)
    }

    /// The message of this full name, such as `increment.v1.IncrementRequest`.
    pub fn message(&self, name: &str) -> Option<&Message<'a>> {
        self.messages.iter().find(|message| message.name == name)
    }

    /// The name of an enum's value, such as `DURABILITY_STRICT`.
    pub fn symbol(&self, name: &str, number: i32) -> Option<&'a str> {
        let known = self.enums.iter().find(|known| known.name == name)?;
        known.values.iter().find(|value| value.0 == number).map(|value| value.1)
    }

    /// The method of this path, such as `/increment.v1.IncrementService/Increment`.
    pub fn method(&self, path: &str) -> Option<&Method<'a>> {
        self.methods.iter().find(|method| method.path == path)
    }
}

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message<'a> {
    /// Its full name, such as `increment.v1.IncrementRequest`.
    pub name: String,
    /// Its fields, in the order of the contract.
    pub fields: Vec<Field<'a>>,
    /// Whether it is one entry of a map.
    pub is_map_entry: bool,
}

impl<'a> Message<'a> {
    /// The field of this number.
    pub fn field(&self, number: u32) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.number == number)
    }
}

/// A field of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its number.
    pub number: u32,
    /// Its name.
    pub name: &'a str,
    /// The type of its values.
    pub kind: Type,
    /// The full name of its message or enum; else empty.
    pub of: &'a str,
    /// Whether it has any number of values.
    pub is_repeated: bool,
}

impl Field<'_> {
    /// Whether readers take a value of this encoding; else they skip it. Repeated numbers may be packed or not,
    /// whatever the contract says.
    pub(crate) fn accepts(&self, wire: Wire) -> bool {
        let own = self.kind.wire();
        wire == own || wire == Wire::Length && self.is_repeated && own != Wire::StartGroup
    }
}

/// An enum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enum<'a> {
    /// Its full name.
    pub name: String,
    /// The number and the name of each value.
    pub values: Vec<(i32, &'a str)>,
}

/// A method of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Method<'a> {
    /// Its path in HTTP, such as `/increment.v1.IncrementService/Increment`.
    pub path: String,
    /// The full name of the message it takes.
    pub request: &'a str,
    /// The full name of the message it returns.
    pub response: &'a str,
}

/// The type of a field, numbered as in `google.protobuf.FieldDescriptorProto.Type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are called as in a contract")]
pub enum Type {
    Double = 1,
    Float,
    Int64,
    Uint64,
    Int32,
    Fixed64,
    Fixed32,
    Bool,
    String,
    Group,
    Message,
    Bytes,
    Uint32,
    Enum,
    Sfixed32,
    Sfixed64,
    Sint32,
    Sint64,
}

/// Each type with its name in a contract, from the number 1.
const TYPES: [(Type, &str); 18] = [
    (Type::Double, "double"),
    (Type::Float, "float"),
    (Type::Int64, "int64"),
    (Type::Uint64, "uint64"),
    (Type::Int32, "int32"),
    (Type::Fixed64, "fixed64"),
    (Type::Fixed32, "fixed32"),
    (Type::Bool, "bool"),
    (Type::String, "string"),
    (Type::Group, "group"),
    (Type::Message, "message"),
    (Type::Bytes, "bytes"),
    (Type::Uint32, "uint32"),
    (Type::Enum, "enum"),
    (Type::Sfixed32, "sfixed32"),
    (Type::Sfixed64, "sfixed64"),
    (Type::Sint32, "sint32"),
    (Type::Sint64, "sint64"),
];

impl Type {
    /// As in a contract, such as `int64`.
    pub fn name(self) -> &'static str {
        TYPES.get(self as usize - 1).map_or("", |known| known.1)
    }

    /// How its values are encoded, one by one.
    pub fn wire(self) -> Wire {
        match self {
            Self::Double | Self::Fixed64 | Self::Sfixed64 => Wire::Fixed64,
            Self::Float | Self::Fixed32 | Self::Sfixed32 => Wire::Fixed32,
            Self::String | Self::Message | Self::Bytes => Wire::Length,
            Self::Group => Wire::StartGroup,
            _ => Wire::Varint,
        }
    }
}
