//! Reads what `web/tap.js` noted of a call. Must not know what the bytes mean.

/// Both sides of a call, and whether the answer came to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) sent: Side<'a>,
    /// None where no answer came.
    pub(super) answer: Option<Side<'a>>,
    pub(super) is_over: bool,
}

/// What one side says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Side<'a> {
    /// The method and the path, or the status.
    pub(super) line: &'a str,
    /// A line each.
    pub(super) headers: &'a str,
    /// The body as it was noted.
    pub(super) hex: &'a str,
    /// There was more of it.
    pub(super) is_cut: bool,
}

impl<'a> Record<'a> {
    /// The record in this text; an empty one where it is none.
    pub(super) fn read(text: &'a str) -> Self {
        let mut parts = text.split('\r');
        let mut part = || parts.next().unwrap_or_default();
        let mut side = || {
            let (head, hex, is_cut) = (part(), part(), !part().is_empty());
            let (line, headers) = head.split_once('\n').unwrap_or((head, ""));
            Side { line, headers, hex, is_cut }
        };
        let (sent, answer) = (side(), side());
        Self { sent, answer: (!answer.line.is_empty()).then_some(answer), is_over: !part().is_empty() }
    }
}

impl Side<'_> {
    /// The body.
    pub(super) fn body(&self) -> Vec<u8> {
        let digit = |digit: u8| if digit < b'a' { digit.wrapping_sub(b'0') } else { digit - b'a' + 10 };
        self.hex.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
    }

    /// The value of a header by its name in small letters, as `fetch` gives it, a colon and a space.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| line.strip_prefix(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_are_read() {
        let text = "POST /a\nx: 1\ny: 2\r00ff1a\r\rHTTP 200\ngrpc-status: 0\r\rcut\rover";
        let record = Record::read(text);
        assert_eq!((record.sent.line, record.sent.headers), ("POST /a", "x: 1\ny: 2"));
        assert_eq!((record.sent.body(), record.sent.is_cut), (vec![0x00, 0xff, 0x1a], false));
        let answer = record.answer.unwrap();
        assert_eq!((answer.line, answer.hex, answer.is_cut, record.is_over), ("HTTP 200", "", true, true));
        assert_eq!((answer.header("grpc-status: "), answer.header("status: ")), (Some("0"), None));
    }

    #[test]
    fn what_did_not_come_is_none() {
        let record = Record::read("POST /a\r00\r\r\r\r\r");
        assert_eq!((record.answer, record.is_over), (None, false));
        assert_eq!(Record::read(""), Record::default());
    }
}
