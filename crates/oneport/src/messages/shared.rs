//! Messages that many responses have in common, such as the snapshots of a watch: encoded, converted to JSON and compressed
//! once for all callers.

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

use super::{compress::Compress, frames::framed};

/// How many messages are remembered with their forms: the newest, and the one before it that some still send. A message has
/// ten forms at most: as protobuf and as JSON, plain and in two ways compressed, by size or always.
const MESSAGES: usize = 2;

/// How a message is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) is_json: bool,
    pub(crate) compress: Option<Compress>,
}

/// A message that many responses have in common. A clone is the same bytes.
#[derive(Clone, Debug)]
pub struct SharedMessage(Bytes);

impl SharedMessage {
    /// A message of protobuf, encoded.
    pub fn from_encoded(message: &[u8]) -> Self {
        Self(framed(0, message))
    }
}

/// Messages that many responses have in common, and the forms in which callers read them: as protobuf or JSON, plain or
/// compressed. Each is made once, and the memory that unread responses hold of it counts once. A clone shares them.
///
/// A service that streams the same large snapshot to thousands of callers makes its responses here instead of returning
/// messages to generated code, which would encode each for each caller.
#[derive(Clone, Debug, Default)]
pub struct SharedMessages(Arc<Mutex<VecDeque<Known>>>);

#[derive(Debug)]
struct Known {
    /// Kept, so that no other message comes to lie at the same place.
    frame: Bytes,
    forms: Vec<(Form, Made)>,
}

/// A form, once somebody has made it.
type Made = Arc<OnceCell<Bytes>>;

impl SharedMessages {
    /// A gRPC response of these messages, with the status OK or that of the first error. A method that returns one message
    /// has one; a stream may go on for ever.
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

    /// This form of the message, which `make` makes where nobody has before.
    pub(crate) async fn get(
        &self,
        frame: &Bytes,
        form: Form,
        make: impl Future<Output = Result<Bytes, Status>>,
    ) -> Result<Bytes, Status> {
        let made = self.known(frame, form);
        // One makes it and the others wait; where its caller goes away, the next one does.
        made.get_or_try_init(|| make).await.cloned()
    }

    fn known(&self, frame: &Bytes, form: Form) -> Made {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = known.iter().position(|known| is_same(&known.frame, frame)).unwrap_or_else(|| {
            if known.len() == MESSAGES {
                known.pop_front();
            }
            known.push_back(Known { frame: frame.clone(), forms: Vec::new() });
            known.len() - 1
        });
        let forms = &mut known[index].forms;
        if let Some((_, made)) = forms.iter().find(|(known, _)| *known == form) {
            return Arc::clone(made);
        }
        let made = Made::default();
        forms.push((form, Arc::clone(&made)));
        made
    }
}

/// Whether both are the same bytes of memory, which tells the same of what is in them without reading it.
fn is_same(one: &Bytes, other: &Bytes) -> bool {
    one.as_ptr() == other.as_ptr() && one.len() == other.len()
}

#[cfg(test)]
mod tests {
    use std::{future::pending, sync::atomic::AtomicUsize, sync::atomic::Ordering};

    use super::*;

    const JSON: Form = Form { is_json: true, compress: None };

    #[tokio::test]
    async fn a_form_is_made_once_for_all() {
        let (shared, times) = (SharedMessages::default(), AtomicUsize::new(0));
        let make = async || {
            times.fetch_add(1, Ordering::Relaxed);
            Ok(Bytes::from_static(b"made"))
        };
        let message = Bytes::from(vec![7; 100]);
        for _ in 0..3 {
            assert_eq!(shared.clone().get(&message.clone(), JSON, make()).await.unwrap(), "made");
        }
        assert_eq!(times.load(Ordering::Relaxed), 1);
        // The same content by chance is another message.
        shared.get(&Bytes::from(vec![7; 100]), JSON, make()).await.unwrap();
        shared.get(&message, Form { is_json: false, ..JSON }, make()).await.unwrap();
        assert_eq!(times.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn a_form_whose_maker_fails_or_goes_away_is_made_by_the_next() {
        let (shared, message) = (SharedMessages::default(), Bytes::from(vec![7; 100]));
        let failed = async { Err(Status::internal("no")) };
        assert!(shared.get(&message, JSON, failed).await.is_err());
        let gone = tokio::spawn({
            let (shared, message) = (shared.clone(), message.clone());
            async move { shared.get(&message, JSON, pending()).await }
        });
        tokio::task::yield_now().await;
        gone.abort();
        let made = shared.get(&message, JSON, async { Ok(Bytes::from_static(b"made")) });
        assert_eq!(made.await.unwrap(), "made");
    }

    #[tokio::test]
    async fn a_bounded_number_of_messages_is_remembered() {
        let shared = SharedMessages::default();
        for message in 0..100_u8 {
            let message = Bytes::from(vec![message; 100]);
            shared.get(&message, JSON, async { Ok(Bytes::new()) }).await.unwrap();
        }
        assert_eq!(shared.0.lock().unwrap().len(), MESSAGES);
    }
}
