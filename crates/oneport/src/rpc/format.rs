//! In which format the messages of a request come, and how its response is to be compressed.

use http::{HeaderMap, HeaderValue};
use tonic::{Status, metadata::MetadataValue};

use crate::messages::{
    Compress, ECHO_BYTES, ENCODINGS, Encoding, Format, GRPC_ACCEPT_ENCODING, GRPC_ENCODING, shortened,
};

/// The format that a translation to gRPC found, in the extensions of the request; or why the request is invalid.
pub(super) type Translated = Result<Format, Status>;

/// The format of a gRPC request, and how its response is compressed. The headers are removed: services see nothing of it.
///
/// Fails with UNIMPLEMENTED, listing what is supported, where the request is compressed in a way that is not.
pub(super) fn from_headers(headers: &mut HeaderMap) -> Result<(Format, Option<Compress>), Status> {
    let encoding = match headers.remove(GRPC_ENCODING) {
        Some(name) => parse_encoding(&name)?,
        None => None,
    };
    let compress = Compress::new(headers.get(GRPC_ACCEPT_ENCODING), encoding);
    Ok((Format { encoding, ..Format::default() }, compress))
}

/// The encoding of this name; none for `identity`. Fails with UNIMPLEMENTED where it is not supported.
pub(super) fn parse_encoding(name: &HeaderValue) -> Result<Option<Encoding>, Status> {
    let text = name.to_str().unwrap_or("?");
    Encoding::named(text).map_err(|unknown| {
        let unknown = format!("{unknown:?}");
        let unknown = shortened(&unknown, ECHO_BYTES);
        let mut status = Status::unimplemented(format!(
            "the compression {unknown} is not known here; these are: {ENCODINGS}"
        ));
        let all = MetadataValue::from_static(ENCODINGS);
        status.metadata_mut().insert("grpc-accept-encoding", all);
        status
    })
}
