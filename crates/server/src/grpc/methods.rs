//! The methods there are, read from the contracts themselves.

use std::collections::{BTreeSet, HashMap};

use increment_proto::FILE_DESCRIPTOR_SET;
use prost::Message;
use prost_types::{FileDescriptorSet, ServiceDescriptorProto};

/// What is known of a method before it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Method {
    /// Whether the caller sends a stream of messages instead of one.
    pub(crate) takes_stream: bool,
}

/// The contracts of all services: our own, and the standard ones.
pub(crate) const CONTRACTS: [&[u8]; 2] = [FILE_DESCRIPTOR_SET, tonic_health::pb::FILE_DESCRIPTOR_SET];

/// All methods by their path, such as `/increment.v1.IncrementService/Increment`.
pub(crate) fn methods() -> HashMap<String, Method> {
    let mut methods = HashMap::new();
    for (name, service) in described() {
        for method in &service.method {
            let path = format!("/{name}/{}", method.name());
            methods.insert(path, Method { takes_stream: method.client_streaming() });
        }
    }
    methods
}

/// The names of all services.
pub(crate) fn services() -> BTreeSet<String> {
    described().map(|(name, _)| name).collect()
}

/// All services with their full names.
fn described() -> impl Iterator<Item = (String, ServiceDescriptorProto)> {
    let decode = |set| FileDescriptorSet::decode(set).expect("generated together with the code");
    CONTRACTS.into_iter().flat_map(move |set| decode(set).file).flat_map(|file| {
        let package = file.package.as_deref().map(|name| format!("{name}.")).unwrap_or_default();
        file.service.into_iter().map(move |service| (format!("{package}{}", service.name()), service))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_known_by_path_with_their_kind() {
        let methods = methods();
        let takes_stream = |path: &str| methods.get(path).map(|method| method.takes_stream);
        assert_eq!(takes_stream("/TemplateGRPC/TemplateGRPCEndpoint"), Some(false));
        assert_eq!(takes_stream("/increment.v1.IncrementService/Increment"), Some(false));
        assert_eq!(takes_stream("/increment.v1.IncrementService/CountUp"), Some(false));
        assert_eq!(takes_stream("/increment.v1.IncrementService/IncrementMany"), Some(true));
        assert_eq!(takes_stream("/increment.v1.IncrementService/Decrement"), None);
    }
}
