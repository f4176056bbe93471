//! What a person may tell the bench. Must not know what comes of it.

use crate::Outcome;

/// The most rounds: half an hour.
const MOST_ROUNDS: usize = 100;

/// What a person may choose.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    /// How often each server takes its turn at each level.
    pub(crate) rounds: usize,
    /// What the calls speak.
    pub(crate) protocol: Protocol,
}

/// What calls may speak.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Protocol {
    Grpc,
    GrpcWeb,
}

impl Options {
    /// Reads `arguments`. Fails with what is wrong with them.
    pub(crate) fn parse(arguments: &[&str]) -> Outcome<Self> {
        let mut options = Self { rounds: 5, protocol: Protocol::Grpc };
        let mut arguments = arguments.iter();
        while let Some(&argument) = arguments.next() {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (argument, None),
            };
            let mut value = || value.or_else(|| arguments.next().copied()).unwrap_or_default();
            match name {
                "--rounds" => options.rounds = rounds(value())?,
                "--protocol" => options.protocol = protocol(value())?,
                _ => return Err(format!("bench knows no {argument}")),
            }
        }
        Ok(options)
    }
}

fn rounds(value: &str) -> Outcome<usize> {
    let rounds = value.parse().ok().filter(|rounds| (1..=MOST_ROUNDS).contains(rounds));
    rounds.ok_or_else(|| format!("--rounds wants a number from 1 to {MOST_ROUNDS}, not `{value}`"))
}

fn protocol(value: &str) -> Outcome<Protocol> {
    match value {
        "grpc" => Ok(Protocol::Grpc),
        "grpc-web" => Ok(Protocol::GrpcWeb),
        _ => Err(format!("--protocol wants grpc or grpc-web, not `{value}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_wrong_ones_named() {
        assert_eq!(Options::parse(&[]), Ok(Options { rounds: 5, protocol: Protocol::Grpc }));
        let options = Options::parse(&["--rounds", "7", "--protocol=grpc-web"]);
        assert_eq!(options, Ok(Options { rounds: 7, protocol: Protocol::GrpcWeb }));
        assert_eq!(Options::parse(&["--colour"]), Err("bench knows no --colour".into()));
        for (arguments, value) in
            [(&["--rounds", "0"][..], "0"), (&["--rounds=101"], "101"), (&["--rounds"], "")]
        {
            let wrong = format!("--rounds wants a number from 1 to 100, not `{value}`");
            assert_eq!(Options::parse(arguments), Err(wrong));
        }
        let wrong = Options::parse(&["--protocol", "http"]);
        assert_eq!(wrong, Err("--protocol wants grpc or grpc-web, not `http`".into()));
    }
}
