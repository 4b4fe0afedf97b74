//! Sealed documents without a running system: the writers of the certificate with the keys of a ceremony.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use aws_lc_rs::signature::Ed25519KeyPair;
use certificate_face::code::payload::{Payload, PayloadError, SIGNATURE};
use certificate_face::face::Kind;
use certificate_face::facts::Printed;
use certificate_face::font::{Font, FontPack, Subset};
use certificate_face::layout::{DocumentNumberPolicy, Layout};
use certificate_face::lint::lint;
use certificate_face::metadata::Sealing;
use certificate_face::render::render;
use certificate_face::specimen;
use certificate_face::template::{Producer, Template, TemplateSpec};
use gm::chain::Trust;
use gm::timestamp::{Imprint, Request, TimeStampAuthority};
use gm::{Algorithm, Certificate, PrivateKey, Signer as _, cades};
use jiff::{SignedDuration, Timestamp};
use pdf::ValidationData;
use personal_data::OsRandom;
use rand_core::UnwrapErr;
use seal::ceremony::{Places, Plan};
use seal::keystore::{PROPERTY_INFO, file};
use seal_format::{Seal, Stamp};
use testkit::time_stamping::authority;

/// Room for a time stamp with the chain of its authority.
const ROOM: usize = 8192;
/// Name of the ceremony's seal.
const SEAL: &str = "specimen";
/// Diameter of the stamp in millimetres.
const DIAMETER: u32 = 45;

/// Writes `original`, `superseded` and `certificate` as OFD and PDF, and `trust/`, as the demonstration names them.
///
/// # Errors
/// The documents could not be made.
pub fn write(out: &Path, now: Timestamp) -> Result<()> {
    let office = Office::open(out, now)?;
    office.issue("original", &specimen::original(1))?;
    office.issue("superseded", &specimen::use_copy(1))?;
    office.issue("certificate", &specimen::use_copy(2))
}

/// Writes `original`, `superseded` and `certificate` with the longest name, employer and list that a face takes: the
/// largest symbols that there are.
///
/// # Errors
/// The documents could not be made.
pub fn write_largest(out: &Path, now: Timestamp) -> Result<()> {
    let office = Office::open(out, now)?;
    let mut record = specimen::record(&"𬭚𠮷㛃䶮𬀪".repeat(10), 10);
    record.employer.name = "中国水利水电建设工程勘察设计研究院"
        .repeat(6)
        .chars()
        .take(100)
        .collect();
    office.issue("original", &Printed::of(record.clone(), "")?)?;
    office.issue("superseded", &specimen::use_copy_of(&record))?;
    office.issue("certificate", &specimen::use_copy_of(&record))
}

/// The address with a payload that is really signed.
fn symbol(name: &str, printed: &Printed, time: Timestamp) -> Result<String> {
    let address = format!("https://verify.example.cn/q/{name:-<27}");
    let key = Ed25519KeyPair::generate()?;
    let sign = |message: &[u8]| -> Result<[u8; SIGNATURE], PayloadError> {
        let signature = key.try_sign(message).map_err(|_| PayloadError::Facts)?;
        signature.as_ref().try_into().map_err(|_| PayloadError::Facts)
    };
    Ok(Payload::of(&printed.facts(), time).text(&address, *b"test", sign)?)
}

/// Writes `ridden.ofd`: three pages under one signature, the seal whole on the first and riding over the edges of all.
///
/// # Errors
/// The document could not be made.
pub fn write_ridden(out: &Path, now: Timestamp) -> Result<()> {
    let office = Office::open(out, now)?;
    let drawn = Subset::new(FontPack::shared().typeface(Font::Song), PAGES.concat().chars())
        .map_err(|character| anyhow!("no glyph for {character}"))?;
    let mut layout = ofd::Layout::new(
        ofd::Size::A4,
        ofd::Creator {
            name: "jianzheng".to_owned(),
            version: "0.1.0".to_owned(),
        },
    );
    let font = ofd::FontFile::Constant(ofd::Part::compressed(drawn.assemble_ofd("JianzhengText")));
    let font = layout.font("JianzhengText", font);
    let day = jiff::civil::date(2026, 5, 1);
    let mut content = ofd::Content::new(ofd::DocId([7; 16]), "样本名册", specimen::ISSUER, day);
    content.pages = PAGES
        .iter()
        .map(|text| ofd::Page {
            objects: vec![
                ofd::Text::new(font, 8.0, 30.0, 60.0, *text, vec![8.0; text.chars().count() - 1]).into(),
            ],
        })
        .collect();
    let seal = ofd::Size {
        width: f64::from(DIAMETER),
        height: f64::from(DIAMETER),
    };
    let mut stamps = vec![ofd::Stamp::whole(
        0,
        ofd::Rect::new(130.0, 220.0, seal.width, seal.height),
    )];
    stamps.extend(ofd::Stamp::riding_seam(PAGES.len(), ofd::Size::A4, 126.0, seal));
    let plan = ofd::SignaturePlan {
        seal: ofd::Part::compressed(office.seal.der().to_vec()),
        provider: ofd::Provider {
            name: "jianzheng".to_owned(),
            version: "0.1.0".to_owned(),
            company: "Jianzheng".to_owned(),
        },
        time: now,
        stamps,
    };
    let unsealed = layout.compile()?.prepare(&content, &plan)?;
    let value = office.stamped(&unsealed.data_hash())?;
    std::fs::write(out.join("ridden.ofd"), unsealed.seal(&value))?;
    Ok(())
}

/// What stands on the pages of `ridden.ofd`.
pub const PAGES: [&str; 3] = ["样本名册第一页", "样本名册第二页", "样本名册第三页"];

/// What signs: the keys of one ceremony.
struct Office<'a> {
    out: &'a Path,
    now: Timestamp,
    seal: Seal,
    seal_chain: Vec<Certificate>,
    seal_key: PrivateKey,
    pdf_chain: Vec<Certificate>,
    pdf_key: PrivateKey,
    /// Root and issuing certificate of the PDF side.
    pdf_anchors: Vec<Certificate>,
    stamper: TimeStampAuthority<PrivateKey>,
}

impl<'a> Office<'a> {
    fn open(out: &'a Path, now: Timestamp) -> Result<Self> {
        let secrets = tempfile::tempdir()?;
        let places = Places {
            keystore: secrets.path().join("keystore"),
            offline: secrets.path().join("offline"),
            trust: out.join("trust"),
        };
        let plan = Plan {
            seal: SEAL.to_owned(),
            es_id: "JZ-SPECIMEN-0001".to_owned(),
            title: "样本机关行政许可专用章".to_owned(),
            authority: specimen::ISSUER.to_owned(),
            picture: specimen::seal_picture(),
            diameter_mm: DIAMETER,
            from: now - SignedDuration::from_hours(1),
        };
        seal::ceremony::hold(&plan, &places, &mut UnwrapErr(OsRandom))?;
        let kept = |name: &str| places.keystore.join(SEAL).join(name);
        let text = |name: &str| std::fs::read_to_string(kept(name)).with_context(|| name.to_owned());
        let offline =
            |name: &str| std::fs::read_to_string(places.offline.join(name)).with_context(|| name.to_owned());
        let issuer = Certificate::from_pem(&offline("pdf-ca.pem")?)?;
        let issuer_key = PrivateKey::from_pkcs8_pem(&offline("pdf-ca-key.pem")?)?;
        let anchors = std::fs::read_to_string(places.trust.join("pdf-root.pem"))?;
        Ok(Self {
            out,
            now,
            pdf_anchors: Certificate::all_from_pem(&anchors)?,
            stamper: authority(&issuer, &issuer_key, &mut UnwrapErr(OsRandom)),
            seal: Seal::parse(&std::fs::read(kept(file::SEAL))?)?,
            seal_chain: Certificate::all_from_pem(&text(file::SEAL_SIGNER)?)?,
            seal_key: PrivateKey::from_pkcs8_pem(&text(file::SEAL_SIGNER_KEY)?)?,
            pdf_chain: Certificate::all_from_pem(&text(file::PDF_SIGNER)?)?,
            pdf_key: PrivateKey::from_pkcs8_pem(&text(file::PDF_SIGNER_KEY)?)?,
        })
    }

    /// The signature value of the seal over a document's `dataHash`.
    fn stamped(&self, data_hash: &[u8; 32]) -> Result<Vec<u8>> {
        let signer = self.seal_chain.first().context("a seal signer")?;
        let stamp = Stamp::new(&self.seal, signer, PROPERTY_INFO)?;
        let tbs = stamp.tbs(self.now, data_hash)?;
        let signature = self
            .seal_key
            .sign_digest(&tbs.digest(), &mut UnwrapErr(OsRandom))?;
        Ok(tbs.finish(&signature)?)
    }

    /// A time stamp beside the signature (PAdES B-T).
    fn stamp(&self, cms: &[u8]) -> Result<Vec<u8>> {
        let value = cades::signature_value(cms).map_err(|error| anyhow!("{error:?}"))?;
        let mut random = UnwrapErr(OsRandom);
        let request = Request::new(Imprint::of(Algorithm::EcdsaP256Sha256, &[&value]), &mut random);
        let answer = self.stamper.answer(&request.to_der(), 1, self.now, &mut random)?;
        let trust = Trust {
            roots: &self.pdf_anchors,
            ..Trust::default()
        };
        // A token states whole seconds.
        let token = request.accept(answer.der(), &trust, self.now, SignedDuration::from_secs(1))?;
        cades::with_time_stamp(cms, &token.der).map_err(|error| anyhow!("{error:?}"))
    }

    fn issue(&self, name: &str, printed: &Printed) -> Result<()> {
        let code = symbol(name, printed, self.now)?;
        let printed = Printed::of(printed.record().clone(), code)?;
        let facts = printed.facts();
        let picture = specimen::seal_picture();
        let layout =
            Layout::of(Layout::CURRENT, DocumentNumberPolicy::Shown).context("the current layout")?;
        let spec = TemplateSpec {
            layout,
            kind: if facts.copy.is_some() {
                Kind::UseCopy
            } else {
                Kind::Original
            },
            specimen: true,
            issuer: specimen::ISSUER,
            seal: self.seal.der().to_vec(),
            seal_picture: &picture,
            contents_reserve: ROOM + cades::maximum_length(Algorithm::EcdsaP256Sha256, &self.pdf_chain),
            producer: Producer {
                name: "jianzheng",
                version: "0.1.0",
                company: "Jianzheng",
            },
        };
        let brought: Vec<Vec<u8>> = self.pdf_anchors.iter().map(|one| one.der().to_vec()).collect();
        let validation = ValidationData {
            certificates: brought,
            revocation_lists: Vec::new(),
        };
        let template = Template::compile_with(&spec, &validation)?;
        let pictures = specimen::pictures(specimen::SEED);
        let sealing = Sealing {
            signer: specimen::ISSUER,
            time: self.now,
        };
        let drafts = render(&template, &facts, &pictures, &sealing)?;
        let linted = lint(&template, &facts, &pictures, drafts).map_err(|faults| anyhow!("{faults:?}"))?;

        let mut random = UnwrapErr(OsRandom);
        let sealed = self.stamped(&linted.ofd_data_hash())?;
        let cms = cades::sign(&linted.pdf_digest(), &self.pdf_key, &self.pdf_chain, &mut random)?;
        let cms = self.stamp(&cms)?;
        let documents = linted.seal(&sealed, &cms)?;
        std::fs::write(self.out.join(format!("{name}.ofd")), documents.ofd)?;
        std::fs::write(self.out.join(format!("{name}.pdf")), documents.pdf)?;
        Ok(())
    }
}
