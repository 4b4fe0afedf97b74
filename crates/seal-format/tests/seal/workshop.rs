//! A seal workshop: root, maker, signer, their revocation list, a seal, and a document signed with it.

use gm::{
    Algorithm, Certificate, Finding, Outcome, PrivateKey, Signer as _,
    certificate::{Authority, Marking, Profile, Request, Revocation, RevocationList, Subject, Validity},
    chain::Trust,
    sm3,
};
use jiff::Timestamp;
use rand::{SeedableRng as _, rngs::StdRng};
use seal_format::{
    Picture, Seal, SealDraft, SignedSeal, Stamp, Version,
    verify::{self, Evidence},
};

pub(crate) const PATH: &str = "/Doc_0/Signs/Sign_0/Signature.xml";
pub(crate) const XML: &[u8] = b"<ofd:Signature>the references</ofd:Signature>";

pub(crate) fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn during() -> Timestamp {
    at("2026-11-23T08:00:00Z")
}

pub(crate) struct Workshop {
    pub(crate) root: Authority<PrivateKey>,
    pub(crate) maker: Certificate,
    pub(crate) maker_key: PrivateKey,
    pub(crate) signer: Certificate,
    pub(crate) signer_key: PrivateKey,
    roots: [Certificate; 1],
    pub(crate) lists: Vec<RevocationList>,
}

pub(crate) fn request(profile: Profile, name: &str, key: &PrivateKey, serial: u8, until: &str) -> Request {
    Request {
        profile,
        subject: Subject {
            common_name: name.to_owned(),
            organization: "样本机关".to_owned(),
        },
        public_key: key.public_key().clone(),
        validity: Validity {
            from: at("2026-01-01T00:00:00Z"),
            until: at(until),
        },
        serial: vec![serial],
        marking: Marking::Specimen,
        crl_locations: Vec::new(),
    }
}

impl Workshop {
    pub(crate) fn new() -> Self {
        Self::with_maker_until("2035-12-31T23:59:59Z")
    }

    /// A workshop whose maker's certificate ends at an instant.
    pub(crate) fn with_maker_until(maker_until: &str) -> Self {
        let [root_key, maker_key, signer_key] =
            [1, 2, 3].map(|seed| PrivateKey::generate(Algorithm::Sm2WithSm3, &mut rng(seed)));
        let until = "2035-12-31T23:59:59Z";
        let root_request = request(Profile::SealRoot, "样本根", &root_key, 1, until);
        let root = Authority::self_signed(root_key, &root_request, &mut rng(4)).unwrap();
        let issue = |request: &Request| root.issue(request, &mut rng(5)).unwrap();
        let maker = issue(&request(
            Profile::SealMaker,
            "样本制章人",
            &maker_key,
            2,
            maker_until,
        ));
        let signer = issue(&request(
            Profile::SealSigner,
            "样本签章人",
            &signer_key,
            3,
            "2028-12-31T23:59:59Z",
        ));
        let roots = [root.certificate().clone()];
        let mut workshop = Self {
            root,
            maker,
            maker_key,
            signer,
            signer_key,
            roots,
            lists: Vec::new(),
        };
        workshop.revoke(&[]);
        workshop
    }

    /// A workshop that is judged by a certificate of its root that ends at an instant.
    pub(crate) fn with_root_until(until: &str) -> Self {
        let mut workshop = Self::new();
        let key = PrivateKey::generate(Algorithm::Sm2WithSm3, &mut rng(1));
        let request = request(Profile::SealRoot, "样本根", &key, 1, until);
        let root = Authority::self_signed(key, &request, &mut rng(4)).unwrap();
        workshop.roots = [root.certificate().clone()];
        workshop
    }

    pub(crate) fn revoke(&mut self, entries: &[Revocation]) {
        let (from, to) = (at("2027-12-31T00:00:00Z"), at("2035-12-31T00:00:00Z"));
        self.lists = vec![RevocationList::issue(&self.root, 1, from, to, entries, &mut rng(6)).unwrap()];
    }

    pub(crate) fn trust(&self) -> Trust<'_> {
        Trust {
            roots: &self.roots,
            intermediates: &[],
            revocation_lists: &self.lists,
            ..Trust::default()
        }
    }

    pub(crate) fn draft(&self) -> SealDraft {
        SealDraft {
            version: Version::V4,
            es_id: "11990000000000000D0001".to_owned(),
            vendor: "Jianzheng".to_owned(),
            kind: 1,
            name: "样本专用章".to_owned(),
            signers: vec![self.signer.clone()],
            created: at("2026-02-01T00:00:00Z"),
            valid_from: at("2026-02-01T00:00:00Z"),
            valid_until: at("2028-02-01T00:00:00Z"),
            picture: Picture {
                format: "PNG".to_owned(),
                bytes: vec![0x89; 20_000],
                width: 45,
                height: 45,
            },
        }
    }

    pub(crate) fn seal(&self) -> Seal {
        self.draft()
            .make(&self.maker, &self.maker_key, &mut rng(7))
            .unwrap()
    }

    /// `SignedValue.dat` over [`XML`].
    pub(crate) fn sign(&self, seal: &Seal, when: Timestamp) -> Vec<u8> {
        let stamp = Stamp::new(seal, &self.signer, PATH).unwrap();
        let tbs = stamp.tbs(when, &sm3::digest(XML)).unwrap();
        let signature = self.signer_key.sign_digest(&tbs.digest(), &mut rng(8)).unwrap();
        tbs.finish(&signature).unwrap()
    }

    /// Everything found about a signed seal: its signature, then its seal as of the signing time.
    pub(crate) fn findings(&self, signed: &SignedSeal, seal_file: &[u8]) -> Vec<Finding> {
        let evidence = Evidence {
            signature_xml: XML,
            signature_path: PATH,
            seal_file: Some(seal_file),
            time_stamping: None,
        };
        let report = verify::signature(signed, &evidence, &self.trust());
        let seal = verify::seal(
            signed.seal(),
            &self.trust(),
            report.signing_time.unwrap_or_else(during),
        );
        report.findings.into_iter().chain(seal.findings).collect()
    }
}

/// Check and reason of what fails.
pub(crate) fn failures(findings: &[Finding]) -> Vec<(&'static str, &'static str)> {
    let failing = findings.iter().filter(|finding| finding.outcome == Outcome::Fail);
    failing.map(|finding| (finding.check, finding.reason)).collect()
}

/// Outcome and reason of one check.
pub(crate) fn of(findings: &[Finding], check: &str) -> (Outcome, &'static str) {
    let found = findings.iter().find(|finding| finding.check == check).unwrap();
    (found.outcome, found.reason)
}
