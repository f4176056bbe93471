//! The weights of content codings in `accept-encoding` and its like (RFC 9110, section 12.5.3).

/// The weight of an acceptable coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Weight {
    /// In thousandths, never 0 (RFC 9110, section 12.4.2).
    pub(crate) thousandths: u16,
    /// Its position in the list.
    pub(crate) position: usize,
}

/// The weight of `coding` in the list, by its name or else by `*`; none where it is not acceptable.
pub(crate) fn weight(list: &str, coding: &str) -> Option<Weight> {
    let (position, thousandths) = named(list, coding).or_else(|| named(list, "*"))?;
    (thousandths > 0).then_some(Weight { thousandths, position })
}

/// The weight of a response without a coding in the list, in thousandths: 0 where that is not acceptable; none where the list
/// does not mention it, which gives any acceptable coding precedence.
pub(crate) fn identity(list: &str) -> Option<u16> {
    let excluded = || named(list, "*").filter(|&(_, thousandths)| thousandths == 0);
    named(list, "identity").or_else(excluded).map(|(_, thousandths)| thousandths)
}

/// The position and the weight of the item with this name. An item with a malformed weight is ignored.
fn named(list: &str, name: &str) -> Option<(usize, u16)> {
    list.split(',').enumerate().find_map(|(position, item)| {
        let (coding, parameter) = item.split_once(';').unwrap_or((item, "q=1"));
        if !coding.trim().eq_ignore_ascii_case(name) {
            return None;
        }
        let (q, value) = parameter.split_once('=')?;
        let is_weight = q.trim().eq_ignore_ascii_case("q");
        let value: f32 =
            value.trim().parse().ok().filter(|value| is_weight && (0.0..=1.0).contains(value))?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is 0 to 1000")]
        Some((position, (value * 1000.0).round() as u16))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_has_the_weight_of_its_name_or_else_of_the_wildcard() {
        let cases = [
            ("gzip", Some(1000)),
            ("br, GZIP;Q=0.5", Some(500)),
            ("gzip ; q=0.001", Some(1)),
            ("*", Some(1000)),
            ("*;q=0.3, br", Some(300)),
            ("*, gzip;q=0", None),
            ("gzip, *;q=0", Some(1000)),
            ("*;q=0", None),
            ("gzip;q=0.000", None),
            ("gzip;q=2", None),
            ("gzip;q=-1", None),
            ("gzip;q=NaN", None),
            ("gzip;level=1", None),
            ("gzipped", None),
            ("identity", None),
            (",;,", None),
            ("", None),
        ];
        for (list, thousandths) in cases {
            assert_eq!(weight(list, "gzip").map(|weight| weight.thousandths), thousandths, "{list:?}");
        }
    }

    #[test]
    fn identity_is_acceptable_unless_it_is_excluded() {
        let cases = [
            ("gzip", None),
            ("*", None),
            ("identity;q=0, gzip", Some(0)),
            ("gzip, *;q=0", Some(0)),
            ("identity;q=0.5, *;q=0", Some(500)),
            ("identity, gzip;q=0.1", Some(1000)),
        ];
        for (list, thousandths) in cases {
            assert_eq!(identity(list), thousandths, "{list:?}");
        }
    }
}
