//! The ZIP directory, read with suspicion: every range checked, no two entries sharing a byte, local headers equal
//! to the directory, and all bytes accounted for.

mod cursor;
mod headers;
mod names;

use std::ops::Range;

use cursor::{Cursor, u16_at};
use headers::{central, local};
use names::Names;

use super::finding::{Finding, FindingKind, Reason, Refusal};
use super::limits::Limits;

const END_MARK: [u8; 4] = *b"PK\x05\x06";
const END64: u32 = 0x0606_4b50;
const LOCATOR64: u32 = 0x0706_4b50;

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
    let mut names = Names::default();
    let mut total = 0_usize;
    for _ in 0..end.count {
        let central = central(&mut cursor, limits)?;
        if !names.admit(&central.name) {
            return Err(Refusal::at(Reason::DuplicateEntry, central.name));
        }
        if central.is_in_doubt() {
            findings.push(Finding::at(FindingKind::NameEncoding, &central.name));
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
    if let Some(name) = names.both_file_and_folder() {
        return Err(Refusal::at(Reason::DuplicateEntry, name));
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
