//! Mounts the page.

#[cfg(target_arch = "wasm32")]
fn main() {
    leptos::mount::mount_to_body(increment_web::app::App);
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
