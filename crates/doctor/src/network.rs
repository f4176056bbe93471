//! What can go wrong on the way to the server, before anything is said.

use crate::{Advice, Candidate, answer::BLOCKED_BY_CORS, trust};

/// What to do where the server does not run.
const START: &str = "Start the server, then try again.";

/// What to do where an address may be mistyped.
pub(crate) const CHECK_PORT: &str = "Check the port in the address.";

pub(crate) static OFFLINE: Advice = Advice {
    title: "This device is offline",
    explanation: "There is no network, so nothing left this device.",
    remedies: &["Connect it, then try again."],
    candidates: &[],
};

pub(crate) static UNKNOWN_HOST: Advice = Advice {
    title: "The name does not resolve",
    explanation: "No address is known for this host.",
    remedies: &["Check the host in the address, and the network's name service."],
    candidates: &[],
};

pub(crate) static PORT_CLOSED: Advice = Advice {
    title: "The port is closed",
    explanation: "The host is there, and nothing listens on this port.",
    remedies: &[START, CHECK_PORT],
    candidates: &[],
};

pub(crate) static UNREACHABLE: Advice = Advice {
    title: "The server did not answer",
    explanation: "It has stopped, or the network does not reach it.",
    remedies: &[START],
    candidates: &[],
};

pub(crate) static UNREACHABLE_OR_UNTRUSTED: Advice = Advice {
    title: "The server did not answer",
    explanation: "It has stopped, or its certificate is not trusted.",
    remedies: &["To see which, open a new tab or ask `increment doctor`."],
    candidates: &[
        Candidate::of(&PORT_CLOSED),
        Candidate::of(&UNKNOWN_HOST),
        Candidate::of(&trust::UNTRUSTED),
        Candidate::of(&trust::WRONG_NAME),
        Candidate::of(&trust::EXPIRED),
        Candidate::of(&BLOCKED_BY_CORS),
    ],
};

pub(crate) static NO_CA: Advice = Advice {
    title: "The CA cannot be read",
    explanation: "Without it, no certificate can be trusted.",
    remedies: &["Start the server once: it makes certs/ca.pem.", "Name the CA's file with --ca."],
    candidates: &[],
};

pub(crate) static LOST_CA: Advice = Advice {
    title: "The CA's certificate is gone",
    explanation: "Its key is there, so that the server makes no new one.",
    remedies: &[
        "Put it back.",
        "Or remove ca.key, server.pem and server.key from that folder, then restart the server: it makes all anew.",
    ],
    candidates: &[],
};

pub(crate) static NOT_TLS: Advice = Advice {
    title: "The port does not speak TLS",
    explanation: "Something answers there in clear, or in another protocol.",
    remedies: &["If it serves in clear, write http:// instead of https://.", CHECK_PORT],
    candidates: &[],
};

pub(crate) static NEEDS_TLS: Advice = Advice {
    title: "The port speaks TLS",
    explanation: "It was spoken to in clear, and does not serve so.",
    remedies: &["Write https:// instead of http://."],
    candidates: &[],
};

pub(crate) static HANDSHAKE: Advice = Advice {
    title: "The TLS handshake failed",
    explanation: "It began, and the two sides did not agree.",
    remedies: &[CHECK_PORT, "The server's log says why, with INCREMENT_LOG=debug."],
    candidates: &[],
};
