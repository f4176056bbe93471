//! What can be wrong with a certificate, and how to trust the CA that the server makes.

use crate::Advice;

pub(crate) static UNTRUSTED: Advice = Advice {
    title: "The certificate is not trusted",
    explanation: "It is from another CA than those that are trusted here.",
    remedies: &[
        "`increment`: name the server's CA with --ca.",
        "Debian: `sudo cp certs/ca.pem /usr/local/share/ca-certificates/increment.crt && sudo update-ca-certificates`",
        "macOS: `security add-trusted-cert -k ~/Library/Keychains/login.keychain-db certs/ca.pem`",
        r"Windows: `certutil -addstore -user Root certs\ca.pem`",
        "Firefox: Settings → Certificates → Authorities → Import",
        "Chromium on Linux: `certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n increment -i certs/ca.pem`",
    ],
    candidates: &[],
};

pub(crate) static WRONG_NAME: Advice = Advice {
    title: "The certificate is for another name",
    explanation: "The host in the address is not among its names.",
    remedies: &["Write one of its names, such as localhost."],
    candidates: &[],
};

/// What to do instead of mending a certificate.
const MAKE_ANEW: &str = "Or remove it with its key, then restart the server: it makes both for localhost.";

pub(crate) static NO_NAMES: Advice = Advice {
    title: "The certificate is for no name",
    explanation: "It has no subjectAltName, and clients read no other name.",
    remedies: &["Have it issued with a subjectAltName, such as DNS:localhost.", MAKE_ANEW],
    candidates: &[],
};

pub(crate) static OLD_CERTIFICATE: Advice = Advice {
    title: "The certificate is X.509 version 1",
    explanation: "Clients accept version 3 alone.",
    remedies: &["Have it issued with a subjectAltName, which makes it version 3.", MAKE_ANEW],
    candidates: &[],
};

pub(crate) static SHORT_KEY: Advice = Advice {
    title: "The RSA key is too short",
    explanation: "Clients accept 2048 bits and more.",
    remedies: &["Have a longer key certified, or one of P-256.", MAKE_ANEW],
    candidates: &[],
};

pub(crate) static CA_FIRST: Advice = Advice {
    title: "The CA comes first in the chain",
    explanation: "The first certificate has to be the server's.",
    remedies: &["In the server's file, put its certificate first, then those of the CAs above it."],
    candidates: &[],
};

pub(crate) static CA_AS_SERVER: Advice = Advice {
    title: "The certificate is a CA's",
    explanation: "curl accepts one in a server's place; rustls and Firefox do not.",
    remedies: &["Have one issued with CA:FALSE (basicConstraints).", MAKE_ANEW],
    candidates: &[],
};

pub(crate) static EXPIRED: Advice = Advice {
    title: "The certificate has expired",
    explanation: "Its last day is over.",
    remedies: &["Restart the server to renew it, or check this machine's clock."],
    candidates: &[],
};

pub(crate) static NOT_YET_VALID: Advice = Advice {
    title: "The certificate is not valid yet",
    explanation: "Its first day has not come.",
    remedies: &["Check this machine's clock and the server's."],
    candidates: &[],
};
