//! How much of one connection is read before others have their turn, however much has come on it.

/// After so many bytes other connections of the worker have their turn: a millisecond's work, where they are as many small
/// frames of HTTP/2 as can be.
const TURN_BYTES: usize = 16 << 10;

/// A connection's turn to be read.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// How many bytes were read in it.
    read: usize,
}

impl Turn {
    /// Bytes were read.
    pub(super) fn note(&mut self, bytes: usize) {
        self.read += bytes;
    }

    /// Nothing is left to read: the next turn begins with what comes.
    pub(super) fn end(&mut self) {
        self.read = 0;
    }

    /// Whether it is over; then the next one begins.
    pub(super) fn is_over(&mut self) -> bool {
        let is_over = self.read >= TURN_BYTES;
        if is_over {
            self.end();
        }
        is_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_ends_however_much_has_come() {
        let (mut turn, mut read, mut ends) = (Turn::default(), 0, vec![]);
        while read < 3 * TURN_BYTES {
            if turn.is_over() {
                ends.push(read);
            }
            turn.note(5000);
            read += 5000;
        }
        assert_eq!(ends, [20_000, 40_000]);
    }
}
