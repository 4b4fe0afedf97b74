use std::time::Duration;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use zeroize::Zeroizing;

use super::{Claims, KeySet, PublicJwk};
use crate::error::{Reason, TOKEN_FOREIGN, TOKEN_INVALID, TOKEN_KEYS_MISSING};

/// No access token lives longer.
pub const LONGEST_LIFETIME: Duration = Duration::from_secs(300);

/// The only algorithm, whatever a token's header says.
const ALGORITHM: Algorithm = Algorithm::ES256;

/// The longest token that is looked at.
const LONGEST_TOKEN: usize = 8192;

/// Signs access tokens; only `identity` has one.
pub struct TokenSigner {
    kid: String,
    key: EncodingKey,
    public: PublicJwk,
}

/// Why a key cannot sign tokens, or a token was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// Not a P-256 key in PKCS #8.
    #[error("the token key is not a P-256 private key in PKCS #8")]
    Key,
    /// It would outlive [`LONGEST_LIFETIME`] or end before it begins.
    #[error("a token lives between 1 and {} seconds", LONGEST_LIFETIME.as_secs())]
    Lifetime,
    /// A token that no certificate binds is never signed.
    #[error("a token must be bound to a certificate")]
    Unbound,
    /// The signature failed.
    #[error("cannot sign the token: {0}")]
    Sign(#[from] jsonwebtoken::errors::Error),
}

impl TokenSigner {
    /// Takes a P-256 key in PKCS #8 PEM.
    pub fn from_pem(kid: impl Into<String>, pem: &str) -> Result<Self, SignerError> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| SignerError::Key)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.secret_pkcs8_der())
            .map_err(|_| SignerError::Key)?;
        // SEC 1, uncompressed: 4 ‖ x ‖ y.
        let (x, y) = match pair.public_key().as_ref() {
            [4, point @ ..] if point.len() == 64 => point.split_at(32),
            _ => return Err(SignerError::Key),
        };
        let kid = kid.into();
        let public = PublicJwk {
            kid: kid.clone(),
            kty: "EC".to_owned(),
            crv: "P-256".to_owned(),
            alg: "ES256".to_owned(),
            x: URL_SAFE_NO_PAD.encode(x),
            y: URL_SAFE_NO_PAD.encode(y),
        };
        Ok(Self {
            kid,
            key: EncodingKey::from_ec_der(der.secret_pkcs8_der()),
            public,
        })
    }

    /// Makes a new key and returns its PKCS #8 PEM, for `admin bootstrap` and rotation.
    pub fn generate_pem() -> Result<Zeroizing<String>, SignerError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| SignerError::Key)?;
        let der = pair.to_pkcs8v1().map_err(|_| SignerError::Key)?;
        let body = Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(der.as_ref()));
        let mut pem = Zeroizing::new(String::from("-----BEGIN PRIVATE KEY-----\n"));
        for line in body.as_bytes().chunks(64) {
            pem.push_str(std::str::from_utf8(line).expect("invariant: base64 is ASCII"));
            pem.push('\n');
        }
        pem.push_str("-----END PRIVATE KEY-----\n");
        Ok(pem)
    }

    /// The public half, for `GetKeySet`.
    pub fn public_jwk(&self) -> &PublicJwk {
        &self.public
    }

    /// Signs `claims`, which must be bound to a certificate and end within [`LONGEST_LIFETIME`].
    pub fn sign(&self, claims: &Claims) -> Result<String, SignerError> {
        if claims.cnf.is_none() {
            return Err(SignerError::Unbound);
        }
        if !lifetime_is_lawful(claims) {
            return Err(SignerError::Lifetime);
        }
        let mut header = Header::new(ALGORITHM);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(self.kid.clone());
        Ok(jsonwebtoken::encode(&header, claims, &self.key)?)
    }
}

/// Reads a token and checks signature, issuer, audience and lifetime span. Expiry, binding and revocation depend on
/// the moment and the connection: the caller checks them each time.
pub(super) fn decode(token: &str, keys: &dyn KeySet, issuer: &str, audience: &str) -> Result<Claims, Reason> {
    if token.len() > LONGEST_TOKEN {
        return Err(TOKEN_INVALID);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| TOKEN_INVALID)?;
    if header.alg != ALGORITHM || header.typ.as_deref() != Some("at+jwt") {
        return Err(TOKEN_INVALID);
    }
    let kid = header.kid.ok_or(TOKEN_INVALID)?;
    let Some(key) = keys.key(&kid) else {
        return Err(if keys.is_empty() {
            TOKEN_KEYS_MISSING
        } else {
            TOKEN_FOREIGN
        });
    };
    let claims = verify(token, &key, issuer, audience)?;
    if !lifetime_is_lawful(&claims) {
        return Err(TOKEN_INVALID);
    }
    Ok(claims)
}

fn verify(token: &str, key: &DecodingKey, issuer: &str, audience: &str) -> Result<Claims, Reason> {
    let mut validation = Validation::new(ALGORITHM);
    // The library knows only the machine's clock.
    validation.validate_exp = false;
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience]);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
    let foreign = |kind: &ErrorKind| {
        matches!(
            kind,
            ErrorKind::InvalidSignature | ErrorKind::InvalidIssuer | ErrorKind::InvalidAudience
        )
    };
    jsonwebtoken::decode::<Claims>(token, key, &validation)
        .map(|token| token.claims)
        .map_err(|error| {
            if foreign(error.kind()) {
                TOKEN_FOREIGN
            } else {
                TOKEN_INVALID
            }
        })
}

fn lifetime_is_lawful(claims: &Claims) -> bool {
    let longest = i64::try_from(LONGEST_LIFETIME.as_secs()).expect("invariant: 300 seconds fit");
    claims
        .exp
        .checked_sub(claims.iat)
        .is_some_and(|lifetime| (1..=longest).contains(&lifetime))
}
