//! increment's server in the test's process.

use std::{
    net::SocketAddr,
    num::NonZero,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, SystemTime},
};

use increment_access::{Durability, Ledger, Options};
use increment_server::{
    App, CallLimits, Limits, Listeners, Parts, counted_methods,
    page::Page,
    run,
    tls::{self, Tls},
};
use rustls::sign::CertifiedKey;
use tempfile::TempDir;
use tokio::sync::oneshot;

pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A server, with TLS and without, until it is dropped.
pub struct Server {
    /// The URLs by address: `https`, then `http`.
    pub urls: Vec<String>,
    folder: TempDir,
    /// Shuts the server down when dropped.
    _stop: oneshot::Sender<()>,
}

impl Server {
    pub fn start() -> Self {
        Self::with_tls(|certified_key| tls::config(certified_key).unwrap())
    }

    /// A server on `address`, an address without a port.
    pub fn on(address: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let tls = tls::config(&certificate(folder.path(), SystemTime::now())).unwrap();
        Self::run(folder, address, tls, None)
    }

    /// A server with this TLS configuration.
    pub fn with_tls(config: impl FnOnce(&CertifiedKey) -> Tls) -> Self {
        let folder = TempDir::new().unwrap();
        let tls = config(&certificate(folder.path(), SystemTime::now()));
        Self::run(folder, "127.0.0.1", tls, None)
    }

    /// A server whose certificate was created at `created`.
    pub fn with_certificate_of(created: SystemTime) -> Self {
        let folder = TempDir::new().unwrap();
        let certified_key = certificate(folder.path(), created);
        Self::with_certificate(&certified_key, folder)
    }

    /// A server with this certificate, whose CA is `ca.pem` in the folder.
    pub fn with_certificate(certified_key: &CertifiedKey, folder: TempDir) -> Self {
        Self::run(folder, "127.0.0.1", tls::config(certified_key).unwrap(), None)
    }

    /// A server that lets pages of this origin call.
    pub fn with_cors_origin(origin: &'static str) -> Self {
        let folder = TempDir::new().unwrap();
        let tls = tls::config(&certificate(folder.path(), SystemTime::now())).unwrap();
        Self::run(folder, "127.0.0.1", tls, Some(origin))
    }

    fn run(folder: TempDir, address: &str, tls: Tls, origin: Option<&'static str>) -> Self {
        let counted = Options::new(counted_methods().unwrap(), Durability::Strict);
        let ledger = Ledger::open(folder.path().join("data"), counted).unwrap();
        let origins = origin.into_iter().map(|origin| origin.parse().unwrap()).collect();
        let parts = Parts {
            tls,
            app: App::new(Page::none(), CallLimits::default(), Some(ledger)).allow_origins(origins),
            limits: Limits::default(),
            workers: NonZero::<usize>::MIN,
        };
        let address = SocketAddr::new(address.parse().unwrap(), 0);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listeners = runtime.block_on(Listeners::bind(&[address], &[address])).unwrap();
        let urls = listeners.urls().unwrap();
        let (stop, stopped) = oneshot::channel();
        let shutdown = async { drop(stopped.await) };
        thread::spawn(move || runtime.block_on(run(listeners, parts, shutdown)));
        Self { urls, folder, _stop: stop }
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

/// Opens or creates the server's certificate in a folder.
pub fn certificate(folder: &Path, now: SystemTime) -> Arc<CertifiedKey> {
    let (cert, key) = (folder.join("server.pem"), folder.join("server.key"));
    increment_certs::open(&cert, &key, now).unwrap().certified_key
}
