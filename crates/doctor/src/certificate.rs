//! Problems with a certificate, and the ways to trust the CA that the server makes.

use crate::explanation::Explanation;

pub(crate) static UNTRUSTED: Explanation = Explanation {
    title: "The certificate is not trusted",
    explanation: "It was issued by a CA that is not trusted here.",
    remedies: &[
        "`increment`: name the server's CA with --ca.",
        "Debian: `sudo cp certs/ca.pem /usr/local/share/ca-certificates/increment.crt && sudo update-ca-certificates`",
        "macOS: `security add-trusted-cert -k ~/Library/Keychains/login.keychain-db certs/ca.pem`",
        r"Windows: `certutil -addstore -user Root certs\ca.pem`",
        "Firefox: Settings → Certificates → Authorities → Import",
        "Chromium on Linux: `certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n increment -i certs/ca.pem`",
    ],
    possible_causes: &[],
};

pub(crate) static NAME_MISMATCH: Explanation = Explanation {
    title: "The certificate is for another name",
    explanation: "The host in the address is not among its names.",
    remedies: &["Write one of its names, such as localhost."],
    possible_causes: &[],
};

/// The remedy that replaces a certificate instead of fixing it.
const REGENERATE: &str =
    "Or remove it with its key, then restart the server: it makes new ones for localhost.";

pub(crate) static NO_SUBJECT_ALT_NAME: Explanation = Explanation {
    title: "The certificate has no name",
    explanation: "It has no subjectAltName, the only name that clients check.",
    remedies: &["Have it issued with a subjectAltName, such as DNS:localhost.", REGENERATE],
    possible_causes: &[],
};

pub(crate) static CERTIFICATE_V1: Explanation = Explanation {
    title: "The certificate is X.509 version 1",
    explanation: "Clients accept only version 3.",
    remedies: &["Have it issued with a subjectAltName, which makes it version 3.", REGENERATE],
    possible_causes: &[],
};

pub(crate) static SHORT_KEY: Explanation = Explanation {
    title: "The RSA key is too short",
    explanation: "Clients require at least 2048 bits.",
    remedies: &["Have a certificate issued for a longer key, or for one on P-256.", REGENERATE],
    possible_causes: &[],
};

pub(crate) static CA_FIRST: Explanation = Explanation {
    title: "The CA comes first in the chain",
    explanation: "The first certificate must be the server's.",
    remedies: &["In the server's file, put its certificate first, then those of the CAs above it."],
    possible_causes: &[],
};

pub(crate) static CA_USED_AS_END_ENTITY: Explanation = Explanation {
    title: "The certificate is a CA's",
    explanation: "curl accepts one as a server's; rustls and Firefox do not.",
    remedies: &["Have one issued with CA:FALSE (basicConstraints).", REGENERATE],
    possible_causes: &[],
};

pub(crate) static EXPIRED: Explanation = Explanation {
    title: "The certificate has expired",
    explanation: "Its validity has ended.",
    remedies: &["Restart the server to renew it, or check this machine's clock."],
    possible_causes: &[],
};

pub(crate) static NOT_YET_VALID: Explanation = Explanation {
    title: "The certificate is not valid yet",
    explanation: "Its validity has not begun.",
    remedies: &["Check this machine's clock and the server's."],
    possible_causes: &[],
};
