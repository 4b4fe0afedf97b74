//! A root, an intermediate and a leaf, with the means to spoil each.

use gm::{
    Algorithm, Certificate, PrivateKey, Signer as _,
    certificate::{Authority, Marking, Profile, Request, Subject, Validity},
};
use jiff::Timestamp;
use rand::{SeedableRng as _, rngs::StdRng};

pub(crate) fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn during() -> Timestamp {
    at("2026-11-23T08:00:00Z")
}

pub(crate) fn key(algorithm: Algorithm, seed: u64) -> PrivateKey {
    PrivateKey::generate(algorithm, &mut rng(seed))
}

pub(crate) fn request(profile: Profile, name: &str, key: &PrivateKey, serial: u8) -> Request {
    Request {
        profile,
        subject: Subject {
            common_name: name.to_owned(),
            organization: "样本机关".to_owned(),
        },
        public_key: key.public_key().clone(),
        validity: Validity {
            from: at("2026-01-01T00:00:00Z"),
            until: at("2029-12-31T23:59:59Z"),
        },
        serial: vec![serial],
        marking: Marking::Specimen,
        crl_locations: Vec::new(),
    }
}

/// The profiles of one hierarchy: root, intermediate, leaf.
pub(crate) fn profiles(algorithm: Algorithm) -> [Profile; 3] {
    match algorithm {
        Algorithm::Sm2WithSm3 => [Profile::SealRoot, Profile::SealIntermediate, Profile::SealSigner],
        Algorithm::EcdsaP256Sha256 => [Profile::PdfRoot, Profile::PdfIntermediate, Profile::PdfSigner],
    }
}

pub(crate) struct Hierarchy {
    pub(crate) root: Authority<PrivateKey>,
    pub(crate) intermediate: Authority<PrivateKey>,
    pub(crate) leaf: Certificate,
    pub(crate) leaf_key: PrivateKey,
}

impl Hierarchy {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        Self::spoilt(algorithm, |_| {}, |_| {}, |_| {})
    }

    /// Like `new`, after each request was changed.
    pub(crate) fn spoilt(
        algorithm: Algorithm,
        root_change: impl Fn(&mut Request),
        intermediate_change: impl Fn(&mut Request),
        leaf_change: impl Fn(&mut Request),
    ) -> Self {
        let [root_profile, intermediate_profile, leaf_profile] = profiles(algorithm);
        let mut rng = rng(99);
        let root_key = key(algorithm, 1);
        let mut root_request = request(root_profile, "样本根", &root_key, 1);
        root_change(&mut root_request);
        let root = Authority::self_signed(root_key, &root_request, &mut rng).unwrap();
        let intermediate_key = key(algorithm, 2);
        let mut intermediate_request = request(intermediate_profile, "样本中级", &intermediate_key, 2);
        intermediate_change(&mut intermediate_request);
        let certificate = root.issue(&intermediate_request, &mut rng).unwrap();
        let intermediate = Authority::new(certificate, intermediate_key).unwrap();
        let leaf_key = key(algorithm, 3);
        let mut leaf_request = request(leaf_profile, "样本签章人", &leaf_key, 3);
        leaf_change(&mut leaf_request);
        let leaf = intermediate.issue(&leaf_request, &mut rng).unwrap();
        Self {
            root,
            intermediate,
            leaf,
            leaf_key,
        }
    }
}
