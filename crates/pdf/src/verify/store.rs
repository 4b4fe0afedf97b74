//! Reading the document security store of anybody's file.

use crate::{
    read::{Object, Pdf, ReadError},
    validation::ValidationData,
};

/// How many values are read at most, and how long one may be.
const MOST: usize = 64;
const LONGEST: usize = 4 << 20;

/// The store of a file, as far as it is read. None of it is trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValidationStore {
    /// Certificates and revocation lists.
    pub data: ValidationData,
    /// OCSP responses, each value as DER.
    pub ocsp_responses: Vec<Vec<u8>>,
    /// Values that were left out because they are too many or too long.
    pub left_out: usize,
}

/// The store; `None` if the file has none.
pub(super) fn read(pdf: &Pdf<'_>) -> Result<Option<ValidationStore>, ReadError> {
    let catalog = pdf.catalog()?;
    if catalog.get("DSS").is_none() {
        return Ok(None);
    }
    let store = pdf.dictionary(&catalog, "DSS")?;
    let mut found = ValidationStore::default();
    let mut values = |key| {
        let mut values = Vec::new();
        for value in pdf.array(&store, key)? {
            let Object::Stream(stream) = pdf.resolve(&value)? else {
                return Err(ReadError::WrongType("a value of DSS"));
            };
            if values.len() >= MOST || stream.data.len() > LONGEST {
                found.left_out += 1;
            } else {
                values.push(pdf.decode(&stream)?.into_owned());
            }
        }
        Ok(values)
    };
    let (certificates, revocation_lists) = (values("Certs")?, values("CRLs")?);
    let ocsp_responses = values("OCSPs")?;
    found.ocsp_responses = ocsp_responses;
    found.data = ValidationData {
        certificates,
        revocation_lists,
    };
    Ok(Some(found))
}
