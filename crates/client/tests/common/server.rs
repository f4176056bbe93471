//! increment's server, as the program that a person starts.

use std::{
    env,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rustls::sign::CertifiedKey;
use tempfile::TempDir;

use super::tls_proxy;

pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A server, with TLS and without, until it is dropped.
pub struct Server {
    /// The URLs by address: `https`, then `http`.
    pub urls: Vec<String>,
    folder: TempDir,
    process: Child,
}

impl Server {
    pub fn start() -> Self {
        Self::with_options(&[])
    }

    /// A server with these options.
    pub fn with_options(options: &[&str]) -> Self {
        Self::run(TempDir::new().unwrap(), "127.0.0.1", options)
    }

    /// A server on `address`, an address without a port.
    pub fn on(address: &str) -> Self {
        Self::run(TempDir::new().unwrap(), address, &[])
    }

    /// A server whose certificate was created at `created`.
    pub fn with_certificate_of(created: SystemTime) -> Self {
        let folder = TempDir::new().unwrap();
        let certified_key = certificate(folder.path(), created);
        Self::with_certificate(certified_key, folder)
    }

    /// A server with this certificate, whose CA is `ca.pem` in the folder. It may be one that the program itself would
    /// reject or renew: a proxy presents it.
    pub fn with_certificate(certified_key: impl Into<Arc<CertifiedKey>>, folder: TempDir) -> Self {
        let own = TempDir::new().unwrap();
        let mut server = Self::run(own, "127.0.0.1", &[]);
        let backend = server.plaintext_url().replace("http://", "");
        let port = tls_proxy::start(certified_key.into(), &["h2", "http/1.1"], backend);
        server.urls[0] = format!("https://127.0.0.1:{port}");
        server.folder = folder;
        server
    }

    fn run(folder: TempDir, address: &str, options: &[&str]) -> Self {
        let any_port = format!("{address}:0");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut command = Command::new(program());
        command.args(["--listen", &any_port, "--plaintext-listen", &any_port, "--data", &path("data")]);
        command.args(["--cert", &path("server.pem"), "--key", &path("server.key")]);
        command.args(["--report-token", &path("report.token"), "--log", "error"]).args(options);
        command.current_dir(folder.path()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let urls = lines.filter_map(|line| Some(line.strip_prefix("listening ")?.to_owned())).take(2);
        let urls: Vec<_> = urls.collect();
        assert_eq!(urls.len(), 2, "the server ended: see its error above");
        Self { urls, folder, process }
    }

    /// Shuts the server down, and waits for its end.
    pub fn shut_down(mut self) {
        let id = i32::try_from(self.process.id()).unwrap();
        kill(Pid::from_raw(id), Signal::SIGTERM).unwrap();
        self.process.wait().unwrap();
    }

    /// The `https` URL with the name localhost.
    pub fn url(&self) -> String {
        self.urls[0].replace("127.0.0.1", "localhost")
    }

    /// The `http` URL.
    pub fn plaintext_url(&self) -> String {
        self.urls[1].clone()
    }

    /// The port of the `https` URL.
    pub fn port(&self) -> &str {
        self.urls[0].rsplit_once(':').unwrap().1
    }

    /// The folder of the certificates.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn ca(&self) -> PathBuf {
        self.folder().join("ca.pem")
    }

    /// The options that name this server.
    pub fn options(&self) -> Vec<String> {
        vec!["--url".into(), self.url(), "--ca".into(), self.ca().display().to_string()]
    }

    /// The options that name this server without TLS.
    pub fn plaintext_options(&self) -> Vec<String> {
        vec!["--url".into(), self.plaintext_url()]
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program `increment-server` beside `increment`: `cargo test --workspace` has built it; where only this package is
/// tested and there is none, it is built here.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let program = Path::new(env!("CARGO_BIN_EXE_increment")).with_file_name("increment-server");
        if !program.exists() {
            let mut build = Command::new(env::var_os("CARGO").expect("cargo runs its tests"));
            build.args(["build", "--quiet", "--package", "increment-server"]);
            assert!(build.status().unwrap().success());
        }
        program
    })
}

/// Opens or creates the server's certificate in a folder.
pub fn certificate(folder: &Path, now: SystemTime) -> Arc<CertifiedKey> {
    let (cert, key) = (folder.join("server.pem"), folder.join("server.key"));
    increment_certs::open(&cert, &key, now).unwrap().certified_key
}
