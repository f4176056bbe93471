//! The programs of the suites and what they call: built from pinned sources with Go, Java and Rust, never
//! installed.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use fs_err as fs;
use xtask::{path, print, process::describe, project, run};

/// The Go modules of the suites.
const CONFORMANCE: &str = "connectrpc.com/conformance";
const GRPC_GO: &str = "google.golang.org/grpc";

/// The Maven artifact with grpc-java's client.
const GRPC_JAVA: &str = "grpc-interop-testing";

/// How long Maven may take; when there is nothing to fetch, it takes 3 seconds.
const FETCH_LIMIT: Duration = Duration::from_secs(600);

/// The programs that must be on the machine, and how to install them.
const NEEDED: [(&str, &str); 4] = [
    ("go", "install Go 1.26 or newer (https://go.dev/dl)"),
    ("java", "install Java 17 or newer (Debian: apt-get install default-jre-headless)"),
    ("keytool", "install Java 17 or newer (Debian: apt-get install default-jre-headless)"),
    ("mvn", "install Maven 3.8 or newer (Debian: apt-get install maven)"),
];

/// Where the programs are.
pub(super) struct Programs {
    /// grpc-go's interop client.
    pub(super) go_client: PathBuf,
    /// The jars of grpc-java's interop client, as `java -cp` takes them.
    pub(super) java_classpath: String,
    /// The runner of Connect's conformance suite.
    pub(super) conformance: PathBuf,
    /// The server that the interop clients call.
    pub(super) interop_server: PathBuf,
    /// The server that the conformance runner starts.
    pub(super) conformance_server: PathBuf,
    pub(super) versions: Versions,
}

/// The versions of the suites.
pub(super) struct Versions {
    pub(super) grpc_go: String,
    pub(super) grpc_java: String,
    pub(super) conformance: String,
}

impl Programs {
    /// Builds them. Fails where a tool is missing, and says how to install it.
    pub(super) fn build() -> Result<Self> {
        for (program, remedy) in NEEDED {
            if path::find(program).is_none() {
                bail!("{program} is missing: {remedy}");
            }
        }
        let out = project::target().join("interop");
        fs::create_dir_all(&out)?;
        if !out.join("connectconformance").exists() {
            print::progress("setting up the suites: Go and Maven fetch and build them, about 2 minutes");
        }
        let versions = Versions {
            grpc_go: go_list(GRPC_GO, "{{.Version}}")?,
            grpc_java: java_version()?,
            conformance: go_list(CONFORMANCE, "{{.Version}}")?,
        };
        build_go(&out)?;
        build_java(&out)?;
        build_servers(&out)?;
        let java_classpath = fs::read_to_string(out.join("classpath"))?;
        Ok(Self {
            go_client: out.join("client"),
            java_classpath: java_classpath.trim().to_owned(),
            conformance: out.join("connectconformance"),
            interop_server: project::program("interop-server"),
            conformance_server: project::program("conformance-server"),
            versions,
        })
    }
}

/// The folder of this crate's files for the suites.
pub(super) fn folder() -> PathBuf {
    project::root().join("crates/interop")
}

fn go(command: &str) -> Command {
    let mut go = Command::new("go");
    go.current_dir(folder().join("go")).arg(command);
    go
}

fn go_list(module: &str, format: &str) -> Result<String> {
    run::output(go("list").args(["-m", "-f", format, module]))
}

fn build_go(out: &Path) -> Result<()> {
    // Each is named as the last part of its path.
    let programs = [format!("{CONFORMANCE}/cmd/connectconformance"), format!("{GRPC_GO}/interop/client")];
    // With the separator it is a folder, also where it is not there yet.
    run::run(go("build").args(["-buildvcs=false", "-o"]).arg(out.join("")).args(programs))
}

/// Writes `classpath` and the folder `protos`.
fn build_java(out: &Path) -> Result<()> {
    let mut maven = Command::new("mvn");
    maven.args(["--quiet", "--batch-mode", "package", "--file"]).arg(folder().join("java/pom.xml"));
    maven.arg(format!("-Dout={}", out.display()));
    run::capture(FETCH_LIMIT, &mut maven, "")?.success().with_context(|| describe(&maven))?;
    Ok(())
}

fn java_version() -> Result<String> {
    let pom = folder().join("java/pom.xml");
    let text = fs::read_to_string(&pom)?;
    version_of(&text, GRPC_JAVA).with_context(|| format!("{} has no version of {GRPC_JAVA}", pom.display()))
}

fn version_of(pom: &str, artifact: &str) -> Option<String> {
    let (_, rest) = pom.split_once(&format!("<artifactId>{artifact}</artifactId>"))?;
    let (version, _) = rest.split_once("<version>")?.1.split_once("</version>")?;
    Some(version.to_owned())
}

/// Builds our side, with code from the suites' contracts.
fn build_servers(out: &Path) -> Result<()> {
    // Go fetched the module already.
    let conformance = PathBuf::from(go_list(CONFORMANCE, "{{.Dir}}")?);
    let mut cargo = run::cargo();
    cargo.args(["build", "--quiet", "--package", "increment-interop", "--features", "suites"]);
    cargo.env("INTEROP_PROTOS", out.join("protos")).env("CONFORMANCE_PROTOS", conformance.join("proto"));
    run::run(&mut cargo)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_that_of_its_artifact() {
        let pom = "<artifactId>a</artifactId>\n<version>1</version>\n<artifactId>b</artifactId> <version>2</version>";
        assert_eq!(version_of(pom, "b").as_deref(), Some("2"));
        assert_eq!(version_of(pom, "c"), None);
    }
}
