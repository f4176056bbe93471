//! The same call as a command of another tool, shown and copied.

use std::sync::Arc;

use leptos::{either::Either, prelude::*};

use crate::{
    api,
    model::{history::Call, snippets::Tool},
};

/// The buttons of the tools, and the command of the clicked one.
#[component]
pub fn CopyAs(
    /// The call to make with other tools; none before the first.
    call: Memo<Option<Arc<Call>>>,
) -> impl IntoView {
    // The command of a call is removed with it.
    let tools = move || match call.read().as_ref() {
        None => Either::Left(view! { <p class="placeholder">{EMPTY}</p> }),
        Some(call) => Either::Right(view! { <Tools number=call.number /> }),
    };
    view! { <div class="copy">{tools}</div> }
}

/// The text before the first call.
const EMPTY: &str = "After your first call, the same call as a command appears here: for curl, grpcurl, buf curl, Python, JavaScript or Rust.";

/// The buttons, and the command of the clicked one.
#[component]
fn Tools(number: i64) -> impl IntoView {
    let snippet = RwSignal::new(None::<String>);
    let copy = Action::new_local(|text: &String| write_to_clipboard(text.clone()));
    let on_click = move |tool: Tool| {
        let text = tool.snippet(number, &api::own_base_url());
        copy.clear();
        snippet.set(Some(text.clone()));
        copy.dispatch_local(text);
    };
    let copied = move || match copy.value().get() {
        Some(true) => "Copied",
        Some(false) => "Select it and copy",
        None => "",
    };

    view! {
        <div>
            <h3>"Copy as"</h3>
            <p>"The same call from a shell in the project’s folder. All but curl and JavaScript need HTTP/2 end to end."</p>
            <div role="group" aria-label="Copy as">
                {Tool::ALL
                    .map(|tool| {
                        view! { <button class="second" type="button" on:click=move |_| on_click(tool)>{tool.name()}</button> }
                    })
                    .collect_view()}
            </div>
            <p id="copied" role="status">{copied}</p>
        </div>
        <p class="placeholder" hidden=move || snippet.read().is_some()>"Choose a tool: its command appears here."</p>
        <pre
            id="snippet" data-testid="snippet" tabindex="0" aria-label="The call to copy"
            hidden=move || snippet.read().is_none()
        >
            {move || snippet.get()}
        </pre>
    }
}

/// Copies a text; returns whether the browser allowed it.
async fn write_to_clipboard(text: String) -> bool {
    let clipboard = window().navigator().clipboard();
    // Only secure pages have one.
    !clipboard.is_undefined() && clipboard.write_text(&text).await.is_ok()
}
