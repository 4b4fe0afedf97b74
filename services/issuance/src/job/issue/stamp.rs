//! After step 6: a time stamp for the PDF's signature value (PAdES level B-T), where authorities are configured.
//!
//! The keeper of the seals calls nobody, so the stamp is fetched here, into an attribute that no signature covers. A
//! crash after it leaves nothing: the next attempt gets the same signature from the journal and another token for it.
//! While no authority answers, sets wait; none is issued whose time is only claimed.

use futures_util::{StreamExt as _, stream};
use gm::timestamp::Imprint;
use gm::{Algorithm, cades};
use personal_data::OsRandom;
use rand_core::UnwrapErr;
use timestamp_client::TimeStampClient;
use tracing::{instrument, warn};

use super::seal::Signed;
use super::{Batch, Failure, Stop};
use crate::issuing::Issuing;

/// Questions to authorities that are open at a time.
const AT_ONCE: usize = 16;

/// Room that a token with the chain of its authority takes beside the signature.
pub(crate) const ROOM: usize = 8192;

#[instrument(name = "stamp", skip_all)]
pub(super) async fn stamp(issuing: &Issuing, mut batch: Batch<Signed>) -> Batch<Signed> {
    let Some(client) = &issuing.time_stamps else {
        return batch;
    };
    let going = batch.take();
    let outcomes = stream::iter(going)
        .map(|(leased, signed)| async move {
            let stamped = stamp_one(issuing, client, signed).await;
            (leased, stamped)
        })
        .buffered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    batch.after(outcomes)
}

async fn stamp_one(
    issuing: &Issuing,
    client: &TimeStampClient,
    mut signed: Signed,
) -> Result<Signed, Failure> {
    let cms = &signed.signatures.pdf;
    let unreadable = |error| Stop::new("SIGNATURE_UNREADABLE", format!("{error:?}"));
    let value = cades::signature_value(cms).map_err(unreadable)?;
    let imprint = Imprint::of(Algorithm::EcdsaP256Sha256, &[&value]);
    let trust = issuing.trust.bundle().pdf_trust();
    let token = client
        .stamp(&imprint, &trust, || issuing.now(), UnwrapErr(OsRandom))
        .await
        .map_err(|error| Failure::Postponed(error.to_string()))?;
    let stamped = cades::with_time_stamp(cms, &token.der).map_err(unreadable)?;
    let reserve = signed.rendered.draft.linted.pdf_reserve();
    if stamped.len() > reserve {
        // Its bytes are intended already. A signature without a stamp is what it was prepared for.
        warn!(
            alarm = true,
            needed = stamped.len(),
            reserve,
            "a set has no room for a time stamp"
        );
        return Ok(signed);
    }
    signed.signatures.pdf = stamped;
    Ok(signed)
}
