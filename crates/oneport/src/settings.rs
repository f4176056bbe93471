//! The settings of a server, as its builder collects them.

use std::{num::NonZero, path::PathBuf};

use http::HeaderName;

use crate::{
    health::Health,
    host::HostName,
    limits::Limits,
    messages::CallLimits,
    metrics::{Target, TextSource},
    origin::Origin,
    rpc::{LayerFn, ServiceEntry},
    serve::Addresses,
    tls::Tls,
};

/// The settings of a server. The methods of [`Builder`](crate::Builder) describe them.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) services: Vec<ServiceEntry>,
    /// The innermost first.
    pub(crate) layers: Vec<LayerFn>,
    pub(crate) page: Option<PathBuf>,
    pub(crate) no_page_text: Option<&'static str>,
    pub(crate) reloads_page: bool,
    pub(crate) addresses: Addresses,
    pub(crate) tls: Option<Tls>,
    pub(crate) cors: CorsSettings,
    pub(crate) allowed_hosts: Vec<HostName>,
    pub(crate) limits: Limits,
    pub(crate) call_limits: CallLimits,
    pub(crate) workers: Option<NonZero<usize>>,
    pub(crate) health: Health,
    /// The name and the version of the program.
    pub(crate) target: Option<Target>,
    pub(crate) metrics_text: Vec<TextSource>,
}

/// The settings of cross-origin calls.
#[derive(Default)]
pub(crate) struct CorsSettings {
    pub(crate) origins: Vec<Origin>,
    pub(crate) allows_own_origins: bool,
    pub(crate) headers: Vec<HeaderName>,
}
