//! Watches the access counts over the browser's `fetch`, and reconnects with backoff until the future is dropped. Not on the
//! path of a click.

use increment_proto::v1::{
    AccessRow, Durability as DurabilityCode, WatchAccessCountsRequest, WatchAccessCountsResponse,
};
use web_sys::Window;

use super::{
    browser::{own_base_url, page_context},
    status::failure,
    streams::server_streaming,
    timer::{IdleTimer, sleep},
};
use crate::model::{
    accesses::{Durability, FeedStatus, Row, Snapshot},
    backoff::Backoff,
    overdue::OVERDUE_MS,
};

const WATCH: &str = "/increment.v1.AccessService/WatchAccessCounts";

/// Calls `on_event` with every snapshot and every change of status, an overdue first snapshot included.
///
/// Never returns; dropping the future aborts the stream.
pub async fn watch_accesses(on_event: impl Fn(Result<Snapshot, FeedStatus>) + Clone + 'static) {
    let window = web_sys::window().expect("a page runs in a window");
    let base = own_base_url(&window);
    let mut backoff = Backoff::default();
    on_event(Err(FeedStatus::Connecting));
    loop {
        let on_idle = on_event.clone();
        let mut timer = Some(IdleTimer::start(OVERDUE_MS, move || on_idle(Err(FeedStatus::Unresponsive))));
        let end = server_streaming(&base, WATCH, &WatchAccessCountsRequest {}, |message| {
            timer.take();
            backoff.reset();
            on_event(Ok(snapshot(message)));
        });
        let end = end.await;
        drop(timer);
        let failure = end.err().map(|status| failure(&status, page_context(&window)));
        let disconnected = |seconds| on_event(Err(FeedStatus::disconnected(failure.as_ref(), seconds)));
        wait(&window, backoff.fail(), disconnected).await;
    }
}

/// Waits, and calls `on_second` with the remaining seconds, down to 0.
async fn wait(window: &Window, mut remaining_ms: u32, on_second: impl Fn(u32)) {
    while remaining_ms > 0 {
        on_second(remaining_ms.div_ceil(1000));
        let step_ms = remaining_ms.min(1000);
        sleep(window, step_ms).await;
        remaining_ms -= step_ms;
    }
    on_second(0);
}

fn snapshot(message: WatchAccessCountsResponse) -> Snapshot {
    let durability = match message.durability() {
        DurabilityCode::Unspecified => None,
        DurabilityCode::Strict => Some(Durability::Strict),
        DurabilityCode::Relaxed => Some(Durability::Relaxed),
    };
    let row = |AccessRow { service, method, protocol, count }| Row { service, method, protocol, count };
    Snapshot { rows: message.rows.into_iter().map(row).collect(), durability }
}
