//! Follows everybody's access counts over the browser's `fetch`, as long as it is let: apart from a click's
//! way. A server that is away is asked again and again; giving up is the caller's, by dropping the future.

use increment_proto::v1::{
    AccessRow, Durability as DurabilityCode, WatchAccessCountsRequest, WatchAccessCountsResponse,
};
use web_sys::Window;

use super::{
    browser::{own_base, surroundings},
    status::failure,
    streams::answers,
    timer::{IdleTimer, sleep},
};
use crate::state::{
    accesses::{Counts, Durability, Row, Silence},
    backoff::Backoff,
    overdue::SILENT_MS,
};

const WATCH: &str = "/increment.v1.AccessService/WatchAccessCounts";

/// Tells the counts at once and after each change, and in between why there are none: the first come at once, and where they
/// do not come in time, that is told too.
///
/// Never ends; the stream is aborted when the future is dropped.
pub async fn watch_accesses(tell: impl Fn(Result<Counts, Silence>) + Clone + 'static) {
    let window = web_sys::window().expect("a page runs in a window");
    let base = own_base(&window);
    let mut backoff = Backoff::default();
    tell(Err(Silence::Asked));
    loop {
        let idle = tell.clone();
        let mut first = Some(IdleTimer::start(SILENT_MS, move || idle(Err(Silence::Unanswered))));
        let end = answers(&base, WATCH, &WatchAccessCountsRequest {}, |message| {
            first.take();
            backoff.succeed();
            tell(Ok(counts(message)));
        });
        let end = end.await;
        drop(first);
        let failure = end.err().map(|status| failure(&status, surroundings(&window)));
        let away = |seconds| tell(Err(Silence::away(failure.as_ref(), seconds)));
        wait(&window, backoff.fail(), away).await;
    }
}

/// Waits, and tells at each second how many are left, down to 0.
async fn wait(window: &Window, mut left_ms: u32, tell: impl Fn(u32)) {
    while left_ms > 0 {
        tell(left_ms.div_ceil(1000));
        let step_ms = left_ms.min(1000);
        sleep(window, step_ms).await;
        left_ms -= step_ms;
    }
    tell(0);
}

fn counts(message: WatchAccessCountsResponse) -> Counts {
    let durability = match message.durability() {
        DurabilityCode::Unspecified => None,
        DurabilityCode::Strict => Some(Durability::Strict),
        DurabilityCode::Relaxed => Some(Durability::Relaxed),
    };
    let row = |AccessRow { service, method, protocol, count }| Row { service, method, protocol, count };
    Counts { rows: message.rows.into_iter().map(row).collect(), durability }
}
