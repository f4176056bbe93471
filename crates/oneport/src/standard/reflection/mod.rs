//! gRPC's Server Reflection Protocol, by which tools read the contracts of the registered services:
//! <https://github.com/grpc/grpc/blob/master/doc/server-reflection.md>.

mod contracts;

use std::sync::Arc;

use futures_util::{StreamExt, stream::BoxStream};
use prost::Message;
use prost_reflect::DescriptorPool;
use tonic::{Request, Response, Status, Streaming, async_trait};
use tonic_reflection::pb::{
    v1::{
        self, ErrorResponse, ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse,
        ServerReflectionRequest, ServerReflectionResponse, ServiceResponse,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    },
    v1alpha,
};

use self::contracts::Contracts;

/// Serves contracts in both versions of the protocol. A clone is cheap.
#[derive(Clone)]
pub(crate) struct Reflection(Arc<Contracts>);

impl Reflection {
    pub(crate) fn new(pool: &DescriptorPool) -> Self {
        Self(Arc::new(Contracts::new(pool)))
    }

    /// Responds to one request of a stream. An error is part of the response and does not end the stream.
    fn respond(&self, request: ServerReflectionRequest) -> ServerReflectionResponse {
        let response = self.find(request.message_request.as_ref()).unwrap_or_else(|status| {
            MessageResponse::ErrorResponse(ErrorResponse {
                error_code: status.code().into(),
                error_message: status.message().to_owned(),
            })
        });
        ServerReflectionResponse {
            valid_host: request.host.clone(),
            original_request: Some(request),
            message_response: Some(response),
        }
    }

    fn find(&self, request: Option<&MessageRequest>) -> Result<MessageResponse, Status> {
        let contracts = &self.0;
        let files = |found: Option<Vec<Vec<u8>>>, what: &str| {
            let file_descriptor_proto = found.ok_or_else(|| not_found(what))?;
            Ok(MessageResponse::FileDescriptorResponse(FileDescriptorResponse { file_descriptor_proto }))
        };
        match request.ok_or_else(|| Status::invalid_argument("the request asks for nothing"))? {
            MessageRequest::FileByFilename(name) => files(contracts.file(name), "file"),
            MessageRequest::FileContainingSymbol(name) => {
                files(contracts.file_containing_symbol(name), "symbol")
            }
            MessageRequest::FileContainingExtension(extension) => {
                let (message, number) = (&extension.containing_type, extension.extension_number);
                files(contracts.file_containing_extension(message, number), "extension")
            }
            MessageRequest::AllExtensionNumbersOfType(name) => {
                let extension_number = contracts.extension_numbers(name).ok_or_else(|| not_found("type"))?;
                Ok(MessageResponse::AllExtensionNumbersResponse(ExtensionNumberResponse {
                    base_type_name: name.clone(),
                    extension_number,
                }))
            }
            MessageRequest::ListServices(_) => {
                let service = contracts.services().map(|name| ServiceResponse { name }).collect();
                Ok(MessageResponse::ListServicesResponse(ListServiceResponse { service }))
            }
        }
    }
}

fn not_found(what: &str) -> Status {
    Status::not_found(format!("there is no such {what} here"))
}

#[async_trait]
impl v1::server_reflection_server::ServerReflection for Reflection {
    type ServerReflectionInfoStream = BoxStream<'static, Result<ServerReflectionResponse, Status>>;

    /// Reads each request when the response to the one before has been sent: a stream holds one at a time.
    async fn server_reflection_info(
        &self,
        request: Request<Streaming<ServerReflectionRequest>>,
    ) -> Result<Response<Self::ServerReflectionInfoStream>, Status> {
        let this = self.clone();
        let responses = request.into_inner().map(move |request| Ok(this.respond(request?)));
        Ok(Response::new(responses.boxed()))
    }
}

#[async_trait]
impl v1alpha::server_reflection_server::ServerReflection for Reflection {
    type ServerReflectionInfoStream = BoxStream<'static, Result<v1alpha::ServerReflectionResponse, Status>>;

    async fn server_reflection_info(
        &self,
        request: Request<Streaming<v1alpha::ServerReflectionRequest>>,
    ) -> Result<Response<Self::ServerReflectionInfoStream>, Status> {
        let this = self.clone();
        let responses = request.into_inner().map(move |request| convert(&this.respond(convert(&request?)?)));
        Ok(Response::new(responses.boxed()))
    }
}

/// Converts a message to the other version, which differs only in the name of its package.
fn convert<To: Message + Default>(message: &impl Message) -> Result<To, Status> {
    To::decode(&*message.encode_to_vec()).map_err(|error| Status::internal(error.to_string()))
}
