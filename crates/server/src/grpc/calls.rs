//! A gRPC call to its service, within its deadline and its limits. Must not know gRPC-Web.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response};
use http_body_util::Full;
use increment_access::Ledger;
use increment_proto::{
    template::template_grpc_server::{self, TemplateGrpcServer},
    v1::{
        access_service_server::{self, AccessServiceServer},
        connection_service_server::{self, ConnectionServiceServer},
        increment_service_server::{self, IncrementServiceServer},
    },
};
use tokio::{sync::Semaphore, time::timeout};
use tonic::{Status, body::Body};
use tonic_health::pb::health_server::{self, HealthServer};
use tower::Service;

use super::{
    deadline::deadline,
    message::{Whole, read_one},
    methods::{Method, methods},
};
use crate::{
    app::Answer,
    services::{Access, Connection, Health, Increment, Template, WATCH, Watches},
};

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
    memory: Semaphore,
    template: TemplateGrpcServer<Template>,
    increment: IncrementServiceServer<Increment>,
    access: AccessServiceServer<Access>,
    watches: Watches,
    connection: ConnectionServiceServer<Connection>,
    health: HealthServer<Health>,
}

impl Calls {
    pub(crate) fn new(limits: CallLimits, ledger: Option<Ledger>, health: Health) -> Self {
        Self(Arc::new(Services {
            methods: methods(),
            limits,
            memory: Semaphore::new(limits.memory_bytes),
            template: TemplateGrpcServer::new(Template),
            increment: IncrementServiceServer::new(Increment),
            access: AccessServiceServer::new(Access(ledger.clone())),
            watches: Watches::new(ledger),
            connection: ConnectionServiceServer::new(Connection),
            health: HealthServer::new(health),
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

impl Services {
    async fn answer(&self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let unknown = || Status::unimplemented("there is no such method here");
        let method = *self.methods.get(request.uri().path()).ok_or_else(unknown)?;
        match deadline(request.headers())? {
            None => self.call_method(method, request).await,
            Some(time) => {
                let exceeded = |_| Status::deadline_exceeded(format!("the deadline of {time:?} passed"));
                timeout(time, self.call_method(method, request)).await.map_err(exceeded)?
            }
        }
    }

    async fn call_method(&self, method: Method, request: Request<Body>) -> Result<Response<Body>, Status> {
        if method.takes_stream {
            return self.dispatch(request).await;
        }
        let (parts, body) = request.into_parts();
        let Whole { bytes, memory: _held } = read_one(body, &self.limits, &self.memory).await?;
        self.dispatch(Request::from_parts(parts, Body::new(Full::new(bytes)))).await
    }

    async fn dispatch(&self, request: Request<Body>) -> Result<Response<Body>, Status> {
        if request.uri().path() == WATCH {
            return Ok(self.watches.answer(request).await);
        }
        let service = request.uri().path().split('/').nth(1).unwrap_or_default();
        let answered = match service {
            template_grpc_server::SERVICE_NAME => self.template.clone().call(request).await,
            increment_service_server::SERVICE_NAME => self.increment.clone().call(request).await,
            access_service_server::SERVICE_NAME => self.access.clone().call(request).await,
            connection_service_server::SERVICE_NAME => self.connection.clone().call(request).await,
            health_server::SERVICE_NAME => self.health.clone().call(request).await,
            _ => return Err(Status::unimplemented("there is no such service here")),
        };
        answered.map_err(|never: Infallible| match never {})
    }
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
