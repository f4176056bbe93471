//! The response that a request defines.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use prost::Message;
use tonic::{Code, Response, Status, metadata::MetadataMap};

use super::any::any;
use crate::{
    contracts::conformance::{
        Error, Header, StreamResponseDefinition, UnaryResponseDefinition, conformance_payload::RequestInfo,
        unary_response_definition,
    },
    trailers::Trailers,
};

/// A response with any number of messages.
#[derive(Clone, Debug, Default)]
pub(super) struct ResponseDefinition {
    headers: HeaderMap,
    trailers: HeaderMap,
    /// The data of each message.
    pub(super) data: Vec<Vec<u8>>,
    /// The error that ends the call, after the messages.
    pub(super) error: Option<Error>,
    /// The delay before each message.
    pub(super) delay: Duration,
}

impl From<UnaryResponseDefinition> for ResponseDefinition {
    fn from(definition: UnaryResponseDefinition) -> Self {
        let (data, error) = match definition.response {
            Some(unary_response_definition::Response::ResponseData(data)) => (vec![data], None),
            Some(unary_response_definition::Response::Error(error)) => (Vec::new(), Some(error)),
            None => (Vec::new(), None),
        };
        Self {
            headers: headers(&definition.response_headers),
            trailers: headers(&definition.response_trailers),
            data,
            error,
            delay: Duration::from_millis(definition.response_delay_ms.into()),
        }
    }
}

impl From<StreamResponseDefinition> for ResponseDefinition {
    fn from(definition: StreamResponseDefinition) -> Self {
        Self {
            headers: headers(&definition.response_headers),
            trailers: headers(&definition.response_trailers),
            data: definition.response_data,
            error: definition.error,
            delay: Duration::from_millis(definition.response_delay_ms.into()),
        }
    }
}

impl ResponseDefinition {
    /// The response with the headers and trailers of the definition.
    pub(super) fn response<T>(self, message: T) -> Response<T> {
        self.with_trailers(None, message)
    }

    /// The same for a call that fails without a message.
    pub(super) fn failing<T: Default>(self, failure: Status) -> Response<T> {
        self.with_trailers(Some(failure), T::default())
    }

    fn with_trailers<T>(self, failure: Option<Status>, message: T) -> Response<T> {
        let mut response = Response::new(message);
        *response.metadata_mut() = MetadataMap::from_headers(self.headers);
        response.extensions_mut().insert(Trailers { headers: self.trailers, failure });
        response
    }
}

/// The status of an error; `info` is added to its details.
pub(super) fn failure(error: &Error, info: Option<&RequestInfo>) -> Status {
    let info = info.map(|info| any("ConformancePayload.RequestInfo", info));
    let details: Vec<_> = error.details.iter().cloned().chain(info).collect();
    let message = error.message.clone().unwrap_or_default();
    let encoded = tonic_types::Status { code: error.code, message: message.clone(), details }.encode_to_vec();
    Status::with_details(Code::from(error.code), message, encoded.into())
}

/// The headers that HTTP allows.
fn headers(headers: &[Header]) -> HeaderMap {
    let pairs = headers.iter().flat_map(|header| header.value.iter().map(|value| (&header.name, value)));
    pairs
        .filter_map(|(name, value)| {
            Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
        })
        .collect()
}
