//! The keys of a ceremony held for the bench.

use anyhow::{Context as _, Result};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use certificate_face::code::payload::{KeyId, Payload, PayloadError, SIGNATURE};
use certificate_face::face::Kind;
use certificate_face::facts::FaceFacts;
use certificate_face::layout::{DocumentNumberPolicy, Layout};
use certificate_face::lint::Linted;
use certificate_face::specimen;
use certificate_face::template::{Producer, Template, TemplateSpec};
use document_verification::TrustBundle;
use document_verification::trust::{BundleDraft, BundleFiles, IssuingAuthority, SignerRule, SigningKey};
use gm::{Certificate, PrivateKey, Signer as _, cades};
use jiff::{SignedDuration, Timestamp};
use personal_data::OsRandom;
use rand_core::UnwrapErr;
use seal::ceremony::{Places, Plan};
use seal::keystore::{PROPERTY_INFO, file};
use seal_format::{Seal, Stamp, TbsSign};
use sha2::{Digest as _, Sha256};

/// Where symbols lead.
const ADDRESS: &str = "https://verify.example.cn/q/AQIDBAUGBwgJCgsMDQ4PEBESExQ";

/// Seal, keys and trust of one ceremony.
pub(super) struct Signers {
    stamp: Stamp,
    seal_key: PrivateKey,
    pdf_key: PrivateKey,
    pdf_chain: Vec<Certificate>,
    qr_key: Ed25519KeyPair,
    qr_key_id: KeyId,
    pub(super) bundle: TrustBundle,
    pub(super) at: Timestamp,
}

impl Signers {
    /// Holds the ceremony.
    pub(super) fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let place = |name: &str| folder.path().join(name);
        let at = specimen::sealing().time;
        let plan = Plan {
            seal: "bench".to_owned(),
            es_id: "JIANZHENG-BENCH".to_owned(),
            title: format!("{}行政许可专用章", specimen::ISSUER),
            authority: specimen::ISSUER.to_owned(),
            picture: specimen::seal_picture(),
            diameter_mm: 45,
            from: at - SignedDuration::from_hours(24),
        };
        let places = Places {
            keystore: place("keystore"),
            offline: place("offline"),
            trust: place("trust"),
        };
        seal::ceremony::hold(&plan, &places, &mut UnwrapErr(OsRandom))?;
        let kept = places.keystore.join("bench");
        let text = |path: std::path::PathBuf| {
            std::fs::read_to_string(&path).with_context(|| path.display().to_string())
        };
        let seal = Seal::parse(&std::fs::read(kept.join(file::SEAL))?).context("the seal")?;
        let seal_chain = Certificate::all_from_pem(&text(kept.join(file::SEAL_SIGNER))?)?;
        let signer = seal_chain.first().context("a signer")?;
        let key =
            |name: &str| -> Result<PrivateKey> { Ok(PrivateKey::from_pkcs8_pem(&text(kept.join(name))?)?) };
        let (seal_root, pdf_root) = (
            text(place("trust").join("seal-root.pem"))?,
            text(place("trust").join("pdf-root.pem"))?,
        );
        let bundle = bundle(&seal_root, &pdf_root, at)?;
        let qr_key = Ed25519KeyPair::generate()?;
        let qr_key_id = Sha256::digest(qr_key.public_key()).first_chunk().copied();
        Ok(Self {
            qr_key_id: qr_key_id.context("SHA-256 has 32 bytes")?,
            qr_key,
            stamp: Stamp::new(&seal, signer, PROPERTY_INFO)?,
            seal_key: key(file::SEAL_SIGNER_KEY)?,
            pdf_key: key(file::PDF_SIGNER_KEY)?,
            pdf_chain: Certificate::all_from_pem(&text(kept.join(file::PDF_SIGNER))?)?,
            bundle,
            at,
        })
    }

    /// The picture of the seal.
    #[cfg(feature = "references")]
    pub(super) fn picture(&self) -> &[u8] {
        self.stamp.seal().picture().bytes
    }

    /// The originals' template with this ceremony's seal.
    pub(super) fn template(&self) -> Result<Template> {
        let seal = self.stamp.seal();
        let reserve = cades::maximum_length(gm::Algorithm::EcdsaP256Sha256, &self.pdf_chain);
        Ok(Template::compile(&TemplateSpec {
            layout: Layout::of(Layout::CURRENT, DocumentNumberPolicy::Shown).context("the current layout")?,
            kind: Kind::Original,
            specimen: true,
            issuer: specimen::ISSUER,
            seal: seal.der().to_vec(),
            seal_picture: seal.picture().bytes,
            contents_reserve: reserve,
            producer: Producer {
                name: "jianzheng",
                version: "0.1.0",
                company: "Jianzheng",
            },
        })?)
    }

    /// The text of a symbol as issuing writes it: address, a token of the usual length, signed payload.
    pub(super) fn symbol(&self, facts: &FaceFacts<'_>, time: Timestamp) -> Result<String> {
        let sign = |message: &[u8]| -> Result<[u8; SIGNATURE], PayloadError> {
            let signature = self.qr_key.try_sign(message).map_err(|_| PayloadError::Facts)?;
            signature.as_ref().try_into().map_err(|_| PayloadError::Facts)
        };
        Ok(Payload::of(facts, time).text(ADDRESS, self.qr_key_id, sign)?)
    }

    /// The signed seals of linted OFDs, one batch for the key.
    pub(super) fn seal_all(&self, linted: &[Linted]) -> Result<Vec<Vec<u8>>> {
        let tbs = linted
            .iter()
            .map(|linted| self.stamp.tbs(self.at, &linted.ofd_data_hash()));
        let tbs = tbs.collect::<Result<Vec<_>, _>>()?;
        let digests: Vec<[u8; 32]> = tbs.iter().map(TbsSign::digest).collect();
        let signatures = self.seal_key.sign_digests(&digests, &mut UnwrapErr(OsRandom))?;
        let seals = tbs.into_iter().zip(signatures);
        Ok(seals
            .map(|(tbs, signature)| tbs.finish(&signature))
            .collect::<Result<_, _>>()?)
    }

    /// The CMS over a PDF with this digest.
    pub(super) fn sign(&self, digest: &[u8; 32]) -> Result<Vec<u8>> {
        Ok(cades::sign(
            digest,
            &self.pdf_key,
            &self.pdf_chain,
            &mut UnwrapErr(OsRandom),
        )?)
    }
}

fn bundle(seal_root: &str, pdf_root: &str, at: Timestamp) -> Result<TrustBundle> {
    let draft = BundleDraft {
        issued_at: at - SignedDuration::from_hours(24),
        expires_at: at + SignedDuration::from_hours(24),
        authorities: vec![IssuingAuthority {
            name: specimen::ISSUER.to_owned(),
            credit_code: "11990000000000000D".to_owned(),
            licence_types: vec!["11990000000000000D000".to_owned()],
            signers: SignerRule {
                organisations: vec![specimen::ISSUER.to_owned()],
                ..SignerRule::default()
            },
        }],
        seal_root: seal_root.as_bytes(),
        pdf_root: pdf_root.as_bytes(),
        timestamp_anchors: None,
        revocation_lists: None,
    };
    let signed = TrustBundle::sign(&draft, &SigningKey::from_seed(&[7; 32])?)?;
    let files = BundleFiles {
        statement: &signed.statement,
        signature: signed.signature.as_bytes(),
        key: signed.key.as_bytes(),
        seal_root: seal_root.as_bytes(),
        pdf_root: pdf_root.as_bytes(),
        timestamp_anchors: None,
        revocation_lists: None,
    };
    Ok(TrustBundle::open(&files)?)
}
