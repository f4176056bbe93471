//! The burst: how many calls and how many at once, how far it is, and the deadline of every call. Must not
//! know how calls are made.

use super::dom::put;
use crate::state::burst::{Burst, Stage, grouped};

/// The id and test id of the field that says how many calls.
pub const SIZE: &str = "burst-size";

/// The id and test id of the field that says how many of them at once.
pub const AT_ONCE: &str = "burst-at-once";

/// The id and test id of the button that stops it.
pub const STOP: &str = "burst-stop";

/// The id of the form.
pub const FORM_ID: &str = "burst";

/// The form before the first burst; what changes has an id.
pub const FORM: &str = r#"<form id="burst" class="burst" novalidate aria-label="Burst">
<label>Calls<input id="burst-size" data-testid="burst-size" type="number" min="1" max="10000" value="1000" required></label>
<label>At once<input id="burst-at-once" data-testid="burst-at-once" type="number" min="1" max="64" value="16" required></label>
<label>Deadline, ms<input id="deadline" data-testid="deadline" type="number" min="1" max="600000" placeholder="none"></label>
<button id="burst-start" data-testid="burst-start" class="second">Start burst</button>
<button id="burst-stop" data-testid="burst-stop" type="button" class="second" aria-disabled="true">Stop</button>
<progress id="burst-progress" data-testid="burst-progress" aria-label="Burst" value="0"></progress>
<p class="summary"><span id="burst-end" role="status"></span><span id="burst-far">A burst sends random numbers; how far and how fast it is appears here. The deadline holds for clicks too.</span><span id="burst-rate" data-testid="burst-rate"></span></p>
</form>"#;

/// Shows how far it is; only its end is read out.
pub fn draw(burst: &Burst) {
    let is_running = burst.stage() == Stage::Running;
    put("burst-start", "aria-disabled", if is_running { "true" } else { "false" });
    put(STOP, "aria-disabled", if is_running { "false" } else { "true" });
    put("burst-progress", "max", &burst.size().to_string());
    put("burst-progress", "value", &burst.ended().to_string());
    put("burst-end", "", burst.end());
    put("burst-far", "", &burst.far());
    put("burst-rate", "", &format!(" · {} calls/s", grouped(burst.rate().into())));
}
