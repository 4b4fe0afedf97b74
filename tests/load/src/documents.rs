//! Documents on one thread: made and sealed, and verified.

use std::time::Instant;

use anyhow::{Context as _, Result};
use certificate_face::face::Kind;
use certificate_face::facts::Printed;
use certificate_face::layout::{DocumentNumberPolicy, Layout};
use certificate_face::lint::{Linted, lint};
use certificate_face::render::render;
use certificate_face::specimen;
use certificate_face::template::{Producer, Template, TemplateSpec};
use document_verification::trust::{BundleDraft, IssuingAuthority, SignerRule, SigningKey};
use document_verification::{Policy, TrustBundle, Verifier};
use gm::{Certificate, PrivateKey, Signer as _, cades};
use jiff::{SignedDuration, Timestamp};
use personal_data::OsRandom;
use rand_core::UnwrapErr;
use seal::ceremony::{Places, Plan};
use seal::keystore::{PROPERTY_INFO, file};
use seal_format::{Seal, Stamp};

use crate::calibration::Speed;
use crate::median;
use crate::row::Row;

/// Documents of one repeat, and repeats.
const BATCH: usize = 40;
const REPEATS: usize = 7;

/// Recorded rates per second: ofdrw's full page and verification, krilla with PAdES.
const OFDRW_MAKE: f64 = 75.0;
const OFDRW_VERIFY: f64 = 83.0;
const KRILLA: f64 = 440.0;

/// Keys of a ceremony held for the bench.
struct Signers {
    stamp: Stamp,
    seal_key: PrivateKey,
    pdf_key: PrivateKey,
    pdf_chain: Vec<Certificate>,
    bundle: TrustBundle,
    at: Timestamp,
}

/// Measures every row.
pub(crate) fn measure(speed: &Speed) -> Result<Vec<Row>> {
    let signers = Signers::new()?;
    let template = signers.template()?;
    let pictures = specimen::pictures(specimen::SEED);
    let names: Vec<Printed> = (0..BATCH)
        .map(|number| {
            Printed::of(
                specimen::record(&format!("张{}民", NAMES[number % NAMES.len()]), 1),
                specimen::CODE,
            )
        })
        .collect::<Result<_, _>>()
        .context("records of the bench agree with themselves")?;
    let draft = |printed: &Printed| -> Result<Linted> {
        let facts = printed.facts();
        let drafts = render(&template, &facts, &pictures, &specimen::sealing())?;
        lint(&template, &facts, &pictures, drafts).map_err(|faults| anyhow::anyhow!("{faults:?}"))
    };
    let (mut ofd, mut pdf, mut verified) = (Vec::new(), Vec::new(), Vec::new());
    let verifier = Verifier::new(signers.bundle.clone(), Policy::default());
    for _ in 0..REPEATS {
        let begun = Instant::now();
        let linted: Vec<Linted> = names.iter().map(draft).collect::<Result<_>>()?;
        let shared = begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        let seals: Vec<Vec<u8>> = linted
            .iter()
            .map(|one| signers.seal(one))
            .collect::<Result<_>>()?;
        ofd.push(shared + begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        let cms: Vec<Vec<u8>> = linted
            .iter()
            .map(|one| signers.sign(one))
            .collect::<Result<_>>()?;
        pdf.push(shared + begun.elapsed().as_secs_f64());
        let parts = linted.into_iter().zip(seals).zip(cms);
        let sealed = parts
            .map(|((linted, seal), cms)| Ok(linted.seal(&seal, &cms)?))
            .collect::<Result<Vec<_>>>()?;
        let begun = Instant::now();
        for document in &sealed {
            std::hint::black_box(verifier.verify(&document.ofd, signers.at));
        }
        verified.push(begun.elapsed().as_secs_f64());
    }
    let rate = |seconds| BATCH as f64 / median(seconds);
    Ok(vec![
        Row::at_least(
            ("documents.ofd_sealed", "documents/s"),
            rate(ofd),
            speed.scale(OFDRW_MAKE),
            50.0,
            "facts record, face, render and lint of OFD and PDF together, SM2 seal; recorded ofdrw full page",
        ),
        Row::at_least(
            ("documents.pdf_signed", "documents/s"),
            rate(pdf),
            speed.scale(KRILLA),
            10.0,
            "the same drafts and lint, PAdES by RustCrypto p256; recorded krilla with PAdES",
        ),
        Row::at_least(
            ("documents.ofd_verified", "files/s"),
            rate(verified),
            speed.scale(OFDRW_VERIFY),
            20.0,
            "every finding, seal and chain cached by bytes; recorded ofdrw",
        ),
    ])
}

const NAMES: [&str; 8] = ["伟", "建", "志", "海", "立", "文", "德", "雨"];

impl Signers {
    fn new() -> Result<Self> {
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
        Ok(Self {
            stamp: Stamp::new(&seal, signer, PROPERTY_INFO)?,
            seal_key: key(file::SEAL_SIGNER_KEY)?,
            pdf_key: key(file::PDF_SIGNER_KEY)?,
            pdf_chain: Certificate::all_from_pem(&text(kept.join(file::PDF_SIGNER))?)?,
            bundle,
            at,
        })
    }

    /// The originals' template with this ceremony's seal.
    fn template(&self) -> Result<Template> {
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

    fn seal(&self, linted: &Linted) -> Result<Vec<u8>> {
        let tbs = self.stamp.tbs(self.at, &linted.ofd_data_hash())?;
        let signature = self
            .seal_key
            .sign_digest(&tbs.digest(), &mut UnwrapErr(OsRandom))?;
        Ok(tbs.finish(&signature)?)
    }

    fn sign(&self, linted: &Linted) -> Result<Vec<u8>> {
        Ok(cades::sign(
            &linted.pdf_digest(),
            &self.pdf_key,
            &self.pdf_chain,
            &mut UnwrapErr(OsRandom),
        )?)
    }
}

fn bundle(seal_root: &str, pdf_root: &str, at: Timestamp) -> Result<TrustBundle> {
    use document_verification::trust::BundleFiles;
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
        revocation_lists: None,
    };
    let signed = TrustBundle::sign(&draft, &SigningKey::from_seed(&[7; 32])?)?;
    let files = BundleFiles {
        statement: &signed.statement,
        signature: signed.signature.as_bytes(),
        key: signed.key.as_bytes(),
        seal_root: seal_root.as_bytes(),
        pdf_root: pdf_root.as_bytes(),
        revocation_lists: None,
    };
    Ok(TrustBundle::open(&files)?)
}
