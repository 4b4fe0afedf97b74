//! The proof of the transparency log (存证证明) for a file of the caller: the original or a use copy.

use domain::licence_identifier::LicenceIdentifier;
use postgres::Tx;
use service_runtime::Scope;
use service_runtime::error::NOT_FOUND;
use tlog::DetachedProof;
use tracing::instrument;
use uuid::Uuid;

use super::log_proof;
use crate::command::issue_documents::leaf;
use crate::error::{Error, PROOF_BEING_MADE};
use crate::issuing::Issuing;
use crate::store::issuing::document::{self, Format};
use crate::store::issuing::{use_copy, version};

/// What the holder asks for.
pub(crate) struct Input {
    pub(crate) scope: Scope,
    pub(crate) certificate: LicenceIdentifier,
    /// None for the original.
    pub(crate) copy: Option<Uuid>,
    pub(crate) format: Format,
}

/// A proof, to be kept beside the file.
pub(crate) struct Proof {
    pub(crate) file_name: String,
    pub(crate) proof: DetachedProof,
}

/// Of whatever was ever issued to the caller: that a certificate has ended, or a copy was revoked, takes nothing from when it was
/// logged. It says nothing about the person, so nothing is recorded.
#[instrument(name = "prove_document", skip_all)]
pub(crate) async fn prove_document(issuing: &Issuing, input: &Input) -> Result<Proof, Error> {
    let identifier = input.certificate.to_string();
    let document = issuing
        .read
        .snapshot("find document", async |tx: &mut Tx| {
            let found = version::find(tx, &identifier, &input.scope).await?;
            let version = found.ok_or_else(|| Error::from(NOT_FOUND.refusal()))?;
            if let Some(copy) = input.copy {
                let row = use_copy::find(tx, copy, &input.scope).await?;
                row.filter(|row| row.version == version.id)
                    .ok_or_else(|| Error::from(NOT_FOUND.refusal()))?;
            }
            let found = document::find(tx, version.id, input.copy, input.format, &input.scope).await?;
            found.ok_or_else(|| Error::from(NOT_FOUND.refusal()))
        })
        .await?;
    let proof = log_proof::of_leaf(&issuing.read, &issuing.witnesses, &leaf(&document)).await?;
    Ok(Proof {
        file_name: format!("{identifier}.{}.tlog-proof", input.format.ending()),
        proof: proof.ok_or_else(|| PROOF_BEING_MADE.refusal())?,
    })
}
