//! The first part of the page with Leptos: the number field, the button, the answer, the history and a
//! burst.

#![allow(unreachable_pub, reason = "`#[component]` makes the type of the properties public")]

#[cfg(target_arch = "wasm32")]
mod answer_card;
#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod burst;
#[cfg(target_arch = "wasm32")]
mod call_history;
#[cfg(target_arch = "wasm32")]
mod increment;
#[cfg(target_arch = "wasm32")]
mod number_input;
#[cfg(target_arch = "wasm32")]
mod send;

#[cfg(target_arch = "wasm32")]
fn main() {
    app::mount();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
