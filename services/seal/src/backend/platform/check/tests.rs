//! Every way in which an answer can differ from what was asked for.

use gm::certificate::{Authority, Marking, Profile, Request, Subject, Validity};
use gm::{Algorithm, Certificate, PrivateKey, Signer as _};
use jiff::{Timestamp, ToSpan as _};
use personal_data::OsRandom;
use rand_core::UnwrapErr;
use seal_format::{Picture, Seal, SealDraft, Version};

use super::*;
use crate::keystore::PROPERTY_INFO;

const AT: Timestamp = Timestamp::constant(1_780_000_000, 0);

struct Maker {
    root: Authority<PrivateKey>,
    key: PrivateKey,
    certificate: Certificate,
}

fn request(profile: Profile, key: &PrivateKey, serial: u8) -> Request {
    Request {
        profile,
        subject: Subject {
            common_name: format!("样本 {serial}"),
            organization: "样本机关".to_owned(),
        },
        public_key: key.public_key().clone(),
        validity: Validity {
            from: AT - 1.hour(),
            until: AT + 100.hours(),
        },
        serial: vec![serial],
        marking: Marking::Specimen,
        crl_locations: Vec::new(),
    }
}

impl Maker {
    fn new() -> Self {
        let mut rng = UnwrapErr(OsRandom);
        let key = PrivateKey::generate(Algorithm::Sm2WithSm3, &mut rng);
        let wanted = request(Profile::SealRoot, &key, 1);
        let root = Authority::self_signed(key, &wanted, &mut rng).expect("a root");
        let key = PrivateKey::generate(Algorithm::Sm2WithSm3, &mut rng);
        let certificate = root
            .issue(&request(Profile::SealMaker, &key, 2), &mut rng)
            .expect("a maker");
        Self {
            root,
            key,
            certificate,
        }
    }

    fn signer(&self, serial: u8) -> (PrivateKey, Certificate) {
        let mut rng = UnwrapErr(OsRandom);
        let key = PrivateKey::generate(Algorithm::Sm2WithSm3, &mut rng);
        let wanted = request(Profile::SealSigner, &key, serial);
        let certificate = self.root.issue(&wanted, &mut rng).expect("a signer");
        (key, certificate)
    }

    fn seal(&self, signers: Vec<Certificate>) -> Seal {
        let draft = SealDraft {
            version: Version::V4,
            es_id: "PLATFORM-1".to_owned(),
            vendor: "PLATFORM".to_owned(),
            kind: 1,
            name: "样本机关行政许可专用章".to_owned(),
            signers,
            created: AT,
            valid_from: AT - 1.hour(),
            valid_until: AT + 100.hours(),
            picture: Picture {
                format: "PNG".to_owned(),
                bytes: b"\x89PNG".to_vec(),
                width: 42,
                height: 42,
            },
        };
        draft
            .make(&self.certificate, &self.key, &mut UnwrapErr(OsRandom))
            .expect("a seal")
    }
}

fn signed(stamp: &Stamp, key: &PrivateKey, hash: [u8; 32]) -> Vec<u8> {
    let tbs = stamp.tbs(AT, &hash).expect("within validity");
    let signature = key
        .sign_digest(&tbs.digest(), &mut UnwrapErr(OsRandom))
        .expect("signed");
    tbs.finish(&signature).expect("SM2")
}

#[test]
fn only_the_signature_that_was_asked_for_is_taken() {
    let maker = Maker::new();
    let (key, own) = maker.signer(3);
    let (other_key, other) = maker.signer(4);
    let seal = maker.seal(vec![own.clone(), other.clone()]);
    let stamp = Stamp::new(&seal, &own, PROPERTY_INFO).expect("listed");
    let others = Stamp::new(&seal, &other, PROPERTY_INFO).expect("listed");
    let tbs = stamp.tbs(AT, &[1; 32]).expect("within validity").to_der();

    assert_eq!(check(&signed(&stamp, &key, [1; 32]), &tbs, &stamp), Ok(()));
    let fault = |value: &[u8]| check(value, &tbs, &stamp).expect_err("refused");
    assert_eq!(
        fault(&signed(&stamp, &key, [2; 32])),
        Fault::AnswerInvalid("it signs other bytes than those sent".to_owned())
    );
    assert_eq!(
        fault(&signed(&stamp, &other_key, [1; 32])),
        Fault::AnswerInvalid("its signature is not valid".to_owned())
    );
    let changed = fault(&signed(&others, &other_key, [1; 32]));
    assert_eq!(
        changed,
        Fault::SignerChanged {
            subject: "样本 4".to_owned(),
            serial: "04".to_owned()
        },
        "listed in the seal or not: the one on file signs"
    );
    assert!(matches!(fault(b"\x30\x00"), Fault::AnswerInvalid(_)));
}
