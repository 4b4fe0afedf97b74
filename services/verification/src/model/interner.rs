//! Texts that many people share, kept once.

use std::collections::HashMap;
use std::sync::Arc;

use domain::credit_code::CreditCode;
use domain::licence_identifier::LicenceIdentifier;
use parking_lot::RwLock;

use super::licence::{Licence, Serial};

/// A text of [`Texts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextId(pub(super) u32);

/// Employers, family names, names of facts. Nothing is ever taken out.
pub(super) struct Texts(RwLock<Interned>);

#[derive(Default)]
struct Interned {
    texts: Vec<Arc<str>>,
    ids: HashMap<Arc<str>, u32>,
}

impl Texts {
    pub(super) fn new() -> Self {
        Self(RwLock::default())
    }

    pub(super) fn id(&self, text: &str) -> TextId {
        if let Some(id) = self.0.read().ids.get(text) {
            return TextId(*id);
        }
        let mut interned = self.0.write();
        let id =
            u32::try_from(interned.texts.len()).expect("invariant: there are fewer employers than people");
        let text: Arc<str> = text.into();
        interned.texts.push(Arc::clone(&text));
        interned.ids.insert(text, id);
        TextId(id)
    }

    /// The texts that there are now, by their ids; later ones follow.
    pub(super) fn all(&self) -> Vec<Arc<str>> {
        self.0.read().texts.clone()
    }

    /// Reads a text where it stands.
    pub(super) fn with<T>(&self, id: TextId, read: impl FnOnce(&str) -> T) -> T {
        let at = usize::try_from(id.0).expect("invariant: 32 bits fit an address");
        read(&self.0.read().texts[at])
    }

    pub(super) fn get(&self, id: TextId) -> String {
        let at = usize::try_from(id.0).expect("invariant: 32 bits fit an address");
        (*self.0.read().texts[at]).to_owned()
    }
}

/// Type code and issuer of licence identifiers: a handful in the whole register.
pub(super) struct Issues(RwLock<Vec<Issue>>);

struct Issue {
    type_code: String,
    issuer: String,
    /// The issuer read as a credit code, once instead of for each answer; none of an old record's area code.
    code: Option<CreditCode>,
}

impl Issues {
    pub(super) fn new() -> Self {
        Self(RwLock::default())
    }

    /// An identifier as the model keeps it, if type and issuer are known and the serial can be ours.
    pub(super) fn known(&self, identifier: &LicenceIdentifier) -> Option<Licence> {
        let issue = self.find(identifier)?;
        Self::licence(issue, identifier)
    }

    /// The same, taking type and issuer in. None for a serial that is not one of ours.
    pub(super) fn take_in(&self, identifier: &LicenceIdentifier) -> Option<Licence> {
        let issue = match self.find(identifier) {
            Some(issue) => issue,
            None => self.add(identifier.type_code(), identifier.issuer())?,
        };
        Self::licence(issue, identifier)
    }

    /// Type codes and issuers that there are now, by their numbers; later ones follow.
    pub(super) fn all(&self) -> Vec<(String, String)> {
        let issues = self.0.read();
        issues
            .iter()
            .map(|issue| (issue.type_code.clone(), issue.issuer.clone()))
            .collect()
    }

    /// Adds the next one.
    pub(super) fn add(&self, type_code: &str, issuer: &str) -> Option<u16> {
        let mut issues = self.0.write();
        issues.push(Issue {
            type_code: type_code.to_owned(),
            issuer: issuer.to_owned(),
            code: CreditCode::parse(issuer).ok(),
        });
        u16::try_from(issues.len() - 1).ok()
    }

    pub(super) fn identifier(&self, licence: Licence) -> Option<LicenceIdentifier> {
        let issues = self.0.read();
        let Issue { type_code, code, .. } = issues.get(usize::from(licence.serial.issue()))?;
        LicenceIdentifier::new(type_code, code.as_ref()?, &licence.serial.text(), licence.version).ok()
    }

    fn find(&self, identifier: &LicenceIdentifier) -> Option<u16> {
        let issues = self.0.read();
        let at = issues.iter().position(|known| {
            known.type_code == identifier.type_code() && known.issuer == identifier.issuer()
        })?;
        u16::try_from(at).ok()
    }

    fn licence(issue: u16, identifier: &LicenceIdentifier) -> Option<Licence> {
        Some(Licence {
            serial: Serial::pack(issue, identifier.serial())?,
            version: identifier.version(),
        })
    }
}
