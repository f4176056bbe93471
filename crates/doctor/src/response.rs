//! What can be wrong with the answer, or why there is none although the server is there.

use crate::{Advice, way::CHECK_PORT};

/// What to do where something else stands in the server's place.
const CHECK_PROXY: &str = "Something else answered, such as a proxy: check that the server behind it runs.";

/// What to do where it may pass.
const LATER: &str = "Try again in a moment.";

pub(crate) static HTTP_1_ONLY: Advice = Advice {
    title: "HTTP/1.1 only",
    explanation: "gRPC needs HTTP/2, and this port does not speak it; gRPC-Web does without.",
    remedies: &["Call with --protocol grpc-web.", "Let a proxy in between pass HTTP/2 on."],
    candidates: &[],
};

pub(crate) static NOT_HTTP: Advice = Advice {
    title: "The port does not speak HTTP",
    explanation: "Something answers there in another protocol.",
    remedies: &[CHECK_PORT],
    candidates: &[],
};

pub(crate) static NOT_GRPC: Advice = Advice {
    title: "The answer is not gRPC",
    explanation: "Its content type says that it is something else.",
    remedies: &[CHECK_PROXY],
    candidates: &[],
};

pub(crate) static NOT_GRPC_WEB: Advice = Advice {
    title: "The answer is not gRPC-Web",
    explanation: "Its content type says that it is something else.",
    remedies: &[CHECK_PROXY],
    candidates: &[],
};

pub(crate) static BLOCKED_BY_CORS: Advice = Advice {
    title: "Blocked by CORS",
    explanation: "The server does not let pages of this origin call it.",
    remedies: &["Start the server with --cors-origin and the page's origin."],
    candidates: &[],
};

pub(crate) static DEADLINE: Advice = Advice {
    title: "The service took too long",
    explanation: "It is busy, it hangs, or a firewall swallows what is sent.",
    remedies: &[LATER],
    candidates: &[],
};

pub(crate) static BROKEN_OFF: Advice = Advice {
    title: "The answer broke off",
    explanation: "The connection ended early, or what came could not be read.",
    // A call that broke off may have been counted: whether to send it again is a person's choice.
    remedies: &["The service may have counted the call. Try again if you like."],
    candidates: &[],
};

pub(crate) static NUMBER_REFUSED: Advice = Advice {
    title: "The service refused this number",
    explanation: "It takes other numbers.",
    remedies: &["Send another number."],
    candidates: &[],
};

pub(crate) static NOT_LET_IN: Advice = Advice {
    title: "The service does not let you in",
    explanation: "It wants to know who calls, or does not want this caller.",
    remedies: &["Ask whoever runs the service for access."],
    candidates: &[],
};

pub(crate) static UNAVAILABLE: Advice = Advice {
    title: "The service is not available just now",
    explanation: "It answers, and takes no calls.",
    remedies: &[LATER],
    candidates: &[],
};

pub(crate) static UNKNOWN_CALL: Advice = Advice {
    title: "The service does not know this call",
    explanation: "One side is older than the other.",
    remedies: &["Reload the page, or build the program anew."],
    candidates: &[],
};

pub(crate) static FAILED: Advice = Advice {
    title: "The service failed",
    explanation: "It gave no reason.",
    remedies: &["The server's log says why."],
    candidates: &[],
};
