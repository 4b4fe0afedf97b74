//! Objects kept in a stream (ISO 32000-1 §7.5.7).

use std::collections::BTreeSet;

use super::{
    Pdf,
    cross_reference::Entry,
    error::ReadError,
    lexer::Lexer,
    object::{Object, ObjectNumber},
};

pub(super) struct ObjectStream {
    data: Vec<u8>,
    /// Number and offset of each object.
    index: Vec<(ObjectNumber, usize)>,
}

/// Decodes every object stream that a cross-reference section names.
pub(super) fn load(pdf: &mut Pdf<'_>) -> Result<(), ReadError> {
    let containers: BTreeSet<ObjectNumber> = pdf
        .entries
        .values()
        .filter_map(|entry| match entry {
            Entry::InStream { stream, .. } => Some(*stream),
            Entry::At { .. } | Entry::Free => None,
        })
        .collect();
    for number in containers {
        let Some(Entry::At { offset }) = pdf.entries.get(&number) else {
            return Err(ReadError::CrossReference("object stream is missing"));
        };
        let decoded = ObjectStream::read(pdf, pdf.indirect(*offset, number)?)?;
        pdf.object_streams.insert(number, decoded);
    }
    Ok(())
}

impl ObjectStream {
    fn read(pdf: &Pdf<'_>, object: Object) -> Result<Self, ReadError> {
        let Object::Stream(stream) = object else {
            return Err(ReadError::WrongType("object stream"));
        };
        if !stream.dictionary.is_name("Type", "ObjStm") {
            return Err(ReadError::WrongType("object stream"));
        }
        let whole = |key| {
            let value = pdf.value(&stream.dictionary, key)?.as_integer();
            value
                .and_then(|value| usize::try_from(value).ok())
                .ok_or(ReadError::WrongType("object stream"))
        };
        let (count, first) = (whole("N")?, whole("First")?);
        if count > pdf.limits.objects {
            return Err(ReadError::Limit("objects"));
        }
        let data = pdf.decode(&stream)?;
        let mut lexer = Lexer::detached(&data, 0, pdf.limits);
        let mut index = Vec::new();
        for _ in 0..count {
            let number = u32::try_from(lexer.unsigned()?).map_err(|_| ReadError::Syntax("object number"))?;
            let offset = usize::try_from(lexer.unsigned()?)
                .ok()
                .and_then(|offset| offset.checked_add(first));
            index.push((number, offset.ok_or(ReadError::Syntax("object offset"))?));
        }
        Ok(Self {
            data: data.into_owned(),
            index,
        })
    }

    pub(super) fn object(
        &self,
        number: ObjectNumber,
        index: usize,
        pdf: &Pdf<'_>,
    ) -> Result<Object, ReadError> {
        let Some((_, offset)) = self.index.get(index).filter(|(listed, _)| *listed == number) else {
            return Err(ReadError::CrossReference("another object is at the index"));
        };
        let mut lexer = Lexer::detached(&self.data, *offset, pdf.limits);
        let object = lexer.object()?;
        pdf.charge(lexer.position().saturating_sub(*offset))?;
        Ok(object)
    }
}
