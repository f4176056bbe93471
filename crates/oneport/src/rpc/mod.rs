//! Calls, from an HTTP request to the service: other protocols are translated to gRPC. Between steps 4 and 5 of the path of a
//! click.

mod call_info;
mod caller;
mod calls;
mod connect;
mod deadline;
mod dispatch;
mod entry;
mod format;
mod layers;
mod measure;
mod methods;
mod text;

pub use self::{
    call_info::CallInfo,
    entry::{DescriptorError, ServiceEntry},
    layers::CallService,
};
pub(crate) use self::{calls::Calls, dispatch::Rpc, entry::descriptor_pool, layers::LayerFn};
