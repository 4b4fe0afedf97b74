//! Multiples of the base point of SM2, many at a time, in constant time.
//!
//! A signature needs the abscissa of k·G and nothing else of it. A scalar is written in signed odd digits, so that k·G is a
//! sum of points out of a table, one of each row. Points are added two by two in affine coordinates: six multiplications in
//! place of fourteen, at the price of an inversion which all sums of a level share. The field is fiat-crypto's, whose
//! code is proved; the formulas are those of the chord (GB/T 32918.1 §4.2), which holds where the points are neither equal
//! nor opposite. Digits are odd, so that no two of a table are; should sums be, the whole is refused and the caller takes
//! the way of the library.
//!
//! No branch and no address depends on a scalar: a digit is looked up by reading its whole row.

use std::sync::OnceLock;

use fiat_crypto::sm2_64 as fiat;
use sm2::elliptic_curve::point::AffineCoordinates as _;
use sm2::elliptic_curve::subtle::{ConditionallySelectable as _, ConstantTimeEq as _};
use sm2::elliptic_curve::{BatchNormalize as _, Group as _};
use sm2::{FieldBytes, ProjectivePoint, Scalar};
use zeroize::{Zeroize, Zeroizing};

/// Bits of a digit. A row holds its odd multiples.
const WIDTH: usize = 6;
const ROWS: usize = 256_usize.div_ceil(WIDTH);
const MULTIPLES: usize = 1 << (WIDTH - 1);
const MASK: u8 = (1 << WIDTH) - 1;

/// The abscissae of the base point times each scalar, big-endian. Nothing if a scalar is zero or points met that the
/// formulas do not add, which for random scalars happens once in 2²⁴⁰.
pub(super) fn abscissae(scalars: &[Scalar]) -> Option<Vec<[u8; 32]>> {
    if scalars.iter().any(|scalar| scalar.is_zero().into()) {
        return None;
    }
    let mut points = Zeroizing::new(Vec::with_capacity(scalars.len() * ROWS));
    for scalar in scalars {
        let digits = Zeroizing::new(digits(scalar));
        let rows = Table::get().0.iter().zip(digits.iter());
        points.extend(rows.map(|(row, digit)| digit.of(row)));
    }
    let mut each = ROWS;
    while each > 1 {
        points = sums(&points, each)?;
        each = each.div_ceil(2);
    }
    Some(points.iter().map(|point| point.x.to_bytes()).collect())
}

/// An element of the field, in Montgomery's form.
#[derive(Clone, Copy, Zeroize)]
struct Element([u64; 4]);

/// A point of the curve that is not the one at infinity.
#[derive(Clone, Copy, Zeroize)]
struct Point {
    x: Element,
    y: Element,
}

macro_rules! operation {
    ($name:ident, $proved:ident, $($other:ident),*) => {
        #[inline]
        fn $name(self, $($other: Self),*) -> Self {
            let mut out = fiat::fiat_sm2_montgomery_domain_field_element([0; 4]);
            fiat::$proved(
                &mut out,
                &fiat::fiat_sm2_montgomery_domain_field_element(self.0),
                $(&fiat::fiat_sm2_montgomery_domain_field_element($other.0)),*
            );
            Self(out.0)
        }
    };
}

impl Element {
    operation!(times, fiat_sm2_mul, other);
    operation!(minus, fiat_sm2_sub, other);
    operation!(squared, fiat_sm2_square,);
    operation!(negated, fiat_sm2_opp,);

    fn from_bytes(big_endian: &[u8; 32]) -> Self {
        let (mut bytes, mut number) = (*big_endian, [0; 4]);
        bytes.reverse();
        fiat::fiat_sm2_from_bytes(&mut number, &bytes);
        let mut out = fiat::fiat_sm2_montgomery_domain_field_element([0; 4]);
        fiat::fiat_sm2_to_montgomery(
            &mut out,
            &fiat::fiat_sm2_non_montgomery_domain_field_element(number),
        );
        Self(out.0)
    }

    fn to_bytes(self) -> [u8; 32] {
        let mut number = fiat::fiat_sm2_non_montgomery_domain_field_element([0; 4]);
        fiat::fiat_sm2_from_montgomery(
            &mut number,
            &fiat::fiat_sm2_montgomery_domain_field_element(self.0),
        );
        let mut bytes = [0; 32];
        fiat::fiat_sm2_to_bytes(&mut bytes, &number.0);
        bytes.reverse();
        bytes
    }

    fn is_zero(self) -> bool {
        let mut bits = 0;
        fiat::fiat_sm2_nonzero(&mut bits, &self.0);
        bits == 0
    }

    fn squared_times(self, count: usize) -> Self {
        (0..count).fold(self, |element, _| element.squared())
    }

    /// The inverse, as the power p - 2; p = 2²⁵⁶ - 2²²⁴ - 2⁹⁶ + 2⁶⁴ - 1. Zero for zero.
    fn inverted(self) -> Self {
        // `ones_n` is the power 2ⁿ - 1, n bits of one.
        let ones_2 = self.squared().times(self);
        let ones_4 = ones_2.squared_times(2).times(ones_2);
        let ones_8 = ones_4.squared_times(4).times(ones_4);
        let ones_16 = ones_8.squared_times(8).times(ones_8);
        let ones_24 = ones_16.squared_times(8).times(ones_8);
        let ones_28 = ones_24.squared_times(4).times(ones_4);
        let ones_30 = ones_28.squared_times(2).times(ones_2);
        let ones_31 = ones_30.squared().times(self);
        let ones_32 = ones_31.squared().times(self);
        // The exponent from above: 31 ones, a zero, 128 ones, 32 zeros, 62 ones, a zero, a one.
        let upper = (0..4).fold(ones_31.squared(), |power, _| {
            power.squared_times(32).times(ones_32)
        });
        let lower = upper.squared_times(64).times(ones_32);
        lower
            .squared_times(30)
            .times(ones_30)
            .squared_times(2)
            .times(self)
    }
}

/// For each row the multiples 1, 3, 5 … 63 of the base point times 2^(6 · row): 86 KB.
struct Table(Vec<[Point; MULTIPLES]>);

impl Table {
    fn get() -> &'static Self {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(Self::new)
    }

    fn new() -> Self {
        let mut multiples = Vec::with_capacity(ROWS * MULTIPLES);
        let mut shifted = ProjectivePoint::GENERATOR;
        for _ in 0..ROWS {
            let step = shifted.double();
            let mut multiple = shifted;
            for _ in 0..MULTIPLES {
                multiples.push(multiple);
                multiple += step;
            }
            for _ in 0..WIDTH {
                shifted = shifted.double();
            }
        }
        let points = ProjectivePoint::batch_normalize(multiples.as_slice());
        let mut points = points.iter().map(|point| Point {
            x: Element::from_bytes(&point.x().into()),
            y: Element::from_bytes(&point.y().into()),
        });
        let row = |_| std::array::from_fn(|_| points.next().expect("invariant: as many points as multiples"));
        Self((0..ROWS).map(row).collect())
    }
}

/// An odd digit from -63 to 63: which multiple of its row, and all ones if it is subtracted.
#[derive(Clone, Copy, Default, Zeroize)]
struct Digit {
    index: u8,
    negative: u64,
}

impl Digit {
    /// Its multiple. Reads the whole row, whichever it is.
    fn of(self, row: &[Point; MULTIPLES]) -> Point {
        let mut found = Point {
            x: Element([0; 4]),
            y: Element([0; 4]),
        };
        for (index, point) in (0_u8..).zip(row) {
            let choice = self.index.ct_eq(&index);
            let taken = 0_u64.wrapping_sub(u64::from(choice.unwrap_u8()));
            let limbs = found.x.0.iter_mut().chain(&mut found.y.0);
            for (limb, from) in limbs.zip(point.x.0.iter().chain(&point.y.0)) {
                *limb |= from & taken;
            }
        }
        let opposite = found.y.negated();
        for (limb, from) in found.y.0.iter_mut().zip(opposite.0) {
            *limb ^= (*limb ^ from) & self.negative;
        }
        found
    }
}

/// The digits of a scalar or of its negative, whichever is odd: both lead to the same abscissa.
///
/// A digit is the window's bits above the lowest, which counts as one, less the middle of what it could be; the rest of the
/// number is then odd again (Joye and Tunstall, 2009, algorithm 6).
fn digits(scalar: &Scalar) -> [Digit; ROWS] {
    let odd = Scalar::conditional_select(&-*scalar, scalar, scalar.is_odd());
    let mut bytes = Zeroizing::new([0; 33]);
    let big_endian = Zeroizing::new(<[u8; 32]>::from(FieldBytes::from(odd)));
    for (byte, from) in bytes.iter_mut().zip(big_endian.iter().rev()) {
        *byte = *from;
    }
    let mut digits = [Digit::default(); ROWS];
    for (nth, digit) in digits.iter_mut().enumerate() {
        let (byte, bit) = (nth * WIDTH / 8, nth * WIDTH % 8);
        let pair = [byte, byte + 1].map(|at| bytes.get(at).copied().unwrap_or_default());
        let [low, _] = (u16::from_le_bytes(pair) >> bit).to_le_bytes();
        // The last digit is what is left, and positive.
        let positive = ((low >> WIDTH) & 1) | u8::from(nth == ROWS - 1);
        let negative = positive.wrapping_sub(1);
        digit.index = (((low | 1) ^ negative) & MASK) >> 1;
        digit.negative = u64::from_le_bytes([negative; 8]);
    }
    digits
}

/// Adds the points of each group of `each` two by two; the last of an odd number stays as it is.
fn sums(points: &[Point], each: usize) -> Option<Zeroizing<Vec<Point>>> {
    let pairs = || points.chunks(each).flat_map(|group| group.chunks(2));
    let differences = pairs().filter_map(|pair| match pair {
        [one, other] => Some(other.x.minus(one.x)),
        _ => None,
    });
    let inverses = inverses(Zeroizing::new(differences.collect()))?;
    let mut inverses = inverses.iter();
    let mut sums = Zeroizing::new(Vec::with_capacity(points.len().div_ceil(2) + points.len() / each));
    for pair in pairs() {
        match pair {
            [one, other] => sums.push(chord(one, other, *inverses.next()?)),
            rest => sums.extend_from_slice(rest),
        }
    }
    Some(sums)
}

/// The sum of two points, given the inverse of the difference of their abscissae.
fn chord(one: &Point, other: &Point, inverse: Element) -> Point {
    let slope = other.y.minus(one.y).times(inverse);
    let x = slope.squared().minus(one.x).minus(other.x);
    let y = slope.times(one.x.minus(x)).minus(one.y);
    Point { x, y }
}

/// The inverses of some elements with one inversion (Montgomery's trick). Nothing if one of them is zero.
fn inverses(mut elements: Zeroizing<Vec<Element>>) -> Option<Zeroizing<Vec<Element>>> {
    let one = Element::from_bytes(&std::array::from_fn(|at| u8::from(at == 31)));
    let mut product = one;
    let mut before = Zeroizing::new(Vec::with_capacity(elements.len()));
    for element in elements.iter() {
        before.push(product);
        product = product.times(*element);
    }
    if product.is_zero() {
        return None;
    }
    let mut inverse = product.inverted();
    for (element, before) in elements.iter_mut().zip(before.iter()).rev() {
        let own = inverse.times(*before);
        inverse = inverse.times(*element);
        *element = own;
    }
    Some(elements)
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng as _, rngs::StdRng};
    use sm2::elliptic_curve::Generate as _;
    use sm2::elliptic_curve::ops::Reduce as _;

    use super::*;

    fn by_the_library(scalars: &[Scalar]) -> Vec<[u8; 32]> {
        let abscissa = |scalar| ProjectivePoint::mul_by_generator(scalar).to_affine().x().into();
        scalars.iter().map(abscissa).collect()
    }

    #[test]
    fn multiples_are_those_of_the_library() {
        let mut rng = StdRng::seed_from_u64(1);
        for count in [1, 2, 3, 32, 65] {
            let scalars: Vec<Scalar> = (0..count).map(|_| Scalar::generate_from_rng(&mut rng)).collect();
            assert_eq!(abscissae(&scalars).unwrap(), by_the_library(&scalars), "{count}");
        }
        assert_eq!(abscissae(&[]).unwrap(), <Vec<[u8; 32]>>::new());
    }

    #[test]
    fn scalars_of_unusual_bits_are_right_or_refused() {
        let patterns = [
            [0x55; 32], [0xaa; 32], [0x80; 32], [0x7f; 32], [0x01; 32], [0xff; 32],
        ];
        let patterned = patterns.map(|bytes| Scalar::reduce(&FieldBytes::from(bytes)));
        let powers = (0..256).map(|power| (0..power).fold(Scalar::ONE, |scalar, _| scalar.double()));
        let mut scalars: Vec<Scalar> = powers.chain(patterned).collect();
        scalars.extend(scalars.clone().iter().map(|scalar| -scalar));
        scalars.extend((1_u64..200).map(Scalar::from));
        let mut added = 0;
        for scalar in scalars {
            if let Some(abscissae) = abscissae(&[scalar]) {
                assert_eq!(abscissae, by_the_library(&[scalar]));
                added += 1;
            }
        }
        assert!(added > 600, "{added}");
    }

    #[test]
    fn nothing_is_made_of_equal_or_opposite_points() {
        let [point, other, ..] = Table::get().0[0];
        let opposite = Point {
            y: point.y.negated(),
            ..point
        };
        assert!(sums(&[point, point], 2).is_none());
        assert!(sums(&[point, other, point, opposite], 2).is_none());
        assert!(sums(&[point, other], 2).is_some());
        // Zero has no multiple that could be added.
        assert!(abscissae(&[Scalar::ZERO]).is_none());
    }

    #[test]
    fn an_inverse_times_its_element_is_one() {
        let elements: Vec<Element> = (1..=9).map(|byte| Element::from_bytes(&[byte; 32])).collect();
        let inverses = inverses(Zeroizing::new(elements.clone())).unwrap();
        assert_eq!(inverses.len(), elements.len());
        for (element, inverse) in elements.iter().zip(inverses.iter()) {
            let mut product = element.times(*inverse).to_bytes();
            assert_eq!(product[31], 1);
            product[31] = 0;
            assert_eq!(product, [0; 32]);
        }
    }
}
