//! The streams to the server, which no page can send: what they do, why, and the commands that send them.

use leptos::prelude::*;

/// Sends three numbers over `IncrementMany`, and its output.
const INCREMENT_MANY: (&str, &str) =
    (r"printf '1\n2\n3\n' | increment many", "Send: 1, Return: 2\nSend: 2, Return: 3\nSend: 3, Return: 4");

/// Sends the same numbers over `SumIncrements`, and its output.
const SUM_INCREMENTS: (&str, &str) = (
    r#"printf '{"number":1} {"number":2} {"number":3}' |
    grpcurl -cacert certs/ca.pem -d @ localhost:5000 \
    increment.v1.IncrementService/SumIncrements"#,
    "{\n  \"count\": \"3\",\n  \"sum\": \"9\"\n}",
);

/// The methods that only a program can call.
#[component]
pub fn ClientStreams() -> impl IntoView {
    view! {
        <section id="client-streams" aria-labelledby="client-streams-title">
            <h3 id="client-streams-title">"Streams to the server"</h3>
            <p class="intro">
                "No page can send a stream: a browser sends the whole request before it reads the response, and \
                 gRPC\u{2011}Web has no other way. Programs can, over gRPC and in any language. In the project’s folder:"
            </p>
            <p><code>"IncrementMany"</code>" responds to each number as it arrives."</p>
            <Command command=INCREMENT_MANY />
            <p class="note">"From its source: "<code>"cargo run --package increment-client -- many"</code></p>
            <p>
                <code>"SumIncrements"</code>" responds once, at the end: how many numbers, and the sum of the results."
            </p>
            <Command command=SUM_INCREMENTS />
        </section>
    }
}

/// A command line, and what it prints.
#[component]
fn Command(command: (&'static str, &'static str)) -> impl IntoView {
    let (line, output) = command;
    view! { <pre class="terminal"><code>{line}</code>"\n"<samp>{output}</samp></pre> }
}
