//! Everybody's calls as markup: a line for each service and each of its rows. Line by line as views, they would cost the page
//! 3 kilobytes. Must not know the screen.

use super::{
    accesses::{Known, Line, Row, SCALE},
    html::{add, add_text},
};

/// The lines, as items of a list.
pub fn html(known: &Known) -> String {
    let mut html = String::new();
    known.lines().into_iter().for_each(|line| add_line(&mut html, line));
    html
}

fn add_line(html: &mut String, Line { row, name, count, part }: Line<'_>) {
    let (kind, of_row) = match row {
        Some(Row { service, method, protocol, .. }) => ("access-row", [service.as_str(), method, protocol]),
        None => ("access-service", [""; 3]),
    };
    let [service, method, protocol] = of_row;
    let count = count.to_string();
    let (start, length, scale) = (part.start.to_string(), part.length.to_string(), SCALE.to_string());
    for (markup, text) in [
        ("<li data-testid=", kind),
        (" data-service=\"", service),
        ("\" data-method=\"", method),
        ("\" data-protocol=\"", protocol),
        ("\" data-count=", &count),
        ("><span>", name),
        ("</span> <span class=protocol>", row.map_or("", Row::protocol_name)),
        ("</span> <svg aria-hidden=true viewBox=\"0 0 ", &scale),
        (" 1\" preserveAspectRatio=none><rect x=", &start),
        (" width=", &length),
        (" height=1 /></svg> <b>", &count),
        ("</b>", ""),
    ] {
        add(html, markup);
        add_text(html, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::accesses::Counts;

    #[test]
    fn names_of_other_services_are_text() {
        let row = Row {
            service: "a\"><script>".to_owned(),
            method: "b&lt;".to_owned(),
            protocol: "c".to_owned(),
            count: 7,
        };
        let mut known = Known::default();
        known.hear(Ok(Counts { rows: vec![row], durability: None }));
        let html = html(&known);
        assert!(html.contains("data-service=\"a&quot;>&lt;script>\" data-method=\"b&amp;lt;\""), "{html}");
        assert_eq!(html.matches("<li data-testid=access-service").count(), 1);
        assert_eq!(html.matches("<li data-testid=access-row").count(), 1);
        assert!(html.contains("x=0 width=1000 height=1 />"), "{html}");
        assert!(html.ends_with("<b>7</b>"), "{html}");
    }
}
