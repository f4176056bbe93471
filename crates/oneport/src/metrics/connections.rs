//! Connections: open, accepted, closed by reason, and failed TLS handshakes.

use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

use super::register::register;
use crate::close_reason::CloseReason;

/// The metrics of connections. A clone records to the same series.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionMetrics {
    tls: Kind,
    plaintext: Kind,
    failed: IntCounter,
    closed: IntCounterVec,
}

#[derive(Clone, Debug)]
struct Kind {
    open: IntGauge,
    total: IntCounter,
}

impl ConnectionMetrics {
    pub(super) fn new(registry: &Registry) -> Self {
        let open = Opts::new("oneport_connections", "Connections that are open.");
        let total = Opts::new("oneport_connections_accepted_total", "Connections that were accepted.");
        let failed = Opts::new(
            "tls_handshakes_failed_total",
            "Connections that ended before their TLS handshake: no TLS, a failed handshake or no data.",
        );
        let closed = Opts::new(
            "oneport_connections_closed_total",
            "Connections that this server closed, by reason: no first request in time, idle, a newer connection at a limit, \
             unread responses, the shutdown.",
        );
        let closed = register(registry, IntCounterVec::new(closed, &["reason"]));
        // The series exist from the start, at zero.
        for reason in CloseReason::ALL {
            closed.with_label_values(&[reason.name()]);
        }
        let open = register(registry, IntGaugeVec::new(open, &["kind"]));
        let total = register(registry, IntCounterVec::new(total, &["kind"]));
        let kind =
            |name| Kind { open: open.with_label_values(&[name]), total: total.with_label_values(&[name]) };
        Self {
            tls: kind("tls"),
            plaintext: kind("plaintext"),
            failed: register(registry, IntCounter::with_opts(failed)),
            closed,
        }
    }

    /// A connection that was accepted.
    pub(crate) fn open(&self, is_tls: bool) -> Open {
        let kind = if is_tls { &self.tls } else { &self.plaintext };
        kind.total.inc();
        kind.open.inc();
        Open(kind.open.clone())
    }

    /// This server closed a connection.
    pub(crate) fn closed(&self, reason: CloseReason) {
        self.closed.with_label_values(&[reason.name()]).inc();
    }

    /// A connection ended before its TLS handshake.
    pub(crate) fn handshake_failed(&self) {
        self.failed.inc();
    }
}

/// A connection, open until this is dropped.
#[derive(Debug)]
pub(crate) struct Open(IntGauge);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}
