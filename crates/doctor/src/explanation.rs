//! The text of a problem: title, explanation and remedies.

/// The text that explains a problem to a person.
#[derive(Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The problem in a few words.
    pub title: &'static str,
    /// What it means: one sentence.
    pub explanation: &'static str,
    /// The remedies, one a line, without markup; commands are in backticks.
    pub remedies: &'static [&'static str],
    /// The possible causes of a problem that cannot be narrowed down; otherwise empty.
    pub possible_causes: &'static [PossibleCause],
}

/// A possible cause of a problem.
#[derive(Debug, PartialEq, Eq)]
pub struct PossibleCause {
    /// The cause in a few words.
    pub title: &'static str,
    /// The remedies, one a line.
    pub remedies: &'static [&'static str],
}

impl PossibleCause {
    pub(crate) const fn new(explanation: &'static Explanation) -> Self {
        Self { title: explanation.title, remedies: explanation.remedies }
    }
}
