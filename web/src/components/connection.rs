//! The connection: what both ends report about it, beside its handshake.

use gloo_timers::callback::Timeout;
use leptos::prelude::*;

use super::{connection_facts::ConnectionFacts, handshake::Handshake};
use crate::{
    api,
    model::{
        connection::{ConnectionState, Tls},
        connection_facts::summary,
        overdue::OVERDUE_MS,
    },
};

/// The connection as both ends describe it: requested when the component is mounted, and by the button.
#[component]
pub fn Connection() -> impl IntoView {
    let state = RwSignal::new(ConnectionState::default());
    let refresh = Action::new_local(move |&()| refresh(state));
    Effect::new(move || drop(refresh.dispatch_local(())));
    let on_refresh = move |_| drop(refresh.dispatch_local(()));

    let connection = Memo::new(move |_| state.read().connection().cloned());
    let is_known = move || connection.read().is_some();
    let http = move || connection.read().as_ref().map(|connection| connection.http.clone());
    let tls = move |of: fn(&Tls) -> &str| {
        let connection = connection.read();
        connection.as_ref().map(|connection| connection.tls.as_ref().map_or("none", of).to_owned())
    };
    let has_failed = move || state.read().failure().is_some();

    view! {
        <section id="connection" class="connection" aria-labelledby="connection-title">
            <h2 id="connection-title">"The connection"</h2>
            // Tests and tools find it after the first response, with its values as attributes.
            <div
                class="state" data-testid=move || is_known().then_some("connection")
                data-http=http data-tls=move || tls(|tls| &tls.version)
                data-cipher=move || tls(|tls| &tls.cipher) data-group=move || tls(|tls| &tls.group)
            >
                <p id="connection-summary" class="intro" class:failed=has_failed role="status">
                    {move || summary(&state.read())}
                </p>
                <div class="ends">
                    <div>
                        <ConnectionFacts connection />
                        <p class="refresh">
                            <button class="second" on:click=on_refresh>"Refresh"</button>
                            "This is a call like any other, and counted."
                        </p>
                    </div>
                    <Handshake connection />
                </div>
            </div>
        </section>
    }
}

/// Makes the call; the earlier state is displayed until its end.
async fn refresh(state: RwSignal<ConnectionState>) {
    // Cleared when dropped.
    let _overdue = Timeout::new(OVERDUE_MS, move || state.update(ConnectionState::mark_overdue));
    let outcome = api::describe_connection().await;
    state.update(|state| state.update(outcome));
}
