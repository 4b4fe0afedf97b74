use proptest::prelude::*;

use super::*;
use crate::{KeyringError, OsRandom, create_key_file};

const COLUMN: &str = "identity.identity_document.number";

fn vault(cipher: Cipher) -> Vault {
    Vault::new(Keyring::ephemeral(KeyKind::KeyEncryption, &mut OsRandom), cipher)
}

fn both() -> [Cipher; 2] {
    [Cipher::Aes256Gcm, Cipher::Sm4Gcm]
}

#[test]
fn a_value_opens_only_for_its_person_and_column() {
    for cipher in both() {
        let vault = vault(cipher);
        let (person, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let (key, wrapped) = vault.create(person, &mut OsRandom);
        let (other_key, other_wrapped) = vault.create(other, &mut OsRandom);
        let envelope = key.seal(COLUMN, b"11010119900307002X", &mut OsRandom);

        assert_eq!(
            key.open(COLUMN, &envelope).unwrap().as_slice(),
            b"11010119900307002X"
        );
        assert_eq!(
            vault
                .open(person, &wrapped, COLUMN, &envelope)
                .unwrap()
                .as_slice(),
            b"11010119900307002X"
        );
        assert_eq!(
            key.open("identity.identity_document.name", &envelope),
            Err(OpenError::Unauthentic)
        );
        assert_eq!(other_key.open(COLUMN, &envelope), Err(OpenError::Unauthentic));
        // The wrapped keys of two rows cannot change places.
        assert_eq!(
            vault.unwrap(person, &other_wrapped).err(),
            Some(OpenError::Unauthentic)
        );
        assert_eq!(vault.unwrap(other, &wrapped).err(), Some(OpenError::Unauthentic));
        // The same key under another person's id does not open it either: the id is bound into the value.
        let renamed = DataKey {
            owner: other,
            cipher,
            key: key.key.clone(),
        };
        assert_eq!(renamed.open(COLUMN, &envelope), Err(OpenError::Unauthentic));
    }
}

#[test]
fn every_changed_byte_is_noticed() {
    for cipher in both() {
        let vault = vault(cipher);
        let owner = Uuid::from_u128(7);
        let (key, wrapped) = vault.create(owner, &mut OsRandom);
        let envelope = key.seal(COLUMN, b"secret", &mut OsRandom);
        for at in 0..envelope.as_bytes().len() {
            let mut bytes = envelope.as_bytes().to_vec();
            bytes[at] ^= 1;
            assert!(
                key.open(COLUMN, &Envelope::from_bytes(bytes)).is_err(),
                "{cipher:?} byte {at}"
            );
        }
        for at in 0..wrapped.as_bytes().len() {
            let mut bytes = wrapped.as_bytes().to_vec();
            bytes[at] ^= 1;
            assert!(
                vault.unwrap(owner, &WrappedDataKey::from_bytes(bytes)).is_err(),
                "{cipher:?} byte {at}"
            );
        }
    }
}

#[test]
fn rotation_moves_the_data_key_and_leaves_the_values() {
    let folder = tempfile::tempdir().unwrap();
    let owner = Uuid::from_u128(3);
    create_key_file(folder.path(), KeyKind::KeyEncryption, 1, &mut OsRandom).unwrap();
    let old = Vault::new(
        Keyring::load(folder.path(), KeyKind::KeyEncryption).unwrap(),
        Cipher::Aes256Gcm,
    );
    let (key, wrapped) = old.create(owner, &mut OsRandom);
    let envelope = key.seal(COLUMN, b"value", &mut OsRandom);
    assert!(old.rewrap(owner, &wrapped, &mut OsRandom).unwrap().is_none());

    let second = create_key_file(folder.path(), KeyKind::KeyEncryption, 2, &mut OsRandom).unwrap();
    let new = Vault::new(
        Keyring::load(folder.path(), KeyKind::KeyEncryption).unwrap(),
        Cipher::Sm4Gcm,
    );
    let moved = new.rewrap(owner, &wrapped, &mut OsRandom).unwrap().unwrap();
    assert_eq!((wrapped.version(), moved.version()), (Ok(1), Ok(2)));
    assert_eq!(
        new.open(owner, &moved, COLUMN, &envelope).unwrap().as_slice(),
        b"value"
    );
    assert_eq!(
        new.open(owner, &wrapped, COLUMN, &envelope).unwrap().as_slice(),
        b"value"
    );
    assert!(new.rewrap(owner, &moved, &mut OsRandom).unwrap().is_none());

    // Once version 1 is gone, what was not moved is gone with it: that is also how erasure works.
    std::fs::remove_file(folder.path().join("kek-1.key")).unwrap();
    let later = Vault::new(
        Keyring::load(folder.path(), KeyKind::KeyEncryption).unwrap(),
        Cipher::Sm4Gcm,
    );
    assert_eq!(
        later.unwrap(owner, &wrapped).err(),
        Some(OpenError::UnknownVersion(1))
    );
    assert_eq!(
        later.open(owner, &moved, COLUMN, &envelope).unwrap().as_slice(),
        b"value"
    );
    assert!(second.ends_with("kek-2.key"));
}

#[test]
fn the_cipher_of_new_values_follows_the_configuration_and_old_ones_still_open() {
    let keyring = Keyring::ephemeral(KeyKind::KeyEncryption, &mut OsRandom);
    let owner = Uuid::from_u128(4);
    let aes = Vault::new(keyring.clone(), Cipher::Aes256Gcm);
    let (key, wrapped) = aes.create(owner, &mut OsRandom);
    let before = key.seal(COLUMN, b"value", &mut OsRandom);
    let sm4 = Vault::new(keyring, Cipher::Sm4Gcm);
    let after = sm4
        .seal_for(owner, &wrapped, COLUMN, b"value", &mut OsRandom)
        .unwrap();
    assert_eq!((before.as_bytes()[1], after.as_bytes()[1]), (1, 2));
    for envelope in [before, after] {
        assert_eq!(
            sm4.open(owner, &wrapped, COLUMN, &envelope).unwrap().as_slice(),
            b"value"
        );
    }
}

#[test]
fn nothing_secret_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let path = create_key_file(folder.path(), KeyKind::KeyEncryption, 1, &mut OsRandom).unwrap();
    let hexadecimal = std::fs::read_to_string(path).unwrap();
    let vault = Vault::new(
        Keyring::load(folder.path(), KeyKind::KeyEncryption).unwrap(),
        Cipher::Aes256Gcm,
    );
    let (key, wrapped) = vault.create(Uuid::from_u128(5), &mut OsRandom);
    let envelope = key.seal(COLUMN, "欧阳娜娜".as_bytes(), &mut OsRandom);
    let printed = format!("{vault:#?} {key:#?} {wrapped:?} {envelope:?}");
    let key_bytes = format!("{:?}", key.key.as_slice());
    assert!(!printed.contains(hexadecimal.trim()) && !printed.contains("欧"));
    assert!(
        !printed.contains(key_bytes.trim_matches(['[', ']'])) && !printed.contains(&hex::encode(*key.key))
    );
}

#[test]
fn a_keyring_refuses_files_that_are_no_keys_or_open_to_all() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let load = || Keyring::load(folder.path(), KeyKind::KeyEncryption);
    assert!(matches!(load(), Err(KeyringError::Empty(..))));
    create_key_file(folder.path(), KeyKind::BlindIndex, 1, &mut OsRandom).unwrap();
    assert!(
        matches!(load(), Err(KeyringError::Empty(..))),
        "a key of another kind does not count"
    );
    let path = create_key_file(folder.path(), KeyKind::KeyEncryption, 1, &mut OsRandom).unwrap();
    assert!(load().is_ok());
    assert!(
        create_key_file(folder.path(), KeyKind::KeyEncryption, 1, &mut OsRandom).is_err(),
        "never replaced"
    );
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o604)).unwrap();
    assert!(matches!(load(), Err(KeyringError::Exposed(_))));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&path, "0123").unwrap();
    let error = load().unwrap_err();
    assert!(matches!(error, KeyringError::Malformed(_)) && !error.to_string().contains("0123"));
    std::fs::remove_file(&path).unwrap();
    std::fs::write(folder.path().join("kek-0.key"), "").unwrap();
    assert!(matches!(load(), Err(KeyringError::Version(_))));
    std::fs::remove_file(folder.path().join("kek-0.key")).unwrap();
    for name in ["kek-1.key", "kek-01.key"] {
        std::fs::write(folder.path().join(name), "00".repeat(32)).unwrap();
        std::fs::set_permissions(folder.path().join(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    assert!(
        matches!(load(), Err(KeyringError::Version(_))),
        "two files of one version"
    );
}

proptest! {
    #[test]
    fn what_was_sealed_opens_again_and_twice_never_looks_alike(
        value in proptest::collection::vec(any::<u8>(), 0..300),
        column in "[a-z_.]{1,40}",
        sm4 in any::<bool>(),
    ) {
        let cipher = if sm4 { Cipher::Sm4Gcm } else { Cipher::Aes256Gcm };
        let (key, _) = vault(cipher).create(Uuid::from_u128(9), &mut OsRandom);
        let once = key.seal(&column, &value, &mut OsRandom);
        let again = key.seal(&column, &value, &mut OsRandom);
        prop_assert_ne!(&once, &again);
        let opened = key.open(&column, &once).unwrap();
        prop_assert_eq!(opened.as_slice(), value.as_slice());
    }

    #[test]
    fn arbitrary_bytes_never_open(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        let vault = vault(Cipher::Aes256Gcm);
        let owner = Uuid::from_u128(9);
        let (key, _) = vault.create(owner, &mut OsRandom);
        prop_assert!(key.open(COLUMN, &Envelope::from_bytes(bytes.clone())).is_err());
        prop_assert!(vault.unwrap(owner, &WrappedDataKey::from_bytes(bytes)).is_err());
    }
}
