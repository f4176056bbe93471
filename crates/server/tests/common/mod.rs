//! The demo's server in this process, on free ports with TLS. Its client is that of oneport's tests.

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    reason = "each test program uses a part of it"
)]

#[path = "../../../oneport/tests/common/client/mod.rs"]
mod client;
pub mod program;

use std::{
    net::{Ipv4Addr, SocketAddr},
    num::NonZero,
    ops::Deref,
    path::PathBuf,
    time::SystemTime,
};

use increment_access::{Durability, Ledger, LedgerMetrics, Options};
use increment_certs::BearerToken;
use increment_server::{Demo, counted_methods, run_with_ledger};
use oneport::{CallLimits, ClientAuth, Health, Limits, ServeError, Tls};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};

pub use self::client::*;

pub struct Server {
    target: Target,
    /// The address for metrics, if there is one.
    pub metrics: Option<SocketAddr>,
    pub ledger: Ledger,
    pub certs: TempDir,
    stop: Option<oneshot::Sender<()>>,
    pub data: TempDir,
    pub running: JoinHandle<Result<(), ServeError>>,
}

/// What a server is started with.
pub struct Setup {
    pub limits: Limits,
    pub call_limits: CallLimits,
    /// The folder with the page.
    pub page: Option<PathBuf>,
    pub reloads_page: bool,
    pub origins: Vec<&'static str>,
    pub cors_headers: Vec<&'static str>,
    pub hosts: Vec<&'static str>,
    pub durability: Durability,
    pub metrics: bool,
    pub client_auth: ClientAuth,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            call_limits: CallLimits::default(),
            page: None,
            reloads_page: false,
            origins: vec![],
            cors_headers: vec![],
            hosts: vec![],
            durability: Durability::Strict,
            metrics: false,
            client_auth: ClientAuth::Off,
        }
    }
}

impl Server {
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub async fn with(setup: Setup) -> Self {
        let certs = TempDir::new().unwrap();
        let (cert, key) = (certs.path().join("server.pem"), certs.path().join("server.key"));
        let opened = increment_certs::open(&cert, &key, SystemTime::now()).unwrap();
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let data = TempDir::new().unwrap();
        let metrics = setup.metrics.then(LedgerMetrics::default);
        let counted = Options::new(counted_methods().unwrap(), setup.durability);
        let counted = match &metrics {
            Some(metrics) => counted.on_commit(metrics.on_commit()),
            None => counted,
        };
        let ledger = Ledger::open(data.path(), counted).unwrap();
        let demo = Demo {
            ledger: Some(ledger.clone()),
            report_token: Some(BearerToken::open(&certs.path().join("report.token")).unwrap()),
            certificate: opened.certified_key.cert.first().and_then(increment_certs::CertificateInfo::parse),
            metrics,
        };
        let health = Health::default();
        let mut builder = demo
            .builder()
            .tls(Tls::new(opened.certified_key).client_auth(setup.client_auth))
            .listen(any_port)
            .plaintext_listen(any_port)
            .cors_origins(setup.origins.iter().map(|origin| origin.parse().unwrap()))
            .cors_headers(setup.cors_headers.iter().map(|name| name.parse().unwrap()))
            .allow_hosts(setup.hosts.iter().map(|name| name.parse().unwrap()))
            .limits(setup.limits)
            .call_limits(setup.call_limits)
            .workers(NonZero::new(2).unwrap())
            .reload_page(setup.reloads_page)
            .health(health.clone());
        if let Some(page) = setup.page {
            builder = builder.page(page);
        }
        if setup.metrics {
            builder = builder.metrics_listen(any_port);
        }
        let bound = builder.bind().await.unwrap();
        let urls = bound.urls().unwrap();
        let address = |url: &str| url.split("//").nth(1).unwrap().parse().unwrap();
        let root = CertificateDer::from_pem_file(certs.path().join("ca.pem")).unwrap();
        let target = Target { https: address(&urls[0]), http: address(&urls[1]), root };
        let metrics_address = bound.metrics_url().unwrap().map(|url| address(&url));
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async { drop(stopped.await) };
        let running = tokio::spawn({
            let ledger = ledger.clone();
            async move { run_with_ledger(bound, &ledger, health, shutdown).await }
        });
        Self { target, metrics: metrics_address, ledger, certs, data, stop: Some(stop), running }
    }

    /// The `authorization` header of a service that reports.
    pub fn bearer(&self) -> String {
        bearer(self.certs.path())
    }

    /// Begins the shutdown; `running` is ready at its end.
    pub fn stop(&mut self) {
        drop(self.stop.take());
    }
}

impl Deref for Server {
    type Target = Target;

    fn deref(&self) -> &Target {
        &self.target
    }
}

/// The `authorization` header of a service that reports to the server with this folder of certificates.
pub fn bearer(certs: &std::path::Path) -> String {
    format!("Bearer {}", std::fs::read_to_string(certs.join("report.token")).unwrap().trim())
}
