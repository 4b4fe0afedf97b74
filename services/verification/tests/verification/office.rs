//! An authority that seals specimens, and its trust bundle.

use std::path::Path;
use std::sync::LazyLock;

use certificate_face::face::Kind;
use certificate_face::facts::Printed;
use certificate_face::layout::{DocumentNumberPolicy, Layout};
use certificate_face::lint::{Sealed, lint};
use certificate_face::render::render;
use certificate_face::specimen;
use certificate_face::template::{Producer, Template, TemplateSpec};
use document_verification::trust::{
    BundleDraft, IssuingAuthority, SignerRule, SigningKey, TrustBundle, file,
};
use gm::certificate::{
    Authority, Marking, Profile, Request, Revocation, RevocationList, RevocationReason, Subject, Validity,
};
use gm::{Algorithm, Certificate, PrivateKey, Signer as _, cades};
use jiff::Timestamp;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use seal_format::{Picture, Seal, SealDraft, Stamp, Version};

const TYPE: &str = "11990000000000000D000";
const CREDIT_CODE: &str = "11990000000000000D";

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

struct Certified {
    certificate: Certificate,
    key: PrivateKey,
}

/// Keys, seal and certificates of one authority.
pub(crate) struct Office {
    roots: [Certificate; 2],
    intermediates: [Certified; 2],
    signer: Certified,
    pdf_signer: Certified,
    seal: Seal,
}

fn request(profile: Profile, key: &PrivateKey, serial: u8) -> Request {
    Request {
        profile,
        subject: Subject {
            common_name: "样本".to_owned(),
            organization: specimen::ISSUER.to_owned(),
        },
        public_key: key.public_key().clone(),
        validity: Validity {
            from: at("2026-01-01T00:00:00Z"),
            until: at("2036-01-01T00:00:00Z"),
        },
        serial: vec![serial],
        marking: Marking::Specimen,
        crl_locations: Vec::new(),
    }
}

impl Office {
    pub(crate) fn open(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut hierarchy = |algorithm, root: Profile, intermediate: Profile, serial| {
            let key = PrivateKey::generate(algorithm, &mut rng);
            let own = request(root, &key, serial);
            let root = Authority::self_signed(key, &own, &mut rng).expect("a root");
            let key = PrivateKey::generate(algorithm, &mut rng);
            let certificate = root.issue(&request(intermediate, &key, serial + 1), &mut rng);
            (
                root.certificate().clone(),
                Certified {
                    certificate: certificate.expect("an intermediate"),
                    key,
                },
            )
        };
        let seal_side = hierarchy(
            Algorithm::Sm2WithSm3,
            Profile::SealRoot,
            Profile::SealIntermediate,
            1,
        );
        let pdf_side = hierarchy(
            Algorithm::EcdsaP256Sha256,
            Profile::PdfRoot,
            Profile::PdfIntermediate,
            3,
        );
        let mut certify = |ca: &Certified, algorithm, profile, serial| {
            let issuer = Authority::new(ca.certificate.clone(), &ca.key).expect("an issuer");
            let key = PrivateKey::generate(algorithm, &mut rng);
            let certificate = issuer
                .issue(&request(profile, &key, serial), &mut rng)
                .expect("a certificate");
            Certified { certificate, key }
        };
        let maker = certify(&seal_side.1, Algorithm::Sm2WithSm3, Profile::SealMaker, 5);
        let signer = certify(&seal_side.1, Algorithm::Sm2WithSm3, Profile::SealSigner, 6);
        let pdf_signer = certify(&pdf_side.1, Algorithm::EcdsaP256Sha256, Profile::PdfSigner, 7);
        let draft = SealDraft {
            version: Version::V4,
            es_id: format!("{CREDIT_CODE}0001"),
            vendor: "JIANZHENG".to_owned(),
            kind: 1,
            name: "行政许可专用章（样本）".to_owned(),
            signers: vec![signer.certificate.clone()],
            created: at("2026-02-01T00:00:00Z"),
            valid_from: at("2026-02-01T00:00:00Z"),
            valid_until: at("2036-01-01T00:00:00Z"),
            picture: Picture {
                format: "PNG".to_owned(),
                bytes: specimen::seal_picture(),
                width: 42,
                height: 42,
            },
        };
        let seal = draft
            .make(&maker.certificate, &maker.key, &mut rng)
            .expect("a seal");
        Self {
            roots: [seal_side.0, pdf_side.0],
            intermediates: [seal_side.1, pdf_side.1],
            signer,
            pdf_signer,
            seal,
        }
    }

    /// The lists that say of both signers' keys that they are in other hands since then.
    fn compromised(&self, since: Timestamp) -> String {
        let mut rng = StdRng::seed_from_u64(8);
        let sides = self.intermediates.iter().zip([&self.signer, &self.pdf_signer]);
        let lists = sides.map(|(issuer, signer)| {
            let authority = Authority::new(issuer.certificate.clone(), &issuer.key).expect("an issuer");
            let entry = Revocation {
                serial: signer.certificate.serial().to_vec(),
                revoked_at: since,
                reason: RevocationReason::KeyCompromise,
                invalid_since: None,
            };
            let (from, until) = (at("2026-05-01T00:00:00Z"), at("2030-01-01T00:00:00Z"));
            RevocationList::issue(&authority, 1, from, until, &[entry], &mut rng).expect("a list")
        });
        lists.map(|list| list.to_pem()).collect()
    }

    /// Writes the trust bundle into a new folder; with `compromised`, the signers' keys are bad since then.
    pub(crate) fn publish(&self, folder: &Path, compromised: Option<Timestamp>) {
        let lists = compromised.map(|since| self.compromised(since));
        let pem = |side: usize| self.roots[side].to_pem() + &self.intermediates[side].certificate.to_pem();
        let (seal_root, pdf_root) = (pem(0), pem(1));
        let draft = BundleDraft {
            issued_at: at("2026-01-01T00:00:00Z"),
            expires_at: at("2031-01-01T00:00:00Z"),
            authorities: vec![IssuingAuthority {
                name: specimen::ISSUER.to_owned(),
                credit_code: CREDIT_CODE.to_owned(),
                licence_types: vec![TYPE.to_owned()],
                signers: SignerRule {
                    organisations: vec![specimen::ISSUER.to_owned()],
                    seal_ids: vec![format!("{CREDIT_CODE}0001")],
                    seal_names: Vec::new(),
                },
            }],
            seal_root: seal_root.as_bytes(),
            pdf_root: pdf_root.as_bytes(),
            timestamp_anchors: None,
            revocation_lists: lists.as_deref().map(str::as_bytes),
        };
        let key = SigningKey::from_seed(&[7; 32]).expect("a key");
        let signed = TrustBundle::sign(&draft, &key).expect("a bundle");
        std::fs::create_dir(folder).expect("a new folder");
        let lists = lists
            .as_deref()
            .map(|lists| (file::REVOCATION_LISTS, lists.as_bytes()));
        let files = [
            (file::STATEMENT, signed.statement.as_slice()),
            (file::SIGNATURE, signed.signature.as_bytes()),
            (file::KEY, signed.key.as_bytes()),
            (file::SEAL_ROOT, seal_root.as_bytes()),
            (file::PDF_ROOT, pdf_root.as_bytes()),
        ];
        for (name, content) in files.into_iter().chain(lists) {
            std::fs::write(folder.join(name), content).expect("the folder is writable");
        }
    }

    fn template(&self, kind: Kind) -> Template {
        let picture = specimen::seal_picture();
        Template::compile(&TemplateSpec {
            layout: Layout::of(Layout::CURRENT, DocumentNumberPolicy::Shown).expect("the current layout"),
            kind,
            specimen: true,
            issuer: specimen::ISSUER,
            seal: self.seal.der().to_vec(),
            seal_picture: &picture,
            contents_reserve: 4096,
            producer: Producer {
                name: "jianzheng",
                version: "0.1.0",
                company: "Jianzheng",
            },
        })
        .expect("a template")
    }

    /// Seals both documents of a certificate.
    pub(crate) fn seal(&self, printed: &Printed) -> Sealed {
        self.seal_drawing(printed, 9)
    }

    /// The same, with nonces drawn from another seed: other signatures over the same facts.
    pub(crate) fn seal_drawing(&self, printed: &Printed, seed: u64) -> Sealed {
        let copy = printed.record().use_copy.is_some();
        let template = self.template(if copy { Kind::UseCopy } else { Kind::Original });
        let (facts, pictures) = (printed.facts(), specimen::pictures(specimen::SEED));
        let time = at("2026-05-06T02:00:00Z");
        let sealing = certificate_face::metadata::Sealing {
            time,
            ..specimen::sealing()
        };
        let drafts = render(&template, &facts, &pictures, &sealing).expect("drafts");
        let linted = lint(&template, &facts, &pictures, drafts).expect("no fault");
        let path = linted.ofd_property_info();
        let stamp = Stamp::new(&self.seal, &self.signer.certificate, path).expect("a stamp");
        let tbs = stamp
            .tbs(time, &linted.ofd_data_hash())
            .expect("within the validities");
        let mut rng = StdRng::seed_from_u64(seed);
        let signature = self
            .signer
            .key
            .sign(&tbs.to_der(), &mut rng)
            .expect("a signature");
        let value = tbs.finish(&signature).expect("SM2");
        let chain = [
            self.pdf_signer.certificate.clone(),
            self.intermediates[1].certificate.clone(),
        ];
        let cms = cades::sign(&linted.pdf_digest(), &self.pdf_signer.key, &chain, &mut rng).expect("a CMS");
        linted.seal(&value, &cms).expect("room for the CMS")
    }
}

pub(crate) static OFFICE: LazyLock<Office> = LazyLock::new(|| Office::open(1));
