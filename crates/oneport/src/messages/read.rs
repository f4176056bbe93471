//! The messages of a request: read as they come, within limits, and made what the services take: protobuf that is not
//! compressed, each after its head. Must not know what the messages mean.

use std::{mem, time::Duration};

use bytes::Bytes;
use futures_util::stream;
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, StreamBody};
use prost_reflect::MessageDescriptor;
use tokio::{task::coop::consume_budget, time::timeout};
use tonic::{Status, body::Body};

use super::{
    budget::{Budget, Charge},
    elements::{BYTES_PER_ELEMENT, are_few_in_json, are_few_in_proto},
    encoding::{DecodeError, Encoding, PARTS, UNPACKED_BASE, UNPACKED_RATIO, most_unpacked},
    format::{Codec, Format, Framing},
    frames::{COMPRESSED, Frames, HEAD, framed},
    json::from_json,
    limits::CallLimits,
};

/// Up to this many bytes are unpacked at once, where the call is served; a millisecond's work unpacks 300 KB.
const DECOMPRESS_INLINE_BYTES: usize = 288 << 10;

/// Up to this many bytes of JSON are read at once; a millisecond's work reads as much of the worst, which is empty rows.
const READ_JSON_INLINE_BYTES: usize = 4 << 10;

/// A message as services take it, with its head.
pub(crate) struct Whole {
    pub(crate) bytes: Bytes,
    /// Its part of the memory that all messages share.
    pub(crate) charge: Charge,
}

/// The messages of one request.
pub(crate) struct Messages {
    body: Body,
    format: Format,
    /// What a message is, where that is to be known.
    input: Option<MessageDescriptor>,
    limits: CallLimits,
    budget: Budget,
    frames: Frames,
    /// For what `frames` holds.
    charge: Charge,
}

impl Messages {
    /// The messages in a body. They are of the type `input`.
    pub(crate) fn new(
        body: Body,
        format: Format,
        input: &MessageDescriptor,
        limits: CallLimits,
        budget: Budget,
    ) -> Self {
        // Others are small, and handed on as they come: to clone it would have all workers write to the same place.
        let is_needed = format.codec == Codec::Json || limits.message_bytes > READ_JSON_INLINE_BYTES;
        let input = is_needed.then(|| input.clone());
        Self { body, format, input, limits, budget, frames: Frames::default(), charge: Charge::default() }
    }

    /// Reads the only message of a request.
    ///
    /// Fails with RESOURCE_EXHAUSTED as soon as the message tells of more bytes than the limit, or more have come than
    /// there is memory for, with DEADLINE_EXCEEDED when nothing comes for too long or the whole takes too long, with
    /// UNIMPLEMENTED when there is no message or more than one (gRPC's status codes, "Cardinality violations"), with
    /// INVALID_ARGUMENT where it is not what it should be, and with INTERNAL when the framing is wrong.
    pub(crate) async fn only(mut self) -> Result<Whole, Status> {
        let whole = timeout(self.limits.message_time, async {
            let message = match self.format.framing {
                Framing::Enveloped => self.only_enveloped().await?,
                Framing::Bare => self.bare().await?,
            };
            self.decode(message).await
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
        // All may be there already, and others want to be served beside it.
        consume_budget().await;
        if self.frames.len() == 0 && !self.read(Duration::MAX).await? {
            return Ok(None);
        }
        let whole = timeout(self.limits.message_time, async {
            match self.enveloped().await? {
                Some(message) => self.decode(message).await.map(Some),
                None => Ok(None),
            }
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
        loop {
            self.check_head()?;
            if let Some(bytes) = self.frames.next() {
                // What follows it is charged when more comes.
                return Ok(Some(Whole { bytes, charge: mem::take(&mut self.charge) }));
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
        while self.read(self.limits.message_pause).await? {
            if self.frames.len() > max {
                return Err(self.too_large());
            }
        }
        let flag = if self.format.encoding.is_some() { COMPRESSED } else { 0 };
        Ok(Whole { bytes: framed(flag, &self.frames.rest()), charge: mem::take(&mut self.charge) })
    }

    /// Reads on, and charges for what is there; false at the end.
    async fn read(&mut self, pause: Duration) -> Result<bool, Status> {
        let data = if pause == Duration::MAX {
            self.data().await?
        } else {
            let stalled = |_| Status::deadline_exceeded("the request stopped coming before its end");
            timeout(pause, self.data()).await.map_err(stalled)??
        };
        let Some(data) = data else { return Ok(false) };
        self.frames.push(data);
        self.charge.set(&self.budget, self.frames.len())?;
        Ok(true)
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

    /// Looks at the next message's head, once it is there.
    fn check_head(&self) -> Result<(), Status> {
        let Some(head) = self.frames.head() else { return Ok(()) };
        if head.flag > COMPRESSED {
            let message = format!("the message has the flag {}, which means nothing in a request", head.flag);
            return Err(Status::internal(message));
        }
        if head.len > self.limits.message_bytes { Err(self.too_large()) } else { Ok(()) }
    }

    /// The message as services take it.
    async fn decode(&mut self, message: Whole) -> Result<Whole, Status> {
        let is_compressed = message.bytes.first() == Some(&COMPRESSED);
        if !is_compressed && self.format.codec == Codec::Proto {
            self.check_elements(&message.bytes[HEAD..])?;
            return Ok(message);
        }
        // In a box, for the future of a call that needs none of it would be as large.
        Box::pin(self.translate(message, is_compressed)).await
    }

    async fn translate(&mut self, message: Whole, is_compressed: bool) -> Result<Whole, Status> {
        let Whole { bytes, mut charge } = message;
        let mut content = bytes.slice(HEAD..);
        if is_compressed {
            content = self.decompress(content).await?;
            charge.set(&self.budget, content.len())?;
        }
        match self.format.codec {
            Codec::Proto => self.check_elements(&content)?,
            Codec::Json => {
                content = self.read_json(content).await?;
                charge.set(&self.budget, content.len())?;
            }
        }
        Ok(Whole { bytes: framed(0, &content), charge })
    }

    async fn decompress(&mut self, content: Bytes) -> Result<Bytes, Status> {
        let Some(encoding) = self.format.encoding else {
            return Err(Status::internal("the message is compressed, and no header says how"));
        };
        let max = self.limits.message_bytes;
        let decoded = if most_unpacked(content.len()).min(max) <= DECOMPRESS_INLINE_BYTES {
            encoding.decode(&content, max)
        } else {
            self.budget.work(move || encoding.decode(&content, max)).await?
        };
        decoded.map_err(|error| self.not_decoded(encoding, error))
    }

    async fn read_json(&mut self, content: Bytes) -> Result<Bytes, Status> {
        let most = self.most_elements();
        let json = self.input.clone().ok_or_else(|| Status::internal("the message's type is not known"))?;
        let read = if content.len() <= READ_JSON_INLINE_BYTES {
            from_json(&json, &content)
        } else {
            let read = move || {
                if are_few_in_json(&content, most) { from_json(&json, &content) } else { Err(too_many(most)) }
            };
            self.budget.work(read).await?
        };
        read.map(Bytes::from)
    }

    /// Fails with RESOURCE_EXHAUSTED where a message of protobuf tells of too many things for its method.
    fn check_elements(&self, message: &[u8]) -> Result<(), Status> {
        let most = self.most_elements();
        match &self.input {
            // However many there are in so few bytes, they are read at once.
            Some(input)
                if message.len() > READ_JSON_INLINE_BYTES && !are_few_in_proto(input, message, most) =>
            {
                Err(too_many(most))
            }
            _ => Ok(()),
        }
    }

    fn most_elements(&self) -> usize {
        self.limits.message_bytes.max(READ_JSON_INLINE_BYTES) / BYTES_PER_ELEMENT
    }

    fn not_decoded(&self, encoding: Encoding, error: DecodeError) -> Status {
        let name = encoding.name();
        match error {
            DecodeError::TooLarge => self.too_large(),
            DecodeError::TooDense => Status::resource_exhausted(format!(
                "the message unpacks to more than {UNPACKED_RATIO} times its bytes and {UNPACKED_BASE} more"
            )),
            DecodeError::TooManyParts => Status::resource_exhausted(format!(
                "the message has more than {PARTS} parts that are each compressed with {name}"
            )),
            // gRPC's status codes: "Could not decompress, but compression algorithm supported".
            DecodeError::Broken => Status::internal(format!("the message is not {name}, as its header says")),
        }
    }

    fn too_large(&self) -> Status {
        Status::resource_exhausted(format!("the message is larger than {} bytes", self.limits.message_bytes))
    }
}

fn too_many(most: usize) -> Status {
    Status::resource_exhausted(format!("the message has more than {most} fields and elements"))
}

fn too_slow() -> Status {
    Status::deadline_exceeded("the request did not come to an end in time")
}

fn broken(cause: Status) -> Status {
    tracing::debug!("the body of a request broke: {}", cause.message());
    Status::internal("the body ended too early, or is not what its content type says")
}
