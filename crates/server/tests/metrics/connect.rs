//! Metrics of calls over Connect.

use std::collections::BTreeMap;

use http::{StatusCode, Version};
use oneport::Limits;

use crate::{
    COUNT, TEMPLATE,
    common::{full, post, soon},
    measured,
    samples::{read, with_labels},
};

#[tokio::test]
async fn calls_over_connect_have_the_statuses_of_connect() {
    let server = measured(Limits::default()).await;
    for (json, status) in [
        (r#"{"number":41}"#, StatusCode::OK),
        (r#"{"number":"x"}"#, StatusCode::BAD_REQUEST),
        (&"9".repeat(10_000), StatusCode::TOO_MANY_REQUESTS),
    ] {
        let request = post(TEMPLATE, "application/json", full(json.as_bytes()));
        assert_eq!(soon(server.send(Version::HTTP_2, request)).await.status(), status);
    }
    let unknown = post("/TemplateGRPC/Nope", "application/json", full(b"{}"));
    assert_eq!(soon(server.send(Version::HTTP_11, unknown)).await.status(), StatusCode::NOT_FOUND);
    let counted = [
        ("TemplateGRPC/TemplateGRPCEndpoint", "OK", ""),
        ("TemplateGRPC/TemplateGRPCEndpoint", "invalid_argument", ""),
        ("TemplateGRPC/TemplateGRPCEndpoint", "resource_exhausted", ""),
        ("_OTHER", "unimplemented", r#"error_type="unimplemented","#),
    ];
    let counted = counted.map(|(method, status, error)| {
        let call = format!(r#"oneport_protocol="connect",rpc_method="{method}""#);
        (format!(r#"{error}{call},rpc_response_status_code="{status}",rpc_system_name="connectrpc""#), 1)
    });
    assert_eq!(with_labels(&read(&server).await, COUNT), BTreeMap::from(counted));
}
