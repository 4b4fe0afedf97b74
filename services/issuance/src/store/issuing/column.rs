//! Column names that bind each envelope of this room to its row; they are authenticated with it and never change.

use uuid::Uuid;

/// The facts record of a version.
pub(crate) fn version_facts(version: Uuid) -> String {
    format!("issuing.certificate_version.facts:{version}")
}

/// The facts record of a use copy.
pub(crate) fn copy_facts(copy: Uuid) -> String {
    format!("issuing.use_copy.facts:{copy}")
}

/// What a holder said when a copy was revoked.
pub(crate) fn revocation_reason(copy: Uuid) -> String {
    format!("issuing.use_copy.revocation_reason:{copy}")
}

/// What an employer asks a holder for.
pub(crate) fn request_terms(request: Uuid) -> String {
    format!("issuing.copy_request.terms:{request}")
}

/// Token and payload of the QR symbol of a document set.
pub(crate) fn token(set: Uuid) -> String {
    format!("issuing.document_set.token:{set}")
}

/// A sealed file in the object store, by the digest of its clear bytes.
pub(crate) fn document(sha256: &[u8; 32]) -> String {
    format!("issuing.document:{}", hex::encode(sha256))
}

/// Photo and signature image in the object store, as step 1's clearance sealed them.
pub(crate) const PHOTO: &str = "register.photo";
pub(crate) const SIGNATURE_IMAGE: &str = "register.signature_image";
