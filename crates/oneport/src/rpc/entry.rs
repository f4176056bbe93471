//! A registered service: the tower service that tonic generates, its contract, and the limits of its requests.

use std::{convert::Infallible, fmt, sync::Arc};

use bytes::Bytes;
use http::{Request, Response};
use prost_reflect::DescriptorPool;
use tonic::{body::Body, server::NamedService};
use tower::Service;

use crate::response::ResponseFuture;

/// A service whose type is erased.
pub(super) trait GrpcService: Send + Sync {
    fn call(&self, request: Request<Body>) -> ResponseFuture;
}

/// Any tower service of the kind that tonic generates or a layer makes of one.
pub(super) struct Erased<S>(pub(super) S);

impl<S, B> GrpcService for Erased<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync,
    S::Future: Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn call(&self, request: Request<Body>) -> ResponseFuture {
        let response = self.0.clone().call(request);
        Box::pin(async { Ok(response.await?.map(Body::new)) })
    }
}

/// A service to register: what tonic generates, its contract, and the largest requests of its methods. A clone is cheap.
#[derive(Clone)]
pub struct ServiceEntry {
    pub(crate) name: &'static str,
    pub(crate) descriptors: &'static [u8],
    pub(super) service: Arc<dyn GrpcService>,
    /// In bytes, of all methods.
    request_bytes: usize,
    /// In bytes, of methods that take others than the rest.
    method_request_bytes: Vec<(&'static str, usize)>,
}

impl ServiceEntry {
    /// A service as tonic generates it, with an encoded `google.protobuf.FileDescriptorSet` that has its contract and all
    /// that this imports. Comments in it are shown by reflection.
    pub fn new<S, B>(service: S, file_descriptor_set: &'static [u8]) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self {
            name: S::NAME,
            descriptors: file_descriptor_set,
            service: Arc::new(Erased(service)),
            request_bytes: usize::MAX,
            method_request_bytes: Vec::new(),
        }
    }

    /// The largest message that the methods of this service take, in bytes as protobuf; twice as many as JSON. Larger ones
    /// are rejected with RESOURCE_EXHAUSTED. Default: [`CallLimits::message_bytes`](crate::CallLimits::message_bytes),
    /// which none exceeds.
    ///
    /// Set it as low as the methods allow: a message of a few megabytes may hold a million elements, which take the service
    /// seconds and hundreds of megabytes to decode.
    #[must_use]
    pub fn request_bytes(mut self, bytes: usize) -> Self {
        self.request_bytes = bytes;
        self
    }

    /// The same for one method, such as `PlaceOrder`.
    #[must_use]
    pub fn method_request_bytes(mut self, method: &'static str, bytes: usize) -> Self {
        self.method_request_bytes.push((method, bytes));
        self
    }

    pub(super) fn request_bytes_of(&self, method: &str) -> usize {
        let own = self.method_request_bytes.iter().find(|(name, _)| *name == method);
        own.map_or(self.request_bytes, |(_, bytes)| *bytes)
    }
}

impl fmt::Debug for ServiceEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ServiceEntry").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The names of a method and its service.
#[derive(Debug)]
pub(crate) struct MethodName {
    full: String,
    /// Where the method's own name begins.
    method: usize,
}

impl MethodName {
    pub(super) fn new(service: &str, method: &str) -> Self {
        Self { full: format!("{service}/{method}"), method: service.len() + 1 }
    }

    pub(super) fn service(&self) -> &str {
        &self.full[..self.method - 1]
    }

    pub(super) fn method(&self) -> &str {
        &self.full[self.method..]
    }

    /// The service's full name, a slash, and the method's.
    pub(super) fn full(&self) -> &str {
        &self.full
    }
}

/// Why a service cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot register {service}: {reason}")]
pub struct DescriptorError {
    /// The full name of the service.
    pub service: String,
    /// What is wrong with its file descriptor set.
    pub reason: String,
}

/// All contracts of these services together. Fails where a descriptor set cannot be decoded, contradicts another one or
/// does not describe its service, and where a service is registered twice.
pub(crate) fn descriptor_pool(entries: &[ServiceEntry]) -> Result<DescriptorPool, DescriptorError> {
    let mut pool = DescriptorPool::new();
    for (index, entry) in entries.iter().enumerate() {
        let failed = |reason: String| DescriptorError { service: entry.name.into(), reason };
        if entries[..index].iter().any(|other| other.name == entry.name) {
            return Err(failed("it is registered already".into()));
        }
        pool.decode_file_descriptor_set(entry.descriptors)
            .map_err(|error| failed(format!("its file descriptor set is invalid: {error}")))?;
        if pool.get_service_by_name(entry.name).is_none() {
            return Err(failed("its file descriptor set does not describe it".into()));
        }
    }
    Ok(pool)
}
