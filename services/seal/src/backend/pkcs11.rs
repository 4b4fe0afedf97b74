//! Keys in a cryptographic module that speaks PKCS#11 (an HSM, a card): they never leave it, and it sees digests only.
//!
//! ECDSA is CKM_ECDSA. SM2 is a vendor's mechanism: its number is configuration, it must take the digest e = SM3(Z ‖ M)
//! as it is, and it may answer raw r‖s or DER. Every signature is verified with the certificate's key before it counts,
//! since vendors differ in what they hash.
//!
//! Sessions are kept and used again; when one is lost (module restarted, card pulled) all are dropped and one new try
//! is made.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::vendor_defined::VendorDefinedMechanism;
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use gm::asn1::{Oid, Reader, Writer};
use gm::{Algorithm, PublicKey, SignError, Signature, Signer, Verifier as _, oid};
use parking_lot::Mutex;
use rand_core::CryptoRng;
use secrecy::SecretString;

use super::Fault;
use super::keys::KeyHolder;
use crate::making::KeyName;

/// `kind = "pkcs11"`
#[derive(Debug, Clone)]
pub struct Settings {
    /// `module`: the vendor's library.
    pub module: PathBuf,
    /// `token`: label of the token.
    pub token: String,
    /// `pin_file`: the user's PIN, in a file of its own.
    pub pin: SecretString,
    /// `key_label`: label of every key, in which `{key}` stands for `<seal>-<ofd|pdf>[-<generation>]`.
    pub key_label: String,
    /// `sm2_mechanism`: number of the vendor's mechanism that signs a digest with SM2.
    pub sm2_mechanism: Option<u64>,
    /// `sm2_key_pair_mechanism`: number of the one that makes key pairs; CKM_EC_KEY_PAIR_GEN when absent.
    pub sm2_key_pair_mechanism: Option<u64>,
}

/// A token, logged in to.
pub(crate) struct Token(Arc<Inner>);

struct Inner {
    module: Pkcs11,
    slot: Slot,
    settings: Settings,
    idle: Mutex<Vec<Session>>,
    handles: Mutex<HashMap<String, ObjectHandle>>,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token")
            .field("token", &self.0.settings.token)
            .finish_non_exhaustive()
    }
}

/// Why a token cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("{0}")]
    Module(#[from] Error),
    #[error("the module has no token `{0}`")]
    NoToken(String),
    #[error("sm2_mechanism and sm2_key_pair_mechanism are vendor numbers, from 0x80000000 on")]
    NotVendor,
}

impl Token {
    /// Loads the module, finds the token and logs in.
    pub(crate) fn open(settings: &Settings) -> Result<Self, OpenError> {
        for number in [settings.sm2_mechanism, settings.sm2_key_pair_mechanism]
            .into_iter()
            .flatten()
        {
            MechanismType::new_vendor_defined(number).map_err(|_| OpenError::NotVendor)?;
        }
        let module = Pkcs11::new(&settings.module)?;
        match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            // Another backend of this process uses the same module.
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(error.into()),
        }
        let slot = find_slot(&module, &settings.token)?;
        let slot = slot.ok_or_else(|| OpenError::NoToken(settings.token.clone()))?;
        let inner = Inner {
            module,
            slot,
            settings: settings.clone(),
            idle: Mutex::default(),
            handles: Mutex::default(),
        };
        let session = inner.session()?;
        inner.idle.lock().push(session);
        Ok(Self(Arc::new(inner)))
    }
}

fn find_slot(module: &Pkcs11, token: &str) -> Result<Option<Slot>, Error> {
    for slot in module.get_slots_with_initialized_token()? {
        if module.get_token_info(slot)?.label().trim_end() == token {
            return Ok(Some(slot));
        }
    }
    Ok(None)
}

impl KeyHolder for Token {
    const SOFTWARE: bool = false;

    fn signer(&self, name: &KeyName, public: &PublicKey, _: bool) -> Result<Arc<dyn Signer>, Fault> {
        let label = self.0.label(name);
        // The key is looked for now, so that its absence is told apart from a module that does not answer.
        let found = self
            .0
            .with_session(|session| self.0.find(session, &label))
            .map_err(away)?;
        found.ok_or_else(|| Fault::NoKey(label.clone()))?;
        Ok(Arc::new(TokenKey {
            token: Arc::clone(&self.0),
            label,
            public: public.clone(),
        }))
    }

    fn create(&self, name: &KeyName) -> Result<PublicKey, Fault> {
        let (label, algorithm) = (self.0.label(name), name.kind.algorithm());
        let point = self.0.with_session(|session| {
            let public = [
                Attribute::Class(ObjectClass::PUBLIC_KEY),
                Attribute::Label(label.clone().into()),
            ];
            let handle = match session.find_objects(&public)?.first() {
                Some(handle) => *handle,
                None => self.0.generate(session, &label, algorithm)?,
            };
            session.get_attributes(handle, &[AttributeType::EcPoint])
        });
        let point = point
            .map_err(away)?
            .into_iter()
            .find_map(|attribute| match attribute {
                Attribute::EcPoint(point) => Some(point),
                _ => None,
            });
        let point = point.ok_or_else(|| Fault::AnswerInvalid("the module shows no public key".to_owned()))?;
        public_key(algorithm, &point)
            .ok_or_else(|| Fault::AnswerInvalid("the public key is no point of its curve".to_owned()))
    }

    fn destroy(&self, name: &KeyName) -> Result<(), Fault> {
        let label = self.0.label(name);
        self.0.handles.lock().remove(&label);
        let destroyed = self.0.with_session(|session| {
            for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
                let template = [Attribute::Class(class), Attribute::Label(label.clone().into())];
                for handle in session.find_objects(&template)? {
                    session.destroy_object(handle)?;
                }
            }
            Ok(())
        });
        destroyed.map_err(away)
    }
}

impl Inner {
    fn label(&self, name: &KeyName) -> String {
        self.settings.key_label.replace("{key}", &name.to_string())
    }

    fn session(&self) -> Result<Session, Error> {
        let session = self.module.open_rw_session(self.slot)?;
        match session.login(UserType::User, Some(&self.settings.pin)) {
            // Logging in counts for all sessions of the process.
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
            Err(error) => Err(error),
        }
    }

    /// Runs `work` in a session; once more in a new one when the session was lost.
    fn with_session<T>(&self, work: impl Fn(&Session) -> Result<T, Error>) -> Result<T, Error> {
        let kept = self.idle.lock().pop();
        let session = kept.map_or_else(|| self.session(), Ok)?;
        match work(&session) {
            Err(error) if is_lost(&error) => {
                self.handles.lock().clear();
                self.idle.lock().clear();
                drop(session);
                let session = self.session()?;
                let done = work(&session)?;
                self.idle.lock().push(session);
                Ok(done)
            }
            outcome => {
                self.idle.lock().push(session);
                outcome
            }
        }
    }

    fn find(&self, session: &Session, label: &str) -> Result<Option<ObjectHandle>, Error> {
        if let Some(handle) = self.handles.lock().get(label) {
            return Ok(Some(*handle));
        }
        let template = [
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::Label(label.into()),
        ];
        let found = session.find_objects(&template)?.first().copied();
        if let Some(handle) = found {
            self.handles.lock().insert(label.to_owned(), handle);
        }
        Ok(found)
    }

    fn mechanism(&self, algorithm: Algorithm) -> Result<Mechanism<'static>, Error> {
        match (algorithm, self.settings.sm2_mechanism) {
            (Algorithm::EcdsaP256Sha256, _) => Ok(Mechanism::Ecdsa),
            (Algorithm::Sm2WithSm3, Some(number)) => vendor(number),
            (Algorithm::Sm2WithSm3, None) => Err(Error::NotSupported),
        }
    }

    /// A key pair whose private half cannot be read out.
    fn generate(&self, session: &Session, label: &str, algorithm: Algorithm) -> Result<ObjectHandle, Error> {
        let mechanism = match (algorithm, self.settings.sm2_key_pair_mechanism) {
            (Algorithm::Sm2WithSm3, Some(number)) => vendor(number)?,
            _ => Mechanism::EccKeyPairGen,
        };
        let mut curve = Writer::new();
        curve.oid(curve_of(algorithm));
        let shared = [
            Attribute::Token(true),
            Attribute::Label(label.into()),
            Attribute::Id(label.into()),
        ];
        let public = [Attribute::EcParams(curve.finish()), Attribute::Verify(true)];
        let private = [
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
        ];
        let (public, _) = session.generate_key_pair(
            &mechanism,
            &[shared.as_slice(), public.as_slice()].concat(),
            &[shared.as_slice(), private.as_slice()].concat(),
        )?;
        Ok(public)
    }
}

fn vendor(number: u64) -> Result<Mechanism<'static>, Error> {
    let kind = MechanismType::new_vendor_defined(number)?;
    Ok(Mechanism::VendorDefined(VendorDefinedMechanism::new::<u8>(
        kind, None,
    )))
}

const fn curve_of(algorithm: Algorithm) -> Oid {
    match algorithm {
        Algorithm::Sm2WithSm3 => oid::SM2_CURVE,
        // prime256v1
        Algorithm::EcdsaP256Sha256 => Oid::dotted("1.2.840.10045.3.1.7"),
    }
}

/// CKA_EC_POINT is an OCTET STRING of the point; some modules leave the wrapping out.
fn public_key(algorithm: Algorithm, point: &[u8]) -> Option<PublicKey> {
    let mut reader = Reader::new(point);
    let wrapped = reader.octets().ok().filter(|_| reader.peek().is_none());
    let point = wrapped.map_or(point, |element| element.content());
    let mut spki = Writer::new();
    spki.sequence(|info| {
        info.sequence(|identifier| {
            identifier.oid(oid::EC_PUBLIC_KEY).oid(curve_of(algorithm));
        });
        info.bits(point);
    });
    PublicKey::from_spki(&spki.finish()).ok()
}

/// One key of a token.
struct TokenKey {
    token: Arc<Inner>,
    label: String,
    public: PublicKey,
}

impl Signer for TokenKey {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign_digest(&self, digest: &[u8; 32], _: &mut dyn CryptoRng) -> Result<Signature, SignError> {
        let algorithm = self.public.algorithm();
        let fault = |problem: String| SignError(format!("key `{}`: {problem}", self.label));
        let value = self.token.with_session(|session| {
            let key = self
                .token
                .find(session, &self.label)?
                .ok_or(Error::InvalidValue)?;
            session.sign(&self.token.mechanism(algorithm)?, key, digest)
        });
        let value = value.map_err(|error| fault(error.to_string()))?;
        let signature = Signature::parse(algorithm, &value).map_err(|error| fault(error.to_string()))?;
        let fits = self.public.verify_digest(digest, &signature);
        fits.map_err(|_| fault("the module's signature does not fit the certificate".to_owned()))?;
        Ok(signature)
    }
}

fn is_lost(error: &Error) -> bool {
    matches!(
        error,
        Error::Pkcs11(
            RvError::SessionHandleInvalid
                | RvError::SessionClosed
                | RvError::DeviceRemoved
                | RvError::DeviceError
                | RvError::TokenNotPresent
                | RvError::UserNotLoggedIn
                | RvError::KeyHandleInvalid
                | RvError::ObjectHandleInvalid,
            _
        )
    )
}

fn away(error: Error) -> Fault {
    match error {
        Error::NotSupported => Fault::Unsupported("sm2_mechanism is not configured"),
        error => Fault::Unavailable(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
