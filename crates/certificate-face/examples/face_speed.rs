//! How many documents one thread makes: `cargo run --release -p certificate-face --features specimen --example face_speed`.
//!
//! Names vary, photos vary and are hashed for each document, nothing is written to disk, nothing is signed (SM2 and
//! ECDSA cost what `gm` and the PDF signer cost, about 65 and 12 µs). Best and median of several runs. Arguments: a part
//! of the names of the rows wanted, and the number of runs.

use std::hint::black_box;
use std::time::Instant;

use certificate_face::code::payload::{Payload, PayloadError};
use certificate_face::face::Kind;
use certificate_face::facts::Printed;
use certificate_face::layout::DocumentNumberPolicy;
use certificate_face::lint::{lint, ofd_faults, pdf_faults};
use certificate_face::picture::{Photo, Pictures, SignatureImage};
use certificate_face::render::{render, render_ofd, render_pdf};
use certificate_face::specimen;

const DOCUMENTS: usize = 200;
const RUNS: usize = 7;

fn main() {
    let template = specimen::template(Kind::Original, DocumentNumberPolicy::Shown);
    let sealing = specimen::sealing();
    let sources: Vec<(Vec<u8>, Vec<u8>)> = (0..32)
        .map(|seed| {
            (
                testkit::picture::photo_jpeg(seed),
                testkit::picture::signature_png(seed),
            )
        })
        .collect();
    let prepare = |index: usize| {
        let (photo, signature) = &sources[index % sources.len()];
        Pictures {
            photo: Photo::prepare(photo.clone()).expect("a JPEG"),
            signature: SignatureImage::prepare(signature.clone()).expect("a PNG"),
        }
    };
    let ready: Vec<Pictures> = (0..32).map(prepare).collect();
    let families = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜";
    let people: Vec<Printed> = families
        .chars()
        .zip(&ready)
        .map(|(family, pictures)| {
            let mut record = specimen::record(&format!("{family}晓彤"), 2);
            record.photo_sm3 = hex::encode(pictures.photo.sm3());
            record.signature_image_sm3 = hex::encode(pictures.signature.sm3());
            let bare = Printed::of(record.clone(), "").expect("a record that agrees with itself");
            Printed::of(record, symbol(&bare)).expect("a record that agrees with itself")
        })
        .collect();
    let fact = |index: usize| people[index % 32].facts();
    measure("facts record worded (canonical JSON, metadata)", |i| {
        drop(black_box(Printed::of(
            people[i % 32].record().clone(),
            people[i % 32].facts().code,
        )));
    });
    measure("pictures prepared (SM3 of photo, PNG decoded)", |i| {
        drop(black_box(prepare(i)));
    });
    measure("OFD drafts, pictures prepared each time", |i| {
        drop(black_box(
            render_ofd(&template, &fact(i), &prepare(i), &sealing).expect("a draft"),
        ));
    });
    measure("OFD drafts, pictures kept", |i| {
        drop(black_box(
            render_ofd(&template, &fact(i), &ready[i % 32], &sealing).expect("a draft"),
        ));
    });
    measure("PDF drafts, pictures kept", |i| {
        drop(black_box(
            render_pdf(&template, &fact(i), &ready[i % 32], &sealing).expect("a draft"),
        ));
    });
    measure("both drafts, pictures prepared each time", |i| {
        drop(black_box(
            render(&template, &fact(i), &prepare(i), &sealing).expect("drafts"),
        ));
    });
    let (ofd, pdf): (Vec<_>, Vec<_>) = (0..32)
        .map(|i| {
            (
                render_ofd(&template, &fact(i), &ready[i], &sealing).expect("a draft"),
                render_pdf(&template, &fact(i), &ready[i], &sealing).expect("a draft"),
            )
        })
        .unzip();
    measure("lint of the OFD", |i| {
        let i = i % 32;
        assert!(ofd_faults(&template, &fact(i), &ready[i], &ofd[i]).is_empty());
    });
    measure("lint of the PDF", |i| {
        let i = i % 32;
        assert!(pdf_faults(&template, &fact(i), &ready[i], &pdf[i]).is_empty());
    });
    measure("both drafts and the lint of both", |i| {
        let pictures = &ready[i % 32];
        let drafts = render(&template, &fact(i), pictures, &sealing).expect("drafts");
        let linted = lint(&template, &fact(i), pictures, drafts).map_err(|faults| format!("{faults:?}"));
        drop(black_box(linted.expect("no fault")));
    });
}

/// The text of a symbol as issuing writes it, but for the worth of its signature.
fn symbol(printed: &Printed) -> String {
    let address = "https://verify.example.cn/q/AQIDBAUGBwgJCgsMDQ4PEBESExQ";
    let payload = Payload::of(&printed.facts(), specimen::sealing().time);
    let sign =
        |message: &[u8]| Ok::<_, PayloadError>(std::array::from_fn(|at| message[at] ^ message[at + 9]));
    payload.text(address, *b"test", sign).expect("the facts fit")
}

/// Measures one row; an argument of the program selects rows by a part of their names.
fn measure(what: &str, mut work: impl FnMut(usize)) {
    if std::env::args().nth(1).is_some_and(|part| !what.contains(&part)) {
        return;
    }
    let runs = std::env::args()
        .nth(2)
        .and_then(|runs| runs.parse().ok())
        .unwrap_or(RUNS);
    let mut times: Vec<f64> = (0..runs)
        .map(|run| {
            let start = Instant::now();
            (0..DOCUMENTS).for_each(|index| work(run * DOCUMENTS + index));
            start.elapsed().as_secs_f64() * 1e6 / DOCUMENTS as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let (best, median) = (times[0], times[runs / 2]);
    println!(
        "{what:50} best {best:8.1} µs ({:6.0}/s)  median {median:8.1} µs",
        1e6 / best
    );
}
