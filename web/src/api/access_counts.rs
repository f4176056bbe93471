//! Watches the access counts. Not on the path of a click.

use futures_util::{Stream, TryStreamExt};
use increment_proto::v1::{
    AccessRow, Durability as DurabilityCode, WatchAccessCountsRequest, WatchAccessCountsResponse,
    access_service_client::AccessServiceClient,
};
use tonic_web_wasm_client::Client;

use super::{browser::own_base_url, messages::messages};
use crate::model::{
    accesses::{Durability, Row, Snapshot},
    failure::Failure,
};

/// Returns the counts, and then each change of them, until the server ends the stream or a [`Failure`].
pub fn watch_access_counts() -> impl Stream<Item = Result<Snapshot, Failure>> {
    let call = async {
        let mut client = AccessServiceClient::new(Client::new(own_base_url()));
        client.watch_access_counts(WatchAccessCountsRequest {}).await
    };
    messages(call).map_ok(snapshot)
}

fn snapshot(message: WatchAccessCountsResponse) -> Snapshot {
    let durability = match message.durability() {
        DurabilityCode::Unspecified => None,
        DurabilityCode::Strict => Some(Durability::Strict),
        DurabilityCode::Relaxed => Some(Durability::Relaxed),
    };
    let row = |AccessRow { service, method, protocol, count }| Row { service, method, protocol, count };
    Snapshot { rows: message.rows.into_iter().map(row).collect(), durability }
}
