//! The targets for the cost of counting, and whether a run meets them.

use super::{
    figures::{Rounds, Spread},
    level::LEVELS,
    server::Durability,
};

/// Compares a server's rounds with those of the one that counts nothing; the number is one commit of this disk.
pub(crate) type Compare = fn(&Rounds, Durability, f64) -> Spread;

/// A limit for one comparison with the server that counts nothing.
struct Target {
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

const TARGETS: [Target; 4] = [
    Target {
        in_flight: 128,
        durability: Durability::Relaxed,
        what: "CPU per call, of off's",
        compare: cpu,
        limit: Limit::AtMost(1.05),
    },
    Target {
        in_flight: 128,
        durability: Durability::Relaxed,
        what: "calls per second, of off's",
        compare: rate,
        limit: Limit::AtLeast(0.95),
    },
    Target {
        in_flight: 128,
        durability: Durability::Strict,
        what: "calls per second, of off's",
        compare: rate,
        limit: Limit::AtLeast(0.5),
    },
    Target {
        in_flight: 1,
        durability: Durability::Strict,
        what: "p50, in commits of the disk",
        compare: latency,
        limit: Limit::AtMost(3.2),
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

/// How much longer than off's the median latency is, in commits of this disk.
pub(crate) fn commits(rounds: &Rounds, durability: Durability, commit: f64) -> Spread {
    rounds.added(durability, |cell| cell.p50).per(commit)
}

/// The median latency, in commits of this disk.
fn latency(rounds: &Rounds, durability: Durability, commit: f64) -> Spread {
    rounds.spread(durability, |cell| cell.p50).per(commit)
}

/// A line for each target. `rounds` has an element for each of [`LEVELS`].
pub(crate) fn lines(rounds: &[Rounds], commit: f64) -> Vec<String> {
    let line = |target: &Target| {
        let at_level = LEVELS.iter().zip(rounds).find(|(level, _)| level.in_flight() == target.in_flight);
        let (_, rounds) = at_level?;
        Some(target.line((target.compare)(rounds, target.durability, commit)))
    };
    TARGETS.iter().filter_map(line).collect()
}

impl Target {
    fn line(&self, found: Spread) -> String {
        let Self { in_flight, durability, what, .. } = self;
        let (is_met, limit) = match self.limit {
            Limit::AtMost(most) => (found.median <= most, format!("at most {most}")),
            Limit::AtLeast(least) => (found.median >= least, format!("at least {least}")),
        };
        let verdict = if is_met { "met" } else { "missed" };
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
    fn every_target_is_compared_with_the_median() {
        let cell = |cpu, rate, p50| Cell { cpu, rate, p50, p99: 0.0 };
        let mut rounds = vec![Rounds::default(); LEVELS.len()];
        for rounds in &mut rounds {
            rounds.push([cell(10.0, 1000.0, 500.0), cell(10.4, 940.0, 510.0), cell(12.0, 800.0, 2500.0)]);
        }
        assert_eq!(
            lines(&rounds, 1000.0),
            [
                "met       relaxed at 128 in flight: CPU per call, of off's, at most 1.05: 1.040 (1.040 to 1.040)",
                "missed    relaxed at 128 in flight: calls per second, of off's, at least 0.95: 0.940 (0.940 to 0.940)",
                "met       strict at 128 in flight: calls per second, of off's, at least 0.5: 0.800 (0.800 to 0.800)",
                "met       strict at 1 in flight: p50, in commits of the disk, at most 3.2: 2.500 (2.500 to 2.500)",
            ]
        );
    }
}
