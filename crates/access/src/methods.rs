//! The methods that are counted, each with a row for every protocol. Must not know how often they are called.

use std::collections::{HashMap, HashSet};

use prost::Message;
use prost_types::FileDescriptorSet;

use crate::{
    name::{Name, NameError},
    protocol::Protocol,
    totals::Row,
};

/// The name of the row for calls of methods that do not exist.
const UNKNOWN: &str = "unknown";

/// Why methods cannot be read from a descriptor set.
#[derive(Debug, thiserror::Error)]
pub enum MethodsError {
    /// The bytes are something else.
    #[error("this is no encoded google.protobuf.FileDescriptorSet: {0}")]
    NotDescriptors(#[from] prost::DecodeError),
    /// A name is longer than a row can hold.
    #[error("{name} cannot be counted: {reason}")]
    Name {
        /// The name of a service or a method.
        name: String,
        /// What is wrong with it.
        reason: NameError,
    },
}

/// The methods that there are. Whatever else is called is counted in one row, `unknown`: no caller can make the table
/// grow.
#[derive(Clone, Debug)]
pub struct Methods {
    /// By path, the index of the first of a method's rows, one for each protocol.
    places: HashMap<String, usize>,
    rows: Vec<Row>,
    /// The services whose calls are not counted.
    excepted: HashSet<String>,
}

impl Methods {
    /// The methods of all services in an encoded `google.protobuf.FileDescriptorSet`.
    pub fn new(descriptors: &[u8]) -> Result<Self, MethodsError> {
        let unknown = name(UNKNOWN)?;
        let row = Row { service: unknown.clone(), method: unknown.clone(), protocol: unknown };
        Self { places: HashMap::new(), rows: vec![row], excepted: HashSet::new() }.and(descriptors)
    }

    /// These, and the methods of all services in another descriptor set.
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

    /// These, but calls of this service are not counted, be it of methods that are not known here.
    #[must_use]
    pub fn except(mut self, service: &str) -> Self {
        self.excepted.insert(service.into());
        // Their rows stay, for those of others are known by their index.
        self.places.retain(|path, _| service_of(path) != Some(service));
        self
    }

    fn add(&mut self, service: &str, method: &str) -> Result<(), MethodsError> {
        if self.excepted.contains(service) {
            return Ok(());
        }
        let path = format!("/{service}/{method}");
        let (service, method) = (name(service)?, name(method)?);
        self.places.insert(path, self.rows.len());
        for protocol in Protocol::ALL {
            let protocol = name(protocol.name())?;
            self.rows.push(Row { service: service.clone(), method: method.clone(), protocol });
        }
        Ok(())
    }

    /// The index of the row in which a call of this path is counted; none where it is not.
    pub(crate) fn row_of(&self, path: &str, protocol: Protocol) -> Option<usize> {
        match self.places.get(path) {
            Some(first) => Some(first + protocol as usize),
            None if service_of(path).is_some_and(|service| self.excepted.contains(service)) => None,
            None => Some(0),
        }
    }

    /// All rows there can be.
    pub(crate) fn rows(&self) -> &[Row] {
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
    fn what_does_not_exist_shares_one_row() {
        let methods = Methods::new(FILE_DESCRIPTOR_SET).unwrap();
        for path in ["/", "", "/a/b", "/TemplateGRPC/", "/increment.v1.IncrementService/Decrement"] {
            for protocol in Protocol::ALL {
                assert_eq!(row_of(&methods, path, protocol).unwrap(), ["unknown"; 3]);
            }
        }
    }

    #[test]
    fn a_service_that_is_excepted_has_no_row() {
        let methods = Methods::new(FILE_DESCRIPTOR_SET).unwrap().except("increment.v1.AccessService");
        assert_eq!(row_of(&methods, "/increment.v1.AccessService/ListAccessCounts", Protocol::Grpc), None);
        assert!(row_of(&methods, "/increment.v1.IncrementService/Increment", Protocol::Grpc).is_some());
    }

    #[test]
    fn a_service_is_excepted_with_the_methods_that_nobody_knows_yet() {
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
    fn other_bytes_are_no_descriptors() {
        assert!(matches!(Methods::new(b"words"), Err(MethodsError::NotDescriptors(_))));
    }
}
