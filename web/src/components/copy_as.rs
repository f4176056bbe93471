//! The same call as a command of another tool, shown and copied.

use leptos::{either::Either, prelude::*};

use crate::{
    api,
    model::{history::Call, snippets::Tool},
};

/// The buttons of the tools, and the command of the clicked one.
#[component]
pub fn CopyAs(
    /// The call to make with other tools; none before the first.
    call: Memo<Option<Call>>,
) -> impl IntoView {
    let is_empty = Memo::new(move |_| call.read().is_none());
    let tools = move || match is_empty.get() {
        true => Either::Left(view! { <p class="placeholder">{EMPTY}</p> }),
        false => Either::Right(view! { <Tools call /> }),
    };
    view! { <div class="copy">{tools}</div> }
}

/// The text before the first call.
const EMPTY: &str = "After your first call, the same call as a command appears here: for curl, grpcurl, buf curl, Python, JavaScript or Rust.";

/// The buttons, and the command; that of a previous call is removed.
#[component]
fn Tools(call: Memo<Option<Call>>) -> impl IntoView {
    let number_and_id = Memo::new(move |_| call.read().as_ref().map(|call| (call.number, call.id)));
    let clicked = RwSignal::new(None);
    let copy = Action::new_local(|text: &String| write_to_clipboard(text.clone()));

    let snippet = Memo::new(move |_| {
        let (number, id) = number_and_id.get()?;
        let (_, tool): (u64, Tool) = clicked.get().filter(|&(clicked, _)| clicked == id)?;
        Some(tool.snippet(number, &api::own_base_url()))
    });
    let on_click = move |tool| {
        copy.clear();
        clicked.set(number_and_id.get_untracked().map(|(_, id)| (id, tool)));
        copy.dispatch_local(snippet.get_untracked().unwrap_or_default());
    };
    let copied = move || match (snippet.read().is_some(), copy.value().get()) {
        (true, Some(true)) => "Copied",
        (true, Some(false)) => "Select it and copy",
        _ => "",
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
