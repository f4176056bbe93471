//! The number field and the button.

use leptos::{ev::SubmitEvent, prelude::*};

use crate::number_input::{chosen_number, random_number};

/// The form that sends a number.
#[component]
pub(crate) fn Send(
    /// Called with the number of each click.
    on_send: impl Fn(i64) + 'static,
) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let chosen = move || chosen_number(&text.read());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Ok(number) = chosen() {
            on_send(number.unwrap_or_else(random_number));
        }
    };
    let label = move || match chosen() {
        Ok(Some(number)) => format!("Send {number}"),
        _ => "Send a random number".to_owned(),
    };
    view! {
        <form class="send" on:submit=submit>
            <label for="number">"A whole number"</label>
            <input
                id="number" data-testid="number" placeholder="random" autocomplete="off" aria-describedby="help"
                aria-invalid=move || chosen().is_err().to_string() bind:value=text
            />
            <button data-testid="send">{label}</button>
            <p id="help" class="help">"Any 64-bit integer. Empty: a random one from 0 to 9999."</p>
        </form>
    }
}
