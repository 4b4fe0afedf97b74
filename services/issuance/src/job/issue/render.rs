//! Steps 3 and 4: facts into both documents, and the lint that alone leads on to sealing.
//!
//! Everything that varies is an argument that a row holds, so that the same set is rendered to the same bytes after
//! any crash: facts record, pictures, QR text, stated time, and the seal as it was when the set was prepared.

use std::collections::HashMap;
use std::sync::Arc;

use certificate_face::face::{FaceError, Kind, Slots, compose};
use certificate_face::facts::{FaceFacts, PrintError, Printed};
use certificate_face::font::FontPack;
use certificate_face::lint::{Linted, lint};
use certificate_face::metadata::Sealing;
use certificate_face::picture::{Photo, Pictures, SignatureImage};
use certificate_face::render::{Drafts, RenderError, Source, render_all};
use certificate_face::template::{Producer, Template, TemplateSpec};
use domain::certificate::FactsRecord;
use jiff::Timestamp;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

use super::Stop;
use super::validation::Kept;
use crate::peer::seal::SealMaterial;

/// Room for the PDF's CMS: two certificates of the chain, signed attributes and a signature take about half of it.
const CONTENTS_RESERVE: usize = 6144;

/// Room for the CMS of a set that is prepared now.
pub(super) const fn contents_reserve(stamped: bool) -> usize {
    if stamped {
        CONTENTS_RESERVE + super::stamp::ROOM
    } else {
        CONTENTS_RESERVE
    }
}

/// What one document set is rendered from.
pub(crate) struct Material {
    /// The facts in words, with the text of the QR symbol.
    pub(crate) printed: Printed,
    pub(crate) photo: Vec<u8>,
    pub(crate) signature_image: Vec<u8>,
    /// The time that both documents state.
    pub(crate) stated_at: Timestamp,
    pub(crate) seal: Arc<SealMaterial>,
    /// What the PDF brings along; none for sets that were prepared before any did.
    pub(crate) validation: Option<Kept>,
    /// Room for the PDF's CMS.
    pub(crate) contents_reserve: usize,
}

/// Both documents, linted, with the digests of their unsigned bytes.
pub(crate) struct Draft {
    pub(crate) linted: Linted,
    pub(crate) unsigned_ofd: [u8; 32],
    pub(crate) unsigned_pdf: [u8; 32],
}

/// What documents of one template have in common.
#[derive(Clone, PartialEq, Eq, Hash)]
struct TemplateKey {
    layout: u32,
    shows_document_number: bool,
    use_copy: bool,
    specimen: bool,
    issuer: String,
    seal: [u8; 32],
    validation: Option<[u8; 32]>,
    contents_reserve: usize,
}

/// Templates compiled so far; each costs some ten milliseconds once.
#[derive(Default)]
pub(crate) struct Templates(Mutex<HashMap<TemplateKey, Arc<Template>>>);

impl Templates {
    fn of(&self, material: &Material, facts: &FaceFacts<'_>) -> Result<Arc<Template>, Stop> {
        let record = material.printed.record();
        let key = TemplateKey {
            layout: record.layout.version,
            shows_document_number: record.layout.show_document_number,
            use_copy: facts.copy.is_some(),
            specimen: facts.specimen,
            issuer: facts.issuer.to_owned(),
            seal: material.seal.digest(),
            validation: material.validation.as_ref().map(|kept| kept.digest),
            contents_reserve: material.contents_reserve,
        };
        if let Some(known) = self.0.lock().get(&key) {
            return Ok(Arc::clone(known));
        }
        let none = pdf::ValidationData::default();
        let validation = material.validation.as_ref().map_or(&none, |kept| &*kept.data);
        let spec = TemplateSpec {
            layout: facts.layout,
            kind: if key.use_copy {
                Kind::UseCopy
            } else {
                Kind::Original
            },
            specimen: facts.specimen,
            issuer: facts.issuer,
            seal: material.seal.der.clone(),
            seal_picture: &material.seal.picture,
            contents_reserve: key.contents_reserve,
            producer: Producer {
                name: "jianzheng",
                version: env!("CARGO_PKG_VERSION"),
                company: facts.issuer,
            },
        };
        let template = Template::compile_with(&spec, validation);
        let template = Arc::new(template.map_err(|error| Stop::new("TEMPLATE_UNUSABLE", error))?);
        self.0.lock().insert(key, Arc::clone(&template));
        Ok(template)
    }
}

/// Puts a facts record in words.
pub(super) fn printed(facts: FactsRecord, code: String) -> Result<Printed, Stop> {
    Printed::of(facts, code).map_err(|error| match error {
        PrintError::Facts(error) => Stop::new("FACTS_CONTRADICTION", error),
        PrintError::Layout(version) => Stop::new("LAYOUT_UNKNOWN", version),
    })
}

/// What one set is rendered with.
struct Prepared<'m> {
    facts: FaceFacts<'m>,
    template: Arc<Template>,
    pictures: Pictures,
    sealing: Sealing<'m>,
}

/// Renders and lints sets, their files hashed side by side. Takes a millisecond or less of a core for each: call it off the
/// async threads.
pub(crate) fn drafts<'m>(
    templates: &Templates,
    materials: impl Iterator<Item = &'m Material>,
) -> Vec<Result<Draft, Stop>> {
    let prepared: Vec<Result<Prepared<'_>, Stop>> =
        materials.map(|material| prepare(templates, material)).collect();
    let sources: Vec<Source<'_, '_>> = prepared
        .iter()
        .flatten()
        .map(|one| Source {
            template: &one.template,
            facts: &one.facts,
            pictures: &one.pictures,
            sealing: &one.sealing,
        })
        .collect();
    let mut rendered = render_all(&sources).into_iter();
    let mut drafts = Vec::with_capacity(prepared.len());
    for one in &prepared {
        drafts.push(match one {
            Ok(one) => rendered
                .next()
                .ok_or_else(|| Stop::new("RENDER_FAILED", "it was left out"))
                .and_then(|drafts| linted(one, drafts)),
            Err(stop) => Err(stop.clone()),
        });
    }
    drafts
}

fn prepare<'m>(templates: &Templates, material: &'m Material) -> Result<Prepared<'m>, Stop> {
    let facts = material.printed.facts();
    if facts.specimen != material.seal.specimen {
        return Err(Stop::new(
            "SPECIMEN_MISMATCH",
            "the facts and the seal's certificates do not agree",
        ));
    }
    let unusable = |error: &dyn std::fmt::Display| Stop::new("PICTURE_UNUSABLE", error);
    Ok(Prepared {
        template: templates.of(material, &facts)?,
        pictures: Pictures {
            photo: Photo::prepare(material.photo.clone()).map_err(|error| unusable(&error))?,
            signature: SignatureImage::prepare(material.signature_image.clone())
                .map_err(|error| unusable(&error))?,
        },
        sealing: Sealing {
            signer: facts.issuer,
            time: material.stated_at,
        },
        facts,
    })
}

fn linted(prepared: &Prepared<'_>, drafts: Result<Drafts, RenderError>) -> Result<Draft, Stop> {
    let drafts = drafts.map_err(|error| match error {
        RenderError::Face(FaceError::Missing(_)) => {
            Stop::new("CHARACTER_NOT_DRAWABLE", "a character of the facts")
        }
        error => Stop::new("RENDER_FAILED", error),
    })?;
    let unsigned_ofd = Sha256::digest(drafts.ofd_package()).into();
    let unsigned_pdf = Sha256::digest(drafts.pdf_bytes()).into();
    let Prepared {
        facts,
        template,
        pictures,
        ..
    } = prepared;
    let linted = lint(template, facts, pictures, drafts).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Stop::new("LINT_FAILED", faults.join("; "))
    })?;
    Ok(Draft {
        linted,
        unsigned_ofd,
        unsigned_pdf,
    })
}

/// SM3 of what a signature of the PDF covers.
pub(super) fn pdf_sm3(linted: &Linted) -> [u8; 32] {
    let [before, after] = linted.pdf_signed_parts();
    gm::sm3::Sm3::new().with(before).with(after).finish()
}

/// Whether facts can be set on the page at all, without making any document: asked before a use copy is promised.
pub(crate) fn settable(facts: &FactsRecord) -> Result<(), FaceError> {
    // A record that cannot be put in words stops its own documents; it is not the fault of what a copy adds.
    let Ok(printed) = Printed::of(facts.clone(), "") else {
        return Ok(());
    };
    let (facts, none) = (printed.facts(), |_: char| false);
    compose(&facts.layout, &Slots::new(FontPack::shared(), &none), &facts).map(drop)
}
