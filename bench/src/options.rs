//! The benchmark's options.

use clap::{
    Parser, ValueEnum,
    builder::{RangedU64ValueParser, TypedValueParser},
};

/// The most rounds: half an hour.
const MOST_ROUNDS: u64 = 100;

/// Measures what counting accesses costs: the CPU time, throughput and latency of three release servers that differ in
/// --durability only, side by side.
#[derive(Parser)]
#[command(bin_name = "cargo xtask bench")]
pub(crate) struct Options {
    /// How often each server takes its turn at each level, 1 to 100; 5 rounds take about 2 minutes.
    #[arg(long, default_value = "5", value_name = "NUMBER", value_parser = rounds())]
    pub(crate) rounds: usize,
    /// The protocol of the calls.
    #[arg(long, default_value = "grpc")]
    pub(crate) protocol: Protocol,
}

/// The protocol of the calls.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum Protocol {
    Grpc,
    GrpcWeb,
}

fn rounds() -> impl TypedValueParser<Value = usize> {
    RangedU64ValueParser::<u64>::new().range(1..=MOST_ROUNDS).try_map(usize::try_from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(options: &[&str]) -> Result<(usize, Protocol), String> {
        let parsed = Options::try_parse_from([&["bench"], options].concat());
        parsed.map(|options| (options.rounds, options.protocol)).map_err(|error| error.to_string())
    }

    #[test]
    fn options_have_defaults_and_limits() {
        assert_eq!(parse(&[]), Ok((5, Protocol::Grpc)));
        assert_eq!(parse(&["--rounds", "7", "--protocol=grpc-web"]), Ok((7, Protocol::GrpcWeb)));
        for wrong in [&["--rounds", "0"][..], &["--rounds=101"], &["--protocol", "http"], &["--colour"]] {
            assert!(parse(wrong).unwrap_err().contains(wrong[0].split('=').next().unwrap()));
        }
    }
}
