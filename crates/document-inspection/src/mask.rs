//! Numbers of documents of identity are shown by their first and last character only (design §5).

use crate::tree::Node;

/// Shortest run of digits and letters that may be a number of a document.
const SHORTEST: usize = 15;

/// Masks the whole tree.
pub(crate) fn mask(node: &mut Node) {
    let named = node
        .parts
        .first()
        .and_then(|first| first.value.as_deref())
        .is_some_and(|name| name == "CZZTDM");
    for part in &mut node.parts {
        if named && part.en == "value" {
            part.value = part.value.as_deref().map(hidden);
        }
        mask(part);
    }
    if let Some(value) = node.value.take() {
        node.value = Some(masked(&value));
    }
}

/// The value with every number that has the form of a citizen's, 15 or 18 characters on their own, hidden.
fn masked(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut run = String::new();
    for c in value.chars().chain(Some('\0')) {
        if c.is_ascii_alphanumeric() {
            run.push(c);
            continue;
        }
        out.push_str(&if citizen(&run) { hidden(&run) } else { run.clone() });
        run.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    out
}

/// Whether a run has the form of GB 11643 with a date of birth in its place: 15 digits, or 17 and a check character.
fn citizen(run: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let dated = |century: &str, rest: &str| {
        let month: u8 = rest.get(2..4).and_then(|m| m.parse().ok()).unwrap_or(0);
        let day: u8 = rest.get(4..6).and_then(|d| d.parse().ok()).unwrap_or(0);
        matches!(century, "18" | "19" | "20") && (1..=12).contains(&month) && (1..=31).contains(&day)
    };
    match run.len() {
        SHORTEST => digits(run) && run.get(6..).is_some_and(|rest| dated("19", rest)),
        18 => {
            let (body, check) = run.split_at(17);
            let date = body.get(6..8).zip(body.get(8..14));
            digits(body)
                && (digits(check) || check.eq_ignore_ascii_case("x"))
                && date.is_some_and(|(century, rest)| dated(century, rest))
        }
        _ => false,
    }
}

/// First and last character, the rest as stars.
fn hidden(number: &str) -> String {
    let count = number.chars().count();
    number
        .chars()
        .enumerate()
        .map(|(index, c)| if index == 0 || index + 1 == count { c } else { '*' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_citizens_number_is_hidden_wherever_it_stands() {
        assert_eq!(masked("证件320205199003070011。"), "证件3****************1。");
        assert_eq!(masked("11010119900307123x"), "1****************x");
        assert_eq!(masked("320205900307001"), "3*************1");
    }

    #[test]
    fn other_numbers_stay() {
        for number in [
            "苏1322018201901234",
            "11990000000000000D0001",
            "20260504020000",
            "1.2.156.10197.1.501",
        ] {
            assert_eq!(masked(number), number);
        }
    }

    #[test]
    fn any_number_under_its_key_is_hidden() {
        let mut node = Node::new("自定义数据", "custom data");
        node.say("名称", "name", "CZZTDM").say("值", "value", "H01234567");
        mask(&mut node);
        assert_eq!(node.parts[1].value.as_deref(), Some("H*******7"));
    }
}
