//! Fills a schema from descriptors. The numbers here are those of the fields in google/protobuf/descriptor.proto.

use super::{Enum, Field, Message, Method, Schema, TYPES, Type};
use crate::{
    DEPTH_LIMIT, Fault,
    read::{Value, fields},
};

/// What `FieldDescriptorProto.Label` calls LABEL_REPEATED.
const REPEATED: u64 = 3;

/// `google.protobuf.FileDescriptorSet`
pub(super) fn set<'a>(schema: &mut Schema<'a>, bytes: &'a [u8]) -> Result<(), Fault> {
    fields(bytes, &mut |number, value| match (number, value) {
        (1, Value::Bytes(bytes)) => file(schema, bytes),
        _ => Ok(()),
    })
}

/// `google.protobuf.FileDescriptorProto`. The package's name may come after what it names.
fn file<'a>(schema: &mut Schema<'a>, bytes: &'a [u8]) -> Result<(), Fault> {
    let package = text_of(bytes, 2)?;
    fields(bytes, &mut |number, value| match (number, value) {
        (4, Value::Bytes(bytes)) => message(schema, package, bytes, 0),
        (5, Value::Bytes(bytes)) => enumeration(schema, package, bytes),
        (6, Value::Bytes(bytes)) => service(schema, package, bytes),
        _ => Ok(()),
    })
}

/// `google.protobuf.DescriptorProto`
fn message<'a>(schema: &mut Schema<'a>, scope: &str, bytes: &'a [u8], depth: u8) -> Result<(), Fault> {
    if depth >= DEPTH_LIMIT {
        return Err(Fault::TooDeep);
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

/// `google.protobuf.FieldDescriptorProto`; none of a type that is not known.
fn field(bytes: &[u8]) -> Result<Option<Field<'_>>, Fault> {
    let mut described = Field { number: 0, name: "", kind: Type::Bytes, of: "", is_repeated: false };
    let mut known = None;
    fields(bytes, &mut |number, value| {
        match (number, value) {
            (1, Value::Bytes(bytes)) => described.name = text(bytes)?,
            (3, Value::Number(number)) => described.number = number as u32,
            (4, Value::Number(label)) => described.is_repeated = label == REPEATED,
            (5, Value::Number(number)) => known = TYPES.get((number as usize).wrapping_sub(1)),
            (6, Value::Bytes(bytes)) => described.of = type_name(bytes)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(known.map(|known| Field { kind: known.0, ..described }))
}

/// `google.protobuf.EnumDescriptorProto`
fn enumeration<'a>(schema: &mut Schema<'a>, scope: &str, bytes: &'a [u8]) -> Result<(), Fault> {
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
fn service<'a>(schema: &mut Schema<'a>, package: &str, bytes: &'a [u8]) -> Result<(), Fault> {
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

/// The text in the field of this number; empty without one.
fn text_of(bytes: &[u8], wanted: u32) -> Result<&str, Fault> {
    let mut found = "";
    fields(bytes, &mut |number, value| {
        if let (true, Value::Bytes(bytes)) = (number == wanted, value) {
            found = text(bytes)?;
        }
        Ok(())
    })?;
    Ok(found)
}

fn text(bytes: &[u8]) -> Result<&str, Fault> {
    str::from_utf8(bytes).map_err(|_| Fault::NotUtf8)
}

fn type_name(bytes: &[u8]) -> Result<&str, Fault> {
    text(bytes).map(unrooted)
}

/// A full name without the dot that marks it as such.
fn unrooted(name: &str) -> &str {
    name.strip_prefix('.').unwrap_or(name)
}

fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.into() } else { [scope, ".", name].concat() }
}
