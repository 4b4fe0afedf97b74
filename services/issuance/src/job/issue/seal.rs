//! Step 6: the keeper of the seals signs each intent at most once, however often it is asked.
//!
//! A crash after it leaves a signature in the keeper's journal; the next attempt asks for the same digests and gets it.

use super::{Batch, Failure, Rendered, Stop};
use crate::issuing::Issuing;
use crate::peer::seal::{NotSigned, Signatures, Signing};

/// A rendered set with its signature values.
pub(super) struct Signed {
    pub(super) rendered: Rendered,
    pub(super) signatures: Signatures,
}

/// Asks once for all sets. While the keeper is away they wait.
pub(super) async fn seal(issuing: &Issuing, mut batch: Batch<Rendered>) -> Batch<Signed> {
    let going = batch.take();
    let signings: Vec<Signing> = going.iter().map(|(_, rendered)| signing(rendered)).collect();
    if signings.is_empty() {
        return batch.after([]);
    }
    match issuing.seal.sign(&signings).await {
        Ok(answers) => {
            let mut outcomes = Vec::with_capacity(going.len());
            for ((leased, rendered), answer) in going.into_iter().zip(answers) {
                let outcome = match answer {
                    Ok(signatures) => Ok(Signed { rendered, signatures }),
                    Err(NotSigned::Refused(reason)) if reason == SEAL_REMADE => {
                        Err(remade(issuing, &rendered).await)
                    }
                    Err(not) => Err(failure(not)),
                };
                outcomes.push((leased, outcome));
            }
            batch.after(outcomes)
        }
        Err(error) => {
            let why = error.to_string();
            batch.after(
                going
                    .into_iter()
                    .map(|(leased, _)| (leased, Err(Failure::Postponed(why.clone())))),
            )
        }
    }
}

fn signing(rendered: &Rendered) -> Signing {
    let Rendered {
        loaded,
        draft,
        pdf_sm3,
    } = rendered;
    Signing {
        intent: loaded.set.id,
        use_copy: loaded.material.printed.record().use_copy.is_some(),
        seal: loaded.material.seal.name.clone(),
        seal_digest: loaded.material.seal.digest(),
        specimen: loaded.material.printed.record().specimen,
        ofd_data_hash: draft.linted.ofd_data_hash(),
        ofd_property_info: draft.linted.ofd_property_info(),
        pdf_sha256: draft.linted.pdf_digest(),
        pdf_sm3: *pdf_sm3,
    }
}

/// The keeper's word for a making whose key is destroyed.
const SEAL_REMADE: &str = "SEAL_REMADE";

/// A set carries its seal, so with the key of that making gone it can never be signed. With another making at hand it is
/// voided and prepared anew; until then it waits.
async fn remade(issuing: &Issuing, rendered: &Rendered) -> Failure {
    let carried = rendered.loaded.material.seal.digest();
    match issuing.seals.other_than(&issuing.database, carried).await {
        Ok(present) if present.digest() != carried => Failure::Voided {
            set: rendered.loaded.set.id,
            reason: SEAL_REMADE,
        },
        Ok(_) => Failure::Postponed("the seal was remade, and its new making is not there".to_owned()),
        Err(error) => Failure::Postponed(error.to_string()),
    }
}

/// What can pass is waited for; a keeper that holds another digest for the intent, or other marks, needs a person.
fn failure(not: NotSigned) -> Failure {
    match not {
        NotSigned::Refused(reason) => match reason.as_str() {
            "INTENT_DIGEST_DIFFERS" => {
                Stop::new("INTENT_DIGEST_DIFFERS", "the journal holds other digests").into()
            }
            "SPECIMEN_MISMATCH" => Stop::new("SPECIMEN_MISMATCH", "the seal refuses the mark").into(),
            _ => Failure::Postponed(format!("the seal refused: {reason}")),
        },
        NotSigned::Unanswered => Failure::Postponed("the seal's answer does not fit the question".to_owned()),
    }
}
