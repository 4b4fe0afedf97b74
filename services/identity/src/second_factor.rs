//! Time-based one-time codes (RFC 6238): six digits, thirty seconds, one step of tolerance, each step once.

use jiff::Timestamp;
use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::random;

/// Shared with the authenticator: 160 bits, the length RFC 4226 recommends.
pub(crate) const SECRET_LENGTH: usize = 20;
const TOLERATED_STEPS: u16 = 1;
const ISSUER: &str = "建证";

/// Draws the secret of a new second factor.
///
/// # Errors
/// The random source fails.
pub(crate) fn new_secret() -> Result<Zeroizing<Vec<u8>>, Error> {
    Ok(Zeroizing::new(random::bytes::<SECRET_LENGTH>()?.to_vec()))
}

/// The `otpauth://` address that an authenticator reads; `label` is what it shows (nothing personal).
///
/// # Errors
/// The secret is too short.
pub(crate) fn uri(secret: &[u8], label: &str) -> Result<String, Error> {
    let base32 = totp(secret)?.secret().to_base32();
    let issuer = percent_encode(ISSUER);
    Ok(format!(
        "otpauth://totp/{issuer}:{}?secret={base32}&issuer={issuer}",
        percent_encode(label)
    ))
}

/// The time step for which `code` is right at `now`, one step early or late tolerated; none if it is wrong.
///
/// Whoever accepts it must remember the step and refuse it and older ones from then on.
///
/// # Errors
/// The secret is too short.
pub(crate) fn step_of(secret: &[u8], code: &str, now: Timestamp) -> Result<Option<i64>, Error> {
    let seconds = u64::try_from(now.as_second()).map_err(Error::internal)?;
    let six_digits = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
    // The comparison runs for any text, so that a malformed code costs what a wrong one costs.
    let found = totp(secret)?.check(if six_digits { code } else { "000000" }, seconds);
    found
        .filter(|_| six_digits)
        .map(i64::try_from)
        .transpose()
        .map_err(Error::internal)
}

fn totp(secret: &[u8]) -> Result<Totp, Error> {
    Builder::new()
        .with_secret(Secret::from(secret))
        .with_skew(TOLERATED_STEPS)
        .build()
        .map_err(|_| Error::internal("the secret of a second factor is unusable"))
}

fn percent_encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: u8| {
        if plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("within jiff's range")
    }

    #[test]
    fn the_vectors_of_rfc_6238_are_accepted_within_one_step_and_not_beyond() {
        // Appendix B, SHA-1, the last six of eight digits.
        let secret = b"12345678901234567890";
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (2_000_000_000, "279037"),
        ] {
            let step = second / 30;
            for late in [-30, 0, 30] {
                assert_eq!(
                    step_of(secret, code, at(second + late)).expect("usable"),
                    Some(step),
                    "{second}{late:+}"
                );
            }
            assert_eq!(step_of(secret, code, at(second + 61)).expect("usable"), None);
        }
    }

    #[test]
    fn whatever_is_not_six_digits_is_wrong() {
        for code in ["", "28708", "2870822", "28708a", " 287082", "２８７０８２"] {
            assert_eq!(
                step_of(b"12345678901234567890", code, at(59)).expect("usable"),
                None,
                "{code}"
            );
        }
    }

    #[test]
    fn the_address_escapes_its_label() {
        let uri = uri(b"12345678901234567890", "3****1").expect("usable");
        assert_eq!(
            uri,
            "otpauth://totp/%E5%BB%BA%E8%AF%81:3%2A%2A%2A%2A1?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=%E5%BB%BA%E8%AF%81"
        );
    }
}
