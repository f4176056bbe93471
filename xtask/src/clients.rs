//! `cargo xtask clients`: every language's client at the same time against one server, and what the server counted.

mod arena;
mod language;
pub(crate) mod test;

use anyhow::{Result, bail};
use xtask::print;

use self::{
    arena::{Arena, side_by_side},
    language::{LANGUAGES, Language, NotBuilt},
};
use crate::server::Server;

/// Builds and runs every client that the machine can build. Fails when one of these fails.
pub(crate) fn run() -> Result<()> {
    Server::build()?;
    let (mut built, mut left_out, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for language in &LANGUAGES {
        match language.build() {
            Ok(()) => built.push(language),
            Err(NotBuilt::LeftOut(reason)) => left_out.push(format!("{}: {reason:#}", language.name)),
            Err(NotBuilt::Failed(reason)) => failed.push(format!("{}: {reason:#}", language.name)),
        }
    }
    failed.extend(run_all(&built)?);
    for reason in &left_out {
        print::result(&format!("left out: {reason}"));
    }
    if !failed.is_empty() {
        bail!(failed.join("\n"));
    }
    Ok(())
}

/// Runs each client once and prints its line, then what the server counted; returns what failed.
fn run_all(languages: &[&Language]) -> Result<Vec<String>> {
    let arena = Arena::open()?;
    let lines = side_by_side(languages, |language| arena.run(language, &[])?.success());
    let (mut table, mut failed) = (String::new(), Vec::new());
    for (Language { name, .. }, line) in languages.iter().zip(lines) {
        match line {
            Ok(line) => table.push_str(&format!("{name:<8} {line}\n")),
            Err(reason) => failed.push(format!("{name}: {reason:#}")),
        }
    }
    print::result(&format!("\n{table}\n{}\n", arena.accesses(&[])?));
    Ok(failed)
}

/// Makes sure that the machine can build every client.
pub(crate) fn ensure_needs() -> Result<()> {
    LANGUAGES.iter().try_for_each(Language::ensure_needs)
}
