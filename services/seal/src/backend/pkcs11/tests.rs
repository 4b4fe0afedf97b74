//! What of a module's answers can be told without one; a real token is in `tests/seal/module.rs`.

use gm::{Algorithm, PrivateKey};
use personal_data::OsRandom;
use rand_core::UnwrapErr;

use super::*;

#[test]
fn a_public_key_is_read_from_a_wrapped_point_and_from_a_bare_one() {
    for algorithm in [Algorithm::Sm2WithSm3, Algorithm::EcdsaP256Sha256] {
        let key = PrivateKey::generate(algorithm, &mut UnwrapErr(OsRandom));
        let spki = key.public_key().to_spki();
        let point = &spki[spki.len() - 65..];
        let mut wrapped = Writer::new();
        wrapped.octets(point);
        assert_eq!(
            public_key(algorithm, &wrapped.finish()).as_ref(),
            Some(key.public_key())
        );
        assert_eq!(public_key(algorithm, point).as_ref(), Some(key.public_key()));
        assert_eq!(public_key(algorithm, &point[..64]), None);
    }
}

#[test]
fn sm2_goes_by_the_vendors_number_and_ecdsa_by_its_own() {
    let mechanism = vendor(0x8000_0301).expect("a vendor's number");
    assert_eq!(*mechanism.mechanism_type(), 0x8000_0301);
    assert!(
        vendor(0x1041).is_err(),
        "a number of the standard is not a vendor's"
    );
}
