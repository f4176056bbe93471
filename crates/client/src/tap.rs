//! Notes what calls carry over HTTP, as it passes. Must not know what it means.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, Request, Response, StatusCode, Version};
use http_body_util::BodyExt;
use tonic::body::Body;

/// Notes what the latest call of a client carries. A clone notes, and tells, the same.
#[derive(Clone, Debug, Default)]
pub struct Tap(Arc<Mutex<Exchange>>);

/// A call, as far as it came.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// What was sent.
    pub sent: Sent,
    /// What came back; none where nothing did.
    pub answer: Option<Answer>,
}

/// A request.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// The method's path, such as `/increment.v1.IncrementService/Increment`.
    pub path: String,
    /// Its headers, but those that HTTP adds itself.
    pub headers: HeaderMap,
    /// The bytes of its body.
    pub body: Vec<u8>,
}

/// A response.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The version of HTTP.
    pub version: Version,
    /// The status of HTTP, which is 200 for whatever gRPC says.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// The bytes of its body.
    pub body: Vec<u8>,
    /// The headers after the body.
    pub trailers: Option<HeaderMap>,
}

impl Tap {
    /// The latest call.
    pub fn exchange(&self) -> Exchange {
        self.lock().clone()
    }

    /// Each change is a whole one.
    fn lock(&self) -> MutexGuard<'_, Exchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The request, noted as its body is read.
    pub(crate) fn request(&self, request: Request<Body>) -> Request<Body> {
        let sent =
            Sent { path: request.uri().path().into(), headers: request.headers().clone(), body: Vec::new() };
        *self.lock() = Exchange { sent, answer: None };
        let tap = self.clone();
        request.map(|body| {
            Body::new(body.map_frame(move |frame| {
                if let Some(data) = frame.data_ref() {
                    tap.lock().sent.body.extend_from_slice(data);
                }
                frame
            }))
        })
    }

    /// The response, noted as its body is read.
    pub(crate) fn response(&self, response: Response<Body>) -> Response<Body> {
        self.lock().answer = Some(Answer {
            version: response.version(),
            status: response.status(),
            headers: response.headers().clone(),
            body: Vec::new(),
            trailers: None,
        });
        let tap = self.clone();
        response.map(|body| {
            Body::new(body.map_frame(move |frame| {
                if let Some(answer) = &mut tap.lock().answer {
                    if let Some(data) = frame.data_ref() {
                        answer.body.extend_from_slice(data);
                    }
                    answer.trailers = frame.trailers_ref().cloned();
                }
                frame
            }))
        })
    }
}
