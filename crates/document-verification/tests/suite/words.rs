//! Every finding speaks both languages.

use document_verification::{Finding, Policy, Report, check, verify};

use crate::fixture::{BUNDLE, COPY, ORIGINAL, at, judged};

fn speaks(finding: &Finding) {
    let (zh, en) = (finding.zh(), finding.en());
    let chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let (name, reason) = zh.split_once('：').expect("check and reason");
    assert!(name.chars().any(chinese), "{zh}");
    assert!(reason.chars().any(chinese), "{zh}");
    assert!(!en.starts_with(finding.check), "{en}");
    assert!(en.contains(": "), "{en}");
}

#[test]
fn every_finding_of_whole_and_changed_files_speaks_both_languages() {
    let mut reports: Vec<Report> = vec![
        judged(b""),
        judged(&ORIGINAL.ofd[..9000]),
        judged(&ORIGINAL.pdf[..9000]),
    ];
    reports.extend([&ORIGINAL.ofd, &ORIGINAL.pdf, &COPY.ofd, &COPY.pdf].map(|bytes| judged(bytes)));
    reports.push(verify(
        &COPY.ofd,
        &BUNDLE,
        at("2035-01-01T00:00:00Z"),
        &Policy::default(),
    ));
    for (name, content) in crate::archive::unpack(&ORIGINAL.ofd) {
        let changed = crate::archive::change(&ORIGINAL.ofd, &name, |own| own[content.len() / 2] ^= 1);
        reports.push(judged(&changed));
    }
    for index in (0..ORIGINAL.pdf.len()).step_by(2311) {
        let mut bytes = ORIGINAL.pdf.clone();
        bytes[index] ^= 1;
        reports.push(judged(&bytes));
    }
    for sample in ["SESV4SignDoc", "V4RideRight", "DigitalSign", "hello-integrity"] {
        let path = format!(
            "{}/../ofd/tests/samples/ofdrw-{sample}.ofd",
            env!("CARGO_MANIFEST_DIR")
        );
        reports.push(judged(&std::fs::read(path).expect("a sample")));
    }
    let mut heard = std::collections::BTreeSet::new();
    for finding in reports.iter().flat_map(|report| &report.findings) {
        speaks(finding);
        heard.insert((finding.check, finding.reason));
    }
    assert!(heard.len() > 80, "{} different findings", heard.len());
}

#[test]
fn a_finding_as_json_is_stable() {
    let finding = Finding::fail(check::COVERAGE, "file_not_covered")
        .about("a.xml")
        .of("s001");
    let expected = r#"{"check":"coverage.files","result":"FAIL","reason":"file_not_covered","signature":"s001","subject":"a.xml","zh":"签章保护范围：文件不在签章保护范围内（a.xml）","en":"Coverage of the signature: the file is not covered by the signature (a.xml)"}"#;
    assert_eq!(serde_json::to_string(&finding).expect("JSON"), expected);
}
