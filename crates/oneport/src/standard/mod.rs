//! The standard services of every server: health, and reflection in both versions.

mod health;
mod reflection;

use std::collections::BTreeSet;

use prost_reflect::DescriptorPool;
use tonic_health::pb::health_server::HealthServer;
use tonic_reflection::pb::{
    self, v1::server_reflection_server::ServerReflectionServer as ReflectionServer,
    v1alpha::server_reflection_server::ServerReflectionServer as AlphaServer,
};

use self::{health::HealthService, reflection::Reflection};
use crate::{
    health::Health,
    rpc::{DescriptorError, ServiceEntry, descriptor_pool},
};

/// The contracts of the standard services, health and reflection in both versions, each an encoded
/// `google.protobuf.FileDescriptorSet`. Every server registers these services.
pub const STANDARD_DESCRIPTOR_SETS: [&[u8]; 3] =
    [tonic_health::pb::FILE_DESCRIPTOR_SET, pb::v1::FILE_DESCRIPTOR_SET, pb::v1alpha::FILE_DESCRIPTOR_SET];

/// The largest request to a standard service, in bytes: a few names.
const REQUEST_BYTES: usize = 4 << 10;

/// The names of the standard services.
const STANDARD_SERVICES: [&str; 3] = [
    tonic_health::pb::health_server::SERVICE_NAME,
    pb::v1::server_reflection_server::SERVICE_NAME,
    pb::v1alpha::server_reflection_server::SERVICE_NAME,
];

/// Adds the standard services, and returns all with their contracts. Fails where a service cannot be registered.
pub(crate) fn with_standard_services(
    mut entries: Vec<ServiceEntry>,
    health: &Health,
) -> Result<(Vec<ServiceEntry>, DescriptorPool), DescriptorError> {
    let failed = |service: &str, reason: String| DescriptorError { service: service.into(), reason };
    if let Some(entry) = entries.iter().find(|entry| STANDARD_SERVICES.contains(&entry.name)) {
        return Err(failed(entry.name, "every server has this service already".into()));
    }
    let mut pool = descriptor_pool(&entries)?;
    for (service, set) in STANDARD_SERVICES.into_iter().zip(STANDARD_DESCRIPTOR_SETS) {
        pool.decode_file_descriptor_set(set).map_err(|error| failed(service, error.to_string()))?;
    }
    let names = entries.iter().map(|entry| entry.name.to_owned());
    let names: BTreeSet<_> = names.chain(STANDARD_SERVICES.map(Into::into)).collect();
    let [health_set, v1, v1alpha] = STANDARD_DESCRIPTOR_SETS;
    let reflection = Reflection::new(&pool);
    let standard = [
        ServiceEntry::new(HealthServer::new(HealthService::new(health, names)), health_set),
        ServiceEntry::new(ReflectionServer::new(reflection.clone()), v1),
        ServiceEntry::new(AlphaServer::new(reflection), v1alpha),
    ];
    entries.extend(standard.map(|entry| entry.request_bytes(REQUEST_BYTES)));
    Ok((entries, pool))
}
