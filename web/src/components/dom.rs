//! Changes elements by their ids. As Leptos views, the plot and the burst would add 3 kilobytes to the page.

use leptos::prelude::document;

/// Replaces the content of an element.
pub fn set_html(id: &str, html: &str) {
    document().get_element_by_id(id).into_iter().for_each(|element| element.set_inner_html(html));
}

/// Replaces the text of an element.
pub fn set_text(id: &str, text: &str) {
    document().get_element_by_id(id).into_iter().for_each(|element| element.set_text_content(Some(text)));
}

/// Sets an attribute of an element.
pub fn set_attribute(id: &str, name: &str, value: &str) {
    let Some(element) = document().get_element_by_id(id) else { return };
    // Fails only for invalid names.
    let _ = element.set_attribute(name, value);
}
