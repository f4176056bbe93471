//! The health of the server and its services: set by services, reported to probes.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::watch;

/// The health of a server or a service, as `grpc.health.v1.Health` and `/readyz` report it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HealthState {
    /// Calls are served: `SERVING`, and 200.
    #[default]
    Serving,
    /// Calls fail for now: `NOT_SERVING`, and 503.
    NotServing,
    /// The server is shutting down: `NOT_SERVING`, and 503. Set by [`BoundServer::run`](crate::BoundServer::run); final.
    ShuttingDown,
}

/// The health that `grpc.health.v1.Health` and `/readyz` report: [`HealthState::Serving`] until it is set otherwise. `/healthz`
/// reports 200 for as long as the process responds. A clone shares the state, so that a service can hold one; watches of
/// `grpc.health.v1.Health` receive each change.
///
/// ```
/// use oneport::{Health, HealthState};
///
/// let health = Health::default();
/// let server = oneport::Server::builder().health(health.clone());
/// // Later, as when a database cannot be reached:
/// health.set_service("acme.orders.v1.OrderService", HealthState::NotServing);
/// ```
#[derive(Clone, Debug)]
pub struct Health(watch::Sender<Arc<States>>);

/// The health of the server and of the services for which it was set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct States {
    server: HealthState,
    services: BTreeMap<String, HealthState>,
}

impl Default for Health {
    fn default() -> Self {
        Self(watch::Sender::new(Arc::default()))
    }
}

impl Health {
    /// Sets the health of the server: that of the empty name and of `/readyz`, and while it is not
    /// [`HealthState::Serving`], that of every service. Without effect after [`HealthState::ShuttingDown`].
    pub fn set(&self, state: HealthState) {
        self.modify(|states| states.server = state);
    }

    /// Sets the health of one service, by its full name. Without effect after [`HealthState::ShuttingDown`].
    pub fn set_service(&self, service: &str, state: HealthState) {
        self.modify(|states| {
            states.services.insert(service.to_owned(), state);
        });
    }

    fn modify(&self, set: impl FnOnce(&mut States)) {
        self.0.send_if_modified(|states| {
            let before = Arc::clone(states);
            if before.server != HealthState::ShuttingDown {
                set(Arc::make_mut(states));
            }
            before != *states
        });
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Arc<States>> {
        self.0.subscribe()
    }
}

impl States {
    /// The health of the server.
    pub(crate) fn server(&self) -> HealthState {
        self.server
    }

    /// The health of a service, or of the server under the empty name.
    pub(crate) fn service(&self, name: &str) -> HealthState {
        match self.server {
            HealthState::Serving => self.services.get(name).copied().unwrap_or_default(),
            not_serving => not_serving,
        }
    }
}
