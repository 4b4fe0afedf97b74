//! How many documents a thread makes in memory: `cargo run --release -p pdf --example speed [FILE]`.
//!
//! Signing is left out: the CMS is made elsewhere. With a file name the last document is written there.

#[path = "../tests/documents/sample.rs"]
mod sample;

use std::{hint::black_box, time::Instant};

use pdf::{Limits, Pdf, Permission, text, verify};

const DOCUMENTS: u32 = 20_000;

fn report(what: &str, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    let each = seconds * 1e6 / f64::from(DOCUMENTS);
    println!(
        "{what:<42} {each:>8.1} us {:>10.0} /s",
        f64::from(DOCUMENTS) / seconds
    );
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let layout = sample::layout(Permission::NoChanges, false);
    let attached = sample::layout(Permission::NoChanges, true);
    let unsigned = sample::sample_unsigned();
    println!("{}: {} bytes", sample::IDENTIFIER, unsigned.bytes().len());
    let number = |index: u32| format!("A123-{index:07}");
    let photo = sample::large_photo();

    let started = Instant::now();
    for index in 0..DOCUMENTS {
        black_box(layout.unsigned(sample::NAME, &number(index), None));
    }
    report("assemble, QR by qrcodegen each time", started);
    let content = layout.content(sample::NAME, sample::NUMBER);
    let started = Instant::now();
    for _ in 0..DOCUMENTS {
        black_box(layout.assemble(&content, sample::PHOTO, None));
    }
    report("assemble, content kept", started);
    let started = Instant::now();
    for _ in 0..DOCUMENTS {
        black_box(layout.assemble(&content, &photo, None));
    }
    report("assemble, content kept, photo of 25 KB", started);
    let content = attached.content(sample::NAME, sample::NUMBER);
    let started = Instant::now();
    for _ in 0..DOCUMENTS {
        black_box(attached.assemble(&content, &photo, Some(sample::XML)));
    }
    report("the same with an attachment", started);
    let started = Instant::now();
    for _ in 0..DOCUMENTS {
        let pdf = Pdf::open(unsigned.bytes(), Limits::default())?;
        let examination = verify::examine(&pdf)?;
        black_box(examination.signatures.first().and_then(verify::Signature::sha256));
    }
    report("open, examine, digest", started);
    let started = Instant::now();
    for _ in 0..DOCUMENTS {
        let pdf = Pdf::open(unsigned.bytes(), Limits::default())?;
        for page in pdf.pages()? {
            black_box(text::page_text(&pdf, &page)?);
        }
    }
    report("open, text with glyph checks", started);
    if let Some(path) = std::env::args().nth(1) {
        std::fs::write(path, unsigned.bytes())?;
    }
    Ok(())
}
