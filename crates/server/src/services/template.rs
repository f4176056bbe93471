//! `TemplateGRPC`, the study's service. Step 5 of the path of a click.

use increment_proto::template::{
    TemplateGrpcRequest, TemplateGrpcResponse, template_grpc_server::TemplateGrpc,
};
use tonic::{Request, Response, Status, async_trait};

use super::status::out_of_range;
use crate::rule;

/// Responds with a sentence.
#[derive(Debug)]
pub(crate) struct Template;

#[async_trait]
impl TemplateGrpc for Template {
    async fn template_grpc_endpoint(
        &self,
        request: Request<TemplateGrpcRequest>,
    ) -> Result<Response<TemplateGrpcResponse>, Status> {
        let number = i64::from(request.into_inner().number);
        let result = rule::increment(number).map_err(|error| out_of_range("number", error))?;
        Ok(Response::new(TemplateGrpcResponse { reply: format!("Send: {number}, Return: {result}") }))
    }
}
