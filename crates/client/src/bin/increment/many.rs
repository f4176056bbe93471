//! `increment many`: numbers come from standard input and go out over one stream, while their answers are printed. Must
//! not know what lines look like.

use std::{error::Error, io::stdin, thread};

use futures_util::{StreamExt, stream::poll_fn};
use increment_client::{Client, Incremented};
use tokio::sync::{mpsc, oneshot};

use crate::{
    input::{self, InputError},
    output,
    stream_error::Ended,
};

/// How many numbers may wait for the connection; when they do, no more are read.
const WAITING: usize = 64;

/// How many numbers were read, and why no more.
type End = (u64, Result<(), InputError>);

/// Prints the answer to each number as it comes, until the input's end or its first line that is none.
pub(crate) async fn print(mut client: Client) -> Result<(), Box<dyn Error>> {
    let (numbers, mut waiting) = mpsc::channel(WAITING);
    let (end, mut ended) = oneshot::channel();
    // No task of the runtime, which would wait for the next line before the program ends.
    thread::spawn(move || read(numbers, end));
    let mut answers = client.increment_many(poll_fn(move |context| waiting.poll_recv(context))).await?;
    let mut count = 0;
    while let Some(answer) = answers.next().await {
        let Incremented { number, result } =
            answer.map_err(|error| Ended::new(format!("the stream ended with {count} answered"), error))?;
        output::print(format_args!("Send: {number}, Return: {result}")).await?;
        count += 1;
    }
    match ended.try_recv() {
        Ok((sent, read)) if sent == count => Ok(read?),
        _ => Err(format!("the server ended the stream with {count} answered").into()),
    }
}

/// Reads numbers for as long as somebody takes them. How it ended is told before the numbers end.
fn read(numbers: mpsc::Sender<i64>, end: oneshot::Sender<End>) {
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
