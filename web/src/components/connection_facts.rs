//! What both ends report about the connection, as a list.

use leptos::prelude::*;

use crate::model::{connection::Connection, connection_facts::facts};

/// The facts of a connection, a line each.
#[component]
pub fn ConnectionFacts(
    /// The connection; none before the first response.
    connection: Memo<Option<Connection>>,
) -> impl IntoView {
    let facts = move || {
        let facts = facts(connection.read().as_ref()).into_iter();
        facts
            .map(|(name, value)| view! { <div data-line="fact"><dt>{name}</dt><dd>{value}</dd></div> })
            .collect_view()
    };
    view! {
        <h3>"What both ends report"</h3>
        <dl class="facts">{facts}</dl>
    }
}
