//! The trust bundle of a deployment: signed by a key that only the offline folder holds.

use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use document_verification::trust::{
    AnnouncementKey, BundleDraft, IssuingAuthority, LogRule, Named, QrKey, SignerRule, SigningKey,
    StatusListKey, TrustBundle, file,
};
use domain::credit_code::CreditCode;
use domain::licence_identifier::LicenceIdentifier;
use jiff::{Timestamp, ToSpan as _};

use super::bootstrap::{ed25519, private_file};
use super::configure::{ISSUER_NAME, LOG_ORIGIN};
use crate::deployment::{Deployment, Role};
use crate::verify_list::public_keys;

/// How long a bundle may be relied on.
const DAYS: i64 = 5 * 365;

/// Signs what the ceremony left in the trust folder, valid from `since`.
pub(super) fn write(deployment: &Deployment, since: Timestamp) -> Result<()> {
    let folder = deployment.trust();
    let read = |name: &str| std::fs::read(folder.join(name)).with_context(|| name.to_owned());
    let (seal_root, pdf_root) = (read(file::SEAL_ROOT)?, read(file::PDF_ROOT)?);
    // Whoever has stamps made elsewhere puts the roots of those authorities there before the bundle is signed.
    let timestamp_anchors = match std::fs::read(folder.join(file::TIMESTAMP_ANCHORS)) {
        Ok(anchors) => Some(anchors),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error).context(file::TIMESTAMP_ANCHORS),
    };
    let authority = IssuingAuthority {
        name: ISSUER_NAME.to_owned(),
        credit_code: CreditCode::SPECIMEN_AUTHORITY.to_owned(),
        licence_types: vec![LicenceIdentifier::SPECIMEN_TYPE_CODE.to_owned()],
        signers: SignerRule {
            organisations: vec![ISSUER_NAME.to_owned()],
            ..SignerRule::default()
        },
    };
    let draft = BundleDraft {
        issued_at: since,
        expires_at: since.checked_add((DAYS * 24).hours())?,
        authorities: vec![authority],
        seal_root: &seal_root,
        pdf_root: &pdf_root,
        timestamp_anchors: timestamp_anchors.as_deref(),
        revocation_lists: None,
    };
    let (private, _) = ed25519()?;
    private_file(&deployment.offline().join("trust-bundle-key.der"), &private)?;
    let (symbols, announcements) = (qr_key(deployment, since)?, announcement_keys(deployment)?);
    let log = log_rule(deployment)?;
    let key = SigningKey::from_pkcs8(&private)?;
    let also = Named {
        qr_keys: &[symbols],
        announcement_keys: &announcements,
        status_list_keys: &[status_list_key(deployment, since)?],
        log: log.as_ref(),
    };
    let signed = TrustBundle::sign_naming(&draft, also, &key)?;
    private_file(&folder.join(file::STATEMENT), &signed.statement)?;
    private_file(&folder.join(file::SIGNATURE), signed.signature.as_bytes())?;
    private_file(&folder.join(file::KEY), signed.key.as_bytes())
}

/// The log with the witnesses of every province: more than half of them have to have seen what is to be believed, so that two
/// histories need a witness that signed both.
fn log_rule(deployment: &Deployment) -> Result<Option<LogRule>> {
    if deployment.provinces.is_empty() {
        return Ok(None);
    }
    let line = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Ok::<_, anyhow::Error>(text.trim().to_owned())
    };
    let witnesses = deployment.provinces.iter();
    let witnesses = witnesses.map(|province| line(deployment.witness_key(province)));
    let witnesses: Vec<String> = witnesses.collect::<Result<_>>()?;
    Ok(Some(LogRule {
        origin: LOG_ORIGIN.to_owned(),
        keys: vec![line(deployment.log_key())?],
        quorum: witnesses.len() / 2 + 1,
        witnesses,
    }))
}

/// The public halves of the keys by which the provinces of the deployment sign their lists of announcements.
fn announcement_keys(deployment: &Deployment) -> Result<Vec<AnnouncementKey>> {
    let mut found = Vec::new();
    for province in &deployment.provinces {
        let path = deployment.announcement_public(province);
        let pem = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let keys = public_keys(&pem)?;
        found.extend(keys.iter().map(|key| AnnouncementKey::new(province, key)));
    }
    Ok(found)
}

/// The public half of the key that signs status lists.
fn status_list_key(deployment: &Deployment, from: Timestamp) -> Result<StatusListKey> {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
    let private = deployment.home(&Role::Issuance).join("status-list-key.der");
    let private = std::fs::read(&private).with_context(|| private.display().to_string())?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &private);
    let pair = pair.context("status-list-key.der")?;
    Ok(StatusListKey {
        public_key: hex(pair.public_key().as_ref()),
        from,
        until: None,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The public half of the key that signs what QR symbols say.
fn qr_key(deployment: &Deployment, from: Timestamp) -> Result<QrKey> {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
    let private = deployment.home(&Role::Issuance).join("qr-key.der");
    let private = std::fs::read(&private).with_context(|| private.display().to_string())?;
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&private).context("qr-key.der")?;
    Ok(QrKey {
        public_key: hex(pair.public_key().as_ref()),
        authority: CreditCode::SPECIMEN_AUTHORITY.to_owned(),
        from,
        until: None,
        specimen: true,
    })
}
