//! The connection section: its facts, and its handshake with the values of this connection.

use std::{cell::RefCell, rc::Rc};

use super::{
    dom::{set_attribute, set_html},
    task::spawn,
};
use crate::{
    api::{self, IdleTimer},
    model::{
        connection::{Connection, ConnectionState, Tls},
        handshake,
        overdue::OVERDUE_MS,
    },
};

/// The id of the refresh button.
pub const REFRESH: &str = "connection-refresh";

/// The section before the first response; elements that change have ids.
pub const FRAGMENT: &str = r#"<h2 id="connection">The connection</h2>
<div id="connection-state"><p id="connection-summary" role="status"></p><div id="connection-details"></div></div>
<p class="refresh"><button id="connection-refresh" class="second">Refresh</button>This is a call like any other, and counted.</p>"#;

/// The state of the section, and its action.
#[derive(Clone, Default)]
pub struct ConnectionActions(Rc<RefCell<ConnectionState>>);

impl ConnectionActions {
    /// Calls the service and renders the outcome; the earlier state is displayed until then.
    pub fn refresh(&self) {
        let state = Rc::clone(&self.0);
        spawn(async move {
            // The first time, the section is in the document by now.
            render(&state.borrow());
            let overdue = Rc::clone(&state);
            let idle = IdleTimer::start(OVERDUE_MS, move || {
                overdue.borrow_mut().mark_overdue();
                render(&overdue.borrow());
            });
            let outcome = api::describe_connection().await;
            drop(idle);
            state.borrow_mut().update(outcome);
            render(&state.borrow());
        });
    }
}

fn render(state: &ConnectionState) {
    set_html("connection-summary", &handshake::summary(state));
    set_html("connection-details", &handshake::details(state));
    state.connection().into_iter().for_each(set_data);
}

/// Sets the attributes for tests and tools.
fn set_data(connection: &Connection) {
    let of_tls = |field: fn(&Tls) -> &str| connection.tls.as_ref().map_or("none", field);
    for (name, value) in [
        ("data-tls", of_tls(|tls| &tls.version)),
        ("data-http", &connection.http),
        ("data-cipher", of_tls(|tls| &tls.cipher)),
        ("data-group", of_tls(|tls| &tls.group)),
        ("data-testid", "connection"),
    ] {
        set_attribute("connection-state", name, value);
    }
}
