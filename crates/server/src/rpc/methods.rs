//! The methods there are: read from the contracts, each with the service that answers it.

use std::{collections::HashMap, convert::Infallible, sync::Arc};

use http::{Request, Response};
use prost_reflect::{
    DescriptorPool, MessageDescriptor, MethodDescriptor, prost_types::method_options::IdempotencyLevel,
};
use tonic::{body::Body, server::NamedService};
use tower::Service;

use crate::response::Answer;

/// What answers the calls of a service.
pub(crate) trait Serve: Send + Sync {
    fn serve(&self, request: Request<Body>) -> Answer;
}

impl<S> Serve for S
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future = Answer>
        + Clone
        + Send
        + Sync,
{
    fn serve(&self, request: Request<Body>) -> Answer {
        self.clone().call(request)
    }
}

/// A service and the contract that describes it. A clone is cheap.
#[derive(Clone)]
pub struct Offer {
    pub(crate) name: &'static str,
    pub(crate) contract: &'static [u8],
    service: Arc<dyn Serve>,
    /// In bytes, of all methods.
    request_bytes: usize,
    /// In bytes, of methods that take others than the rest.
    method_request_bytes: Vec<(&'static str, usize)>,
}

impl Offer {
    /// A service as tonic generates it, and the encoded `FileDescriptorSet` that has its contract and all that this
    /// imports.
    pub fn new<S>(service: S, contract: &'static [u8]) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future = Answer>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
    {
        Self {
            name: S::NAME,
            contract,
            service: Arc::new(service),
            request_bytes: usize::MAX,
            method_request_bytes: Vec::new(),
        }
    }

    /// The largest message that the methods of this service take, in bytes as protobuf; as JSON it may have twice as many.
    /// Larger ones are refused with RESOURCE_EXHAUSTED. Where nothing is said,
    /// [`CallLimits::message_bytes`](crate::CallLimits::message_bytes) is the limit, which none exceeds.
    ///
    /// Say it: a message of a few megabytes can tell of a million rows, which take the service seconds and hundreds of
    /// megabytes to read.
    #[must_use]
    pub fn request_bytes(mut self, bytes: usize) -> Self {
        self.request_bytes = bytes;
        self
    }

    /// The same for one method, such as `ReportAccesses`.
    #[must_use]
    pub fn method_request_bytes(mut self, method: &'static str, bytes: usize) -> Self {
        self.method_request_bytes.push((method, bytes));
        self
    }

    fn request_bytes_of(&self, method: &str) -> usize {
        let own = self.method_request_bytes.iter().find(|(name, _)| *name == method);
        own.map_or(self.request_bytes, |(_, bytes)| *bytes)
    }
}

/// A method and what is known of it before it is called.
pub(crate) struct Method {
    /// Whether the caller sends a stream of messages instead of one.
    pub(crate) takes_stream: bool,
    /// Whether the answer is a stream of messages instead of one.
    pub(crate) gives_stream: bool,
    /// Whether it changes nothing (`NO_SIDE_EFFECTS`).
    only_reads: bool,
    pub(crate) input: MessageDescriptor,
    pub(crate) output: MessageDescriptor,
    /// The largest message that it takes, in bytes as protobuf.
    pub(crate) request_bytes: usize,
    pub(crate) service: Arc<dyn Serve>,
}

/// All methods by their path, such as `/increment.v1.IncrementService/Increment`. Of a contract's services, those that
/// nobody offers are left out.
pub(crate) fn methods(offers: &[Offer]) -> HashMap<String, Method> {
    let pool = pool(offers.iter().map(|offer| offer.contract));
    let services = offers.iter().filter_map(|offer| Some((offer, pool.get_service_by_name(offer.name)?)));
    let mut methods = HashMap::new();
    for (offer, service) in services {
        for method in service.methods() {
            methods.insert(path(&method), Method::new(&method, offer));
        }
    }
    methods
}

impl Method {
    /// Whether one message goes and one comes.
    pub(crate) fn is_unary(&self) -> bool {
        !self.takes_stream && !self.gives_stream
    }

    /// Whether it may be called with GET.
    pub(crate) fn may_be_got(&self) -> bool {
        self.only_reads && self.is_unary()
    }

    fn new(method: &MethodDescriptor, offer: &Offer) -> Self {
        Self {
            takes_stream: method.is_client_streaming(),
            gives_stream: method.is_server_streaming(),
            only_reads: only_reads(method),
            input: method.input(),
            output: method.output(),
            request_bytes: offer.request_bytes_of(method.name()),
            service: Arc::clone(&offer.service),
        }
    }
}

fn only_reads(method: &MethodDescriptor) -> bool {
    let options = method.method_descriptor_proto().options.as_ref();
    options.is_some_and(|options| options.idempotency_level() == IdempotencyLevel::NoSideEffects)
}

/// All contracts together.
pub(crate) fn pool(contracts: impl Iterator<Item = &'static [u8]>) -> DescriptorPool {
    let mut pool = DescriptorPool::new();
    for contract in contracts {
        pool.decode_file_descriptor_set(contract).expect("generated together with the code");
    }
    pool
}

fn path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}
