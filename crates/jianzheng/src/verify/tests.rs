//! Exit codes: 0 is for authentic and current alone.

use document_verification::trust::{
    BundleDraft, IssuingAuthority, SignerRule, SigningKey, TrustBundle, file,
};
use document_verification::{DocumentStanding, FileKind, Report, TimeEvidence, Verdict};
use domain::reason::BilingualText;
use gm::certificate::{Authority, Marking, Profile, Request, Subject, Validity};
use gm::{Algorithm, PrivateKey, Signer as _};
use jiff::Timestamp;
use rand_core::UnwrapErr;

use super::*;

fn report(document: DocumentStanding, specimen: bool) -> Report {
    Report {
        kind: FileKind::Ofd,
        document,
        specimen,
        findings: Vec::new(),
        signatures: Vec::new(),
        licence_identifier: None,
        use_copy: None,
        signed_at: None,
        time_evidence: TimeEvidence::None,
        sha256: String::new(),
        facts: document_verification::Facts::default(),
    }
}

#[test]
fn zero_is_for_authentic_and_current_alone() {
    use DocumentStanding as D;
    use Standing as S;
    for document in [
        D::Authentic,
        D::Altered,
        D::WrongAuthority,
        D::NotIssuedHere,
        D::CannotSay,
    ] {
        for standing in [S::Current, S::Ended, S::CannotSay] {
            for (specimen, allowed) in [(false, false), (true, true), (true, false)] {
                let code = exit_code(&report(document, specimen), standing, allowed);
                let expected = match (document, standing) {
                    (D::Authentic, S::Current) if specimen && !allowed => 2,
                    (D::Authentic, S::Current) => 0,
                    (D::Authentic, S::CannotSay) => 2,
                    _ => 1,
                };
                assert_eq!(code, expected, "{document:?} {standing:?} {specimen} {allowed}");
            }
        }
    }
}

#[test]
fn an_answer_of_the_register_counts_only_for_an_authentic_file() {
    let text = || BilingualText::new("有效", "valid");
    let answer = || {
        Some(OnlineAnswer {
            verdict: Verdict::Valid,
            text: text(),
            next_step: text(),
            message: Default::default(),
        })
    };
    let now = Timestamp::UNIX_EPOCH;
    let authentic = Outcome::of(
        &report(DocumentStanding::Authentic, false),
        answer().as_ref(),
        None,
        now,
    );
    assert_eq!(
        (authentic.standing, authentic.verdict),
        (Standing::Current, Verdict::Valid)
    );
    let altered = Outcome::of(
        &report(DocumentStanding::Altered, false),
        answer().as_ref(),
        None,
        now,
    );
    assert_eq!(
        (altered.standing, altered.verdict),
        (Standing::CannotSay, Verdict::Altered)
    );
    let silent = Outcome::of(&report(DocumentStanding::Authentic, false), None, None, now);
    assert_eq!(silent.standing, Standing::CannotSay);
}

/// What is printed offline, and the exit code.
fn verified(arguments: &Arguments, asked: Option<Asked>) -> Result<(String, u8)> {
    Examined::open(arguments)?.tell(arguments, &asked.unwrap_or(Asked::No))
}

/// A folder with a bundle of one authority.
fn trust(folder: &Path) -> TrustBundle {
    let rng = &mut UnwrapErr(personal_data::OsRandom);
    let at = |text: &str| text.parse::<Timestamp>().expect("an instant");
    let mut root = |algorithm, profile| {
        let key = PrivateKey::generate(algorithm, rng);
        let request = Request {
            profile,
            subject: Subject {
                common_name: "样本根".to_owned(),
                organization: "样本机关".to_owned(),
            },
            public_key: key.public_key().clone(),
            validity: Validity {
                from: at("2026-01-01T00:00:00Z"),
                until: at("2036-01-01T00:00:00Z"),
            },
            serial: vec![1],
            marking: Marking::Specimen,
            crl_locations: Vec::new(),
        };
        Authority::self_signed(key, &request, rng)
            .expect("a root")
            .certificate()
            .to_pem()
    };
    let seal_root = root(Algorithm::Sm2WithSm3, Profile::SealRoot);
    let pdf_root = root(Algorithm::EcdsaP256Sha256, Profile::PdfRoot);
    let draft = BundleDraft {
        issued_at: at("2026-01-01T00:00:00Z"),
        expires_at: at("2031-01-01T00:00:00Z"),
        authorities: vec![IssuingAuthority {
            name: "样本机关".to_owned(),
            credit_code: "11990000000000000D".to_owned(),
            licence_types: vec!["11990000000000000D000".to_owned()],
            signers: SignerRule {
                organisations: vec!["样本机关".to_owned()],
                ..SignerRule::default()
            },
        }],
        seal_root: seal_root.as_bytes(),
        pdf_root: pdf_root.as_bytes(),
        timestamp_anchors: None,
        revocation_lists: None,
    };
    let key = SigningKey::from_seed(&[7; 32]).expect("a key");
    let signed = TrustBundle::sign(&draft, &key).expect("a bundle");
    for (name, content) in [
        (file::STATEMENT, signed.statement.as_slice()),
        (file::SIGNATURE, signed.signature.as_bytes()),
        (file::KEY, signed.key.as_bytes()),
        (file::SEAL_ROOT, seal_root.as_bytes()),
        (file::PDF_ROOT, pdf_root.as_bytes()),
    ] {
        std::fs::write(folder.join(name), content).expect("written");
    }
    bundle::open(folder).expect("the bundle just written")
}

fn arguments(folder: &Path, file: &str) -> Arguments {
    Arguments {
        file: folder.join(file),
        trust: folder.to_owned(),
        trust_key: None,
        proof: None,
        status_list: None,
        allow_specimen: false,
        show_holder: false,
        json: false,
        online: Options::default(),
        at: Some("2026-06-01T00:00:00Z".parse().expect("an instant")),
    }
}

#[test]
fn a_file_that_is_no_certificate_is_said_to_be_none_in_both_forms() {
    let folder = tempfile::tempdir().expect("a folder");
    trust(folder.path());
    std::fs::write(folder.path().join("letter.txt"), "敬启者").expect("written");
    let plain = arguments(folder.path(), "letter.txt");
    let (printed, code) = verified(&plain, None).expect("verified");
    assert_eq!(code, 1);
    assert!(printed.starts_with("无法判断文件真伪。"), "{printed}");
    let (printed, code) = verified(&Arguments { json: true, ..plain }, None).expect("verified");
    let json: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!(code, 1);
    assert_eq!(json["format"], "jianzheng.verify.v1");
    assert_eq!(json["document"], "CANNOT_SAY");
    assert_eq!(json["exit_code"], 1);
    assert_eq!(json["report"]["findings"][0]["reason"], "neither_ofd_nor_pdf");
}

#[test]
fn a_missing_file_or_bundle_or_another_key_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = verified(&arguments(folder.path(), "letter.txt"), None).expect_err("no bundle");
    assert!(format!("{missing:#}").contains(file::STATEMENT));
    let bundle = trust(folder.path());
    let missing = verified(&arguments(folder.path(), "letter.txt"), None).expect_err("no file");
    assert!(format!("{missing:#}").contains("letter.txt"));
    std::fs::write(folder.path().join("letter.txt"), "敬启者").expect("written");
    let with_key = |key: String| Arguments {
        trust_key: Some(key),
        ..arguments(folder.path(), "letter.txt")
    };
    assert!(verified(&with_key("00".repeat(32)), None).is_err());
    assert!(verified(&with_key(text::hex(&bundle.key_fingerprint())), None).is_ok());
    std::fs::write(folder.path().join(file::STATEMENT), "{}").expect("written");
    assert!(verified(&arguments(folder.path(), "letter.txt"), None).is_err());
}
