//! The registered methods by their path, read from the contracts, each with the service that handles it.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::Arc,
};

use prost_reflect::{
    DescriptorPool, MessageDescriptor, MethodDescriptor, prost_types::method_options::IdempotencyLevel,
};

use super::entry::{GrpcService, ServiceEntry};
use crate::metrics::{CallMetrics, MethodMetrics};

/// A registered method.
pub(crate) struct Method {
    /// The full name of its service, a slash, and its own name.
    full_name: String,
    /// Where its own name starts in the full name.
    name_start: usize,
    /// Whether the caller sends a stream of messages.
    pub(super) is_client_streaming: bool,
    /// Whether the response is a stream of messages.
    pub(super) is_server_streaming: bool,
    /// Whether it is marked `NO_SIDE_EFFECTS`.
    has_no_side_effects: bool,
    pub(super) input: MessageDescriptor,
    pub(super) output: MessageDescriptor,
    /// The largest message of a request, in bytes as protobuf.
    pub(super) request_bytes: usize,
    pub(super) service: Arc<dyn GrpcService>,
    /// None where calls are not measured.
    pub(super) metrics: Option<Arc<MethodMetrics>>,
}

impl Method {
    fn new(method: &MethodDescriptor, entry: &ServiceEntry, metrics: Option<&CallMetrics>) -> Self {
        let full_name = format!("{}/{}", entry.name, method.name());
        Self {
            metrics: metrics.map(|metrics| Arc::new(metrics.method(&full_name))),
            full_name,
            name_start: entry.name.len() + 1,
            is_client_streaming: method.is_client_streaming(),
            is_server_streaming: method.is_server_streaming(),
            has_no_side_effects: has_no_side_effects(method),
            input: method.input(),
            output: method.output(),
            request_bytes: entry.max_request_bytes(method.name()),
            service: Arc::clone(&entry.service),
        }
    }

    /// The full name of its service, such as `acme.orders.v1.OrderService`.
    pub(super) fn service_name(&self) -> &str {
        &self.full_name[..self.name_start - 1]
    }

    /// Its own name, such as `PlaceOrder`.
    pub(super) fn name(&self) -> &str {
        &self.full_name[self.name_start..]
    }

    /// Whether request and response are one message each.
    pub(super) fn is_unary(&self) -> bool {
        !self.is_client_streaming && !self.is_server_streaming
    }

    /// Whether it may be called with GET.
    pub(super) fn allows_get(&self) -> bool {
        self.has_no_side_effects && self.is_unary()
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Method").field("full_name", &self.full_name).finish_non_exhaustive()
    }
}

fn has_no_side_effects(method: &MethodDescriptor) -> bool {
    let options = method.method_descriptor_proto().options.as_ref();
    options.is_some_and(|options| options.idempotency_level() == IdempotencyLevel::NoSideEffects)
}

/// The registered services and their methods.
pub(super) struct Methods {
    services: HashSet<&'static str>,
    by_path: HashMap<String, Arc<Method>>,
}

impl Methods {
    /// The methods of these services, which `pool` describes. Services of a contract that are not registered are left out.
    pub(super) fn new(
        entries: &[ServiceEntry],
        pool: &DescriptorPool,
        metrics: Option<&CallMetrics>,
    ) -> Self {
        let services = entries.iter().map(|entry| entry.name).collect();
        let described =
            entries.iter().filter_map(|entry| Some((entry, pool.get_service_by_name(entry.name)?)));
        let methods = described.flat_map(|(entry, service)| {
            let methods: Vec<_> =
                service.methods().map(|method| Method::new(&method, entry, metrics)).collect();
            methods
        });
        let by_path = methods.map(|method| (format!("/{}", method.full_name), Arc::new(method))).collect();
        Self { services, by_path }
    }

    /// The method with this path, such as `/acme.orders.v1.OrderService/PlaceOrder`.
    pub(super) fn get(&self, path: &str) -> Option<&Arc<Method>> {
        self.by_path.get(path)
    }

    /// Whether this is the path of a method of a registered service, even of one that the service does not have.
    pub(super) fn is_registered(&self, path: &str) -> bool {
        let service = path.strip_prefix('/').and_then(|path| path.split_once('/'));
        service.is_some_and(|(service, _)| self.services.contains(service))
    }
}
