//! The content security policy of the page (W3C CSP Level 3).

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::HeaderValue;

/// A policy that allows the page its own files, WebAssembly, calls to its own origin and to `connect_sources`, and the inline
/// scripts of its index by their hashes.
pub(super) fn content_security_policy(index: &str, connect_sources: &str) -> HeaderValue {
    let hashes: String = inline_scripts(index)
        .map(|script| format!(" 'sha256-{}'", BASE64_STANDARD.encode(digest(&SHA256, script.as_bytes()))))
        .collect();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self'; img-src 'self'; \
         connect-src 'self'{connect_sources}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("base64, origins and these words are visible ASCII")
}

/// The contents of script elements without `src`.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|after| {
        let (attributes, rest) = after.split_once('>')?;
        let (script, _) = rest.split_once("</script>")?;
        (!attributes.contains(" src=")).then_some(script)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_are_allowed_by_hash_and_others_are_not() {
        let index = r#"<script type="module" src="/a.js"></script><script type="module">alert(1)</script>"#;
        let policy = content_security_policy(index, "");
        // printf 'alert(1)' | openssl dgst -sha256 -binary | base64
        let allowed =
            "script-src 'self' 'wasm-unsafe-eval' 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=';";
        assert!(policy.to_str().unwrap().contains(allowed), "{policy:?}");
        assert!(!content_security_policy("<p>", "").to_str().unwrap().contains("sha256"));
    }
}
