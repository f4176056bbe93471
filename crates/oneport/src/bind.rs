//! Turns settings into a bound server: checks the configuration, reads the page, binds the addresses.

use std::{num::NonZero, thread::available_parallelism};

use crate::{
    bound::BoundServer,
    cors::cors_layer,
    error::BindError,
    host::AllowedHosts,
    limits::Limits,
    metrics::Metrics,
    origin::Origin,
    page::{Page, Site},
    probes::Probes,
    router::{Router, Routes},
    rpc::{Calls, Rpc},
    serve::{Addresses, Listeners, Parts, raise_descriptor_limit},
    settings::Settings,
    standard::with_standard_services,
    tls::Tls,
};

/// The text for a server without a page.
const NO_PAGE: &str = "There is no page here. The services are available.";

/// Binds a server. Reports errors of the configuration first, then those of the page, then those of the addresses.
pub(crate) async fn bind(settings: Settings) -> Result<BoundServer, BindError> {
    check_certificate(&settings.addresses, settings.tls.as_ref())?;
    let tls = settings.tls.map(Tls::into_config).transpose()?;
    let (entries, pool) = with_standard_services(settings.services, &settings.health)?;
    let page = settings.page.map(Page::read).transpose()?;
    let listeners = listen(&settings.addresses).await?;
    let own_origins = own_origins(&listeners, settings.cors.allows_own_origins)?;
    let site = match page {
        Some(page) => Site::new(page, settings.reloads_page, &own_origins),
        None => Site::None(settings.no_page_text.unwrap_or(NO_PAGE).into()),
    };
    let metrics = listeners.metrics.as_ref();
    let metrics = metrics.map(|_| Metrics::new(settings.target.as_ref(), settings.metrics_text));
    let call_metrics = metrics.as_ref().map(|metrics| &metrics.calls);
    let calls = Calls::new(settings.call_limits, &entries, &pool, call_metrics);
    let origins = [settings.cors.origins, own_origins].concat();
    let hosts = AllowedHosts::new(settings.allowed_hosts);
    let router = Router::new(Routes {
        rpc: Rpc::new(calls.clone(), &settings.layers, call_metrics),
        calls,
        site,
        probes: Probes::new(&settings.health),
        hosts: hosts.clone(),
        cors: (!origins.is_empty()).then(|| cors_layer(&origins, &settings.cors.headers)),
    });
    let limits = within_descriptors(settings.limits.clamped());
    let workers = settings.workers.or_else(|| available_parallelism().ok()).unwrap_or(NonZero::<usize>::MIN);
    let parts = Parts { router, tls, limits, workers, health: settings.health, hosts, metrics };
    Ok(BoundServer::new(listeners, parts))
}

fn check_certificate(addresses: &Addresses, tls: Option<&Tls>) -> Result<(), BindError> {
    match addresses.first_tls() {
        Some(address) if tls.is_none() => Err(BindError::NoCertificate(address)),
        _ => Ok(()),
    }
}

async fn listen(addresses: &Addresses) -> Result<Listeners, BindError> {
    if addresses.is_empty() {
        return Err(BindError::NoAddress);
    }
    Ok(addresses.bind().await?)
}

/// The origins of the server's own addresses, where pages from one of them may call the others.
fn own_origins(listeners: &Listeners, are_allowed: bool) -> Result<Vec<Origin>, BindError> {
    if are_allowed { listeners.origins().map_err(BindError::Address) } else { Ok(Vec::new()) }
}

/// The limits, with at most as many connections as this process may have file descriptors for.
fn within_descriptors(configured: Limits) -> Limits {
    let Some(descriptors) = raise_descriptor_limit() else { return configured };
    let limits = configured.within_descriptors(descriptors);
    if limits.connections < configured.connections {
        tracing::warn!(
            "serving {} connections at most, not {}: this process may have {descriptors} files open (ulimit -Hn)",
            limits.connections,
            configured.connections
        );
    }
    limits
}

#[cfg(test)]
mod tests {
    use std::{net::SocketAddr, path::PathBuf};

    use tokio::net::TcpListener;

    use super::*;

    /// An address that is in use for as long as the listener is there.
    async fn used_address() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    fn with_missing_page(address: SocketAddr) -> Settings {
        let addresses = Addresses { plaintext: vec![address], ..Addresses::default() };
        Settings { addresses, page: Some(PathBuf::from("no/such/page")), ..Settings::default() }
    }

    #[tokio::test]
    async fn a_server_without_an_address_is_rejected() {
        let error = bind(Settings::default()).await.unwrap_err();
        assert!(matches!(error, BindError::NoAddress), "{error}");
        let mut settings = Settings::default();
        settings.addresses.metrics = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        let error = bind(settings).await.unwrap_err();
        assert!(matches!(error, BindError::NoAddress), "{error}");
    }

    #[tokio::test]
    async fn an_address_that_is_in_use_is_named() {
        let (_used, address) = used_address().await;
        let error = bind(Settings { page: None, ..with_missing_page(address) }).await.unwrap_err();
        let expected = format!("cannot listen on {address}: another program uses this port");
        assert!(error.to_string().starts_with(&expected), "{error}");
    }

    #[tokio::test]
    async fn errors_of_the_configuration_come_before_those_of_the_page_and_of_addresses() {
        let (_used, address) = used_address().await;
        let error = bind(with_missing_page(address)).await.unwrap_err();
        assert!(matches!(error, BindError::Page(_)), "{error}");
        let mut settings = with_missing_page(address);
        settings.addresses.loopback = Some(address.port());
        let error = bind(settings).await.unwrap_err();
        assert!(matches!(error, BindError::NoCertificate(missing) if missing == address), "{error}");
    }
}
