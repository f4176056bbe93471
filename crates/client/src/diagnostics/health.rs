//! Checks that calls reach the server, by the standard health service, whose calls are not counted.

use increment_doctor::Problem;
use tonic::Code;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use super::finding::Finding;
use crate::{error::ClientError, protocol::Protocol, target::Target, transport::Transport};

/// Calls `grpc.health.v1.Health/Check`.
pub(super) async fn check(target: &Target, protocol: Protocol) -> Result<String, Finding> {
    let name = name(protocol);
    let transport = Transport::new(target, protocol, None);
    let mut client = HealthClient::with_origin(transport, target.url().clone());
    let status = match client.check(HealthCheckRequest::default()).await {
        Ok(response) if response.get_ref().status() == ServingStatus::Serving => {
            return Ok(format!("{name} works"));
        }
        Ok(_) => {
            let observed = "the health service reports NOT_SERVING";
            return Err(Finding::new(Problem::Unavailable, observed));
        }
        Err(status) => status,
    };
    match ClientError::from_status(&target.url().to_string(), status) {
        ClientError::Status(status) if status.code() == Code::Unimplemented => {
            Ok(format!("{name} works; the server has no health service, so whether it is serving is unknown"))
        }
        error => Err(Finding::from_call(error, protocol)),
    }
}

fn name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Grpc => "gRPC",
        Protocol::GrpcWeb => "gRPC-Web",
    }
}
