use std::{fmt, str::FromStr, sync::Arc};

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use x509_cert::{
    Certificate,
    der::Decode,
    ext::pkix::{SubjectAltName, name::GeneralName},
};

const TRUST_DOMAIN: &str = "spiffe://jianzheng/";
const LONGEST_NAME: usize = 63;

/// Whose certificates a listener accepts; also the kind of an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gate {
    /// Services of the nation.
    Services,
    /// Services of the provinces.
    Provinces,
    /// Other organisations' backends.
    Clients,
    /// Anybody, without a certificate.
    Public,
}

impl Gate {
    /// Every gate.
    pub const ALL: [Self; 4] = [Self::Services, Self::Provinces, Self::Clients, Self::Public];

    /// Its key in `[listen]`, also used in telemetry.
    pub fn name(self) -> &'static str {
        match self {
            Self::Services => "services",
            Self::Provinces => "provinces",
            Self::Clients => "clients",
            Self::Public => "public",
        }
    }

    /// The key in `[tls]` of the authority that it goes by.
    pub fn authority_key(self) -> Option<&'static str> {
        match self {
            Self::Services => Some("services_ca"),
            Self::Provinces => Some("provinces_ca"),
            Self::Clients => Some("clients_ca"),
            Self::Public => None,
        }
    }
}

/// Who a process is: `spiffe://jianzheng/{nation|province/32|client}/NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PeerIdentity {
    /// A service of the nation.
    Nation {
        /// Its name: `identity`.
        name: String,
    },
    /// A service of a province.
    Province {
        /// The two digits of the administrative division: `32`.
        code: String,
        /// Its name: `registration`.
        name: String,
    },
    /// Another organisation's backend.
    Client {
        /// The name under which it was registered.
        name: String,
    },
}

/// Why a certificate or a text carries no identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Not of the one form allowed.
    #[error("must be spiffe://jianzheng/{{nation|province/NN|client}}/NAME")]
    Form,
    /// Not DER, or the alternative names cannot be read.
    #[error("the certificate cannot be read")]
    Certificate,
    /// There must be exactly one URI among the alternative names.
    #[error("the certificate must carry exactly one URI")]
    NotOneUri,
    /// The authority of this listener may not name such an identity.
    #[error("this authority may not name such an identity")]
    WrongGate,
}

impl PeerIdentity {
    /// A service of the nation.
    pub fn nation(name: &str) -> Result<Self, IdentityError> {
        format!("{TRUST_DOMAIN}nation/{name}").parse()
    }

    /// A service of the province with the two digits `code`.
    pub fn province(code: &str, name: &str) -> Result<Self, IdentityError> {
        format!("{TRUST_DOMAIN}province/{code}/{name}").parse()
    }

    /// Another organisation's backend.
    pub fn client(name: &str) -> Result<Self, IdentityError> {
        format!("{TRUST_DOMAIN}client/{name}").parse()
    }

    /// The gate whose authority vouches for such an identity.
    pub fn gate(&self) -> Gate {
        match self {
            Self::Nation { .. } => Gate::Services,
            Self::Province { .. } => Gate::Provinces,
            Self::Client { .. } => Gate::Clients,
        }
    }

    /// The last part.
    pub fn name(&self) -> &str {
        match self {
            Self::Nation { name } | Self::Province { name, .. } | Self::Client { name } => name,
        }
    }

    /// The identity in a certificate: its only URI alternative name.
    pub fn of_certificate(certificate: &[u8]) -> Result<Self, IdentityError> {
        let certificate = Certificate::from_der(certificate).map_err(|_| IdentityError::Certificate)?;
        let names = certificate.tbs_certificate().get_extension::<SubjectAltName>();
        let Ok(Some((_, names))) = names else {
            return Err(IdentityError::NotOneUri);
        };
        let mut uris = names.0.iter().filter_map(|name| match name {
            GeneralName::UniformResourceIdentifier(uri) => Some(uri.as_str()),
            _ => None,
        });
        match (uris.next(), uris.next()) {
            (Some(uri), None) => uri.parse(),
            _ => Err(IdentityError::NotOneUri),
        }
    }
}

impl FromStr for PeerIdentity {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let path = text.strip_prefix(TRUST_DOMAIN).ok_or(IdentityError::Form)?;
        let parts: Vec<&str> = path.split('/').collect();
        match parts.as_slice() {
            ["nation", name] if is_name(name) => Ok(Self::Nation {
                name: (*name).to_owned(),
            }),
            ["client", name] if is_name(name) => Ok(Self::Client {
                name: (*name).to_owned(),
            }),
            ["province", code, name] if is_code(code) && is_name(name) => Ok(Self::Province {
                code: (*code).to_owned(),
                name: (*name).to_owned(),
            }),
            _ => Err(IdentityError::Form),
        }
    }
}

impl fmt::Display for PeerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nation { name } => write!(f, "{TRUST_DOMAIN}nation/{name}"),
            Self::Province { code, name } => write!(f, "{TRUST_DOMAIN}province/{code}/{name}"),
            Self::Client { name } => write!(f, "{TRUST_DOMAIN}client/{name}"),
        }
    }
}

fn is_code(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|digit| digit.is_ascii_digit())
}

fn is_name(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.len() <= LONGEST_NAME
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && name.bytes().all(inner)
}

/// The SHA-256 of a certificate, as RFC 8705 binds tokens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Thumbprint([u8; 32]);

impl Thumbprint {
    /// The thumbprint of a certificate in DER.
    pub fn of_certificate(certificate: &[u8]) -> Self {
        let digest = digest::digest(&digest::SHA256, certificate);
        let mut thumbprint = [0; 32];
        thumbprint.copy_from_slice(digest.as_ref());
        Self(thumbprint)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The value of `x5t#S256`: base64url without padding.
    pub fn to_base64url(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Parses the value of `x5t#S256`.
    pub fn from_base64url(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

/// Who is at the other end of a connection, as its certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The identity in the certificate.
    pub identity: PeerIdentity,
    /// What tokens used here must be bound to.
    pub thumbprint: Thumbprint,
}

impl Peer {
    /// Reads a certificate that the authority of `gate` has vouched for.
    pub fn of_certificate(gate: Gate, certificate: &[u8]) -> Result<Arc<Self>, IdentityError> {
        let identity = PeerIdentity::of_certificate(certificate)?;
        if identity.gate() != gate {
            return Err(IdentityError::WrongGate);
        }
        Ok(Arc::new(Self {
            identity,
            thumbprint: Thumbprint::of_certificate(certificate),
        }))
    }
}
