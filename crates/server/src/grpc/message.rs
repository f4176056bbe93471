//! The request of a call that takes one message, read whole and checked before the service sees it.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::time::timeout;
use tonic::{Status, body::Body};

use super::CallLimits;

/// The flag and the length before each message (gRPC's PROTOCOL-HTTP2, Length-Prefixed-Message).
const HEAD: usize = 5;

/// The highest flag a message can have: 1 says that it is compressed.
const COMPRESSED: u8 = 1;

/// Reads a body that holds exactly one message; returns it with its head.
///
/// Fails with RESOURCE_EXHAUSTED as soon as the head tells of more bytes than the limit, with DEADLINE_EXCEEDED when
/// nothing comes for too long or the whole takes too long, with UNIMPLEMENTED when there is no message or more
/// than one (gRPC's status codes, "Cardinality violations"), and with INTERNAL when the framing is wrong.
pub(crate) async fn read_one(body: Body, limits: &CallLimits) -> Result<Bytes, Status> {
    let whole = timeout(limits.message_time, read_whole(body, limits)).await;
    whole.map_err(|_| Status::deadline_exceeded("the request did not come to an end in time"))?
}

async fn read_whole(mut body: Body, limits: &CallLimits) -> Result<Bytes, Status> {
    let mut read = Bytes::new();
    let stalled = |_| Status::deadline_exceeded("the request stopped coming before its end");
    while let Some(next) = timeout(limits.message_pause, body.frame()).await.map_err(stalled)? {
        let Ok(data) = next.map_err(broken)?.into_data() else { continue };
        read = if read.is_empty() { data } else { joined(read, &data) };
        if expected_len(&read, limits.message_bytes)?.is_some_and(|len| read.len() > len) {
            return Err(Status::unimplemented("this method takes one message, and more came"));
        }
    }
    match expected_len(&read, limits.message_bytes)? {
        Some(len) if read.len() == len => Ok(read),
        None if read.is_empty() => Err(Status::unimplemented("this method takes one message, and none came")),
        _ => Err(Status::internal(format!("the message was cut short after {} bytes", read.len()))),
    }
}

/// The length of head and message, once the head is there.
fn expected_len(read: &[u8], max_bytes: usize) -> Result<Option<usize>, Status> {
    let Some((&[flag, len @ ..], _)) = read.split_first_chunk::<HEAD>() else { return Ok(None) };
    if flag > COMPRESSED {
        return Err(Status::internal(format!(
            "the message has the flag {flag}, which means nothing in a request"
        )));
    }
    match usize::try_from(u32::from_be_bytes(len)) {
        Ok(len) if len <= max_bytes => Ok(Some(HEAD + len)),
        _ => Err(Status::resource_exhausted(format!("the message is larger than {max_bytes} bytes"))),
    }
}

fn joined(read: Bytes, data: &[u8]) -> Bytes {
    let mut whole = BytesMut::from(read);
    whole.extend_from_slice(data);
    whole.freeze()
}

fn broken(cause: Status) -> Status {
    tracing::debug!("the body of a request broke: {}", cause.message());
    Status::internal("the body ended too early, or is not what its content type says")
}
