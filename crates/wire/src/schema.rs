//! Messages, enums and methods, as the contracts define them.

use crate::decode::WireType;

/// Messages, enums and methods by name. Borrows the names from the descriptors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema<'a> {
    /// All messages, including nested ones.
    pub messages: Vec<Message<'a>>,
    /// All enums, including nested ones.
    pub enums: Vec<Enum<'a>>,
    /// All methods of all services.
    pub methods: Vec<Method<'a>>,
}

impl<'a> Schema<'a> {
    /// Returns the message with this full name, such as `increment.v1.IncrementRequest`.
    pub fn message(&self, name: &str) -> Option<&Message<'a>> {
        self.messages.iter().find(|message| message.name == name)
    }

    /// Returns the name of an enum's value, such as `DURABILITY_STRICT`.
    pub fn symbol(&self, name: &str, number: i32) -> Option<&'a str> {
        let known = self.enums.iter().find(|known| known.name == name)?;
        known.values.iter().find(|value| value.0 == number).map(|value| value.1)
    }

    /// Returns the method with this path, such as `/increment.v1.IncrementService/Increment`.
    pub fn method(&self, path: &str) -> Option<&Method<'a>> {
        self.methods.iter().find(|method| method.path == path)
    }
}

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message<'a> {
    /// The full name, such as `increment.v1.IncrementRequest`.
    pub name: String,
    /// The fields, in the order of the contract.
    pub fields: Vec<Field<'a>>,
    /// Whether it is one entry of a map.
    pub is_map_entry: bool,
}

impl<'a> Message<'a> {
    /// Returns the field with this number.
    pub fn field(&self, number: u32) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.number == number)
    }
}

/// A field of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The field number.
    pub number: u32,
    /// The field name.
    pub name: &'a str,
    /// The type of its values.
    pub kind: Type,
    /// The full name of its message or enum; otherwise empty.
    pub type_name: &'a str,
    /// Whether the field is repeated.
    pub is_repeated: bool,
}

impl Field<'_> {
    /// Returns whether decoders accept a value of this wire type; they skip others. Repeated numbers may be packed or
    /// not, whatever the contract says.
    pub(crate) fn accepts(&self, wire: WireType) -> bool {
        let own = self.kind.wire();
        wire == own || wire == WireType::LengthDelimited && self.is_repeated && own != WireType::StartGroup
    }
}

/// An enum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enum<'a> {
    /// The full name.
    pub name: String,
    /// The number and the name of each value.
    pub values: Vec<(i32, &'a str)>,
}

/// A method of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Method<'a> {
    /// The HTTP path, such as `/increment.v1.IncrementService/Increment`.
    pub path: String,
    /// The full name of the request message.
    pub request: &'a str,
    /// The full name of the response message.
    pub response: &'a str,
}

/// The type of a field, numbered as in `google.protobuf.FieldDescriptorProto.Type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in a contract")]
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

/// The types with their names in a contract, from number 1.
pub(crate) const TYPES: [(Type, &str); 18] = [
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
    /// Returns the name in a contract, such as `int64`.
    pub fn name(self) -> &'static str {
        TYPES.get(self as usize - 1).map_or("", |known| known.1)
    }

    /// Returns the wire type of a single value.
    pub fn wire(self) -> WireType {
        match self {
            Self::Double | Self::Fixed64 | Self::Sfixed64 => WireType::Fixed64,
            Self::Float | Self::Fixed32 | Self::Sfixed32 => WireType::Fixed32,
            Self::String | Self::Message | Self::Bytes => WireType::LengthDelimited,
            Self::Group => WireType::StartGroup,
            _ => WireType::Varint,
        }
    }
}
