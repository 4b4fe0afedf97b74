//! The two forms of one document.

use ofd::{CustomData, DocId, Part, Permissions, SignaturePlan, Stamp, TagIndex, Written};
use pdf::{FontSubset, Glyph, SignatureText};
use sha2::{Digest as _, Sha256};

use super::{OwnFonts, PdfDraft, RenderError, missing};
use crate::code::Code;
use crate::face::{Face, Slot};
use crate::facts::FaceFacts;
use crate::metadata::{self, Sealing};
use crate::picture::Pictures;
use crate::template::{DrawError, Fonts, Forms, Template, draw, glyphs, ofd_object};
use crate::wording;

/// A face with everything that both forms are made of.
pub(super) struct Document<'d, 'a> {
    pub(super) template: &'d Template,
    pub(super) forms: &'d Forms,
    pub(super) face: &'d Face<'a>,
    pub(super) code: &'d Code,
    pub(super) own: &'d OwnFonts,
    pub(super) facts: &'d FaceFacts<'a>,
    pub(super) pictures: &'d Pictures,
    pub(super) sealing: &'d Sealing<'a>,
}

impl Document<'_, '_> {
    /// Stands for the document: identifier of the version or copy, and nothing that varies between renderings.
    fn identity(&self) -> [u8; 16] {
        let mut hash = Sha256::new();
        hash.update(b"jianzheng document\0");
        hash.update(self.facts.licence_identifier);
        hash.update([0]);
        hash.update(self.facts.copy.map_or("", |copy| copy.copy_id));
        let digest: [u8; 32] = hash.finalize().into();
        let mut out = [0; 16];
        out.copy_from_slice(
            digest
                .first_chunk::<16>()
                .expect("invariant: SHA-256 has 32 bytes"),
        );
        out
    }

    pub(super) fn ofd(&self, attachment: &str) -> Result<Written, RenderError> {
        let (template, forms) = (self.template, self.forms);
        let day = self.facts.copy.map_or(self.facts.issued_on, |copy| copy.made_on);
        let mut content = ofd::Content::new(
            DocId(self.identity()),
            wording::title(self.facts),
            self.facts.issuer,
            day,
        );
        let pairs = self.facts.metadata.iter();
        content.custom_datas = pairs
            .map(|(name, value)| CustomData {
                name: (*name).to_owned(),
                value: value.clone(),
            })
            .collect();
        let own = [
            Some((Slot::Text, &self.own.text)),
            self.own.rare.as_ref().map(|rare| (Slot::Rare, rare)),
        ];
        for (slot, subset) in own.into_iter().flatten() {
            let id = forms.ofd_fonts.get(slot.index()).copied();
            let id = id.expect("invariant: the form with rare characters is chosen when there are any");
            content
                .fonts
                .push((id, Part::stored(subset.assemble_ofd(slot.family()))));
        }
        let [photo, signature] = forms.ofd_images;
        content.images.push((photo, self.pictures.photo.part.clone()));
        content
            .images
            .push((signature, self.pictures.signature.part.clone()));
        let objects = self.face.items.iter();
        let objects = objects
            .map(|item| {
                ofd_object(
                    item,
                    template.pack,
                    &forms.ofd_fonts,
                    &forms.ofd_images,
                    Some(self.code),
                )
            })
            .collect();
        content.pages.push(ofd::Page { objects });
        content.attachments.push(ofd::Attachment {
            name: "certificate".to_owned(),
            file_name: metadata::ATTACHMENT.to_owned(),
            format: "xml".to_owned(),
            created: day.at(0, 0, 0, 0),
            usage: "metadata".to_owned(),
            visible: false,
            bytes: attachment.as_bytes().to_vec(),
        });
        content.tag_index = Some(TagIndex {
            type_id: "certificate".to_owned(),
            namespace: metadata::TAGS.to_owned(),
            root: "certificate".to_owned(),
        });
        content.permissions = Some(self.permissions());
        Ok(forms.ofd.write(&content, &self.plan())?)
    }

    fn permissions(&self) -> Permissions {
        let valid_period = self.facts.copy.map(|copy| ofd::ValidPeriod {
            start: copy.made_on.at(0, 0, 0, 0),
            end: copy.use_until.at(23, 59, 59, 0),
        });
        Permissions {
            export: true,
            print_screen: true,
            print: true,
            valid_period,
        }
    }

    fn plan(&self) -> SignaturePlan {
        let seal = self.template.layout.seal();
        SignaturePlan {
            seal: self.template.seal.clone(),
            provider: self.template.provider.clone(),
            time: self.sealing.time,
            stamps: vec![Stamp::whole(
                0,
                ofd::Rect::new(seal.x, seal.y, seal.width, seal.height),
            )],
        }
    }

    pub(super) fn pdf(&self, attachment: &str) -> Result<PdfDraft, RenderError> {
        let (template, forms, own) = (self.template, self.forms, self.own);
        let mut content = forms.pdf.content();
        let glyph = |slot: Slot, character| match slot {
            Slot::Fixed => template.fixed.glyph(character),
            Slot::Title => template.title.glyph(character),
            Slot::Text => own.text.glyph(character),
            Slot::Rare => own.rare.as_ref().and_then(|rare| rare.glyph(character)),
        };
        let fonts = Fonts {
            references: &forms.pdf_fonts,
            images: &forms.pdf_images,
            veil: forms.veil,
            glyph: &glyph,
        };
        forms
            .structure
            .own(&mut content, &self.face.items, |content, item| {
                draw(content, item, &fonts, Some(self.code))
            })
            .map_err(|DrawError(c)| missing(c))?;
        let programs: Vec<(Vec<u8>, Vec<Glyph>)> = std::iter::once(&own.text)
            .chain(&own.rare)
            .map(|subset| (subset.assemble_pdf(), glyphs(subset)))
            .collect();
        let subsets: Vec<FontSubset<'_>> = programs
            .iter()
            .map(|(program, glyphs)| FontSubset { program, glyphs })
            .collect();
        let document = pdf::Document {
            metadata: pdf::Metadata {
                identifier: self.facts.licence_identifier,
                title: wording::title(self.facts),
                creator: self.facts.issuer,
                description: None,
                relations: &[],
                producer: &template.producer,
                created: self.sealing.time,
            },
            content: &content,
            fonts: &subsets,
            images: &[
                self.pictures.photo.image()?,
                self.pictures.signature.image.clone(),
            ],
            attachment: Some(attachment.as_bytes()),
            signature: SignatureText {
                signed_at: self.sealing.time,
                name: self.sealing.signer,
                reason: None,
                location: None,
                contact: None,
            },
            file_id: self.identity(),
        };
        Ok(PdfDraft {
            unsigned: forms.pdf.assemble(&document)?,
            rare: own.rare.is_some(),
        })
    }
}
