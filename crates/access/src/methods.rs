//! The methods whose calls are counted, with a row for each protocol.

use std::collections::{HashMap, HashSet};

use prost::Message;
use prost_types::FileDescriptorSet;

use crate::{
    name::{Name, NameError},
    protocol::Protocol,
    row::Row,
};

/// The name of the row for calls of methods that do not exist.
const UNKNOWN: &str = "unknown";

/// Why methods cannot be read from a descriptor set.
#[derive(Debug, thiserror::Error)]
pub enum MethodsError {
    /// The bytes are not a descriptor set.
    #[error("this is not an encoded google.protobuf.FileDescriptorSet: {0}")]
    NotDescriptors(#[from] prost::DecodeError),
    /// A name is longer than a row can store.
    #[error("{name} cannot be counted: {reason}")]
    Name {
        /// The name of a service or a method.
        name: String,
        /// What is wrong.
        reason: NameError,
    },
}

/// The methods whose calls are counted. Calls of all other methods are counted in one row, `unknown`: callers cannot
/// make the table grow.
#[derive(Clone, Debug)]
pub struct Methods {
    /// By path, the index of the method's first row; there is one for each protocol.
    first_rows: HashMap<String, usize>,
    rows: Vec<Row>,
    /// The services whose calls are not counted.
    excluded: HashSet<String>,
}

impl Methods {
    /// The methods of all services in an encoded `google.protobuf.FileDescriptorSet`.
    pub fn new(descriptors: &[u8]) -> Result<Self, MethodsError> {
        let unknown = name(UNKNOWN)?;
        let row = Row { service: unknown.clone(), method: unknown.clone(), protocol: unknown };
        Self { first_rows: HashMap::new(), rows: vec![row], excluded: HashSet::new() }.and(descriptors)
    }

    /// Adds the methods of all services in another descriptor set.
    pub fn and(mut self, descriptors: &[u8]) -> Result<Self, MethodsError> {
        for file in FileDescriptorSet::decode(descriptors)?.file {
            let package = file.package.as_deref().map(|package| format!("{package}.")).unwrap_or_default();
            for service in &file.service {
                let service_name = format!("{package}{}", service.name());
                for method in &service.method {
                    self.add(&service_name, method.name())?;
                }
            }
        }
        Ok(self)
    }

    /// Excludes the calls of a service, also those of unknown methods.
    #[must_use]
    pub fn except(mut self, service: &str) -> Self {
        self.excluded.insert(service.into());
        // Its rows stay: the other rows are referenced by index.
        self.first_rows.retain(|path, _| service_of(path) != Some(service));
        self
    }

    fn add(&mut self, service: &str, method: &str) -> Result<(), MethodsError> {
        if self.excluded.contains(service) {
            return Ok(());
        }
        let path = format!("/{service}/{method}");
        let (service, method) = (name(service)?, name(method)?);
        self.first_rows.insert(path, self.rows.len());
        for protocol in Protocol::ALL {
            let protocol = name(protocol.name())?;
            self.rows.push(Row { service: service.clone(), method: method.clone(), protocol });
        }
        Ok(())
    }

    /// Returns the index of the row in which a call of this path is counted; none where it is not counted.
    pub(crate) fn row_of(&self, path: &str, protocol: Protocol) -> Option<usize> {
        match self.first_rows.get(path) {
            Some(first) => Some(first + protocol as usize),
            None if service_of(path).is_some_and(|service| self.excluded.contains(service)) => None,
            None => Some(0),
        }
    }

    /// All rows of calls.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
}

/// The service in the path of a call.
fn service_of(path: &str) -> Option<&str> {
    path.strip_prefix('/')?.split_once('/').map(|(service, _)| service)
}

fn name(text: &str) -> Result<Name, MethodsError> {
    Name::parse(text).map_err(|reason| MethodsError::Name { name: text.into(), reason })
}

#[cfg(test)]
mod tests {
    use increment_proto::FILE_DESCRIPTOR_SET;

    use super::*;

    fn row_of(methods: &Methods, path: &str, protocol: Protocol) -> Option<[String; 3]> {
        let row = &methods.rows()[methods.row_of(path, protocol)?];
        Some([&row.service, &row.method, &row.protocol].map(ToString::to_string))
    }

    #[test]
    fn each_method_has_a_row_for_each_protocol() {
        let methods = Methods::new(FILE_DESCRIPTOR_SET).unwrap();
        for (protocol, name) in [
            (Protocol::Grpc, "grpc"),
            (Protocol::GrpcWeb, "grpc-web"),
            (Protocol::GrpcWebText, "grpc-web-text"),
        ] {
            let row = row_of(&methods, "/TemplateGRPC/TemplateGRPCEndpoint", protocol);
            assert_eq!(row.unwrap(), ["TemplateGRPC", "TemplateGRPCEndpoint", name]);
            let row = row_of(&methods, "/increment.v1.IncrementService/CountUp", protocol);
            assert_eq!(row.unwrap(), ["increment.v1.IncrementService", "CountUp", name]);
        }
    }

    #[test]
    fn unknown_methods_share_one_row() {
        let methods = Methods::new(FILE_DESCRIPTOR_SET).unwrap();
        for path in ["/", "", "/a/b", "/TemplateGRPC/", "/increment.v1.IncrementService/Decrement"] {
            for protocol in Protocol::ALL {
                assert_eq!(row_of(&methods, path, protocol).unwrap(), ["unknown"; 3]);
            }
        }
    }

    #[test]
    fn an_excluded_service_has_no_row() {
        let methods = Methods::new(FILE_DESCRIPTOR_SET).unwrap().except("increment.v1.AccessService");
        assert_eq!(row_of(&methods, "/increment.v1.AccessService/ListAccessCounts", Protocol::Grpc), None);
        assert!(row_of(&methods, "/increment.v1.IncrementService/Increment", Protocol::Grpc).is_some());
    }

    #[test]
    fn a_service_is_excluded_with_its_unknown_methods() {
        let service = "increment.v1.AccessService";
        let before = Methods::new(&[]).unwrap().except(service).and(FILE_DESCRIPTOR_SET).unwrap();
        let after = Methods::new(FILE_DESCRIPTOR_SET).unwrap().except(service);
        for methods in [before, after] {
            for method in ["ListAccessCounts", "ForgetAccesses", ""] {
                assert_eq!(row_of(&methods, &format!("/{service}/{method}"), Protocol::Grpc), None);
            }
            let another = row_of(&methods, "/increment.v1.AccessServiceToo/List", Protocol::Grpc);
            assert_eq!(another.unwrap(), ["unknown"; 3]);
        }
    }

    #[test]
    fn other_bytes_are_not_descriptors() {
        assert!(matches!(Methods::new(b"words"), Err(MethodsError::NotDescriptors(_))));
    }
}
