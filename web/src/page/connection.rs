//! The connection: what is known of it, and its handshake with this connection's own values. Must not know how either is
//! found out.

use std::{cell::RefCell, rc::Rc};

use super::{
    dom::{put, put_html},
    task::spawn,
};
use crate::{
    api::{self, IdleTimer},
    state::{
        connection::{Connection, Look, Tls},
        handshake,
        overdue::SILENT_MS,
    },
};

/// The id of the button for another look.
pub const AGAIN: &str = "look-again";

/// The part before the first look; what changes has an id.
pub const PART: &str = r#"<h2 id="connection">The connection</h2>
<div id="seen"><p id="seen-words" role="status"></p><div id="seen-lines"></div></div>
<p class="again"><button id="look-again" class="second">Look again</button>A call like any other, and counted.</p>"#;

/// Looks at the connection, and shows what is seen.
#[derive(Clone, Default)]
pub struct Looker(Rc<RefCell<Look>>);

impl Looker {
    /// Looks once; what an earlier look saw stays until then.
    pub fn look(&self) {
        let look = Rc::clone(&self.0);
        let looking = async move {
            // The first time, the page is there by now.
            draw(&look.borrow());
            let late = Rc::clone(&look);
            let idle = IdleTimer::start(SILENT_MS, move || {
                late.borrow_mut().miss();
                draw(&late.borrow());
            });
            let seen = api::describe_connection().await;
            drop(idle);
            look.borrow_mut().see(seen);
            draw(&look.borrow());
        };
        spawn(looking);
    }
}

fn draw(look: &Look) {
    put_html("seen-words", &handshake::words(look));
    put_html("seen-lines", &handshake::lines(look));
    look.known().into_iter().for_each(mark);
}

/// What tests and tools look for.
fn mark(connection: &Connection) {
    let of_tls = |field: fn(&Tls) -> &str| connection.tls.as_ref().map_or("none", field);
    for (name, value) in [
        ("data-tls", of_tls(|tls| &tls.version)),
        ("data-http", &connection.http),
        ("data-cipher", of_tls(|tls| &tls.cipher)),
        ("data-group", of_tls(|tls| &tls.group)),
        ("data-testid", "connection"),
    ] {
        put("seen", name, value);
    }
}
