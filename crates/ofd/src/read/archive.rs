//! The ZIP directory, read with suspicion: every range checked, no two entries sharing a byte, local headers equal
//! to the directory, and all bytes accounted for.

use std::collections::HashSet;
use std::ops::Range;

use super::finding::{Finding, FindingKind, Reason, Refusal};
use super::limits::Limits;
use super::location::is_plain;

const END_MARK: [u8; 4] = *b"PK\x05\x06";
const END64: u32 = 0x0606_4b50;
const LOCATOR64: u32 = 0x0706_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;

const ENCRYPTED: u16 = 1;
const HAS_DESCRIPTOR: u16 = 1 << 3;
const STRONG_ENCRYPTION: u16 = 1 << 6;

/// One file of the archive, its range checked.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) deflated: bool,
    pub(super) crc32: u32,
    pub(super) size: usize,
    pub(super) data: Range<usize>,
}

/// The directory of an archive.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) members: Vec<Member>,
    pub(super) findings: Vec<Finding>,
}

/// The end record, with absolute offsets.
struct End {
    count: u64,
    directory: Range<usize>,
    /// What must be added to an offset of the directory.
    shift: usize,
    findings: Vec<Finding>,
}

/// A central header.
struct Central {
    name: String,
    flags: u16,
    method: u16,
    crc32: u32,
    packed: u64,
    size: u64,
    offset: u64,
}

pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Directory, Refusal> {
    if bytes.len() > limits.archive {
        return Err(Refusal::new(Reason::TooLarge));
    }
    let end = find_end(bytes)?;
    if usize::try_from(end.count).map_or(true, |count| count > limits.entries) {
        return Err(Refusal::new(Reason::TooLarge));
    }
    let mut findings = end.findings;
    let mut cursor = Cursor {
        bytes,
        at: end.directory.start,
    };
    let mut members = Vec::new();
    let mut ranges = vec![end.directory.clone()];
    let mut names = HashSet::new();
    let mut total = 0_usize;
    for _ in 0..end.count {
        let central = central(&mut cursor, limits)?;
        if !names.insert(central.name.trim_end_matches('/').to_lowercase()) {
            return Err(Refusal::at(Reason::DuplicateEntry, central.name));
        }
        let (member, range) = local(bytes, central, end.shift)?;
        total = total.saturating_add(member.size);
        if total > limits.inflated || too_large(&member, limits) {
            return Err(Refusal::at(Reason::TooLarge, member.name));
        }
        ranges.push(range);
        if !member.name.ends_with('/') {
            members.push(member);
        } else if member.size > 0 || !member.data.is_empty() {
            findings.push(Finding::at(FindingKind::DirectoryWithBytes, member.name));
        }
    }
    if cursor.at != end.directory.end {
        return Err(Refusal::new(Reason::ArchiveDamaged));
    }
    account(&mut ranges, &mut findings)?;
    Ok(Directory { members, findings })
}

fn too_large(member: &Member, limits: &Limits) -> bool {
    let packed = member.data.len().max(1);
    member.size > limits.entry || (member.size > 1 << 16 && member.size / packed > limits.ratio)
}

/// Checks that no two ranges overlap and reports bytes that belong to none.
fn account(ranges: &mut [Range<usize>], findings: &mut Vec<Finding>) -> Result<(), Refusal> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut at = 0;
    for (index, range) in ranges.iter().enumerate() {
        if range.start < at {
            return Err(Refusal::new(Reason::OverlappingEntries));
        }
        if range.start > at {
            let kind = if index == 0 {
                FindingKind::PrependedBytes
            } else {
                FindingKind::UnlistedBytes
            };
            findings.push(Finding::new(kind));
        }
        at = range.end;
    }
    Ok(())
}

fn find_end(bytes: &[u8]) -> Result<End, Refusal> {
    let last = bytes
        .len()
        .checked_sub(22)
        .ok_or_else(|| Refusal::new(Reason::NotAnArchive))?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    let tail = bytes.get(first..last + 4).unwrap_or_default();
    // Forwards is the faster way to look, backwards the order that counts.
    let marks: Vec<usize> = memchr::memmem::find_iter(tail, &END_MARK).collect();
    let candidates = marks.into_iter().rev().map(|at| first + at);
    let (mut exact, mut loose) = (None, None);
    for at in candidates {
        let stop = at + 22 + usize::from(u16_at(bytes, at + 20).unwrap_or(u16::MAX));
        if stop == bytes.len() {
            if exact.replace(at).is_some() {
                return Err(Refusal::new(Reason::ArchiveAmbiguous));
            }
        } else if stop < bytes.len() && loose.is_none() {
            loose = Some(at);
        }
    }
    let mut findings = Vec::new();
    let at = match (exact, loose) {
        (Some(at), _) => at,
        (None, Some(at)) => {
            findings.push(Finding::new(FindingKind::TrailingBytes));
            at
        }
        (None, None) => return Err(Refusal::new(Reason::NotAnArchive)),
    };
    if u16_at(bytes, at + 20) != Some(0) {
        findings.push(Finding::new(FindingKind::ArchiveComment));
    }
    end(bytes, at, findings)
}

fn end(bytes: &[u8], at: usize, findings: Vec<Finding>) -> Result<End, Refusal> {
    let damaged = || Refusal::new(Reason::ArchiveDamaged);
    let mut cursor = Cursor { bytes, at: at + 4 };
    let (disk, start_disk) = (cursor.u16()?, cursor.u16()?);
    let (here, count) = (cursor.u16()?, cursor.u16()?);
    let (size, offset) = (cursor.u32()?, cursor.u32()?);
    let saturated = count == u16::MAX || size == u32::MAX || offset == u32::MAX;
    let (directory_end, here, count, size, offset) = if saturated {
        end64(bytes, at)?
    } else {
        if disk != 0 || start_disk != 0 {
            return Err(Refusal::new(Reason::ArchiveSplit));
        }
        (at, here.into(), count.into(), size.into(), offset.into())
    };
    if here != count {
        return Err(Refusal::new(Reason::ArchiveSplit));
    }
    let size = usize::try_from(size).map_err(|_| damaged())?;
    let offset = usize::try_from(offset).map_err(|_| damaged())?;
    let start = directory_end.checked_sub(size).ok_or_else(damaged)?;
    // A file with bytes put in front keeps its offsets; they count from where the archive starts.
    let shift = start.checked_sub(offset).ok_or_else(damaged)?;
    Ok(End {
        count,
        directory: start..directory_end,
        shift,
        findings,
    })
}

/// The ZIP64 record: end of directory, entries here, entries, size and offset.
fn end64(bytes: &[u8], end: usize) -> Result<(usize, u64, u64, u64, u64), Refusal> {
    let damaged = || Refusal::new(Reason::ArchiveDamaged);
    let locator = end.checked_sub(20).ok_or_else(damaged)?;
    let mut cursor = Cursor { bytes, at: locator };
    if cursor.u32()? != LOCATOR64 {
        return Err(damaged());
    }
    cursor.u32()?;
    // Writers of ZIP64 records put nothing between record and locator; anything else is not followed.
    let record = usize::try_from(cursor.u64()?).map_err(|_| damaged())?;
    if record.checked_add(56) != Some(locator) {
        return Err(damaged());
    }
    let mut cursor = Cursor { bytes, at: record };
    if cursor.u32()? != END64 || cursor.u64()? != 44 {
        return Err(damaged());
    }
    cursor.u32()?;
    if cursor.u32()? != 0 || cursor.u32()? != 0 {
        return Err(Refusal::new(Reason::ArchiveSplit));
    }
    Ok((record, cursor.u64()?, cursor.u64()?, cursor.u64()?, cursor.u64()?))
}

fn central(cursor: &mut Cursor<'_>, limits: &Limits) -> Result<Central, Refusal> {
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

/// Replaces saturated fields by those of the ZIP64 extra field.
fn widen(central: &mut Central, extra: &[u8]) -> Result<(), Refusal> {
    let saturated = u64::from(u32::MAX);
    if [central.size, central.packed, central.offset]
        .iter()
        .all(|field| *field != saturated)
    {
        return Ok(());
    }
    let mut fields = Cursor { bytes: extra, at: 0 };
    loop {
        let (tag, length) = (fields.u16()?, fields.u16()?);
        let body = fields.take(length.into())?;
        if tag == 1 {
            let mut wide = Cursor { bytes: body, at: 0 };
            for field in [&mut central.size, &mut central.packed, &mut central.offset] {
                if *field == saturated {
                    *field = wide.u64()?;
                }
            }
            return Ok(());
        }
    }
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
fn local(bytes: &[u8], central: Central, shift: usize) -> Result<(Member, Range<usize>), Refusal> {
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
    cursor.skip(extra.into())?;
    let described = flags & HAS_DESCRIPTOR != 0;
    if !same_name
        || method != central.method
        || flags & ENCRYPTED != 0
        || !agrees(stated, described, &central)
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

/// CRC, packed size and size of the local header are the directory's, or left to the descriptor or the ZIP64 field.
fn agrees(stated: [u32; 3], described: bool, central: &Central) -> bool {
    let [crc32, packed, size] = stated;
    if described && stated == [0; 3] {
        return true;
    }
    let same = |stated: u32, wide: u64| {
        u64::from(stated) == wide || stated == u32::MAX || (described && stated == 0)
    };
    (crc32 == central.crc32 || (described && crc32 == 0))
        && same(packed, central.packed)
        && same(size, central.size)
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

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Refusal> {
        let damaged = || Refusal::new(Reason::ArchiveDamaged);
        let end = self.at.checked_add(count).ok_or_else(damaged)?;
        let slice = self.bytes.get(self.at..end).ok_or_else(damaged)?;
        self.at = end;
        Ok(slice)
    }

    fn skip(&mut self, count: usize) -> Result<(), Refusal> {
        self.take(count).map(|_| ())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        self.take(N)?
            .try_into()
            .map_err(|_| Refusal::new(Reason::ArchiveDamaged))
    }

    fn u16(&mut self) -> Result<u16, Refusal> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, Refusal> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, Refusal> {
        self.array().map(u64::from_le_bytes)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Cursor { bytes, at }.u16().ok()
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Cursor { bytes, at }.u32().ok()
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Cursor { bytes, at }.u64().ok()
}
