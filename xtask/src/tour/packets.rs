//! The tables of packets. tshark has a line for each packet, and which messages share one differs from run
//! to run: here each message has a line of its own.

use anyhow::Result;

use super::fixture::Fixture;

/// A message in a packet, as tshark names it.
#[derive(Debug, PartialEq)]
pub(super) struct Message {
    /// Whether the server sent it, else the client.
    is_servers: bool,
    protocol: Protocol,
    /// The bytes in an HTTP/2 frame after its head.
    length: Option<String>,
    /// Such as `HEADERS[1]: 200 OK` or `Server Hello`.
    pub(super) info: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Protocol {
    Tls,
    Http2,
    Grpc,
}

/// What tshark prints of each packet.
pub(super) const FIELDS: &str = "-T fields -e tcp.srcport -e http2.length -e _ws.col.Info";

/// The messages in a capture, by a command that prints [`FIELDS`].
pub(super) fn read(fixture: &Fixture, line: &str) -> Result<Vec<Message>> {
    Ok(messages(&fixture.run(line)?, |port| fixture.is_server(port)))
}

/// The messages in what tshark printed.
fn messages(printed: &str, is_server: impl Fn(&str) -> bool) -> Vec<Message> {
    let mut messages = Vec::new();
    for packet in printed.lines() {
        let [port, lengths, infos] = fields(packet);
        let mut lengths = lengths.split(',').map(str::to_owned);
        for info in infos.split(", ") {
            let protocol = protocol(info);
            let length = if protocol == Protocol::Tls { None } else { lengths.next() };
            // What follows in parentheses is another thing in another version of tshark.
            let info = info.split(" (").next().unwrap_or_default().to_owned();
            messages.push(Message { is_servers: is_server(port), protocol, length, info });
        }
    }
    messages
}

impl Message {
    /// Whether it is a frame of the first call on a connection: the stream 1.
    pub(super) fn is_of_call(&self) -> bool {
        self.protocol != Protocol::Tls && self.info.contains("[1]")
    }

    /// What a line of the table holds but its number, and but its length.
    fn cells(&self) -> [&str; 4] {
        let [source, destination] = if self.is_servers { ["server", "client"] } else { ["client", "server"] };
        let protocol = match self.protocol {
            Protocol::Tls => "TLSv1.3",
            Protocol::Http2 => "HTTP2",
            Protocol::Grpc => "GRPC",
        };
        [source, destination, protocol, &self.info]
    }

    /// Its length, unless that is another one on another day: headers hold the date, and the port.
    fn stable_length(&self) -> Option<&str> {
        self.length.as_deref().filter(|_| self.info.starts_with("DATA"))
    }
}

/// The messages as a table like the study's; with lengths where there are any.
pub(super) fn table(messages: &[Message]) -> String {
    let has_lengths = messages.iter().any(|message| message.stable_length().is_some());
    let line = |number: &str, cells: [&str; 4], length: &str| {
        let [source, destination, protocol, info] = cells;
        let length = if has_lengths { format!("{length} | ") } else { String::new() };
        format!("| {number} | {source} | {destination} | {protocol} | {length}{info} |\n")
            .replace("|  |", "| |")
    };
    let head = line("No.", ["Source", "Destination", "Protocol", "Info"], "Length");
    let rule = line("---", ["---"; 4], "---");
    let rows = messages.iter().zip(1..).map(|(message, number)| {
        line(&number.to_string(), message.cells(), message.stable_length().unwrap_or_default())
    });
    [head, rule].into_iter().chain(rows).collect()
}

/// The first of each kind that either side sends.
pub(super) fn first_of_each_kind(messages: Vec<Message>) -> Vec<Message> {
    let mut first = Vec::new();
    for message in messages {
        if !first.contains(&message) {
            first.push(message);
        }
    }
    first
}

/// A frame of HTTP/2 has a kind in capitals and its stream, and may hold a message of gRPC: `DATA[1] (GRPC)`.
fn protocol(info: &str) -> Protocol {
    let kind = info.split_once('[').map(|(kind, _)| kind).unwrap_or_default();
    if kind.is_empty() || !kind.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_') {
        Protocol::Tls
    } else if info.contains("(GRPC)") {
        Protocol::Grpc
    } else {
        Protocol::Http2
    }
}

fn fields(packet: &str) -> [&str; 3] {
    let mut fields = packet.split('\t');
    [(); 3].map(|()| fields.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first call on two connections, whose packets are cut differently.
    const PRINTED: [&str; 2] = [
        "1\t0,67,8,0\tMagic, SETTINGS[0], HEADERS[1]: POST /A/B, DATA[1] (GRPC) (PROTOBUF), DATA[1]\n\
         2\t0,38,31,12\tSETTINGS[0], HEADERS[1]: 200 OK, DATA[1] (GRPC) (PROTOBUF), HEADERS[1]",
        "1\t66\tHEADERS[1]: POST /A/B\n1\t8\tDATA[1] (GRPC)\n1\t0\tDATA[1]\n\
         2\t\tNew Session Ticket\n2\t37,31\tHEADERS[1]: 200 OK, DATA[1] (GRPC) A\n2\t12\tHEADERS[1]",
    ];

    #[test]
    fn frames_are_the_same_however_packets_are_cut() {
        let tables = PRINTED.map(|printed| {
            let mut messages = messages(printed, |port| port == "2");
            messages.retain(Message::is_of_call);
            table(&messages)
        });
        assert_eq!(tables[0], tables[1]);
        assert!(tables[0].contains("| 2 | client | server | GRPC | 8 | DATA[1] |\n"), "{}", tables[0]);
        assert!(tables[0].ends_with("| 6 | server | client | HTTP2 | | HEADERS[1] |\n"), "{}", tables[0]);
    }

    #[test]
    fn records_are_shown_once_for_each_side() {
        let printed = "1\t\tClient Hello (SNI=localhost)\n2\t\tServer Hello, Application Data, Application Data\n\
                       1\t\tApplication Data\n2\t\tApplication Data";
        let first = first_of_each_kind(messages(printed, |port| port == "2"));
        let infos: Vec<_> = first.iter().map(|message| message.info.as_str()).collect();
        assert_eq!(infos, ["Client Hello", "Server Hello", "Application Data", "Application Data"]);
    }
}
