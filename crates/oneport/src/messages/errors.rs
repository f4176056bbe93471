//! Statuses of requests whose messages cannot be read.

use tonic::Status;

use super::encoding::{
    DECOMPRESSION_ALLOWANCE, DecompressError, Encoding, MAX_DECOMPRESSION_RATIO, MAX_MEMBERS,
};

pub(super) fn not_decompressed(encoding: Encoding, error: DecompressError, max_bytes: usize) -> Status {
    let name = encoding.name();
    match error {
        DecompressError::TooLarge => too_large(max_bytes),
        DecompressError::RatioExceeded => Status::resource_exhausted(format!(
            "the message decompresses to more than {MAX_DECOMPRESSION_RATIO} times its bytes and {DECOMPRESSION_ALLOWANCE} more"
        )),
        DecompressError::TooManyMembers => Status::resource_exhausted(format!(
            "the message has more than {MAX_MEMBERS} parts that are each compressed with {name}"
        )),
        // gRPC's status codes: "Could not decompress, but compression algorithm supported".
        DecompressError::Malformed => {
            Status::internal(format!("the message is not {name}, as its header says"))
        }
    }
}

pub(super) fn too_large(max_bytes: usize) -> Status {
    Status::resource_exhausted(format!("the message is larger than {max_bytes} bytes"))
}

pub(super) fn too_many_elements(max: usize) -> Status {
    Status::resource_exhausted(format!("the message has more than {max} fields and elements"))
}

pub(super) fn too_slow() -> Status {
    Status::deadline_exceeded("the request was not complete in time")
}

pub(super) fn body_failed(cause: Status) -> Status {
    tracing::debug!("the body of a request failed: {}", cause.message());
    Status::internal("the body ended too early, or is not what its content type says")
}
