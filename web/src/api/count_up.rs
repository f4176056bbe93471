//! Receives the values of `CountUp`. Not on the path of a click.

use futures_util::{Stream, TryStreamExt};
use increment_proto::v1::{CountUpRequest, increment_service_client::IncrementServiceClient};
use tonic_web_wasm_client::Client;

use super::{browser::own_base_url, messages::messages};
use crate::model::{count_up::CountUpOptions, failure::Failure};

/// Returns the values of a stream, until its end or a [`Failure`].
pub fn count_up(options: CountUpOptions) -> impl Stream<Item = Result<i64, Failure>> {
    let CountUpOptions { start, steps, interval_ms } = options;
    let request = CountUpRequest { start, steps, interval_ms };
    let call = async move {
        let mut client = IncrementServiceClient::new(Client::new(own_base_url()));
        client.count_up(request).await
    };
    messages(call).map_ok(|message| message.result)
}
