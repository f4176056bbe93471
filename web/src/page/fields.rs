//! Reads the fields that hold a small number, the deadline among them. What they take stands in their
//! attributes, and the browser itself says what is wrong with them.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use crate::state::deadline::Deadline;

/// The field's id and test id.
pub const FIELD: &str = "deadline";

/// The browser has said what is wrong, and has put the focus there.
#[derive(Clone, Copy, Debug)]
pub struct Refused;

/// The deadline for the next call; none where the field is empty.
///
/// Fails with [`Refused`] when it is no deadline.
pub fn read() -> Result<Option<Deadline>, Refused> {
    Ok(number(FIELD)?.map(Deadline::from_ms))
}

/// The number in a field; none where it is empty.
///
/// Fails with [`Refused`] when it is not one that the field takes.
pub fn number(id: &str) -> Result<Option<u32>, Refused> {
    let field = document().get_element_by_id(id).expect("the field is there from the start");
    let field: HtmlInputElement = field.unchecked_into();
    if field.report_validity() { Ok(field.value().parse().ok()) } else { Err(Refused) }
}
