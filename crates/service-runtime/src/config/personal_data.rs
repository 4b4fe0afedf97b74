use personal_data::{BlindIndexer, Cipher, KeyKind, Keyring, Vault};

use super::Section;

/// What `[personal_data] cipher` may say.
const CIPHERS: &[(&str, Cipher)] = &[("aes-256-gcm", Cipher::Aes256Gcm), ("sm4-gcm", Cipher::Sm4Gcm)];

/// Reads `[personal_data]`: `folder` with `kek-<version>.key` and `index-<version>.key`, and the `cipher` of new values.
pub fn personal_data(root: &mut Section) -> Option<(Vault, BlindIndexer)> {
    let mut section = root.section("personal_data");
    let folder = section.folder("folder");
    let name = section.or("cipher", "aes-256-gcm".to_owned());
    let cipher = CIPHERS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, cipher)| *cipher);
    if cipher.is_none() {
        section.fault("cipher", "must be one of aes-256-gcm, sm4-gcm");
    }
    let folder = folder?;
    let keyring = |kind| {
        Keyring::load(&folder, kind)
            .map_err(|error| section.fault("folder", error.to_string()))
            .ok()
    };
    let (keks, indices) = (keyring(KeyKind::KeyEncryption), keyring(KeyKind::BlindIndex));
    Some((Vault::new(keks?, cipher?), BlindIndexer::new(indices?)))
}

/// Reads `[personal_data]` of a service that looks values up and stores none: `folder` with `index-<version>.key`.
pub fn blind_indexer(root: &mut Section) -> Option<BlindIndexer> {
    let mut section = root.section("personal_data");
    let folder = section.folder("folder")?;
    let keyring = Keyring::load(&folder, KeyKind::BlindIndex);
    keyring
        .map_err(|error| section.fault("folder", error.to_string()))
        .map(BlindIndexer::new)
        .ok()
}
