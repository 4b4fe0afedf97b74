//! Random secrets and the hashes under which they are kept.

use aws_lc_rs::{digest, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::Error;

/// A digest as stored in place of a secret.
pub(crate) type SecretHash = [u8; 32];

/// Random bytes of the operating system.
///
/// # Errors
/// The random source fails.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| Error::internal("the random source failed"))?;
    Ok(bytes)
}

/// A new secret for a caller to keep: 256 bits in base64url, and the hash to store.
///
/// # Errors
/// The random source fails.
pub(crate) fn secret() -> Result<(String, SecretHash), Error> {
    let text = URL_SAFE_NO_PAD.encode(bytes::<32>()?);
    let hash = hash(&text);
    Ok((text, hash))
}

/// A code that a person passes on by hand: 125 bits in 25 characters that cannot be mistaken for one another.
///
/// # Errors
/// The random source fails.
pub(crate) fn code() -> Result<(String, SecretHash), Error> {
    const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let mut code = String::with_capacity(29);
    for (at, byte) in bytes::<25>()?.into_iter().enumerate() {
        if at > 0 && at % 5 == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    let hash = hash_of_code(&code);
    Ok((code, hash))
}

/// The hash of a secret as presented. The secrets are random and long, so no salt or stretching is called for.
#[must_use]
pub(crate) fn hash(secret: &str) -> SecretHash {
    let digest = digest::digest(&digest::SHA256, secret.as_bytes());
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// The hash of a code as typed: case, spaces and dashes do not matter.
#[must_use]
pub(crate) fn hash_of_code(typed: &str) -> SecretHash {
    let folded: String = typed.chars().filter(char::is_ascii_alphanumeric).collect();
    hash(&folded.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_recognised_however_it_is_typed() {
        let (code, kept) = code().expect("random");
        assert_eq!(code.len(), 29);
        assert_eq!(
            hash_of_code(&format!(" {} ", code.to_lowercase().replace('-', " "))),
            kept
        );
        assert_ne!(hash_of_code("AAAAA"), kept);
    }

    #[test]
    fn secrets_differ_and_are_stored_as_hashes_only() {
        let (first, kept) = secret().expect("random");
        let (second, _) = secret().expect("random");
        assert_ne!(first, second);
        assert_eq!(hash(&first), kept);
    }
}
