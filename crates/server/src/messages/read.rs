//! The messages of a request: read as they come, within limits, and made what the services take: protobuf that is not
//! compressed, each after its head. Must not know what the messages mean.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::stream;
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, StreamBody};
use prost_reflect::MessageDescriptor;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tonic::{Status, body::Body};

use super::{
    encoding::{DecodeError, Encoding},
    frames::{COMPRESSED, Frames, HEAD, framed},
    json::from_json,
    limits::CallLimits,
};

/// Messages up to this many bytes take nothing from the memory that all share: a connection can hold few of them.
const SMALL: usize = 1 << 10;

/// How the messages of a request come.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Format {
    pub(crate) framing: Framing,
    /// How those are compressed that are; none where they may not be.
    pub(crate) encoding: Option<Encoding>,
    pub(crate) codec: Codec,
}

/// Where a message begins and ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Framing {
    /// After its head.
    #[default]
    Enveloped,
    /// The body is the message; it is compressed where there is an encoding.
    Bare,
}

/// How a message tells its fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Codec {
    #[default]
    Proto,
    Json,
}

/// A message as services take it, with its head.
pub(crate) struct Whole {
    pub(crate) bytes: Bytes,
    /// Its part of the memory that all messages share, given back when it is dropped.
    pub(crate) memory: Option<OwnedSemaphorePermit>,
}

/// The messages of one request.
pub(crate) struct Messages {
    pub(crate) body: Body,
    pub(crate) format: Format,
    /// What a message is that comes as JSON.
    pub(crate) json: Option<MessageDescriptor>,
    pub(crate) limits: CallLimits,
    /// The bytes that may be taken by all messages of all requests together.
    pub(crate) memory: Arc<Semaphore>,
    pub(crate) frames: Frames,
}

impl Messages {
    /// Reads the only message of a request.
    ///
    /// Fails with RESOURCE_EXHAUSTED as soon as the message tells of more bytes than the limit or than there is memory
    /// for, with DEADLINE_EXCEEDED when nothing comes for too long or the whole takes too long, with UNIMPLEMENTED when
    /// there is no message or more than one (gRPC's status codes, "Cardinality violations"), with INVALID_ARGUMENT
    /// where it is not what it should be, and with INTERNAL when the framing is wrong.
    pub(crate) async fn only(mut self) -> Result<Whole, Status> {
        let whole = timeout(self.limits.message_time, async {
            let message = match self.format.framing {
                Framing::Enveloped => self.only_enveloped().await?,
                Framing::Bare => self.bare().await?,
            };
            self.decode(message)
        });
        whole.await.map_err(|_| too_slow())?
    }

    /// The messages as the body of a request to a service.
    pub(crate) fn into_body(self) -> Body {
        let frames = stream::unfold(Some(self), |messages| async {
            let mut messages = messages?;
            match messages.next().await {
                // A service that reads it has it at once: its part of the memory is free again.
                Ok(Some(message)) => Some((Ok(Frame::data(message.bytes)), Some(messages))),
                Ok(None) => None,
                Err(status) => Some((Err(status), None)),
            }
        });
        Body::new(StreamBody::new(frames))
    }

    /// The next message of a stream, which may be silent between two of them. Fails like [`Messages::only`].
    async fn next(&mut self) -> Result<Option<Whole>, Status> {
        if self.frames.len() == 0 && !self.read(Duration::MAX).await? {
            return Ok(None);
        }
        let whole = timeout(self.limits.message_time, async {
            let message = self.enveloped().await?;
            message.map(|message| self.decode(message)).transpose()
        });
        whole.await.map_err(|_| too_slow())?
    }

    async fn only_enveloped(&mut self) -> Result<Whole, Status> {
        let none = || Status::unimplemented("this method takes one message, and none came");
        let message = self.enveloped().await?.ok_or_else(none)?;
        if self.frames.len() > 0 || self.read(self.limits.message_pause).await? {
            return Err(Status::unimplemented("this method takes one message, and more came"));
        }
        Ok(message)
    }

    /// The next message with its head, as it comes.
    async fn enveloped(&mut self) -> Result<Option<Whole>, Status> {
        let mut memory = None;
        loop {
            let len = self.expected_len()?;
            if let Some(bytes) = self.frames.next() {
                return Ok(Some(Whole { bytes, memory }));
            }
            if let Some(len) = len
                && memory.is_none()
            {
                memory = self.take(len)?;
            }
            if !self.read(self.limits.message_pause).await? {
                return match self.frames.len() {
                    0 => Ok(None),
                    read => Err(Status::internal(format!("the message was cut short after {read} bytes"))),
                };
            }
        }
    }

    /// The body, with a head before it.
    async fn bare(&mut self) -> Result<Whole, Status> {
        let max = self.limits.message_bytes;
        if self.body.size_hint().lower() > max as u64 {
            return Err(self.too_large());
        }
        let mut memory = None;
        while self.read(self.limits.message_pause).await? {
            if self.frames.len() > max {
                return Err(self.too_large());
            }
            // Nobody said how long it will be.
            drop(memory.take());
            memory = self.take(self.frames.len())?;
        }
        let flag = if self.format.encoding.is_some() { COMPRESSED } else { 0 };
        Ok(Whole { bytes: framed(flag, &self.frames.rest()), memory })
    }

    /// Reads on; false at the end.
    async fn read(&mut self, pause: Duration) -> Result<bool, Status> {
        let data = if pause == Duration::MAX {
            self.data().await?
        } else {
            let stalled = |_| Status::deadline_exceeded("the request stopped coming before its end");
            timeout(pause, self.data()).await.map_err(stalled)??
        };
        let is_there = data.is_some();
        self.frames.push(data.unwrap_or_default());
        Ok(is_there)
    }

    async fn data(&mut self) -> Result<Option<Bytes>, Status> {
        while let Some(frame) = self.body.frame().await {
            // Trailers mean nothing in a request.
            if let Ok(data) = frame.map_err(broken)?.into_data()
                && !data.is_empty()
            {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    /// The length of the next message, once its head is there.
    fn expected_len(&self) -> Result<Option<usize>, Status> {
        let Some(head) = self.frames.head() else { return Ok(None) };
        if head.flag > COMPRESSED {
            let message = format!("the message has the flag {}, which means nothing in a request", head.flag);
            return Err(Status::internal(message));
        }
        if head.len > self.limits.message_bytes { Err(self.too_large()) } else { Ok(Some(head.len)) }
    }

    /// The message as services take it.
    fn decode(&self, message: Whole) -> Result<Whole, Status> {
        let is_compressed = message.bytes.first() == Some(&COMPRESSED);
        if !is_compressed && self.json.is_none() {
            return Ok(message);
        }
        let mut content = message.bytes.slice(HEAD..);
        if is_compressed {
            content = self.decompress(&content)?;
        }
        if let Some(json) = &self.json {
            content = from_json(json, &content)?.into();
        }
        // Both forms are there for a moment; the one that stays is counted.
        drop(message);
        Ok(Whole { memory: self.take(content.len())?, bytes: framed(0, &content) })
    }

    fn decompress(&self, content: &[u8]) -> Result<Bytes, Status> {
        let Some(encoding) = self.format.encoding else {
            return Err(Status::internal("the message is compressed, and no header says how"));
        };
        encoding.decode(content, self.limits.message_bytes).map_err(|error| match error {
            DecodeError::TooLarge => self.too_large(),
            // gRPC's status codes: "Could not decompress, but compression algorithm supported".
            DecodeError::Broken => {
                Status::internal(format!("the message is not {}, as its header says", encoding.name()))
            }
        })
    }

    fn take(&self, len: usize) -> Result<Option<OwnedSemaphorePermit>, Status> {
        if len <= SMALL {
            return Ok(None);
        }
        let permit = u32::try_from(len).ok();
        let permit = permit.and_then(|len| Arc::clone(&self.memory).try_acquire_many_owned(len).ok());
        let too_many = || Status::resource_exhausted("too many large messages at once; send it again later");
        permit.map(Some).ok_or_else(too_many)
    }

    fn too_large(&self) -> Status {
        Status::resource_exhausted(format!("the message is larger than {} bytes", self.limits.message_bytes))
    }
}

fn too_slow() -> Status {
    Status::deadline_exceeded("the request did not come to an end in time")
}

fn broken(cause: Status) -> Status {
    tracing::debug!("the body of a request broke: {}", cause.message());
    Status::internal("the body ended too early, or is not what its content type says")
}
