use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::RootCertStore;
use rustls_pki_types::{CertificateDer, pem::PemObject};

use super::Gate;
use crate::pki;

/// The authority that vouches for one kind of identity. Several certificates may stand in its file while it is being
/// replaced.
#[derive(Clone)]
pub struct Trust {
    gate: Gate,
    roots: Arc<RootCertStore>,
    specimen: bool,
}

/// Why a certificate or key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsFileError {
    /// It cannot be read.
    #[error("cannot be read: {}", .0.kind())]
    Io(#[from] io::Error),
    /// It holds nothing of the kind expected.
    #[error("{} holds no usable {what}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What was expected.
        what: &'static str,
    },
    /// Key and certificate do not belong together.
    #[error("the key does not belong to the certificate")]
    Mismatch,
}

impl Trust {
    /// Reads the authority's certificates from a PEM file.
    pub fn open(gate: Gate, path: &Path) -> Result<Self, TlsFileError> {
        let content = || TlsFileError::Content {
            path: path.to_owned(),
            what: "certificate authority",
        };
        let certificates = read_certificates(path)?;
        let specimen = certificates
            .iter()
            .all(|certificate| pki::is_specimen(certificate));
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            roots.add(certificate).map_err(|_| content())?;
        }
        if roots.is_empty() {
            return Err(content());
        }
        Ok(Self {
            gate,
            roots: Arc::new(roots),
            specimen,
        })
    }

    /// The kind of identity that it vouches for.
    pub fn gate(&self) -> Gate {
        self.gate
    }

    /// Its certificates.
    pub fn roots(&self) -> &Arc<RootCertStore> {
        &self.roots
    }

    /// Whether it was made for development: all its certificates carry the mark.
    pub fn is_specimen(&self) -> bool {
        self.specimen
    }
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust")
            .field("gate", &self.gate)
            .field("specimen", &self.specimen)
            .finish_non_exhaustive()
    }
}

pub(super) fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFileError> {
    let pem = fs::read(path)?;
    CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| TlsFileError::Content {
            path: path.to_owned(),
            what: "certificate",
        })
}
