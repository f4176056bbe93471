//! A server in this process, on free ports with TLS.

use std::{
    net::{Ipv4Addr, SocketAddr},
    num::NonZero,
    ops::Deref,
    path::PathBuf,
};

use oneport::{BoundServer, Builder, CallLimits, Health, Limits, ServeError, Tls};
use rcgen::generate_simple_self_signed;
use rustls::{
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer},
    sign::CertifiedKey,
};
use tokio::{sync::oneshot, task::JoinHandle};

use super::{
    client::Target,
    contract::{self, Calls},
};

/// Any free port of a loopback address.
pub const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

pub struct Server {
    target: Target,
    /// The address for metrics, if there is one.
    pub metrics: Option<SocketAddr>,
    pub health: Health,
    pub calls: Calls,
    stop: Option<oneshot::Sender<()>>,
    pub running: JoinHandle<Result<(), ServeError>>,
}

/// What a server is started with.
#[derive(Default)]
pub struct Setup {
    pub limits: Limits,
    pub call_limits: CallLimits,
    /// The folder with the page.
    pub page: Option<PathBuf>,
    pub reloads_page: bool,
    pub origins: Vec<&'static str>,
    pub cors_headers: Vec<&'static str>,
    pub hosts: Vec<&'static str>,
    pub metrics: bool,
}

/// A certificate for `localhost`, for the server and for its clients.
pub fn certificate() -> (Tls, CertificateDer<'static>) {
    let made = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let root = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let key = CertifiedKey::from_der(vec![root.clone()], key, &aws_lc_rs::default_provider()).unwrap();
    (Tls::from(key), root)
}

impl Server {
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub async fn with(setup: Setup) -> Self {
        let calls = Calls::default();
        Self::from_builder(setup.configure(contract::builder(&calls)), calls).await
    }

    /// Starts a server with other services or layers, with and without TLS.
    pub async fn from_builder(builder: Builder, calls: Calls) -> Self {
        let (tls, root) = certificate();
        let health = Health::default();
        let builder = builder.tls(tls).listen(ANY_PORT).plaintext_listen(ANY_PORT).health(health.clone());
        let bound = builder.workers(NonZero::new(2).unwrap()).bind().await.unwrap();
        let urls = bound.urls().unwrap();
        let target = Target { https: address(&urls[0]), http: address(&urls[1]), root };
        let metrics = bound.metrics_url().unwrap().map(|url| address(&url));
        let (stop, running) = run(bound);
        Self { target, metrics, health, calls, stop: Some(stop), running }
    }

    /// Starts the shutdown; `running` is ready at its end.
    pub fn stop(&mut self) {
        drop(self.stop.take());
    }
}

fn run(bound: BoundServer) -> (oneshot::Sender<()>, JoinHandle<Result<(), ServeError>>) {
    let (stop, stopped) = oneshot::channel::<()>();
    (stop, tokio::spawn(bound.run(async { drop(stopped.await) })))
}

fn address(url: &str) -> SocketAddr {
    url.split("//").nth(1).unwrap().parse().unwrap()
}

impl Setup {
    fn configure(self, builder: Builder) -> Builder {
        let builder = builder
            .cors_origins(self.origins.iter().map(|origin| origin.parse().unwrap()))
            .cors_headers(self.cors_headers.iter().map(|name| name.parse().unwrap()))
            .allow_hosts(self.hosts.iter().map(|name| name.parse().unwrap()))
            .limits(self.limits)
            .call_limits(self.call_limits)
            .reload_page(self.reloads_page);
        let builder = if self.metrics { builder.metrics_listen(ANY_PORT) } else { builder };
        match self.page {
            Some(page) => builder.page(page),
            None => builder,
        }
    }
}

impl Deref for Server {
    type Target = Target;

    fn deref(&self) -> &Target {
        &self.target
    }
}
