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
