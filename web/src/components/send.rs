//! The number field and the button: step 1 of the path of a click.

use leptos::{ev::SubmitEvent, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::model::{
    history::History,
    number_input::{InputError, NumberInput},
};

/// The form that sends a number; it accepts clicks while calls are in flight.
#[component]
pub fn Send(
    /// The calls of this visit: the button displays the number of calls in flight.
    history: RwSignal<History>,
    /// Called with the number of each click.
    on_send: impl Fn(i64) + 'static,
) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let input = move || NumberInput::parse(&text.read());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match input() {
            Ok(input) => on_send(input.number(js_sys::Math::random)),
            Err(_) => focus_field(),
        }
    };
    view! {
        <form class="send" on:submit=submit on:input=move |event| text.set(event_target_value(&event))>
            {move || controls(input(), history.read().in_flight())}
        </form>
    }
}

/// Renders the field, the button and the help, updated in place: without a `value`, the field keeps its text.
fn controls(input: Result<NumberInput, InputError>, in_flight: usize) -> impl IntoView {
    let (label, invalid, help) = match input {
        Ok(NumberInput::Random) => ("Send a random number".to_owned(), "false", HELP.to_owned()),
        Ok(NumberInput::Number(number)) => (format!("Send {number}"), "false", HELP.to_owned()),
        Err(error) => ("Send".to_owned(), "true", error.to_string()),
    };
    let busy = (in_flight > 0).then(|| in_flight.to_string());
    view! {
        <label for="number">"A whole number"</label>
        // A text field: number fields round large numbers, and some numeric keyboards lack the sign.
        <input
            id="number" data-testid="number" placeholder="random" autocomplete="off" enterkeyhint="send"
            aria-describedby="help" aria-invalid=invalid
        />
        <button data-testid="send" data-in-flight=busy>{label}</button>
        <p id="help" class="help" aria-live="polite">{help}</p>
    }
}

/// Focuses the field, so that screen readers announce the error.
fn focus_field() {
    let field = document().get_element_by_id("number").and_then(|field| field.dyn_into::<HtmlElement>().ok());
    // Focus never fails for an element in the document.
    let _ = field.map(|field| field.focus());
}

/// The help below a valid field.
const HELP: &str = "Any 64-bit integer. Empty: a random one from 0 to 9999.";
