//! Messages of the suite's package as `google.protobuf.Any`.

use prost::Message;
use prost_types::Any;

/// A message with this name.
pub(super) fn any(name: &str, message: &impl Message) -> Any {
    let type_url = format!("type.googleapis.com/connectrpc.conformance.v1.{name}");
    Any { type_url, value: message.encode_to_vec() }
}
