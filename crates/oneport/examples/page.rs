//! A service and the page that calls it, on one port with TLS. It needs a certificate:
//!
//! ```sh
//! openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 30 \
//!     -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem
//! cargo run --example page -- cert.pem key.pem
//! curl --cacert cert.pem https://localhost:5000/
//! ```

use std::{env, error::Error};

use oneport::Tls;
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
    let mut arguments = env::args().skip(1);
    let (Some(chain), Some(key)) = (arguments.next(), arguments.next()) else {
        return Err("usage: page CERTIFICATE KEY [ADDRESS]".into());
    };
    let address = arguments.next().unwrap_or("127.0.0.1:5000".into());
    oneport::Server::builder()
        .service(GreeterServiceServer::new(Greeter), FILE_DESCRIPTOR_SET)
        .page(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/page"))
        .tls(Tls::from_pem_files(chain, key)?)
        .listen(address.parse()?)
        .serve()?;
    Ok(())
}
