//! What every write carries.

use uuid::Uuid;

use crate::error::{REQUEST_ID_MISSING, Refusal};

/// Parses the `request_id` of a write (AIP-155): a UUID, which is neither absent nor nil.
pub fn request_id(text: &str) -> Result<Uuid, Refusal> {
    match Uuid::try_parse(text) {
        Ok(id) if !id.is_nil() => Ok(id),
        _ => {
            Err(Refusal::new(REQUEST_ID_MISSING)
                .field("request_id", "must be a UUID, fresh for each request"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_without_a_proper_request_id_is_refused() {
        for text in ["", "1", "00000000-0000-0000-0000-000000000000"] {
            assert!(
                request_id(text).is_err_and(|refusal| refusal.is(REQUEST_ID_MISSING)),
                "{text:?}"
            );
        }
        let id = Uuid::new_v4();
        assert_eq!(request_id(&id.to_string()).expect("a UUID is accepted"), id);
    }
}
