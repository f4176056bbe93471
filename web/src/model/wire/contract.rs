//! The schema of the two messages of a call. Decoding the descriptors would add 10 kilobytes to the page.

use increment_wire::{Field, Message, Schema, Type};

/// The request message.
pub(super) const REQUEST: &str = "increment.v1.IncrementRequest";

/// The response message.
pub(super) const RESPONSE: &str = "increment.v1.IncrementResponse";

const NUMBER: Field<'static> =
    Field { number: 1, name: "number", kind: Type::Int64, type_name: "", is_repeated: false };
const RESULT: Field<'static> = Field { number: 2, name: "result", ..NUMBER };

/// Returns the schema of both messages.
pub(super) fn schema() -> Schema<'static> {
    let message = |name: &str, fields: &[Field<'static>]| Message {
        name: name.to_owned(),
        fields: fields.to_vec(),
        is_map_entry: false,
    };
    Schema {
        messages: vec![message(REQUEST, &[NUMBER]), message(RESPONSE, &[NUMBER, RESULT])],
        ..Schema::default()
    }
}

#[cfg(test)]
mod tests {
    use increment_proto::FILE_DESCRIPTOR_SET;

    use super::*;

    #[test]
    fn the_schema_equals_the_contract() {
        let contract = Schema::decode(FILE_DESCRIPTOR_SET).unwrap();
        let method = contract.method("/increment.v1.IncrementService/Increment").unwrap();
        assert_eq!((method.request, method.response), (REQUEST, RESPONSE));
        let ours = schema();
        for name in [REQUEST, RESPONSE] {
            assert_eq!(ours.message(name), contract.message(name));
            assert!(ours.message(name).is_some(), "{name}");
        }
    }
}
