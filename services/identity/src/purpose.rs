//! Why a person is looked up, for the access log.

use service_runtime::Refusal;

/// A reason that can be logged: a resource name or a short code, nothing that could be somebody's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Purpose(String);

const LONGEST: usize = 200;
/// Identity numbers have 15 or 18 digits; no run of digits in a resource name of ours is longer than twelve.
const MOST_DIGITS: usize = 12;

impl Purpose {
    /// Reads a purpose.
    ///
    /// # Errors
    /// Empty, too long, with other characters than a resource name has, or with a long run of digits.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-.:".contains(&byte);
        let longest_run = text
            .split(|c: char| !c.is_ascii_digit())
            .map(str::len)
            .max()
            .unwrap_or(0);
        let fits =
            (1..=LONGEST).contains(&text.len()) && text.bytes().all(plain) && longest_run <= MOST_DIGITS;
        if fits {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::invalid(
            "purpose",
            "must be a resource name such as `provinces/32/applications/…`",
        ))
    }

    /// The text.
    #[must_use]
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_names_a_resource_and_cannot_carry_an_identity_number() {
        for good in [
            "provinces/32/applications/0b0e8a1c-2f9d-4c55-9f0e-7a1d2c3b4a5f",
            "clearance",
        ] {
            assert_eq!(Purpose::parse(good).expect(good).as_str(), good);
        }
        for bad in [
            "",
            "查询张三",
            "x 320205199003070011",
            "320205199003070011",
            "32020519900307002X",
            "a b",
        ] {
            assert!(Purpose::parse(bad).is_err(), "{bad}");
        }
    }
}
