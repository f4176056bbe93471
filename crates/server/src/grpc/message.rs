//! The request of a call that takes one message, read whole and checked before the service sees it.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};
use tonic::{Status, body::Body};

use super::CallLimits;

/// The flag and the length before each message (gRPC's PROTOCOL-HTTP2, Length-Prefixed-Message).
const HEAD: usize = 5;

/// The highest flag a message can have: 1 says that it is compressed.
const COMPRESSED: u8 = 1;

/// Messages up to this many bytes take nothing from the memory that all share: a connection can hold few of them.
const SMALL: usize = 1 << 10;

/// A message read whole, with its head.
pub(crate) struct Whole<'m> {
    pub(crate) bytes: Bytes,
    /// Its part of the memory that all messages share, given back when it is dropped.
    pub(crate) memory: Option<SemaphorePermit<'m>>,
}

/// Reads a body that holds exactly one message. `memory` holds the bytes that may be taken by all messages together.
///
/// Fails with RESOURCE_EXHAUSTED as soon as the head tells of more bytes than the limit or than there is memory for,
/// with DEADLINE_EXCEEDED when nothing comes for too long or the whole takes too long, with UNIMPLEMENTED when
/// there is no message or more than one (gRPC's status codes, "Cardinality violations"), and with INTERNAL when
/// the framing is wrong.
pub(crate) async fn read_one<'m>(
    body: Body,
    limits: &CallLimits,
    memory: &'m Semaphore,
) -> Result<Whole<'m>, Status> {
    let whole = timeout(limits.message_time, read_whole(body, limits, memory)).await;
    whole.map_err(|_| Status::deadline_exceeded("the request did not come to an end in time"))?
}

async fn read_whole<'m>(
    mut body: Body,
    limits: &CallLimits,
    memory: &'m Semaphore,
) -> Result<Whole<'m>, Status> {
    let (mut bytes, mut held) = (Bytes::new(), None);
    let stalled = |_| Status::deadline_exceeded("the request stopped coming before its end");
    while let Some(next) = timeout(limits.message_pause, body.frame()).await.map_err(stalled)? {
        let Ok(data) = next.map_err(broken)?.into_data() else { continue };
        bytes = if bytes.is_empty() { data } else { joined(bytes, &data) };
        let Some(len) = expected_len(&bytes, limits.message_bytes)? else { continue };
        if bytes.len() > len {
            return Err(Status::unimplemented("this method takes one message, and more came"));
        }
        if len > SMALL && held.is_none() {
            held = Some(take(memory, len)?);
        }
    }
    match expected_len(&bytes, limits.message_bytes)? {
        Some(len) if bytes.len() == len => Ok(Whole { bytes, memory: held }),
        None if bytes.is_empty() => {
            Err(Status::unimplemented("this method takes one message, and none came"))
        }
        _ => Err(Status::internal(format!("the message was cut short after {} bytes", bytes.len()))),
    }
}

fn take(memory: &Semaphore, len: usize) -> Result<SemaphorePermit<'_>, Status> {
    let permit = u32::try_from(len).ok().and_then(|len| memory.try_acquire_many(len).ok());
    permit.ok_or_else(|| Status::resource_exhausted("too many large messages at once; send it again later"))
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
