//! Renders the access counts as markup: a line for each service and each of its rows. As views, they would add 3 kilobytes to
//! the page.

use super::{
    accesses::{AccessCounts, Line, Row, SCALE},
    html::{push, push_text},
};

/// Renders the lines as items of a list.
pub fn html(counts: &AccessCounts) -> String {
    let mut html = String::new();
    counts.lines().into_iter().for_each(|line| push_line(&mut html, line));
    html
}

fn push_line(html: &mut String, Line { row, name, count, segment }: Line<'_>) {
    let (kind, key) = match row {
        Some(Row { service, method, protocol, .. }) => ("access-row", [service.as_str(), method, protocol]),
        None => ("access-service", [""; 3]),
    };
    let [service, method, protocol] = key;
    let count = count.to_string();
    let (start, length, scale) = (segment.start.to_string(), segment.length.to_string(), SCALE.to_string());
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
        push(html, markup);
        push_text(html, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::accesses::Snapshot;

    #[test]
    fn names_of_services_are_escaped() {
        let row = Row {
            service: "a\"><script>".to_owned(),
            method: "b&lt;".to_owned(),
            protocol: "c".to_owned(),
            count: 7,
        };
        let mut counts = AccessCounts::default();
        counts.update(Ok(Snapshot { rows: vec![row], durability: None }));
        let html = html(&counts);
        assert!(html.contains("data-service=\"a&quot;>&lt;script>\" data-method=\"b&amp;lt;\""), "{html}");
        assert_eq!(html.matches("<li data-testid=access-service").count(), 1);
        assert_eq!(html.matches("<li data-testid=access-row").count(), 1);
        assert!(html.contains("x=0 width=1000 height=1 />"), "{html}");
        assert!(html.ends_with("<b>7</b>"), "{html}");
    }
}
