//! Seals on disk, as a ceremony leaves them: one folder per seal, named by it.
//!
//! ```text
//! <folder>/<seal>/seal.esl              SESeal (GB/T 38540), DER
//!                 seal-signer.pem       SM2 certificate chain, the signer first
//!                 seal-signer-key.pem   PKCS#8, 0600; only where the key is kept in software
//!                 pdf-signer.pem        P-256 certificate chain, the signer first
//!                 pdf-signer-key.pem    PKCS#8, 0600; only where the key is kept in software
//! ```
//!
//! The service notes them in its database when it starts; seals that are made later are in the database only.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use gm::{Algorithm, Certificate, PrivateKey, Signer as _};
use seal_format::{Seal, Stamp};

use crate::making::Making;

/// Path of `Signature.xml` in every OFD that is sealed here.
pub const PROPERTY_INFO: &str = "/Doc_0/Signs/Sign_0/Signature.xml";

/// File names in a seal's folder.
pub mod file {
    /// The seal.
    pub const SEAL: &str = "seal.esl";
    /// Chain of the seal signer.
    pub const SEAL_SIGNER: &str = "seal-signer.pem";
    /// Key of the seal signer.
    pub const SEAL_SIGNER_KEY: &str = "seal-signer-key.pem";
    /// Chain of the PDF signer.
    pub const PDF_SIGNER: &str = "pdf-signer.pem";
    /// Key of the PDF signer.
    pub const PDF_SIGNER_KEY: &str = "pdf-signer-key.pem";
}

/// Every seal of the folder, checked.
#[derive(Debug)]
pub struct Keystore(BTreeMap<String, KeptSeal>);

/// A seal with the chains of its two signers.
#[derive(Debug)]
pub struct KeptSeal {
    /// `seals/{seal}`
    pub name: String,
    /// Signs OFD documents.
    pub stamp: Stamp,
    /// Chain of the seal signer, the signer first.
    pub seal_chain: Vec<Certificate>,
    /// Chain of the PDF signer, the signer first.
    pub pdf_chain: Vec<Certificate>,
    /// Whether all of its certificates carry the SPECIMEN policy.
    pub specimen: bool,
    /// Whether a private key lies beside it.
    pub has_key_files: bool,
}

/// Why the keystore cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct KeystoreError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: String,
}

impl Keystore {
    /// Opens every seal of the folder.
    ///
    /// # Errors
    /// The first file that is missing, readable by others, or does not belong with the rest.
    pub fn open(folder: &Path) -> Result<Self, KeystoreError> {
        let entries = std::fs::read_dir(folder).map_err(at(folder))?;
        let mut seals = BTreeMap::new();
        for entry in entries {
            let path = entry.map_err(at(folder))?.path();
            // A folder without a seal holds keys of one that was requested here.
            if path.join(file::SEAL).exists() {
                let seal = KeptSeal::open(&path)?;
                seals.insert(seal.name.clone(), seal);
            }
        }
        Ok(Self(seals))
    }

    /// The seal of a resource name.
    pub fn find(&self, name: &str) -> Option<&KeptSeal> {
        self.0.get(name)
    }

    /// Every seal, by name.
    pub fn iter(&self) -> impl Iterator<Item = &KeptSeal> {
        self.0.values()
    }
}

impl KeptSeal {
    fn open(folder: &Path) -> Result<Self, KeystoreError> {
        let path = |name: &str| folder.join(name);
        let seal_path = path(file::SEAL);
        let der = std::fs::read(&seal_path).map_err(at(&seal_path))?;
        let seal = Seal::parse(&der).map_err(|error| fault(&seal_path, error))?;
        let (seal_chain, seal_in_file) = signer(
            &path(file::SEAL_SIGNER),
            &path(file::SEAL_SIGNER_KEY),
            Algorithm::Sm2WithSm3,
        )?;
        let (pdf_chain, pdf_in_file) = signer(
            &path(file::PDF_SIGNER),
            &path(file::PDF_SIGNER_KEY),
            Algorithm::EcdsaP256Sha256,
        )?;
        let id = folder
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let name = format!("seals/{id}");
        let making = Making::assemble(&name, 0, &seal, seal_chain, pdf_chain)
            .map_err(|problem| fault(folder, problem))?;
        Ok(Self {
            name,
            specimen: making.specimen,
            stamp: making.stamp,
            seal_chain: making.seal_chain,
            pdf_chain: making.pdf_chain,
            has_key_files: seal_in_file || pdf_in_file,
        })
    }
}

/// A chain, and whether the key of its first certificate lies beside it.
fn signer(
    chain_path: &Path,
    key_path: &Path,
    algorithm: Algorithm,
) -> Result<(Vec<Certificate>, bool), KeystoreError> {
    let pem = std::fs::read_to_string(chain_path).map_err(at(chain_path))?;
    let chain = Certificate::all_from_pem(&pem).map_err(|error| fault(chain_path, error))?;
    let own = chain.first().and_then(Certificate::public_key);
    if own.map(gm::PublicKey::algorithm) != Some(algorithm) {
        return Err(fault(chain_path, "is for a key of another algorithm"));
    }
    if !key_path.exists() {
        return Ok((chain, false));
    }
    let mode = std::fs::metadata(key_path)
        .map_err(at(key_path))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err(fault(key_path, "may be read by others than its owner"));
    }
    let pem = std::fs::read_to_string(key_path).map_err(at(key_path))?;
    let key = PrivateKey::from_pkcs8_pem(&pem).map_err(|error| fault(key_path, error))?;
    if own != Some(key.public_key()) {
        return Err(fault(key_path, "is not the key of the chain's first certificate"));
    }
    Ok((chain, true))
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> KeystoreError {
    let path = path.to_owned();
    move |error| KeystoreError {
        path,
        problem: error.to_string(),
    }
}

fn fault(path: &Path, problem: impl std::fmt::Display) -> KeystoreError {
    KeystoreError {
        path: path.to_owned(),
        problem: problem.to_string(),
    }
}
