//! A gRPC call to its service, within its limits; its deadline is kept around it, but for that of a stream of answers.
//! Must not know gRPC-Web.

use std::{
    collections::{HashMap, HashSet},
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::Full;
use tonic::{Status, body::Body, metadata::MetadataValue};
use tower::Service;

use super::{
    deadline::deadline,
    methods::{Method, Offer, methods},
};
use crate::{
    messages::{
        Budget, CallLimits, Codec, Compress, ConnectionShare, ECHO_BYTES, ENCODINGS, Encoding, Format,
        GRPC_ACCEPT_ENCODING, GRPC_ENCODING, Messages, Whole, Writer, shortened,
    },
    outbound::Outbound,
    response::Answer,
};

const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// All services, over gRPC. A clone is cheap.
#[derive(Clone)]
pub(crate) struct Calls(Arc<Services>);

struct Services {
    services: HashSet<&'static str>,
    methods: HashMap<String, Method>,
    limits: CallLimits,
    /// What all calls may take together.
    budget: Budget,
}

impl Calls {
    pub(crate) fn new(limits: CallLimits, offers: &[Offer]) -> Self {
        Self(Arc::new(Services {
            services: offers.iter().map(|offer| offer.name).collect(),
            methods: methods(offers),
            limits,
            budget: Budget::new(&limits),
        }))
    }

    /// The method of this path.
    pub(crate) fn method(&self, path: &str) -> Option<&Method> {
        self.0.methods.get(path)
    }

    /// What one connection may take.
    pub(crate) fn share(&self) -> ConnectionShare {
        ConnectionShare::new(&self.0.limits)
    }

    /// What a call may take.
    pub(crate) fn budget<B>(&self, request: &Request<B>) -> Budget {
        self.0.budget.of(request.extensions().get())
    }

    /// Whether this is the path of a method, be it one that its service does not have.
    pub(crate) fn serves(&self, path: &str) -> bool {
        let service = path.strip_prefix('/').and_then(|path| path.split_once('/'));
        service.is_some_and(|(service, _)| self.0.services.contains(service))
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
            None => of_grpc(request.headers_mut())?,
        };
        let deadline = deadline(request.headers())?;
        let budget = self.budget.of(request.extensions().get());
        let writer = compress.map(|compress| {
            let (json, shared, budget) = (None, None, budget.clone());
            Writer { json, compress: Some(compress), budget, shared }
        });
        let answer = self.call_method(method, format, request, budget).await?;
        let answer = match deadline {
            Some(deadline) if method.gives_stream => answer.map(|body| deadline.bound_body(body)),
            _ => answer,
        };
        let answer = if method.gives_stream { unbuffered(answer) } else { answer };
        Ok(match writer {
            Some(writer) => writer.answer(answer, method.gives_stream).await,
            None => answer,
        })
    }

    async fn call_method(
        &self,
        method: &Method,
        format: Format,
        mut request: Request<Body>,
        budget: Budget,
    ) -> Result<Response<Body>, Status> {
        let outbound = request.extensions_mut().remove::<Arc<Outbound>>();
        let (parts, body) = request.into_parts();
        let limits = self.limits.of_method(method.request_bytes, format.codec == Codec::Json);
        let messages = Messages::new(body, format, &method.input, limits, budget);
        if method.takes_stream {
            let request = Request::from_parts(parts, messages.into_body());
            return Ok(served(method.service.serve(request).await));
        }
        let Whole { bytes, charge: _held } = messages.only().await?;
        let request = Request::from_parts(parts, Body::new(Full::new(bytes)));
        let _turn = match &outbound {
            Some(outbound) => outbound.turn().await,
            None => None,
        };
        Ok(served(method.service.serve(request).await))
    }
}

/// How a gRPC request comes, and how its answer is compressed; the services behind see nothing of that. Fails with
/// UNIMPLEMENTED, listing what is known, where the request is compressed in a way that is not.
fn of_grpc(headers: &mut HeaderMap) -> Result<(Format, Option<Compress>), Status> {
    let encoding = match headers.remove(GRPC_ENCODING) {
        Some(name) => known(&name)?,
        None => None,
    };
    let compress = Compress::new(headers.get(GRPC_ACCEPT_ENCODING), encoding);
    Ok((Format { encoding, ..Format::default() }, compress))
}

/// The encoding of this name. Fails with UNIMPLEMENTED where it is not known.
pub(crate) fn known(name: &HeaderValue) -> Result<Option<Encoding>, Status> {
    let text = name.to_str().unwrap_or("?");
    Encoding::named(text).map_err(|unknown| {
        let unknown = format!("{unknown:?}");
        let unknown = shortened(&unknown, ECHO_BYTES);
        let mut status = Status::unimplemented(format!(
            "the compression {unknown} is not known here; these are: {ENCODINGS}"
        ));
        let all = MetadataValue::from_static(ENCODINGS);
        status.metadata_mut().insert("grpc-accept-encoding", all);
        status
    })
}

/// A streamed answer that nginx passes on as it comes; by default it would hold it back
/// (<https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering>).
fn unbuffered(mut answer: Response<Body>) -> Response<Body> {
    if !answer.headers().contains_key(Status::GRPC_STATUS) {
        answer.headers_mut().insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    }
    answer
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
