//! The three authorities of a deployment and the certificates that they issue; used by `jianzheng admin bootstrap`.
//! Services never make one.

use std::{fs, io, io::Write, os::unix::fs::OpenOptionsExt, path::Path, time::Duration};

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType, SerialNumber, date_time_ymd,
};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use uuid::Uuid;
use x509_cert::der::{Decode, Encode};
use zeroize::Zeroizing;

use crate::{
    config::Deployment,
    tls::{Gate, PeerIdentity},
};

/// The mark in the subject of an authority that was made for development.
const SPECIMEN: &str = "SPECIMEN";

/// When a certificate is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// From.
    pub not_before: Timestamp,
    /// To.
    pub not_after: Timestamp,
}

impl Validity {
    /// From an hour before `now` (clocks differ) for `span`.
    pub fn starting(now: Timestamp, span: Duration) -> Result<Self, PkiError> {
        let before = now
            .checked_sub(Duration::from_secs(3600))
            .map_err(|_| PkiError::Validity)?;
        let after = now.checked_add(span).map_err(|_| PkiError::Validity)?;
        Ok(Self {
            not_before: before,
            not_after: after,
        })
    }
}

/// An authority that vouches for the identities of one gate. Its key is only in memory and in its file.
pub struct Authority {
    gate: Gate,
    certificate_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// What an authority issued: PEM texts.
pub struct IssuedLeaf {
    /// The certificate.
    pub certificate_pem: String,
    /// Its key.
    pub key_pem: Zeroizing<String>,
}

/// Why an authority or certificate could not be made, read or written.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// The generator refused.
    #[error("cannot make the certificate: {0}")]
    Generate(#[from] rcgen::Error),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The times are outside what a certificate can say, or in the wrong order.
    #[error("the validity is not a period after 1970")]
    Validity,
    /// This authority does not vouch for such an identity.
    #[error("the authority of {} does not issue for {identity}", gate.name())]
    WrongGate {
        /// The authority's gate.
        gate: Gate,
        /// The identity asked for.
        identity: PeerIdentity,
    },
    /// The files do not hold an authority of this gate.
    #[error("{0} does not hold the authority and its key")]
    Mismatch(String),
}

impl Authority {
    /// Makes a new authority for the identities of `gate`; one for development carries the mark.
    pub fn create(gate: Gate, deployment: Deployment, validity: Validity) -> Result<Self, PkiError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let params = authority_params(gate, deployment, Some(validity))?;
        let certificate = params.self_signed(&key)?;
        Ok(Self {
            gate,
            certificate_pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        })
    }

    /// Reads an authority that [`Authority::save`] wrote in `folder`.
    pub fn load(gate: Gate, folder: &Path) -> Result<Self, PkiError> {
        let (certificate_path, key_path) = (folder.join("ca.pem"), folder.join("ca-key.pem"));
        let mismatch = || PkiError::Mismatch(certificate_path.display().to_string());
        let certificate_pem = read(&certificate_path)?;
        let key = KeyPair::from_pem(&Zeroizing::new(read(&key_path)?))?;
        let der = CertificateDer::from_pem_slice(certificate_pem.as_bytes()).map_err(|_| mismatch())?;
        let deployment = if is_specimen(&der) {
            Deployment::Development
        } else {
            Deployment::Production
        };
        // The issuer's name and key identifier follow from gate, mark and key; nothing else of the certificate
        // enters what it signs. Check that this is the certificate.
        let params = authority_params(gate, deployment, None)?;
        let parsed = x509_cert::Certificate::from_der(&der).map_err(|_| mismatch())?;
        let spki = parsed
            .tbs_certificate()
            .subject_public_key_info()
            .to_der()
            .map_err(|_| mismatch())?;
        let subject = parsed.tbs_certificate().subject().to_string();
        if spki != rcgen::PublicKeyData::subject_public_key_info(&key) || !subject.contains(common_name(gate))
        {
            return Err(mismatch());
        }
        Ok(Self {
            gate,
            certificate_pem,
            issuer: Issuer::new(params, key),
        })
    }

    /// Writes `ca.pem` and `ca-key.pem` into `folder`, both 0600; refuses to replace them.
    pub fn save(&self, folder: &Path) -> Result<(), PkiError> {
        create_folder(folder)?;
        write_new(
            &folder.join("ca-key.pem"),
            &Zeroizing::new(self.issuer.key().serialize_pem()),
        )?;
        write_new(&folder.join("ca.pem"), &self.certificate_pem)
    }

    /// The gate whose identities it vouches for.
    pub fn gate(&self) -> Gate {
        self.gate
    }

    /// Its certificate.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// Issues a certificate for `identity`, for serving and for calling. `localhost` and the loopback addresses stand
    /// in it besides, for clients that know only host names; `hosts` adds more.
    pub fn issue(
        &self,
        identity: &PeerIdentity,
        hosts: &[&str],
        validity: Validity,
    ) -> Result<IssuedLeaf, PkiError> {
        if identity.gate() != self.gate {
            return Err(PkiError::WrongGate {
                gate: self.gate,
                identity: identity.clone(),
            });
        }
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(
            ["localhost", "127.0.0.1", "::1"]
                .iter()
                .chain(hosts)
                .map(|host| (*host).to_owned())
                .collect::<Vec<_>>(),
        )?;
        params
            .subject_alt_names
            .push(SanType::URI(identity.to_string().try_into()?));
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, identity.name());
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        limit(&mut params, validity)?;
        let certificate: Certificate = params.signed_by(&key, &self.issuer)?;
        Ok(IssuedLeaf {
            certificate_pem: certificate.pem(),
            key_pem: Zeroizing::new(key.serialize_pem()),
        })
    }
}

impl IssuedLeaf {
    /// Writes `NAME.pem` and `NAME-key.pem` into `folder`, both 0600, replacing older ones in one step each: first
    /// the key, then the certificate. A process that looks in between keeps its last good pair.
    pub fn save(&self, folder: &Path, name: &str) -> Result<(), PkiError> {
        create_folder(folder)?;
        replace(&folder.join(format!("{name}-key.pem")), &self.key_pem)?;
        replace(&folder.join(format!("{name}.pem")), &self.certificate_pem)
    }
}

/// Whether a certificate carries the mark of development.
pub fn is_specimen(certificate: &[u8]) -> bool {
    let mark = format!("OU={SPECIMEN}");
    x509_cert::Certificate::from_der(certificate).is_ok_and(|certificate| {
        certificate
            .tbs_certificate()
            .subject()
            .to_string()
            .split(',')
            .any(|part| part == mark)
    })
}

fn common_name(gate: Gate) -> &'static str {
    match gate {
        Gate::Services => "Jianzheng services authority",
        Gate::Provinces => "Jianzheng provinces authority",
        Gate::Clients => "Jianzheng external clients authority",
        Gate::Public => "Jianzheng public authority",
    }
}

fn authority_params(
    gate: Gate,
    deployment: Deployment,
    validity: Option<Validity>,
) -> Result<CertificateParams, PkiError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    if deployment == Deployment::Development {
        params
            .distinguished_name
            .push(DnType::OrganizationalUnitName, SPECIMEN);
    }
    params
        .distinguished_name
        .push(DnType::CommonName, common_name(gate));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    if let Some(validity) = validity {
        limit(&mut params, validity)?;
    }
    Ok(params)
}

/// Validity and a random serial number.
fn limit(params: &mut CertificateParams, validity: Validity) -> Result<(), PkiError> {
    let since_1970 = |instant: Timestamp| {
        let seconds = u64::try_from(instant.as_second()).map_err(|_| PkiError::Validity)?;
        Ok::<_, PkiError>(date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds))
    };
    if validity.not_before >= validity.not_after {
        return Err(PkiError::Validity);
    }
    params.not_before = since_1970(validity.not_before)?;
    params.not_after = since_1970(validity.not_after)?;
    params.serial_number = Some(SerialNumber::from_slice(Uuid::new_v4().as_bytes()));
    Ok(())
}

fn read(path: &Path) -> Result<String, PkiError> {
    fs::read_to_string(path).map_err(at(path))
}

fn create_folder(folder: &Path) -> Result<(), PkiError> {
    fs::create_dir_all(folder).map_err(at(folder))
}

fn write_new(path: &Path, text: &str) -> Result<(), PkiError> {
    let file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(at(path))
}

fn replace(path: &Path, text: &str) -> Result<(), PkiError> {
    let fresh = path.with_extension(format!("{}.tmp", Uuid::new_v4()));
    write_new(&fresh, text)?;
    fs::rename(&fresh, path).map_err(at(path))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> PkiError {
    let path = path.display().to_string();
    |source| PkiError::Io { path, source }
}

#[cfg(test)]
mod tests;
