//! The study's service, `TemplateGRPC`.

use increment_proto::template::{
    TemplateGrpcRequest, TemplateGrpcResponse, template_grpc_server::TemplateGrpc,
};
use tonic::{Request, Response, Status, async_trait};

use super::status::out_of_range;
use crate::rule;

/// Answers in a sentence.
#[derive(Debug)]
pub(crate) struct Template;

#[async_trait]
impl TemplateGrpc for Template {
    async fn template_grpc_endpoint(
        &self,
        request: Request<TemplateGrpcRequest>,
    ) -> Result<Response<TemplateGrpcResponse>, Status> {
        let number = i64::from(request.into_inner().number);
        let result = rule::increment(number).map_err(|refused| out_of_range("number", refused))?;
        Ok(Response::new(TemplateGrpcResponse { reply: format!("Send: {number}, Return: {result}") }))
    }
}
