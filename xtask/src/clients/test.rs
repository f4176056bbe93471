//! The test step of the clients: every language must be there, do what all the others do, at the same time, and be
//! counted. Must not know how a client is built or run.

use super::{
    arena::{Arena, LONGEST_RUN, Place},
    language::{LANGUAGES, Language, NotBuilt},
    side_by_side,
};
use crate::{
    Outcome,
    counts::Counts,
    ended::{self, Ended},
    run,
    server::Server,
};

/// A client against the server.
type Test = fn(&Place, &Language) -> Outcome;

/// What a test shows, and the test. [`INCREMENTS`] and [`COUNTS`] tell how many calls reach the server.
const TESTS: [(&str, Test); 6] = [
    ("a random number comes back with the next one", random),
    ("64 bits are exact", exact),
    ("a refusal is one line", refused),
    ("a count is read", counted),
    ("a count that fails is read up to there", counted_until_it_fails),
    ("a server that is away is one line", away),
];

/// The calls of `Increment` that one client makes in [`TESTS`].
const INCREMENTS: usize = 3;
/// The calls of `CountUp` that one client makes in [`TESTS`].
const COUNTS: usize = 2;

/// Runs the tests.
pub(crate) fn test() -> Counts {
    let mut counts = Counts::default();
    if let Err(reason) = Server::build() {
        return Err(reason).into();
    }
    for language in &LANGUAGES {
        counts += language.build().map_err(|reason| not_built(language, reason)).into();
    }
    if counts.failed == 0 {
        match Arena::open() {
            Ok(arena) => counts += test_all(&arena.place),
            Err(reason) => counts += Err(reason).into(),
        }
    }
    counts
}

/// All languages at the same time, and then what the server counted.
fn test_all(place: &Place) -> Counts {
    let mut counts = Counts::default();
    for outcome in side_by_side(&LANGUAGES.each_ref(), |language| test_one(place, language)).concat() {
        counts += outcome.into();
    }
    counts += told("every call is in the table of accesses", every_call_is_counted(place)).into();
    counts
}

fn not_built(language: &Language, reason: NotBuilt) -> String {
    let (NotBuilt::LeftOut(reason) | NotBuilt::Failed(reason)) = reason;
    format!("{} is not built: {reason}", language.name)
}

/// One client's tests, one after the other.
fn test_one(place: &Place, language: &Language) -> Vec<Outcome> {
    let run =
        |(name, test): &(&str, Test)| told(&format!("{}: {name}", language.name), test(place, language));
    TESTS.iter().map(run).collect()
}

/// Tells what passed, and adds the test's name to why one failed.
fn told(name: &str, outcome: Outcome) -> Outcome {
    if outcome.is_ok() {
        run::say(&format!("ok: {name}"));
    }
    outcome.map_err(|reason| format!("{name}: {reason}"))
}

fn random(place: &Place, language: &Language) -> Outcome {
    let printed = place.run(language, &[])?.success()?;
    let numbers = printed.strip_prefix("Send: ").and_then(|rest| rest.split_once(", Return: "));
    match numbers.map(|(sent, returned)| (sent.parse(), returned.parse::<u32>())) {
        Some((Ok(sent @ 0..=9999), Ok(returned))) if returned == sent + 1 => Ok(()),
        _ => Err(format!("prints `{printed}`")),
    }
}

fn exact(place: &Place, language: &Language) -> Outcome {
    let run = place.run(language, &["9223372036854775806"])?;
    prints(run, "Send: 9223372036854775806, Return: 9223372036854775807")
}

fn refused(place: &Place, language: &Language) -> Outcome {
    fails(&place.run(language, &["9223372036854775807"])?, "", "OUT_OF_RANGE: number: ")
}

fn counted(place: &Place, language: &Language) -> Outcome {
    prints(place.run(language, &["count-up", "41", "3"])?, "42\n43\n44")
}

fn counted_until_it_fails(place: &Place, language: &Language) -> Outcome {
    let run = place.run(language, &["count-up", "9223372036854775805", "0"])?;
    fails(&run, "9223372036854775806\n9223372036854775807", "OUT_OF_RANGE: ")
}

fn away(place: &Place, language: &Language) -> Outcome {
    let mut command = place.command(language, &["1"]);
    // Nobody listens there.
    command.env("INCREMENT_ADDRESS", "localhost:1");
    fails(&ended::within(LONGEST_RUN, &mut command)?, "", "")
}

fn prints(run: Ended, expected: &str) -> Outcome {
    let printed = run.success()?;
    if printed == expected { Ok(()) } else { Err(format!("prints `{printed}`, not `{expected}`")) }
}

/// Whether the client printed this and then failed with one line that begins with `complaint`.
fn fails(run: &Ended, printed: &str, complaint: &str) -> Outcome {
    let is_one_line = run.complained.starts_with(complaint) && run.complained.lines().count() == 1;
    if run.status.code() == Some(1) && run.printed == printed && is_one_line {
        return Ok(());
    }
    let Ended { status, printed, complained } = run;
    Err(format!("ends with {status}, prints `{printed}` and complains `{complained}`"))
}

/// Whether the server counted what the tests called, and nothing else.
fn every_call_is_counted(place: &Place) -> Outcome {
    run::say(&place.accesses(&[])?);
    let (expected, told) = (expected_accesses(), place.accesses(&["--json"])?);
    if told == expected { Ok(()) } else { Err(format!("the server tells {told}, not {expected}")) }
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
