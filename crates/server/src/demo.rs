//! The demo as a server of `oneport`: its services, and the layer that counts their calls.

use std::time::SystemTime;

use increment_access::{AccessLayer, Ledger, LedgerMetrics, Methods, MethodsError, Protocol};
use increment_certs::{BearerToken, CertificateInfo};
use increment_proto::{
    FILE_DESCRIPTOR_SET,
    template::template_grpc_server::TemplateGrpcServer,
    v1::{
        connection_service_server::ConnectionServiceServer, increment_service_server::IncrementServiceServer,
    },
};
use oneport::{CallInfo, STANDARD_DESCRIPTOR_SETS, ServiceEntry};

use crate::{
    report_auth::ReportAuth,
    services::{Access, Connection, Increment, REPORT_BYTES, Template},
};

/// The services whose calls are not accesses: reading the counts would change them, and probes would drown them.
const NOT_COUNTED: [&str; 2] = ["increment.v1.AccessService", "grpc.health.v1.Health"];

/// The largest request of a method that takes a few numbers or names, in bytes: far more than these, for fields that a newer
/// contract may have, and too few for many elements.
const REQUEST_BYTES: usize = 4 << 10;

/// What requests for the page get where there is none.
const NO_PAGE: &str =
    "There is no page here: `cargo xtask page` makes it in dist/. The services are available.";

/// What the demo's services need.
#[derive(Debug, Default)]
pub struct Demo {
    /// Where accesses are counted; none counts nothing.
    pub ledger: Option<Ledger>,
    /// What other services present to report their accesses; without it they need a client certificate.
    pub report_token: Option<BearerToken>,
    /// The certificate that the server presents, for `DescribeConnection`.
    pub certificate: Option<CertificateInfo>,
    /// Measured beside the calls, where there is a ledger.
    pub metrics: Option<LedgerMetrics>,
}

impl Demo {
    /// A server with the demo's services, which count their calls in the ledger.
    pub fn builder(self) -> oneport::Builder {
        let access = Access::new(self.ledger.clone(), ReportAuth::new(self.report_token));
        let connection = Connection { started: SystemTime::now(), certificate: self.certificate };
        let services = [
            ServiceEntry::new(TemplateGrpcServer::new(Template), FILE_DESCRIPTOR_SET),
            ServiceEntry::new(IncrementServiceServer::new(Increment), FILE_DESCRIPTOR_SET),
            ServiceEntry::new(access, FILE_DESCRIPTOR_SET)
                .method_request_bytes("ReportAccesses", REPORT_BYTES),
            ServiceEntry::new(ConnectionServiceServer::new(connection), FILE_DESCRIPTOR_SET),
        ];
        let builder = oneport::Server::builder()
            .no_page_text(NO_PAGE)
            .target_info("increment-server", env!("CARGO_PKG_VERSION"));
        let builder = services
            .into_iter()
            .fold(builder, |builder, service| builder.register(service.request_bytes(REQUEST_BYTES)));
        let builder = match &self.ledger {
            Some(ledger) => builder.layer(AccessLayer::new(ledger).protocol_from(counted_protocol)),
            None => builder,
        };
        match (self.metrics, self.ledger) {
            (Some(metrics), Some(ledger)) => builder.metrics_text(move || metrics.text(&ledger)),
            _ => builder,
        }
    }
}

/// The methods whose calls are accesses.
///
/// Fails where a name has more bytes than the ledger takes.
pub fn counted_methods() -> Result<Methods, MethodsError> {
    let all =
        STANDARD_DESCRIPTOR_SETS.into_iter().try_fold(Methods::new(FILE_DESCRIPTOR_SET)?, Methods::and)?;
    Ok(NOT_COUNTED.iter().fold(all, |methods, service| methods.except(service)))
}

/// The protocol under which a call is counted; none where it must not be.
fn counted_protocol(extensions: &http::Extensions) -> Option<Protocol> {
    let call = extensions.get::<CallInfo>().filter(|call| !call.is_cross_site())?;
    Some(match call.protocol() {
        oneport::Protocol::Grpc => Protocol::Grpc,
        oneport::Protocol::GrpcWeb => Protocol::GrpcWeb,
        oneport::Protocol::GrpcWebText => Protocol::GrpcWebText,
        oneport::Protocol::Connect => Protocol::Connect,
    })
}
