use jpeg_encoder::{ColorType, Encoder};
use proptest::prelude::*;

use super::*;

const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

/// A picture of some colours, with everything that a camera leaves in it.
fn camera_jpeg(width: u16, height: u16) -> Vec<u8> {
    let pixels: Vec<u8> = (0..u32::from(width) * u32::from(height))
        .flat_map(|at| [(at % 251) as u8, (at / 7 % 251) as u8, 128])
        .collect();
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, 90);
    encoder
        .add_app_segment(1, b"Exif\0\0GPS 32.06N 118.79E".to_vec())
        .expect("a segment");
    encoder.add_icc_profile(&[7; 200]).expect("a profile");
    encoder
        .encode(&pixels, width, height, ColorType::Rgb)
        .expect("encoded");
    out
}

fn chatty_png(width: u32, height: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder
        .add_text_chunk("Author".to_owned(), "GPS 32.06N".to_owned())
        .expect("text");
    encoder
        .add_itxt_chunk("XML:com.adobe.xmp".to_owned(), "118.79E".to_owned())
        .expect("text");
    let mut writer = encoder.write_header().expect("a header");
    let pixels: Vec<u8> = (0..width * height)
        .flat_map(|at| [(at % 256) as u8, 10, 20, (at % 3 * 127) as u8])
        .collect();
    writer.write_image_data(&pixels).expect("written");
    writer.finish().expect("finished");
    out
}

/// A PNG that says it is of this size and unpacks to nothing.
fn png_claiming(width: u32, height: u32, compressed: &[u8]) -> Vec<u8> {
    let chunk = |kind: &[u8; 4], data: &[u8]| {
        let length = u32::try_from(data.len()).expect("small").to_be_bytes();
        let body = [&kind[..], data].concat();
        let crc = crc(&body).to_be_bytes();
        [&length[..], &body, &crc].concat()
    };
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    [
        &b"\x89PNG\r\n\x1a\n"[..],
        &chunk(b"IHDR", &head),
        &chunk(b"IDAT", compressed),
        &chunk(b"IEND", b""),
    ]
    .concat()
}

fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                0xedb8_8320 ^ (crc >> 1)
            } else {
                crc >> 1
            }
        })
    };
    !bytes.iter().fold(u32::MAX, step)
}

/// Pixels may spell any short word by chance, so words are looked for nowhere: what a file can say, it says in these.
fn says_nothing(picture: &Picture) {
    match picture.media_type {
        "image/jpeg" => jpeg_says_nothing(&picture.content),
        "image/png" => png_says_nothing(&picture.content),
        other => panic!("{other}"),
    }
}

/// SOI, JFIF without a thumbnail, tables, one frame, one scan and EOI (ITU-T T.81 B.1): no other APPn, no COM.
fn jpeg_says_nothing(content: &[u8]) {
    let mut rest = content.strip_prefix(&[0xff, 0xd8]).expect("SOI");
    loop {
        let [0xff, marker, high, low, ..] = *rest else {
            panic!("no marker segment");
        };
        let (segment, behind) = rest.split_at(2 + usize::from(u16::from_be_bytes([high, low])));
        match marker {
            0xe0 => assert!(segment.len() == 18 && segment[4..].starts_with(b"JFIF\0"), "APP0"),
            0xdb | 0xc0 | 0xc4 => {}
            0xda => {
                let scan = behind.strip_suffix(&[0xff, 0xd9]).expect("EOI");
                let markers = scan.windows(2).filter(|pair| pair[0] == 0xff && pair[1] != 0);
                assert_eq!(markers.count(), 0, "markers in the scan");
                return;
            }
            other => panic!("a segment {other:#x}"),
        }
        rest = behind;
    }
}

/// The critical chunks alone (ISO/IEC 15948 §11.2).
fn png_says_nothing(content: &[u8]) {
    let mut rest = content.strip_prefix(b"\x89PNG\r\n\x1a\n").expect("a PNG");
    let mut kinds = Vec::new();
    while let [a, b, c, d, behind @ ..] = rest {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        kinds.push(String::from_utf8_lossy(&behind[..4]));
        rest = &behind[length + 8..];
    }
    assert!(rest.is_empty());
    kinds.dedup();
    assert_eq!(kinds, ["IHDR", "IDAT", "IEND"]);
}

#[test]
#[should_panic(expected = "a segment 0xe1")]
fn what_a_camera_leaves_is_seen() {
    jpeg_says_nothing(&camera_jpeg(24, 33));
}

#[test]
#[should_panic(expected = "tEXt")]
fn what_a_text_chunk_says_is_seen() {
    png_says_nothing(&chatty_png(24, 33));
}

#[test]
fn types_are_those_of_the_bytes() {
    assert_eq!(examine(&camera_jpeg(30, 40)), Ok(Kind::Jpeg));
    assert_eq!(examine(&chatty_png(30, 40)), Ok(Kind::Png));
    assert_eq!(examine(PDF), Ok(Kind::Pdf));
    for foreign in [
        &b""[..],
        b"GIF89a",
        b"MZ",
        b"<svg/>",
        b"<!DOCTYPE html>",
        b"\x7fELF",
        b" %PDF-1.4 %%EOF",
        b"RIFF0000WEBP",
    ] {
        assert_eq!(examine(foreign), Err(Fault::UnknownType));
    }
    assert_eq!(examine(b"PK\x03\x04 not an archive"), Err(Fault::Unreadable));
}

#[test]
fn the_two_pictures_are_of_fixed_size_and_carry_nothing_but_pixels() {
    for source in [
        camera_jpeg(600, 800),
        camera_jpeg(800, 601),
        camera_jpeg(120, 150),
        chatty_png(333, 777),
    ] {
        let photo = photo(&source).expect("a photo");
        assert_eq!((photo.width, photo.height), PHOTO);
        assert_eq!(examine(&photo.content), Ok(Kind::Jpeg));
        says_nothing(&photo);
        let signature = signature_image(&source).expect("an image");
        assert_eq!((signature.width, signature.height), SIGNATURE);
        assert_eq!(examine(&signature.content), Ok(Kind::Png));
        says_nothing(&signature);
        let preview = preview(&source).expect("a preview");
        says_nothing(&preview);
    }
    let large = preview(&camera_jpeg(3200, 100)).expect("a preview");
    assert_eq!((large.width, large.height), (PREVIEW, 50));
}

#[test]
fn what_is_made_anew_is_the_same_for_the_same_bytes_and_keeps_the_picture() {
    let source = camera_jpeg(590, 826);
    assert_eq!(photo(&source), photo(&source));
    let mut red = Vec::new();
    let pixels = [200, 30, 40].repeat(590 * 826);
    Encoder::new(&mut red, 95)
        .encode(&pixels, 590, 826, ColorType::Rgb)
        .expect("encoded");
    let made = decode(&photo(&red).expect("a photo").content).expect("decoded");
    assert!(
        made.rgb()
            .chunks(3)
            .all(|pixel| pixel[0].abs_diff(200) < 8 && pixel[1].abs_diff(30) < 8)
    );
}

#[test]
fn a_document_is_no_picture() {
    assert_eq!(preview(PDF), Err(Fault::UnknownType));
    assert_eq!(photo(PDF), Err(Fault::UnknownType));
}

#[test]
fn a_file_that_is_two_things_is_neither() {
    let archive_end = [&b"PK\x05\x06"[..], &[0; 18]].concat();
    for picture in [camera_jpeg(20, 30), chatty_png(20, 30)] {
        for tail in [&archive_end[..], b"<script>", PDF, &[0]] {
            assert_eq!(examine(&[&picture, tail].concat()), Err(Fault::TrailingBytes));
        }
    }
    assert_eq!(
        examine(&[PDF, &archive_end[..]].concat()),
        Err(Fault::TrailingBytes)
    );
    assert_eq!(examine(&[PDF, b"MZ"].concat()), Err(Fault::TrailingBytes));
    // The archive lies in front of the end marker, inside its comment.
    let comment = u16::try_from(PDF.len()).expect("small").to_le_bytes();
    let hidden = [b"%PDF-1.4\n", &archive_end[..20], &comment, PDF].concat();
    assert_eq!(examine(&hidden), Err(Fault::TrailingBytes));
}

#[test]
fn headers_that_promise_too_much_are_refused_before_anything_is_unpacked() {
    assert_eq!(
        examine(&png_claiming(u32::MAX, u32::MAX, b"")),
        Err(Fault::TooManyPixels)
    );
    assert_eq!(examine(&png_claiming(0, 10, b"")), Err(Fault::TooManyPixels));
    assert_eq!(
        examine(&png_claiming(15_000, 15_000, b"")),
        Err(Fault::TooManyPixels)
    );
    assert_eq!(
        examine(&png_claiming(6_000, 6_000, b"x")),
        Err(Fault::DecompressionRatio)
    );
    let mut jpeg = camera_jpeg(20, 30);
    let frame = jpeg
        .windows(2)
        .position(|pair| pair == [0xff, 0xc0])
        .expect("a frame");
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
    assert!(matches!(
        examine(&jpeg),
        Err(Fault::TooManyPixels | Fault::Unreadable)
    ));
}

#[test]
fn a_truncated_file_is_refused_wherever_it_ends() {
    for whole in [camera_jpeg(40, 40), chatty_png(40, 40), PDF.to_vec()] {
        let last = whole.len() - usize::from(whole.ends_with(b"\n"));
        for end in (0..last).step_by(7).chain([last - 1]) {
            assert!(examine(&whole[..end]).is_err(), "{end} of {}", whole.len());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_panics_and_what_passes_decodes(
        seed in 0_usize..3, changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = [camera_jpeg(24, 33), chatty_png(24, 33), PDF.to_vec()][seed].clone();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Ok(Kind::Jpeg | Kind::Png) = examine(&bytes) {
            let made = photo(&bytes).expect("what was examined decodes");
            prop_assert_eq!((made.width, made.height), PHOTO);
            says_nothing(&made);
        }
        let _ = preview(&bytes);
        let _ = signature_image(&bytes);
    }

    #[test]
    fn arbitrary_bytes_behind_a_magic_never_panic(
        magic in 0_usize..4, rest in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let magic = [&b"\xff\xd8\xff\xe0"[..], b"\x89PNG\r\n\x1a\n", b"%PDF-1.7\n", b"PK\x03\x04"][magic];
        let _ = examine(&[magic, &rest].concat());
    }

    #[test]
    fn scaling_keeps_a_flat_colour_flat(width in 1_u32..60, height in 1_u32..60, to in (1_u32..80, 1_u32..80), value: u8) {
        let flat = Pixels::new(width, height, vec![value; (width * height * 3) as usize]).expect("whole");
        let scaled = flat.scaled(to.0, to.1);
        prop_assert_eq!(scaled.rgb().len(), (to.0 * to.1 * 3) as usize);
        prop_assert!(scaled.rgb().iter().all(|one| one.abs_diff(value) <= 1));
    }
}
