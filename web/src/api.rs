//! The calls of the page, with the generated clients over the browser's `fetch`: step 3 of the path of a click. Only this
//! module uses the network. Independent of the components. Dropping a future or a stream cancels its call.

mod status;

#[cfg(target_arch = "wasm32")]
mod access_counts;
#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod concurrency;
#[cfg(target_arch = "wasm32")]
mod connection;
#[cfg(target_arch = "wasm32")]
mod count_up;
#[cfg(target_arch = "wasm32")]
mod increment;
#[cfg(target_arch = "wasm32")]
mod messages;
#[cfg(target_arch = "wasm32")]
mod tap;

pub use status::{PageContext, failure};

#[cfg(target_arch = "wasm32")]
pub use self::{
    access_counts::watch_access_counts, browser::own_base_url, concurrency::call_concurrently,
    connection::describe_connection, count_up::count_up, increment::increment,
};
