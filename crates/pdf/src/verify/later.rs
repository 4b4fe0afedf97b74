//! What incremental updates did after a signature.
//!
//! Long-term validation appends certificates (DSS) and document time stamps; that is allowed under any DocMDP level
//! (ISO 32000-2 §12.8.2.2, ETSI EN 319 142-1 §5.4). Everything else is told, not excused: an object that the signed
//! revision had may be replaced only where the difference is one of the additions listed in [`Additions`].

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, Fault, Finding, Outcome, Signature, survey::listed};
use crate::read::{Dictionary, Limits, Object, ObjectNumber, Pdf, ReadError, Xmp};

/// The difference between the signed revision and the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LaterChanges {
    /// Objects of the signed revision that were replaced, or numbers it referred to that were filled later.
    pub replaced: Vec<ObjectNumber>,
    /// Objects of the signed revision that were freed.
    pub freed: Vec<ObjectNumber>,
    /// New objects.
    pub added: Vec<ObjectNumber>,
    /// Replaced objects whose difference is more than long-term validation data.
    pub unexplained: Vec<ObjectNumber>,
    /// The unexplained and the freed ones by what they are of, as reasons of findings.
    pub reasons: BTreeMap<&'static str, Vec<ObjectNumber>>,
}

impl LaterChanges {
    /// Nothing was appended.
    pub fn is_empty(&self) -> bool {
        self.replaced.is_empty() && self.freed.is_empty() && self.added.is_empty()
    }

    /// Nothing but long-term validation data was appended.
    pub fn is_long_term_only(&self) -> bool {
        self.unexplained.is_empty() && self.freed.is_empty()
    }
}

pub(super) fn assess(
    pdf: &Pdf<'_>,
    signature: &Signature<'_>,
    revision: &[u8],
) -> (LaterChanges, Vec<Finding>) {
    if revision.len() == pdf.bytes().len() {
        return (LaterChanges::default(), vec![Finding::pass(Check::LaterChanges)]);
    }
    match compare(pdf, signature, revision) {
        Ok(changes) => {
            let findings = judge(&changes, signature.doc_mdp);
            (changes, findings)
        }
        Err(error) => {
            let detail = format!("cannot be compared with the signed revision: {error}");
            let finding = Finding::new(
                Check::LaterChanges,
                Err(Fault::new("later_revision_unsound", detail)),
            );
            // What cannot be compared is no mere addition.
            let changes = LaterChanges {
                unexplained: vec![0],
                ..LaterChanges::default()
            };
            (changes, vec![finding])
        }
    }
}

/// One finding for each kind of change.
fn judge(changes: &LaterChanges, doc_mdp: Option<u8>) -> Vec<Finding> {
    if changes.is_long_term_only() {
        return vec![Finding::pass(Check::LaterChanges)];
    }
    // Levels 2 and 3 allow filling in forms and signing again; whether it was that is not decided here.
    let outcome = if doc_mdp == Some(1) {
        Outcome::Fail
    } else {
        Outcome::CannotSay
    };
    let reasons = changes.reasons.iter();
    reasons
        .map(|(reason, objects)| {
            let detail = format!("objects {}", listed(objects.iter()));
            let finding = Finding::new(Check::LaterChanges, Err(Fault::new(reason, detail)));
            Finding { outcome, ..finding }
        })
        .collect()
}

fn compare(pdf: &Pdf<'_>, signature: &Signature<'_>, revision: &[u8]) -> Result<LaterChanges, ReadError> {
    let limits = Limits {
        file_bytes: revision.len(),
        ..pdf.limits()
    };
    let old = Pdf::open(revision, limits)?;
    if old
        .object(signature.object)?
        .as_dictionary()
        .is_none_or(|found| found.get("Contents").is_none())
    {
        return Err(ReadError::Syntax(
            "the signature is not in the revision it covers",
        ));
    }
    // A newer chain that leaves out an older section would change objects without naming them.
    let same_past = old.revisions().iter().map(|revision| revision.section);
    if !pdf
        .revisions()
        .iter()
        .take(old.revisions().len())
        .map(|revision| revision.section)
        .eq(same_past)
    {
        return Err(ReadError::CrossReference(
            "later sections do not build on the signed revision",
        ));
    }
    let mut touched = BTreeSet::new();
    for later in pdf
        .revisions()
        .iter()
        .filter(|later| later.section >= revision.len())
    {
        touched.extend(later.objects.iter().copied());
    }
    let referred = all_references(&old)?;
    let additions = Additions::of(pdf, &old)?;
    let mut changes = LaterChanges::default();
    for number in touched {
        let known = old.contains(number) || referred.contains(&number);
        if !pdf.contains(number) {
            if known {
                changes.freed.push(number);
                changes
                    .reasons
                    .entry("object_removed_later")
                    .or_default()
                    .push(number);
            }
        } else if known {
            changes.replaced.push(number);
            let (before, after) = (old.object(number)?, pdf.object(number)?);
            if !additions.explain(number, &before, &after)? {
                changes.unexplained.push(number);
                let reason = additions.reason(number, &before, &after)?;
                changes.reasons.entry(reason).or_default().push(number);
            }
        } else {
            changes.added.push(number);
        }
    }
    if pdf.trailer().get("Root") != old.trailer().get("Root") {
        changes.unexplained.push(0);
        changes
            .reasons
            .entry("catalog_replaced_later")
            .or_default()
            .push(0);
    }
    Ok(changes)
}

/// Every number that the old revision refers to: a later object under such a number would change what it shows.
fn all_references(pdf: &Pdf<'_>) -> Result<BTreeSet<ObjectNumber>, ReadError> {
    let mut found = BTreeSet::new();
    for number in pdf.object_numbers().collect::<Vec<_>>() {
        pdf.object(number)?.references(&mut |number| {
            found.insert(number);
        });
    }
    Ok(found)
}

/// What fonts of the file consist of.
fn font_parts(pdf: &Pdf<'_>) -> Result<BTreeSet<ObjectNumber>, ReadError> {
    const KEYS: [&str; 7] = [
        "ToUnicode",
        "FontFile",
        "FontFile2",
        "FontFile3",
        "W",
        "CIDToGIDMap",
        "Encoding",
    ];
    let mut found = BTreeSet::new();
    for number in pdf.object_numbers().collect::<Vec<_>>() {
        let object = pdf.object(number)?;
        let Some(dictionary) = object.as_dictionary() else {
            continue;
        };
        for key in KEYS {
            if let Some(Object::Reference(part)) = dictionary.get(key) {
                found.insert(*part);
            }
        }
    }
    Ok(found)
}

/// Where long-term validation data is added, by object number of the signed revision.
struct Additions<'p, 'a> {
    pdf: &'p Pdf<'a>,
    catalog: Option<ObjectNumber>,
    form: Option<ObjectNumber>,
    store: Option<ObjectNumber>,
    /// The information dictionary: appending programs renew their name and date in it.
    information: Option<ObjectNumber>,
    /// The XMP packet and what it said: appending programs renew its dates.
    metadata: Option<(ObjectNumber, Xmp)>,
    pages: BTreeSet<ObjectNumber>,
    lists: BTreeSet<ObjectNumber>,
    /// Content streams of the pages.
    contents: BTreeSet<ObjectNumber>,
    /// What fonts refer to: programs, widths, character maps.
    fonts: BTreeSet<ObjectNumber>,
}

impl<'p, 'a> Additions<'p, 'a> {
    fn of(pdf: &'p Pdf<'a>, old: &Pdf<'_>) -> Result<Self, ReadError> {
        let reference = |value: Option<&Object>| match value {
            Some(Object::Reference(number)) => Some(*number),
            _ => None,
        };
        let catalog = old.catalog()?;
        let form = old.dictionary(&catalog, "AcroForm")?;
        let pages = old.pages()?;
        let annotations = pages
            .iter()
            .filter_map(|page| reference(page.dictionary.get("Annots")));
        Ok(Self {
            pdf,
            catalog: reference(old.trailer().get("Root")),
            form: reference(catalog.get("AcroForm")),
            store: reference(catalog.get("DSS")),
            information: reference(old.trailer().get("Info")),
            metadata: reference(catalog.get("Metadata")).zip(old.xmp()?),
            lists: annotations.chain(reference(form.get("Fields"))).collect(),
            contents: pages
                .iter()
                .filter_map(|page| page.dictionary.get("Contents"))
                .flat_map(|contents| match contents {
                    Object::Array(parts) => parts.iter().map(Some).filter_map(reference).collect(),
                    single => Vec::from_iter(reference(Some(single))),
                })
                .collect(),
            fonts: font_parts(old)?,
            pages: pages.iter().map(|page| page.number).collect(),
        })
    }

    fn explain(&self, number: ObjectNumber, old: &Object, new: &Object) -> Result<bool, ReadError> {
        if self.lists.contains(&number) {
            return match (old, new) {
                (Object::Array(old), Object::Array(new)) => self.only_time_stamps_added(old, new),
                _ => Ok(false),
            };
        }
        if let (Some((_, said)), Object::Stream(new)) = (
            self.metadata.as_ref().filter(|(packet, _)| *packet == number),
            new,
        ) {
            return Ok(Xmp::parse(&self.pdf.decode(new)?)? == *said);
        }
        let (Object::Dictionary(old), Object::Dictionary(new)) = (old, new) else {
            return Ok(false);
        };
        if Some(number) == self.catalog {
            self.same_but(old, new, &["DSS", "Extensions"], Some("AcroForm"))
        } else if Some(number) == self.form {
            self.same_form(old, new)
        } else if self.pages.contains(&number) {
            self.same_but(old, new, &[], Some("Annots"))
        } else if Some(number) == self.information {
            self.same_but(old, new, &["ModDate", "Producer"], None)
        } else {
            Ok(Some(number) == self.store)
        }
    }

    /// What an object is of whose change nothing explains: what an attacker would hide or replace.
    fn reason(&self, number: ObjectNumber, old: &Object, new: &Object) -> Result<&'static str, ReadError> {
        let Some(dictionary) = old.as_dictionary() else {
            let list = self.lists.contains(&number);
            return Ok(match old {
                // The signed revision referred to a number that had no object yet.
                Object::Null => "hidden_object_shown_later",
                Object::Array(_) if list => "annotation_added_later",
                _ if self.fonts.contains(&number) => "font_replaced_later",
                _ => "object_replaced_later",
            });
        };
        let name = |key| dictionary.get(key).and_then(Object::as_name).unwrap_or_default();
        if Some(number) == self.catalog || Some(number) == self.form {
            return Ok("catalog_replaced_later");
        }
        if self.contents.contains(&number) {
            return Ok("page_content_replaced_later");
        }
        if self.fonts.contains(&number) {
            return Ok("font_replaced_later");
        }
        Ok(match (name("Type"), name("Subtype")) {
            (b"Page", _) => match new {
                Object::Dictionary(new) if self.same_but(dictionary, new, &["Annots"], None)? => {
                    "annotation_added_later"
                }
                _ => "page_replaced_later",
            },
            (b"Pages", _) => "page_replaced_later",
            (b"Font" | b"FontDescriptor", _) => "font_replaced_later",
            (_, b"Image" | b"Form") => "picture_replaced_later",
            (b"Annot", _) | (_, b"Widget") => "field_replaced_later",
            _ if dictionary.get("FT").is_some() || dictionary.get("T").is_some() => "field_replaced_later",
            _ => "object_replaced_later",
        })
    }

    /// Equal but for the `free` keys, and for `list`, a form or an array of annotations that may grow.
    fn same_but(
        &self,
        old: &Dictionary,
        new: &Dictionary,
        free: &[&str],
        list: Option<&str>,
    ) -> Result<bool, ReadError> {
        let keys: BTreeSet<&[u8]> = old.iter().chain(new.iter()).map(|(key, _)| key).collect();
        for key in keys {
            let Ok(key) = std::str::from_utf8(key) else {
                return Ok(false);
            };
            let (before, after) = (old.get(key), new.get(key));
            if before == after || free.contains(&key) {
                continue;
            }
            let explained = match (before, after) {
                (Some(Object::Dictionary(before)), Some(Object::Dictionary(after))) if list == Some(key) => {
                    self.same_form(before, after)?
                }
                (before, Some(Object::Array(after))) if list == Some(key) => match before {
                    None => self.only_time_stamps_added(&[], after)?,
                    Some(Object::Array(before)) => self.only_time_stamps_added(before, after)?,
                    Some(_) => false,
                },
                _ => false,
            };
            if !explained {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn same_form(&self, old: &Dictionary, new: &Dictionary) -> Result<bool, ReadError> {
        self.same_but(old, new, &["SigFlags"], Some("Fields"))
    }

    fn only_time_stamps_added(&self, old: &[Object], new: &[Object]) -> Result<bool, ReadError> {
        let Some(added) = new.strip_prefix(old) else {
            return Ok(false);
        };
        for field in added {
            if !self.is_invisible_time_stamp(field)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_invisible_time_stamp(&self, field: &Object) -> Result<bool, ReadError> {
        let Object::Dictionary(field) = self.pdf.resolve(field)? else {
            return Ok(false);
        };
        if !field.is_name("FT", "Sig") || field.get("Kids").is_some() {
            return Ok(false);
        }
        let rect = self.pdf.array(&field, "Rect")?;
        let rect: Vec<f64> = rect.iter().filter_map(Object::as_number).collect();
        let flat = matches!(*rect.as_slice(), [left, bottom, right, top] if left == right && bottom == top);
        let Object::Dictionary(value) = self.pdf.value(&field, "V")? else {
            return Ok(false);
        };
        Ok(flat && value.is_name("SubFilter", "ETSI.RFC3161"))
    }
}
