//! Conversion between protobuf and JSON (ProtoJSON), by descriptors.

use bytes::Bytes;
use prost::Message;
use prost_reflect::{DynamicMessage, MessageDescriptor, SerializeOptions};
use serde::de::DeserializeSeed;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::excerpt::{EXCERPT_BYTES, excerpt};

/// The most bytes of a field's path in an error; the rest of [`EXCERPT_BYTES`] is for the cause.
const PATH_BYTES: usize = 80;

/// Writes fields with their default values as well: `{"number":"-1","result":"0"}`.
const OPTIONS: SerializeOptions = SerializeOptions::new().skip_default_fields(false);

/// Some editors and shells write it before a text in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Encodes the message that a JSON text describes. Fails with INVALID_ARGUMENT, naming the field.
pub(crate) fn from_json(descriptor: &MessageDescriptor, json: &[u8]) -> Result<Vec<u8>, Status> {
    // A parser may ignore a byte order mark (RFC 8259, section 8.1).
    let json = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json);
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut deserializer, &mut track);
    let message = descriptor.clone().deserialize(tracked);
    let message = message.map_err(|error| invalid(&track.path().to_string(), &error))?;
    deserializer.end().map_err(|error| invalid(".", &error))?;
    Ok(message.encode_to_vec())
}

/// Converts an encoded message to JSON. Fails with INTERNAL where it cannot be decoded.
pub(crate) fn to_json(descriptor: &MessageDescriptor, message: Bytes) -> Result<Vec<u8>, Status> {
    let failed = || Status::internal("the response cannot be converted to JSON");
    let message = DynamicMessage::decode(descriptor.clone(), message).map_err(|_| failed())?;
    let mut json = Vec::new();
    let mut serializer = serde_json::Serializer::new(&mut json);
    message.serialize_with_options(&mut serializer, &OPTIONS).map_err(|_| failed())?;
    Ok(json)
}

/// `path` names no field where the text as a whole is invalid.
fn invalid(path: &str, error: &serde_json::Error) -> Status {
    let (path, error) = (excerpt(path, PATH_BYTES), error.to_string());
    let error = excerpt(&error, EXCERPT_BYTES - PATH_BYTES);
    if path.starts_with(['.', '?']) {
        return Status::invalid_argument(format!("the JSON of the request cannot be read: {error}"));
    }
    let details = ErrorDetails::with_bad_request_violation(path.as_ref(), error.as_ref());
    Status::with_error_details(Code::InvalidArgument, format!("{path}: {error}"), details)
}

#[cfg(test)]
mod tests {
    use super::{
        super::test_contract::{item, order},
        *,
    };

    fn decode(descriptor: MessageDescriptor, json: &str) -> Result<DynamicMessage, Status> {
        let message = from_json(&descriptor, json.as_bytes())?;
        Ok(DynamicMessage::decode(descriptor, &message[..]).unwrap())
    }

    fn number(json: &str) -> Result<i64, Status> {
        Ok(decode(order(), json)?.get_field_by_name("number").unwrap().as_i64().unwrap())
    }

    #[test]
    fn numbers_are_decoded_from_numbers_and_strings() {
        for json in [r#"{"number":"5681"}"#, r#"{"number":5681}"#, r#" { "number" : 5.681e3 } "#] {
            assert_eq!(number(json).unwrap(), 5681, "{json}");
        }
        assert_eq!(number("{}").unwrap(), 0);
        assert_eq!(number("\u{feff}{\"number\":\"5681\"}").unwrap(), 5681);
        assert_eq!(number(r#"{"number":null}"#).unwrap(), 0);
        assert_eq!(number(r#"{"number":"9223372036854775807"}"#).unwrap(), i64::MAX);
        assert_eq!(number(r#"{"number":-9223372036854775808}"#).unwrap(), i64::MIN);
    }

    #[test]
    fn the_invalid_field_is_named() {
        for (json, field) in [
            (r#"{"number":"five"}"#, "number"),
            (r#"{"number":1.5}"#, "number"),
            (r#"{"number":true}"#, "number"),
            (r#"{"number":[1]}"#, "number"),
            (r#"{"number":"9223372036854775808"}"#, "number"),
            (r#"{"number":1e30}"#, "number"),
        ] {
            let status = number(json).unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument, "{json}");
            assert!(status.message().starts_with(&format!("{field}: ")), "{status:?}");
            assert_eq!(status.get_details_bad_request().unwrap().field_violations[0].field, field, "{json}");
        }
    }

    #[test]
    fn an_unknown_field_is_named() {
        let status = number(r#"{"number":"1","numbr":"1"}"#).unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().contains("'numbr'"), "{status:?}");
    }

    #[test]
    fn a_nested_field_is_named_by_its_path() {
        let json = r#"{"customer":"x","items":[{"sku":"a"},{"sku":"b","count":"-1"}]}"#;
        let status = decode(order(), json).unwrap_err();
        assert!(status.message().starts_with("items[1].count: "), "{status:?}");
        let message = decode(order(), r#"{"customer":"x","items":[{"sku":"a"}]}"#).unwrap();
        assert_eq!(message.get_field_by_name("items").unwrap().as_list().unwrap().len(), 1);
    }

    #[test]
    fn malformed_json_is_rejected() {
        assert!(number("{x").unwrap_err().message().starts_with("the JSON of the request cannot be read"));
        for json in [
            "",
            "{",
            "5681",
            "null",
            "[]",
            "\u{feff}",
            "\u{feff}\u{feff}{}",
            "{}{}",
            "{} x",
            "\u{0}",
            r#"{"number":}"#,
        ] {
            let status = number(json).unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument, "{json}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(number(&deep).unwrap_err().code(), Code::InvalidArgument);
        assert_eq!(number(&format!(r#"{{"number":{deep}"#)).unwrap_err().code(), Code::InvalidArgument);
    }

    #[test]
    fn errors_repeat_a_bounded_part_of_the_request() {
        let long = "x".repeat(1_000_000);
        for json in [
            format!(r#"{{"number":"{long}"}}"#),
            format!(r#"{{"{long}":1}}"#),
            format!(r#"{{"number":{{"{long}":1}}}}"#),
            long.clone(),
        ] {
            let status = number(&json).unwrap_err();
            assert!(status.message().len() <= EXCERPT_BYTES + 50, "{status:?}");
            assert!(status.details().len() <= EXCERPT_BYTES + 100, "{status:?}");
        }
    }

    #[test]
    fn fields_are_encoded_with_their_defaults() {
        let json = r#"{"total":18446744073709551615,"items":[{"sku":"a"}],"state":"STATE_PLACED"}"#;
        let message = from_json(&order(), json.as_bytes()).unwrap();
        let json = to_json(&order(), message.into()).unwrap();
        let expected = r#"{"customer":"","items":[{"sku":"a","name":"","unit":"","count":"0"}],"number":"0","total":"18446744073709551615","state":"STATE_PLACED"}"#;
        assert_eq!(String::from_utf8(json).unwrap(), expected);
        assert!(to_json(&item(), Bytes::from_static(&[0xff])).is_err());
    }
}
