//! A layer that rejects calls without a token, whatever their protocol. Health checks and reflection need none.
//!
//! ```sh
//! cargo run --example auth
//! curl --json '{"name":"Ada"}' --header 'authorization: Bearer secret' \
//!     http://127.0.0.1:5000/hello.v1.GreeterService/SayHello
//! ```

use std::{
    convert::Infallible,
    env,
    error::Error,
    task::{Context, Poll},
};

use futures_util::future::{Either, Ready, ready};
use http::header::AUTHORIZATION;
use oneport::{CallInfo, CallService};
use tonic::{Request, Response, Status, async_trait, body::Body};
use tower::{Service, layer::layer_fn};

use self::hello::{
    SayHelloRequest, SayHelloResponse,
    greeter_service_server::{GreeterService, GreeterServiceServer},
};

/// Generated from `examples/proto/hello/v1/hello.proto`; in a project of its own, by a build script.
#[allow(clippy::all, missing_docs, unreachable_pub, unused_qualifications)]
mod hello {
    include!("gen/hello.v1.rs");
}

/// The contract as an encoded `google.protobuf.FileDescriptorSet`.
const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!("gen/descriptors.bin");

struct Greeter;

#[async_trait]
impl GreeterService for Greeter {
    async fn say_hello(
        &self,
        request: Request<SayHelloRequest>,
    ) -> Result<Response<SayHelloResponse>, Status> {
        let name = request.into_inner().name;
        if name.is_empty() {
            return Err(Status::invalid_argument("name is empty"));
        }
        Ok(Response::new(SayHelloResponse { greeting: format!("Hello, {name}!") }))
    }
}

/// Rejects calls without a token with UNAUTHENTICATED. A server compares tokens in constant time.
#[derive(Clone)]
struct RequireToken(CallService);

const TOKEN: &str = "Bearer secret";

impl Service<http::Request<Body>> for RequireToken {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Either<
        <CallService as Service<http::Request<Body>>>::Future,
        Ready<Result<http::Response<Body>, Infallible>>,
    >;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let service = request.extensions().get().and_then(CallInfo::service);
        let is_public = service.is_some_and(|service| service.starts_with("grpc."));
        if is_public || request.headers().get(AUTHORIZATION).is_some_and(|token| token == TOKEN) {
            return Either::Left(self.0.call(request));
        }
        Either::Right(ready(Ok(Status::unauthenticated("the token is missing or wrong").into_http())))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    let address = env::args().nth(1).unwrap_or("127.0.0.1:5000".into());
    oneport::Server::builder()
        .service(GreeterServiceServer::new(Greeter), FILE_DESCRIPTOR_SET)
        .layer(layer_fn(RequireToken))
        .plaintext_listen(address.parse()?)
        .serve()?;
    Ok(())
}
