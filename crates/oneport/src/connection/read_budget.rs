//! A bound on how much of one connection is read before the other connections of its worker are polled.

/// After this many bytes a connection yields to the others of its worker: a millisecond of work where they are as many small
/// HTTP/2 frames as possible.
const READ_BUDGET_BYTES: usize = 16 << 10;

/// The bytes that a connection has read since it last yielded.
#[derive(Debug, Default)]
pub(super) struct ReadBudget {
    used: usize,
}

impl ReadBudget {
    /// Counts bytes that were read.
    pub(super) fn consume(&mut self, bytes: usize) {
        self.used += bytes;
    }

    /// Restores the whole budget, as when nothing is left to read.
    pub(super) fn reset(&mut self) {
        self.used = 0;
    }

    /// Whether the budget is used up, and the connection has to yield; the whole budget is then restored.
    pub(super) fn must_yield(&mut self) -> bool {
        let must_yield = self.used >= READ_BUDGET_BYTES;
        if must_yield {
            self.reset();
        }
        must_yield
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_yields_after_its_budget() {
        let (mut budget, mut read, mut yields) = (ReadBudget::default(), 0, vec![]);
        while read < 3 * READ_BUDGET_BYTES {
            if budget.must_yield() {
                yields.push(read);
            }
            budget.consume(5000);
            read += 5000;
        }
        assert_eq!(yields, [20_000, 40_000]);
    }
}
