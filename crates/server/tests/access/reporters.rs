//! Who may report accesses: who presents the token or a client certificate, over every protocol.

use increment_proto::v1::ReportAccessesResponse;
use oneport::ClientAuth;
use prost::Message;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio::net::TcpStream;
use tonic::{Code, Status};

use super::{
    REPORT,
    common::{self, Server, Setup, Wire, frame, full, soon, unending},
    list, report, row,
};

/// What comes of a report with these headers, whose body is no message.
async fn report_garbage(server: &Server, wire: Wire, headers: &[(&'static str, &str)]) -> Status {
    soon(server.call_raw(wire, REPORT, headers, full(b"\xff\xff"))).await.unwrap_err()
}

#[tokio::test]
async fn a_report_without_the_token_is_unauthenticated_before_its_message_is_read() {
    let server = Server::start().await;
    let bearer = server.bearer();
    let token = bearer.strip_prefix("Bearer ").unwrap();
    let (basic, cut) = (format!("Basic {token}"), &bearer[..bearer.len() - 1]);
    for wire in Wire::ALL {
        for presented in
            [None, Some(""), Some("Bearer"), Some("Bearer "), Some(token), Some(&*basic), Some(cut)]
        {
            let headers: Vec<_> =
                presented.map(|presented| ("authorization", presented)).into_iter().collect();
            let status = report_garbage(&server, wire, &headers).await;
            assert_eq!(status.code(), Code::Unauthenticated, "{wire:?} {presented:?}: {status:?}");
            assert!(status.message().contains("authorization: Bearer"), "{status:?}");
            assert!(!status.message().contains(token), "it leaks the secret: {status:?}");
        }
        // With the token the message is read, and found to be none.
        for presented in [bearer.clone(), format!("bearer  {token} ")] {
            let status = report_garbage(&server, wire, &[("authorization", &presented)]).await;
            assert_ne!(status.code(), Code::Unauthenticated, "{wire:?} {presented:?}: {status:?}");
        }
    }
    // The response does not wait for the body of the request.
    let silent = soon(server.call_raw(Wire::Grpc, REPORT, &[], unending(&[]))).await.unwrap_err();
    assert_eq!(silent.code(), Code::Unauthenticated);
    assert_eq!(list(&server, Wire::Grpc).await.total, 0);
}

#[tokio::test]
async fn connect_reports_with_the_token_too() {
    let server = Server::start().await;
    let message = br#"{"origin":"o","rows":[{"service":"a","method":"b","protocol":"connect","count":"1"}]}"#;
    for (presented, expected) in
        [(None, &b"unauthenticated"[..]), (Some(server.bearer()), br#"{"reports":"1"}"#)]
    {
        let mut request = common::post(REPORT, "application/connect+json", full(&frame(message)));
        let header = presented.map(|bearer| bearer.parse().unwrap());
        request.headers_mut().extend(header.map(|bearer| (http::header::AUTHORIZATION, bearer)));
        let response = soon(server.send(http::Version::HTTP_2, request)).await.into_body();
        assert!(response.windows(expected.len()).any(|part| part == expected), "{response:?}");
    }
    assert_eq!(list(&server, Wire::Grpc).await.rows, [row("a", "b", "connect", 1)]);
}

/// A CA that vouches for clients, and what one of them presents.
fn client_with_certificate() -> (RootCertStore, Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(ca.der().clone()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut client = CertificateParams::default();
    client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = client.signed_by(&key, &ca).unwrap().der().clone();
    (roots, vec![certificate], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
}

#[tokio::test]
async fn a_client_certificate_stands_for_the_token() {
    let (roots, chain, key) = client_with_certificate();
    let server = Server::with(Setup { client_auth: ClientAuth::Optional(roots), ..Setup::default() }).await;
    let reported = report("origin", vec![row("a", "b", "grpc", 1)]);
    let request = || common::post(REPORT, "application/grpc", full(&reported));
    let identified = server.tls_with(&["h2"], |config| config.with_client_auth_cert(chain, key).unwrap());
    let response = common::send(http::Version::HTTP_2, identified.await, request());
    let message = Wire::Grpc.read(soon(response).await).unwrap();
    assert_eq!(ReportAccessesResponse::decode(message).unwrap().reports, 1);
    // Who may identify themselves and does not needs the token, as does everybody without TLS.
    let anybody = common::send(http::Version::HTTP_2, server.tls(&["h2"]).await, request());
    assert_eq!(Wire::Grpc.read(soon(anybody).await).unwrap_err().code(), Code::Unauthenticated);
    let in_clear = TcpStream::connect(server.http).await.unwrap();
    let in_clear = common::send(http::Version::HTTP_2, in_clear, request());
    assert_eq!(Wire::Grpc.read(soon(in_clear).await).unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(list(&server, Wire::Grpc).await.total, 1);
}
