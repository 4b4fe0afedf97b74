//! After step 6: a time stamp for every signature value, where authorities are configured: in the `timeStamp` of the
//! OFD's seal (GB/T 38540), and in the unsigned attribute of a PDF's CMS (PAdES level B-T).
//!
//! The keeper of the seals calls nobody, so the stamps are fetched here, into places that no signature covers. A
//! crash after it leaves nothing: the next attempt gets the same signatures from the journal and other tokens for them.
//! While no authority answers, sets wait; none is issued whose time is only claimed.

use futures_util::{StreamExt as _, stream};
use gm::timestamp::Imprint;
use gm::{Algorithm, cades};
use personal_data::OsRandom;
use rand_core::UnwrapErr;
use seal_format::SignedSeal;
use timestamp_client::TimeStampClient;
use tracing::{instrument, warn};

use super::seal::Signed;
use super::{Batch, Failure, Stop};
use crate::issuing::Issuing;
use crate::peer::seal::Signatures;

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
    let reserve = signed.rendered.draft.linted.pdf_reserve();
    let Signatures { ofd, pdf, pdf_sm2 } = &mut signed.signatures;
    *ofd = stamped_seal(issuing, client, ofd).await?;
    for cms in [Some(pdf), pdf_sm2.as_mut()].into_iter().flatten() {
        let stamped = stamped_cms(issuing, client, cms).await?;
        if stamped.len() > reserve {
            // Its bytes are intended already. A signature without a stamp is what it was prepared for.
            warn!(
                alarm = true,
                needed = stamped.len(),
                reserve,
                "a set has no room for a time stamp"
            );
        } else {
            *cms = stamped;
        }
    }
    Ok(signed)
}

/// The seal's signature value stamped in the field that GB/T 38540 has for it.
async fn stamped_seal(issuing: &Issuing, client: &TimeStampClient, ofd: &[u8]) -> Result<Vec<u8>, Failure> {
    let seal = SignedSeal::parse(ofd).map_err(unreadable)?;
    let token = token(issuing, client, seal.signature()).await?;
    Ok(seal.with_time_stamp(&token).map_err(unreadable)?)
}

async fn stamped_cms(issuing: &Issuing, client: &TimeStampClient, cms: &[u8]) -> Result<Vec<u8>, Failure> {
    let value = cades::signature_value(cms).map_err(unreadable)?;
    let token = token(issuing, client, &value).await?;
    Ok(cades::with_time_stamp(cms, &token).map_err(unreadable)?)
}

/// A token over a signature value, by its SHA-256: every authority of RFC 3161 takes that.
async fn token(issuing: &Issuing, client: &TimeStampClient, value: &[u8]) -> Result<Vec<u8>, Failure> {
    let imprint = Imprint::of(Algorithm::EcdsaP256Sha256, &[value]);
    let trust = issuing.trust.bundle().pdf_trust();
    let token = client
        .stamp(&imprint, &trust, || issuing.now(), UnwrapErr(OsRandom))
        .await
        .map_err(|error| Failure::Postponed(error.to_string()))?;
    Ok(token.der)
}

fn unreadable(error: gm::asn1::Error) -> Stop {
    Stop::new("SIGNATURE_UNREADABLE", format!("{error:?}"))
}
