//! The handshake as a sequence diagram: its messages in order, between two lifelines.

use leptos::prelude::*;

use crate::model::{
    connection::Connection,
    handshake::{self, Step},
};

/// The messages of the TLS handshake of a connection.
#[component]
pub fn Handshake(
    /// The connection; none before the first response.
    connection: Memo<Option<Connection>>,
) -> impl IntoView {
    let handshake = move || {
        let handshake::Handshake { client, outline, steps } =
            handshake::Handshake::new(connection.read().as_ref());
        let ladder = (!steps.is_empty()).then(|| view! { <Ladder client steps /> });
        view! { <p>{outline}</p>{ladder} }
    };
    view! { <div class="handshake"><h3>"The handshake"</h3>{handshake}</div> }
}

/// The messages from top to bottom.
#[component]
fn Ladder(client: &'static str, steps: Vec<Step>) -> impl IntoView {
    let step = |Step { from, name, detail }| {
        let detail = (!detail.is_empty()).then(|| view! { <dd>{detail}</dd> });
        view! { <div data-line=from.name()><dt>{name}</dt>{detail}</div> }
    };
    view! {
        <dl class="ladder">
            <div data-line="ends"><dt>{client}</dt><dd>"The server"</dd></div>
            {steps.into_iter().map(step).collect_view()}
        </dl>
    }
}
