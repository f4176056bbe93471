//! Serves one connection: TLS handshake, HTTP, and the limits on peers that are idle or do not read. Step 4 of the path of a
//! click. Independent of what requests are about.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use http::Version;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::oneshot,
    time::{sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{
    closing::{close, drain},
    error::{ConnectionError, HttpError},
    handshake,
    http_builder::{HttpBuilder, HttpConnection, http_builder, negotiated},
    service::ConnectionService,
    transport::{Returned, Transport},
};
use crate::{
    activity::Activity,
    close_reason::CloseReason,
    info::{Connection, ConnectionInfo, TlsInfo},
    limits::Limits,
    metrics::ConnectionMetrics,
    outbound::{Outbound, ResponseMemory, WriteTimeout},
    router::Router,
};

/// Serves the connections of one worker.
pub(crate) struct ConnectionServer {
    router: Router,
    limits: Limits,
    http: HttpBuilder,
    metrics: Option<ConnectionMetrics>,
    responses: Arc<ResponseMemory>,
}

impl ConnectionServer {
    pub(crate) fn new(
        router: Router,
        limits: &Limits,
        metrics: Option<ConnectionMetrics>,
        responses: Arc<ResponseMemory>,
    ) -> Self {
        Self { router, limits: *limits, http: http_builder(limits), metrics, responses }
    }

    /// Serves a connection until its peer closes it, or the server has to.
    pub(crate) async fn serve(
        &self,
        stream: TcpStream,
        tls: Option<TlsAcceptor>,
        activity: &Arc<Activity>,
    ) -> Result<(), ConnectionError> {
        let _open = self.metrics.as_ref().map(|metrics| metrics.open(tls.is_some()));
        let served = self.serve_tcp(stream, tls, activity).await;
        if let (Some(metrics), Err(ConnectionError::Closed(reason))) = (&self.metrics, &served) {
            metrics.closed(*reason);
        }
        served
    }

    async fn serve_tcp(
        &self,
        stream: TcpStream,
        tls: Option<TlsAcceptor>,
        activity: &Arc<Activity>,
    ) -> Result<(), ConnectionError> {
        // Without it, Nagle's algorithm and delayed acknowledgements delay small responses by 40 ms.
        stream.set_nodelay(true)?;
        let (peer_address, local_address) = (stream.peer_addr()?, stream.local_addr()?);
        let info = |tls| ConnectionInfo { peer_address, local_address, tls };
        let outbound = Outbound::new(&self.limits, &self.responses, activity);
        let Some(tls) = tls else {
            let stream = WriteTimeout::new(stream, Arc::clone(&outbound));
            return self.serve_http(stream, info(None), outbound, activity).await;
        };
        let stream = self.handshake(stream, &tls, &outbound, activity).await.inspect_err(|_| {
            if let Some(metrics) = &self.metrics {
                metrics.handshake_failed();
            }
        })?;
        let tls = TlsInfo::from_handshake(stream.get_ref().1);
        self.serve_http(stream, info(Some(tls)), outbound, activity).await
    }

    /// The TLS handshake, within the time for a first request.
    async fn handshake(
        &self,
        stream: TcpStream,
        tls: &TlsAcceptor,
        outbound: &Arc<Outbound>,
        activity: &Activity,
    ) -> Result<Box<TlsStream<WriteTimeout<TcpStream>>>, ConnectionError> {
        // Boxed: else every connection would reserve its size for as long as it is open.
        let accepted = Box::pin(handshake::accept(stream, outbound, tls));
        tokio::select! {
            done = timeout(self.limits.first_request, accepted) => {
                done.unwrap_or(Err(ConnectionError::Closed(CloseReason::FirstRequest)))
            }
            reason = activity.close_requested() => Err(ConnectionError::Closed(reason)),
        }
    }

    /// Serves HTTP until the connection ends, and closes it with a notice to the peer.
    async fn serve_http<S>(
        &self,
        stream: S,
        info: ConnectionInfo,
        outbound: Arc<Outbound>,
        activity: &Arc<Activity>,
    ) -> Result<(), ConnectionError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let HttpServing { mut connection, version, returned } =
            self.start_http(stream, info, &outbound, activity);
        let ended = serve_until_close(connection.as_mut(), activity, &outbound, &self.limits).await;
        let must_drain = ended.is_err();
        let served = match ended {
            Ok(ended) => ended.map_err(|error| ConnectionError::from_http(error, activity)),
            Err(reason) => Err(ConnectionError::Closed(reason)),
        };
        let closing = async {
            let mut notice = served.as_ref().err().and_then(ConnectionError::close_reason);
            if let Some(reason) = notice.filter(|_| must_drain) {
                let expects_no_response = drain(connection.as_mut(), activity, reason).await;
                notice = notice.filter(|_| expects_no_response);
            }
            // hyper returns the stream when its connection is dropped.
            drop(connection);
            close(returned, version, notice).await;
        };
        tokio::select! {
            () = closing => {}
            () = activity.abort_requested() => {}
        }
        served
    }

    fn start_http<S>(
        &self,
        stream: S,
        info: ConnectionInfo,
        outbound: &Arc<Outbound>,
        activity: &Arc<Activity>,
    ) -> HttpServing<S>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let alpn = info.tls.as_ref().map(|tls| tls.alpn.as_str());
        let (http, version) = negotiated(self.http.clone(), alpn);
        let (transport, returned) = Transport::new(stream, activity);
        let share = self.router.connection_share();
        let service = ConnectionService {
            router: self.router.clone(),
            activity: Arc::clone(activity),
            connection: Arc::new(Connection { info, outbound: Arc::clone(outbound), share }),
        };
        let connection = Box::pin(http.serve_connection(TokioIo::new(transport), service).into_owned());
        HttpServing { connection, version, returned }
    }
}

/// HTTP on a stream.
struct HttpServing<S> {
    connection: Pin<Box<HttpConnection<S>>>,
    /// The version that ALPN negotiated.
    version: Option<Version>,
    /// Receives the stream when the connection is dropped.
    returned: oneshot::Receiver<Returned<S>>,
}

/// Serves until the connection ends by itself, with the result of hyper, or has to be closed: idle, not read, at a limit or
/// for a shutdown.
async fn serve_until_close<S>(
    mut connection: Pin<&mut HttpConnection<S>>,
    activity: &Activity,
    outbound: &Outbound,
    limits: &Limits,
) -> Result<Result<(), HttpError>, CloseReason>
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let mut stalled = pin!(outbound.stalled());
    loop {
        let remaining = remaining_idle_time(limits, activity)?;
        tokio::select! {
            biased;
            ended = &mut connection => return Ok(ended),
            reason = activity.close_requested() => return Err(reason),
            () = &mut stalled => return Err(CloseReason::ResponseStall),
            // One timer per connection, which requests do not reset.
            () = sleep(remaining) => {}
        }
    }
}

/// The least time after which the connection can be idle for too long, or why it has to be closed now.
fn remaining_idle_time(limits: &Limits, activity: &Activity) -> Result<Duration, CloseReason> {
    let Some(idle) = activity.idle_time() else { return Ok(limits.idle) };
    let (allowed, reason) = match activity.has_received_request() {
        true => (limits.idle, CloseReason::Idle),
        false => (limits.first_request, CloseReason::FirstRequest),
    };
    let remaining = allowed.saturating_sub(idle);
    // At most `idle`: a first request may be received and end before the time for it is up.
    if remaining.is_zero() { Err(reason) } else { Ok(remaining.min(limits.idle)) }
}
