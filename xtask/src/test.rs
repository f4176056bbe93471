//! `cargo xtask test`: everything that must pass, one step after the other, going on after a failure. Must
//! not know what the tests test.

use std::{env, ffi::OsString, process::Command};

use crate::{
    Outcome, clients,
    counts::{self, Counts},
    debian, demo, explorers, interop, nginx, node, page, project,
    python::Python,
    python_programs, run, tools, tour,
};

/// Calls to these stay on this machine.
const LOCAL: &str = "localhost,127.0.0.1,::1";

/// What a person reads while a step runs, and the step.
type Step = (&'static str, fn() -> Counts);

/// All of it, cheapest first.
const STEPS: [Step; 13] = [
    ("what the tests need is there", || set_up().into()),
    ("formatting", || cargo("fmt", &["--all", "--check"]).into()),
    ("lints", || clippy(&["--workspace", "--all-targets"]).into()),
    ("lints of what runs in the browser", || {
        let crates = ["web", "proto", "doctor", "wire"].map(|name| format!("--package=increment-{name}"));
        let crates = crates.each_ref().map(String::as_str);
        clippy(&[&crates[..], &["--target=wasm32-unknown-unknown"]].concat()).into()
    }),
    ("documentation without warnings", || documentation().into()),
    ("tests of every crate", || {
        counts::of(run::cargo().args(["test", "--workspace", "--no-fail-fast", "--quiet"]))
    }),
    ("the page and its size", || page::build_and_report().into()),
    ("the page in a browser", browser),
    ("the programs in Python", python_programs::test),
    ("the tour", tour::test),
    ("clients in other languages", clients::test),
    ("tools that know no contract", explorers::test),
    ("other people's protocol suites", interop::test),
];

/// Runs every step; the last line on the standard output is `N passed, N failed`.
pub(crate) fn run() -> Outcome {
    let mut all = Counts::default();
    let mut failed = Vec::new();
    for (number, (name, step)) in STEPS.iter().enumerate() {
        run::say(&format!("\n== {} of {}: {name}", number + 1, STEPS.len()));
        let counts = step();
        if counts.failed > 0 {
            failed.push(*name);
        }
        all += counts;
    }
    run::say(&format!("\n{} passed, {} failed", all.passed, all.failed));
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

/// Makes the README's pictures anew.
pub(crate) fn screenshot() -> Outcome {
    set_up()?;
    run::run(browser_command().arg("web/e2e/screenshot.mjs"))
}

/// Early, so that nobody waits for a build only to read that a browser is missing.
fn set_up() -> Outcome {
    let debian = debian::ensure(&[debian::CHROMIUM, debian::CERTUTIL, debian::PYTHON]);
    let debian = debian.and_then(|()| clients::ensure_needs());
    let debian = debian.and_then(|()| tour::ensure_needs());
    debian
        .and_then(|()| nginx::ensure())
        .and_then(|()| tools::ensure())
        .and_then(|()| node::ensure_packages())
}

fn clippy(what: &[&str]) -> Outcome {
    cargo("clippy", &[&["--quiet"], what, &["--", "--deny", "warnings"]].concat())
}

fn documentation() -> Outcome {
    let mut cargo = run::cargo();
    cargo.args(["doc", "--workspace", "--no-deps", "--quiet"]).env("RUSTDOCFLAGS", "--deny warnings");
    run::run(&mut cargo)
}

fn cargo(command: &str, arguments: &[&str]) -> Outcome {
    run::run(run::cargo().arg(command).args(arguments))
}

fn browser() -> Counts {
    match path() {
        Ok(path) => {
            let mut node = browser_command();
            node.env("PATH", path).env("NO_PROXY", LOCAL).env("no_proxy", LOCAL);
            counts::of(node.args(["--test", "--test-reporter=spec", "web/e2e/page.test.mjs"]))
        }
        Err(reason) => Err(reason).into(),
    }
}

/// PATH with what the page's snippets call, and makes sure that it is there.
fn path() -> Outcome<OsString> {
    let [explorers, buf] = explorers::ensure()?;
    Python::ensure()?;
    let ours = [explorers, buf, Python::folder()];
    let theirs = env::var_os("PATH").unwrap_or_default();
    env::join_paths(ours.into_iter().chain(env::split_paths(&theirs)))
        .map_err(|error| format!("the project's folder cannot stand in PATH: {error}"))
}

/// Node with what the browser's tests want to know; they start the demo themselves.
fn browser_command() -> Command {
    let mut node = Command::new("node");
    node.current_dir(project::root());
    node.env("E2E_SERVER", demo::server_program())
        .env("E2E_NGINX", nginx::program())
        .env("E2E_SCREENSHOTS", project::target().join("screenshots"));
    node
}
