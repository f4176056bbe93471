//! Errors of Connect: a status as JSON, and as an HTTP status.

use std::sync::LazyLock;

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use http::StatusCode;
use prost::Message;
use prost_reflect::prost_types::Any;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use serde::Serialize;
use serde_json::Value;
use tonic::{Code, Status};

use crate::status_code::connect_name;

/// gRPC's contracts of standard error details.
static STANDARD_DETAILS: LazyLock<Option<DescriptorPool>> =
    LazyLock::new(|| DescriptorPool::decode(tonic_types::pb::FILE_DESCRIPTOR_SET).ok());

/// The HTTP status of a unary call that ended with this code (Connect's protocol, "Error codes").
pub(super) fn http_status(code: Code) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        // "Client closed request", which has no name.
        Code::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::REQUEST_TIMEOUT),
        Code::InvalidArgument | Code::OutOfRange | Code::FailedPrecondition => StatusCode::BAD_REQUEST,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Encodes a status as JSON. Details are decoded where their type is described, in the contract of `output` or by gRPC.
pub(super) fn to_json(status: &Status, output: Option<&MessageDescriptor>) -> Value {
    let details = details(status).iter().map(|any| Detail::new(any, output)).collect();
    let error = Error { code: connect_name(status.code()), message: status.message(), details };
    serde_json::to_value(error).unwrap_or_default()
}

#[derive(Serialize)]
struct Error<'s> {
    code: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    message: &'s str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<Detail>,
}

/// A detail of a status.
#[derive(Serialize)]
struct Detail {
    #[serde(rename = "type")]
    type_name: String,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    debug: Option<Value>,
}

impl Detail {
    fn new(any: &Any, output: Option<&MessageDescriptor>) -> Self {
        let type_name = any.type_url.rsplit('/').next().unwrap_or_default().to_owned();
        let debug = decode(&type_name, &any.value, output);
        Self { value: BASE64_STANDARD_NO_PAD.encode(&any.value), type_name, debug }
    }
}

fn details(status: &Status) -> Vec<Any> {
    tonic_types::pb::Status::decode(status.details()).unwrap_or_default().details
}

fn decode(type_name: &str, value: &[u8], output: Option<&MessageDescriptor>) -> Option<Value> {
    let described = output.and_then(|output| output.parent_pool().get_message_by_name(type_name));
    let standard = || STANDARD_DETAILS.as_ref()?.get_message_by_name(type_name);
    let message = DynamicMessage::decode(described.or_else(standard)?, value).ok()?;
    serde_json::to_value(message).ok()
}
