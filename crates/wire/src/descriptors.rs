//! Decodes a schema from descriptors. The numbers are those of the fields in google/protobuf/descriptor.proto.

use crate::{
    decode::{Value, fields},
    error::DecodeError,
    limits::DEPTH_LIMIT,
    schema::{Enum, Field, Message, Method, Schema, TYPES, Type},
};

/// LABEL_REPEATED of `FieldDescriptorProto.Label`.
const REPEATED: u64 = 3;

impl<'a> Schema<'a> {
    /// Decodes an encoded `google.protobuf.FileDescriptorSet`. Options and comments are skipped.
    ///
    /// Fails with a [`DecodeError`] when the bytes are malformed.
    pub fn decode(descriptors: &'a [u8]) -> Result<Self, DecodeError> {
        let mut schema = Self::default();
        file_set(&mut schema, descriptors)?;
        Ok(schema)
    }
}

/// `google.protobuf.FileDescriptorSet`
fn file_set<'a>(schema: &mut Schema<'a>, bytes: &'a [u8]) -> Result<(), DecodeError> {
    fields(bytes, &mut |number, value| match (number, value) {
        (1, Value::Bytes(bytes)) => file(schema, bytes),
        _ => Ok(()),
    })
}

/// `google.protobuf.FileDescriptorProto`. The package may follow the elements that it qualifies.
fn file<'a>(schema: &mut Schema<'a>, bytes: &'a [u8]) -> Result<(), DecodeError> {
    let package = text_of(bytes, 2)?;
    fields(bytes, &mut |number, value| match (number, value) {
        (4, Value::Bytes(bytes)) => message(schema, package, bytes, 0),
        (5, Value::Bytes(bytes)) => enumeration(schema, package, bytes),
        (6, Value::Bytes(bytes)) => service(schema, package, bytes),
        _ => Ok(()),
    })
}

/// `google.protobuf.DescriptorProto`
fn message<'a>(schema: &mut Schema<'a>, scope: &str, bytes: &'a [u8], depth: u8) -> Result<(), DecodeError> {
    if depth >= DEPTH_LIMIT {
        return Err(DecodeError::DepthLimit);
    }
    let name = join(scope, text_of(bytes, 1)?);
    let mut described = Message::default();
    fields(bytes, &mut |number, value| match (number, value) {
        (2, Value::Bytes(bytes)) => {
            described.fields.extend(field(bytes)?);
            Ok(())
        }
        (3, Value::Bytes(bytes)) => message(schema, &name, bytes, depth + 1),
        (4, Value::Bytes(bytes)) => enumeration(schema, &name, bytes),
        (7, Value::Bytes(bytes)) => fields(bytes, &mut |number, value| {
            described.is_map_entry |= matches!((number, value), (7, Value::Number(1)));
            Ok(())
        }),
        _ => Ok(()),
    })?;
    schema.messages.push(Message { name, ..described });
    Ok(())
}

/// `google.protobuf.FieldDescriptorProto`; none for an unknown type.
fn field(bytes: &[u8]) -> Result<Option<Field<'_>>, DecodeError> {
    let mut described = Field { number: 0, name: "", kind: Type::Bytes, type_name: "", is_repeated: false };
    let mut known = None;
    fields(bytes, &mut |number, value| {
        match (number, value) {
            (1, Value::Bytes(bytes)) => described.name = text(bytes)?,
            (3, Value::Number(number)) => described.number = number as u32,
            (4, Value::Number(label)) => described.is_repeated = label == REPEATED,
            (5, Value::Number(number)) => known = TYPES.get((number as usize).wrapping_sub(1)),
            (6, Value::Bytes(bytes)) => described.type_name = type_name(bytes)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(known.map(|known| Field { kind: known.0, ..described }))
}

/// `google.protobuf.EnumDescriptorProto`
fn enumeration<'a>(schema: &mut Schema<'a>, scope: &str, bytes: &'a [u8]) -> Result<(), DecodeError> {
    let mut described = Enum { name: join(scope, text_of(bytes, 1)?), values: Vec::new() };
    fields(bytes, &mut |number, value| {
        if let (2, Value::Bytes(bytes)) = (number, value) {
            let mut known = (0, text_of(bytes, 1)?);
            fields(bytes, &mut |number, value| {
                if let (2, Value::Number(number)) = (number, value) {
                    known.0 = number as i32;
                }
                Ok(())
            })?;
            described.values.push(known);
        }
        Ok(())
    })?;
    schema.enums.push(described);
    Ok(())
}

/// `google.protobuf.ServiceDescriptorProto`
fn service<'a>(schema: &mut Schema<'a>, package: &str, bytes: &'a [u8]) -> Result<(), DecodeError> {
    let service = join(package, text_of(bytes, 1)?);
    fields(bytes, &mut |number, value| {
        if let (2, Value::Bytes(bytes)) = (number, value) {
            let path = ["/", &service, "/", text_of(bytes, 1)?].concat();
            let (request, response) = (unrooted(text_of(bytes, 2)?), unrooted(text_of(bytes, 3)?));
            schema.methods.push(Method { path, request, response });
        }
        Ok(())
    })
}

/// Returns the text of the field with this number; empty if absent.
fn text_of(bytes: &[u8], wanted: u32) -> Result<&str, DecodeError> {
    let mut found = "";
    fields(bytes, &mut |number, value| {
        if let (true, Value::Bytes(bytes)) = (number == wanted, value) {
            found = text(bytes)?;
        }
        Ok(())
    })?;
    Ok(found)
}

fn text(bytes: &[u8]) -> Result<&str, DecodeError> {
    str::from_utf8(bytes).map_err(|_| DecodeError::InvalidUtf8)
}

fn type_name(bytes: &[u8]) -> Result<&str, DecodeError> {
    text(bytes).map(unrooted)
}

/// Removes the leading dot of a full name.
fn unrooted(name: &str) -> &str {
    name.strip_prefix('.').unwrap_or(name)
}

fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.into() } else { [scope, ".", name].concat() }
}
