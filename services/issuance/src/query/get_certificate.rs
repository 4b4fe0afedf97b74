//! One certificate version of the caller.

use domain::licence_identifier::LicenceIdentifier;
use jiff::Timestamp;
use postgres::Tx;
use service_runtime::Scope;
use service_runtime::error::NOT_FOUND;

use crate::error::Error;
use crate::issuing::Issuing;
use crate::job::issue::{open_facts, person_key};
use crate::store::issuing::version::{self, VersionRow};

/// A version as its holder sees it.
pub(crate) struct CertificateView {
    pub(crate) row: VersionRow,
    pub(crate) registration_number: String,
    pub(crate) employer_title: String,
    pub(crate) specialties: Vec<domain::certificate::SpecialtyFacts>,
    pub(crate) specimen: bool,
}

/// Finds a version by its licence identifier.
pub(crate) async fn get_certificate(
    issuing: &Issuing,
    scope: &Scope,
    identifier: &LicenceIdentifier,
) -> Result<CertificateView, Error> {
    let identifier = identifier.to_string();
    let row = issuing
        .read
        .snapshot("get certificate", async |tx: &mut Tx| {
            version::find(tx, &identifier, scope).await
        })
        .await?;
    view(issuing, row.ok_or_else(|| NOT_FOUND.refusal())?)
}

/// Opens what a version's facts say.
pub(crate) fn view(issuing: &Issuing, row: VersionRow) -> Result<CertificateView, Error> {
    let key = person_key(issuing.sealing.vault(), row.person, &row.data_key)
        .map_err(|stop| Error::internal(stop.detail))?;
    let facts = open_facts(&key, row.id, None, &row.facts).map_err(|stop| Error::internal(stop.detail))?;
    Ok(CertificateView {
        row,
        registration_number: facts.number.to_string(),
        employer_title: facts.employer.name,
        specialties: facts.specialties,
        specimen: facts.specimen,
    })
}

/// Whether a version can be had and copied.
pub(crate) fn require_living(row: &VersionRow) -> Result<Timestamp, Error> {
    if row.superseded_at.is_some() {
        let refusal = crate::error::CERTIFICATE_SUPERSEDED.refusal();
        let by = row.superseded_by.as_ref().map(|by| format!("certificates/{by}"));
        return Err(by
            .map_or_else(
                || refusal.clone(),
                |by| refusal.clone().metadata("superseded_by", by),
            )
            .into());
    }
    row.issued_at
        .ok_or_else(|| crate::error::CERTIFICATE_BEING_MADE.refusal().into())
}
