//! Problems with the connection, before any request is sent.

use crate::{
    certificate,
    explanation::{Explanation, PossibleCause},
    response,
};

/// The remedy where the server does not run.
const START: &str = "Start the server, then try again.";

/// The remedy where the address may be mistyped.
const CHECK_PORT: &str = "Check the port in the address.";

pub(crate) static OFFLINE: Explanation = Explanation {
    title: "This device is offline",
    explanation: "There is no network, so nothing was sent.",
    remedies: &["Connect it, then try again."],
    possible_causes: &[],
};

pub(crate) static UNKNOWN_HOST: Explanation = Explanation {
    title: "The name does not resolve",
    explanation: "DNS has no address for this host.",
    remedies: &["Check the host in the address, and the network's DNS."],
    possible_causes: &[],
};

pub(crate) static PORT_CLOSED: Explanation = Explanation {
    title: "The port is closed",
    explanation: "The host is reachable, but nothing listens on this port.",
    remedies: &[START, CHECK_PORT],
    possible_causes: &[],
};

pub(crate) static UNREACHABLE: Explanation = Explanation {
    title: "The server did not respond",
    explanation: "It has stopped, or the network cannot reach it.",
    remedies: &[START],
    possible_causes: &[],
};

pub(crate) static UNREACHABLE_OR_UNTRUSTED: Explanation = Explanation {
    title: "The server did not respond",
    explanation: "It has stopped, or its certificate is not trusted.",
    remedies: &["To find out which, open a new tab or run `increment doctor`."],
    possible_causes: &[
        PossibleCause::new(&PORT_CLOSED),
        PossibleCause::new(&UNKNOWN_HOST),
        PossibleCause::new(&certificate::UNTRUSTED),
        PossibleCause::new(&certificate::NAME_MISMATCH),
        PossibleCause::new(&certificate::EXPIRED),
        PossibleCause::new(&response::BLOCKED_BY_CORS),
    ],
};

pub(crate) static CA_UNREADABLE: Explanation = Explanation {
    title: "The CA cannot be read",
    explanation: "Without it, no certificate can be verified.",
    remedies: &["Start the server once: it makes certs/ca.pem.", "Name the CA's file with --ca."],
    possible_causes: &[],
};

pub(crate) static CA_MISSING: Explanation = Explanation {
    title: "The CA's certificate is missing",
    explanation: "Its key is present, so the server makes no new one.",
    remedies: &[
        "Restore it.",
        "Or remove ca.key, server.pem and server.key from that folder, then restart the server: it makes new ones.",
    ],
    possible_causes: &[],
};

pub(crate) static NOT_TLS: Explanation = Explanation {
    title: "The port does not speak TLS",
    explanation: "It responds in plaintext, or in another protocol.",
    remedies: &["If it serves plaintext, write http:// instead of https://.", CHECK_PORT],
    possible_causes: &[],
};

pub(crate) static TLS_REQUIRED: Explanation = Explanation {
    title: "The port speaks TLS",
    explanation: "It does not accept plaintext.",
    remedies: &["Write https:// instead of http://."],
    possible_causes: &[],
};

pub(crate) static NOT_HTTP: Explanation = Explanation {
    title: "The port does not speak HTTP",
    explanation: "It responds in another protocol.",
    remedies: &[CHECK_PORT],
    possible_causes: &[],
};

pub(crate) static HANDSHAKE_FAILED: Explanation = Explanation {
    title: "The TLS handshake failed",
    explanation: "Client and server did not agree on its parameters.",
    remedies: &[CHECK_PORT, "See the server's log for the reason, with INCREMENT_LOG=debug."],
    possible_causes: &[],
};
