//! `increment count-up`: prints the values of `CountUp`, a line each.

use std::error::Error;

use futures_util::StreamExt;
use increment_client::Client;

use crate::{options::CountUp, output, stream_error::StreamError};

/// Prints each value when it is received, until the last one.
pub(crate) async fn print(mut client: Client, options: CountUp) -> Result<(), Box<dyn Error>> {
    let CountUp { start, steps, interval_ms } = options;
    let mut values = client.count_up(start, steps, interval_ms).await?;
    let mut count = 0;
    while let Some(value) = values.next().await {
        let stream_error =
            |error| StreamError::new(format!("the stream failed (values received: {count})"), error);
        output::print(value.map_err(stream_error)?).await?;
        count += 1;
    }
    if count > 0 && count == steps {
        Ok(())
    } else {
        Err(format!("the server closed the stream (values received: {count})").into())
    }
}
