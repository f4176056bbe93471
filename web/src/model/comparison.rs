//! The comparison of concurrent calls at two addresses: its state as text and as two diagrams. Independent of how the calls
//! are made.

use super::{failure::Failure, overdue::NO_RESPONSE, waterfall::Waterfall};

/// The newest comparison.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    phase: Phase,
    waterfalls: Option<[Waterfall; 2]>,
}

#[derive(Clone, Debug, Default)]
enum Phase {
    /// Not started yet.
    #[default]
    Idle,
    Running,
    /// Running, without a response for too long.
    Overdue,
    Done,
    /// Failed, with this message.
    Failed(String),
}

impl Comparison {
    /// Registers the start of a comparison.
    pub fn start(&mut self) {
        self.phase = Phase::Running;
    }

    /// Registers that a response is overdue.
    pub fn mark_overdue(&mut self) {
        self.phase = Phase::Overdue;
    }

    /// Registers the end of the comparison: both diagrams, or a message.
    pub fn finish(&mut self, outcome: Result<[Waterfall; 2], String>) {
        (self.phase, self.waterfalls) = match outcome {
            Ok(waterfalls) => (Phase::Done, Some(waterfalls)),
            Err(message) => (Phase::Failed(message), None),
        };
    }

    /// Returns whether a comparison is running.
    pub fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running | Phase::Overdue)
    }

    /// Returns whether the newest comparison has failed.
    pub fn has_failed(&self) -> bool {
        matches!(self.phase, Phase::Failed(_))
    }

    /// Returns the diagrams of the last comparison; none before the first, and after a failure.
    pub fn waterfalls(&self) -> Option<&[Waterfall; 2]> {
        self.waterfalls.as_ref()
    }

    /// Returns the status as text.
    pub fn status(&self) -> &str {
        match &self.phase {
            Phase::Idle => {
                "Two diagrams appear here, one for each address: a line for each call, thin while it waits, thick \
                 while it is in flight."
            }
            Phase::Running => "20 calls to each address…",
            Phase::Overdue => NO_RESPONSE,
            Phase::Done => "A line for each call: thin while it waits, thick while it is in flight.",
            Phase::Failed(message) => message,
        }
    }
}

/// Returns the usual other address of the server; the ports are those of the README.
pub fn default_other(is_secure: bool, host: &str) -> String {
    if is_secure { format!("http://{host}:5080") } else { format!("https://{host}:5000") }
}

/// Describes the failure of a call to the other address, with the server's option that permits it to a page of `own`.
pub fn failure_at_other(failure: &Failure, other: &str, own: &str) -> String {
    let option = if other.starts_with("http:") {
        "--plaintext-listen 127.0.0.1:5080".to_owned()
    } else {
        format!("--cors-origin {own}")
    };
    format!("{other}: {}. Is the server started with {option}?", failure.title())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::failure::Kind;

    fn waterfall(origin: &str) -> Waterfall {
        Waterfall { origin: origin.to_owned(), http: None, bars: Vec::new() }
    }

    #[test]
    fn the_status_covers_every_state() {
        let mut comparison = Comparison::default();
        assert!(comparison.status().starts_with("Two diagrams appear here") && !comparison.is_running());
        comparison.start();
        assert!(comparison.status().starts_with("20 calls") && comparison.is_running());
        comparison.mark_overdue();
        assert!(comparison.status() == NO_RESPONSE && comparison.is_running());
        comparison.finish(Ok([waterfall("a"), waterfall("b")]));
        assert!(comparison.status().starts_with("A line for each call") && !comparison.is_running());
        comparison.start();
        comparison.finish(Err("no such host".to_owned()));
        assert!(comparison.status() == "no such host" && comparison.has_failed());
    }

    #[test]
    fn the_diagrams_are_displayed_until_the_end_of_the_next_comparison() {
        let mut comparison = Comparison::default();
        comparison.finish(Ok([waterfall("a"), waterfall("b")]));
        comparison.start();
        assert_eq!(comparison.waterfalls().map(|[own, _]| own.origin.as_str()), Some("a"));
        comparison.finish(Err(String::new()));
        assert!(comparison.waterfalls().is_none());
    }

    #[test]
    fn the_other_address_has_the_other_scheme() {
        assert_eq!(default_other(true, "localhost"), "http://localhost:5080");
        assert_eq!(default_other(false, "127.0.0.1"), "https://127.0.0.1:5000");
    }

    #[test]
    fn a_failure_at_the_other_address_names_the_option() {
        let failure = Failure { kind: Kind::Unreachable, code: 14, message: String::new() };
        let page = "https://localhost:5000";
        let plaintext = failure_at_other(&failure, "http://localhost:1", page);
        assert!(plaintext.starts_with("http://localhost:1: "), "{plaintext}");
        assert!(
            plaintext.ends_with("Is the server started with --plaintext-listen 127.0.0.1:5080?"),
            "{plaintext}"
        );
        let secure = failure_at_other(&failure, "https://localhost:1", page);
        assert!(
            secure.ends_with("Is the server started with --cors-origin https://localhost:5000?"),
            "{secure}"
        );
    }
}
