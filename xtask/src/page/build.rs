//! A build of the release page: Trunk's, then the scripts minified and every file compressed.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use anyhow::Result;
use fs_err::{self as fs, File};
use xtask::{print, project, run};

use super::{compress, styles, trunk};
use crate::{
    setup::{cargo_tools, node, rust_source},
    sources,
};

/// Between two flags in `CARGO_ENCODED_RUSTFLAGS`.
const ENCODED_SEPARATOR: &str = "\x1f";

/// The page does not panic. Without the messages of panics, in the standard library too, it is an eighth smaller; nor
/// does it use what `Debug` writes.
const QUIET_FLAGS: [&str; 4] =
    ["-Cpanic=immediate-abort", "-Zunstable-options", "-Zfmt-debug=none", "-Zlocation-detail=none"];

/// The standard library is built with the page and its flags: the one that comes with rustc has those messages.
const SMALL_STD: [(&str, &str); 2] = [
    ("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort"),
    ("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size"),
];

/// Builds the page where it is older than its sources or its tools.
pub(crate) fn ensure() -> Result<()> {
    if let Some(build) = Build::needed()? {
        run::run(&mut build.command()?)?;
        build.finish()?;
    }
    Ok(())
}

/// A build of the page: a command to run, and what follows it.
struct Build {
    source: PathBuf,
    started: SystemTime,
    tools: String,
}

impl Build {
    /// Sets the tools up; none where the page is newer than its sources and was made by the same tools.
    fn needed() -> Result<Option<Self>> {
        cargo_tools::ensure()?;
        node::ensure_tools()?;
        let tools = tools_in_use()?;
        if is_fresh(&tools) {
            return Ok(None);
        }
        let source = rust_source::ensure()?;
        print::progress("building the release page into dist/: about 2 minutes, 4 the first time");
        Ok(Some(Self { source, started: SystemTime::now(), tools }))
    }

    /// The command that builds the page with Trunk.
    fn command(&self) -> Result<Command> {
        command(&project::root().join("index.html"), &project::dist(), &self.source)
    }

    /// Finishes the files, and records the build.
    fn finish(&self) -> Result<()> {
        finish(&project::dist())?;
        self.record()
    }

    fn record(&self) -> Result<()> {
        fs::write(stamp(), &self.tools)?;
        // What changed while Trunk was building is not in the page.
        File::options().write(true).open(stamp())?.file().set_modified(self.started)?;
        Ok(())
    }
}

/// The command that builds a release page from its `index.html` into the folder `dist`, with the standard library from
/// the sources in `std_source`.
pub(crate) fn command(index: &Path, dist: &Path, std_source: &Path) -> Result<Command> {
    let mut trunk = trunk::command()?;
    trunk.args(["build", "--release", "--dist"]).arg(dist).arg(index);
    // Panics name source files: the page is the same on every machine, and names no builder's folders.
    let renamed = [(project::root(), "increment"), (project::cargo_home(), "cargo")];
    let renamed = renamed.map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display()));
    let flags = renamed.iter().map(String::as_str).chain(QUIET_FLAGS).collect::<Vec<_>>();
    trunk.env("CARGO_ENCODED_RUSTFLAGS", flags.join(ENCODED_SEPARATOR));
    rust_source::allow_building(&mut trunk, std_source);
    trunk.envs(SMALL_STD);
    Ok(trunk)
}

/// Joins the style sheets of a page, minifies its scripts, which Trunk's own minifier cannot parse, and compresses its files.
pub(crate) fn finish(dist: &Path) -> Result<()> {
    styles::join(dist)?;
    files(dist)?.iter().filter(|file| is_script(file)).try_for_each(|file| node::minify(file))?;
    compress(dist)
}

/// Compresses the files of a page.
pub(crate) fn compress(dist: &Path) -> Result<()> {
    files(dist)?.iter().try_for_each(|file| compress::beside(file))
}

/// A page's own files, without their compressed forms.
pub(crate) fn files(dist: &Path) -> Result<Vec<PathBuf>> {
    let mut files: Vec<_> = fs::read_dir(dist)?.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.is_file() && !compress::is_compressed(file));
    files.sort();
    Ok(files)
}

fn is_script(file: &Path) -> bool {
    file.extension().is_some_and(|name| name == "js")
}

/// Another compiler or tool makes another page.
fn tools_in_use() -> Result<String> {
    let compiler = run::output(Command::new("rustc").arg("--version").current_dir(project::root()))?;
    let trunk = run::output(trunk::command()?.arg("--version"))?;
    Ok(format!("{compiler}\n{trunk}\n"))
}

/// The file that says when and with what the page was built.
fn stamp() -> PathBuf {
    project::target().join("page-built")
}

fn is_fresh(tools: &str) -> bool {
    let built = fs::metadata(stamp()).and_then(|data| data.modified());
    let complete = project::dist().join("index.html.br").is_file();
    let same_tools = fs::read_to_string(stamp()).is_ok_and(|text| text == tools);
    complete && same_tools && built.is_ok_and(|built| sources::PAGE.newest() <= built)
}
