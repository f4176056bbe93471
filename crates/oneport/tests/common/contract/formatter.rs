//! The service without a package.

use tonic::{Request, Response, Status, async_trait};

use super::proto::formatter::{FormatRequest, FormatResponse, formatter_server::Formatter};

pub(super) struct FormatterService;

#[async_trait]
impl Formatter for FormatterService {
    async fn format(&self, request: Request<FormatRequest>) -> Result<Response<FormatResponse>, Status> {
        let number = i64::from(request.into_inner().number);
        Ok(Response::new(FormatResponse { text: format!("{number}, {}", number + 1) }))
    }
}
