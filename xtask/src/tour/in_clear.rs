//! The fourth step: what a call in clear text looks like on the wire.

use anyhow::Result;

use super::{
    capture, dump,
    fixture::{Fixture, REPLY},
    packets::{self, FIELDS, Message},
};

/// The frames of a call, and the bytes of the one with the reply.
pub(super) fn watch(fixture: &Fixture) -> Result<String> {
    let capture = "tshark -i lo -f 'host 127.0.0.1 and tcp port 5080' -w $TOUR/plain.pcapng";
    let call = "increment --url http://127.0.0.1:5080 send 5681 --template";
    let table = format!(
        "tshark -2 -r $TOUR/plain.pcapng -d tcp.port==5080,http2 -Y 'http2.streamid == 1' \\\n    {FIELDS}"
    );
    let find = "tshark -r $TOUR/plain.pcapng -Y 'frame contains \"Return\"' -x";
    let called = capture::during(fixture, capture, || fixture.shown(call))?;
    let mut frames = packets::read(fixture, &table)?;
    frames.retain(Message::is_of_call);
    Ok(format!(
        "\
## 4. Watch the traffic

tshark captures in a terminal of its own, as root or as a member of the group `wireshark`, until Ctrl-C:

```sh
{capture}
```

Meanwhile, a call in clear text:

{called}
This is what it put on the wire, on the stream with the number 1, the first of its connection:

```sh
{table}
```

{}
Frames 1 to 3 are the call: its path and headers, the number, and an empty frame that ends it. Frames 4 to 6 are the
response: headers, the reply, and the trailers with gRPC's status.

The table has a line for each frame; tshark has one for each packet, and how many frames share a packet differs from run
to run. So do times and ports, which are left out, and the length of headers, which hold a port and the date; both
addresses are 127.0.0.1, hence the names. Left out, too, is what belongs to the connection and not to the call: TCP's
own packets, and SETTINGS, WINDOW_UPDATE and PING.

One packet contains the reply, in clear text:

```sh
{find}
```

```text
{}```

That is its DATA frame; what is around it, with ports, times and the date, is left out. The first line is heads: of the
frame (`00 00 1f`: 31 bytes, `00`: DATA, `00`: more follows, `00 00 00 01`: stream 1), of gRPC's message (`00`: not
compressed, `00 00 00 1a`: 26 bytes), and of protobuf's field (`0a`: number 1, a text, `18`: 24 bytes). The rest is the
text. But for the stream's number, these are the bytes in the study.
",
        packets::table(&frames),
        dump::of_frame(&fixture.run(find)?, REPLY)?,
    ))
}
