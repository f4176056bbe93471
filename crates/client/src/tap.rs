//! Records the HTTP request and response of a call.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, Request, Response, StatusCode, Version};
use http_body_util::BodyExt;
use tonic::body::Body;

/// Records the latest call of a client. Clones share the recording.
#[derive(Clone, Debug, Default)]
pub struct Tap(Arc<Mutex<Exchange>>);

/// The HTTP request and response of a call, as far as they were sent and received.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// The request.
    pub request: RecordedRequest,
    /// The response; `None` until its headers are received.
    pub response: Option<RecordedResponse>,
}

/// An HTTP request.
#[derive(Clone, Debug, Default)]
pub struct RecordedRequest {
    /// The path, such as `/increment.v1.IncrementService/Increment`.
    pub path: String,
    /// The headers, without those that hyper adds.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

/// An HTTP response.
#[derive(Clone, Debug)]
pub struct RecordedResponse {
    /// The HTTP version.
    pub version: Version,
    /// The HTTP status, which is 200 for every gRPC status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
    /// The trailers, if the body has ended with some.
    pub trailers: Option<HeaderMap>,
}

impl Tap {
    /// Returns the latest call.
    pub fn exchange(&self) -> Exchange {
        self.lock().clone()
    }

    /// Ignores poisoning: every change is complete.
    fn lock(&self) -> MutexGuard<'_, Exchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a request while its body is read.
    pub(crate) fn record_request(&self, request: Request<Body>) -> Request<Body> {
        let recorded = RecordedRequest {
            path: request.uri().path().into(),
            headers: request.headers().clone(),
            body: Vec::new(),
        };
        *self.lock() = Exchange { request: recorded, response: None };
        let tap = self.clone();
        request.map(|body| {
            Body::new(body.map_frame(move |frame| {
                if let Some(data) = frame.data_ref() {
                    tap.lock().request.body.extend_from_slice(data);
                }
                frame
            }))
        })
    }

    /// Records a response while its body is read.
    pub(crate) fn record_response(&self, response: Response<Body>) -> Response<Body> {
        self.lock().response = Some(RecordedResponse {
            version: response.version(),
            status: response.status(),
            headers: response.headers().clone(),
            body: Vec::new(),
            trailers: None,
        });
        let tap = self.clone();
        response.map(|body| {
            Body::new(body.map_frame(move |frame| {
                if let Some(recorded) = &mut tap.lock().response {
                    if let Some(data) = frame.data_ref() {
                        recorded.body.extend_from_slice(data);
                    }
                    recorded.trailers = frame.trailers_ref().cloned();
                }
                frame
            }))
        })
    }
}
