//! The health of the server and its services, as services set it and probes read it.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::watch;

/// Whether calls are served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HealthState {
    /// Calls are served.
    #[default]
    Serving,
    /// Calls fail for now.
    NotServing,
    /// The server is shutting down, and serves no new calls.
    ShuttingDown,
}

/// The health that `grpc.health.v1.Health`, `/readyz` and `/healthz` report: everything serves until it is set otherwise. A
/// clone shares it, so that a service can hold one.
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

/// The health of the server, and that of the services in which it differs.
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
    /// Sets the health of the whole server: of the empty name, of `/readyz`, and of each service that is not worse off.
    /// [`HealthState::ShuttingDown`] is final.
    pub fn set(&self, state: HealthState) {
        self.modify(|states| states.server = state);
    }

    /// Sets the health of one service, by its full name.
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
    /// The health of a service, or of the server under the empty name.
    pub(crate) fn of(&self, service: &str) -> HealthState {
        match self.server {
            HealthState::Serving => self.services.get(service).copied().unwrap_or_default(),
            unhealthy => unhealthy,
        }
    }
}
