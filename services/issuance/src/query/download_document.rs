//! A sealed file of the caller: the original or a use copy, as stored.

use domain::calendar::day_of;
use domain::licence_identifier::LicenceIdentifier;
use jiff::Timestamp;
use personal_data::{DataKey, Envelope};
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use service_runtime::Scope;
use service_runtime::error::NOT_FOUND;
use sha2::{Digest as _, Sha256};
use tracing::instrument;
use uuid::Uuid;

use super::get_certificate::require_living;
use super::suspension::require_not_suspended;
use crate::error::{Error, USE_COPY_BEING_MADE, USE_COPY_ENDED, USE_COPY_REVOKED};
use crate::issuing::Issuing;
use crate::job::issue::person_key;
use crate::store::issuing::column;
use crate::store::issuing::document::{self, Document, Format};
use crate::store::issuing::use_copy::{self, CopyRow};
use crate::store::issuing::version;

/// What the holder asks for.
pub(crate) struct Input {
    /// Stable name of the caller, for the audit.
    pub(crate) actor: String,
    pub(crate) scope: Scope,
    pub(crate) certificate: LicenceIdentifier,
    /// None for the original.
    pub(crate) copy: Option<Uuid>,
    pub(crate) format: Format,
    /// Register time of the call.
    pub(crate) at: Timestamp,
}

/// A file in the clear, for the answer alone.
pub(crate) struct Download {
    pub(crate) file_name: String,
    pub(crate) sha256: [u8; 32],
    pub(crate) bytes: Vec<u8>,
}

/// Not while the registration is suspended (domain §1.6). Every download is recorded, and so is every refusal (domain
/// §3.4).
#[instrument(name = "download_document", skip_all)]
pub(crate) async fn download_document(issuing: &Issuing, input: &Input) -> Result<Download, Error> {
    let mut subject = format!("certificates/{}", input.certificate);
    if let Some(copy) = input.copy {
        subject = format!("{subject}/copies/{copy}");
    }
    let found = read(issuing, input).await;
    let reason = match &found {
        Err(Error::Refused(refusal)) => Some(refusal.name()),
        Ok(_) | Err(_) => None,
    };
    if found.is_ok() || reason.is_some() {
        let outcome = reason
            .as_deref()
            .map_or(Outcome::Done, |reason| Outcome::Refused { reason });
        let record = Record {
            at: input.at,
            actor: &input.actor,
            verb: "download_document",
            article: "domain §1.10",
            subject: &subject,
            outcome,
            evidence: json!({ "format": input.format.name() }),
        };
        let recorded = async |tx: &mut Tx| tx.audit(record.clone()).await;
        issuing.database.run_tx("record download", recorded).await?;
    }
    found
}

async fn read(issuing: &Issuing, input: &Input) -> Result<Download, Error> {
    let identifier = input.certificate.to_string();
    let (version, document) = issuing
        .read
        .snapshot("find document", async |tx: &mut Tx| {
            let found = version::find(tx, &identifier, &input.scope).await?;
            let version = found.ok_or_else(|| Error::from(NOT_FOUND.refusal()))?;
            require_living(&version)?;
            require_not_suspended(tx, &issuing.sealing, version.person, &input.scope, input.at).await?;
            if let Some(copy) = input.copy {
                let row = use_copy::find(tx, copy, &input.scope)
                    .await?
                    .filter(|row| row.version == version.id);
                usable(&row.ok_or_else(|| NOT_FOUND.refusal())?, input.at)?;
            }
            let document = document::find(tx, version.id, input.copy, input.format, &input.scope).await?;
            let document = document.ok_or_else(|| match input.format {
                // Made by configuration: what was issued without it stays without it.
                Format::PdfSm2 => Error::from(NOT_FOUND.refusal()),
                Format::Ofd | Format::Pdf => Error::internal("an issued set lacks a document"),
            })?;
            Ok::<_, Error>((version, document))
        })
        .await?;
    let key = person_key(issuing.sealing.vault(), version.person, &version.data_key);
    let key = key.map_err(|stop| Error::internal(stop.detail))?;
    let (sha256, bytes) = (document.sha256, clear(issuing, &key, document).await?);
    let file_name = format!("{identifier}.{}", input.format.ending());
    Ok(Download {
        file_name,
        sha256,
        bytes,
    })
}

/// The bytes of a file in the clear; what its row names, or nothing.
pub(crate) async fn clear(issuing: &Issuing, key: &DataKey, document: Document) -> Result<Vec<u8>, Error> {
    let Document { sha256, place, .. } = document;
    let at_rest = issuing.objects.get(&place).await.map_err(Error::internal)?;
    let clear = key
        .open(&column::document(&sha256), &Envelope::from_bytes(at_rest))
        .map_err(Error::internal)?;
    if Sha256::digest(clear.as_slice()).as_slice() != sha256 {
        return Err(Error::internal(
            "a stored document is not the one that its row names",
        ));
    }
    Ok(clear.to_vec())
}

/// A copy can be had while it may be used (domain §1.10).
fn usable(copy: &CopyRow, at: Timestamp) -> Result<(), Error> {
    if copy.revoked_at.is_some() {
        return Err(USE_COPY_REVOKED.refusal().into());
    }
    if day_of(at) > copy.use_until {
        return Err(USE_COPY_ENDED
            .refusal()
            .metadata("use_until", copy.use_until.to_string())
            .into());
    }
    if copy.ready_at.is_none() {
        return Err(USE_COPY_BEING_MADE.refusal().into());
    }
    Ok(())
}
