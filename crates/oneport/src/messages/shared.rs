//! Messages that many responses share, such as the snapshots of a watch: encoded, converted to JSON and compressed once for
//! all callers.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::{HeaderMap, HeaderValue, Response, header};
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::sync::OnceCell;
use tonic::{Status, body::Body};

use super::{compression::Compression, frame::encode_frame};

/// The most messages whose converted forms are cached: the newest, and the one before it, which some responses still send. A
/// message has at most ten forms: as protobuf and as JSON, uncompressed and in two encodings, by size or always.
const CACHED_MESSAGES: usize = 2;

/// The form of a message that a caller accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) is_json: bool,
    pub(crate) compression: Option<Compression>,
}

/// A message that many responses share. A clone is the same bytes.
#[derive(Clone, Debug)]
pub struct SharedMessage(Bytes);

impl SharedMessage {
    /// A message of protobuf, encoded.
    pub fn from_encoded(message: &[u8]) -> Self {
        Self(encode_frame(0, message))
    }
}

/// Messages that many responses share, cached in the forms that callers accept: protobuf or JSON, uncompressed or compressed.
/// Each form is converted once, and the memory that unread responses hold of it counts once. A clone shares the cache.
///
/// A service that streams the same large snapshot to thousands of callers creates its responses here instead of returning
/// messages to generated code, which would encode each for each caller.
#[derive(Clone, Debug, Default)]
pub struct SharedMessages(Arc<Mutex<VecDeque<CachedMessage>>>);

#[derive(Debug)]
struct CachedMessage {
    /// Held, so that no other message is allocated at the same address.
    frame: Bytes,
    forms: Vec<(Form, FormCell)>,
}

/// A form, set by the first caller that needs it.
type FormCell = Arc<OnceCell<Bytes>>;

impl SharedMessages {
    /// A gRPC response with these messages, and the status OK or that of the first error. The response of a unary method has
    /// one message; a stream may be endless.
    pub fn response(
        &self,
        messages: impl Stream<Item = Result<SharedMessage, Status>> + Send + 'static,
    ) -> Response<Body> {
        let end = futures_util::stream::iter([Err(Status::ok(""))]);
        let frames = messages.chain(end).map(|message| match message {
            Ok(SharedMessage(frame)) => Ok(Frame::data(frame)),
            Err(status) => {
                let mut trailers = HeaderMap::new();
                status.add_header(&mut trailers).map(|()| Frame::trailers(trailers))
            }
        });
        let mut response = Response::new(Body::new(StreamBody::new(frames)));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        response.extensions_mut().insert(self.clone());
        response
    }

    /// This form of a message, which `convert` creates where it is not cached.
    pub(crate) async fn get_or_convert(
        &self,
        frame: &Bytes,
        form: Form,
        convert: impl Future<Output = Result<Bytes, Status>>,
    ) -> Result<Bytes, Status> {
        let cell = self.cell(frame, form);
        // One caller converts and the others wait; where its call is cancelled, the next one converts.
        cell.get_or_try_init(|| convert).await.cloned()
    }

    fn cell(&self, frame: &Bytes, form: Form) -> FormCell {
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = cached.iter().position(|cached| is_same(&cached.frame, frame)).unwrap_or_else(|| {
            if cached.len() == CACHED_MESSAGES {
                cached.pop_front();
            }
            cached.push_back(CachedMessage { frame: frame.clone(), forms: Vec::new() });
            cached.len() - 1
        });
        let forms = &mut cached[index].forms;
        if let Some((_, cell)) = forms.iter().find(|(cached, _)| *cached == form) {
            return Arc::clone(cell);
        }
        let cell = FormCell::default();
        forms.push((form, Arc::clone(&cell)));
        cell
    }
}

/// Whether both are the same memory, which implies the same content without comparing it.
fn is_same(one: &Bytes, other: &Bytes) -> bool {
    one.as_ptr() == other.as_ptr() && one.len() == other.len()
}

#[cfg(test)]
mod tests {
    use std::{future::pending, sync::atomic::AtomicUsize, sync::atomic::Ordering};

    use super::*;

    const JSON: Form = Form { is_json: true, compression: None };

    #[tokio::test]
    async fn a_form_is_converted_once_for_all_callers() {
        let (shared, times) = (SharedMessages::default(), AtomicUsize::new(0));
        let convert = async || {
            times.fetch_add(1, Ordering::Relaxed);
            Ok(Bytes::from_static(b"converted"))
        };
        let message = Bytes::from(vec![7; 100]);
        for _ in 0..3 {
            assert_eq!(
                shared.clone().get_or_convert(&message.clone(), JSON, convert()).await.unwrap(),
                "converted"
            );
        }
        assert_eq!(times.load(Ordering::Relaxed), 1);
        // Equal content in other memory is another message.
        shared.get_or_convert(&Bytes::from(vec![7; 100]), JSON, convert()).await.unwrap();
        shared.get_or_convert(&message, Form { is_json: false, ..JSON }, convert()).await.unwrap();
        assert_eq!(times.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn a_form_whose_conversion_fails_or_is_cancelled_is_converted_by_the_next_caller() {
        let (shared, message) = (SharedMessages::default(), Bytes::from(vec![7; 100]));
        let failed = async { Err(Status::internal("no")) };
        assert!(shared.get_or_convert(&message, JSON, failed).await.is_err());
        let cancelled = tokio::spawn({
            let (shared, message) = (shared.clone(), message.clone());
            async move { shared.get_or_convert(&message, JSON, pending()).await }
        });
        tokio::task::yield_now().await;
        cancelled.abort();
        let converted = shared.get_or_convert(&message, JSON, async { Ok(Bytes::from_static(b"converted")) });
        assert_eq!(converted.await.unwrap(), "converted");
    }

    #[tokio::test]
    async fn a_bounded_number_of_messages_is_cached() {
        let shared = SharedMessages::default();
        for message in 0..100_u8 {
            let message = Bytes::from(vec![message; 100]);
            shared.get_or_convert(&message, JSON, async { Ok(Bytes::new()) }).await.unwrap();
        }
        assert_eq!(shared.0.lock().unwrap().len(), CACHED_MESSAGES);
    }
}
