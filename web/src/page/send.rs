//! The number field and the button: step 1 of a click's way. Hands a number on and must not know what
//! becomes of it.

use leptos::{ev::SubmitEvent, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::state::{
    history::History,
    number_input::{Entry, Refusal},
};

/// The form that sends a number; it takes clicks at any time, also while calls are under way.
#[component]
pub fn Send(
    /// The calls of this visit: the button shows how many are under way.
    history: RwSignal<History>,
    /// Called with the number of each click.
    on_send: impl Fn(i64) + 'static,
) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let entry = move || Entry::parse(&text.read());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match entry() {
            Ok(entry) => on_send(entry.number(js_sys::Math::random)),
            Err(_) => focus_field(),
        }
    };
    view! {
        <form class="send" on:submit=submit on:input=move |event| text.set(event_target_value(&event))>
            {move || controls(entry(), history.read().under_way())}
        </form>
    }
}

/// The field, the button and what stands under them, updated in place: the field has no
/// `value` here, so it keeps what is typed.
fn controls(entry: Result<Entry, Refusal>, under_way: usize) -> impl IntoView {
    let (label, invalid, help) = match entry {
        Ok(Entry::Random) => ("Send a random number".to_owned(), "false", HELP.to_owned()),
        Ok(Entry::Number(number)) => (format!("Send {number}"), "false", HELP.to_owned()),
        Err(refusal) => ("Send".to_owned(), "true", refusal.to_string()),
    };
    let busy = (under_way > 0).then(|| under_way.to_string());
    view! {
        <label for="number">"A whole number"</label>
        // A text field: one for numbers rounds large ones, and numeric keyboards of some phones lack the sign.
        <input
            id="number" data-testid="number" placeholder="random" autocomplete="off" enterkeyhint="send"
            aria-describedby="help" aria-invalid=invalid
        />
        <button data-testid="send" data-under-way=busy>{label}</button>
        <p id="help" class="help" aria-live="polite">{help}</p>
    }
}

/// Brings the person back to what they typed, and a screen reader to why it is refused.
fn focus_field() {
    let field = document().get_element_by_id("number").and_then(|field| field.dyn_into::<HtmlElement>().ok());
    // What is on the page can be focused; if ever not, the reason is there to be read all the same.
    let _ = field.map(|field| field.focus());
}

/// What stands under the field while nothing is wrong with it.
const HELP: &str = "Any 64-bit integer. Empty: a random one from 0 to 9999.";
