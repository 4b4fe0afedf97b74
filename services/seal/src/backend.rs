//! Where signatures come from: [`SealBackend`], and which of them serves which profile.
//!
//! Three implementations: [`software`] for specimens, [`pkcs11`] for a cryptographic module beside the service, [`platform`]
//! for the one external e-seal platform that it may call (国令716 art 9). Whatever comes back is verified before it is
//! journalled: by key and digest from a module, wholly from a platform.

pub(crate) mod keys;
pub(crate) mod pkcs11;
pub(crate) mod platform;
pub(crate) mod request;
pub(crate) mod software;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use gm::PublicKey;
use jiff::Timestamp;
use uuid::Uuid;

use crate::config::{BackendSettings, Profiles};
use crate::making::{KeyName, Kind, Making};

/// What is asked for: the journal holds it already.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    /// With `kind` the key by which a backend gives at most one signature.
    pub intent: Uuid,
    pub kind: Kind,
    pub making: Arc<Making>,
    /// SM3 of `Signature.xml`, SHA-256 of the byte range, or SM3 of the byte range.
    pub digest: [u8; 32],
    /// When the journal first recorded it.
    pub recorded_at: Timestamp,
    /// Now.
    pub at: Timestamp,
}

/// A key that a backend made.
#[derive(Debug, Clone)]
pub(crate) struct NewKey {
    pub public: PublicKey,
    /// PKCS#10, DER.
    pub request: Vec<u8>,
}

/// A signature with the instant that it states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Made {
    /// DER of SES_Signature, or of CMS SignedData.
    pub value: Vec<u8>,
    pub at: Timestamp,
}

/// Why a backend gave no signature. The texts name no personal value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// Seal or certificate are not valid now.
    #[error("the seal or its signer's certificate is not valid at this time")]
    OutOfValidity,
    /// The key is not there.
    #[error("no key `{0}`")]
    NoKey(String),
    /// The backend cannot be reached, or answered nothing in time. It may have signed.
    #[error("{0}")]
    Unavailable(String),
    /// The external platform refuses.
    #[error("the platform refuses: {code}: {message}")]
    Refused {
        /// Its code.
        code: String,
        /// Its words.
        message: String,
    },
    /// Another certificate than the one on file has signed.
    #[error("signed by another certificate than the one on file: subject `{subject}`, serial {serial}")]
    SignerChanged {
        /// Common name.
        subject: String,
        /// Hexadecimal.
        serial: String,
    },
    /// What came back is not what was asked for.
    #[error("what came back is not what was asked for: {0}")]
    AnswerInvalid(String),
    /// The backend does not do this.
    #[error("{0}")]
    Unsupported(&'static str),
}

/// Keeps keys and signs with them, or has somebody else do it.
///
/// `sign` answers every order in its place, asks nothing of the caller but patience, and for one (intent, kind) never
/// makes two different promises: where a signature may exist that nobody here has seen, asking again returns that one.
/// Keys are made and destroyed at most once, however often it is asked.
pub(crate) trait SealBackend: Send + Sync + fmt::Debug {
    /// Signs, off the async threads where it computes.
    fn sign(self: Arc<Self>, orders: Vec<Order>) -> BoxFuture<'static, Vec<Result<Made, Fault>>>;

    /// Makes a key, or finds the one it made, and signs a certification request for the seal with this title.
    fn create_key(self: Arc<Self>, name: KeyName, title: String)
    -> BoxFuture<'static, Result<NewKey, Fault>>;

    /// Destroys a key for good; one that is gone is no fault.
    fn destroy_key(self: Arc<Self>, name: KeyName) -> BoxFuture<'static, Result<(), Fault>>;

    /// Whether it makes keys; an external platform makes its own.
    fn makes_keys(&self) -> bool {
        true
    }

    /// Whether keys lie in files of this machine: for specimens only.
    fn is_software(&self) -> bool {
        false
    }
}

/// Every configured backend.
#[derive(Debug)]
pub(crate) struct Backends {
    by_name: BTreeMap<String, Arc<dyn SealBackend>>,
    profiles: Profiles,
}

/// A backend that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("backends.{name}: {problem}")]
pub struct BackendError {
    /// As configuration names it.
    pub name: String,
    /// What is wrong.
    pub problem: String,
}

impl Backends {
    /// Opens every backend: modules are loaded and logged in to, a platform is called when first needed.
    pub(crate) fn open(
        settings: &BTreeMap<String, BackendSettings>,
        profiles: Profiles,
        keystore: &std::path::Path,
    ) -> Result<Self, BackendError> {
        let open = |(name, settings): (&String, &BackendSettings)| {
            let fault = |problem: String| BackendError {
                name: name.clone(),
                problem,
            };
            let backend: Arc<dyn SealBackend> = match settings {
                BackendSettings::Software => {
                    Arc::new(keys::Keys::new(software::KeyFiles::new(keystore.to_owned())))
                }
                BackendSettings::Pkcs11(settings) => {
                    let token = pkcs11::Token::open(settings).map_err(|error| fault(error.to_string()))?;
                    Arc::new(keys::Keys::new(token))
                }
                BackendSettings::Platform(settings) => {
                    Arc::new(platform::Platform::new(settings).map_err(fault)?)
                }
            };
            Ok((name.clone(), backend))
        };
        Ok(Self {
            by_name: settings.iter().map(open).collect::<Result<_, BackendError>>()?,
            profiles,
        })
    }

    /// The backend that signs one kind of document of a profile (`original`, `use_copy`), with its name.
    pub(crate) fn serving(&self, profile: &str, kind: Kind) -> Result<(&str, Arc<dyn SealBackend>), Fault> {
        self.named(self.profiles.backend(profile, kind))
    }

    /// The name of the backend that signs one kind of document of a profile.
    pub(crate) fn serving_name(&self, profile: &str, kind: Kind) -> &str {
        self.profiles.backend(profile, kind)
    }

    /// A backend by its name.
    pub(crate) fn named(&self, name: &str) -> Result<(&str, Arc<dyn SealBackend>), Fault> {
        let found = self.by_name.get_key_value(name);
        let (name, backend) =
            found.ok_or(Fault::Unsupported("the key's backend is not configured any more"))?;
        Ok((name, Arc::clone(backend)))
    }

    /// The names of those whose keys lie in files.
    pub(crate) fn software(&self) -> impl Iterator<Item = &str> {
        let software = self.by_name.iter().filter(|(_, backend)| backend.is_software());
        software.map(|(name, _)| name.as_str())
    }
}
