//! A service on one port, over gRPC, gRPC-Web and Connect. It needs no certificate:
//!
//! ```sh
//! cargo run --example hello
//! curl --json '{"name":"Ada"}' http://127.0.0.1:5000/hello.v1.GreeterService/SayHello
//! ```

use std::{env, error::Error};

use tonic::{Request, Response, Status, async_trait};

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

fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    let address = env::args().nth(1).unwrap_or("127.0.0.1:5000".into());
    oneport::Server::builder()
        .service(GreeterServiceServer::new(Greeter), FILE_DESCRIPTOR_SET)
        .plaintext_listen(address.parse()?)
        .serve()?;
    Ok(())
}
