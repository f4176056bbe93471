//! Reads the numeric fields. Their limits are attributes, and the browser reports invalid values.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use crate::model::deadline::Deadline;

/// The id and test id of the deadline field.
pub const DEADLINE: &str = "deadline";

/// The value of a field is invalid; the browser has reported it and focused the field.
#[derive(Clone, Copy, Debug)]
pub struct InvalidField;

/// Returns the deadline for the next call; none where the field is empty.
///
/// Fails with [`InvalidField`] when the value is invalid.
pub fn deadline() -> Result<Option<Deadline>, InvalidField> {
    Ok(number(DEADLINE)?.map(Deadline::from_ms))
}

/// Returns the number in a field; none where it is empty.
///
/// Fails with [`InvalidField`] when the value is invalid.
pub fn number(id: &str) -> Result<Option<u32>, InvalidField> {
    let field = document().get_element_by_id(id).expect("the field is always present");
    let field: HtmlInputElement = field.unchecked_into();
    if field.report_validity() { Ok(field.value().parse().ok()) } else { Err(InvalidField) }
}
