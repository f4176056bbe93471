//! `grpc.health.v1.Health`, the standard service by which others learn whether to send calls here.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream, stream::BoxStream};
use tokio::sync::watch;
use tonic::{Request, Response, Status, async_trait};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus, health_server,
};

/// Whether calls are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Serving {
    /// They are.
    Yes,
    /// Not for now.
    No,
    /// Not any more: the server is going down.
    Ending,
}

/// Tells whether calls are answered; the same for all services.
#[derive(Debug)]
pub(crate) struct Health {
    serving: watch::Receiver<Serving>,
    services: BTreeSet<String>,
}

impl Health {
    /// Tells the health of these services, and under the empty name that of the server.
    pub(crate) fn new(serving: watch::Receiver<Serving>, services: BTreeSet<String>) -> Self {
        Self { serving, services }
    }

    fn knows(&self, service: &str) -> bool {
        service.is_empty() || self.services.contains(service)
    }
}

#[async_trait]
impl health_server::Health for Health {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        if !self.knows(&request.get_ref().service) {
            return Err(Status::not_found("there is no such service here"));
        }
        Ok(Response::new(told(*self.serving.borrow())))
    }

    type WatchStream = BoxStream<'static, Result<HealthCheckResponse, Status>>;

    /// A service that is not here may come, says the contract: its watch goes on.
    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let is_known = self.knows(&request.get_ref().service);
        let begin = (self.serving.clone(), None);
        let states = stream::unfold(begin, move |(mut serving, told)| async move {
            match told {
                Some(Serving::Ending) => return None,
                Some(_) => serving.changed().await.ok()?,
                None => {}
            }
            let now = *serving.borrow_and_update();
            Some((now, (serving, Some(now))))
        });
        let unknown = HealthCheckResponse { status: ServingStatus::ServiceUnknown.into() };
        let told = states.map(move |now| Ok(if is_known { told(now) } else { unknown }));
        Ok(Response::new(told.boxed()))
    }
}

fn told(serving: Serving) -> HealthCheckResponse {
    let status = match serving {
        Serving::Yes => ServingStatus::Serving,
        Serving::No | Serving::Ending => ServingStatus::NotServing,
    };
    HealthCheckResponse { status: status.into() }
}
