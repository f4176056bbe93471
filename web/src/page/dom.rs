//! Changes elements by their ids.

use leptos::prelude::document;

/// Replaces what is in an element that is there from the start.
pub(super) fn put_html(id: &str, html: &str) {
    document().get_element_by_id(id).into_iter().for_each(|element| element.set_inner_html(html));
}

/// Sets an attribute of an element that is there from the start; without a name, its text.
///
/// As Leptos views, the plot and the burst would cost the page some 3 kilobytes.
pub(super) fn put(id: &str, name: &str, value: &str) {
    let Some(element) = document().get_element_by_id(id) else { return };
    if name.is_empty() {
        element.set_text_content(Some(value));
    } else {
        // It fails for names only that are none.
        let _ = element.set_attribute(name, value);
    }
}
