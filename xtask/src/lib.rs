//! What the project's commands and its benchmark share: processes that end together, and where things are.

pub mod debian;
mod orphans;
pub mod path;
pub mod print;
pub mod process;
pub mod program;
pub mod project;
pub mod run;
