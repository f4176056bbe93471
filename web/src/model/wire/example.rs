//! An exchange to show before the first call of a visit.

use super::super::exchange::{Exchange, HttpMessage};

/// The number that the example sends.
pub const EXAMPLE_NUMBER: i64 = 5681;

/// The request with 5681, and the response with 5682.
pub fn example() -> Exchange {
    Exchange {
        request: message(
            "POST /increment.v1.IncrementService/Increment",
            b"\x00\x00\x00\x00\x03\x08\xb1\x2c".to_vec(),
        ),
        response: Some(message(
            "HTTP 200",
            b"\x00\x00\x00\x00\x06\x08\xb1\x2c\x10\xb2\x2c\x80\x00\x00\x00\x0fgrpc-status:0\r\n".to_vec(),
        )),
        is_complete: true,
    }
}

fn message(start_line: &str, body: Vec<u8>) -> HttpMessage {
    let content_type = ("content-type".to_owned(), "application/grpc-web+proto".to_owned());
    HttpMessage { start_line: start_line.to_owned(), headers: vec![content_type], body, is_truncated: false }
}
