//! Programs that come from Debian: installed as root, else named in the one command to type.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::{path, print, run};

/// A Debian package and how to see that it is there.
pub struct Package {
    name: &'static str,
    is_present: fn() -> bool,
}

/// Packages that are there when one of their programs is.
macro_rules! with_program {
    ($($constant:ident = $name:literal: $program:literal,)*) => {$(
        #[doc = concat!("`", $program, "` of the package ", $name, ".")]
        pub const $constant: Package = Package { name: $name, is_present: || path::find($program).is_some() };
    )*};
}

/// Packages of C++ libraries that are there when one of their headers is.
macro_rules! with_header {
    ($($constant:ident = $name:literal: $header:literal,)*) => {$(
        #[doc = concat!("`", $header, "` of the package ", $name, ".")]
        pub const $constant: Package =
            Package { name: $name, is_present: || Path::new("/usr/include").join($header).is_file() };
    )*};
}

with_program! {
    CERTUTIL = "libnss3-tools": "certutil",
    CHROMIUM = "chromium": "chromium",
    CHROMIUM_SHELL = "chromium-headless-shell": "chromium-headless-shell",
    CMAKE = "cmake": "cmake",
    CXX = "g++": "g++",
    FIREFOX = "firefox-esr": "firefox-esr",
    GRPC_PLUGIN = "protobuf-compiler-grpc": "grpc_cpp_plugin",
    H2LOAD = "nghttp2-client": "h2load",
    JDK = "default-jdk-headless": "javac",
    MAKE = "make": "make",
    MAVEN = "maven": "mvn",
    OPENSSL = "openssl": "openssl",
    PROTOC = "protobuf-compiler": "protoc",
    TSHARK = "tshark": "tshark",
}

with_header! {
    GRPC = "libgrpc++-dev": "grpcpp/grpcpp.h",
    PROTOBUF = "libprotobuf-dev": "google/protobuf/message.h",
}

/// Python with the modules for an environment of its own.
pub const PYTHON: Package = Package {
    name: "python3-venv",
    is_present: || run::succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])),
};

/// Makes sure that `packages` are there.
pub fn ensure(packages: &[Package]) -> Result<()> {
    let missing = missing(packages);
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    let remedy = format!("missing: {names}. Type: sudo apt-get install {names}");
    if !nix::unistd::Uid::effective().is_root() || path::find("apt-get").is_none() {
        bail!(remedy);
    }
    print::progress(&format!("setting up {names}: apt-get installs them, about a minute"));
    run::run(apt_get().arg("update")).with_context(|| remedy.clone())?;
    run::run(apt_get().args(["install", "--yes", "--no-install-recommends"]).args(&missing)).context(remedy)
}

/// Where [`unpack`] puts a package's files, below its folder.
pub const UNPACKED: &str = "unpacked";

/// Downloads a package with `apt_get` into an existing folder and unpacks it there, which needs no root.
pub fn unpack(apt_get: &mut Command, package: &str, folder: &Path) -> Result<()> {
    // A person's own folder is closed to apt's helper user.
    apt_get.args(["--quiet=2", "-o", "APT::Sandbox::User=root", "download", package]).current_dir(folder);
    run::run(apt_get)?;
    let files = fs::read_dir(folder)?;
    let mut files = files.flatten().map(|file| file.path());
    let archive = files.find(|file| file.extension().is_some_and(|name| name == "deb"));
    let archive = archive.context("apt-get download brought no file")?;
    run::run(Command::new("dpkg").arg("--extract").arg(archive).arg(folder.join(UNPACKED)))
}

fn missing(packages: &[Package]) -> Vec<&'static str> {
    packages.iter().filter(|package| !(package.is_present)()).map(|package| package.name).collect()
}

fn apt_get() -> Command {
    let mut apt_get = Command::new("apt-get");
    apt_get.arg("--quiet=2").env("DEBIAN_FRONTEND", "noninteractive");
    apt_get
}
