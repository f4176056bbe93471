//! The test step of the clients: every language's client is built, passes the same checks at the same time, and its
//! calls are counted.

use anyhow::{Result, anyhow, bail, ensure};
use xtask::{print, run::Captured};

use super::{
    arena::{Arena, side_by_side},
    language::{LANGUAGES, Language, NotBuilt},
};
use crate::{
    counts::{Counts, check},
    server::Server,
};

/// A client against the server.
type Test = fn(&Arena, &Language) -> Result<()>;

/// The checks and their names. [`INCREMENTS`] and [`COUNTS`] are how many calls reach the server.
const TESTS: [(&str, Test); 6] = [
    ("a random number is incremented", random),
    ("64 bits are exact", exact),
    ("a rejected call is one line", rejected),
    ("a stream is read", counts_up),
    ("a stream that fails is read up to there", counts_up_until_it_fails),
    ("an unreachable server is one line", unreachable_server),
];

/// The calls of `Increment` that one client makes in [`TESTS`].
const INCREMENTS: usize = 3;
/// The calls of `CountUp` that one client makes in [`TESTS`].
const COUNTS: usize = 2;

/// Runs the step.
pub(crate) fn run() -> Counts {
    let mut counts = Counts::default();
    if let Err(reason) = Server::build() {
        return Err(reason).into();
    }
    for language in &LANGUAGES {
        counts += language.build().map_err(|reason| not_built(language, &reason)).into();
    }
    if counts.failed == 0 {
        match Arena::open() {
            Ok(arena) => counts += test_all(&arena),
            Err(reason) => counts += Err(reason).into(),
        }
    }
    counts
}

/// All languages at the same time, then what the server counted.
fn test_all(arena: &Arena) -> Counts {
    let mut counts = Counts::default();
    for language in side_by_side(&LANGUAGES.each_ref(), |language| test_one(arena, language)) {
        counts += language;
    }
    counts += check("every call is in the table of accesses", every_call_is_counted(arena));
    counts
}

fn not_built(language: &Language, reason: &NotBuilt) -> anyhow::Error {
    let (NotBuilt::LeftOut(reason) | NotBuilt::Failed(reason)) = reason;
    anyhow!("{} is not built: {reason:#}", language.name)
}

/// One client's checks, one after the other.
fn test_one(arena: &Arena, language: &Language) -> Counts {
    let mut counts = Counts::default();
    for (name, test) in TESTS {
        counts += check(&format!("{}: {name}", language.name), test(arena, language));
    }
    counts
}

fn random(arena: &Arena, language: &Language) -> Result<()> {
    let printed = arena.run(language, &[])?.success()?;
    let numbers = printed.strip_prefix("Send: ").and_then(|rest| rest.split_once(", Return: "));
    match numbers.map(|(sent, returned)| (sent.parse(), returned.parse::<u32>())) {
        Some((Ok(sent @ 0..=9999), Ok(returned))) if returned == sent + 1 => Ok(()),
        _ => bail!("prints `{printed}`"),
    }
}

fn exact(arena: &Arena, language: &Language) -> Result<()> {
    let run = arena.run(language, &["9223372036854775806"])?;
    prints(run, "Send: 9223372036854775806, Return: 9223372036854775807")
}

fn rejected(arena: &Arena, language: &Language) -> Result<()> {
    fails(&arena.run(language, &["9223372036854775807"])?, "", "OUT_OF_RANGE: number: ")
}

fn counts_up(arena: &Arena, language: &Language) -> Result<()> {
    prints(arena.run(language, &["count-up", "41", "3"])?, "42\n43\n44")
}

fn counts_up_until_it_fails(arena: &Arena, language: &Language) -> Result<()> {
    let run = arena.run(language, &["count-up", "9223372036854775805", "0"])?;
    fails(&run, "9223372036854775806\n9223372036854775807", "OUT_OF_RANGE: ")
}

fn unreachable_server(arena: &Arena, language: &Language) -> Result<()> {
    // Nobody listens there.
    fails(&arena.run_against("localhost:1", language, &["1"])?, "", "")
}

fn prints(run: Captured, expected: &str) -> Result<()> {
    let printed = run.success()?;
    ensure!(printed == expected, "prints `{printed}`, not `{expected}`");
    Ok(())
}

/// Whether the client printed this and then failed with one line that begins with `error`.
fn fails(run: &Captured, printed: &str, error: &str) -> Result<()> {
    let is_one_line = run.stderr.starts_with(error) && run.stderr.lines().count() == 1;
    if run.status.code() == Some(1) && run.stdout == printed && is_one_line {
        return Ok(());
    }
    let Captured { status, stdout, stderr } = run;
    bail!("ends with {status}, prints `{stdout}` and on the standard error `{stderr}`")
}

/// Whether the server counted the calls of the checks, and nothing else.
fn every_call_is_counted(arena: &Arena) -> Result<()> {
    print::result(&arena.accesses(&[])?);
    let (expected, accesses) = (expected_accesses(), arena.accesses(&["--json"])?);
    ensure!(accesses == expected, "the server counted {accesses}, not {expected}");
    Ok(())
}

fn expected_accesses() -> String {
    let row = |method, protocol, calls_of_each| {
        let clients = LANGUAGES.iter().filter(|language| language.protocol == protocol).count();
        let count = clients * calls_of_each;
        format!(
            r#"{{"service":"increment.v1.IncrementService","method":"{method}","protocol":"{protocol}","count":"{count}"}}"#
        )
    };
    let rows = [("CountUp", COUNTS), ("Increment", INCREMENTS)]
        .map(|(method, calls)| ["grpc", "grpc-web"].map(|protocol| row(method, protocol, calls)).join(","));
    let total = LANGUAGES.len() * (COUNTS + INCREMENTS);
    format!(r#"{{"total":"{total}","rows":[{}]}}"#, rows.join(","))
}
