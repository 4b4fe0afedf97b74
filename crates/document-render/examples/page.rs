//! Draws a page to look at: `cargo run -p document-render --example page -- FILE PAGE DPI OUT.png`.

use certificate_face::font::{Font, FontPack};
use document_render::{Budget, Options, render};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, file, page, dpi, out] = arguments.as_slice() else {
        eprintln!("usage: page FILE PAGE DPI OUT.png");
        std::process::exit(2);
    };
    let pack = FontPack::shared();
    let fonts: Vec<&[u8]> = Font::CHAIN
        .iter()
        .map(|font| pack.typeface(*font).bytes())
        .collect();
    let dpi: f32 = dpi.parse().expect("a resolution");
    let options = Options {
        dpi,
        budget: Budget::default(),
        fonts: &fonts,
    };
    let bytes = std::fs::read(file).expect("a file");
    let raster = render(&bytes, page.parse().expect("a number"), &options).expect("a page");
    println!(
        "{raster:?}, left out {}, missing glyphs {}",
        raster.left_out, raster.missing_glyphs
    );
    std::fs::write(out, raster.to_png(dpi).expect("a PNG")).expect("written");
}
