//! ToUnicode CMaps of two-byte codes (ISO 32000-1 §9.10.3).

use std::collections::BTreeMap;

use super::{
    Limits,
    error::ReadError,
    lexer::{Lexer, Token},
    object::Object,
};

/// The text of each code.
pub(super) fn parse(cmap: &[u8], limits: Limits) -> Result<BTreeMap<u16, String>, ReadError> {
    let mut lexer = Lexer::detached(cmap, 0, limits);
    let mut map = BTreeMap::new();
    let mut operands: Vec<Object> = Vec::new();
    while let Some(token) = lexer.token()? {
        match token {
            Token::Operand(operand) => operands.push(operand),
            Token::Operator(b"beginbfchar" | b"beginbfrange" | b"begincodespacerange") => operands.clear(),
            Token::Operator(b"endbfchar") => {
                for pair in operands.chunks(2) {
                    let [code, text] = pair else {
                        return Err(ReadError::Syntax("bfchar"));
                    };
                    map.insert(code_of(code)?, text_of(text)?);
                }
                operands.clear();
            }
            Token::Operator(b"endbfrange") => {
                for range in operands.chunks(3) {
                    let [first, last, target] = range else {
                        return Err(ReadError::Syntax("bfrange"));
                    };
                    insert_range(&mut map, code_of(first)?, code_of(last)?, target)?;
                }
                operands.clear();
            }
            Token::Operator(_) => operands.clear(),
        }
    }
    Ok(map)
}

fn insert_range(
    map: &mut BTreeMap<u16, String>,
    first: u16,
    last: u16,
    target: &Object,
) -> Result<(), ReadError> {
    if let Object::Array(texts) = target {
        for (code, text) in (first..=last).zip(texts) {
            map.insert(code, text_of(text)?);
        }
        return Ok(());
    }
    let text = text_of(target)?;
    let mut start = text.chars();
    let (Some(start), None) = (start.next(), start.next()) else {
        return Err(ReadError::Syntax("bfrange"));
    };
    for code in first..=last {
        let value = u32::from(start) + u32::from(code - first);
        map.insert(
            code,
            char::from_u32(value)
                .ok_or(ReadError::Syntax("bfrange"))?
                .to_string(),
        );
    }
    Ok(())
}

fn code_of(object: &Object) -> Result<u16, ReadError> {
    match object {
        Object::String(string) => match *string.bytes.as_slice() {
            [high, low] => Ok(u16::from_be_bytes([high, low])),
            _ => Err(ReadError::Unsupported("codes other than of two bytes")),
        },
        _ => Err(ReadError::Syntax("code")),
    }
}

fn text_of(object: &Object) -> Result<String, ReadError> {
    let Object::String(string) = object else {
        return Err(ReadError::Syntax("text of a code"));
    };
    let units = string.bytes.chunks(2).map(|pair| match *pair {
        [high, low] => u16::from_be_bytes([high, low]),
        _ => 0xD800,
    });
    char::decode_utf16(units)
        .collect::<Result<String, _>>()
        .map_err(|_| ReadError::Syntax("text of a code"))
}
