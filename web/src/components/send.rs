//! The number field and the button: step 1 of the path of a click.

use leptos::{ev::SubmitEvent, html::Input, prelude::*};

use crate::model::number_input::NumberInput;

/// The form that sends a number; it accepts clicks while calls are in flight.
#[component]
pub fn Send(
    /// The number of calls in flight, displayed on the button.
    in_flight: Signal<usize>,
    /// Called with the number of each click.
    #[prop(into)]
    on_send: Callback<i64>,
) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let input = move || NumberInput::parse(&text.read());
    let field = NodeRef::<Input>::new();

    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match input() {
            Ok(input) => on_send.run(input.number(js_sys::Math::random)),
            Err(_) => {
                // Screen readers announce the error of the focused field; focus never fails for one in the document.
                let _ = field.get().map(|field| field.focus());
            }
        }
    };
    let label = move || match input() {
        Ok(NumberInput::Random) => "Send a random number".to_owned(),
        Ok(NumberInput::Number(number)) => format!("Send {number}"),
        Err(_) => "Send".to_owned(),
    };
    let help = move || match input() {
        Ok(_) => "Any 64-bit integer. Empty: a random one from 0 to 9999.".to_owned(),
        Err(error) => error.to_string(),
    };

    view! {
        <form class="send" on:submit=submit>
            <label for="number">"A whole number"</label>
            // A text field: number fields round large numbers, and some numeric keyboards lack the sign.
            <input
                id="number" data-testid="number" node_ref=field bind:value=text
                placeholder="random" autocomplete="off" enterkeyhint="send"
                aria-describedby="help" aria-invalid=move || input().is_err().to_string()
            />
            <button
                data-testid="send"
                data-in-flight=move || Some(in_flight.get()).filter(|&calls| calls > 0)
            >
                {label}
            </button>
            <p id="help" class="help" aria-live="polite">{help}</p>
        </form>
    }
}
