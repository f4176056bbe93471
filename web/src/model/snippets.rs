//! The same call with other tools, ready to paste into a shell in the project's folder.

mod commands;

use self::commands::{Server, buf_curl, curl, grpcurl, javascript, python, rust};

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
