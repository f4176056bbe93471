//! What is shown of a call, for each outcome.

use super::*;

const CONTENT_TYPE: (&str, &str) = ("content-type", "application/grpc-web+proto");

fn http_message(start_line: &str, headers: &[(&str, &str)], body: &[u8]) -> HttpMessage {
    let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    HttpMessage { start_line: start_line.to_owned(), headers, body: body.to_vec(), is_truncated: false }
}

/// Explains a response to the example's request.
fn explained(response: HttpMessage, is_complete: bool) -> Message {
    super::response(&Exchange { response: Some(response), is_complete, ..example() }).unwrap()
}

/// Explains a gRPC-Web response.
fn answered(body: &[u8], is_complete: bool) -> Message {
    explained(http_message("HTTP 200", &[CONTENT_TYPE], body), is_complete)
}

fn texts(message: &Message) -> Vec<(&str, &str)> {
    message.meanings.iter().map(|meaning| (&*meaning.hex, &*meaning.text)).collect()
}

#[test]
fn the_request_is_explained_byte_by_byte() {
    let request = request(&example());
    assert_eq!(request.start_line, "POST /increment.v1.IncrementService/Increment");
    assert_eq!((&*request.hex, request.length), ("000000000308b12c", 8));
    assert_eq!(request.sizes, [("frame heads", 5), ("message", 3)]);
    assert_eq!((request.note, request.is_truncated), (None, false));
    assert_eq!(
        texts(&request),
        [
            ("00", "flag 0: a message, not compressed"),
            ("00 00 00 03", "length 3: that many bytes follow; 4 bytes, most significant first"),
            ("", "the message increment.v1.IncrementRequest"),
            ("08", "field 1 (number, int64), wire type 0 (varint)"),
            ("b1 2c", "number = 5681: 7 bits of each byte, least significant first"),
        ]
    );
    let kinds: Vec<_> = request.meanings.iter().map(|meaning| (meaning.depth, meaning.kind)).collect();
    assert_eq!(
        kinds,
        [(0, Some("flag")), (0, Some("length")), (0, None), (1, Some("tag")), (1, Some("varint"))]
    );
}

#[test]
fn the_response_is_explained_to_its_trailers() {
    let response = response(&example()).unwrap();
    assert_eq!(response.start_line, "HTTP 200");
    assert_eq!(response.hex, "000000000608b12c10b22c800000000f677270632d7374617475733a300d0a");
    assert_eq!(response.sizes, [("frame heads", 10), ("message", 6), ("trailers", 15)]);
    assert_eq!(response.note, None);
    let texts = texts(&response);
    for expected in [
        ("", "the message increment.v1.IncrementResponse"),
        ("b2 2c", "result = 5682: 7 bits of each byte, least significant first"),
        ("67 72 70 63 2d 73 74 61 74 75 …", "grpc-status: 0 (OK)"),
    ] {
        assert!(texts.contains(&expected), "{expected:?}: {texts:?}");
    }
}

#[test]
fn the_bits_of_tags_and_flags_have_roles_and_those_of_numbers_do_not() {
    let meanings = request(&example()).meanings;
    let bits =
        |index: usize| meanings[index].bits.iter().map(|bits| (&*bits.binary, bits.role)).collect::<Vec<_>>();
    assert_eq!(bits(0).first(), Some(&("0", "no trailers")));
    assert_eq!(bits(3), [("0", "the last byte"), ("0001", "field number"), ("000", "wire type")]);
    assert_eq!(bits(4), [("1 0110001  0 0101100", "")]);
    assert_eq!(bits(1), []);
}

#[test]
fn a_byte_belongs_to_its_innermost_meaning() {
    let request = request(&example());
    // The message is the meaning 2, and contains its number, the meaning 4.
    let number = |value, is_last| Byte { value, meaning: Some(4), kind: Some("varint"), is_last };
    assert_eq!(request.bytes[6..], [number(0xb1, false), number(0x2c, true)]);
    assert_eq!((request.bytes[6].hex(), request.bytes[7].character()), ("b1".to_owned(), ','));
    assert_eq!((request.meanings[2].range.clone(), request.meanings[4].range.clone()), (5..8, 6..8));
}

#[test]
fn every_outcome_has_its_note() {
    let rejected = [CONTENT_TYPE, ("grpc-status", "11")];
    let rejected = explained(http_message("HTTP 200", &rejected, b""), true);
    let truncated = answered(b"\0\0\0\0\x06", false);
    let other = explained(http_message("HTTP 502", &[("content-type", "text/html")], b"<h"), false);
    for (message, expected) in [
        (&rejected, "The service rejected the call: the status is in the headers"),
        (&truncated, "The response is incomplete"),
        (&other, "This is not gRPC-Web"),
        (&answered(b"", true), "The response is empty"),
    ] {
        assert!(message.note.unwrap().starts_with(expected), "{expected}: {:?}", message.note);
    }
    assert_eq!(rejected.headers[1].status, Some("OUT_OF_RANGE"));
    assert_eq!(rejected.headers[0].status, None);
    assert!(texts(&truncated).iter().any(|(_, text)| text.contains("6 more bytes expected")));
    assert_eq!((other.bytes.len(), other.meanings.len(), other.bytes[0].meaning), (2, 0, None));
    assert_eq!(response(&Exchange { response: None, ..example() }), None);
}

#[test]
fn control_characters_from_the_server_are_replaced() {
    let headers = [CONTENT_TYPE, ("x", "<img>\u{1b}[2J")];
    let message = explained(http_message("HTTP 200", &headers, b"\x80\0\0\0\x08a:<b>&\x1b\r\n"), true);
    assert_eq!(message.headers[1].value, "<img>\u{fffd}[2J");
    assert!(texts(&message).iter().any(|(_, text)| *text == "a: <b>&\u{fffd}"), "{:?}", texts(&message));
}

#[test]
fn the_start_of_a_long_body_is_shown() {
    let body = [b"\0\0\0\xff\xff".to_vec(), b"\x08\x01".repeat(30_000)].concat();
    let response = HttpMessage { is_truncated: true, ..http_message("HTTP 200", &[CONTENT_TYPE], &body) };
    let message = explained(response, false);
    assert_eq!((message.length, message.is_truncated, message.bytes.len()), (60_005, true, SHOWN));
    assert_eq!(message.meanings.last().map(|meaning| meaning.range.clone()), Some(SHOWN - 1..SHOWN));
}
