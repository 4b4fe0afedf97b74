//! Finding signature fields, and signatures that no field shows.

use std::collections::BTreeSet;

use crate::read::{Dictionary, Object, ObjectNumber, Pdf, ReadError};

/// A signature field with a value.
pub(super) struct FilledField {
    pub(super) name: String,
    /// The signature dictionary.
    pub(super) object: ObjectNumber,
}

#[derive(Default)]
pub(super) struct Fields {
    pub(super) filled: Vec<FilledField>,
    pub(super) empty: Vec<String>,
    /// What `Perms/DocMDP` of the catalog names.
    pub(super) certifying: Option<ObjectNumber>,
}

struct Pending {
    value: Object,
    name: String,
    is_signature: bool,
    signature: Option<Object>,
    depth: usize,
}

/// Walks the form's fields; `FT` and `V` are inherited (ISO 32000-1 §12.7.3.1).
pub(super) fn find(pdf: &Pdf<'_>) -> Result<Fields, ReadError> {
    let catalog = pdf.catalog()?;
    let form = pdf.dictionary(&catalog, "AcroForm")?;
    let permissions = pdf.dictionary(&catalog, "Perms")?;
    let certifying = match permissions.get("DocMDP") {
        None => None,
        Some(Object::Reference(number)) => Some(*number),
        Some(_) => return Err(ReadError::WrongType("DocMDP")),
    };
    let mut fields = Fields {
        filled: Vec::new(),
        empty: Vec::new(),
        certifying,
    };
    let mut seen = BTreeSet::new();
    let pending = |value, parent: Option<&Pending>| Pending {
        value,
        name: parent.map(|parent| parent.name.clone()).unwrap_or_default(),
        is_signature: parent.is_some_and(|parent| parent.is_signature),
        signature: parent.and_then(|parent| parent.signature.clone()),
        depth: parent.map_or(0, |parent| parent.depth + 1),
    };
    let mut stack: Vec<Pending> = pdf
        .array(&form, "Fields")?
        .into_iter()
        .rev()
        .map(|value| pending(value, None))
        .collect();
    let mut count = 0;
    while let Some(mut node) = stack.pop() {
        count += 1;
        if count > pdf.limits().fields || node.depth > pdf.limits().depth {
            return Err(ReadError::Limit("fields"));
        }
        if let Object::Reference(number) = node.value
            && !seen.insert(number)
        {
            return Err(ReadError::Loop("the form names a field twice"));
        }
        let Object::Dictionary(field) = pdf.resolve(&node.value)? else {
            continue;
        };
        node.enter(pdf, &field)?;
        let kids = pdf.array(&field, "Kids")?;
        if kids.is_empty() {
            node.finish(&mut fields)?;
        } else {
            stack.extend(kids.into_iter().rev().map(|kid| pending(kid, Some(&node))));
        }
    }
    Ok(fields)
}

impl Pending {
    fn enter(&mut self, pdf: &Pdf<'_>, field: &Dictionary) -> Result<(), ReadError> {
        if let Object::String(part) = pdf.value(field, "T")? {
            if !self.name.is_empty() {
                self.name.push('.');
            }
            self.name.push_str(&part.to_text());
        }
        match pdf.value(field, "FT")? {
            Object::Null => {}
            kind => self.is_signature = kind.as_name() == Some(b"Sig"),
        }
        if let Some(value) = field.get("V") {
            self.signature = Some(value.clone());
        }
        Ok(())
    }

    fn finish(self, fields: &mut Fields) -> Result<(), ReadError> {
        if !self.is_signature {
            return Ok(());
        }
        match self.signature {
            None => fields.empty.push(self.name),
            Some(Object::Reference(object)) => fields.filled.push(FilledField {
                name: self.name,
                object,
            }),
            // A direct dictionary has no number to speak of it by; no signing program writes one.
            Some(_) => return Err(ReadError::WrongType("V of a signature field")),
        }
        Ok(())
    }
}
