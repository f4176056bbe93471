//! `increment connection`: what the server sees of the connection, as a table or as JSON. Must not know how it is asked
//! for.

mod json;
mod table;
mod time;

use std::{error::Error, time::SystemTime};

use increment_client::Client;

use crate::{options::Connection, output};

/// Asks once and prints the answer.
pub(crate) async fn print(mut client: Client, options: Connection) -> Result<(), Box<dyn Error>> {
    let told = client.describe_connection().await?;
    let text = if options.json { json::text(&told) } else { table::text(&told, SystemTime::now()) };
    Ok(output::print(text).await?)
}
