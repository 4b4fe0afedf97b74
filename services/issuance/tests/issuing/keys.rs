//! Keys, seals and the bundle of one test, and the sections of configurations that name them.

use certificate_face::specimen;
use document_verification::trust::{
    BundleDraft, IssuingAuthority, SignerRule, SigningKey, TrustBundle, file,
};
use domain::credit_code::CreditCode;
use domain::licence_identifier::LicenceIdentifier;
use jiff::SignedDuration;
use personal_data::OsRandom;
use postgres::test_support::TestDatabase;
use rand_core::UnwrapErr;
use testkit::realm::Realm;

use crate::world::{MORNING, SEAL};

pub(crate) fn make(folder: &std::path::Path, name: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(&path).expect("the folder is writable");
    path
}

pub(crate) fn ceremony(realm: &Realm) {
    let places = seal::ceremony::Places {
        keystore: realm.folder().join("keystore"),
        offline: realm.folder().join("offline"),
        trust: realm.folder().join("trust"),
    };
    let plan = seal::ceremony::Plan {
        seal: SEAL.to_owned(),
        es_id: "JZ-SPECIMEN-0001".to_owned(),
        title: "行政许可专用章（样本）".to_owned(),
        authority: specimen::ISSUER.to_owned(),
        picture: specimen::seal_picture(),
        diameter_mm: 45,
        from: MORNING - SignedDuration::from_hours(1),
    };
    seal::ceremony::hold(&plan, &places, &mut UnwrapErr(OsRandom)).expect("the ceremony succeeds");
    trust_bundle(&places.trust);
}

/// Signs the bundle by which everybody knows the seals of the fictitious authority.
pub(crate) fn trust_bundle(folder: &std::path::Path) {
    let read = |name: &str| std::fs::read(folder.join(name)).expect("the ceremony left it");
    let (seal_root, pdf_root) = (read(file::SEAL_ROOT), read(file::PDF_ROOT));
    let draft = BundleDraft {
        issued_at: MORNING - SignedDuration::from_hours(1),
        expires_at: MORNING + SignedDuration::from_hours(24 * 365),
        authorities: vec![IssuingAuthority {
            name: specimen::ISSUER.to_owned(),
            credit_code: CreditCode::SPECIMEN_AUTHORITY.to_owned(),
            licence_types: vec![LicenceIdentifier::SPECIMEN_TYPE_CODE.to_owned()],
            signers: SignerRule {
                organisations: vec![specimen::ISSUER.to_owned()],
                ..SignerRule::default()
            },
        }],
        seal_root: &seal_root,
        pdf_root: &pdf_root,
        timestamp_anchors: None,
        revocation_lists: None,
    };
    let key = SigningKey::from_seed(&[7; 32]).expect("a seed");
    let signed = TrustBundle::sign(&draft, &key).expect("the bundle can be opened");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).expect("written");
    write(file::STATEMENT, &signed.statement);
    write(file::SIGNATURE, signed.signature.as_bytes());
    write(file::KEY, signed.key.as_bytes());
}

/// Keys that the rooms of the exchange ask for, where nothing is exchanged; and the one of QR symbols.
pub(crate) fn exchange_keys(folder: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    for name in ["receipt.der", "qr.der"] {
        let key = aws_lc_rs::signature::Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new());
        let path = folder.join(name);
        std::fs::write(&path, key.expect("a key").as_ref()).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("ours");
    }
    let province = gm::PrivateKey::generate(gm::Algorithm::Sm2WithSm3, &mut UnwrapErr(OsRandom));
    let public = gm::Signer::public_key(&province).to_spki();
    std::fs::write(folder.join("exchange-32.der"), public).expect("written");
}

pub(crate) fn listen(port: u16) -> String {
    format!("deployment = \"development\"\n[listen]\nservices = \"127.0.0.1:{port}\"\n")
}

pub(crate) fn database(database: &TestDatabase) -> String {
    let settings = database.app();
    format!(
        "[database]\nsocket = {:?}\nport = {}\ndatabase = {:?}\nrole = {:?}\npassword_file = {:?}\n",
        settings.socket.expect("tests use a socket"),
        settings.port,
        settings.database,
        settings.role,
        settings.password_file.expect("roles have passwords"),
    )
}

pub(crate) fn rest(realm: &Realm, identity: &str) -> String {
    format!("{}[clock]\nfile = \"clock\"\n", realm.tls_section(identity))
}
