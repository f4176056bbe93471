//! Parses the record of a call that `web/tap.js` made.

/// The request and the response of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) request: HttpMessage<'a>,
    /// None without a response.
    pub(super) response: Option<HttpMessage<'a>>,
    pub(super) is_complete: bool,
}

/// An HTTP request or response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct HttpMessage<'a> {
    /// The method and path, or the status.
    pub(super) start_line: &'a str,
    /// The headers, one a line.
    pub(super) headers: &'a str,
    /// The recorded body in hexadecimal.
    pub(super) hex: &'a str,
    /// Whether the body was longer than the record.
    pub(super) is_truncated: bool,
}

impl<'a> Record<'a> {
    /// Parses a record; an empty one where it is malformed.
    pub(super) fn parse(text: &'a str) -> Self {
        let mut fields = text.split('\r');
        let mut field = || fields.next().unwrap_or_default();
        let mut message = || {
            let (head, hex, is_truncated) = (field(), field(), !field().is_empty());
            let (start_line, headers) = head.split_once('\n').unwrap_or((head, ""));
            HttpMessage { start_line, headers, hex, is_truncated }
        };
        let (request, response) = (message(), message());
        let response = (!response.start_line.is_empty()).then_some(response);
        Self { request, response, is_complete: !field().is_empty() }
    }
}

impl HttpMessage<'_> {
    /// Decodes the body.
    pub(super) fn body(&self) -> Vec<u8> {
        let digit = |digit: u8| if digit < b'a' { digit.wrapping_sub(b'0') } else { digit - b'a' + 10 };
        self.hex.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
    }

    /// Returns the value of a header by its prefix: the lowercase name, a colon and a space.
    pub(super) fn header(&self, prefix: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| line.strip_prefix(prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_parsed() {
        let text = "POST /a\nx: 1\ny: 2\r00ff1a\r\rHTTP 200\ngrpc-status: 0\r\rtruncated\rcomplete";
        let record = Record::parse(text);
        assert_eq!((record.request.start_line, record.request.headers), ("POST /a", "x: 1\ny: 2"));
        assert_eq!((record.request.body(), record.request.is_truncated), (vec![0x00, 0xff, 0x1a], false));
        let response = record.response.unwrap();
        assert_eq!(
            (response.start_line, response.hex, response.is_truncated, record.is_complete),
            ("HTTP 200", "", true, true)
        );
        assert_eq!((response.header("grpc-status: "), response.header("status: ")), (Some("0"), None));
    }

    #[test]
    fn an_absent_response_is_none() {
        let record = Record::parse("POST /a\r00\r\r\r\r\r");
        assert_eq!((record.response, record.is_complete), (None, false));
        assert_eq!(Record::parse(""), Record::default());
    }
}
