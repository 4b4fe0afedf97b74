//! An authority with its keys, its bundle, and certificates that it sealed.

use std::sync::LazyLock;

use certificate_face::face::Kind;
use certificate_face::facts::Printed;
use certificate_face::layout::{DocumentNumberPolicy, Layout};
use certificate_face::lint::{Sealed, lint};
use certificate_face::render::render;
use certificate_face::specimen;
use certificate_face::template::{Producer, Template, TemplateSpec};
use document_verification::trust::{
    BundleDraft, BundleFiles, IssuingAuthority, SignedBundle, SignerRule, SigningKey, TrustBundle,
};
use document_verification::{Finding, Outcome, Policy, Report, Verifier, verify};
use gm::certificate::{Authority, Marking, Profile, Request, RevocationList, Subject, Validity};
use gm::{Algorithm, Certificate, PrivateKey, Signer as _, cades};
use jiff::Timestamp;
use rand::{SeedableRng as _, rngs::StdRng};
use seal_format::{Picture, Seal, SealDraft, Stamp, Version};

/// The type code of specimens, and the credit code of their authority.
pub(crate) const TYPE: &str = "11990000000000000D000";
pub(crate) const CREDIT_CODE: &str = "11990000000000000D";

pub(crate) fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// When documents are sealed.
pub(crate) fn sealed_at() -> Timestamp {
    at("2026-05-06T02:00:00Z")
}

/// When they are verified.
pub(crate) fn now() -> Timestamp {
    at("2026-06-01T00:00:00Z")
}

/// A key with its certificate.
pub(crate) struct Certified {
    pub(crate) certificate: Certificate,
    pub(crate) key: PrivateKey,
}

/// How an authority is made; the names are those of the fictitious authority unless said otherwise.
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) organisation: &'static str,
    pub(crate) marking: Marking,
    pub(crate) version: Version,
    /// Last instant of the seal maker's certificate.
    pub(crate) maker_until: &'static str,
    /// Last instant of the seal.
    pub(crate) seal_until: &'static str,
    /// Seals with another's seal instead of its own.
    pub(crate) borrowed: Option<Seal>,
    /// Format and bytes of another picture than the specimen's.
    pub(crate) picture: Option<(&'static str, Vec<u8>)>,
}

impl Plan {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            organisation: specimen::ISSUER,
            marking: Marking::Specimen,
            version: Version::V4,
            maker_until: "2036-01-01T00:00:00Z",
            seal_until: "2036-01-01T00:00:00Z",
            borrowed: None,
            picture: None,
        }
    }
}

/// An authority: two hierarchies, a seal maker, a seal, its two signers, and templates with that seal.
pub(crate) struct Office {
    plan: Plan,
    pub(crate) seal_root: Authority<PrivateKey>,
    pub(crate) seal_ca: Certified,
    pub(crate) pdf_root: Authority<PrivateKey>,
    pub(crate) pdf_ca: Certified,
    pub(crate) signer: Certified,
    pub(crate) pdf_signer: Certified,
    pub(crate) seal: Seal,
}

fn request(plan: &Plan, profile: Profile, name: &str, key: &PrivateKey, serial: u8, until: &str) -> Request {
    Request {
        profile,
        subject: Subject {
            common_name: name.to_owned(),
            organization: plan.organisation.to_owned(),
        },
        public_key: key.public_key().clone(),
        validity: Validity {
            from: at("2026-01-01T00:00:00Z"),
            until: at(until),
        },
        serial: vec![serial],
        marking: plan.marking,
        crl_locations: Vec::new(),
    }
}

impl Office {
    pub(crate) fn open(plan: Plan) -> Self {
        const FAR: &str = "2040-01-01T00:00:00Z";
        let mut rng = rng(plan.seed);
        let mut hierarchy = |algorithm, profiles: [Profile; 2], serial| {
            let key = PrivateKey::generate(algorithm, &mut rng);
            let root = request(&plan, profiles[0], "样本根", &key, serial, FAR);
            let root = Authority::self_signed(key, &root, &mut rng).expect("a root");
            let key = PrivateKey::generate(algorithm, &mut rng);
            let ca = request(&plan, profiles[1], "样本签发", &key, serial + 1, FAR);
            let certificate = root.issue(&ca, &mut rng).expect("an intermediate");
            (root, Certified { certificate, key })
        };
        let (seal_root, seal_ca) = hierarchy(
            Algorithm::Sm2WithSm3,
            [Profile::SealRoot, Profile::SealIntermediate],
            1,
        );
        let (pdf_root, pdf_ca) = hierarchy(
            Algorithm::EcdsaP256Sha256,
            [Profile::PdfRoot, Profile::PdfIntermediate],
            3,
        );
        let mut certify = |ca: &Certified, profile, name: &str, serial, until: &str| {
            let algorithm = ca.key.public_key().algorithm_of();
            let issuer = Authority::new(ca.certificate.clone(), &ca.key).expect("an issuer");
            let key = PrivateKey::generate(algorithm, &mut rng);
            let certificate = issuer.issue(&request(&plan, profile, name, &key, serial, until), &mut rng);
            Certified {
                certificate: certificate.expect("a certificate"),
                key,
            }
        };
        let maker = certify(&seal_ca, Profile::SealMaker, "样本制章人", 5, plan.maker_until);
        let signer = certify(
            &seal_ca,
            Profile::SealSigner,
            "样本签章人",
            6,
            "2036-01-01T00:00:00Z",
        );
        let pdf_signer = certify(
            &pdf_ca,
            Profile::PdfSigner,
            "样本签章人",
            7,
            "2036-01-01T00:00:00Z",
        );
        let draft = SealDraft {
            version: plan.version,
            es_id: format!("{CREDIT_CODE}0001"),
            vendor: "JIANZHENG".to_owned(),
            kind: 1,
            name: "行政许可专用章（样本）".to_owned(),
            signers: vec![signer.certificate.clone()],
            created: at("2026-02-01T00:00:00Z"),
            valid_from: at("2026-02-01T00:00:00Z"),
            valid_until: at(plan.seal_until),
            picture: Picture {
                format: plan
                    .picture
                    .as_ref()
                    .map_or("PNG", |(format, _)| format)
                    .to_owned(),
                bytes: plan
                    .picture
                    .as_ref()
                    .map_or_else(specimen::seal_picture, |(_, bytes)| bytes.clone()),
                width: 45,
                height: 45,
            },
        };
        let own = draft
            .make(&maker.certificate, &maker.key, &mut rng)
            .expect("a seal");
        let seal = plan.borrowed.clone().unwrap_or(own);
        Self {
            plan,
            seal_root,
            seal_ca,
            pdf_root,
            pdf_ca,
            signer,
            pdf_signer,
            seal,
        }
    }

    /// The bundle that names this office as the authority for specimens.
    pub(crate) fn bundle(&self) -> TrustBundle {
        self.bundle_with(&[], self.authorities())
    }

    pub(crate) fn authorities(&self) -> Vec<IssuingAuthority> {
        vec![IssuingAuthority {
            name: self.plan.organisation.to_owned(),
            credit_code: CREDIT_CODE.to_owned(),
            licence_types: vec![TYPE.to_owned()],
            signers: SignerRule {
                organisations: vec![self.plan.organisation.to_owned()],
                seal_ids: vec![format!("{CREDIT_CODE}0001")],
                seal_names: Vec::new(),
            },
        }]
    }

    pub(crate) fn bundle_with(
        &self,
        lists: &[RevocationList],
        authorities: Vec<IssuingAuthority>,
    ) -> TrustBundle {
        let parts = self.bundle_parts(lists, authorities);
        TrustBundle::open(&parts.files()).expect("a bundle")
    }

    pub(crate) fn bundle_parts(
        &self,
        lists: &[RevocationList],
        authorities: Vec<IssuingAuthority>,
    ) -> BundleParts {
        let pem = |root: &Certificate, ca: &Certificate| (root.to_pem() + &ca.to_pem()).into_bytes();
        let seal_root = pem(self.seal_root.certificate(), &self.seal_ca.certificate);
        let pdf_root = pem(self.pdf_root.certificate(), &self.pdf_ca.certificate);
        let lists: String = lists.iter().map(RevocationList::to_pem).collect();
        let revocation_lists = (!lists.is_empty()).then(|| lists.into_bytes());
        let mut parts = BundleParts {
            signed: SignedBundle {
                statement: Vec::new(),
                signature: String::new(),
                key: String::new(),
            },
            seal_root,
            pdf_root,
            revocation_lists,
        };
        let key = SigningKey::from_seed(&[7; 32]).expect("a key");
        let signed = TrustBundle::sign(&parts.draft(authorities), &key);
        parts.signed = signed.expect("a signed bundle");
        parts
    }

    pub(crate) fn template(&self, kind: Kind) -> Template {
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
        let kind = if printed.record().use_copy.is_some() {
            Kind::UseCopy
        } else {
            Kind::Original
        };
        self.seal_with(&self.template(kind), printed, sealed_at())
    }

    pub(crate) fn seal_with(&self, template: &Template, printed: &Printed, when: Timestamp) -> Sealed {
        let (facts, pictures) = (printed.facts(), specimen::pictures(specimen::SEED));
        let sealing = certificate_face::metadata::Sealing {
            time: when,
            ..specimen::sealing()
        };
        let drafts = render(template, &facts, &pictures, &sealing).expect("drafts");
        let linted = lint(template, &facts, &pictures, drafts).expect("no fault");
        let value = self.signed_value(&linted.ofd_data_hash(), linted.ofd_property_info(), when);
        let chain = [
            self.pdf_signer.certificate.clone(),
            self.pdf_ca.certificate.clone(),
        ];
        let cms =
            cades::sign(&linted.pdf_digest(), &self.pdf_signer.key, &chain, &mut rng(9)).expect("a CMS");
        linted.seal(&value, &cms).expect("room for the CMS")
    }

    /// `SignedValue.dat`. A borrowed seal does not list the signer; a forger writes it all the same.
    pub(crate) fn signed_value(&self, data_hash: &[u8; 32], path: &str, when: Timestamp) -> Vec<u8> {
        if self.plan.borrowed.is_some() {
            return self.forged_value(data_hash, path, when);
        }
        let stamp = Stamp::new(&self.seal, &self.signer.certificate, path).expect("a stamp");
        let tbs = stamp.tbs(when, data_hash).expect("within the validities");
        let signature = self
            .signer
            .key
            .sign(&tbs.to_der(), &mut rng(8))
            .expect("a signature");
        tbs.finish(&signature).expect("SM2")
    }

    fn forged_value(&self, data_hash: &[u8; 32], path: &str, when: Timestamp) -> Vec<u8> {
        use gm::asn1::{Writer, generalized_time, tag};
        let mut tbs = Writer::new();
        tbs.sequence(|tbs| {
            tbs.integer(4).raw(self.seal.der());
            tbs.element(tag::GENERALIZED_TIME, generalized_time(when).as_bytes());
            tbs.bits(data_hash).ia5(path);
        });
        let tbs = tbs.finish();
        let signature = self.signer.key.sign(&tbs, &mut rng(8)).expect("a signature");
        let mut out = Writer::new();
        out.sequence(|whole| {
            whole
                .raw(&tbs)
                .octets(self.signer.certificate.der())
                .oid(gm::oid::SM2_WITH_SM3);
            whole.bits(&signature.to_der());
        });
        out.finish()
    }
}

/// The files of a bundle.
pub(crate) struct BundleParts {
    pub(crate) signed: SignedBundle,
    pub(crate) seal_root: Vec<u8>,
    pub(crate) pdf_root: Vec<u8>,
    pub(crate) revocation_lists: Option<Vec<u8>>,
}

impl BundleParts {
    /// What was signed, or is to be with something else beside it.
    pub(crate) fn draft(&self, authorities: Vec<IssuingAuthority>) -> BundleDraft<'_> {
        BundleDraft {
            issued_at: at("2026-01-01T00:00:00Z"),
            expires_at: at("2031-01-01T00:00:00Z"),
            authorities,
            seal_root: &self.seal_root,
            pdf_root: &self.pdf_root,
            timestamp_anchors: None,
            revocation_lists: self.revocation_lists.as_deref(),
        }
    }

    pub(crate) fn files(&self) -> BundleFiles<'_> {
        BundleFiles {
            statement: &self.signed.statement,
            signature: self.signed.signature.as_bytes(),
            key: self.signed.key.as_bytes(),
            seal_root: &self.seal_root,
            pdf_root: &self.pdf_root,
            timestamp_anchors: None,
            revocation_lists: self.revocation_lists.as_deref(),
        }
    }
}

trait AlgorithmOf {
    fn algorithm_of(&self) -> Algorithm;
}

impl AlgorithmOf for gm::PublicKey {
    fn algorithm_of(&self) -> Algorithm {
        gm::Verifier::algorithm(self)
    }
}

pub(crate) static OFFICE: LazyLock<Office> = LazyLock::new(|| Office::open(Plan::new(1)));
pub(crate) static BUNDLE: LazyLock<TrustBundle> = LazyLock::new(|| OFFICE.bundle());
/// Has learnt all that it can of the documents that tests tamper with.
pub(crate) static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    let verifier = Verifier::new(OFFICE.bundle(), Policy::default());
    let [of_originals, of_copies] = &*TEMPLATES;
    let (original, copy) = (
        OFFICE.seal_with(of_originals, &specimen::original(1), sealed_at()),
        OFFICE.seal_with(of_copies, &specimen::use_copy(1), sealed_at()),
    );
    for bytes in [
        &ORIGINAL.ofd,
        &COPY.ofd,
        &ORIGINAL.ofd,
        &COPY.ofd,
        &original.pdf,
        &ORIGINAL.pdf,
        &copy.pdf,
        &COPY.pdf,
    ] {
        let standing = verifier.verify(bytes, now()).document;
        assert_eq!(standing, document_verification::DocumentStanding::Authentic);
    }
    let learnt = format!("{verifier:?}");
    assert!(learnt.contains("beginnings: 2"), "{learnt}");
    verifier
});
/// Of originals and of use copies.
static TEMPLATES: LazyLock<[Template; 2]> =
    LazyLock::new(|| [OFFICE.template(Kind::Original), OFFICE.template(Kind::UseCopy)]);
/// The sealed original, two specialties.
pub(crate) static ORIGINAL: LazyLock<Sealed> =
    LazyLock::new(|| OFFICE.seal_with(&TEMPLATES[0], &specimen::original(2), sealed_at()));
/// The sealed use copy.
pub(crate) static COPY: LazyLock<Sealed> =
    LazyLock::new(|| OFFICE.seal_with(&TEMPLATES[1], &specimen::use_copy(2), sealed_at()));

/// The report on a file, which must be the same whatever was learnt before.
#[track_caller]
pub(crate) fn judged(bytes: &[u8]) -> Report {
    let report = verify(bytes, &BUNDLE, now(), &Policy::default());
    let learnt = VERIFIER.verify(bytes, now());
    assert_eq!(report.findings, learnt.findings);
    assert_eq!(report.document, learnt.document);
    report
}

/// Check, reason and subject of what fails.
pub(crate) fn failures(report: &Report) -> Vec<(&'static str, &'static str, String)> {
    let failing = report
        .findings
        .iter()
        .filter(|finding| finding.result == Outcome::Fail);
    failing
        .map(|one| (one.check, one.reason, one.subject.clone().unwrap_or_default()))
        .collect()
}

/// Outcome and reason of the worst finding of one check.
pub(crate) fn of(report: &Report, check: &str) -> (Outcome, &'static str) {
    let worst: Option<&Finding> = report.of(check).max_by_key(|finding| finding.result);
    let worst = worst.unwrap_or_else(|| panic!("no finding of {check}: {:?}", report.findings));
    (worst.result, worst.reason)
}
