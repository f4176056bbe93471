//! The services of this server, each with its contract.

use std::collections::BTreeSet;

use increment_access::Ledger;
use increment_proto::{
    FILE_DESCRIPTOR_SET,
    template::template_grpc_server::TemplateGrpcServer,
    v1::{
        connection_service_server::ConnectionServiceServer, increment_service_server::IncrementServiceServer,
    },
};
use tokio::sync::watch;
use tonic_health::pb::health_server::HealthServer;
use tonic_reflection::pb::{
    self, v1::server_reflection_server::ServerReflectionServer as ReflectionServer,
    v1alpha::server_reflection_server::ServerReflectionServer as AlphaServer,
};

use super::{AccessCalls, Connection, Health, Increment, REPORT_BYTES, Reflection, Serving, Template};
use crate::rpc::{Offer, pool};

/// The contracts of all services: our own, and the standard ones.
pub(crate) const CONTRACTS: [&[u8]; 4] = [
    FILE_DESCRIPTOR_SET,
    tonic_health::pb::FILE_DESCRIPTOR_SET,
    pb::v1::FILE_DESCRIPTOR_SET,
    pb::v1alpha::FILE_DESCRIPTOR_SET,
];

/// The largest request of a method that takes a few numbers or names, in bytes: far more than these, for fields that a newer
/// contract may have, and too few to tell of many things.
const REQUEST_BYTES: usize = 4 << 10;

/// What this server is for.
pub(crate) fn own(ledger: Option<&Ledger>) -> Vec<Offer> {
    vec![
        Offer::new(TemplateGrpcServer::new(Template), FILE_DESCRIPTOR_SET).request_bytes(REQUEST_BYTES),
        Offer::new(IncrementServiceServer::new(Increment), FILE_DESCRIPTOR_SET).request_bytes(REQUEST_BYTES),
        Offer::new(AccessCalls::new(ledger.cloned()), FILE_DESCRIPTOR_SET)
            .request_bytes(REQUEST_BYTES)
            .method_request_bytes("ReportAccesses", REPORT_BYTES),
        Offer::new(ConnectionServiceServer::new(Connection), FILE_DESCRIPTOR_SET)
            .request_bytes(REQUEST_BYTES),
    ]
}

/// Adds what tools expect of any server: the contracts of its services (reflection, in both versions), and their
/// health.
pub(crate) fn with_standard(mut offers: Vec<Offer>, serving: watch::Receiver<Serving>) -> Vec<Offer> {
    let [_, health, v1, v1alpha] = CONTRACTS;
    let contracts = offers.iter().map(|offer| offer.contract).chain([health, v1, v1alpha]);
    let reflection = Reflection::new(&pool(contracts));
    let reflection_v1 = Offer::new(ReflectionServer::new(reflection.clone()), v1);
    let reflection_v1alpha = Offer::new(AlphaServer::new(reflection), v1alpha);
    offers.extend([reflection_v1, reflection_v1alpha].map(|offer| offer.request_bytes(REQUEST_BYTES)));
    let mut names: BTreeSet<_> = offers.iter().map(|offer| offer.name.to_owned()).collect();
    names.insert(tonic_health::pb::health_server::SERVICE_NAME.to_owned());
    let health = Offer::new(HealthServer::new(Health::new(serving, names)), health);
    offers.push(health.request_bytes(REQUEST_BYTES));
    offers
}
