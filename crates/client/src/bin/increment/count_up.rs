//! `increment count-up`: the server counts, a line each. Must not know how it is asked to.

use std::error::Error;

use futures_util::StreamExt;
use increment_client::Client;

use crate::{options::CountUp, output, stream_error::Ended};

/// Prints each value as it comes, until the last one.
pub(crate) async fn print(mut client: Client, options: CountUp) -> Result<(), Box<dyn Error>> {
    let CountUp { start, steps, interval_ms } = options;
    let mut values = client.count_up(start, steps, interval_ms).await?;
    let mut count = 0;
    while let Some(value) = values.next().await {
        let ended = |error| Ended::new(format!("the count ended with {count} printed"), error);
        output::print(value.map_err(ended)?).await?;
        count += 1;
    }
    if count > 0 && count == steps {
        Ok(())
    } else {
        Err(format!("the server ended the count with {count} printed").into())
    }
}
