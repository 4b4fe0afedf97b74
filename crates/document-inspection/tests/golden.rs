//! What is shown of our own specimen and of files of another producer (ofdrw's test resources), line by line.
//! `cargo test -p document-inspection -- --ignored rewrite` writes the expected texts anew; look at the difference.

use std::path::{Path, PathBuf};

use document_inspection::{Options, inspect};

const FILES: &[(&str, &str)] = &[
    ("certificate.ofd", "document-render/tests/samples/certificate.ofd"),
    ("certificate.pdf", "document-render/tests/samples/certificate.pdf"),
    (
        "ofdrw-SESV4SignDoc.ofd",
        "ofd/tests/samples/ofdrw-SESV4SignDoc.ofd",
    ),
    ("ofdrw-V4RideRight.ofd", "ofd/tests/samples/ofdrw-V4RideRight.ofd"),
    ("ofdrw-DigitalSign.ofd", "ofd/tests/samples/ofdrw-DigitalSign.ofd"),
    (
        "ofdrw-hello-integrity.ofd",
        "ofd/tests/samples/ofdrw-hello-integrity.ofd",
    ),
    ("ofdrw-UserV1.esl", "seal-format/tests/samples/ofdrw-UserV1.esl"),
    ("ofdrw-UserV4.esl", "seal-format/tests/samples/ofdrw-UserV4.esl"),
    (
        "ofdrw-UserV5_ts.esl",
        "seal-format/tests/samples/ofdrw-UserV5_ts.esl",
    ),
];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn shown(path: &str, options: Options) -> String {
    let bytes = std::fs::read(crates().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    inspect(&bytes, options)
        .unwrap_or_else(|error| panic!("{path}: {error}"))
        .text()
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(format!("{name}.txt"))
}

#[test]
fn every_file_is_shown_as_expected() {
    for (name, path) in FILES {
        let expected =
            std::fs::read_to_string(golden(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(shown(path, Options::default()), expected, "{name}");
    }
}

#[test]
#[ignore = "writes the expected texts"]
fn rewrite() {
    for (name, path) in FILES {
        std::fs::write(golden(name), shown(path, Options::default())).expect("written");
    }
}

#[test]
fn numbers_of_documents_are_masked_unless_asked_for() {
    const NUMBER: &str = "320205199003070011";
    let path = FILES[0].1;
    assert!(!shown(path, Options::default()).contains(NUMBER));
    assert!(shown(path, Options { unmasked: true }).contains(NUMBER));
}

#[test]
fn json_has_the_same_tree() {
    let bytes = std::fs::read(crates().join(FILES[6].1)).expect("a seal");
    let node = inspect(&bytes, Options::default()).expect("a seal");
    let json = serde_json::to_value(&node).expect("JSON");
    assert_eq!(
        (&json["en"], &json["value"]),
        (&"seal".into(), &"GM/T 0031-2014 (v1)".into())
    );
    assert!(
        json["parts"]
            .as_array()
            .is_some_and(|parts| parts.iter().any(|part| part["en"] == "maker certificate"))
    );
}

#[test]
fn what_is_none_of_these_is_refused() {
    for bytes in [&b""[..], b"hello", b"PK\x05\x06", b"%PDF-1.7", b"0\x80\0\0"] {
        assert!(inspect(bytes, Options::default()).is_err());
    }
}
