//! The release page: built by Trunk into `dist/`, compressed, and kept under its size. Must not know who
//! serves it.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use crate::{Outcome, compress, node, project, run, rust_source, sources, tools, trunk};

/// What a first visit may load, all files together: bytes, compressed with brotli.
const MOST_BYTES: usize = 122_000;

/// Builds the page where it is older than its sources, and prints what it weighs. Fails when that is too much.
pub(crate) fn build_and_report() -> Outcome {
    build()?;
    report()
}

/// Between two flags in `CARGO_ENCODED_RUSTFLAGS`.
const ENCODED_SEPARATOR: &str = "\x1f";

/// The page never panics; where it did, it would stop without a word. The words for each place, in the standard
/// library too, would be an eighth of the page. Nor does it show what only `Debug` can say.
const QUIET_FLAGS: [&str; 4] =
    ["-Cpanic=immediate-abort", "-Zunstable-options", "-Zfmt-debug=none", "-Zlocation-detail=none"];

/// The standard library is built with the page, and like it: the one that comes with rustc has those words.
const SMALL_STD: [(&str, &str); 2] = [
    ("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort"),
    ("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size"),
];

/// Builds the page, compressed, where it is older than its sources or its tools.
pub(crate) fn build() -> Outcome {
    match Build::needed()? {
        Some(build) => {
            run::run(&mut build.command()?)?;
            build.finish()
        }
        None => Ok(()),
    }
}

/// A build of the page: its command, to be run to its end, and what is done after it.
pub(crate) struct Build {
    source: PathBuf,
    started: SystemTime,
    tools: String,
}

impl Build {
    /// Sets the tools up; none where the page is newer than its sources and was made by the same tools.
    pub(crate) fn needed() -> Outcome<Option<Self>> {
        tools::ensure()?;
        let tools = tools_in_use()?;
        if is_fresh(&tools) {
            return Ok(None);
        }
        let source = rust_source::ensure()?;
        run::note("building the release page into dist/: about 2 minutes, 4 the first time");
        Ok(Some(Self { source, started: SystemTime::now(), tools }))
    }

    pub(crate) fn command(&self) -> Outcome<Command> {
        let mut trunk = trunk::command()?;
        trunk.args(["build", "--release", "--dist"]).arg(project::dist());
        // Panics name their places in the sources: everybody's page is the same, and tells of no builder's folders.
        let renamed = [(project::root(), "increment"), (project::cargo_home(), "cargo")];
        let renamed =
            renamed.map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display()));
        let flags = renamed.iter().map(String::as_str).chain(QUIET_FLAGS).collect::<Vec<_>>();
        trunk.env("CARGO_ENCODED_RUSTFLAGS", flags.join(ENCODED_SEPARATOR));
        rust_source::allow_building(&mut trunk, &self.source);
        trunk.envs(SMALL_STD);
        Ok(trunk)
    }

    /// Minifies the scripts, which Trunk's own minifier cannot read, compresses what was built, and remembers it as done.
    pub(crate) fn finish(&self) -> Outcome {
        let files = files()?;
        files.iter().filter(|file| is_script(file)).try_for_each(|file| node::minify(file))?;
        files.iter().try_for_each(|file| compress::beside(file))?;
        self.remember().map_err(|error| format!("{}: {error}", stamp().display()))
    }

    fn remember(&self) -> io::Result<()> {
        fs::write(stamp(), &self.tools)?;
        // What changed while Trunk was building is not in the page.
        File::options().write(true).open(stamp())?.set_modified(self.started)
    }
}

/// The page's own files, without their compressed forms.
pub(crate) fn files() -> Outcome<Vec<PathBuf>> {
    let dist = project::dist();
    let entries = fs::read_dir(&dist).map_err(|error| format!("{}: {error}", dist.display()))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.is_file() && !compress::is_compressed(file));
    files.sort();
    Ok(files)
}

fn is_script(file: &Path) -> bool {
    file.extension().is_some_and(|name| name == "js")
}

fn report() -> Outcome {
    let sizes = files()?.iter().map(|file| compress::sizes(file)).collect::<Outcome<Vec<_>>>()?;
    run::say(&format!("{:>9} {:>9} {:>9}  bytes", "plain", "gzip", "brotli"));
    for file in &sizes {
        run::say(&format!("{:>9} {:>9} {:>9}  {}", file.plain, file.gzip, file.brotli, file.name));
    }
    let total: usize = sizes.iter().map(|file| file.brotli).sum();
    run::say(&format!("the page loads {total} bytes with brotli, of at most {MOST_BYTES}"));
    if total > MOST_BYTES {
        return Err(format!(
            "the page is {} bytes over its {MOST_BYTES}: make it smaller",
            total - MOST_BYTES
        ));
    }
    Ok(())
}

/// Another compiler or tool makes another page.
fn tools_in_use() -> Outcome<String> {
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
    complete && same_tools && built.is_ok_and(|built| sources::newest() <= built)
}
