//! The calls, as bytes: the request, and the size of a successful response.

use increment_proto::{
    template::{TemplateGrpcRequest, TemplateGrpcResponse},
    v1::{AccessRow, ReportAccessesRequest, ReportAccessesResponse},
};
use prost::Message;

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
/// The trailers of gRPC-Web, which are a frame of the body.
const TRAILERS: &str = "grpc-status:0\r\n";
/// The flag and the length before each message.
const FRAME_HEAD: usize = 5;

impl Call {
    /// Increments 41.
    pub(crate) fn template(protocol: Protocol) -> Self {
        let response = TemplateGrpcResponse { reply: "Send: 41, Return: 42".into() };
        let message = FRAME_HEAD + response.encoded_len();
        let (headers, response_bytes) = match protocol {
            Protocol::Grpc => (GRPC, message),
            Protocol::GrpcWeb => (GRPC_WEB, message + FRAME_HEAD + TRAILERS.len()),
        };
        let body = frame(&TemplateGrpcRequest { number: 41 });
        Self { path: "/TemplateGRPC/TemplateGRPCEndpoint", headers: owned(headers), body, response_bytes }
    }

    /// Reports `methods` methods of another service, each called `count` times, with the server's report token.
    pub(crate) fn report(methods: u64, count: u64, token: &str) -> Self {
        let row = |method| AccessRow {
            service: "bench.v1.Service".into(),
            method: format!("Method{method}"),
            protocol: "grpc".into(),
            count,
        };
        let rows = (0..methods).map(row).collect();
        let mut headers = owned(GRPC);
        headers.push(format!("authorization: Bearer {token}"));
        Self {
            path: "/increment.v1.AccessService/ReportAccesses",
            headers,
            body: frame(&ReportAccessesRequest { origin: "bench".into(), rows }),
            response_bytes: FRAME_HEAD + ReportAccessesResponse { reports: 1 }.encoded_len(),
        }
    }
}

fn owned(headers: &[&str]) -> Vec<String> {
    headers.iter().map(ToString::to_string).collect()
}

fn frame(message: &impl Message) -> Vec<u8> {
    let length = u32::try_from(message.encoded_len()).expect("the messages are short");
    [&[0][..], &length.to_be_bytes(), &message.encode_to_vec()].concat()
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
