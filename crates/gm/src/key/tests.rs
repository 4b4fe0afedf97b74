//! Published vectors (domain §4.7) and what must never verify.

use proptest::prelude::*;
use rand::{SeedableRng as _, rngs::StdRng};

use super::*;
use crate::sm3;

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    hex::decode(hex).unwrap().try_into().unwrap()
}

/// GB/T 32918.5, appendix A: the sample with the default identity and "message digest".
fn standard_key() -> PrivateKey {
    let d = bytes("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8");
    PrivateKey::from_scalar(Algorithm::Sm2WithSm3, &d).unwrap()
}

fn key(algorithm: Algorithm, seed: u64) -> PrivateKey {
    PrivateKey::generate(algorithm, &mut StdRng::seed_from_u64(seed))
}

#[test]
fn sm3_of_abc_is_as_published() {
    assert_eq!(
        hex::encode(sm3::digest(b"abc")),
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    );
    assert_eq!(
        hex::encode(sm3::digest(&b"abcd".repeat(16))),
        "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    );
}

#[test]
fn z_and_e_of_the_standard_sample_are_reproduced() {
    let public = standard_key().public_key().clone();
    assert_eq!(
        hex::encode(public.to_point()),
        concat!(
            "04",
            "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020",
            "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
        )
    );
    assert_eq!(
        hex::encode(public.z().unwrap()),
        "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3"
    );
    assert_eq!(
        hex::encode(public.digest(b"message digest")),
        "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"
    );
}

#[test]
fn the_signature_of_the_standard_sample_verifies_in_both_encodings() {
    let public = standard_key().public_key().clone();
    let r = bytes("f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3");
    let s = bytes("b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa");
    let signature = Signature::from_scalars(Algorithm::Sm2WithSm3, r, s).unwrap();
    public.verify(b"message digest", &signature).unwrap();
    public
        .verify_bytes(b"message digest", &signature.to_der())
        .unwrap();
    public
        .verify_bytes(b"message digest", &signature.to_raw())
        .unwrap();
    assert!(public.verify(b"message digesT", &signature).is_err());
}

/// RFC 6979, appendix A.2.5, message "sample" with SHA-256.
#[test]
fn the_signature_of_the_p256_sample_verifies() {
    let d = bytes("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
    let public = PrivateKey::from_scalar(Algorithm::EcdsaP256Sha256, &d)
        .unwrap()
        .public_key()
        .clone();
    let r = bytes("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716");
    let s = bytes("f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
    public
        .verify(
            b"sample",
            &Signature::from_scalars(Algorithm::EcdsaP256Sha256, r, s).unwrap(),
        )
        .unwrap();
}

#[test]
fn numbers_outside_of_the_group_are_refused() {
    for algorithm in [Algorithm::Sm2WithSm3, Algorithm::EcdsaP256Sha256] {
        let one = bytes::<32>(&format!("{:064x}", 1));
        let order = *algorithm.order();
        let mut largest = order;
        largest[31] -= 1;
        let parse = |r, s| Signature::from_scalars(algorithm, r, s);
        assert!(parse(one, largest).is_ok());
        for bad in [[0; 32], order, [0xff; 32]] {
            assert_eq!(parse(bad, one), Err(InvalidSignature));
            assert_eq!(parse(one, bad), Err(InvalidSignature));
            let raw = [bad, one].concat();
            assert_eq!(Signature::parse(algorithm, &raw), Err(InvalidSignature));
        }
    }
}

#[test]
fn malformed_values_are_refused() {
    let good = key(Algorithm::Sm2WithSm3, 1)
        .sign(b"m", &mut StdRng::seed_from_u64(2))
        .unwrap();
    let parse = |bytes: &[u8]| Signature::parse(Algorithm::Sm2WithSm3, bytes);
    let der = good.to_der();
    assert_eq!(parse(&der), Ok(good));
    assert_eq!(
        parse(&[der.as_slice(), &[0]].concat()),
        Err(InvalidSignature),
        "trailing byte"
    );
    assert_eq!(parse(&der[..der.len() - 1]), Err(InvalidSignature), "truncated");
    assert_eq!(parse(&good.to_raw()[..63]), Err(InvalidSignature));
    assert_eq!(parse(&[]), Err(InvalidSignature));
    assert_eq!(
        parse(&hex::decode("3006020181020101").unwrap()),
        Err(InvalidSignature),
        "negative r"
    );
    assert_eq!(
        parse(&hex::decode("3009020101020101020101").unwrap()),
        Err(InvalidSignature),
        "three numbers"
    );
}

/// r + s ≡ 0 (mod n) makes the public key drop out of the equation (GB/T 32918.2 §7.1 B5).
#[test]
fn a_degenerate_sm2_value_is_refused() {
    let one = bytes::<32>(&format!("{:064x}", 1));
    let mut minus_one = *Algorithm::Sm2WithSm3.order();
    minus_one[31] -= 1;
    let signature = Signature::from_scalars(Algorithm::Sm2WithSm3, one, minus_one).unwrap();
    assert!(
        standard_key()
            .public_key()
            .verify(b"anything", &signature)
            .is_err()
    );
}

#[test]
fn points_off_the_curve_are_no_keys() {
    for algorithm in [Algorithm::Sm2WithSm3, Algorithm::EcdsaP256Sha256] {
        let mut point = key(algorithm, 3).public_key().to_point();
        point[64] ^= 1;
        assert_eq!(PublicKey::from_point(algorithm, &point), Err(InvalidKey));
        for other in [&[0][..], &[], &[4; 65], &[0; 65]] {
            assert_eq!(PublicKey::from_point(algorithm, other), Err(InvalidKey));
        }
    }
}

#[test]
fn keys_survive_their_encodings_and_show_nothing() {
    for algorithm in [Algorithm::Sm2WithSm3, Algorithm::EcdsaP256Sha256] {
        let key = key(algorithm, 4);
        let pem = key.to_pkcs8_pem();
        assert_eq!(
            PrivateKey::from_pkcs8_pem(&pem).unwrap().public_key(),
            key.public_key()
        );
        assert_eq!(
            &PublicKey::from_spki(&key.public_key().to_spki()).unwrap(),
            key.public_key()
        );
        assert_eq!(format!("{key:?}"), format!("PrivateKey({algorithm:?})"));
    }
    assert_eq!(
        PrivateKey::from_pkcs8_pem("-----BEGIN PRIVATE KEY-----\n").unwrap_err(),
        InvalidKey
    );
}

#[test]
fn the_same_message_signed_twice_gives_two_values_that_both_verify() {
    let key = key(Algorithm::Sm2WithSm3, 5);
    let mut rng = StdRng::seed_from_u64(6);
    let (first, second) = (
        key.sign(b"m", &mut rng).unwrap(),
        key.sign(b"m", &mut rng).unwrap(),
    );
    assert_ne!(first, second);
    key.public_key().verify(b"m", &first).unwrap();
    key.public_key().verify(b"m", &second).unwrap();
}

#[test]
fn a_value_of_one_algorithm_never_verifies_under_the_other() {
    let (sm2, p256) = (key(Algorithm::Sm2WithSm3, 7), key(Algorithm::EcdsaP256Sha256, 7));
    let signature = sm2.sign(b"m", &mut StdRng::seed_from_u64(8)).unwrap();
    assert!(p256.public_key().verify(b"m", &signature).is_err());
}

#[test]
fn a_key_that_verifies_often_goes_on_verifying() {
    let key = key(Algorithm::Sm2WithSm3, 9);
    let signature = key.sign(b"m", &mut StdRng::seed_from_u64(10)).unwrap();
    for _ in 0..60 {
        key.public_key().verify(b"m", &signature).unwrap();
        assert!(key.public_key().verify(b"n", &signature).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn nothing_tampered_verifies(
        message in proptest::collection::vec(any::<u8>(), 1..200),
        seed: u64, bit in any::<prop::sample::Index>(), which in 0..3, sm2: bool,
    ) {
        let algorithm = if sm2 { Algorithm::Sm2WithSm3 } else { Algorithm::EcdsaP256Sha256 };
        let mut rng = StdRng::seed_from_u64(seed);
        let key = PrivateKey::generate(algorithm, &mut rng);
        let signature = key.sign(&message, &mut rng).unwrap();
        prop_assert!(key.public_key().verify(&message, &signature).is_ok());
        let (mut message, mut raw, mut public) = (message, signature.to_raw(), key.public_key().clone());
        let flip = |bytes: &mut [u8]| { let bit = bit.index(bytes.len() * 8); bytes[bit / 8] ^= 1 << (bit % 8); };
        match which {
            0 => flip(&mut message),
            1 => flip(&mut raw),
            _ => public = PrivateKey::generate(algorithm, &mut rng).public_key().clone(),
        }
        prop_assert!(public.verify_bytes(&message, &raw).is_err());
    }

    /// The library's own verification is the judge of ours, with and without the multiples kept.
    #[test]
    fn sm2_is_verified_as_the_library_does(
        seed: u64, digest: [u8; 32], change in 0..5, bit in any::<prop::sample::Index>(),
    ) {
        use ::sm2::dsa::signature::hazmat::PrehashVerifier as _;
        let mut rng = StdRng::seed_from_u64(seed);
        let secret = PrivateKey::generate(Algorithm::Sm2WithSm3, &mut rng);
        let signature = secret.sign_digest(&digest, &mut rng).unwrap();
        let (mut r, mut s, mut digest) = (*signature.r(), *signature.s(), digest);
        let at = bit.index(256);
        match change {
            0 => r[at / 8] ^= 1 << (at % 8),
            1 => s[at / 8] ^= 1 << (at % 8),
            2 => digest[at / 8] ^= 1 << (at % 8),
            // r + s = n
            3 => {
                let mut borrow = 0_i16;
                for (place, (n, r)) in s.iter_mut().zip(Algorithm::Sm2WithSm3.order().iter().zip(&r)).rev() {
                    let value = i16::from(*n) - i16::from(*r) - borrow;
                    borrow = i16::from(value < 0);
                    *place = value.rem_euclid(256) as u8;
                }
            }
            _ => {}
        }
        let point = secret.public_key().to_point();
        let library = ::sm2::dsa::VerifyingKey::from_sec1_bytes(DEFAULT_ID, &point).unwrap();
        let right = ::sm2::dsa::Signature::from_scalars(r, s)
            .is_ok_and(|value| library.verify_prehash(&digest, &value).is_ok());
        prop_assert_eq!(right, change == 4);
        let affine = library.as_affine();
        let comb = sm2_verify::Comb::new(affine);
        prop_assert_eq!(sm2_verify::holds(affine, None, &digest, [&r, &s]), right);
        prop_assert_eq!(sm2_verify::holds(affine, Some(&comb), &digest, [&r, &s]), right);
    }

    #[test]
    fn a_midstate_gives_the_digest_of_the_whole(
        message in proptest::collection::vec(any::<u8>(), 0..300), at in any::<prop::sample::Index>(),
    ) {
        let key = standard_key();
        let at = at.index(message.len() + 1);
        let mut prefix = key.public_key().digester();
        prefix.update(&message[..at]);
        let mut whole = prefix.clone();
        whole.update(&message[at..]);
        prop_assert_eq!(whole.finish(), key.public_key().digest(&message));
    }
}

#[test]
fn digests_signed_together_verify_each_under_its_own() {
    let mut rng = StdRng::seed_from_u64(11);
    for algorithm in [Algorithm::Sm2WithSm3, Algorithm::EcdsaP256Sha256] {
        let key = key(algorithm, 12);
        let digests: Vec<[u8; 32]> = (0..20).map(|number| sm3::digest(&[number])).collect();
        let values = key.sign_digests(&digests, &mut rng).unwrap();
        assert_eq!(values.len(), digests.len());
        for (index, value) in values.iter().enumerate() {
            for (other, digest) in digests.iter().enumerate() {
                let verified = key.public_key().verify_digest(digest, value).is_ok();
                assert_eq!(verified, index == other, "{algorithm:?} {index} {other}");
            }
        }
        assert!(key.sign_digests(&[], &mut rng).unwrap().is_empty());
    }
}

#[test]
fn the_largest_number_below_the_order_is_no_sm2_key() {
    // 1 + d has no inverse (GB/T 32918.1 §6.1: d is in [1, n-2]).
    let mut number = *Algorithm::Sm2WithSm3.order();
    number[31] -= 1;
    assert!(PrivateKey::from_scalar(Algorithm::Sm2WithSm3, &number).is_err());
    number[31] -= 1;
    let key = PrivateKey::from_scalar(Algorithm::Sm2WithSm3, &number).unwrap();
    let value = key.sign(b"message", &mut StdRng::seed_from_u64(3)).unwrap();
    assert!(key.public_key().verify(b"message", &value).is_ok());
}
