//! Opaque page tokens (AIP-158).
//!
//! A token holds where the next page starts and a fingerprint of the query, so that it cannot continue another
//! query. It is not secret and not signed: treat the cursor as hostile input, keep it to positions and ids, and
//! put the caller's `Scope` on every page again.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

use crate::error::{PAGE_TOKEN_INVALID, Refusal};

const FINGERPRINT: usize = 8;
const LONGEST_TOKEN: usize = 1024;

/// The token of the page that starts at `cursor` within the query described by `query` (the request without
/// page size and token).
pub fn token(query: &impl Serialize, cursor: &impl Serialize) -> Result<String, Refusal> {
    let mut bytes = fingerprint(query)?.to_vec();
    serde_json::to_writer(&mut bytes, cursor).map_err(Refusal::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The cursor of `token`, or `None` for the first page.
pub fn cursor<C: DeserializeOwned>(query: &impl Serialize, token: &str) -> Result<Option<C>, Refusal> {
    if token.is_empty() {
        return Ok(None);
    }
    let parse = || -> Option<C> {
        let bytes = (token.len() <= LONGEST_TOKEN).then(|| URL_SAFE_NO_PAD.decode(token).ok())??;
        let (mark, cursor) = bytes.split_at_checked(FINGERPRINT)?;
        (mark == fingerprint(query).ok()?).then(|| serde_json::from_slice(cursor).ok())?
    };
    parse()
        .map(Some)
        .ok_or_else(|| Refusal::new(PAGE_TOKEN_INVALID).field("page_token", "of another query"))
}

/// The page size to use: `asked` bounded by `most`, `usual` when it is 0; a negative one is refused.
pub fn size(asked: i32, usual: u32, most: u32) -> Result<u32, Refusal> {
    match u32::try_from(asked) {
        Ok(0) => Ok(usual.min(most)),
        Ok(asked) => Ok(asked.min(most)),
        Err(_) => Err(Refusal::invalid("page_size", "must not be negative")),
    }
}

fn fingerprint(query: &impl Serialize) -> Result<[u8; FINGERPRINT], Refusal> {
    let query = serde_json::to_vec(query).map_err(Refusal::internal)?;
    let digest = digest::digest(&digest::SHA256, &query);
    let mut fingerprint = [0; FINGERPRINT];
    fingerprint.copy_from_slice(&digest.as_ref()[..FINGERPRINT]);
    Ok(fingerprint)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_token_leads_back_to_its_cursor_and_only_within_its_query(
            province in "[0-9]{2}", other in "[0-9]{2}", position: u64
        ) {
            let token = token(&province, &position).expect("a cursor encodes");
            prop_assert_eq!(cursor::<u64>(&province, &token).expect("own token"), Some(position));
            if province != other {
                prop_assert!(cursor::<u64>(&other, &token).is_err_and(|refusal| refusal.is(PAGE_TOKEN_INVALID)));
            }
        }

        #[test]
        fn whatever_is_sent_as_a_token_is_refused_not_a_crash(text in ".{1,80}") {
            prop_assert!(cursor::<u64>(&"32", &text).is_err());
        }
    }

    #[test]
    fn page_sizes_are_bounded() {
        assert_eq!(size(0, 50, 500).expect("default"), 50);
        assert_eq!(size(9999, 50, 500).expect("capped"), 500);
        assert!(size(-1, 50, 500).is_err());
    }
}
