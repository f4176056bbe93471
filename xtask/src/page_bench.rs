//! `cargo xtask bench page`: the first part of the page with Leptos and with React, side by side.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;
use xtask::{debian, path, print, project, run};

use crate::{
    page::{self, build},
    setup::{cargo_tools, node, rust_source},
};

/// The benchmark's options.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How often each page is loaded at each speed of the CPU, at least 2.
    #[arg(long, default_value = "15", value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(2..))]
    rounds: u32,
    /// Another page to measure beside the two, such as dist.
    #[arg(long, value_name = "DIR")]
    page: Option<PathBuf>,
    /// Prints help.
    #[arg(short, long, action = clap::ArgAction::Help)]
    help: Option<bool>,
}

/// Builds both pages, prints their sizes, and measures them in one browser.
pub(crate) fn run(options: &Options) -> Result<()> {
    debian::ensure(&[debian::CHROMIUM_SHELL, debian::CERTUTIL])?;
    cargo_tools::ensure()?;
    node::ensure_tools()?;
    let leptos = target("leptos");
    let react = target("react");
    build_leptos(&leptos)?;
    build_react(&react)?;
    for (name, dist) in [("Leptos", &leptos), ("React", &react)] {
        print::result(&format!("\n{name}: {} bytes with brotli", page::print_sizes(dist)?));
    }
    build_server()?;
    measure(options, &leptos, &react)
}

fn build_leptos(dist: &Path) -> Result<()> {
    let std_source = rust_source::ensure()?;
    print::progress("building the page with Leptos: about 2 minutes, 4 the first time");
    run::run(&mut build::command(&folder().join("leptos/index.html"), dist, &std_source)?)?;
    build::finish(dist)
}

/// Its own tool has minified the scripts.
fn build_react(dist: &Path) -> Result<()> {
    node::ensure_packages_of(&folder(), "React, Connect and Vite")?;
    print::progress("building the page with React: a few seconds");
    let mut npm = Command::new("npm");
    npm.args(["run", "--silent", "build", "--", "--logLevel=warn", "--outDir"]).arg(dist);
    run::run(npm.current_dir(folder()))?;
    build::compress(dist)
}

fn build_server() -> Result<()> {
    print::progress("building the release server: 2 minutes on two cores, seconds where it is built");
    run::run(run::cargo().args(["build", "--quiet", "--release", "--package", "increment-server"]))
}

fn measure(options: &Options, leptos: &Path, react: &Path) -> Result<()> {
    let mut node = Command::new("node");
    node.current_dir(project::root()).arg("bench/page/measure/main.mjs");
    node.arg(format!("--rounds={}", options.rounds));
    node.arg(format!("Leptos={}", leptos.display())).arg(format!("React={}", react.display()));
    if let Some(page) = &options.page {
        node.arg(format!("{0}={0}", page.display()));
    }
    node.env("E2E_SERVER", project::target().join("release/increment-server"));
    run::run(path::without_proxy(&mut node))
}

/// The sources of the pages and of what measures them.
fn folder() -> PathBuf {
    project::root().join("bench/page")
}

/// Where a page is built.
fn target(name: &str) -> PathBuf {
    project::target().join("bench-page").join(name)
}
