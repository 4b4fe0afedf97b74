//! The trust bundle that services need to start: of an authority of this bench alone.

use std::path::Path;

use anyhow::Result;
use certificate_face::specimen;
use document_verification::trust::{
    BundleDraft, IssuingAuthority, SignerRule, SigningKey, TrustBundle, file,
};
use domain::credit_code::CreditCode;
use domain::licence_identifier::LicenceIdentifier;
use jiff::{SignedDuration, Timestamp};
use personal_data::OsRandom;
use rand_core::UnwrapErr;
use seal::ceremony::{Places, Plan};

/// Holds a ceremony and writes the bundle into a folder, valid about `now`; nobody keeps the keys of the seal.
pub(crate) fn publish(folder: &Path, now: Timestamp) -> Result<()> {
    let elsewhere = tempfile::tempdir()?;
    let places = Places {
        keystore: elsewhere.path().join("keystore"),
        offline: elsewhere.path().join("offline"),
        trust: folder.to_owned(),
    };
    hold(&places, "bench", now)
}

/// Makes a seal and the bundle by which it is trusted, valid from the day before `now` for a year.
pub(crate) fn hold(places: &Places, seal: &str, now: Timestamp) -> Result<()> {
    let since = now - SignedDuration::from_hours(24);
    let plan = Plan {
        seal: seal.to_owned(),
        es_id: "JZ-SPECIMEN-0001".to_owned(),
        title: "行政许可专用章（样本）".to_owned(),
        authority: specimen::ISSUER.to_owned(),
        picture: specimen::seal_picture(),
        diameter_mm: 45,
        from: since,
    };
    seal::ceremony::hold(&plan, places, &mut UnwrapErr(OsRandom))?;
    let folder = &places.trust;
    let read = |name: &str| std::fs::read(folder.join(name));
    let (seal_root, pdf_root) = (read(file::SEAL_ROOT)?, read(file::PDF_ROOT)?);
    let draft = BundleDraft {
        issued_at: since,
        expires_at: now + SignedDuration::from_hours(24 * 365),
        authorities: vec![IssuingAuthority {
            name: specimen::ISSUER.to_owned(),
            credit_code: CreditCode::SPECIMEN_AUTHORITY.to_owned(),
            licence_types: vec![LicenceIdentifier::SPECIMEN_TYPE_CODE.to_owned()],
            signers: SignerRule {
                organisations: vec![specimen::ISSUER.to_owned()],
                ..SignerRule::default()
            },
        }],
        seal_root: &seal_root,
        pdf_root: &pdf_root,
        timestamp_anchors: None,
        revocation_lists: None,
    };
    let signed = TrustBundle::sign(&draft, &SigningKey::from_seed(&[7; 32])?)?;
    for (name, content) in [
        (file::STATEMENT, signed.statement.as_slice()),
        (file::SIGNATURE, signed.signature.as_bytes()),
        (file::KEY, signed.key.as_bytes()),
    ] {
        std::fs::write(folder.join(name), content)?;
    }
    Ok(())
}
