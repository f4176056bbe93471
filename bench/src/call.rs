//! The calls, as bytes: the request, and the size of a successful response.

use super::options::Protocol;

/// A call that can be made many times.
pub(crate) struct Call {
    pub(crate) path: &'static str,
    pub(crate) headers: Vec<String>,
    pub(crate) body: Vec<u8>,
    /// The size of the body of a successful response; the HTTP status is the same for all.
    pub(crate) response_bytes: usize,
}

const GRPC: &[&str] = &["content-type: application/grpc", "te: trailers"];
const GRPC_WEB: &[&str] = &["content-type: application/grpc-web+proto"];
/// A flag and a length stand before each message.
const FRAME_HEAD: usize = 5;

impl Call {
    /// Increments 41.
    pub(crate) fn template(protocol: Protocol) -> Self {
        let message = FRAME_HEAD + 2 + "Send: 41, Return: 42".len();
        let (content, response_bytes) = match protocol {
            Protocol::Grpc => (GRPC, message),
            Protocol::GrpcWeb => (GRPC_WEB, message + FRAME_HEAD + "grpc-status:0\r\n".len()),
        };
        let body = frame(&number(1, 41));
        Self { path: "/TemplateGRPC/TemplateGRPCEndpoint", headers: owned(content), body, response_bytes }
    }

    /// Reports `methods` methods of another service, each called `count` times, with the server's report token.
    pub(crate) fn report(methods: u64, count: u64, token: &str) -> Self {
        let rows = (0..methods).flat_map(|method| {
            let names = [(1, "bench.v1.Service"), (2, &format!("Method{method}")), (3, "grpc")];
            let names = names.map(|(field, name)| bytes(field, name.as_bytes())).concat();
            bytes(2, &[names, number(4, count)].concat())
        });
        let body = frame(&bytes(1, b"bench").into_iter().chain(rows).collect::<Vec<_>>());
        let path = "/increment.v1.AccessService/ReportAccesses";
        let mut headers = owned(GRPC);
        headers.push(format!("authorization: Bearer {token}"));
        Self { path, headers, body, response_bytes: FRAME_HEAD + number(1, 1).len() }
    }
}

fn owned(headers: &[&str]) -> Vec<String> {
    headers.iter().map(ToString::to_string).collect()
}

fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("our messages are short");
    [&[0][..], &length.to_be_bytes(), message].concat()
}

fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

fn bytes(field: u64, value: &[u8]) -> Vec<u8> {
    [&varint(field << 3 | 2), &varint(value.len() as u64), value].concat()
}

/// Seven bits in each byte, the lowest first; the eighth is set where more follow.
fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_seven_bytes() {
        let call = Call::template(Protocol::Grpc);
        assert_eq!((call.body, call.response_bytes), (vec![0, 0, 0, 0, 2, 8, 0x29], 27));
        assert_eq!(Call::template(Protocol::GrpcWeb).response_bytes, 47);
    }

    #[test]
    fn a_report_has_its_origin_and_a_row_for_each_method() {
        let row = b"\x12\x24\x0a\x10bench.v1.Service\x12\x07Method0\x1a\x04grpc\x20\xac\x02";
        let report = Call::report(1, 300, "secret");
        assert_eq!(report.body, [b"\0\0\0\0\x2d\x0a\x05bench", &row[..]].concat());
        assert_eq!(report.response_bytes, 7);
        assert_eq!(report.headers[2], "authorization: Bearer secret");
        assert_eq!(Call::report(2, 300, "secret").body.len(), report.body.len() + row.len());
    }
}
