//! Step 6: the keeper of the seals signs each intent at most once, however often it is asked.
//!
//! A crash after it leaves a signature in the keeper's journal; the next attempt asks for the same digests and gets it.

use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::{Batch, Failure, Rendered, Stop};
use crate::issuing::Issuing;
use crate::peer::seal::{NotSigned, Signatures, Signing};
use crate::query::log_proof;
use crate::store::issuing::job::Leased;

/// A rendered set with its signature values.
pub(super) struct Signed {
    pub(super) rendered: Rendered,
    pub(super) signatures: Signatures,
}

/// Asks once for all sets. While the keeper is away they wait.
pub(super) async fn seal(issuing: &Issuing, mut batch: Batch<Rendered>) -> Batch<Signed> {
    let (going, mut early) = logged(issuing, batch.take()).await;
    let signings: Vec<Signing> = going
        .iter()
        .map(|(_, (rendered, proof))| signing(rendered, proof.clone()))
        .collect();
    let going: Vec<(Leased, Rendered)> = going
        .into_iter()
        .map(|(leased, (rendered, _))| (leased, rendered))
        .collect();
    batch.failed.append(&mut early);
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

/// How long a batch waits for the sequencer, which was rung when its versions were made and is done within some milliseconds.
const LOGGED_WITHIN: Duration = Duration::from_secs(1);
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Sets with the proofs of their versions' leaves, and those whose version is not in the log yet.
type Logged = (Vec<(Leased, (Rendered, Option<String>))>, Vec<(Leased, Failure)>);

/// Nothing is sealed before it is logged, where there is a log. Rendering mostly takes longer than the sequencer does.
async fn logged(issuing: &Issuing, going: Vec<(Leased, Rendered)>) -> Logged {
    if !issuing.logged {
        let going = going.into_iter().map(|(leased, set)| (leased, (set, None)));
        return (going.collect(), Vec::new());
    }
    let versions: Vec<Uuid> = going.iter().map(|(leased, _)| leased.version).collect();
    let ends = Instant::now() + LOGGED_WITHIN;
    let proofs = loop {
        match log_proof::of_versions(&issuing.read, &versions).await {
            Ok(proofs) if versions.iter().all(|version| proofs.contains_key(version)) => break Ok(proofs),
            Ok(proofs) if Instant::now() >= ends => break Ok(proofs),
            Ok(_) => tokio::time::sleep(LOOK_AGAIN).await,
            Err(error) => break Err(error.to_string()),
        }
    };
    let (mut there, mut early) = (Vec::with_capacity(going.len()), Vec::new());
    for (leased, set) in going {
        let proof = match &proofs {
            Ok(proofs) => proofs.get(&leased.version).map(ToString::to_string),
            Err(_) => None,
        };
        match (proof, &proofs) {
            (Some(proof), _) => there.push((leased, (set, Some(proof)))),
            (None, Err(why)) => early.push((leased, Failure::Postponed(why.clone()))),
            (None, Ok(_)) => {
                let why = "the leaf of its version is not in the log yet".to_owned();
                early.push((leased, Failure::Postponed(why)));
            }
        }
    }
    (there, early)
}

fn signing(rendered: &Rendered, inclusion_proof: Option<String>) -> Signing {
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
        inclusion_proof,
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
