//! Messages as JSON (protobuf's ProtoJSON format) and back, by their descriptors.

use bytes::Bytes;
use prost::Message;
use prost_reflect::{DynamicMessage, MessageDescriptor, SerializeOptions};
use serde::de::DeserializeSeed;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::echo::{ECHO_BYTES, shortened};

/// The most bytes of a field's path in an error; the rest of [`ECHO_BYTES`] is for what is wrong with it.
const PATH_BYTES: usize = 80;

/// Fields that hold their default are there too: `{"number":"-1","result":"0"}` says what a person wants to know.
const WRITING: SerializeOptions = SerializeOptions::new().skip_default_fields(false);

/// What some editors and shells put before a text in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The message that `json` tells. Fails with INVALID_ARGUMENT, naming the field, where it tells none.
pub(crate) fn from_json(descriptor: &MessageDescriptor, json: &[u8]) -> Result<Vec<u8>, Status> {
    // A byte order mark may be ignored (RFC 8259, section 8.1).
    let json = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json);
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut deserializer, &mut track);
    let message = descriptor.clone().deserialize(tracked);
    let message = message.map_err(|error| refused(&track.path().to_string(), &error))?;
    deserializer.end().map_err(|error| refused(".", &error))?;
    Ok(message.encode_to_vec())
}

/// A message as JSON. Fails with INTERNAL where the bytes are none.
pub(crate) fn to_json(descriptor: &MessageDescriptor, message: Bytes) -> Result<Vec<u8>, Status> {
    let unreadable = |_| Status::internal("the answer cannot be told as JSON");
    let message = DynamicMessage::decode(descriptor.clone(), message).map_err(unreadable)?;
    let mut json = Vec::new();
    let written = message.serialize_with_options(&mut serde_json::Serializer::new(&mut json), &WRITING);
    written.map_err(|_| Status::internal("the answer cannot be told as JSON"))?;
    Ok(json)
}

/// `path` names no field where the text as a whole is wrong.
fn refused(path: &str, error: &serde_json::Error) -> Status {
    let (path, error) = (shortened(path, PATH_BYTES), error.to_string());
    let error = shortened(&error, ECHO_BYTES - PATH_BYTES);
    if path.starts_with(['.', '?']) {
        return Status::invalid_argument(format!("the JSON of the request cannot be read: {error}"));
    }
    let details = ErrorDetails::with_bad_request_violation(path.as_ref(), error.as_ref());
    Status::with_error_details(Code::InvalidArgument, format!("{path}: {error}"), details)
}

#[cfg(test)]
mod tests {
    use increment_proto::{
        FILE_DESCRIPTOR_SET,
        v1::{AccessRow, IncrementRequest, ListAccessCountsResponse, ReportAccessesRequest},
    };
    use prost_reflect::DescriptorPool;

    use super::*;

    fn descriptor(name: &str) -> MessageDescriptor {
        let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
        pool.get_message_by_name(&format!("increment.v1.{name}")).unwrap()
    }

    fn number(json: &str) -> Result<i64, Status> {
        let message = from_json(&descriptor("IncrementRequest"), json.as_bytes())?;
        Ok(IncrementRequest::decode(&message[..]).unwrap().number)
    }

    #[test]
    fn numbers_come_as_numbers_or_text() {
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
    fn what_is_wrong_is_named() {
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
    fn what_is_wrong_within_is_named_by_its_path() {
        let json = br#"{"origin":"x","rows":[{"service":"a"},{"service":"b","count":"-1"}]}"#;
        let status = from_json(&descriptor("ReportAccessesRequest"), json).unwrap_err();
        assert!(status.message().starts_with("rows[1].count: "), "{status:?}");
        let json = br#"{"origin":"x","rows":[{"service":"a"}]}"#;
        let message = from_json(&descriptor("ReportAccessesRequest"), json).unwrap();
        assert_eq!(ReportAccessesRequest::decode(&message[..]).unwrap().rows.len(), 1);
    }

    #[test]
    fn what_is_no_json_is_refused() {
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
    fn of_what_is_wrong_a_little_is_repeated() {
        let long = "x".repeat(1_000_000);
        for json in [
            format!(r#"{{"number":"{long}"}}"#),
            format!(r#"{{"{long}":1}}"#),
            format!(r#"{{"number":{{"{long}":1}}}}"#),
            long.clone(),
        ] {
            let status = number(&json).unwrap_err();
            assert!(status.message().len() <= ECHO_BYTES + 50, "{status:?}");
            assert!(status.details().len() <= ECHO_BYTES + 100, "{status:?}");
        }
    }

    #[test]
    fn fields_are_written_with_their_defaults() {
        let row = AccessRow { service: "a".into(), ..AccessRow::default() };
        let told = ListAccessCountsResponse { total: u64::MAX, rows: vec![row], durability: 1 };
        let json = to_json(&descriptor("ListAccessCountsResponse"), told.encode_to_vec().into()).unwrap();
        let expected = r#"{"total":"18446744073709551615","rows":[{"service":"a","method":"","protocol":"","count":"0"}],"durability":"DURABILITY_STRICT"}"#;
        assert_eq!(String::from_utf8(json).unwrap(), expected);
        assert!(to_json(&descriptor("AccessRow"), Bytes::from_static(&[0xff])).is_err());
    }
}
