//! The problems between a client and the server, each with an explanation and its remedies. The program and the page
//! show the same texts. Compiled into the page: texts are short, and unused ones are not linked.

mod certificate;
mod explanation;
mod network;
mod problem;
mod response;

pub use self::{
    explanation::{Explanation, PossibleCause},
    problem::{Problem, explain_status},
};
