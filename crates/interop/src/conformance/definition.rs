//! What an answer is to look like, as its request defines it. Must not know what came with the request.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use prost::Message;
use tonic::{Code, Response, Status, metadata::MetadataMap};

use super::any;
use crate::{
    contracts::conformance::{
        Error, Header, StreamResponseDefinition, UnaryResponseDefinition, conformance_payload::RequestInfo,
        unary_response_definition,
    },
    ending::Ending,
};

/// A definition, of one message or of many.
#[derive(Clone, Debug, Default)]
pub(super) struct Definition {
    headers: HeaderMap,
    trailers: HeaderMap,
    /// The data of each message.
    pub(super) data: Vec<Vec<u8>>,
    /// What the call fails with, after the messages.
    pub(super) error: Option<Error>,
    /// The wait before each message.
    pub(super) delay: Duration,
}

impl From<UnaryResponseDefinition> for Definition {
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

impl From<StreamResponseDefinition> for Definition {
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

impl Definition {
    /// The answer with the headers and trailers that are asked for.
    pub(super) fn response<T>(self, answer: T) -> Response<T> {
        self.ending_with(None, answer)
    }

    /// The same for a call that fails without a message.
    pub(super) fn failing<T: Default>(self, failure: Status) -> Response<T> {
        self.ending_with(Some(failure), T::default())
    }

    fn ending_with<T>(self, failure: Option<Status>, answer: T) -> Response<T> {
        let mut response = Response::new(answer);
        *response.metadata_mut() = MetadataMap::from_headers(self.headers);
        response.extensions_mut().insert(Ending { trailers: self.trailers, failure });
        response
    }
}

/// The status that is asked for, with what came with the request among its details where nothing else tells it.
pub(super) fn failure(error: &Error, info: Option<&RequestInfo>) -> Status {
    let info = info.map(|info| any("ConformancePayload.RequestInfo", info));
    let details: Vec<_> = error.details.iter().cloned().chain(info).collect();
    let message = error.message.clone().unwrap_or_default();
    let encoded = tonic_types::Status { code: error.code, message: message.clone(), details }.encode_to_vec();
    Status::with_details(Code::from(error.code), message, encoded.into())
}

/// Headers as HTTP has them; those that it cannot have are left out.
fn headers(headers: &[Header]) -> HeaderMap {
    let pairs = headers.iter().flat_map(|header| header.value.iter().map(|value| (&header.name, value)));
    pairs
        .filter_map(|(name, value)| {
            Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
        })
        .collect()
}
