//! Reads the messages of a request within limits, and converts them to what services take: uncompressed, length-prefixed
//! protobuf.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, StreamBody};
use prost_reflect::MessageDescriptor;
use tokio::{task::coop::consume_budget, time::timeout};
use tonic::{Status, body::Body};

use super::{
    budget::{Budget, Charge},
    elements::{BYTES_PER_ELEMENT, json_exceeds, proto_exceeds},
    encoding::max_decompressed,
    errors::{body_failed, not_decompressed, too_large, too_many_elements, too_slow},
    format::{Codec, Format, Framing},
    frame::{COMPRESSED, FrameBuffer, PREFIX_BYTES, encode_frame},
    json::from_json,
    limits::CallLimits,
};

/// Up to this many bytes are decompressed on the connection's thread; a millisecond's work decompresses 300 KB.
const DECOMPRESS_INLINE_BYTES: usize = 288 << 10;

/// Up to this many bytes of JSON are decoded on the connection's thread: a millisecond's work for the costliest, empty messages.
const READ_JSON_INLINE_BYTES: usize = 4 << 10;

/// The one message of a request.
pub(crate) struct UnaryRequest {
    /// The message with its prefix, as services take it.
    pub(crate) frame: Bytes,
    /// The memory that it holds of its budget.
    pub(crate) charge: Charge,
}

/// Reads the messages of one request.
pub(crate) struct MessageReader {
    body: Body,
    format: Format,
    /// The type of the messages, where it is needed.
    input: Option<MessageDescriptor>,
    limits: CallLimits,
    budget: Budget,
    buffer: FrameBuffer,
    /// For the buffer, or the message that was taken from it.
    charge: Charge,
}

impl MessageReader {
    /// Reads messages of the type `input` from a body.
    pub(crate) fn new(
        body: Body,
        format: Format,
        input: &MessageDescriptor,
        limits: CallLimits,
        budget: Budget,
    ) -> Self {
        // Others are small, and passed on unread: a clone for each would contend for one reference count among all workers.
        let is_needed = format.codec == Codec::Json || limits.message_bytes > READ_JSON_INLINE_BYTES;
        let input = is_needed.then(|| input.clone());
        Self {
            body,
            format,
            input,
            limits,
            budget,
            buffer: FrameBuffer::default(),
            charge: Charge::default(),
        }
    }

    /// Reads the one message of a request.
    ///
    /// Fails with
    /// - RESOURCE_EXHAUSTED as soon as the prefix declares more bytes than the limit, or more have arrived than there is
    ///   memory for,
    /// - DEADLINE_EXCEEDED when the request pauses, or takes, longer than its limit,
    /// - UNIMPLEMENTED where there is no message or more than one (gRPC's status codes, "Cardinality violations"),
    /// - INVALID_ARGUMENT where the message cannot be decoded, and INTERNAL where the framing is malformed.
    pub(crate) async fn read_unary(mut self) -> Result<UnaryRequest, Status> {
        let frame = timeout(self.limits.message_time, async {
            let frame = match self.format.framing {
                Framing::Enveloped => self.one_enveloped().await?,
                Framing::Bare => self.bare().await?,
            };
            self.convert(frame).await
        });
        let frame = frame.await.map_err(|_| too_slow())??;
        Ok(UnaryRequest { frame, charge: self.charge })
    }

    /// The messages as the body of a request to a service.
    pub(crate) fn into_body(self) -> Body {
        let frames = stream::unfold(Some(self), |reader| async {
            let mut reader = reader?;
            match reader.next().await {
                Ok(Some(frame)) => Some((Ok(Frame::data(frame)), Some(reader))),
                Ok(None) => None,
                Err(status) => Some((Err(status), None)),
            }
        });
        Body::new(StreamBody::new(frames))
    }

    /// Reads the next message of a stream, between two of which any time may pass. Fails like [`Self::read_unary`].
    async fn next(&mut self) -> Result<Option<Bytes>, Status> {
        // All may have arrived already: yields to other connections.
        consume_budget().await;
        if self.buffer.len() == 0 && !self.read(Duration::MAX).await? {
            return Ok(None);
        }
        let frame = timeout(self.limits.message_time, async {
            match self.enveloped().await? {
                Some(frame) => self.convert(frame).await.map(Some),
                None => Ok(None),
            }
        });
        let frame = frame.await.map_err(|_| too_slow())??;
        // A service that reads it takes it over at once.
        self.charge = Charge::default();
        Ok(frame)
    }

    async fn one_enveloped(&mut self) -> Result<Bytes, Status> {
        let none = || Status::unimplemented("this method takes one message, and none came");
        let frame = self.enveloped().await?.ok_or_else(none)?;
        if self.buffer.len() > 0 || self.read(self.limits.message_pause).await? {
            return Err(Status::unimplemented("this method takes one message, and more came"));
        }
        Ok(frame)
    }

    /// The next message with its prefix, as received. What follows it is charged when more arrives.
    async fn enveloped(&mut self) -> Result<Option<Bytes>, Status> {
        loop {
            self.check_prefix()?;
            if let Some(frame) = self.buffer.next() {
                return Ok(Some(frame));
            }
            if !self.read(self.limits.message_pause).await? {
                return match self.buffer.len() {
                    0 => Ok(None),
                    read => Err(Status::internal(format!("the message was cut short after {read} bytes"))),
                };
            }
        }
    }

    /// The whole body, with a prefix.
    async fn bare(&mut self) -> Result<Bytes, Status> {
        let max = self.limits.message_bytes;
        if self.body.size_hint().lower() > max as u64 {
            return Err(too_large(self.limits.message_bytes));
        }
        while self.read(self.limits.message_pause).await? {
            if self.buffer.len() > max {
                return Err(too_large(self.limits.message_bytes));
            }
        }
        let flag = if self.format.encoding.is_some() { COMPRESSED } else { 0 };
        Ok(encode_frame(flag, &self.buffer.take()))
    }

    /// Reads more into the buffer, and charges for it; false at the end of the body.
    async fn read(&mut self, pause: Duration) -> Result<bool, Status> {
        let data = if pause == Duration::MAX {
            self.data().await?
        } else {
            let stalled = |_| Status::deadline_exceeded("the request stopped coming before its end");
            timeout(pause, self.data()).await.map_err(stalled)??
        };
        let Some(data) = data else { return Ok(false) };
        self.buffer.push(data);
        self.charge.set(&self.budget, self.buffer.len())?;
        Ok(true)
    }

    async fn data(&mut self) -> Result<Option<Bytes>, Status> {
        while let Some(frame) = self.body.frame().await {
            // Trailers of a request have no meaning.
            if let Ok(data) = frame.map_err(body_failed)?.into_data()
                && !data.is_empty()
            {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    fn check_prefix(&self) -> Result<(), Status> {
        let Some(prefix) = self.buffer.prefix() else { return Ok(()) };
        if prefix.flag > COMPRESSED {
            let flag = prefix.flag;
            let message = format!("the message has the flag {flag}, which means nothing in a request");
            return Err(Status::internal(message));
        }
        if prefix.len > self.limits.message_bytes {
            Err(too_large(self.limits.message_bytes))
        } else {
            Ok(())
        }
    }

    /// Converts a message to what services take.
    async fn convert(&mut self, frame: Bytes) -> Result<Bytes, Status> {
        let is_compressed = frame.first() == Some(&COMPRESSED);
        if !is_compressed && self.format.codec == Codec::Proto {
            self.check_elements(&frame[PREFIX_BYTES..])?;
            return Ok(frame);
        }
        // Boxed, or the future of each call would have room for this one.
        Box::pin(self.decode(frame.slice(PREFIX_BYTES..), is_compressed)).await
    }

    async fn decode(&mut self, message: Bytes, is_compressed: bool) -> Result<Bytes, Status> {
        let mut message = message;
        if is_compressed {
            message = self.decompress(message).await?;
            self.charge.set(&self.budget, message.len())?;
        }
        match self.format.codec {
            Codec::Proto => self.check_elements(&message)?,
            Codec::Json => {
                message = self.decode_json(message).await?;
                self.charge.set(&self.budget, message.len())?;
            }
        }
        Ok(encode_frame(0, &message))
    }

    async fn decompress(&mut self, message: Bytes) -> Result<Bytes, Status> {
        let Some(encoding) = self.format.encoding else {
            return Err(Status::internal("the message is compressed, and no header says how"));
        };
        let max = self.limits.message_bytes;
        let decompressed = if max_decompressed(message.len()).min(max) <= DECOMPRESS_INLINE_BYTES {
            encoding.decompress(&message, max)
        } else {
            self.budget.run(move || encoding.decompress(&message, max)).await?
        };
        decompressed.map_err(|error| not_decompressed(encoding, error, max))
    }

    async fn decode_json(&mut self, json: Bytes) -> Result<Bytes, Status> {
        let max = self.max_elements();
        let input = self.input.clone().ok_or_else(|| Status::internal("the message's type is not known"))?;
        let message = if json.len() <= READ_JSON_INLINE_BYTES {
            from_json(&input, &json)
        } else {
            let decode = move || {
                if json_exceeds(&json, max) { Err(too_many_elements(max)) } else { from_json(&input, &json) }
            };
            self.budget.run(decode).await?
        };
        message.map(Bytes::from)
    }

    /// Fails with RESOURCE_EXHAUSTED where a message of protobuf has more elements than its method takes.
    fn check_elements(&self, message: &[u8]) -> Result<(), Status> {
        let max = self.max_elements();
        match &self.input {
            // Fewer bytes are decoded quickly, however many elements they are.
            Some(input) if message.len() > READ_JSON_INLINE_BYTES && proto_exceeds(input, message, max) => {
                Err(too_many_elements(max))
            }
            _ => Ok(()),
        }
    }

    fn max_elements(&self) -> usize {
        self.limits.message_bytes.max(READ_JSON_INLINE_BYTES) / BYTES_PER_ELEMENT
    }
}
