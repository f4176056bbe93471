//! What tools learn of the server's contracts (gRPC's Server Reflection Protocol), in both versions and over every protocol.

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

/// The answers to these questions on one stream.
async fn ask(
    server: &Server,
    wire: Wire,
    path: &str,
    questions: &[Option<MessageRequest>],
) -> Vec<MessageResponse> {
    let requests: Vec<_> = questions
        .iter()
        .map(|question| ServerReflectionRequest { host: "here".into(), message_request: question.clone() })
        .collect();
    let messages: Vec<_> = requests.iter().map(Message::encode_to_vec).collect();
    let (answers, status) = soon(server.stream(wire, path, &[], &messages)).await;
    assert_eq!(status.code(), Code::Ok, "{status:?}");
    let answers = answers.into_iter().map(|answer| ServerReflectionResponse::decode(answer).unwrap());
    let answers = answers.zip(&requests).map(|(answer, request)| {
        assert_eq!(answer.valid_host, "here");
        assert_eq!(answer.original_request.as_ref(), Some(request));
        answer.message_response.unwrap()
    });
    let answers: Vec<_> = answers.collect();
    assert_eq!(answers.len(), questions.len());
    answers
}

/// The names of the files in an answer.
fn files(answer: &MessageResponse) -> Vec<String> {
    let MessageResponse::FileDescriptorResponse(files) = answer else { panic!("{answer:?}") };
    let file = |file: &Vec<u8>| FileDescriptorProto::decode(&**file).unwrap().name().to_owned();
    files.file_descriptor_proto.iter().map(file).collect()
}

fn file(name: &str) -> Option<MessageRequest> {
    Some(MessageRequest::FileByFilename(name.into()))
}

fn symbol(name: &str) -> Option<MessageRequest> {
    Some(MessageRequest::FileContainingSymbol(name.into()))
}

fn numbers(of: &str) -> Option<MessageRequest> {
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
            let answers = ask(&server, wire, path, &[services()]).await;
            let [MessageResponse::ListServicesResponse(list)] = &answers[..] else { panic!("{answers:?}") };
            let names: Vec<_> = list.service.iter().map(|service| service.name.as_str()).collect();
            let expected = [
                "TemplateGRPC",
                "increment.v1.IncrementService",
                "increment.v1.AccessService",
                "increment.v1.ConnectionService",
                "grpc.health.v1.Health",
                "grpc.reflection.v1.ServerReflection",
                "grpc.reflection.v1alpha.ServerReflection",
            ];
            assert_eq!(names, expected, "{path} {wire:?}");
        }
    }
}

#[tokio::test]
async fn what_is_not_here_is_said_in_the_stream_which_goes_on() {
    let server = Server::start().await;
    let extension =
        ExtensionRequest { containing_type: "increment.v1.IncrementRequest".into(), extension_number: 100 };
    let questions = [
        symbol("no.such.Symbol"),
        symbol(""),
        symbol(".increment.v1.IncrementService"),
        file("no/such.proto"),
        Some(MessageRequest::FileContainingExtension(extension)),
        numbers("no.such.Type"),
        None,
        services(),
    ];
    for path in VERSIONS {
        for wire in Wire::ALL {
            let answers = ask(&server, wire, path, &questions).await;
            let codes = answers.iter().map(|answer| match answer {
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
async fn a_symbol_of_any_kind_leads_to_its_file_and_what_that_imports() {
    let server = Server::start().await;
    const ACCESS: &str = "increment/v1/access.proto";
    let cases = [
        ("increment.v1.AccessService", ACCESS),
        ("increment.v1.AccessService.ListAccessCounts", ACCESS),
        ("increment.v1.ListAccessCountsResponse", ACCESS),
        ("increment.v1.ListAccessCountsResponse.total", ACCESS),
        ("TemplateGRPC.TemplateGRPCEndpoint", "template_grpc.proto"),
        ("increment.v1.DURABILITY_STRICT", ACCESS),
        ("increment.v1.Durability", ACCESS),
        ("TemplateGRPC", "template_grpc.proto"),
        ("grpc.health.v1.HealthCheckResponse.ServingStatus", "health.proto"),
        ("grpc.health.v1.HealthCheckResponse.NOT_SERVING", "health.proto"),
        ("grpc.reflection.v1.ServerReflectionRequest.message_request", "reflection_v1.proto"),
        ("google.protobuf.Timestamp.seconds", "google/protobuf/timestamp.proto"),
    ];
    let questions: Vec<_> = cases.iter().map(|(name, _)| symbol(name)).collect();
    for path in VERSIONS {
        let answers = ask(&server, Wire::Grpc, path, &questions).await;
        for ((name, expected), answer) in cases.iter().zip(&answers) {
            assert!(matches!(answer, MessageResponse::FileDescriptorResponse(_)), "{name}: {answer:?}");
            let files = files(answer);
            assert!(files[0].ends_with(expected), "{name}: {files:?}");
        }
    }
    let connection = "increment/v1/connection.proto";
    let answers = ask(&server, Wire::Grpc, VERSIONS[0], &[file(connection)]).await;
    assert_eq!(files(&answers[0]), [connection, "google/protobuf/timestamp.proto"]);
}

#[tokio::test]
async fn extension_numbers_come_with_their_type() {
    let server = Server::start().await;
    let answers = ask(&server, Wire::Grpc, VERSIONS[0], &[numbers("increment.v1.IncrementRequest")]).await;
    let MessageResponse::AllExtensionNumbersResponse(told) = &answers[0] else { panic!("{answers:?}") };
    assert_eq!(told.base_type_name, "increment.v1.IncrementRequest");
    assert!(told.extension_number.is_empty());
}

#[tokio::test]
async fn a_stream_takes_as_many_questions_as_come() {
    let server = Server::start().await;
    let questions = vec![symbol("no.such.Symbol"); 10_000];
    let answers = ask(&server, Wire::Grpc, VERSIONS[0], &questions).await;
    assert!(answers.iter().all(|answer| matches!(answer, MessageResponse::ErrorResponse(_))));
}
