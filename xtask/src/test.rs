//! `cargo xtask test`: everything that must pass, step by step. A failure does not stop the steps after it.

use std::{path::PathBuf, process::Command};

use anyhow::{Result, anyhow};
use clap::builder::{RangedU64ValueParser, TypedValueParser};
use xtask::{debian, path, print, process, project, run};

use crate::{
    clients,
    counts::{self, Counts},
    explorers, interop, page, python_programs,
    server::Server,
    setup::{cargo_tools, nginx, node, python::Python},
    tour,
};

/// A step and its name.
type Step = (&'static str, fn() -> Counts);

/// All steps, cheapest first.
const STEPS: [Step; 14] = [
    ("what the tests need is installed", || set_up().into()),
    ("formatting", || cargo("fmt", &["--all", "--check"]).into()),
    ("lints", || clippy(&["--workspace", "--all-targets"]).into()),
    ("lints of what runs in the browser", || {
        let crates = ["web", "bench-page", "proto", "doctor", "wire"]
            .map(|name| format!("--package=increment-{name}"));
        let crates = crates.each_ref().map(String::as_str);
        clippy(&[&crates[..], &["--target=wasm32-unknown-unknown"]].concat()).into()
    }),
    ("documentation without warnings", || documentation().into()),
    ("tests of every crate", || {
        counts::run(run::cargo().args(["test", "--workspace", "--no-fail-fast", "--quiet"]))
    }),
    ("the page's wrapper of fetch", fetch),
    ("the page and its size", || page::build_and_report().into()),
    ("the page in a browser", || browser().unwrap_or_else(|error| Err(error).into())),
    ("the programs in Python", python_programs::test),
    ("the tour", tour::test),
    ("clients in other languages", clients::test::run),
    ("tools without a contract", explorers::test),
    ("other people's protocol suites", interop::test),
];

/// Parses the number of a step.
pub(crate) fn step_number() -> impl TypedValueParser<Value = usize> {
    let count = STEPS.len() as u64;
    RangedU64ValueParser::<u64>::new().range(1..=count).try_map(usize::try_from)
}

/// Runs the steps with these numbers, or all; the last line on the standard output is `N passed, N failed`. Processes
/// that remain after a step are killed.
pub(crate) fn run(numbers: &[usize]) -> Result<()> {
    let mut all = Counts::default();
    let mut failed = Vec::new();
    for (number, (name, step)) in (1..).zip(STEPS) {
        if !numbers.is_empty() && !numbers.contains(&number) {
            continue;
        }
        print::result(&format!("\n== {number} of {}: {name}", STEPS.len()));
        let counts = step();
        process::end_all();
        process::check_interrupt()?;
        if counts.failed > 0 {
            failed.push(name);
        }
        all += counts;
    }
    print::result(&format!("\n{} passed, {} failed", all.passed, all.failed));
    if failed.is_empty() { Ok(()) } else { Err(anyhow!("failed: {}", failed.join(", "))) }
}

/// Takes the README's pictures.
pub(crate) fn take_screenshots() -> Result<()> {
    set_up()?;
    run::run(browser_command().arg("web/e2e/screenshot.mjs"))
}

/// First, so that a missing browser is reported before the long builds.
fn set_up() -> Result<()> {
    debian::ensure(&[
        debian::CHROMIUM,
        debian::CHROMIUM_SHELL,
        debian::FIREFOX,
        debian::CERTUTIL,
        debian::PYTHON,
    ])?;
    clients::ensure_needs()?;
    tour::ensure_needs()?;
    nginx::ensure()?;
    cargo_tools::ensure()?;
    node::ensure_packages()
}

fn clippy(what: &[&str]) -> Result<()> {
    cargo("clippy", &[&["--quiet"], what, &["--", "--deny", "warnings"]].concat())
}

fn documentation() -> Result<()> {
    let mut cargo = run::cargo();
    cargo.args(["doc", "--workspace", "--no-deps", "--quiet"]).env("RUSTDOCFLAGS", "--deny warnings");
    run::run(&mut cargo)
}

fn cargo(command: &str, arguments: &[&str]) -> Result<()> {
    run::run(run::cargo().arg(command).args(arguments))
}

/// `web/fetch.js` in Node, whose `fetch` is that of a browser.
fn fetch() -> Counts {
    let mut node = Command::new("node");
    node.current_dir(project::root()).args(["--test", "--test-reporter=spec"]);
    node.args(["fetch", "failures", "frames"].map(|name| format!("web/tests/{name}.test.mjs")));
    path::without_proxy(&mut node);
    counts::run(&mut node)
}

/// With the programs of the page's snippets in PATH.
fn browser() -> Result<Counts> {
    page::build::ensure()?;
    Server::build()?;
    let tools = explorers::tools::Tools::ensure_callers()?;
    Python::ensure()?;
    let folders = [&tools.grpcurl, &tools.buf].map(|program| program.parent().map(PathBuf::from));
    let folders = folders.into_iter().flatten().chain([Python::folder()]);
    let mut node = browser_command();
    path::without_proxy(node.env("PATH", path::with(folders)));
    Ok(counts::run(node.args(["--test", "--test-reporter=spec", "web/e2e/page.test.mjs"])))
}

/// Node with the environment of the browser's tests, which start the demo themselves.
fn browser_command() -> Command {
    let mut node = Command::new("node");
    node.current_dir(project::root());
    node.env("E2E_SERVER", project::program("increment-server"))
        .env("E2E_NGINX", nginx::program())
        .env("E2E_SCREENSHOTS", project::target().join("screenshots"));
    node
}
