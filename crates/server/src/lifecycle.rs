//! Serving until the shutdown, also where the ledger fails: then health is reported as bad for a moment before the server ends.

use std::time::Duration;

use increment_access::{Ledger, State};
use oneport::{BoundServer, Health, HealthState, ServeError};
use tokio::time::sleep;

/// How long the server serves on when accesses cannot be committed any more, for health checks to see it, and how long calls
/// may then take to end: their accesses are lost.
pub const FAILURE_GRACE: Duration = Duration::from_secs(1);

/// Serves until `shutdown` is ready or the ledger has failed. Until then `health` follows the ledger; from then on watches of
/// the counts end.
///
/// Fails as [`BoundServer::run`] does. Whether the ledger has failed is in its state.
pub async fn run_with_ledger(
    server: BoundServer,
    ledger: &Ledger,
    health: Health,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let running = server.run(async {
        tokio::select! {
            () = shutdown => {}
            () = follow(ledger, &health) => sleep(FAILURE_GRACE).await,
        }
        ledger.close_watches();
    });
    let aborted = async {
        let mut state = ledger.state();
        let has_failed = state.wait_for(|state| matches!(state, State::Failed(_))).await.is_ok();
        if has_failed {
            sleep(2 * FAILURE_GRACE).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        ended = running => ended,
        () = aborted => Ok(()),
    }
}

/// Sets `health` to the state of the ledger. Ready when the ledger has failed.
async fn follow(ledger: &Ledger, health: &Health) {
    let mut states = ledger.state();
    loop {
        let state = states.borrow_and_update().clone();
        health.set(if state == State::Open { HealthState::Serving } else { HealthState::NotServing });
        if matches!(state, State::Failed(_)) {
            return;
        }
        if states.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
