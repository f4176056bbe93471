//! Whether calls are answered: asks the standard health service, whose calls nobody counts.

use increment_doctor::Problem;
use tonic::Code;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use super::Finding;
use crate::{ClientError, Protocol, Target, transport::Transport};

/// Calls `grpc.health.v1.Health/Check`; says that calls by this protocol are answered.
pub(super) async fn ask(target: &Target, protocol: Protocol) -> Result<String, Finding> {
    let name = name(protocol);
    let transport = Transport::new(target, protocol, None);
    let mut client = HealthClient::with_origin(transport, target.url().clone());
    let status = match client.check(HealthCheckRequest::default()).await {
        Ok(response) if response.get_ref().status() == ServingStatus::Serving => {
            return Ok(format!("{name} answers"));
        }
        Ok(_) => {
            let seen = "its health service says NOT_SERVING";
            return Err(Finding::new(Problem::Unavailable, seen));
        }
        Err(status) => status,
    };
    match ClientError::of(&target.url().to_string(), status) {
        ClientError::Refused(status) if status.code() == Code::Unimplemented => {
            Ok(format!("{name} answers; without a health service, it does not say whether it takes calls"))
        }
        error => Err(Finding::of_call(error, protocol)),
    }
}

fn name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Grpc => "gRPC",
        Protocol::GrpcWeb => "gRPC-Web",
    }
}
