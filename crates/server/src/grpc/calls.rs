//! A gRPC call to its service, within its deadline and its limits. Must not know gRPC-Web.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::Full;
use tokio::sync::Semaphore;
use tonic::{Status, body::Body};
use tower::Service;

use super::{
    compress::{Compress, add_accepted},
    deadline::deadline,
    encoding::{ENCODINGS, Encoding},
    frames::Frames,
    message::{Format, Messages, Whole},
    methods::{Method, Offer, methods},
};
use crate::app::Answer;

/// Bounds of one call.
#[derive(Clone, Copy, Debug)]
pub struct CallLimits {
    /// The largest message a caller may send, in bytes.
    pub message_bytes: usize,
    /// How many bytes all messages that are being read may take together, those of up to 1 KiB aside.
    pub memory_bytes: usize,
    /// The longest time that nothing comes of a message that is awaited; for calls that take one.
    pub message_pause: Duration,
    /// The longest time until such a message is there; enough for the largest one at 1.2 Mbit/s.
    pub message_time: Duration,
}

impl Default for CallLimits {
    fn default() -> Self {
        // 4 MiB is what gRPC implementations take by default.
        let (message_pause, message_time) = (Duration::from_secs(3), Duration::from_secs(30));
        Self { message_bytes: 4 << 20, memory_bytes: 256 << 20, message_pause, message_time }
    }
}

/// All services, over gRPC. A clone is cheap.
#[derive(Clone)]
pub(crate) struct Calls(Arc<Services>);

struct Services {
    methods: HashMap<String, Method>,
    limits: CallLimits,
    /// What is left of [`CallLimits::memory_bytes`].
    memory: Arc<Semaphore>,
}

impl Calls {
    pub(crate) fn new(limits: CallLimits, offers: &[Offer]) -> Self {
        Self(Arc::new(Services {
            methods: methods(offers),
            limits,
            memory: Arc::new(Semaphore::new(limits.memory_bytes)),
        }))
    }

    /// Whether there is a method of this path.
    pub(crate) fn knows(&self, path: &str) -> bool {
        self.0.methods.contains_key(path)
    }

    /// The paths of all methods.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.methods.keys().map(String::as_str)
    }
}

/// How a request comes where a translation says so; else it comes as gRPC. Or why it cannot be read.
pub(crate) type Translated = Result<Format, Status>;

impl Services {
    async fn answer(&self, mut request: Request<Body>) -> Result<Response<Body>, Status> {
        let unknown = || Status::unimplemented("there is no such method here");
        let method = self.methods.get(request.uri().path()).ok_or_else(unknown)?;
        let (format, compress) = match request.extensions_mut().remove::<Translated>() {
            Some(translated) => (translated?, None),
            None => of_grpc(request.headers())?,
        };
        let answer = match deadline(request.headers())? {
            None => self.call_method(method, format, request).await?,
            Some(deadline) => {
                let answer = deadline.bound(self.call_method(method, format, request)).await??;
                if method.gives_stream { answer.map(|body| deadline.bound_body(body)) } else { answer }
            }
        };
        Ok(match compress {
            Some(compress) => compress.answer(answer),
            None => answer,
        })
    }

    async fn call_method(
        &self,
        method: &Method,
        format: Format,
        request: Request<Body>,
    ) -> Result<Response<Body>, Status> {
        let (mut parts, body) = request.into_parts();
        // From here on nothing is compressed.
        parts.headers.remove(GRPC_ENCODING);
        let (input, limits, memory) = (method.input.clone(), self.limits, Arc::clone(&self.memory));
        let messages = Messages { body, format, input, limits, memory, frames: Frames::default() };
        if method.takes_stream {
            let request = Request::from_parts(parts, messages.into_body());
            return Ok(served(method.service.serve(request).await));
        }
        let Whole { bytes, memory: _held } = messages.only().await?;
        let request = Request::from_parts(parts, Body::new(Full::new(bytes)));
        Ok(served(method.service.serve(request).await))
    }
}

const GRPC_ENCODING: &str = "grpc-encoding";

/// How a gRPC request comes, and how its answer is compressed. Fails with UNIMPLEMENTED, listing what is known, where
/// the request is compressed in a way that is not.
fn of_grpc(headers: &HeaderMap) -> Result<(Format, Option<Compress>), Status> {
    let encoding = match headers.get(GRPC_ENCODING) {
        Some(name) => known(name)?,
        None => None,
    };
    let compress = Compress::new(headers.get("grpc-accept-encoding"), encoding);
    Ok((Format { encoding, ..Format::default() }, compress))
}

/// The encoding of this name. Fails with UNIMPLEMENTED where it is not known.
pub(crate) fn known(name: &HeaderValue) -> Result<Option<Encoding>, Status> {
    let text = name.to_str().unwrap_or("?");
    Encoding::named(text).map_err(|unknown| {
        let mut status = Status::unimplemented(format!(
            "the compression {unknown:?} is not known here; these are: {ENCODINGS}"
        ));
        add_accepted(status.metadata_mut().as_mut());
        status
    })
}

fn served(answer: Result<Response<Body>, Infallible>) -> Response<Body> {
    answer.unwrap_or_else(|never| match never {})
}

impl Service<Request<Body>> for Calls {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let services = Arc::clone(&self.0);
        Box::pin(async move { Ok(services.answer(request).await.unwrap_or_else(Status::into_http)) })
    }
}
