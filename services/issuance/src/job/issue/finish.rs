//! Step 7: the sealed files are verified as anybody would verify them, compared with the intent, stored, marked issued.
//!
//! Bytes are stored before the row that names them, under the digest of the clear file: a crash in between leaves bytes
//! that nothing names, and the next attempt writes the same content to the same place. The marks check the fence.

use std::sync::Arc;

use domain::ids::PersonId;
use domain::licence_identifier::LicenceIdentifier;
use futures_util::future::{join_all, try_join_all};
use personal_data::{DataKey, OsRandom};
use rand_core::UnwrapErr;
use sha2::{Digest as _, Sha256};
use tracing::Instrument as _;
use uuid::Uuid;

use super::check::Expected;
use super::seal::Signed;
use super::{Batch, Failure, Rendered, Stop, check, side_by_side};
use crate::error::Error;
use crate::issuing::Issuing;
use crate::store::issuing::column;
use crate::store::issuing::document::{self, Document, Format, IssuedSet};
use crate::store::issuing::job::Leased;

/// A sealed file that stood the verification, sealed again for the object store.
struct Kept {
    document: Document,
    at_rest: Vec<u8>,
}

/// Verifies every set off the async threads, then stores its bytes.
pub(super) async fn verify_and_store(issuing: &Arc<Issuing>, mut batch: Batch<Signed>) -> Batch<IssuedSet> {
    let shared = Arc::clone(issuing);
    let verified = side_by_side(batch.take(), tracing::info_span!("verify"), move |signed| {
        assemble(&shared, signed)
    })
    .await;
    // Every file waits for its own disk: all of a batch at once.
    let storing = verified.into_iter().map(|(leased, assembled)| async {
        let outcome = match assembled {
            Ok((set, kept)) => store(issuing, set, kept).await,
            Err(failure) => Err(failure),
        };
        (leased, outcome)
    });
    let outcomes = join_all(storing).instrument(tracing::info_span!("store")).await;
    batch.after(outcomes)
}

/// What the marks need to know of a set, before its documents.
struct Marked {
    set: Uuid,
    person: PersonId,
    key: DataKey,
    licence_identifier: LicenceIdentifier,
    token_hash: [u8; 32],
    copy: Option<Uuid>,
    generation: i16,
}

/// Puts the signature values in place and verifies the files.
fn assemble(issuing: &Issuing, signed: Signed) -> Result<(Marked, Vec<Kept>), Failure> {
    let Signed {
        rendered: Rendered {
            loaded,
            draft,
            pdf_sm3,
        },
        signatures,
    } = signed;
    let (data_hash, byte_range) = (draft.linted.ofd_data_hash(), draft.linted.pdf_digest());
    let pdf_sm2 = signatures.pdf_sm2.as_deref();
    let sealed = draft.linted.seal_with(&signatures.ofd, &signatures.pdf, pdf_sm2);
    let sealed = sealed.map_err(|error| Stop::new("SIGNATURE_TOO_LARGE", error))?;
    let facts = loaded.material.printed.record();
    let expected = Expected {
        facts,
        data_hash,
        byte_range,
        byte_range_sm3: pdf_sm3,
        now: issuing.now(),
    };
    check::verify(&sealed, &issuing.trust, &expected)?;
    let keep = |format: Format, clear: &[u8]| {
        let sha256: [u8; 32] = Sha256::digest(clear).into();
        let place = document::place(&sha256);
        let envelope = loaded
            .key
            .seal(&column::document(&sha256), clear, &mut UnwrapErr(OsRandom));
        let size = i64::try_from(clear.len()).unwrap_or(i64::MAX);
        Kept {
            document: Document {
                format,
                sha256,
                size,
                place,
            },
            at_rest: envelope.into_bytes(),
        }
    };
    let mut kept = vec![keep(Format::Ofd, &sealed.ofd), keep(Format::Pdf, &sealed.pdf)];
    kept.extend(sealed.pdf_sm2.as_deref().map(|clear| keep(Format::PdfSm2, clear)));
    let marked = Marked {
        set: loaded.set.id,
        person: loaded.person,
        key: loaded.key,
        licence_identifier: facts.licence_identifier.clone(),
        token_hash: loaded.set.token_hash,
        copy: facts.use_copy.as_ref().map(|copy| copy.copy_id.as_uuid()),
        generation: loaded.generation,
    };
    Ok((marked, kept))
}

async fn store(issuing: &Issuing, marked: Marked, kept: Vec<Kept>) -> Result<IssuedSet, Failure> {
    let storing = kept.into_iter().map(|Kept { document, at_rest }| async {
        let stored = issuing.objects.put(&document.place, at_rest).await;
        stored.map_err(|error| Failure::Postponed(error.to_string()))?;
        Ok::<_, Failure>(document)
    });
    let documents = try_join_all(storing).await?;
    let Marked {
        set,
        person,
        key,
        licence_identifier,
        token_hash,
        copy,
        generation,
    } = marked;
    Ok(IssuedSet {
        set,
        person,
        key,
        licence_identifier,
        token_hash,
        copy,
        generation,
        documents,
    })
}

/// Marks the sets issued, each with its changes, in one transaction; one whose lease was lost is left to its new holder.
pub(super) async fn mark(issuing: &Issuing, sets: &[(Leased, IssuedSet)]) -> Result<(), Error> {
    if sets.is_empty() {
        return Ok(());
    }
    crate::command::issue_documents::issue_documents(issuing, sets).await
}
