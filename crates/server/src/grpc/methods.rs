//! The methods there are, read from the contracts themselves.

use std::collections::HashMap;

use increment_proto::FILE_DESCRIPTOR_SET;
use prost::Message;
use prost_types::FileDescriptorSet;

/// What is known of a method before it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Method {
    /// Whether the caller sends a stream of messages instead of one.
    pub(crate) takes_stream: bool,
}

/// All methods by their path, such as `/increment.v1.IncrementService/Increment`.
pub(crate) fn methods() -> HashMap<String, Method> {
    let files = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).expect("generated together with the code");
    let mut methods = HashMap::new();
    for file in files.file {
        let package = file.package.as_deref().map(|name| format!("{name}.")).unwrap_or_default();
        for service in file.service {
            for method in &service.method {
                let path = format!("/{package}{}/{}", service.name(), method.name());
                methods.insert(path, Method { takes_stream: method.client_streaming() });
            }
        }
    }
    methods
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
