use std::{
    fmt, fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use rustls::{
    SignatureScheme,
    client::ResolvesClientCert,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject};

use super::{PeerIdentity, Thumbprint, TlsFileError, provider, trust::read_certificates};

/// This process's certificate and key. Looked at afresh for each handshake: when the files have changed they are read
/// again; while they do not belong together (half replaced) or cannot be read, the last good pair goes on.
pub struct Leaf {
    chain: PathBuf,
    key: PathBuf,
    current: ArcSwap<CertifiedKey>,
    /// The identities of the files that were last looked at, good or not.
    seen: Mutex<Option<[Stamp; 2]>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Leaf {
    /// Reads a certificate chain and its key from PEM files.
    pub fn open(chain: &Path, key: &Path) -> Result<Self, TlsFileError> {
        let seen = stamps(chain, key).ok();
        let current = ArcSwap::from_pointee(read(chain, key)?);
        Ok(Self {
            chain: chain.to_owned(),
            key: key.to_owned(),
            current,
            seen: Mutex::new(seen),
        })
    }

    /// The pair in force now.
    pub fn current(&self) -> Arc<CertifiedKey> {
        if let Ok(stamps) = stamps(&self.chain, &self.key) {
            let mut seen = self.seen.lock();
            if *seen != Some(stamps) {
                *seen = Some(stamps);
                match read(&self.chain, &self.key) {
                    Ok(fresh) => {
                        tracing::info!("certificate replaced");
                        self.current.store(Arc::new(fresh));
                    }
                    Err(error) => tracing::warn!(%error, "certificate files changed but cannot be used"),
                }
            }
        }
        self.current.load_full()
    }

    /// The thumbprint to which tokens used by this process must be bound.
    pub fn thumbprint(&self) -> Option<Thumbprint> {
        self.current()
            .cert
            .first()
            .map(|certificate| Thumbprint::of_certificate(certificate))
    }

    /// The identity that this process presents, if the certificate carries one.
    pub fn identity(&self) -> Option<PeerIdentity> {
        self.current()
            .cert
            .first()
            .and_then(|certificate| PeerIdentity::of_certificate(certificate).ok())
    }
}

impl fmt::Debug for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leaf")
            .field("chain", &self.chain)
            .finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Leaf {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

impl ResolvesClientCert for Leaf {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

fn stamps(chain: &Path, key: &Path) -> std::io::Result<[Stamp; 2]> {
    let stamp = |path| {
        fs::metadata(path).map(|metadata| Stamp {
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        })
    };
    Ok([stamp(chain)?, stamp(key)?])
}

fn read(chain: &Path, key: &Path) -> Result<CertifiedKey, TlsFileError> {
    let no_key = || TlsFileError::Content {
        path: key.to_owned(),
        what: "private key",
    };
    let certificates = read_certificates(chain)?;
    if certificates.is_empty() {
        return Err(TlsFileError::Content {
            path: chain.to_owned(),
            what: "certificate",
        });
    }
    let pem = zeroize::Zeroizing::new(fs::read(key)?);
    let private = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| no_key())?;
    let signer = provider()
        .key_provider
        .load_private_key(private)
        .map_err(|_| no_key())?;
    let pair = CertifiedKey::new(certificates, signer);
    pair.keys_match().map_err(|_| TlsFileError::Mismatch)?;
    Ok(pair)
}
