//! `cargo xtask COMMAND`: the project's commands. Each installs what it needs and prints its progress.

mod clients;
mod counts;
mod demo;
mod doubling;
mod explorers;
mod interop;
mod page;
mod page_bench;
mod progress;
mod python_programs;
mod server;
mod setup;
mod sources;
mod test;
mod tour;

use std::{ffi::OsString, os::unix::process::CommandExt, process::ExitCode};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use xtask::run;

/// The project's commands.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures what counting accesses costs; about 2 minutes.
    #[command(disable_help_flag = true, args_conflicts_with_subcommands = true)]
    Bench {
        #[command(subcommand)]
        what: Option<Bench>,
        /// The benchmark's options; --help lists them.
        #[arg(value_name = "OPTION", trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<OsString>,
    },
    /// Builds the programs in clients/ and runs them at the same time against one server.
    ///
    /// Shows what the server counted, and which programs are left out, and why.
    Clients,
    /// Runs the server and the page until Ctrl-C.
    ///
    /// On other ports than the default ones, the counts are lost at the end of the demo, and the second service takes a
    /// free port.
    Demo(demo::options::Options),
    /// Runs other people's protocol suites against the server's stack.
    ///
    /// Compares the results with docs/interop.md. Needs Go, Java and Maven.
    Interop {
        /// Writes docs/interop.md instead of comparing it.
        #[arg(long)]
        write: bool,
    },
    /// Builds the release page, compressed, into dist/.
    Page,
    /// Generates the code of crates/proto from the contracts in proto/.
    Proto,
    /// Takes the README's pictures, docs/page.png and docs/wire.png.
    Screenshot,
    /// Runs everything that must pass; the last line is `N passed, N failed`.
    Test {
        /// Runs this step only, 1 to 14; may be repeated.
        #[arg(long = "step", value_name = "NUMBER", value_parser = test::step_number())]
        steps: Vec<usize>,
    },
    /// Does the steps of docs/tour.md and compares the results with it.
    ///
    /// Needs tshark, and root to capture.
    Tour {
        /// Writes docs/tour.md instead of comparing it.
        #[arg(long)]
        write: bool,
    },
}

/// Other benchmarks than the one of the server.
#[derive(Subcommand)]
enum Bench {
    /// Measures the first part of the page with Leptos and with React; about 10 minutes.
    ///
    /// Prints the sizes, the time from navigation to the first answer, and the calls per second.
    Page(page_bench::Options),
}

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    run::main(|| match command {
        Command::Bench { what: Some(Bench::Page(options)), .. } => page_bench::run(&options),
        Command::Bench { what: None, options } => bench(&options),
        Command::Clients => clients::run(),
        Command::Demo(options) => demo::run(&options),
        Command::Interop { write } => interop::run(write),
        Command::Page => page::build_and_report(),
        Command::Proto => generate(),
        Command::Screenshot => test::take_screenshots(),
        Command::Test { steps } => test::run(&steps),
        Command::Tour { write } => tour::run(write),
    })
}

/// Becomes the benchmark, whose exit code is then ours.
fn bench(options: &[OsString]) -> Result<()> {
    let mut cargo = run::cargo();
    cargo.args(["run", "--quiet", "--package", "increment-bench", "--"]).args(options);
    Err(cargo.exec()).context("cargo does not start")
}

/// The tests that compare generated code with its contracts write it instead.
fn generate() -> Result<()> {
    for package in ["increment-proto", "oneport"] {
        let mut cargo = run::cargo();
        cargo.args(["test", "--package", package, "--test", "generated"]);
        run::run(cargo.env("REGENERATE", "1"))?;
    }
    Ok(())
}
