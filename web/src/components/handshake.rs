//! The handshake as a sequence diagram: its messages in order, between two lifelines.

use leptos::prelude::*;

use crate::model::{connection::Connection, handshake};

/// The messages of the TLS handshake of a connection.
#[component]
pub fn Handshake(
    /// The connection; none before the first response.
    connection: Memo<Option<Connection>>,
) -> impl IntoView {
    let handshake = Memo::new(move |_| handshake::Handshake::new(connection.read().as_ref()));
    let is_described = move || !handshake.read().steps.is_empty();
    let steps = move || handshake.read().steps.clone();
    view! {
        <div class="handshake">
            <h3>"The handshake"</h3>
            <p>{move || handshake.read().outline}</p>
            <Show when=is_described>
                <dl class="ladder">
                    <div data-line="ends"><dt>{move || handshake.read().client}</dt><dd>"The server"</dd></div>
                    <For each=steps key=Clone::clone let:step>
                        <div data-line=step.from.name()>
                            <dt>{step.name}</dt>
                            {(!step.detail.is_empty()).then(|| view! { <dd>{step.detail}</dd> })}
                        </div>
                    </For>
                </dl>
            </Show>
        </div>
    }
}
