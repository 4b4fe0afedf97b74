//! Documents on one thread: made and sealed, and verified.
//!
//! Both documents come of one face and only both together yield the token that leads to a seal; each row counts the
//! stages that its own format needs, shared ones in full. Every document is new: holder, photo and signature image
//! differ from all before.

#[cfg(feature = "references")]
mod krilla;
mod signers;

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use certificate_face::facts::{FaceFacts, Printed};
use certificate_face::lint::{Linted, Sealed, lint, ofd_faults, pdf_faults};
use certificate_face::picture::{Photo, Pictures, SignatureImage};
use certificate_face::render::{Source, render_all, render_ofd_all, render_pdf};
use certificate_face::specimen;
use certificate_face::template::Template;
use document_verification::{DocumentStanding, Policy, Verifier};
use domain::certificate::FactsRecord;

use self::signers::Signers;
use crate::calibration::{Calibration, Speed};
use crate::median;
use crate::row::Row;

/// Documents of one repeat, as many as an issuing job leases at a time, and repeats.
const BATCH: usize = 32;
const REPEATS: usize = 14;

/// Recorded rates per second: ofdrw's full page and verification, krilla with PAdES.
const OFDRW_MAKE: f64 = 75.0;
const OFDRW_VERIFY: f64 = 83.0;
#[cfg(not(feature = "references"))]
const KRILLA: f64 = 440.0;

/// What is timed, in the order of the work.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Payload,
    Record,
    Photo,
    SignatureImage,
    OfdDraft,
    OfdLint,
    PdfDraft,
    PdfLint,
    Seal,
    Sign,
    Close,
    Verify,
    Krilla,
}

impl Stage {
    const ALL: [(Self, &'static str); 13] = [
        (
            Self::Payload,
            "QR payload signed, Ed25519 (once per set, in no row)",
        ),
        (Self::Record, "facts record worded, metadata"),
        (Self::Photo, "photo checked (hashed with the OFD's files)"),
        (
            Self::SignatureImage,
            "signature image decoded (once per holder, in no row)",
        ),
        (Self::OfdDraft, "OFD draft"),
        (Self::OfdLint, "OFD lint"),
        (Self::PdfDraft, "PDF draft"),
        (Self::PdfLint, "PDF lint"),
        (Self::Seal, "SM2 seal"),
        (Self::Sign, "CMS, ECDSA P-256"),
        (Self::Close, "both signature values put in place"),
        (Self::Verify, "OFD verified"),
        (Self::Krilla, "krilla page and the same CMS"),
    ];
}

/// Seconds per document of each stage, a value for each repeat.
#[derive(Default)]
struct Stages([Vec<f64>; Stage::ALL.len()]);

impl Stages {
    /// Times `work` over the items of one repeat.
    fn time<I, T>(
        &mut self,
        stage: Stage,
        items: impl ExactSizeIterator<Item = I>,
        work: impl FnMut(I) -> Result<T>,
    ) -> Result<Vec<T>> {
        let count = items.len().max(1) as f64;
        let begun = Instant::now();
        let done = items.map(work).collect::<Result<Vec<T>>>()?;
        self.0[stage as usize].push(begun.elapsed().as_secs_f64() / count);
        Ok(done)
    }

    /// Times `work` over all `count` items of one repeat together.
    fn time_together<T>(
        &mut self,
        stage: Stage,
        count: usize,
        work: impl FnOnce() -> Result<Vec<T>>,
    ) -> Result<Vec<T>> {
        let begun = Instant::now();
        let done = work()?;
        self.0[stage as usize].push(begun.elapsed().as_secs_f64() / count.max(1) as f64);
        Ok(done)
    }

    /// Documents per second through some stages: of the median repeat.
    fn rate(&self, stages: &[Stage]) -> f64 {
        let repeats =
            (0..REPEATS).map(|repeat| stages.iter().map(|stage| self.0[*stage as usize][repeat]).sum());
        1.0 / median(repeats.collect())
    }

    fn print(&self) {
        for (stage, name) in Stage::ALL {
            let seconds = median(self.0[stage as usize].clone());
            println!("  {name:<56} {:>8.1} µs", seconds * 1e6);
        }
    }
}

/// Raw material of one document.
struct Holder {
    record: FactsRecord,
    photo: Vec<u8>,
    signature_image: Vec<u8>,
}

impl Holder {
    fn new(number: usize) -> Result<Self> {
        let seed = 1000 + number as u64;
        let (photo, signature_image) = (
            testkit::picture::photo_jpeg(seed),
            testkit::picture::signature_png(seed),
        );
        let character = |index: usize| GIVEN.chars().nth(index % GIVEN.chars().count()).unwrap_or('民');
        let name = format!("张{}{}", character(number), character(number / 7 + 3));
        let mut record = specimen::record(&name, 1);
        record.photo_sm3 = hex::encode(gm::sm3::digest(&photo));
        record.signature_image_sm3 = hex::encode(gm::sm3::digest(&signature_image));
        Ok(Self {
            record,
            photo,
            signature_image,
        })
    }
}

const GIVEN: &str = "伟建志海立文德雨国明华强军平东兴林江山春秋安宁永康正和光学思远成龙云天宇晨曦涛波";

/// Measures every row.
pub(crate) fn measure() -> Result<Vec<Row>> {
    let signers = Signers::new()?;
    let template = signers.template()?;
    let verifier = Verifier::new(signers.bundle.clone(), Policy::default());
    #[cfg(feature = "references")]
    let reference = krilla::Reference::new(&template, signers.picture())?;
    let (mut stages, mut calibration) = (Stages::default(), Calibration::default());
    let (mut ofd_bytes, mut pdf_bytes) = (Vec::new(), Vec::new());
    for repeat in 0..REPEATS {
        calibration.round();
        let holders = (0..BATCH)
            .map(|number| Holder::new(repeat * BATCH + number))
            .collect::<Result<Vec<_>>>()?;
        let made = make(&template, &signers, &holders, &mut stages)?;
        let verified = stages.time(Stage::Verify, made.sealed.iter(), |document| {
            Ok(verifier.verify(&document.ofd, signers.at))
        })?;
        let authentic = verified
            .iter()
            .all(|report| report.document == DocumentStanding::Authentic);
        ensure!(authentic, "a document of the bench is not authentic");
        ofd_bytes.extend(made.sealed.iter().map(|document| document.ofd.len() as f64));
        pdf_bytes.extend(made.sealed.iter().map(|document| document.pdf.len() as f64));
        #[cfg(feature = "references")]
        stages.time(
            Stage::Krilla,
            made.printed.iter().zip(&holders).take(8),
            |(printed, holder)| {
                let page = reference.page(&printed.facts(), &holder.photo, &holder.signature_image)?;
                signers.sign(&krilla::digest(&page))
            },
        )?;
    }
    let speed = calibration.speed();
    #[cfg(not(feature = "references"))]
    stages.0[Stage::Krilla as usize].resize(REPEATS, 1.0 / speed.scale(KRILLA));
    stages.print();
    println!("  {:<56} {:>8} B", "a sealed OFD", median(ofd_bytes));
    println!("  {:<56} {:>8} B", "a signed PDF", median(pdf_bytes));
    Ok(rows(&stages, &speed))
}

/// The documents of one repeat.
struct Made {
    #[cfg_attr(
        not(feature = "references"),
        expect(dead_code, reason = "the reference draws them again")
    )]
    printed: Vec<Printed>,
    sealed: Vec<Sealed>,
}

fn make(template: &Template, signers: &Signers, holders: &[Holder], stages: &mut Stages) -> Result<Made> {
    let sealing = specimen::sealing();
    let records = || holders.iter().map(|holder| holder.record.clone());
    let worded = records()
        .map(|record| Printed::of(record, "").context("a record of the bench"))
        .collect::<Result<Vec<_>>>()?;
    let symbols = stages.time(Stage::Payload, worded.iter(), |printed| {
        signers.symbol(&printed.facts(), sealing.time)
    })?;
    let records: Vec<_> = records().zip(symbols).collect();
    let printed = stages.time(Stage::Record, records.into_iter(), |(record, symbol)| {
        Printed::of(record, symbol).context("a record of the bench")
    })?;
    let photos: Vec<Vec<u8>> = holders.iter().map(|holder| holder.photo.clone()).collect();
    let photos = stages.time(Stage::Photo, photos.into_iter(), |photo| {
        Ok(Photo::prepare(photo)?)
    })?;
    let images = stages.time(Stage::SignatureImage, holders.iter(), |holder| {
        Ok(SignatureImage::prepare(holder.signature_image.clone())?)
    })?;
    let pictures: Vec<Pictures> = photos
        .into_iter()
        .zip(images)
        .map(|(photo, signature)| Pictures { photo, signature })
        .collect();
    let facts: Vec<FaceFacts<'_>> = printed.iter().map(Printed::facts).collect();
    let each = || facts.iter().zip(&pictures);
    let sources: Vec<Source<'_, '_>> = each()
        .map(|(facts, pictures)| Source {
            template,
            facts,
            pictures,
            sealing: &sealing,
        })
        .collect();
    let ofd = stages.time_together(Stage::OfdDraft, sources.len(), || {
        Ok(render_ofd_all(&sources)
            .into_iter()
            .collect::<Result<Vec<_>, _>>()?)
    })?;
    stages.time(Stage::OfdLint, each().zip(&ofd), |((facts, pictures), draft)| {
        ensure!(
            ofd_faults(template, facts, pictures, draft).is_empty(),
            "the OFD has faults"
        );
        Ok(())
    })?;
    let pdf = stages.time(Stage::PdfDraft, each(), |(facts, pictures)| {
        Ok(render_pdf(template, facts, pictures, &sealing)?)
    })?;
    stages.time(Stage::PdfLint, each().zip(&pdf), |((facts, pictures), draft)| {
        ensure!(
            pdf_faults(template, facts, pictures, draft).is_empty(),
            "the PDF has faults"
        );
        Ok(())
    })?;
    let linted = each()
        .zip(render_all(&sources))
        .map(|((facts, pictures), drafts)| {
            lint(template, facts, pictures, drafts?).map_err(|faults| anyhow::anyhow!("{faults:?}"))
        })
        .collect::<Result<Vec<Linted>>>()?;
    let seals = stages.time_together(Stage::Seal, linted.len(), || signers.seal_all(&linted))?;
    let cms = stages.time(Stage::Sign, linted.iter(), |linted| {
        signers.sign(&linted.pdf_digest())
    })?;
    let parts: Vec<_> = linted.into_iter().zip(seals).zip(cms).collect();
    let sealed = stages.time(Stage::Close, parts.into_iter(), |((linted, seal), cms)| {
        Ok(linted.seal(&seal, &cms)?)
    })?;
    Ok(Made { printed, sealed })
}

fn rows(stages: &Stages, speed: &Speed) -> Vec<Row> {
    use Stage::{Close, Krilla, OfdDraft, OfdLint, PdfDraft, PdfLint, Photo, Record, Seal, Sign, Verify};
    vec![
        Row::at_least(
            ("documents.ofd_sealed", "documents/s"),
            stages.rate(&[Record, Photo, OfdDraft, OfdLint, Seal, Close]),
            speed.scale(OFDRW_MAKE),
            50.0,
            "facts record, photo hashed, face, QR with payload, OFD with metadata, its lint, SM2 seal; recorded: ofdrw full page",
        ),
        Row::at_least(
            ("documents.pdf_signed", "documents/s"),
            stages.rate(&[Record, Photo, PdfDraft, PdfLint, Sign, Close]),
            stages.rate(&[Krilla]),
            10.0,
            PDF_HOW,
        ),
        Row::at_least(
            ("documents.ofd_verified", "files/s"),
            stages.rate(&[Verify]),
            speed.scale(OFDRW_VERIFY),
            20.0,
            "every finding; common files, seal and signer kept by their bytes; recorded: ofdrw",
        ),
    ]
}

#[cfg(feature = "references")]
const PDF_HOW: &str = "facts record, photo hashed, face, QR with payload, PDF/A-3u with metadata, its lint, PAdES; \
                       krilla 0.8.2: the same face, fonts and CMS, PDF/A-3u, same run";
#[cfg(not(feature = "references"))]
const PDF_HOW: &str = "facts record, photo hashed, face, QR with payload, PDF/A-3u with metadata, its lint, PAdES; \
                       recorded: krilla with PAdES";
