//! The registered methods by their path, read from the contracts, each with the service that handles it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use prost_reflect::{
    DescriptorPool, MessageDescriptor, MethodDescriptor, prost_types::method_options::IdempotencyLevel,
};

use super::entry::{GrpcService, MethodName, ServiceEntry};

/// A method and what is known of it before it is called.
pub(crate) struct Method {
    pub(super) name: Arc<MethodName>,
    /// Whether the caller sends a stream of messages instead of one.
    pub(super) is_client_streaming: bool,
    /// Whether the response is a stream of messages instead of one.
    pub(super) is_server_streaming: bool,
    /// Whether it changes nothing (`NO_SIDE_EFFECTS`).
    has_no_side_effects: bool,
    pub(super) input: MessageDescriptor,
    pub(super) output: MessageDescriptor,
    /// The largest message that it takes, in bytes as protobuf.
    pub(super) request_bytes: usize,
    pub(super) service: Arc<dyn GrpcService>,
}

impl Method {
    fn new(method: &MethodDescriptor, entry: &ServiceEntry) -> Self {
        Self {
            name: Arc::new(MethodName::new(entry.name, method.name())),
            is_client_streaming: method.is_client_streaming(),
            is_server_streaming: method.is_server_streaming(),
            has_no_side_effects: has_no_side_effects(method),
            input: method.input(),
            output: method.output(),
            request_bytes: entry.request_bytes_of(method.name()),
            service: Arc::clone(&entry.service),
        }
    }

    /// Whether it takes one message and returns one.
    pub(super) fn is_unary(&self) -> bool {
        !self.is_client_streaming && !self.is_server_streaming
    }

    /// Whether it may be called with GET.
    pub(super) fn allows_get(&self) -> bool {
        self.has_no_side_effects && self.is_unary()
    }
}

fn has_no_side_effects(method: &MethodDescriptor) -> bool {
    let options = method.method_descriptor_proto().options.as_ref();
    options.is_some_and(|options| options.idempotency_level() == IdempotencyLevel::NoSideEffects)
}

/// The registered services and their methods.
pub(super) struct Methods {
    services: HashSet<&'static str>,
    by_path: HashMap<String, Method>,
}

impl Methods {
    /// The methods of these services, which `pool` describes. Services of a contract that are not registered are left out.
    pub(super) fn new(entries: &[ServiceEntry], pool: &DescriptorPool) -> Self {
        let services = entries.iter().map(|entry| entry.name).collect();
        let described =
            entries.iter().filter_map(|entry| Some((entry, pool.get_service_by_name(entry.name)?)));
        let methods = described.flat_map(|(entry, service)| {
            let methods: Vec<_> = service.methods().map(|method| Method::new(&method, entry)).collect();
            methods
        });
        let by_path = methods.map(|method| (format!("/{}", method.name.full()), method)).collect();
        Self { services, by_path }
    }

    /// The method with this path, such as `/acme.orders.v1.OrderService/PlaceOrder`.
    pub(super) fn get(&self, path: &str) -> Option<&Method> {
        self.by_path.get(path)
    }

    /// Whether this is the path of a method of a registered service, be it one that the service does not have.
    pub(super) fn is_registered(&self, path: &str) -> bool {
        let service = path.strip_prefix('/').and_then(|path| path.split_once('/'));
        service.is_some_and(|(service, _)| self.services.contains(service))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Method)> {
        self.by_path.iter().map(|(path, method)| (path.as_str(), method))
    }
}
