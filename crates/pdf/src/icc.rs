//! The sRGB output intent: an ICC version 2 display profile made here, so no third party's licence is involved.
//!
//! Primaries and white point are those of IEC 61966-2-1, adapted to D50 as ICC.1:2001-04 prescribes; the tone
//! curve is tabulated at the 256 values an 8-bit component can take, hence exact for them.

const D50: [u32; 3] = [0x0000_F6D6, 0x0001_0000, 0x0000_D32D];
const RED: [u32; 3] = [0x0000_6FA2, 0x0000_38F5, 0x0000_0390];
const GREEN: [u32; 3] = [0x0000_6299, 0x0000_B785, 0x0000_18DA];
const BLUE: [u32; 3] = [0x0000_24A0, 0x0000_0F84, 0x0000_B6CF];
const HEADER_LENGTH: usize = 128;

/// The profile's bytes.
pub(crate) fn srgb_profile() -> Vec<u8> {
    let blocks: [(&[&[u8; 4]], Vec<u8>); 7] = [
        (&[b"desc"], description("sRGB IEC61966-2.1")),
        (&[b"cprt"], copyright("No copyright, use freely")),
        (&[b"wtpt"], coordinates(D50)),
        (&[b"rXYZ"], coordinates(RED)),
        (&[b"gXYZ"], coordinates(GREEN)),
        (&[b"bXYZ"], coordinates(BLUE)),
        (&[b"rTRC", b"gTRC", b"bTRC"], tone_curve()),
    ];
    let tags: usize = blocks.iter().map(|(names, _)| names.len()).sum();
    let mut offset = HEADER_LENGTH + 4 + 12 * tags;
    let mut table = be32(tags);
    let mut body = Vec::new();
    for (names, block) in blocks {
        for name in names {
            table.extend_from_slice(*name);
            table.extend(be32(offset));
            table.extend(be32(block.len()));
        }
        let padded = block.len().next_multiple_of(4);
        body.extend_from_slice(&block);
        body.resize(body.len() + padded - block.len(), 0);
        offset += padded;
    }
    let mut profile = header(offset);
    profile.extend(table);
    profile.extend(body);
    profile
}

fn be32(value: usize) -> Vec<u8> {
    // A profile has a few kilobytes.
    (value as u32).to_be_bytes().to_vec()
}

fn header(size: usize) -> Vec<u8> {
    let mut header = be32(size);
    header.extend_from_slice(&[0; 4]);
    header.extend_from_slice(&[2, 0x10, 0, 0]);
    header.extend_from_slice(b"mntrRGB XYZ ");
    for part in [2026u16, 1, 1, 0, 0, 0] {
        header.extend_from_slice(&part.to_be_bytes());
    }
    header.extend_from_slice(b"acsp");
    header.resize(68, 0);
    for value in D50 {
        header.extend_from_slice(&value.to_be_bytes());
    }
    header.resize(HEADER_LENGTH, 0);
    header
}

fn description(text: &str) -> Vec<u8> {
    let mut block = b"desc\0\0\0\0".to_vec();
    block.extend(be32(text.len() + 1));
    block.extend_from_slice(text.as_bytes());
    block.push(0);
    // No Unicode name, no Macintosh name: 4 + 4, 2 + 1 + 67 bytes.
    block.resize(block.len() + 78, 0);
    block
}

fn copyright(text: &str) -> Vec<u8> {
    let mut block = b"text\0\0\0\0".to_vec();
    block.extend_from_slice(text.as_bytes());
    block.push(0);
    block
}

fn coordinates(xyz: [u32; 3]) -> Vec<u8> {
    let mut block = b"XYZ \0\0\0\0".to_vec();
    for value in xyz {
        block.extend_from_slice(&value.to_be_bytes());
    }
    block
}

fn tone_curve() -> Vec<u8> {
    let mut block = b"curv\0\0\0\0".to_vec();
    block.extend(be32(256));
    for value in 0..=255u8 {
        let encoded = f64::from(value) / 255.0;
        let linear = if encoded <= 0.04045 {
            encoded / 12.92
        } else {
            ((encoded + 0.055) / 1.055).powf(2.4)
        };
        block.extend_from_slice(&((linear * 65535.0).round() as u16).to_be_bytes());
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn the_profile_is_pinned_because_every_document_carries_it() {
        let profile = srgb_profile();
        assert_eq!(profile.get(..4).unwrap(), (profile.len() as u32).to_be_bytes());
        assert_eq!(profile.get(36..40).unwrap(), b"acsp");
        assert_eq!(
            hex::encode(Sha256::digest(&profile)),
            "1b41eb123a8928ff616ea40dd7cfcbf4841b8b6eb975510f374edee7984c8b22"
        );
    }
}
