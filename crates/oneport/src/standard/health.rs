//! `grpc.health.v1.Health`, the standard service of health checks.

use std::{collections::BTreeSet, sync::Arc};

use futures_util::{StreamExt, stream, stream::BoxStream};
use tokio::sync::watch;
use tonic::{Request, Response, Status, async_trait};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus, health_server,
};

use crate::health::{Health, HealthState, States};

/// Serves the health of the registered services.
#[derive(Debug)]
pub(super) struct HealthService {
    states: watch::Receiver<Arc<States>>,
    services: BTreeSet<String>,
}

impl HealthService {
    /// Serves the health of these services, and that of the server under the empty name.
    pub(super) fn new(health: &Health, services: BTreeSet<String>) -> Self {
        Self { states: health.subscribe(), services }
    }

    fn is_registered(&self, service: &str) -> bool {
        service.is_empty() || self.services.contains(service)
    }
}

#[async_trait]
impl health_server::Health for HealthService {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let service = &request.get_ref().service;
        if !self.is_registered(service) {
            return Err(Status::not_found("there is no such service here"));
        }
        Ok(Response::new(to_proto(self.states.borrow().service(service))))
    }

    type WatchStream = BoxStream<'static, Result<HealthCheckResponse, Status>>;

    /// The watch of an unknown service goes on, for the contract allows it to be registered later.
    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let service = request.into_inner().service;
        let is_registered = self.is_registered(&service);
        let states = changes(self.states.clone(), service);
        let unknown = HealthCheckResponse { status: ServingStatus::ServiceUnknown.into() };
        let responses = states.map(move |state| Ok(if is_registered { to_proto(state) } else { unknown }));
        Ok(Response::new(responses.boxed()))
    }
}

/// The state of a service and its changes, until the shutdown.
fn changes(
    states: watch::Receiver<Arc<States>>,
    service: String,
) -> impl stream::Stream<Item = HealthState> + Send {
    stream::unfold((states, service, None), |(mut states, service, last)| async move {
        if last == Some(HealthState::ShuttingDown) {
            return None;
        }
        let changed =
            states.wait_for(|states| last != Some(states.service(&service))).await.ok()?.service(&service);
        Some((changed, (states, service, Some(changed))))
    })
}

fn to_proto(state: HealthState) -> HealthCheckResponse {
    let status = match state {
        HealthState::Serving => ServingStatus::Serving,
        HealthState::NotServing | HealthState::ShuttingDown => ServingStatus::NotServing,
    };
    HealthCheckResponse { status: status.into() }
}
