//! What counting may cost at most, and whether a run kept to it. Must not know how the figures came about.

use super::{
    figures::{Rounds, Spread},
    level::LEVELS,
    server::Durability,
};

/// Compares a server's rounds with those of the one that counts nothing; the number is one commit of this disk.
pub(crate) type Compare = fn(&Rounds, Durability, f64) -> Spread;

/// A promise about one comparison with the server that counts nothing.
struct Promise {
    in_flight: usize,
    durability: Durability,
    /// What is compared, for a person.
    what: &'static str,
    compare: Compare,
    limit: Limit,
}

enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

const PROMISES: [Promise; 5] = [
    Promise {
        in_flight: 128,
        durability: Durability::Relaxed,
        what: "CPU per call, of off's",
        compare: cpu,
        limit: Limit::AtMost(1.05),
    },
    Promise {
        in_flight: 128,
        durability: Durability::Relaxed,
        what: "calls per second, of off's",
        compare: rate,
        limit: Limit::AtLeast(0.95),
    },
    Promise {
        in_flight: 128,
        durability: Durability::Strict,
        what: "CPU per call, of off's",
        compare: cpu,
        limit: Limit::AtMost(1.15),
    },
    Promise {
        in_flight: 128,
        durability: Durability::Strict,
        what: "p50 longer than off's, in commits",
        compare: commits,
        limit: Limit::AtMost(2.0),
    },
    Promise {
        in_flight: 1024,
        durability: Durability::Strict,
        what: "calls per second, of off's",
        compare: rate,
        limit: Limit::AtLeast(0.8),
    },
];

/// CPU per call in parts of off's.
pub(crate) fn cpu(rounds: &Rounds, durability: Durability, _: f64) -> Spread {
    rounds.ratio(durability, |cell| cell.cpu)
}

/// Calls per second in parts of off's.
pub(crate) fn rate(rounds: &Rounds, durability: Durability, _: f64) -> Spread {
    rounds.ratio(durability, |cell| cell.rate)
}

/// How much longer than off's half of the calls take, in commits of this disk.
pub(crate) fn commits(rounds: &Rounds, durability: Durability, commit: f64) -> Spread {
    rounds.added(durability, |cell| cell.p50).per(commit)
}

/// A line for each promise. `rounds` has an element for each of [`LEVELS`].
pub(crate) fn lines(rounds: &[Rounds], commit: f64) -> Vec<String> {
    let line = |promise: &Promise| {
        let at_level = LEVELS.iter().zip(rounds).find(|(level, _)| level.in_flight() == promise.in_flight);
        let (_, rounds) = at_level?;
        Some(promise.line((promise.compare)(rounds, promise.durability, commit)))
    };
    PROMISES.iter().filter_map(line).collect()
}

impl Promise {
    fn line(&self, found: Spread) -> String {
        let Self { in_flight, durability, what, .. } = self;
        let (is_kept, limit) = match self.limit {
            Limit::AtMost(most) => (found.median <= most, format!("at most {most}")),
            Limit::AtLeast(least) => (found.median >= least, format!("at least {least}")),
        };
        let verdict = if is_kept { "kept" } else { "not kept" };
        let Spread { median, least, most } = found;
        format!(
            "{verdict:<9} {durability} at {in_flight} in flight: {what}, {limit}: {median:.3} ({least:.3} to {most:.3})",
            durability = durability.name(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{super::figures::Cell, *};

    #[test]
    fn every_promise_is_judged_by_its_median() {
        let cell = |cpu, rate, p50| Cell { cpu, rate, p50, p99: 0.0 };
        let mut rounds = vec![Rounds::default(); LEVELS.len()];
        for rounds in &mut rounds {
            rounds.push([cell(10.0, 1000.0, 500.0), cell(10.4, 940.0, 510.0), cell(12.0, 800.0, 2500.0)]);
        }
        assert_eq!(
            lines(&rounds, 1000.0),
            [
                "kept      relaxed at 128 in flight: CPU per call, of off's, at most 1.05: 1.040 (1.040 to 1.040)",
                "not kept  relaxed at 128 in flight: calls per second, of off's, at least 0.95: 0.940 (0.940 to 0.940)",
                "not kept  strict at 128 in flight: CPU per call, of off's, at most 1.15: 1.200 (1.200 to 1.200)",
                "kept      strict at 128 in flight: p50 longer than off's, in commits, at most 2: 2.000 (2.000 to 2.000)",
                "kept      strict at 1024 in flight: calls per second, of off's, at least 0.8: 0.800 (0.800 to 0.800)",
            ]
        );
    }
}
