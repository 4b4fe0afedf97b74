//! One walk over all objects: signatures that no field shows, content that does something, objects that nothing shows.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, Fault, Finding, Outcome, fields::Fields};
use crate::read::{Dictionary, Object, ObjectNumber, Pdf, ReadError, Stream};

/// What a file does, or has its reader do, beyond showing pages. A verifier does none of it and reports all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActiveContent {
    /// Scripts.
    JavaScript,
    /// Starting a program.
    Launch,
    /// An action when the file is opened.
    OpenAction,
    /// Actions on other events.
    AdditionalActions,
    /// An XFA form, which shows something else than the pages.
    Xfa,
    /// Layers that can be shown and hidden.
    OptionalContent,
    /// Sending what is in a form.
    SubmitForm,
    /// Changing a form: resetting, importing, hiding.
    FormAction,
    /// Another file is opened or read.
    ExternalFile,
    /// An address on the network.
    ExternalLink,
    /// Sound, film, three-dimensional scenes.
    Multimedia,
    /// The reader is told to draw form fields anew.
    NeedAppearances,
}

impl ActiveContent {
    /// A stable name for findings.
    pub fn reason(self) -> &'static str {
        match self {
            Self::JavaScript => "javascript",
            Self::Launch => "launch_action",
            Self::OpenAction => "open_action",
            Self::AdditionalActions => "additional_actions",
            Self::Xfa => "xfa_form",
            Self::OptionalContent => "optional_content",
            Self::SubmitForm => "submit_form",
            Self::FormAction => "form_action",
            Self::ExternalFile => "external_file",
            Self::ExternalLink => "external_link",
            Self::Multimedia => "multimedia",
            Self::NeedAppearances => "appearances_drawn_anew",
        }
    }

    fn of_action(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"JavaScript" => Self::JavaScript,
            b"Launch" => Self::Launch,
            b"SubmitForm" => Self::SubmitForm,
            b"ResetForm" | b"ImportData" | b"Hide" => Self::FormAction,
            b"GoToR" | b"GoToE" | b"Thread" => Self::ExternalFile,
            b"URI" => Self::ExternalLink,
            b"Sound" | b"Movie" | b"Rendition" | b"GoTo3DView" | b"RichMediaExecute" => Self::Multimedia,
            b"SetOCGState" => Self::OptionalContent,
            _ => return None,
        })
    }
}

/// What the walk found.
pub(super) struct Survey {
    /// Signature dictionaries that no field shows.
    pub(super) stray: Vec<ObjectNumber>,
    active: BTreeMap<ActiveContent, BTreeSet<ObjectNumber>>,
    /// Objects that nothing refers to: a page shows none of them, a later revision might.
    hidden: Vec<ObjectNumber>,
    /// The first object that cannot be read.
    unreadable: Option<(ObjectNumber, ReadError)>,
}

impl Survey {
    pub(super) fn of(pdf: &Pdf<'_>, fields: &Fields) -> Self {
        let known: BTreeSet<ObjectNumber> = fields.filled.iter().map(|field| field.object).collect();
        let mut survey = Self {
            stray: Vec::new(),
            active: BTreeMap::new(),
            hidden: Vec::new(),
            unreadable: None,
        };
        let mut references: BTreeMap<ObjectNumber, Vec<ObjectNumber>> = BTreeMap::new();
        for number in pdf.object_numbers().collect::<Vec<_>>() {
            let object = match pdf.object(number) {
                Ok(object) => object,
                Err(error) => {
                    survey.unreadable.get_or_insert((number, error));
                    // The budget is spent: every further object would fail the same way.
                    if matches!(error, ReadError::Limit(_)) {
                        return survey;
                    }
                    continue;
                }
            };
            if let Some(dictionary) = object.as_dictionary() {
                let signs = dictionary.get("ByteRange").is_some()
                    || dictionary.is_name("Type", "Sig")
                    || dictionary.is_name("Type", "DocTimeStamp");
                if signs && !known.contains(&number) {
                    survey.stray.push(number);
                }
            }
            let mut own = Vec::new();
            object.references(&mut |number| own.push(number));
            survey.note(pdf, number, &object);
            // Nothing refers to streams of the file's own structure.
            let structure = object.as_dictionary().is_some_and(|dictionary| {
                dictionary.is_name("Type", "XRef")
                    || dictionary.is_name("Type", "ObjStm")
                    || dictionary.get("Linearized").is_some()
            });
            if !structure && object != Object::Null {
                references.insert(number, own);
            }
        }
        survey.hidden = unreached(pdf, &references);
        survey
    }

    fn note(&mut self, pdf: &Pdf<'_>, number: ObjectNumber, object: &Object) {
        match object {
            Object::Array(values) => values.iter().for_each(|value| self.note(pdf, number, value)),
            Object::Dictionary(dictionary) => self.note_dictionary(pdf, number, dictionary),
            Object::Stream(Stream { dictionary, .. }) => {
                if ["F", "FFilter"].iter().any(|key| dictionary.get(key).is_some()) {
                    self.add(ActiveContent::ExternalFile, number);
                }
                self.note_dictionary(pdf, number, dictionary);
            }
            _ => {}
        }
    }

    fn note_dictionary(&mut self, pdf: &Pdf<'_>, number: ObjectNumber, dictionary: &Dictionary) {
        for (key, value) in dictionary.iter() {
            let found = match key {
                b"S" => value.as_name().and_then(ActiveContent::of_action),
                b"JS" => Some(ActiveContent::JavaScript),
                b"AA" => Some(ActiveContent::AdditionalActions),
                b"XFA" => Some(ActiveContent::Xfa),
                b"OCProperties" => Some(ActiveContent::OptionalContent),
                b"NeedAppearances" if *value == Object::Boolean(true) => Some(ActiveContent::NeedAppearances),
                // An array is a place in the document.
                b"OpenAction" if !matches!(pdf.resolve(value), Ok(Object::Array(_))) => {
                    Some(ActiveContent::OpenAction)
                }
                b"Subtype" => match value.as_name() {
                    Some(b"RichMedia" | b"3D" | b"Screen" | b"Movie" | b"Sound") => {
                        Some(ActiveContent::Multimedia)
                    }
                    _ => None,
                },
                b"Type" if value.as_name() == Some(b"Filespec") && dictionary.get("EF").is_none() => {
                    Some(ActiveContent::ExternalFile)
                }
                _ => None,
            };
            if let Some(found) = found {
                self.add(found, number);
            }
            self.note(pdf, number, value);
        }
    }

    fn add(&mut self, found: ActiveContent, number: ObjectNumber) {
        self.active.entry(found).or_default().insert(number);
    }

    /// Why the first unreadable object cannot be read.
    pub(super) fn fault(&self) -> Option<ReadError> {
        self.unreadable.map(|(_, error)| error)
    }

    /// The findings of the walk, one for each kind of content that does something.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let readable = self.unreadable.map_or(Ok(()), |(number, error)| {
            Err(Fault::new(error.reason(), format!("object {number}: {error}")))
        });
        let mut findings = vec![Finding::new(Check::Objects, readable)];
        if self.active.is_empty() {
            findings.push(Finding::pass(Check::ActiveContent));
        }
        for (kind, objects) in &self.active {
            let detail = format!("objects {}", listed(objects.iter()));
            findings.push(Finding::new(
                Check::ActiveContent,
                Err(Fault::new(kind.reason(), detail)),
            ));
        }
        if self.hidden.is_empty() {
            findings.push(Finding::pass(Check::HiddenObjects));
        } else {
            let detail = format!("objects {}", listed(self.hidden.iter()));
            let finding = Finding::new(
                Check::HiddenObjects,
                Err(Fault::new("objects_that_nothing_shows", detail)),
            );
            findings.push(Finding {
                outcome: Outcome::Remark,
                ..finding
            });
        }
        findings
    }
}

/// Some numbers and how many more there are.
pub(super) fn listed<'a>(numbers: impl ExactSizeIterator<Item = &'a ObjectNumber>) -> String {
    const SHOWN: usize = 8;
    let more = numbers.len().saturating_sub(SHOWN);
    let shown: Vec<String> = numbers.take(SHOWN).map(ToString::to_string).collect();
    if more == 0 {
        shown.join(", ")
    } else {
        format!("{} and {more} more", shown.join(", "))
    }
}

/// Objects that cannot be reached from the trailer.
fn unreached(pdf: &Pdf<'_>, references: &BTreeMap<ObjectNumber, Vec<ObjectNumber>>) -> Vec<ObjectNumber> {
    let mut pending = Vec::new();
    Object::Dictionary(pdf.trailer().clone()).references(&mut |number| pending.push(number));
    let mut reached = BTreeSet::new();
    while let Some(number) = pending.pop() {
        if reached.insert(number) {
            pending.extend(references.get(&number).into_iter().flatten());
        }
    }
    let all = references.keys().copied();
    all.filter(|number| !reached.contains(number)).collect()
}
