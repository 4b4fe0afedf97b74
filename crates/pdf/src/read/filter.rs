//! Undoing filters: FlateDecode with PNG predictors, which is all that structure needs.

use std::{borrow::Cow, io::Read as _};

use super::{
    Pdf,
    error::ReadError,
    object::{Dictionary, Object},
};

pub(super) fn decode<'a>(
    pdf: &Pdf<'_>,
    dictionary: &Dictionary,
    data: &'a [u8],
) -> Result<Cow<'a, [u8]>, ReadError> {
    if dictionary.get("F").is_some() {
        return Err(ReadError::Filter("data lies in another file"));
    }
    let filters = list(pdf.value(dictionary, "Filter")?);
    let parameters = list(pdf.value(dictionary, "DecodeParms")?);
    if filters.len() > 4 {
        return Err(ReadError::Limit("filters"));
    }
    let mut data = Cow::Borrowed(data);
    for (index, filter) in filters.iter().enumerate() {
        if filter.as_name() != Some(b"FlateDecode") {
            return Err(ReadError::Filter("not FlateDecode"));
        }
        let inflated = inflate(pdf, &data)?;
        let parameter = parameters
            .get(index)
            .map_or(Ok(Object::Null), |parameter| pdf.resolve(parameter))?;
        data = match parameter.as_dictionary() {
            Some(parameter) => undo_predictor(inflated, parameter)?,
            None => inflated,
        }
        .into();
    }
    Ok(data)
}

fn list(value: Object) -> Vec<Object> {
    match value {
        Object::Null => Vec::new(),
        Object::Array(values) => values,
        other => vec![other],
    }
}

fn inflate(pdf: &Pdf<'_>, data: &[u8]) -> Result<Vec<u8>, ReadError> {
    let left = pdf.limits.inflated_bytes.saturating_sub(pdf.inflated.get());
    let mut inflated = Vec::new();
    flate2::read::ZlibDecoder::new(data)
        .take((left as u64).saturating_add(1))
        .read_to_end(&mut inflated)
        .map_err(|_| ReadError::Filter("damaged zlib data"))?;
    pdf.count_inflated(inflated.len())?;
    Ok(inflated)
}

fn undo_predictor(data: Vec<u8>, parameters: &Dictionary) -> Result<Vec<u8>, ReadError> {
    let number = |key, default| match parameters.get(key) {
        None => Ok(default),
        Some(Object::Integer(value)) => usize::try_from(*value)
            .ok()
            .filter(|value| *value < 1 << 16)
            .ok_or(ReadError::Filter("predictor")),
        Some(_) => Err(ReadError::Filter("predictor")),
    };
    match number("Predictor", 1)? {
        1 => return Ok(data),
        10..=15 => {}
        _ => return Err(ReadError::Filter("predictor")),
    }
    let (colors, bits, columns) = (
        number("Colors", 1)?,
        number("BitsPerComponent", 8)?,
        number("Columns", 1)?,
    );
    if !(1..=32).contains(&colors) || !matches!(bits, 1 | 2 | 4 | 8 | 16) || columns == 0 {
        return Err(ReadError::Filter("predictor"));
    }
    let pixel = (colors * bits).div_ceil(8);
    let row_length = (colors * bits * columns).div_ceil(8);
    let mut output: Vec<u8> = Vec::with_capacity(data.len());
    let mut above = vec![0; row_length];
    for encoded in data.chunks(row_length + 1) {
        let Some((&kind, encoded)) = encoded.split_first() else {
            break;
        };
        let mut row: Vec<u8> = Vec::with_capacity(row_length);
        for (index, (&byte, &up)) in encoded.iter().zip(&above).enumerate() {
            let before = |line: &[u8]| {
                index
                    .checked_sub(pixel)
                    .and_then(|at| line.get(at))
                    .copied()
                    .unwrap_or(0)
            };
            let (left, up_left) = (before(&row), before(&above));
            let predicted = match kind {
                0 => 0,
                1 => left,
                2 => up,
                3 => left.midpoint(up),
                4 => paeth(left, up, up_left),
                _ => return Err(ReadError::Filter("predictor")),
            };
            row.push(byte.wrapping_add(predicted));
        }
        output.extend_from_slice(&row);
        row.resize(row_length, 0);
        above = row;
    }
    Ok(output)
}

fn paeth(left: u8, up: u8, up_left: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(up) - i16::from(up_left);
    let distance = |value: u8| (estimate - i16::from(value)).abs();
    if distance(left) <= distance(up) && distance(left) <= distance(up_left) {
        left
    } else if distance(up) <= distance(up_left) {
        up
    } else {
        up_left
    }
}
