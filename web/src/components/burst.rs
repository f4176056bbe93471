//! The burst: its form with the deadline of every call, and its progress. Independent of how calls are made.

use super::dom::{set_attribute, set_text};
use crate::model::burst::{Burst, BurstStatus, grouped};

/// The id and test id of the field for the number of calls.
pub const SIZE: &str = "burst-size";

/// The id and test id of the field for the number of calls in flight.
pub const IN_FLIGHT: &str = "burst-in-flight";

/// The id and test id of the stop button.
pub const STOP: &str = "burst-stop";

/// The id of the form.
pub const FORM_ID: &str = "burst";

/// The form before the first burst; elements that change have ids.
pub const FORM: &str = r#"<form id="burst" class="burst" novalidate aria-label="Burst">
<label>Calls<input id="burst-size" data-testid="burst-size" type="number" min="1" max="10000" value="1000" required></label>
<label>In flight<input id="burst-in-flight" data-testid="burst-in-flight" type="number" min="1" max="64" value="16" required></label>
<label>Deadline, ms<input id="deadline" data-testid="deadline" type="number" min="1" max="600000" placeholder="none"></label>
<button id="burst-start" data-testid="burst-start" class="second">Start burst</button>
<button id="burst-stop" data-testid="burst-stop" type="button" class="second" aria-disabled="true">Stop</button>
<progress id="burst-progress" data-testid="burst-progress" aria-label="Burst" value="0"></progress>
<p class="summary"><span id="burst-outcome" role="status"></span><span id="burst-completed">A burst sends random numbers; its progress and rate appear here. The deadline applies to clicks, too.</span><span id="burst-rate" data-testid="burst-rate"></span></p>
</form>"#;

/// Renders the progress; screen readers announce only the outcome.
pub fn render(burst: &Burst) {
    let is_running = burst.status() == BurstStatus::Running;
    set_attribute("burst-start", "aria-disabled", if is_running { "true" } else { "false" });
    set_attribute(STOP, "aria-disabled", if is_running { "false" } else { "true" });
    set_attribute("burst-progress", "max", &burst.size().to_string());
    set_attribute("burst-progress", "value", &burst.completed().to_string());
    set_text("burst-outcome", burst.outcome());
    set_text("burst-completed", &burst.progress());
    set_text("burst-rate", &format!(" · {} calls/s", grouped(burst.rate().into())));
}
