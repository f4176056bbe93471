//! Mounts the page.

#[cfg(target_arch = "wasm32")]
fn main() {
    increment_web::app::mount();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
