//! What other people's programs say of our documents: qpdf, poppler and OpenSSL.

use crate::{
    sample::{self, NAME, NUMBER, layout, sample_unsigned},
    tools::{Signer, run, run_ok},
};
use pdf::Permission;
use sha2::{Digest as _, Sha256};

#[test]
fn a_signed_document_is_sound_and_wholly_signed_for_qpdf_and_poppler() {
    let signer = Signer::new();
    for (name, permission, attachment) in [
        ("plain.pdf", Permission::NoChanges, None),
        ("form.pdf", Permission::FormFilling, None),
        ("attached.pdf", Permission::NoChanges, Some(sample::XML)),
    ] {
        let layout = layout(permission, attachment.is_some());
        let path = signer.store(name, &signer.sign(layout.unsigned(NAME, NUMBER, attachment)));
        run_ok("qpdf", &["--check", &path]);
        let report = run_ok("pdfsig", &["-nocert", &path]);
        for expected in [
            "Signature is Valid",
            "Total document signed",
            "ETSI.CAdES.detached",
            "Signature Field Name: Seal",
        ] {
            assert!(report.contains(expected), "{name}: {report}");
        }
    }
}

#[test]
fn poppler_reads_the_text_exactly_also_beyond_the_basic_plane() {
    let signer = Signer::new();
    let path = signer.store("text.pdf", &signer.sign(sample_unsigned()));
    let text = run_ok("pdftotext", &["-layout", &path, "-"]);
    for expected in [NAME, NUMBER, "姓名：", "编号："] {
        assert!(text.contains(expected), "{text}");
    }
    let fonts = run_ok("pdffonts", &[&path]);
    assert!(
        fonts.contains("AAAAAA+JianzhengSerif") && fonts.contains("BAAAAA+JianzhengSerif"),
        "{fonts}"
    );
    assert!(
        fonts.lines().skip(2).all(|line| line.contains("yes yes yes")),
        "embedded, subset, Unicode: {fonts}"
    );
}

#[test]
fn the_digest_of_the_kept_state_is_the_digest_of_the_file() {
    let unsigned = sample_unsigned();
    let [start, first, second, length] = unsigned.byte_range();
    let bytes = unsigned.bytes();
    assert_eq!((start, second + length), (0, bytes.len()));
    assert_eq!((bytes[first], bytes[second - 1]), (b'<', b'>'));
    let whole = Sha256::new()
        .chain_update(&bytes[..first])
        .chain_update(&bytes[second..])
        .finalize();
    assert_eq!(unsigned.byte_range_sha256(), <[u8; 32]>::from(whole));
}

#[test]
fn unsigned_bytes_are_a_function_of_the_arguments() {
    assert_eq!(sample_unsigned().bytes(), sample_unsigned().bytes());
}

#[test]
fn poppler_sees_one_changed_bit_in_the_prefix_and_in_the_document_part() {
    let signer = Signer::new();
    let signed = signer.sign(sample_unsigned());
    for needle in ["/Lang(zh-CN)", "SPECIMEN.000000001"] {
        let at = signed
            .windows(needle.len())
            .position(|window| window == needle.as_bytes())
            .unwrap();
        let mut altered = signed.clone();
        altered[at + 8] ^= 1;
        let path = signer.store("altered.pdf", &altered);
        let report = run("pdfsig", &["-nocert", &path]);
        assert!(
            String::from_utf8_lossy(&report.stdout).contains("Digest Mismatch"),
            "{needle}"
        );
    }
}
