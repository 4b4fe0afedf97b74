//! The verification equation of SM2 (GB/T 32918.2 §7.1) in variable time: nothing in it is secret.
//!
//! A document costs one verification, nearly always under the same few keys. A [`Comb`] keeps the multiples of a point
//! that its multiplication adds up, so that no doubling is left to do; it is worth making for a key that verifies often.

use std::sync::OnceLock;

use sm2::elliptic_curve::{
    BatchNormalize as _, Group as _, PrimeField as _,
    ops::{MulVartime as _, Reduce as _},
    point::AffineCoordinates as _,
};
use sm2::{AffinePoint, FieldBytes, ProjectivePoint, Scalar};

/// Whether (r, s) signs `digest` under the key at `point`. `comb` is that of the same point, if there is one.
pub(super) fn holds(
    point: &AffinePoint,
    comb: Option<&Comb>,
    digest: &[u8; 32],
    [r, s]: [&[u8; 32]; 2],
) -> bool {
    let scalar = |bytes: &[u8; 32]| Option::<Scalar>::from(Scalar::from_repr((*bytes).into()));
    let (Some(r), Some(s)) = (scalar(r), scalar(s)) else {
        return false;
    };
    let t = r + s;
    if bool::from(r.is_zero() | s.is_zero() | t.is_zero()) {
        return false;
    }
    let of_key = match comb {
        Some(comb) => comb.multiply(&t),
        None => ProjectivePoint::from(*point).mul_vartime(&t),
    };
    let sum = Comb::of_generator().multiply(&s) + of_key;
    if bool::from(sum.is_identity()) {
        return false;
    }
    let e = Scalar::reduce(&FieldBytes::from(*digest));
    e + Scalar::reduce(&sum.to_affine().x()) == r
}

/// Bits of a scalar that one addition settles, and how many such windows a scalar has.
const WIDTH: usize = 6;
const WINDOWS: usize = 256_usize.div_ceil(WIDTH);
const MULTIPLES: usize = (1 << WIDTH) - 1;

/// For each window the multiples 1 to 63 of the point shifted there: 190 KB.
pub(super) struct Comb(Vec<AffinePoint>);

impl Comb {
    pub(super) fn new(point: &AffinePoint) -> Self {
        let mut multiples = Vec::with_capacity(WINDOWS * MULTIPLES);
        let mut shifted = ProjectivePoint::from(*point);
        for _ in 0..WINDOWS {
            let mut multiple = shifted;
            for _ in 0..MULTIPLES {
                multiples.push(multiple);
                multiple += shifted;
            }
            shifted = multiple;
        }
        Self(ProjectivePoint::batch_normalize(multiples.as_slice()))
    }

    fn of_generator() -> &'static Self {
        static GENERATOR: OnceLock<Comb> = OnceLock::new();
        GENERATOR.get_or_init(|| Self::new(&AffinePoint::GENERATOR))
    }

    fn multiply(&self, scalar: &Scalar) -> ProjectivePoint {
        let bytes: [u8; 32] = scalar.to_repr().into();
        let mut sum = ProjectivePoint::IDENTITY;
        for (window, multiples) in self.0.chunks(MULTIPLES).enumerate() {
            let digit = digit(&bytes, window * WIDTH);
            if let Some(multiple) = digit.checked_sub(1).and_then(|index| multiples.get(index)) {
                sum += *multiple;
            }
        }
        sum
    }
}

/// The bits of a big-endian number from bit `from` on.
fn digit(bytes: &[u8; 32], from: usize) -> usize {
    let byte = |index: usize| bytes.iter().rev().nth(index).copied().map_or(0, usize::from);
    let pair = byte(from / 8) | byte(from / 8 + 1) << 8;
    pair >> (from % 8) & MULTIPLES
}
