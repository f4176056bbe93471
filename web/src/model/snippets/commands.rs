//! The command of each tool.

/// The server, as the tools take it.
pub(super) struct Server {
    /// The URL below which the methods are.
    base: String,
    /// The URL without its path.
    origin: String,
    /// The host and the port.
    address: String,
    /// Whether the URL has a path.
    pub(super) has_path: bool,
    is_tls: bool,
}

impl Server {
    /// Parses a base URL.
    pub(super) fn parse(base: &str) -> Self {
        // A host name may contain characters with a meaning in a shell.
        let is_plain = |character: &char| matches!(character, '0'..='9' | 'a'..='z' | 'A'..='Z' | '.' | ':' | '/' | '-' | '_' | '%' | '[' | ']');
        let base: String = base.chars().filter(is_plain).collect();
        let (scheme, rest) = base.split_once("://").unwrap_or_default();
        let (address, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        Self {
            origin: format!("{scheme}://{address}"),
            address: address.to_owned(),
            has_path: !path.is_empty(),
            is_tls: scheme == "https",
            base,
        }
    }

    /// Returns what a tool needs over TLS, or what it needs without.
    fn options(&self, tls: &'static str, plaintext: &'static str) -> &'static str {
        if self.is_tls { tls } else { plaintext }
    }
}

pub(super) fn curl(number: i64, server: &Server) -> String {
    let ca = server.options("--cacert certs/ca.pem ", "");
    let base = &server.base;
    format!(
        r#"curl {ca}-H 'content-type: application/json' -d '{{"number":"{number}"}}' \
    {base}/increment.v1.IncrementService/Increment
"#
    )
}

pub(super) fn grpcurl(number: i64, server: &Server) -> String {
    let options = server.options("-cacert certs/ca.pem", "-plaintext");
    let address = &server.address;
    format!(
        r#"grpcurl {options} -d '{{"number":"{number}"}}' \
    {address} increment.v1.IncrementService/Increment
"#
    )
}

pub(super) fn buf_curl(number: i64, server: &Server) -> String {
    let options = server.options("--cacert certs/ca.pem", "--http2-prior-knowledge");
    let base = &server.base;
    format!(
        r#"buf curl {options} --protocol grpc -d '{{"number":"{number}"}}' \
    {base}/increment.v1.IncrementService/Increment
"#
    )
}

pub(super) fn python(number: i64, server: &Server) -> String {
    let channel = server.options("secure_channel", "insecure_channel");
    let ca = server.options(r#", grpc.ssl_channel_credentials(open("certs/ca.pem", "rb").read())"#, "");
    let address = &server.address;
    format!(
        r#"python3 - <<'EOF'
import grpc, sys

sys.path.append("proto")
messages, services = grpc.protos_and_services("increment/v1/increment.proto")
with grpc.{channel}("{address}"{ca}) as channel:
    service = services.IncrementServiceStub(channel)
    print(service.Increment(messages.IncrementRequest(number={number})).result)
EOF
"#
    )
}

pub(super) fn javascript(number: i64, server: &Server) -> String {
    let ca = server.options("NODE_EXTRA_CA_CERTS=certs/ca.pem ", "");
    let base = &server.base;
    format!(
        r#"{ca}node --input-type=module -e '
const response = await fetch("{base}/increment.v1.IncrementService/Increment", {{
  method: "POST",
  headers: {{ "content-type": "application/json" }},
  body: JSON.stringify({{ number: "{number}" }}),
}});
console.log((await response.json()).result);
'
"#
    )
}

pub(super) fn rust(number: i64, server: &Server) -> String {
    let origin = &server.origin;
    format!(
        r#"mkdir -p crates/client/examples
cat > crates/client/examples/one_call.rs <<'EOF'
//! Sends one number.

use increment_client::{{Client, Protocol, Target}};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {{
    let target = Target::new("{origin}", "certs/ca.pem")?;
    let mut client = Client::new(&target, Protocol::Grpc);
    println!("{{}}", client.increment({number}).await?);
    Ok(())
}}
EOF
cargo run --quiet --package increment-client --example one_call
"#
    )
}
