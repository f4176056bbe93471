//! The same call with other tools, ready to paste into a shell in the project's folder.

/// A tool that can make the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// curl, over the Connect protocol.
    Curl,
    /// grpcurl.
    Grpcurl,
    /// buf curl.
    BufCurl,
    /// A Python program with grpcio.
    Python,
    /// A JavaScript program with `fetch`, over the Connect protocol.
    JavaScript,
    /// A Rust program with the project's client library.
    Rust,
}

impl Tool {
    /// The tools, in the order of their buttons.
    pub const ALL: [Self; 6] =
        [Self::Curl, Self::Grpcurl, Self::BufCurl, Self::Python, Self::JavaScript, Self::Rust];

    /// Returns the name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Grpcurl => "grpcurl",
            Self::BufCurl => "buf curl",
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
            Self::Rust => "Rust",
        }
    }

    /// Returns the call of this number with this tool, to the server at this base URL, such as `https://localhost:5000`
    /// or `https://a.example/app`.
    pub fn snippet(self, number: i64, base: &str) -> String {
        let server = Server::parse(base);
        let text = match self {
            Self::Curl => curl(number, &server),
            Self::Grpcurl => grpcurl(number, &server),
            Self::BufCurl => buf_curl(number, &server),
            Self::Python => python(number, &server),
            Self::JavaScript => javascript(number, &server),
            Self::Rust => rust(number, &server),
        };
        if server.has_path && self.calls_address() { format!("{NO_PATH}{text}") } else { text }
    }

    /// Returns whether the tool calls a host and a port: a gRPC address has no path.
    fn calls_address(self) -> bool {
        matches!(self, Self::Grpcurl | Self::Python | Self::Rust)
    }
}

/// The comment above the calls of a host and a port where the page's URL has a path.
const NO_PATH: &str = "# A gRPC address has no path: use the server's own address here.\n";

/// The server, as the tools take it.
struct Server {
    /// The URL below which the methods are.
    base: String,
    /// The URL without its path.
    origin: String,
    /// The host and the port.
    address: String,
    has_path: bool,
    is_tls: bool,
}

impl Server {
    fn parse(base: &str) -> Self {
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

fn curl(number: i64, server: &Server) -> String {
    let ca = server.options("--cacert certs/ca.pem ", "");
    let base = &server.base;
    format!(
        r#"curl {ca}-H 'content-type: application/json' -d '{{"number":"{number}"}}' \
    {base}/increment.v1.IncrementService/Increment
"#
    )
}

fn grpcurl(number: i64, server: &Server) -> String {
    let options = server.options("-cacert certs/ca.pem", "-plaintext");
    let address = &server.address;
    format!(
        r#"grpcurl {options} -d '{{"number":"{number}"}}' \
    {address} increment.v1.IncrementService/Increment
"#
    )
}

fn buf_curl(number: i64, server: &Server) -> String {
    let options = server.options("--cacert certs/ca.pem", "--http2-prior-knowledge");
    let base = &server.base;
    format!(
        r#"buf curl {options} --protocol grpc -d '{{"number":"{number}"}}' \
    {base}/increment.v1.IncrementService/Increment
"#
    )
}

fn python(number: i64, server: &Server) -> String {
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

fn javascript(number: i64, server: &Server) -> String {
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

fn rust(number: i64, server: &Server) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    const TLS: &str = "https://localhost:5000";
    const PLAIN: &str = "http://127.0.0.1:5080";

    #[test]
    fn every_value_is_inserted() {
        for tool in Tool::ALL {
            let name = tool.name();
            for (origin, number) in [(TLS, 5681), (PLAIN, i64::MIN)] {
                let text = tool.snippet(number, origin);
                assert!(!text.contains('%') && text.ends_with('\n'), "{name}: {text}");
                assert!(text.contains(&number.to_string()), "{name}: {text}");
                assert!(text.contains(origin.split_once("://").unwrap().1), "{name}: {text}");
            }
        }
    }

    #[test]
    fn only_encrypted_calls_need_the_ca() {
        for tool in Tool::ALL {
            let name = tool.name();
            assert!(tool.snippet(1, TLS).contains("certs/ca.pem"), "{name}");
            // The client library reads it only for https.
            assert_eq!(tool.snippet(1, PLAIN).contains("certs/ca.pem"), tool == Tool::Rust, "{name}");
        }
    }

    #[test]
    fn curl_is_as_in_the_readme() {
        assert_eq!(
            Tool::Curl.snippet(5681, TLS),
            "curl --cacert certs/ca.pem -H 'content-type: application/json' -d '{\"number\":\"5681\"}' \\\n    \
             https://localhost:5000/increment.v1.IncrementService/Increment\n"
        );
        assert!(Tool::Grpcurl.snippet(1, PLAIN).starts_with("grpcurl -plaintext -d"));
        assert!(Tool::BufCurl.snippet(1, PLAIN).starts_with("buf curl --http2-prior-knowledge"));
        assert!(Tool::Python.snippet(1, PLAIN).contains("with grpc.insecure_channel(\"127.0.0.1:5080\") as"));
    }

    #[test]
    fn below_a_path_http_calls_include_it_and_grpc_calls_have_a_comment() {
        for tool in Tool::ALL {
            let name = tool.name();
            let text = tool.snippet(1, "https://a.example/app");
            if tool.calls_address() {
                assert!(text.starts_with(NO_PATH) && !text.contains("/app"), "{name}: {text}");
            } else {
                assert!(
                    text.contains("https://a.example/app/increment.v1.IncrementService/Increment"),
                    "{name}: {text}"
                );
            }
            assert!(!tool.snippet(1, TLS).contains(NO_PATH), "{name}");
        }
    }

    #[test]
    fn a_malicious_host_is_not_a_command() {
        for tool in Tool::ALL {
            let text = tool.snippet(1, "https://a'$(b)`c\";d.localhost");
            assert!(text.contains("abcd.localhost"), "{text}");
        }
    }
}
