//! Messages that many answers have in common, such as the states of a watch: what is made of one for one caller is there
//! for all who read it in the same way.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use tokio::sync::OnceCell;
use tonic::Status;

use super::compress::Compress;

/// How many messages are remembered with their forms: the newest, and the one before it that some still send. A message has
/// ten forms at most: as protobuf and as JSON, plain and in two ways compressed, by size or always.
const MESSAGES: usize = 2;

/// How a message is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) is_json: bool,
    pub(crate) compress: Option<Compress>,
}

/// The forms of messages that many answers have in common. An answer has it in its extensions, and its messages are clones
/// of the same bytes then. A clone remembers the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedMessages(Arc<Mutex<VecDeque<Known>>>);

#[derive(Debug)]
struct Known {
    /// Kept, so that no other message comes to lie at the same place.
    frame: Bytes,
    forms: Vec<(Form, Made)>,
}

/// A form, once somebody has made it.
type Made = Arc<OnceCell<Bytes>>;

impl SharedMessages {
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
