//! The last two steps: the certificate, and what an encrypted call looks like on the wire, without and with
//! its keys.

use anyhow::{Result, bail};

use super::{
    capture,
    fixture::{CONTRACT, Fixture, REPLY},
    packets::{self, FIELDS},
};

/// What a TLS 1.3 handshake consists of.
const HANDSHAKE: [&str; 6] =
    ["Client Hello", "Server Hello", "Encrypted Extensions", "Certificate", "Certificate Verify", "Finished"];

/// The certificate and the CA.
pub(super) fn encrypt(fixture: &Fixture) -> Result<String> {
    let see = "openssl x509 -in certs/server.pem -noout -nameopt RFC2253 -subject -issuer";
    Ok(format!(
        "\
## 5. Encrypt

There is nothing to do: the server made its key and certificate at its first start, in
[certs/](../certs/README.md), and a CA for servers named `localhost`. This is the certificate that it shows:

```sh
{see}
```

```text
{}
```

The digits after `CA` are random, and left out. A client gets the CA's certificate, `certs/ca.pem`, and nothing secret;
`increment` looks for it there by itself.

{}",
        without_random(&fixture.run(see)?),
        fixture.shown("increment --ca certs/ca.pem send 5681 --template")?
    ))
}

/// The CA's name ends with digits of its own.
fn without_random(issuer: &str) -> String {
    const CA: &str = "increment development CA ";
    let lines = issuer.lines().map(|line| match line.split_once(CA) {
        Some((before, _)) => format!("{before}{CA}…"),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A call with TLS.
pub(super) fn watch_again(fixture: &Fixture) -> Result<String> {
    let capture = "tshark -i lo -f 'host 127.0.0.1 and tcp port 5000' -w $TOUR/tls.pcapng";
    let called = capture::during(fixture, capture, || fixture.shown("increment send 5681 --template"))?;
    Ok(format!(
        "\
## 6. Watch again

The same, on the port with TLS:

```sh
{capture}
```

{called}
{}
{}",
        without_keys(fixture)?,
        with_keys(fixture)?
    ))
}

fn without_keys(fixture: &Fixture) -> Result<String> {
    let table = format!("tshark -2 -r $TOUR/tls.pcapng -d tcp.port==5000,tls -Y tls \\\n    {FIELDS}");
    let find = "tshark -r $TOUR/tls.pcapng -Y 'frame contains \"Return\"' -x";
    let records = packets::first_of_each_kind(packets::read(fixture, &table)?);
    let found = fixture.run(find)?;
    if !found.is_empty() {
        bail!("the reply can be read without keys:\n{found}");
    }
    Ok(format!(
        "\
### Without the keys

```sh
{table}
```

{}
Each line is the first record of its kind from its sender; how many more follow differs from run to run, and all of
them are Application Data. Whom the client wants to talk to, `localhost`, stands in the Client Hello; the rest cannot be
read, not even the certificate, and the reply is nowhere in the capture:

```sh
{find}
```

prints nothing.
",
        packets::table(&records)
    ))
}

fn with_keys(fixture: &Fixture) -> Result<String> {
    let keys = "-o tls.keylog_file:$TOUR/keys.log";
    let table = format!(
        "tshark -2 -r $TOUR/tls.pcapng -d tcp.port==5000,tls {keys} \\\n    \
         -Y 'tls.handshake or http2.streamid == 1' {FIELDS}"
    );
    let copy = format!("cp {CONTRACT} $TOUR");
    let read = format!(
        "tshark -r $TOUR/tls.pcapng -d tcp.port==5000,tls {keys} \\\n    \
         -o uat:protobuf_search_paths:\\\"$TOUR\\\",\\\"TRUE\\\" -o protobuf.preload_protos:TRUE \
         -o protobuf.pbf_as_hf:TRUE \\\n    \
         -Y grpc -T fields -E header=y -E 'separator=;' \\\n    \
         -e pbf.TemplateGRPCRequest.number -e pbf.TemplateGRPCResponse.reply"
    );
    let mut messages = packets::read(fixture, &table)?;
    messages.retain(|message| message.is_of_call() || HANDSHAKE.contains(&message.info.as_str()));
    fixture.run(&copy)?;
    let contents = fixture.run(&read)?;
    if !contents.ends_with(REPLY) {
        bail!("the reply cannot be read with the keys:\n{contents}");
    }
    Ok(format!(
        "\
### With the keys

The server wrote them into `keys.log`, in the form known from `SSLKEYLOGFILE`, and made that file readable for its owner
alone: whoever has the keys and the capture has the text.

```sh
{table}
```

{}
After the handshake come the very frames of the call in clear text. Left out is what was left out there, and of TLS
Change Cipher Spec, which means nothing any more, and the session tickets.

With the contract at hand, tshark reads the messages, too:

```sh
{copy}
{read}
```

```text
{contents}
```
",
        packets::table(&messages)
    ))
}
