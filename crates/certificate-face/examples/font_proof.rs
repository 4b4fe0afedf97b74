//! Writes the fonts of a sample text, for checks with other people's tools (fontTools, OTS, OFD readers).

use std::path::PathBuf;

use certificate_face::font::{Font, FontPack, Subset};

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let directory = PathBuf::from(arguments.next().expect("usage: font_proof DIRECTORY TEXT"));
    let text = arguments
        .next()
        .expect("usage: font_proof DIRECTORY TEXT")
        .into_string()
        .expect("UTF-8 text");
    let pack = FontPack::load().expect("the pack is whole");
    for font in Font::ALL {
        let face = pack.typeface(font);
        let characters = text.chars().filter(|&c| match font {
            Font::Bold => face.glyph(c).is_some(),
            _ => pack.font_for(c) == Some(font),
        });
        let subset = Subset::new(face, characters).expect("filtered by coverage");
        let name = format!("{font:?}").to_lowercase();
        std::fs::write(
            directory.join(format!("{name}.ttf")),
            subset.assemble_ofd(&format!("Jianzheng {font:?}")),
        )
        .expect("the directory can be written");
        std::fs::write(directory.join(format!("{name}-pdf.ttf")), subset.assemble_pdf()).expect("as above");
    }
}
