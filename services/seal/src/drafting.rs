//! A new making of a seal from what an officer brings: chains and validity, or the seal itself made elsewhere.

use std::path::Path;

use gm::{Certificate, Outcome, PrivateKey};
use jiff::Timestamp;
use personal_data::OsRandom;
use rand_core::UnwrapErr;
use seal_format::{Picture, Seal, SealDraft, Version};
use service_runtime::Refusal;

use crate::error::SEAL_CONTENT_INVALID;
use crate::making::{Kind, Making};
use crate::store::key::Known;
use crate::store::seal::{Asked, Record};

/// What an officer brings.
#[derive(Debug, Clone)]
pub(crate) struct Brought {
    /// DER, the signer first.
    pub seal_chain: Vec<Vec<u8>>,
    pub pdf_chain: Vec<Vec<u8>>,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    /// DER of SESeal; none: to be made here.
    pub seal: Option<Vec<u8>>,
}

/// 制章者, as configuration names it.
pub(crate) struct SealMaker {
    certificate: Certificate,
    key: PrivateKey,
    vendor: String,
}

impl SealMaker {
    /// Reads certificate and key.
    pub(crate) fn open(certificate: &Path, key: &Path, vendor: &str) -> Result<Self, String> {
        let read = |path: &Path| {
            std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let certificate =
            Certificate::from_pem(&read(certificate)?).map_err(|error| format!("certificate: {error}"))?;
        let key = PrivateKey::from_pkcs8_pem(&read(key)?).map_err(|error| format!("key: {error}"))?;
        if certificate.public_key() != Some(gm::Signer::public_key(&key)) {
            return Err("certificate and key do not belong together".to_owned());
        }
        Ok(Self {
            certificate,
            key,
            vendor: vendor.to_owned(),
        })
    }
}

/// Makes it, or takes what was made elsewhere. `keys` are those that the making signs with.
pub(crate) fn draft(
    maker: Option<&SealMaker>,
    record: &Record,
    asked: &Asked,
    brought: &Brought,
    keys: &[Known],
    at: Timestamp,
) -> Result<(Seal, Making), Refusal> {
    let seal_chain = chain(Kind::Ofd, &brought.seal_chain, keys, at)?;
    let pdf_chain = chain(Kind::Pdf, &brought.pdf_chain, keys, at)?;
    let seal = match &brought.seal {
        Some(der) => elsewhere(der, record, asked)?,
        None => {
            let maker =
                maker.ok_or_else(|| invalid("seal", "no seal maker is configured: bring the seal"))?;
            here(maker, record, asked, brought, &seal_chain, at)?
        }
    };
    let generation = keys.first().map_or(0, |key| key.name.generation);
    let making = Making::assemble(&record.name, generation, &seal, seal_chain, pdf_chain)
        .map_err(|problem| invalid("seal", &problem))?;
    if making.specimen != record.specimen {
        return Err(invalid(
            "seal_chain",
            "the certificates' specimen mark is not this deployment's",
        ));
    }
    Ok((seal, making))
}

fn here(
    maker: &SealMaker,
    record: &Record,
    asked: &Asked,
    brought: &Brought,
    seal_chain: &[Certificate],
    at: Timestamp,
) -> Result<Seal, Refusal> {
    let until = seal_chain
        .first()
        .map_or(brought.valid_until, Certificate::not_after);
    let draft = SealDraft {
        version: Version::V4,
        es_id: record.es_id.clone(),
        vendor: maker.vendor.clone(),
        kind: asked.kind,
        name: asked.title.clone(),
        signers: seal_chain.iter().take(1).cloned().collect(),
        created: at,
        valid_from: brought.valid_from,
        // A seal never outlives its signer's certificate.
        valid_until: brought.valid_until.min(until),
        picture: Picture {
            format: "PNG".to_owned(),
            bytes: asked.picture.clone(),
            width: asked.width_mm,
            height: asked.height_mm,
        },
    };
    draft
        .make(&maker.certificate, &maker.key, &mut UnwrapErr(OsRandom))
        .map_err(|error| invalid("making", &error.to_string()))
}

fn elsewhere(der: &[u8], record: &Record, asked: &Asked) -> Result<Seal, Refusal> {
    let seal = Seal::parse(der).map_err(|error| invalid("seal", &error.to_string()))?;
    if seal.es_id() != record.es_id || seal.name() != asked.title {
        return Err(invalid(
            "seal",
            "is not the one that was asked for: another esID or name",
        ));
    }
    if seal_format::verify::maker_signature(&seal).outcome != Outcome::Pass {
        return Err(invalid("seal", "its maker's signature is not valid"));
    }
    Ok(seal)
}

/// A chain whose first certificate is for the key that was made, and whose every certificate the next one signed.
fn chain(kind: Kind, ders: &[Vec<u8>], keys: &[Known], at: Timestamp) -> Result<Vec<Certificate>, Refusal> {
    let field = match kind {
        Kind::Ofd | Kind::PdfSm2 => "seal_chain",
        Kind::Pdf => "pdf_chain",
    };
    let certificates = ders
        .iter()
        .map(|der| Certificate::from_der(der))
        .collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|error| invalid(field, &error.to_string()))?;
    let own = certificates.first().ok_or_else(|| invalid(field, "is empty"))?;
    let public = own.public_key().filter(|key| key.algorithm() == kind.algorithm());
    let public = public.ok_or_else(|| invalid(field, "is for a key of another algorithm"))?;
    let made = keys
        .iter()
        .find(|key| key.name.kind == kind)
        .and_then(|key| key.public.as_deref());
    if made.is_some_and(|made| made != public.to_spki()) {
        return Err(invalid(
            field,
            "is not for the key that was made last: RotateKey shows it",
        ));
    }
    if !own.is_valid_at(at) {
        return Err(invalid(field, "is not valid now"));
    }
    for (one, issuer) in certificates.iter().zip(certificates.iter().skip(1)) {
        let signed = issuer
            .verifying_key()
            .is_ok_and(|key| one.verify_signature(key).is_ok());
        if !signed {
            return Err(invalid(field, "a certificate is not signed by the one after it"));
        }
    }
    Ok(certificates)
}

fn invalid(field: &str, problem: &str) -> Refusal {
    SEAL_CONTENT_INVALID.refusal().field(field, problem)
}
