//! The examples as processes: each is called over every protocol, and ends at SIGTERM.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::{
    env, fs,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, ChildStderr, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use bytes::Bytes;
use common::{ReqBody, Wire, frame, full, get, post, send, soon};
use http::{Request, Response, StatusCode, Version};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rcgen::generate_simple_self_signed;
use rustls::pki_types::CertificateDer;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tonic::Code;

const SAY_HELLO: &str = "/hello.v1.GreeterService/SayHello";

/// `Ada` as the name.
const ADA: &[u8] = b"\x0a\x03Ada";

/// `Hello, Ada!` as the greeting.
const HELLO_ADA: &[u8] = b"\x0a\x0bHello, Ada!";

/// The longest time from SIGTERM to the end of an example.
const LONGEST_END: Duration = Duration::from_secs(20);

/// A running example.
struct Example {
    process: Child,
    address: SocketAddr,
    /// The certificate of the server, where it has one.
    root: Option<CertificateDer<'static>>,
    /// Open as long as the example writes to it.
    stderr: Option<BufReader<ChildStderr>>,
}

impl Example {
    fn start(name: &str, arguments: &[PathBuf], root: Option<CertificateDer<'static>>) -> Self {
        // Cargo builds the examples before it runs all tests.
        let program = env::current_exe().unwrap().with_file_name(format!("../examples/{name}"));
        assert!(program.exists(), "build it: cargo build -p oneport --example {name}");
        let mut command = Command::new(program);
        command.args(arguments).arg("127.0.0.1:0").stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut stderr = BufReader::new(process.stderr.take().unwrap());
        let line = stderr.by_ref().lines().map(Result::unwrap).find(|line| line.contains("listening http"));
        let line = line.unwrap_or_else(|| panic!("it does not listen: {:?}", process.wait()));
        let address = line.rsplit("//").next().unwrap().parse().unwrap();
        Self { process, address, root, stderr: Some(stderr) }
    }

    async fn send(&self, version: Version, request: Request<ReqBody>) -> Response<Bytes> {
        let (http, https) = (self.address, self.address);
        match &self.root {
            None => soon(send(version, TcpStream::connect(http).await.unwrap(), request)).await,
            Some(root) => {
                let target = common::Target { http, https, root: root.clone() };
                soon(target.send(version, request)).await
            }
        }
    }

    /// Calls `SayHello` over every protocol with these headers; the code of each.
    async fn codes(&self, headers: &[(&'static str, &'static str)]) -> Vec<Code> {
        let with_headers = |mut request: Request<ReqBody>| {
            for (name, value) in headers {
                request.headers_mut().insert(*name, value.parse().unwrap());
            }
            request
        };
        let mut codes = Vec::new();
        for wire in [Wire::Grpc, Wire::GrpcWebHttp2, Wire::GrpcWebHttp1] {
            let request = with_headers(post(SAY_HELLO, wire.content_type(), full(&frame(ADA))));
            codes.push(match wire.read(self.send(wire.version(), request).await) {
                Ok(message) => {
                    assert_eq!(message, HELLO_ADA, "{wire:?}");
                    Code::Ok
                }
                Err(status) => status.code(),
            });
        }
        for version in [Version::HTTP_11, Version::HTTP_2] {
            let json = full(br#"{"name":"Ada"}"#);
            let response = self.send(version, with_headers(post(SAY_HELLO, "application/json", json))).await;
            codes.push(match response.status() {
                StatusCode::OK => {
                    assert_eq!(response.body(), r#"{"greeting":"Hello, Ada!"}"#);
                    Code::Ok
                }
                StatusCode::UNAUTHORIZED => Code::Unauthenticated,
                status => panic!("{status}: {:?}", response.body()),
            });
        }
        codes
    }

    /// Sends SIGTERM; the example drains and exits with success.
    fn terminate(mut self) {
        kill(Pid::from_raw(self.process.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
        let (mut stderr, (sender, log)) = (self.stderr.take().unwrap(), mpsc::channel());
        thread::spawn(move || {
            let mut log = String::new();
            stderr.read_to_string(&mut log).map(|_| drop(sender.send(log)))
        });
        let log = log.recv_timeout(LONGEST_END).expect("it ends");
        assert!(self.process.wait().unwrap().success() && log.contains("shutting down"), "{log}");
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn hello_greets_over_every_protocol_and_ends_at_sigterm() {
    let hello = Example::start("hello", &[], None);
    assert_eq!(hello.codes(&[]).await, [Code::Ok; 5]);
    let nameless = post(SAY_HELLO, "application/json", full(b"{}"));
    assert_eq!(hello.send(Version::HTTP_11, nameless).await.status(), StatusCode::BAD_REQUEST);
    hello.terminate();
}

#[tokio::test]
async fn page_serves_its_files_beside_the_service_with_tls() {
    let folder = TempDir::new().unwrap();
    let made = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
    fs::write(&files[0], made.cert.pem()).unwrap();
    fs::write(&files[1], made.signing_key.serialize_pem()).unwrap();
    let page = Example::start("page", &files, Some(made.cert.der().clone()));
    assert_eq!(page.codes(&[]).await, [Code::Ok; 5]);
    for (path, content_type) in [("/", "text/html"), ("/page.js", "text/javascript")] {
        let response = page.send(Version::HTTP_2, get(path)).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()["content-type"], content_type);
    }
    page.terminate();
}

#[tokio::test]
async fn auth_rejects_calls_without_the_token_over_every_protocol() {
    let auth = Example::start("auth", &[], None);
    assert_eq!(auth.codes(&[]).await, [Code::Unauthenticated; 5]);
    assert_eq!(auth.codes(&[("authorization", "Bearer wrong")]).await, [Code::Unauthenticated; 5]);
    assert_eq!(auth.codes(&[("authorization", "Bearer secret")]).await, [Code::Ok; 5]);
    let health = post("/grpc.health.v1.Health/Check", "application/json", full(b"{}"));
    assert_eq!(auth.send(Version::HTTP_11, health).await.body(), r#"{"status":"SERVING"}"#);
    auth.terminate();
}
