//! The request and the response of a call as they are on the wire, recorded by `web/fetch.js`.

/// A recorded request and its response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    /// The request.
    pub request: HttpMessage,
    /// The response; none where the server is unreachable or the call was cancelled.
    pub response: Option<HttpMessage>,
    /// Whether the response was read to its end.
    pub is_complete: bool,
}

/// An HTTP request or response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpMessage {
    /// The method and path of a request, or the status of a response.
    pub start_line: String,
    /// The names, in lower case, and values of the headers.
    pub headers: Vec<(String, String)>,
    /// The recorded start of the body.
    pub body: Vec<u8>,
    /// Whether the body was longer than its recorded start.
    pub is_truncated: bool,
}

impl HttpMessage {
    /// Returns the value of a header by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns the recorded body in hexadecimal.
    pub fn hex(&self) -> String {
        let digits = self.body.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_found_by_its_whole_name() {
        let headers = [("x-grpc-status", "1"), ("grpc-status", "0"), ("grpc-status", "2")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let message = HttpMessage { headers, ..HttpMessage::default() };
        assert_eq!(message.header("grpc-status"), Some("0"), "the first of two");
        assert_eq!((message.header("status"), message.header("GRPC-STATUS")), (None, None));
    }

    #[test]
    fn every_byte_of_the_body_has_two_digits() {
        let message = HttpMessage { body: vec![0x00, 0x0a, 0xa0, 0xff], ..HttpMessage::default() };
        assert_eq!(message.hex(), "000aa0ff");
        assert_eq!(HttpMessage::default().hex(), "");
    }
}
