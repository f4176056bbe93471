//! A field for a whole number, whose limits the browser checks.

use leptos::{html::Input, prelude::*};

/// The value of a field is invalid; the browser has reported it and focused the field.
#[derive(Clone, Copy, Debug)]
pub struct InvalidField;

/// A field for a whole number.
#[component]
pub fn NumberField(
    /// The text above the field.
    label: &'static str,
    /// The id and the test id.
    id: &'static str,
    /// The smallest and the largest number.
    limits: (u32, u32),
    /// The number at first; without one, the field is empty and may remain so.
    #[prop(optional)]
    value: Option<u32>,
    /// The text in the empty field.
    #[prop(optional)]
    placeholder: &'static str,
    /// The element, for [`number`].
    node_ref: NodeRef<Input>,
) -> impl IntoView {
    let (min, max) = limits;
    view! {
        <label>
            {label}
            <input
                id=id data-testid=id node_ref=node_ref type="number" min=min max=max
                value=value placeholder=placeholder required=value.is_some()
            />
        </label>
    }
}

/// Returns the number in a field; none where it is empty.
///
/// Fails with [`InvalidField`] when the value is invalid.
pub fn number(field: NodeRef<Input>) -> Result<Option<u32>, InvalidField> {
    let field = field.get_untracked().ok_or(InvalidField)?;
    if field.report_validity() { Ok(field.value().parse().ok()) } else { Err(InvalidField) }
}
