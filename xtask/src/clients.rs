//! `cargo xtask clients`: every language's client at the same time against one server, and what the server counted.
//! Must not know how a client is built or run.

mod arena;
mod language;
mod test;

use std::thread;

use self::{
    arena::Arena,
    language::{LANGUAGES, Language, NotBuilt},
};
use crate::{Outcome, run, server::Server};

pub(crate) use self::test::test;

/// Builds and runs every client that the machine can build. Fails when one of these fails.
pub(crate) fn run() -> Outcome {
    Server::build()?;
    let (mut built, mut left_out, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for language in &LANGUAGES {
        match language.build() {
            Ok(()) => built.push(language),
            Err(NotBuilt::LeftOut(reason)) => left_out.push(format!("{}: {reason}", language.name)),
            Err(NotBuilt::Failed(reason)) => failed.push(format!("{}: {reason}", language.name)),
        }
    }
    failed.extend(run_all(&built)?);
    for reason in &left_out {
        run::say(&format!("left out: {reason}"));
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

/// Runs each once and tells its line, and then what the server counted; what failed.
fn run_all(languages: &[&Language]) -> Outcome<Vec<String>> {
    let arena = Arena::open()?;
    let place = &arena.place;
    let lines = side_by_side(languages, |language| place.run(language, &[])?.success());
    let (mut told, mut failed) = (String::new(), Vec::new());
    for (Language { name, .. }, line) in languages.iter().zip(lines) {
        match line {
            Ok(line) => told.push_str(&format!("{name:<8} {line}\n")),
            Err(reason) => failed.push(format!("{name}: {reason}")),
        }
    }
    run::say(&format!("\n{told}\n{}\n", place.accesses(&[])?));
    Ok(failed)
}

/// Makes sure that the machine can build every client.
pub(crate) fn ensure_needs() -> Outcome {
    LANGUAGES.iter().try_for_each(Language::ensure_needs)
}

/// Does the same with all of `languages` at the same time; the results in their order.
fn side_by_side<T: Send>(languages: &[&Language], act: impl Fn(&Language) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let act = &act;
        let started: Vec<_> = languages.iter().map(|language| scope.spawn(move || act(language))).collect();
        started.into_iter().map(|thread| thread.join().expect("what a client does never panics")).collect()
    })
}
