//! Signing with SM2 (GB/T 32918.2 §6.1), many digests at a time.
//!
//! What a signature costs beside the multiplication of the base point, which a batch shares (`sm2_base`), is an inversion of
//! 1 + d, the same for every signature of a key: it is made with the key. Everything secret runs in constant time: the
//! operations on scalars are those of `sm2`.

use rand_core::CryptoRng;
use rfc6979::KGenerator;
use sm2::elliptic_curve::ops::Reduce as _;
use sm2::elliptic_curve::point::AffineCoordinates as _;
use sm2::elliptic_curve::subtle::ConstantTimeEq as _;
use sm2::elliptic_curve::{BatchNormalize as _, Curve as _, Group as _, PrimeField as _};
use sm2::{FieldBytes, ProjectivePoint, Scalar, Sm2, U256};
use zeroize::Zeroizing;

use super::sm2_base;

/// r and s.
pub(super) type Pair = ([u8; 32], [u8; 32]);

/// Signs digests with the key `d`, whose (1 + d)⁻¹ is `inverse`. Nothing if a nonce was unusable, which happens once in
/// 2²⁵⁶.
pub(super) fn sign_all(
    d: &Scalar,
    inverse: &Scalar,
    digests: &[[u8; 32]],
    rng: &mut dyn CryptoRng,
) -> Option<Vec<Pair>> {
    let secret = Zeroizing::new(<[u8; 32]>::from(d.to_repr()));
    let digests: Vec<Scalar> = digests
        .iter()
        .map(|digest| Scalar::reduce(&FieldBytes::from(*digest)))
        .collect();
    let nonces = digests.iter().map(|digest| nonce(&secret, digest, rng));
    let nonces = Zeroizing::new(nonces.collect::<Option<Vec<Scalar>>>()?);
    let abscissae = sm2_base::abscissae(&nonces).unwrap_or_else(|| by_the_library(&nonces));
    let signed = digests.iter().zip(nonces.iter()).zip(abscissae);
    signed
        .map(|((digest, nonce), abscissa)| {
            let r = digest + &Scalar::reduce(&FieldBytes::from(abscissa));
            // (1 + d)⁻¹ (k - r d) = (1 + d)⁻¹ (k + r) - r
            let s = *inverse * (nonce + &r) - r;
            let unusable = r.is_zero() | (r + nonce).ct_eq(&Scalar::ZERO) | s.is_zero();
            (!bool::from(unusable)).then(|| (r.to_repr().into(), s.to_repr().into()))
        })
        .collect()
}

/// What `sm2_base` makes, for the nonces that it refuses.
fn by_the_library(nonces: &[Scalar]) -> Vec<[u8; 32]> {
    let points: Vec<ProjectivePoint> = nonces.iter().map(ProjectivePoint::mul_by_generator).collect();
    let points = ProjectivePoint::batch_normalize(points.as_slice());
    points.iter().map(|point| point.x().into()).collect()
}

/// A nonce of key, digest and randomness together (RFC 6979 §3.6).
fn nonce(secret: &[u8; 32], digest: &Scalar, rng: &mut dyn CryptoRng) -> Option<Scalar> {
    let mut random = Zeroizing::new([0; 32]);
    rng.fill_bytes(random.as_mut_slice());
    let mut nonce = FieldBytes::default();
    KGenerator::<sm3::Sm3, U256>::new(secret, &digest.to_repr(), random.as_slice(), &Sm2::ORDER)
        .fill_next_k(&mut nonce);
    Scalar::from_repr(nonce).into_option()
}
