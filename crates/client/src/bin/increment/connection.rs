//! `increment connection`: prints the properties of the connection, as seen by the server, as a table or as JSON.

mod json;
mod table;
mod time;

use std::{error::Error, time::SystemTime};

use increment_client::Client;

use crate::{options::Connection, output};

/// Calls `DescribeConnection` and prints the response.
pub(crate) async fn print(mut client: Client, options: Connection) -> Result<(), Box<dyn Error>> {
    let response = client.describe_connection().await?;
    let text = if options.json { json::text(&response) } else { table::text(&response, SystemTime::now()) };
    Ok(output::print(text).await?)
}
