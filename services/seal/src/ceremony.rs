//! The key ceremony: two hierarchies, a seal maker, and a seal with its two signers.
//!
//! Both roots live in memory only and are gone when the ceremony ends: what remains is their certificates, the
//! intermediates (for the next signers, kept apart from the service), and the keystore of the service. Everything made
//! here is a specimen; keys without the mark are imported, never made (design §4).

use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use gm::certificate::{Authority, IssueError, Marking, Profile, Request, Subject, Validity};
use gm::{Algorithm, Certificate, PrivateKey, Signer as _};
use jiff::{Timestamp, ToSpan as _};
use rand_core::CryptoRng;
use seal_format::{DraftError, Picture, SealDraft, Version};

use crate::keystore::file;

/// Identifier of the software that makes the seals (Vid).
pub(crate) const VENDOR: &str = "JIANZHENG";
/// 单位印章
pub(crate) const ORGANISATION: i64 = 1;

/// What a ceremony makes.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Name of the seal's folder: `specimen` of `seals/specimen`.
    pub seal: String,
    /// esID of the seal.
    pub es_id: String,
    /// Name on the seal.
    pub title: String,
    /// The issuing authority's name, as organisation of every certificate.
    pub authority: String,
    /// PNG of the stamp.
    pub picture: Vec<u8>,
    /// Diameter of the stamp in millimetres.
    pub diameter_mm: u32,
    /// First instant at which anything is valid.
    pub from: Timestamp,
}

/// Where a ceremony leaves what it made.
#[derive(Debug, Clone)]
pub struct Places {
    /// The keystore of the service.
    pub keystore: PathBuf,
    /// Keys that no running service needs: intermediates and the seal maker's.
    pub offline: PathBuf,
    /// Certificates for everybody: `seal-root.pem`, `pdf-root.pem`, each root followed by its intermediate.
    pub trust: PathBuf,
}

/// Why a ceremony ended early.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// A certificate could not be issued.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The seal could not be made.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// A file could not be written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The instants leave the calendar.
    #[error("the validity leaves the calendar")]
    Validity,
}

/// A key pair with its certificate.
struct Certified {
    certificate: Certificate,
    key: PrivateKey,
}

/// Holds the ceremony.
///
/// # Errors
/// Nothing is replaced: a keystore that has the seal already is an error.
pub fn hold(plan: &Plan, places: &Places, rng: &mut dyn CryptoRng) -> Result<(), CeremonyError> {
    let seal_side = Hierarchy::create(plan, Algorithm::Sm2WithSm3, &SEAL_SIDE, rng)?;
    let pdf_side = Hierarchy::create(plan, Algorithm::EcdsaP256Sha256, &PDF_SIDE, rng)?;
    let maker = seal_side.certify(plan, Profile::SealMaker, "制章者", rng)?;
    let seal_signer = seal_side.certify(plan, Profile::SealSigner, &plan.title, rng)?;
    let pdf_signer = pdf_side.certify(plan, Profile::PdfSigner, &plan.title, rng)?;

    let until = seal_signer.certificate.not_after();
    let draft = SealDraft {
        version: Version::V4,
        es_id: plan.es_id.clone(),
        vendor: VENDOR.to_owned(),
        kind: ORGANISATION,
        name: plan.title.clone(),
        signers: vec![seal_signer.certificate.clone()],
        created: plan.from,
        valid_from: plan.from,
        valid_until: until,
        picture: Picture {
            format: "PNG".to_owned(),
            bytes: plan.picture.clone(),
            width: plan.diameter_mm,
            height: plan.diameter_mm,
        },
    };
    let seal = draft.make(&maker.certificate, &maker.key, rng)?;

    let folder = places.keystore.join(&plan.seal);
    write(&folder.join(file::SEAL), seal.der())?;
    write_signer(
        &folder,
        (file::SEAL_SIGNER, file::SEAL_SIGNER_KEY),
        &seal_signer,
        &seal_side,
    )?;
    write_signer(
        &folder,
        (file::PDF_SIGNER, file::PDF_SIGNER_KEY),
        &pdf_signer,
        &pdf_side,
    )?;
    for (name, certified) in [
        ("seal-ca", &seal_side.issuing),
        ("pdf-ca", &pdf_side.issuing),
        ("seal-maker", &maker),
    ] {
        write(
            &places.offline.join(format!("{name}.pem")),
            certified.certificate.to_pem().as_bytes(),
        )?;
        write(
            &places.offline.join(format!("{name}-key.pem")),
            certified.key.to_pkcs8_pem().as_bytes(),
        )?;
    }
    write(
        &places.trust.join("seal-root.pem"),
        seal_side.anchors().as_bytes(),
    )?;
    write(&places.trust.join("pdf-root.pem"), pdf_side.anchors().as_bytes())
}

/// Names and profiles of one hierarchy.
struct Side {
    root: Profile,
    issuing: Profile,
    root_name: &'static str,
    issuing_name: &'static str,
}

const SEAL_SIDE: Side = Side {
    root: Profile::SealRoot,
    issuing: Profile::SealIntermediate,
    root_name: "电子印章根证书（样本）",
    issuing_name: "电子印章签发证书（样本）",
};
const PDF_SIDE: Side = Side {
    root: Profile::PdfRoot,
    issuing: Profile::PdfIntermediate,
    root_name: "版式文件根证书（样本）",
    issuing_name: "版式文件签发证书（样本）",
};

/// A root, whose key is gone already, and the intermediate that issues in its place.
struct Hierarchy {
    algorithm: Algorithm,
    root: Certificate,
    issuing: Certified,
}

impl Hierarchy {
    fn create(
        plan: &Plan,
        algorithm: Algorithm,
        side: &Side,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, CeremonyError> {
        let root_key = PrivateKey::generate(algorithm, rng);
        let request = request(plan, side.root, side.root_name, &root_key, 20, rng)?;
        let root = Authority::self_signed(root_key, &request, rng)?;
        let key = PrivateKey::generate(algorithm, rng);
        let request = self::request(plan, side.issuing, side.issuing_name, &key, 15, rng)?;
        let certificate = root.issue(&request, rng)?;
        Ok(Self {
            algorithm,
            root: root.certificate().clone(),
            issuing: Certified { certificate, key },
        })
    }

    fn certify(
        &self,
        plan: &Plan,
        profile: Profile,
        name: &str,
        rng: &mut dyn CryptoRng,
    ) -> Result<Certified, CeremonyError> {
        let authority = Authority::new(self.issuing.certificate.clone(), &self.issuing.key)?;
        let key = PrivateKey::generate(self.algorithm, rng);
        let certificate = authority.issue(&request(plan, profile, name, &key, 10, rng)?, rng)?;
        Ok(Certified { certificate, key })
    }

    fn anchors(&self) -> String {
        self.root.to_pem() + &self.issuing.certificate.to_pem()
    }
}

fn request(
    plan: &Plan,
    profile: Profile,
    common_name: &str,
    key: &PrivateKey,
    years: i64,
    rng: &mut dyn CryptoRng,
) -> Result<Request, CeremonyError> {
    let mut serial = [0_u8; 16];
    rng.fill_bytes(&mut serial);
    // Positive and of constant length (RFC 5280 §4.1.2.2).
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x3f | 0x40;
    }
    let until = plan
        .from
        .checked_add((years * 365 * 24).hours())
        .map_err(|_| CeremonyError::Validity)?;
    Ok(Request {
        profile,
        subject: Subject {
            common_name: common_name.to_owned(),
            organization: plan.authority.clone(),
        },
        public_key: key.public_key().clone(),
        validity: Validity {
            from: plan.from,
            until,
        },
        serial: serial.to_vec(),
        marking: Marking::Specimen,
        crl_locations: Vec::new(),
    })
}

fn write_signer(
    folder: &Path,
    (chain, key): (&str, &str),
    signer: &Certified,
    hierarchy: &Hierarchy,
) -> Result<(), CeremonyError> {
    let pem = signer.certificate.to_pem() + &hierarchy.issuing.certificate.to_pem();
    write(&folder.join(chain), pem.as_bytes())?;
    write(&folder.join(key), signer.key.to_pkcs8_pem().as_bytes())
}

/// Writes a new file, 0600, in folders that only the owner enters.
fn write(path: &Path, content: &[u8]) -> Result<(), CeremonyError> {
    use std::io::Write as _;
    let at = |source| CeremonyError::Io {
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(at)?;
    }
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    file.and_then(|mut file| file.write_all(content)).map_err(at)
}
