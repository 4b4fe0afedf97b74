//! Keys and folders of the nation, and the ceremony of its seal.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use gm::{Algorithm, PrivateKey, Signer as _};
use personal_data::{KeyKind, OsRandom, create_key_file};
use rand_core::UnwrapErr;
use seal::ceremony::Places;
use tlog::LogSigner;

use super::{MORNING, ORIGIN, PROVINCES, SEAL};
use crate::files::write_private;
use crate::verification::trust;

/// Keys of personal data, of whatever the nation signs, of its seal, and of the provinces; the provinces' private halves are returned.
pub(super) fn keep(folder: &Path) -> Result<Vec<Arc<PrivateKey>>> {
    for name in ["personal", "objects", "objects/pictures"] {
        std::fs::create_dir(folder.join(name))?;
    }
    for kind in [KeyKind::KeyEncryption, KeyKind::BlindIndex] {
        create_key_file(&folder.join("personal"), kind, 1, &mut UnwrapErr(OsRandom))?;
    }
    let places = Places {
        keystore: folder.join("keystore"),
        offline: folder.join("offline"),
        trust: folder.join("trust"),
    };
    trust::hold(&places, SEAL, MORNING)?;
    let random = SystemRandom::new();
    for name in ["qr.der", "checkpoint.der", "receipt.der"] {
        let key = Ed25519KeyPair::generate_pkcs8(&random)?;
        write_private(&folder.join(name), key.as_ref())?;
        let public = Ed25519KeyPair::from_pkcs8(key.as_ref())?
            .public_key()
            .as_ref()
            .to_vec();
        std::fs::write(folder.join(name).with_extension("pub"), hex::encode(public))?;
    }
    let log = LogSigner::from_pkcs8(ORIGIN, &std::fs::read(folder.join("checkpoint.der"))?)?;
    std::fs::write(folder.join("log.vkey"), format!("{}\n", log.verifier()))?;
    let status = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)?;
    write_private(&folder.join("status.der"), status.as_ref())?;
    let provinces = PROVINCES.iter().map(|code| {
        let key = PrivateKey::generate(Algorithm::Sm2WithSm3, &mut UnwrapErr(OsRandom));
        std::fs::write(
            folder.join(format!("exchange-{code}.der")),
            key.public_key().to_spki(),
        )?;
        Ok(Arc::new(key))
    });
    provinces.collect()
}
