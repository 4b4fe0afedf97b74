//! A trust bundle, and a certificate file with everything that the verifier does with it.

use std::sync::OnceLock;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use document_render::{Budget, Options};
use document_verification::trust::BundleFiles;
use document_verification::{Policy, TrustBundle, Verifier};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

const SEAL_ROOT: &[u8] = include_bytes!("../../base/seal-root.pem");
const FONT: &[u8] = include_bytes!("../../base/font.ttf");
const PDF_ROOT: &[u8] = include_bytes!("../../base/pdf-root.pem");
/// Prefix of what a bundle's signature covers, and of an Ed25519 key in SubjectPublicKeyInfo.
const PURPOSE: &[u8] = b"jianzheng trust bundle v1\0";
const SPKI: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

static VERIFIER: OnceLock<Option<Verifier>> = OnceLock::new();

/// The statement of a bundle that is soundly signed, or, after a zero byte, a list of revocations in a sound one.
pub(crate) fn trust_bundle(input: &[u8]) {
    match input.split_first() {
        Some((0, lists)) => {
            let statement = statement(Some(lists));
            let _ = open(statement.as_bytes(), Some(lists));
        }
        _ => {
            let _ = open(input, None);
        }
    }
}

/// A file whose maker may have put anything into it, verified against a sound bundle.
pub(crate) fn verify(input: &[u8]) {
    let verifier = VERIFIER.get_or_init(|| {
        let bundle = open(statement(None).as_bytes(), None)?;
        let policy = Policy {
            ofd: super::ofd_package::LIMITS,
            ..Policy::default()
        };
        Some(Verifier::new(bundle, policy))
    });
    let verifier = verifier.as_ref().expect("the base bundle is sound");
    let bytes = file(input);
    let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 365 * 56);
    let _ = verifier.verify(&bytes, now);
}

/// A page of an OFD drawn within a budget that a moment suffices for.
pub(crate) fn render(input: &[u8]) {
    let package = match input.first() {
        Some(b'P') | None => Some(input.to_vec()),
        Some(_) => super::ofd_package::with_part(input),
    };
    if let Some(package) = package {
        draw(&package);
    }
}

/// The same of a PDF. Its renderer knows no budget but the pixels: what takes it too long or too much is a failure here.
#[cfg(feature = "by-name")]
pub(crate) fn render_pdf(input: &[u8]) {
    let file = match input.first() {
        Some(b'%') | None => Some(input.to_vec()),
        Some(_) => super::pdf_file::with_stream(input),
    };
    if let Some(file) = file {
        draw(&file);
    }
}

fn draw(file: &[u8]) {
    let options = Options {
        dpi: 24.0,
        budget: Budget {
            pixels: 200_000,
            glyphs: 5_000,
            work: 20_000_000,
            picture_pixels: 1_000_000,
        },
        fonts: &[FONT],
    };
    if let Ok(raster) = document_render::render(file, 1, &options) {
        assert_eq!(
            raster.rgb.len() as u64,
            u64::from(raster.width) * u64::from(raster.height) * 3
        );
    }
}

/// The tree of a file, as text.
pub(crate) fn inspect(input: &[u8]) {
    let bytes = match input.split_first() {
        // Seals and certificates as they are.
        Some((b'D', der)) => der.to_vec(),
        _ => file(input),
    };
    if let Ok(tree) = document_inspection::inspect(&bytes, document_inspection::Options::default()) {
        let _ = tree.text();
    }
}

/// A file is recognised by its first bytes; otherwise the first byte says which part of a sound one the rest stands for.
fn file(input: &[u8]) -> Vec<u8> {
    match input.first() {
        Some(b'P' | b'%') | None => input.to_vec(),
        Some(0..=63) => super::ofd_package::with_part(input).unwrap_or_default(),
        Some(_) => super::pdf_file::with_stream(input).unwrap_or_default(),
    }
}

fn statement(lists: Option<&[u8]>) -> String {
    let digest = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
    let third = lists.map_or_else(String::new, |lists| {
        format!(",\"revocation-lists.pem\":\"{}\"", digest(lists))
    });
    format!(
        "{{\"format\":1,\"issued_at\":\"2026-01-01T00:00:00Z\",\"expires_at\":\"2036-01-01T00:00:00Z\",\"authorities\":\
         [{{\"name\":\"A\",\"credit_code\":\"11990000000000000D\",\"licence_types\":[\"11990000000000000D000\"],\
         \"signers\":{{\"organisations\":[\"A\"]}}}}],\"files\":{{\"seal-root.pem\":\"{}\",\"pdf-root.pem\":\"{}\"{third}}}}}",
        digest(SEAL_ROOT),
        digest(PDF_ROOT),
    )
}

/// Signs a statement with a key of our own, so that what comes after the signature is reached.
fn open(statement: &[u8], lists: Option<&[u8]>) -> Option<TrustBundle> {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).ok()?;
    let signature = STANDARD.encode(pair.sign(&[PURPOSE, statement].concat()));
    let spki = STANDARD.encode([&SPKI, pair.public_key().as_ref()].concat());
    TrustBundle::open(&BundleFiles {
        statement,
        signature: signature.as_bytes(),
        key: format!("-----BEGIN PUBLIC KEY-----\n{spki}\n-----END PUBLIC KEY-----\n").as_bytes(),
        seal_root: SEAL_ROOT,
        pdf_root: PDF_ROOT,
        timestamp_anchors: None,
        revocation_lists: lists,
    })
    .ok()
}
