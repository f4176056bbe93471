//! The programs that come from Debian: installed as root, else named in the one command to type. Must not
//! know what needs them.

use std::{fs, path::Path, process::Command};

use crate::{Outcome, run, tools};

/// A Debian package and how to see that it is there.
pub(crate) struct Package {
    name: &'static str,
    present: fn() -> bool,
}

/// A package that is there when one of its programs is.
macro_rules! with_program {
    ($name:literal, $program:literal) => {
        Package { name: $name, present: || tools::find($program).is_some() }
    };
}

/// A package of a C++ library that is there when one of its headers is.
macro_rules! with_header {
    ($name:literal, $header:literal) => {
        Package { name: $name, present: || Path::new("/usr/include").join($header).is_file() }
    };
}

pub(crate) const CERTUTIL: Package = with_program!("libnss3-tools", "certutil");
pub(crate) const CHROMIUM: Package = with_program!("chromium", "chromium");
pub(crate) const CMAKE: Package = with_program!("cmake", "cmake");
pub(crate) const CXX: Package = with_program!("g++", "g++");
pub(crate) const GRPC: Package = with_header!("libgrpc++-dev", "grpcpp/grpcpp.h");
pub(crate) const GRPC_PLUGIN: Package = with_program!("protobuf-compiler-grpc", "grpc_cpp_plugin");
pub(crate) const H2LOAD: Package = with_program!("nghttp2-client", "h2load");
pub(crate) const JDK: Package = with_program!("default-jdk-headless", "javac");
pub(crate) const MAKE: Package = with_program!("make", "make");
pub(crate) const MAVEN: Package = with_program!("maven", "mvn");
pub(crate) const OPENSSL: Package = with_program!("openssl", "openssl");
pub(crate) const PROTOBUF: Package = with_header!("libprotobuf-dev", "google/protobuf/message.h");
pub(crate) const PROTOC: Package = with_program!("protobuf-compiler", "protoc");
pub(crate) const PYTHON: Package = Package {
    name: "python3-venv",
    present: || run::succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])),
};
pub(crate) const TSHARK: Package = with_program!("tshark", "tshark");

/// Makes sure that `packages` are there.
pub(crate) fn ensure(packages: &[Package]) -> Outcome {
    let missing = missing(packages);
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    let remedy = format!("missing: {names}. Type: sudo apt-get install {names}");
    if !nix::unistd::Uid::effective().is_root() || tools::find("apt-get").is_none() {
        return Err(remedy);
    }
    run::note(&format!("setting up {names}: apt-get installs them, about a minute"));
    run::run(apt_get().arg("update")).map_err(|error| format!("{remedy} ({error})"))?;
    run::run(apt_get().args(["install", "--yes", "--no-install-recommends"]).args(&missing))
        .map_err(|error| format!("{remedy} ({error})"))
}

/// Where [`unpack`] puts a package's files, below its folder.
pub(crate) const UNPACKED: &str = "unpacked";

/// Loads a package with `apt_get` into a folder that is there, and unpacks it there instead of installing it: that needs no root.
pub(crate) fn unpack(apt_get: &mut Command, package: &str, folder: &Path) -> Outcome {
    // A person's own folder is closed to apt's helper user.
    apt_get.args(["--quiet=2", "-o", "APT::Sandbox::User=root", "download", package]).current_dir(folder);
    run::run(apt_get)?;
    let files = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files = files.flatten().map(|file| file.path());
    let archive = files.find(|file| file.extension().is_some_and(|name| name == "deb"));
    let archive = archive.ok_or("apt-get download brought no file")?;
    run::run(Command::new("dpkg").arg("--extract").arg(archive).arg(folder.join(UNPACKED)))
}

fn missing(packages: &[Package]) -> Vec<&'static str> {
    packages.iter().filter(|package| !(package.present)()).map(|package| package.name).collect()
}

fn apt_get() -> Command {
    let mut apt_get = Command::new("apt-get");
    apt_get.arg("--quiet=2").env("DEBIAN_FRONTEND", "noninteractive");
    apt_get
}
