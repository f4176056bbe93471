//! `increment send`: sends numbers one after the other.

use std::error::Error;

use increment_client::Client;

use crate::{options::Send, output};

/// Random numbers are below this, as in the study.
const RANDOM_BELOW: i32 = 10_000;

/// Sends the numbers, or random ones, and prints a line for each response.
pub(crate) async fn print(
    mut client: Client,
    Send { numbers, count, template }: Send,
) -> Result<(), Box<dyn Error>> {
    for _ in 0..count {
        if numbers.is_empty() {
            send_one(&mut client, fastrand::i32(0..RANDOM_BELOW).into(), template).await?;
        }
        for &number in &numbers {
            send_one(&mut client, number, template).await?;
        }
    }
    Ok(())
}

async fn send_one(client: &mut Client, number: i64, template: bool) -> Result<(), Box<dyn Error>> {
    let line = if template {
        client.template(number.try_into()?).await?
    } else {
        format!("Send: {number}, Return: {}", client.increment(number).await?)
    };
    Ok(output::print(line).await?)
}
