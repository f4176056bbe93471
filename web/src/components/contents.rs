//! The table of contents: at the side of a wide page, a menu on a narrow one.

use leptos::{ev::KeyboardEvent, prelude::*};

/// The parts of the page: the id of each, and its name.
const PARTS: [(&str, &str); 8] = [
    ("send", "Send"),
    ("exchanges", "Exchanges"),
    ("latency", "Latency and bursts"),
    ("wire", "On the wire"),
    ("connection", "The connection"),
    ("many", "Many at once"),
    ("streams", "Streams"),
    ("accesses", "Accesses"),
];

/// Links to the parts of the page.
#[component]
pub fn Contents() -> impl IntoView {
    // Only a narrow page hides the links.
    let is_open = RwSignal::new(false);
    Effect::new(scroll_to_part);
    let on_keydown = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            is_open.set(false);
        }
    };
    view! {
        <nav class="contents" aria-label="Contents" on:keydown=on_keydown>
            <button
                class="second" type="button" aria-controls="contents"
                aria-expanded=move || is_open.get().to_string()
                on:click=move |_| is_open.update(|is_open| *is_open = !*is_open)
            >
                "Contents"
            </button>
            <ul id="contents" class:open=is_open>
                {PARTS
                    .map(|(id, name)| {
                        view! { <li><a href=format!("#{id}") on:click=move |_| is_open.set(false)>{name}</a></li> }
                    })
                    .collect_view()}
            </ul>
        </nav>
    }
}

/// Scrolls to the part in the address: the browser looks for it before the application has added it.
fn scroll_to_part() {
    let location = window().location();
    let part = location.hash().unwrap_or_default();
    if !part.is_empty() {
        // Goes to where the address is already, without an entry in the browser's history; an unknown part changes nothing.
        let _ = location.replace(&part);
    }
}
