//! Problems with the response, or with its absence from a reachable server.

use crate::explanation::Explanation;

/// The remedy where another program responds at the server's address.
const CHECK_PROXY: &str = "Another program responded, such as a proxy: check that the server behind it runs.";

/// The remedy for a temporary problem.
const RETRY_LATER: &str = "Try again in a moment.";

pub(crate) static HTTP_1_ONLY: Explanation = Explanation {
    title: "HTTP/1.1 only",
    explanation: "gRPC requires HTTP/2, which this port does not speak; gRPC-Web does not.",
    remedies: &["Call with --protocol grpc-web.", "Configure the proxy in between to pass HTTP/2 on."],
    possible_causes: &[],
};

pub(crate) static NOT_GRPC: Explanation = Explanation {
    title: "The response is not gRPC",
    explanation: "Its content type is another.",
    remedies: &[CHECK_PROXY],
    possible_causes: &[],
};

pub(crate) static NOT_GRPC_WEB: Explanation = Explanation {
    title: "The response is not gRPC-Web",
    explanation: "Its content type is another.",
    remedies: &[CHECK_PROXY],
    possible_causes: &[],
};

pub(crate) static BLOCKED_BY_CORS: Explanation = Explanation {
    title: "Blocked by CORS",
    explanation: "The server does not allow pages of this origin to call it.",
    remedies: &["Start the server with --cors-origin and the page's origin."],
    possible_causes: &[],
};

pub(crate) static DEADLINE_EXCEEDED: Explanation = Explanation {
    title: "The deadline was exceeded",
    explanation: "The service is busy or hangs, or a firewall drops packets.",
    remedies: &[RETRY_LATER],
    possible_causes: &[],
};

pub(crate) static INCOMPLETE_RESPONSE: Explanation = Explanation {
    title: "The response is incomplete",
    explanation: "The connection closed early, or the response could not be decoded.",
    // The call may have been counted: retrying is the person's choice.
    remedies: &["The service may have counted the call. Try again if you like."],
    possible_causes: &[],
};

pub(crate) static NUMBER_REJECTED: Explanation = Explanation {
    title: "The service rejected this number",
    explanation: "It accepts other numbers.",
    remedies: &["Send another number."],
    possible_causes: &[],
};

pub(crate) static PERMISSION_DENIED: Explanation = Explanation {
    title: "The service denied access",
    explanation: "It requires credentials, or rejects these.",
    remedies: &["Ask the service's operator for access."],
    possible_causes: &[],
};

pub(crate) static UNAVAILABLE: Explanation = Explanation {
    title: "The service is unavailable",
    explanation: "It responds, but accepts no calls at the moment.",
    remedies: &[RETRY_LATER],
    possible_causes: &[],
};

pub(crate) static UNIMPLEMENTED: Explanation = Explanation {
    title: "The service does not have this method",
    explanation: "Client and server are of different versions.",
    remedies: &["Reload the page, or rebuild the program."],
    possible_causes: &[],
};

pub(crate) static SERVICE_FAILED: Explanation = Explanation {
    title: "The service failed",
    explanation: "It gave no reason.",
    remedies: &["See the server's log for the reason."],
    possible_causes: &[],
};
