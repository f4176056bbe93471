//! The same call with other tools, ready to paste into a shell in the project's folder.

/// The tools, in the order of their buttons.
pub const TOOLS: [&str; 6] = ["curl", "grpcurl", "buf curl", "Python", "JavaScript", "Rust"];

/// The template of each of [`TOOLS`]; a percent sign and a letter are the placeholder of a value, see [`snippet`].
const TEMPLATES: [&str; 6] = [
    r#"curl %c-H 'content-type: application/json' -d '{"number":"%n"}' \
    %o/increment.v1.IncrementService/Increment
"#,
    r#"grpcurl %g -d '{"number":"%n"}' \
    %a increment.v1.IncrementService/Increment
"#,
    r#"buf curl %b --protocol grpc -d '{"number":"%n"}' \
    %o/increment.v1.IncrementService/Increment
"#,
    r#"python3 - <<'EOF'
import grpc, sys

sys.path.append("proto")
messages, services = grpc.protos_and_services("increment/v1/increment.proto")
with grpc.%p_channel("%a"%q) as channel:
    service = services.IncrementServiceStub(channel)
    print(service.Increment(messages.IncrementRequest(number=%n)).result)
EOF
"#,
    r#"%jnode --input-type=module -e '
const response = await fetch("%o/increment.v1.IncrementService/Increment", {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ number: "%n" }),
});
console.log((await response.json()).result);
'
"#,
    r#"mkdir -p crates/client/examples
cat > crates/client/examples/one_call.rs <<'EOF'
//! Sends one number.

use increment_client::{Client, Protocol, Target};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let target = Target::new("%h", "certs/ca.pem")?;
    let mut client = Client::new(&target, Protocol::Grpc);
    println!("{}", client.increment(%n).await?);
    Ok(())
}
EOF
cargo run --quiet --package increment-client --example one_call
"#,
];

/// The indices in [`TOOLS`] of tools that call a host and a port: a gRPC address has no path.
const WITHOUT_PATH: [usize; 3] = [1, 3, 5];

/// The comment above their calls where the page's URL has a path.
const NO_PATH: &str = "# A gRPC address has no path: use the server's own address here.\n";

/// Returns the call of this number with one of [`TOOLS`], to the server at this base URL, such as `https://localhost:5000`
/// or `https://a.example/app`.
pub fn snippet(tool: usize, number: i64, base: &str) -> String {
    // A host name may contain characters with a meaning in a shell.
    let is_plain = |character: &char| matches!(character, '0'..='9' | 'a'..='z' | 'A'..='Z' | '.' | ':' | '/' | '-' | '_' | '%' | '[' | ']');
    let base: String = base.chars().filter(is_plain).collect();
    let is_tls = base.starts_with("https");
    // After `https://` or `http://`.
    let host = if is_tls { 8 } else { 7 };
    let address = base.get(host..).unwrap_or_default();
    let (address, path) = address.split_at(address.find('/').unwrap_or(address.len()));
    let origin = &base[..base.len() - path.len()];
    let number = number.to_string();
    let tool = tool % TOOLS.len();
    let mut text = String::new();
    if !path.is_empty() && WITHOUT_PATH.contains(&tool) {
        text += NO_PATH;
    }
    let mut pieces = TEMPLATES[tool].split('%');
    text.extend(pieces.next());
    for piece in pieces {
        let mut characters = piece.chars();
        text += match (characters.next().unwrap_or_default(), is_tls) {
            ('n', _) => &number,
            ('o', _) => &base,
            ('h', _) => origin,
            ('a', _) => address,
            ('c', true) => "--cacert certs/ca.pem ",
            ('g', true) => "-cacert certs/ca.pem",
            ('g', _) => "-plaintext",
            ('b', true) => "--cacert certs/ca.pem",
            ('b', _) => "--http2-prior-knowledge",
            ('j', true) => "NODE_EXTRA_CA_CERTS=certs/ca.pem ",
            ('p', true) => "secure",
            ('p', _) => "insecure",
            ('q', true) => ", grpc.ssl_channel_credentials(open(\"certs/ca.pem\", \"rb\").read())",
            _ => "",
        };
        text += characters.as_str();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const TLS: &str = "https://localhost:5000";
    const PLAIN: &str = "http://127.0.0.1:5080";

    fn tool(name: &str) -> usize {
        TOOLS.iter().position(|tool| *tool == name).unwrap()
    }

    #[test]
    fn every_placeholder_is_replaced() {
        for (tool, name) in TOOLS.iter().enumerate() {
            for (origin, number) in [(TLS, 5681), (PLAIN, i64::MIN)] {
                let text = snippet(tool, number, origin);
                assert!(!text.contains('%') && text.ends_with('\n'), "{name}: {text}");
                assert!(text.contains(&number.to_string()), "{name}: {text}");
                assert!(text.contains(origin.split_once("://").unwrap().1), "{name}: {text}");
            }
        }
    }

    #[test]
    fn only_encrypted_calls_need_the_ca() {
        for (tool, name) in TOOLS.iter().enumerate() {
            assert!(snippet(tool, 1, TLS).contains("certs/ca.pem"), "{name}");
            // The client library reads it only for https.
            assert_eq!(snippet(tool, 1, PLAIN).contains("certs/ca.pem"), *name == "Rust", "{name}");
        }
    }

    #[test]
    fn curl_is_as_in_the_readme() {
        assert_eq!(
            snippet(tool("curl"), 5681, TLS),
            "curl --cacert certs/ca.pem -H 'content-type: application/json' -d '{\"number\":\"5681\"}' \\\n    \
             https://localhost:5000/increment.v1.IncrementService/Increment\n"
        );
        assert!(snippet(tool("grpcurl"), 1, PLAIN).starts_with("grpcurl -plaintext -d"));
        assert!(snippet(tool("buf curl"), 1, PLAIN).starts_with("buf curl --http2-prior-knowledge"));
        assert!(
            snippet(tool("Python"), 1, PLAIN).contains("with grpc.insecure_channel(\"127.0.0.1:5080\") as")
        );
    }

    #[test]
    fn below_a_path_http_calls_include_it_and_grpc_calls_have_a_comment() {
        for (tool, name) in TOOLS.iter().enumerate() {
            let text = snippet(tool, 1, "https://a.example/app");
            if WITHOUT_PATH.contains(&tool) {
                assert!(text.starts_with(NO_PATH) && !text.contains("/app"), "{name}: {text}");
            } else {
                assert!(
                    text.contains("https://a.example/app/increment.v1.IncrementService/Increment"),
                    "{name}: {text}"
                );
            }
            assert!(!snippet(tool, 1, TLS).contains(NO_PATH), "{name}");
        }
    }

    #[test]
    fn a_malicious_host_is_not_a_command() {
        for tool in 0..TOOLS.len() {
            let text = snippet(tool, 1, "https://a'$(b)`c\";d.localhost");
            assert!(text.contains("abcd.localhost"), "{text}");
        }
    }
}
