//! The metadata of a gRPC response.

use http::{
    HeaderMap,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use tonic::Status;

use crate::messages::GRPC_ACCEPT_ENCODING;

/// The headers or trailers that the service set, without those of gRPC and the body.
pub(super) fn metadata(headers: HeaderMap) -> HeaderMap {
    let mut metadata = headers;
    for name in [Status::GRPC_STATUS, Status::GRPC_MESSAGE, Status::GRPC_STATUS_DETAILS] {
        metadata.remove(name);
    }
    for name in [CONTENT_TYPE, CONTENT_LENGTH] {
        metadata.remove(name);
    }
    metadata.remove(GRPC_ACCEPT_ENCODING);
    metadata
}
