//! Indirect objects and their cross-reference rows.

use crate::{
    error::WriteError,
    image::deflate,
    syntax::{push_byte_str, push_padded, push_uint},
};

/// Objects in file order.
pub(super) struct Objects {
    pub(super) bytes: Vec<u8>,
    /// Numbers and offsets in the order written.
    pub(super) offsets: Vec<(u32, usize)>,
}

impl Objects {
    pub(super) fn write(&mut self, number: u32, body: impl FnOnce(&mut Vec<u8>)) {
        self.offsets.push((number, self.bytes.len()));
        push_uint(&mut self.bytes, u64::from(number));
        push_byte_str(&mut self.bytes, " 0 obj\n");
        body(&mut self.bytes);
        push_byte_str(&mut self.bytes, "\nendobj\n");
    }

    /// A stream as it is; `entries` are further dictionary entries.
    pub(super) fn stream(&mut self, number: u32, entries: &str, data: &[u8]) {
        self.write(number, |out| {
            push_byte_str(out, "<<");
            push_byte_str(out, entries);
            push_byte_str(out, "/Length ");
            push_uint(out, data.len() as u64);
            push_byte_str(out, ">>stream\n");
            out.extend_from_slice(data);
            push_byte_str(out, "\nendstream");
        });
    }

    pub(super) fn deflated(&mut self, number: u32, entries: &str, data: &[u8]) {
        self.stream(number, &format!("{entries}/Filter/FlateDecode"), &deflate(data));
    }
}

/// One 20-byte row for each object (ISO 32000-1 §7.5.4); the prefix holds numbers 1 to `prefix_end - 1` exactly once.
pub(super) fn xref_rows(objects: &Objects, prefix_end: u32) -> Result<Vec<u8>, WriteError> {
    let mut offsets = objects.offsets.clone();
    offsets.sort_unstable();
    if !offsets.iter().map(|(number, _)| *number).eq(1..prefix_end) {
        return Err(WriteError::SelfCheck(
            "an object of the prefix is missing or doubled",
        ));
    }
    let mut rows = b"0000000000 65535 f \n".to_vec();
    for (_, offset) in offsets {
        push_xref_row(&mut rows, offset);
    }
    Ok(rows)
}

pub(super) fn push_xref_row(out: &mut Vec<u8>, offset: usize) {
    push_padded(out, offset as u64, 10);
    push_byte_str(out, " 00000 n \n");
}
