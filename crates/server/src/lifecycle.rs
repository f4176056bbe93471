//! The shutdown, also where the ledger fails: then health is reported as bad for a moment before the server ends.

use std::time::Duration;

use increment_access::{Ledger, State};
use oneport::{Health, HealthState};
use tokio::time::sleep;

/// How long the server serves on when accesses cannot be committed any more, for health checks to see it.
pub const FAILURE_GRACE: Duration = Duration::from_secs(1);

/// Ready when `shutdown` is, and [`FAILURE_GRACE`] after the ledger has failed. Until then `health` follows the ledger;
/// from then on watches of the counts end.
pub async fn shutdown_with_ledger(shutdown: impl Future<Output = ()>, ledger: &Ledger, health: Health) {
    tokio::select! {
        () = shutdown => {}
        () = follow(ledger, &health) => sleep(FAILURE_GRACE).await,
    }
    ledger.close_watches();
}

/// Ready when the ledger has failed.
async fn follow(ledger: &Ledger, health: &Health) {
    let mut states = ledger.state();
    loop {
        let state = states.borrow_and_update().clone();
        let is_open = state == State::Open;
        health.set(if is_open { HealthState::Serving } else { HealthState::NotServing });
        if matches!(state, State::Failed(_)) {
            return;
        }
        if states.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
