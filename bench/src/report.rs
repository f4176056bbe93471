//! The results as text, with a table in Markdown.

use super::{
    cores::Cores,
    figures::Rounds,
    level::{LEVELS, Level},
    options::{Options, Protocol},
    server::{DURABILITIES, Durability},
    start, targets,
};

/// The results.
pub(crate) struct Report<'r> {
    pub(crate) options: &'r Options,
    pub(crate) cores: &'r Cores,
    /// One commit of this disk, in microseconds.
    pub(crate) commit: f64,
    /// For each of the levels.
    pub(crate) rounds: Vec<Rounds>,
    /// The start with a full ledger, in milliseconds.
    pub(crate) start: f64,
}

const COLUMNS: usize = 9;

const HEADS: [&str; COLUMNS] = [
    "in flight",
    "durability",
    "CPU us/call",
    "of off's",
    "calls/s",
    "of off's",
    "p50 us",
    "p99 us",
    "p50 longer, commits",
];
/// The column of words; the others hold numbers.
const WORDS: &str = "durability";

impl Report<'_> {
    pub(crate) fn text(&self) -> String {
        let protocol = match self.options.protocol {
            Protocol::Grpc => "gRPC",
            Protocol::GrpcWeb => "gRPC-Web",
        };
        let rows = LEVELS
            .iter()
            .zip(&self.rounds)
            .flat_map(|(level, rounds)| DURABILITIES.map(|durability| self.row(level, rounds, durability)));
        format!(
            "\nwhat counting accesses costs, in {protocol} over TLS: medians, rounds: {rounds}; {cores}\none commit of \
             this disk: {commit} us\n\n{table}\n{targets}\n\na strict server starts with {accesses} accesses in its \
             ledger: {start:.1} ms",
            rounds = self.options.rounds,
            cores = self.cores.text(),
            commit = grouped(self.commit),
            table = table(&rows.collect::<Vec<_>>()),
            targets = targets::lines(&self.rounds, self.commit).join("\n"),
            accesses = grouped(start::ACCESSES as f64),
            start = self.start,
        )
    }

    fn row(&self, level: &Level, rounds: &Rounds, durability: Durability) -> [String; COLUMNS] {
        let compared = |text: String| if durability == Durability::Off { String::new() } else { text };
        let ratio = |compare: targets::Compare| {
            compared(format!("{:.3}", compare(rounds, durability, self.commit).median))
        };
        let whole = |figure| grouped(rounds.median(durability, figure));
        [
            grouped(level.in_flight() as f64),
            durability.name().to_owned(),
            hundredths(rounds.median(durability, |cell| cell.cpu)),
            ratio(targets::cpu),
            whole(|cell| cell.rate),
            ratio(targets::rate),
            whole(|cell| cell.p50),
            whole(|cell| cell.p99),
            compared(hundredths(targets::commits(rounds, durability, self.commit).median)),
        ]
    }
}

/// A table in Markdown with aligned columns.
fn table(rows: &[[String; COLUMNS]]) -> String {
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
        rows.iter().map(|row| row[column].len()).chain([HEADS[column].len()]).max().unwrap_or_default()
    });
    let line = |row: [&str; COLUMNS]| {
        let cells = (0..COLUMNS).map(|column| match HEADS[column] {
            WORDS => format!(" {:<1$} |", row[column], widths[column]),
            _ => format!(" {:>1$} |", row[column], widths[column]),
        });
        format!("|{}\n", cells.collect::<String>())
    };
    let rules = (0..COLUMNS).map(|column| match HEADS[column] {
        WORDS => format!(" {} |", "-".repeat(widths[column])),
        _ => format!(" {}: |", "-".repeat(widths[column] - 1)),
    });
    let rule = format!("|{}\n", rules.collect::<String>());
    let rows = rows.iter().map(|row| line(row.each_ref().map(String::as_str)));
    [line(HEADS), rule].into_iter().chain(rows).collect()
}

/// With two decimals, and zero without a sign.
fn hundredths(number: f64) -> String {
    format!("{:.2}", (number * 100.0).round() / 100.0 + 0.0)
}

/// A whole number with a comma after each three digits.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let with_comma = |(index, digit): (usize, char)| {
        let comma = index > 0 && (digits.len() - index).is_multiple_of(3);
        comma.then_some(',').into_iter().chain([digit])
    };
    digits.chars().enumerate().flat_map(with_comma).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let row = ["1,024", "strict", "17.31", "1.023", "57,700", "0.981", "2,101", "9,411", "0.97"];
        let table = table(&[row.map(str::to_owned)]);
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(
            lines[..2],
            [
                "| in flight | durability | CPU us/call | of off's | calls/s | of off's | p50 us | p99 us | p50 longer, commits |",
                "| --------: | ---------- | ----------: | -------: | ------: | -------: | -----: | -----: | ------------------: |",
            ]
        );
        assert!(lines[2].starts_with("|     1,024 | strict     |       17.31 |    1.023 |"), "{}", lines[2]);
        assert!(lines.iter().all(|line| line.len() == lines[0].len()));
    }

    #[test]
    fn zero_has_no_sign() {
        assert_eq!([-0.004, -0.006, 17.316].map(hundredths), ["0.00", "-0.01", "17.32"]);
    }

    #[test]
    fn thousands_are_separated() {
        let grouped = [0.4, 999.0, 1000.0, 54_321.6, 10_000_000.0].map(grouped);
        assert_eq!(grouped, ["0", "999", "1,000", "54,322", "10,000,000"]);
    }
}
