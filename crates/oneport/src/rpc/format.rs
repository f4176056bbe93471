//! The format of a request's messages, and the compression of its response.

use http::{HeaderMap, HeaderValue};
use tonic::{Status, metadata::MetadataValue};

use crate::messages::{
    Compression, ENCODINGS, EXCERPT_BYTES, Encoding, Format, GRPC_ACCEPT_ENCODING, GRPC_ENCODING, excerpt,
};

/// The format of a request that was translated to gRPC, or why that is invalid; in the extensions of the request.
pub(super) type Translated = Result<Format, Status>;

/// The format of a gRPC request and the compression of its response. Removes the headers: services handle uncompressed
/// messages.
///
/// Fails with UNIMPLEMENTED, listing the supported encodings, where the request's is another one.
pub(super) fn from_headers(headers: &mut HeaderMap) -> Result<(Format, Option<Compression>), Status> {
    let encoding = match headers.remove(GRPC_ENCODING) {
        Some(name) => parse_encoding(&name)?,
        None => None,
    };
    let compression = Compression::negotiate(headers.get(GRPC_ACCEPT_ENCODING), encoding);
    Ok((Format { encoding, ..Format::default() }, compression))
}

/// The encoding of this name; none for `identity`. Fails with UNIMPLEMENTED where it is another one.
pub(super) fn parse_encoding(name: &HeaderValue) -> Result<Option<Encoding>, Status> {
    let text = name.to_str().unwrap_or("?");
    Encoding::from_name(text).map_err(|unsupported| {
        let unsupported = format!("{unsupported:?}");
        let unsupported = excerpt(&unsupported, EXCERPT_BYTES);
        let mut status = Status::unimplemented(format!(
            "the compression {unsupported} is not supported; these are: {ENCODINGS}"
        ));
        let all = MetadataValue::from_static(ENCODINGS);
        status.metadata_mut().insert("grpc-accept-encoding", all);
        status
    })
}
