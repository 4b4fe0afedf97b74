//! Pages as they look: our certificate from both formats, files of another producer, and what costs too much.

use std::path::Path;

use certificate_face::font::{Font, FontPack};
use document_render::{Budget, Fault, Options, Raster, render};

fn file(path: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn fonts() -> Vec<&'static [u8]> {
    let pack = FontPack::shared();
    Font::CHAIN
        .iter()
        .map(|font| pack.typeface(*font).bytes())
        .collect()
}

fn page(path: &str, number: usize, dpi: f32) -> Result<Raster, Fault> {
    let options = Options {
        dpi,
        budget: Budget::default(),
        fonts: &fonts(),
    };
    render(&file(path), number, &options)
}

const OFD: &str = "document-render/tests/samples/certificate.ofd";
#[cfg(feature = "pdf")]
const PDF: &str = "document-render/tests/samples/certificate.pdf";

/// Share of pixels that are darker than paper.
fn ink(raster: &Raster, left: f64, top: f64, right: f64, bottom: f64) -> f64 {
    let at = |side: u32, part: f64| (f64::from(side) * part) as usize;
    let (mut dark, mut all) = (0_usize, 0_usize);
    for row in at(raster.height, top)..at(raster.height, bottom) {
        for column in at(raster.width, left)..at(raster.width, right) {
            let pixel = (row * raster.width as usize + column) * 3;
            all += 1;
            dark += usize::from(raster.rgb[pixel..pixel + 3].iter().any(|value| *value < 160));
        }
    }
    dark as f64 / all as f64
}

#[test]
fn the_certificate_is_drawn_whole() {
    let raster = page(OFD, 1, 100.0).expect("a page");
    assert_eq!((raster.width, raster.height), (827, 1169));
    assert_eq!((raster.left_out, raster.missing_glyphs), (0, 0));
    assert!(ink(&raster, 0.1, 0.05, 0.9, 0.95) > 0.03, "it has ink");
}

/// Side of the squares whose mean colours are compared: how edges are smoothed disappears in them, a missing word does not.
#[cfg(feature = "pdf")]
const SQUARE: usize = 25;

/// The largest difference between a square's mean colour on one page and on the other, 0 to 255. The frame is not looked
/// at: hayro widens hairlines to a pixel.
#[cfg(feature = "pdf")]
fn worst_square(one: &Raster, two: &Raster) -> f64 {
    let mean = |raster: &Raster, left: usize, top: usize, channel: usize| {
        let rows = (top..top + SQUARE).map(|row| (row * raster.width as usize + left) * 3);
        let values = rows.flat_map(|start| (0..SQUARE).map(move |column| start + column * 3 + channel));
        values.map(|at| f64::from(raster.rgb[at])).sum::<f64>() / (SQUARE * SQUARE) as f64
    };
    let inside = |side: u32, other: u32| {
        let side = side.min(other) as usize;
        (side / 10..side * 9 / 10 - SQUARE).step_by(SQUARE)
    };
    let squares = inside(one.height, two.height)
        .flat_map(|top| inside(one.width, two.width).map(move |left| (left, top)));
    squares
        .flat_map(|(left, top)| (0..3).map(move |channel| (left, top, channel)))
        .map(|(left, top, channel)| (mean(one, left, top, channel) - mean(two, left, top, channel)).abs())
        .fold(0.0, f64::max)
}

#[cfg(feature = "pdf")]
#[test]
fn both_formats_look_alike() {
    // 5.9 was measured.
    const ALIKE: f64 = 10.0;
    let (mut ofd, pdf) = (
        page(OFD, 1, 100.0).expect("a page"),
        page(PDF, 1, 100.0).expect("a page"),
    );
    let difference = worst_square(&ofd, &pdf);
    assert!(difference < ALIKE, "{difference}");

    // The measure sees a name that is not drawn.
    let row = ofd.width as usize * 3;
    for line in ofd.rgb.chunks_exact_mut(row).take(327).skip(303) {
        line[223 * 3..297 * 3].fill(255);
    }
    let difference = worst_square(&ofd, &pdf);
    assert!(difference > 3.0 * ALIKE, "{difference}");
}

#[test]
fn fonts_that_are_not_embedded_are_stood_in_for() {
    let raster = page("ofd/tests/samples/ofdrw-SESV4SignDoc.ofd", 1, 72.0).expect("a page");
    assert_eq!(raster.missing_glyphs, 0);
    assert!(
        ink(&raster, 0.1, 0.05, 0.4, 0.15) > 0.005,
        "its line of text is there"
    );
}

#[test]
fn a_riding_seal_is_drawn_in_parts_on_every_page() {
    for number in 1..=5 {
        let raster = page("ofd/tests/samples/ofdrw-V4RideRight.ofd", number, 72.0).expect("a page");
        assert!(ink(&raster, 0.85, 0.2, 1.0, 0.8) > 0.0001, "page {number}");
    }
    let beyond = page("ofd/tests/samples/ofdrw-V4RideRight.ofd", 6, 72.0);
    assert_eq!(beyond.err(), Some(Fault::NoSuchPage { page: 6, pages: 5 }));
}

#[test]
fn a_budget_that_is_used_up_leaves_objects_out() {
    let bytes = file(OFD);
    let tight = Options {
        dpi: 100.0,
        budget: Budget {
            work: 100_000,
            ..Budget::default()
        },
        fonts: &[],
    };
    assert!(render(&bytes, 1, &tight).expect("a page").left_out > 10);
    let small = Options {
        budget: Budget {
            pixels: 1_000,
            ..Budget::default()
        },
        ..tight
    };
    assert_eq!(render(&bytes, 1, &small).err(), Some(Fault::Size));
    assert_eq!(render(b"hello", 1, &tight).err(), Some(Fault::UnknownType));
}
