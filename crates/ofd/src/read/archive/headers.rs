//! Central and local headers of entries.

use std::ops::Range;

use super::Member;
use super::cursor::{Cursor, u32_at, u64_at};
use crate::read::finding::{Reason, Refusal};
use crate::read::limits::Limits;
use crate::read::location::is_plain;

const CENTRAL: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;

const ENCRYPTED: u16 = 1;
const HAS_DESCRIPTOR: u16 = 1 << 3;
const STRONG_ENCRYPTION: u16 = 1 << 6;
const UTF8_NAME: u16 = 1 << 11;

/// Extra field with 8-byte sizes and offsets.
const ZIP64: u16 = 1;
/// Extra field with another name for the entry, which some readers prefer (Info-ZIP Unicode Path).
const UNICODE_PATH: u16 = 0x7075;

/// A central header.
pub(super) struct Central {
    pub(super) name: String,
    flags: u16,
    method: u16,
    crc32: u32,
    packed: u64,
    size: u64,
    offset: u64,
}

pub(super) fn central(cursor: &mut Cursor<'_>, limits: &Limits) -> Result<Central, Refusal> {
    if cursor.u32()? != CENTRAL {
        return Err(Refusal::new(Reason::ArchiveDamaged));
    }
    cursor.skip(4)?;
    let (flags, method) = (cursor.u16()?, cursor.u16()?);
    cursor.skip(4)?;
    let (crc32, packed, size) = (cursor.u32()?, cursor.u32()?, cursor.u32()?);
    let (name, extra, comment) = (cursor.u16()?, cursor.u16()?, cursor.u16()?);
    let disk = cursor.u16()?;
    cursor.skip(6)?;
    let offset = cursor.u32()?;
    let name = entry_name(cursor.take(name.into())?, limits)?;
    let extra = cursor.take(extra.into())?;
    cursor.skip(comment.into())?;
    if disk != 0 {
        return Err(Refusal::new(Reason::ArchiveSplit));
    }
    if renamed(extra, &name) {
        return Err(Refusal::at(Reason::HeaderMismatch, name));
    }
    let mut central = Central {
        name,
        flags,
        method,
        crc32,
        packed: packed.into(),
        size: size.into(),
        offset: offset.into(),
    };
    widen(&mut central, extra)?;
    Ok(central)
}

impl Central {
    /// Whether the name has characters whose encoding the header leaves open: readers then take them for other ones.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.flags & UTF8_NAME == 0 && !self.name.is_ascii()
    }
}

/// The body of an extra field, if there is one. What follows the last whole field is nobody's.
fn extra_field(extra: &[u8], wanted: u16) -> Option<&[u8]> {
    let mut fields = Cursor { bytes: extra, at: 0 };
    loop {
        let (tag, length) = (fields.u16().ok()?, fields.u16().ok()?);
        let body = fields.take(length.into()).ok()?;
        if tag == wanted {
            return Some(body);
        }
    }
}

/// Replaces saturated fields by those of the ZIP64 extra field.
fn widen(central: &mut Central, extra: &[u8]) -> Result<(), Refusal> {
    let saturated = u64::from(u32::MAX);
    if [central.size, central.packed, central.offset]
        .iter()
        .all(|field| *field != saturated)
    {
        return Ok(());
    }
    let body = extra_field(extra, ZIP64).ok_or_else(|| Refusal::new(Reason::ArchiveDamaged))?;
    let mut wide = Cursor { bytes: body, at: 0 };
    for field in [&mut central.size, &mut central.packed, &mut central.offset] {
        if *field == saturated {
            *field = wide.u64()?;
        }
    }
    Ok(())
}

/// Whether an extra field gives the entry another name than its header.
fn renamed(extra: &[u8], name: &str) -> bool {
    // One byte of version and the CRC-32 of the name in the header come first.
    extra_field(extra, UNICODE_PATH).is_some_and(|body| body.get(5..) != Some(name.as_bytes()))
}

fn entry_name(bytes: &[u8], limits: &Limits) -> Result<String, Refusal> {
    let name = str::from_utf8(bytes).map_err(|_| Refusal::new(Reason::EntryName))?;
    if name.len() > limits.name {
        return Err(Refusal::new(Reason::TooLarge));
    }
    if is_plain(name) {
        Ok(name.to_owned())
    } else {
        Err(Refusal::at(Reason::EntryName, name))
    }
}

/// Finds the data of an entry and checks that its local header says what the directory says.
pub(super) fn local(bytes: &[u8], central: Central, shift: usize) -> Result<(Member, Range<usize>), Refusal> {
    let damaged = || Refusal::at(Reason::ArchiveDamaged, central.name.as_str());
    let refuse = |reason| Err(Refusal::at(reason, central.name.as_str()));
    if central.flags & (ENCRYPTED | STRONG_ENCRYPTION) != 0 {
        return refuse(Reason::Encrypted);
    }
    let deflated = match central.method {
        0 => false,
        8 => true,
        _ => return refuse(Reason::Method),
    };
    let narrow = |value: u64| usize::try_from(value).map_err(|_| damaged());
    let (packed, size) = (narrow(central.packed)?, narrow(central.size)?);
    let start = narrow(central.offset)?.checked_add(shift).ok_or_else(damaged)?;
    let mut cursor = Cursor { bytes, at: start };
    if cursor.u32()? != LOCAL {
        return Err(damaged());
    }
    cursor.skip(2)?;
    let (flags, method) = (cursor.u16()?, cursor.u16()?);
    cursor.skip(4)?;
    let stated = [cursor.u32()?, cursor.u32()?, cursor.u32()?];
    let (name, extra) = (cursor.u16()?, cursor.u16()?);
    let same_name = cursor.take(name.into())? == central.name.as_bytes();
    let extra = cursor.take(extra.into())?;
    let described = flags & HAS_DESCRIPTOR != 0;
    if !same_name
        || renamed(extra, &central.name)
        || method != central.method
        || flags & ENCRYPTED != 0
        || !agrees(stated, extra, described, &central)
    {
        return refuse(Reason::HeaderMismatch);
    }
    let data = cursor.at..cursor.at.checked_add(packed).ok_or_else(damaged)?;
    if data.end > bytes.len() || (!deflated && packed != size) {
        return Err(damaged());
    }
    let stop = if described {
        after_descriptor(bytes, data.end, &central)
    } else {
        data.end
    };
    Ok((
        Member {
            name: central.name,
            deflated,
            crc32: central.crc32,
            size,
            data,
        },
        start..stop,
    ))
}

/// CRC, packed size and size of the local header are the directory's, or left to the descriptor or the ZIP64 field,
/// which then must say the same.
fn agrees(stated: [u32; 3], extra: &[u8], described: bool, central: &Central) -> bool {
    let [crc32, packed, size] = stated;
    if described && stated == [0; 3] {
        return true;
    }
    let wide = extra_field(extra, ZIP64).unwrap_or_default();
    let mut wide = Cursor { bytes: wide, at: 0 };
    // The order in the field is size, then packed size; each is there only where the header is saturated.
    let mut same = |stated: u32, real: u64| {
        if stated == u32::MAX && !described {
            wide.u64().is_ok_and(|wide| wide == real)
        } else {
            u64::from(stated) == real || (described && (stated == 0 || stated == u32::MAX))
        }
    };
    let sizes = same(size, central.size) && same(packed, central.packed);
    sizes && (crc32 == central.crc32 || (described && crc32 == 0))
}

/// Where the data descriptor after the data ends: with or without signature, with 4- or 8-byte sizes.
fn after_descriptor(bytes: &[u8], at: usize, central: &Central) -> usize {
    let body = if u32_at(bytes, at) == Some(DESCRIPTOR) {
        at + 4
    } else {
        at
    };
    if u32_at(bytes, body) != Some(central.crc32) {
        return at;
    }
    let narrow = u32_at(bytes, body + 4).map(u64::from) == Some(central.packed)
        && u32_at(bytes, body + 8).map(u64::from) == Some(central.size);
    let wide =
        u64_at(bytes, body + 4) == Some(central.packed) && u64_at(bytes, body + 12) == Some(central.size);
    match (narrow, wide) {
        (true, _) => body + 12,
        (false, true) => body + 20,
        (false, false) => at,
    }
}
