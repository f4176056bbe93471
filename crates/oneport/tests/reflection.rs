//! gRPC's Server Reflection Protocol, in both versions and over every protocol.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use common::{Server, Wire, soon};
use prost::Message;
use prost_types::FileDescriptorProto;
use tonic::Code;
use tonic_reflection::pb::v1::{
    ExtensionRequest, ServerReflectionRequest, ServerReflectionResponse,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

const VERSIONS: [&str; 2] = [
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// The responses to these requests on one stream.
async fn reflect(
    server: &Server,
    wire: Wire,
    path: &str,
    message_requests: &[Option<MessageRequest>],
) -> Vec<MessageResponse> {
    let requests: Vec<_> = message_requests
        .iter()
        .map(|request| ServerReflectionRequest { host: "here".into(), message_request: request.clone() })
        .collect();
    let messages: Vec<_> = requests.iter().map(Message::encode_to_vec).collect();
    let (responses, status) = soon(server.stream(wire, path, &[], &messages)).await;
    assert_eq!(status.code(), Code::Ok, "{status:?}");
    let responses = responses.into_iter().map(|response| ServerReflectionResponse::decode(response).unwrap());
    let responses = responses.zip(&requests).map(|(response, request)| {
        assert_eq!(response.valid_host, "here");
        assert_eq!(response.original_request.as_ref(), Some(request));
        response.message_response.unwrap()
    });
    let responses: Vec<_> = responses.collect();
    assert_eq!(responses.len(), requests.len());
    responses
}

/// The names of the files in a response.
fn files(response: &MessageResponse) -> Vec<String> {
    let MessageResponse::FileDescriptorResponse(files) = response else { panic!("{response:?}") };
    let file = |file: &Vec<u8>| FileDescriptorProto::decode(&**file).unwrap().name().to_owned();
    files.file_descriptor_proto.iter().map(file).collect()
}

fn file(name: &str) -> Option<MessageRequest> {
    Some(MessageRequest::FileByFilename(name.into()))
}

fn symbol(name: &str) -> Option<MessageRequest> {
    Some(MessageRequest::FileContainingSymbol(name.into()))
}

fn extension_numbers(of: &str) -> Option<MessageRequest> {
    Some(MessageRequest::AllExtensionNumbersOfType(of.into()))
}

fn services() -> Option<MessageRequest> {
    Some(MessageRequest::ListServices("*".into()))
}

#[tokio::test]
async fn every_service_is_listed() {
    let server = Server::start().await;
    for path in VERSIONS {
        for wire in Wire::ALL {
            let responses = reflect(&server, wire, path, &[services()]).await;
            let [MessageResponse::ListServicesResponse(list)] = &responses[..] else {
                panic!("{responses:?}")
            };
            let names: Vec<_> = list.service.iter().map(|service| service.name.as_str()).collect();
            let expected = [
                "Formatter",
                "test.v1.NumberService",
                "test.v1.RowService",
                "grpc.health.v1.Health",
                "grpc.reflection.v1.ServerReflection",
                "grpc.reflection.v1alpha.ServerReflection",
            ];
            assert_eq!(names, expected, "{path} {wire:?}");
        }
    }
}

#[tokio::test]
async fn an_unknown_symbol_is_an_error_response_and_the_stream_goes_on() {
    let server = Server::start().await;
    let extension =
        ExtensionRequest { containing_type: "test.v1.AddOneRequest".into(), extension_number: 100 };
    let requests = [
        symbol("no.such.Symbol"),
        symbol(""),
        symbol(".test.v1.NumberService"),
        file("no/such.proto"),
        Some(MessageRequest::FileContainingExtension(extension)),
        extension_numbers("no.such.Type"),
        None,
        services(),
    ];
    for path in VERSIONS {
        for wire in Wire::ALL {
            let responses = reflect(&server, wire, path, &requests).await;
            let codes = responses.iter().map(|response| match response {
                MessageResponse::ErrorResponse(error) => {
                    assert!(!error.error_message.is_empty());
                    error.error_code
                }
                _ => 0,
            });
            let not_found = Code::NotFound as i32;
            let invalid = Code::InvalidArgument as i32;
            let expected = [not_found, not_found, not_found, not_found, not_found, not_found, invalid, 0];
            assert_eq!(codes.collect::<Vec<_>>(), expected, "{path} {wire:?}");
        }
    }
}

#[tokio::test]
async fn any_kind_of_symbol_is_found_with_the_imports_of_its_file() {
    let server = Server::start().await;
    const ROW: &str = "test/v1/row.proto";
    let cases = [
        ("test.v1.RowService", ROW),
        ("test.v1.RowService.ListRows", ROW),
        ("test.v1.ListRowsResponse", ROW),
        ("test.v1.ListRowsResponse.total", ROW),
        ("Formatter.Format", "formatter.proto"),
        ("test.v1.ORDER_BY_KEY", ROW),
        ("test.v1.Order", ROW),
        ("Formatter", "formatter.proto"),
        ("grpc.health.v1.HealthCheckResponse.ServingStatus", "health.proto"),
        ("grpc.health.v1.HealthCheckResponse.NOT_SERVING", "health.proto"),
        ("grpc.reflection.v1.ServerReflectionRequest.message_request", "reflection_v1.proto"),
        ("google.protobuf.Timestamp.seconds", "google/protobuf/timestamp.proto"),
    ];
    let requests: Vec<_> = cases.iter().map(|(name, _)| symbol(name)).collect();
    for path in VERSIONS {
        let responses = reflect(&server, Wire::Grpc, path, &requests).await;
        for ((name, expected), response) in cases.iter().zip(&responses) {
            assert!(matches!(response, MessageResponse::FileDescriptorResponse(_)), "{name}: {response:?}");
            let files = files(response);
            assert!(files[0].ends_with(expected), "{name}: {files:?}");
        }
    }
    let row = "test/v1/row.proto";
    let responses = reflect(&server, Wire::Grpc, VERSIONS[0], &[file(row)]).await;
    assert_eq!(files(&responses[0]), [row, "google/protobuf/timestamp.proto"]);
}

#[tokio::test]
async fn extension_numbers_have_their_base_type() {
    let server = Server::start().await;
    let responses =
        reflect(&server, Wire::Grpc, VERSIONS[0], &[extension_numbers("test.v1.AddOneRequest")]).await;
    let MessageResponse::AllExtensionNumbersResponse(numbers) = &responses[0] else {
        panic!("{responses:?}")
    };
    assert_eq!(numbers.base_type_name, "test.v1.AddOneRequest");
    assert!(numbers.extension_number.is_empty());
}

#[tokio::test]
async fn a_stream_takes_thousands_of_requests() {
    let server = Server::start().await;
    let requests = vec![symbol("no.such.Symbol"); 10_000];
    let responses = reflect(&server, Wire::Grpc, VERSIONS[0], &requests).await;
    assert!(responses.iter().all(|response| matches!(response, MessageResponse::ErrorResponse(_))));
}
