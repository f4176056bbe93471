//! `increment many`: sends the numbers on standard input over one stream and prints the responses.

use std::{error::Error, io::stdin, thread};

use futures_util::{StreamExt, stream::poll_fn};
use increment_client::{Client, Incremented};
use tokio::sync::{mpsc, oneshot};

use crate::{
    input::{self, InputError},
    output,
    stream_error::StreamError,
};

/// The maximum of numbers read ahead of the connection.
const READ_AHEAD: usize = 64;

/// The number of numbers read, and the error that ended the input, if any.
type InputEnd = (u64, Result<(), InputError>);

/// Prints each response when it is received, until the end of the input or its first invalid line.
pub(crate) async fn print(mut client: Client) -> Result<(), Box<dyn Error>> {
    let (sender, mut numbers) = mpsc::channel(READ_AHEAD);
    let (end_sender, mut end) = oneshot::channel();
    // A thread of its own: the runtime would wait for a blocking task that reads the next line.
    thread::spawn(move || read(sender, end_sender));
    let mut responses = client.increment_many(poll_fn(move |context| numbers.poll_recv(context))).await?;
    let mut count = 0;
    while let Some(response) = responses.next().await {
        let Incremented { number, result } = response.map_err(|error| {
            StreamError::new(format!("the stream failed (responses received: {count})"), error)
        })?;
        output::print(format_args!("Send: {number}, Return: {result}")).await?;
        count += 1;
    }
    match end.try_recv() {
        Ok((sent, read)) if sent == count => Ok(read?),
        _ => Err(format!("the server closed the stream (responses received: {count})").into()),
    }
}

/// Reads numbers until the receiver is dropped. The end is sent before `numbers` is closed.
fn read(numbers: mpsc::Sender<i64>, end: oneshot::Sender<InputEnd>) {
    let mut count = 0;
    for number in input::numbers(stdin().lock()) {
        match number {
            Ok(number) if numbers.blocking_send(number).is_ok() => count += 1,
            Ok(_) => return,
            Err(error) => return drop(end.send((count, Err(error)))),
        }
    }
    let _ = end.send((count, Ok(())));
}
