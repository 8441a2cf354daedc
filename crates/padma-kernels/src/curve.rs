//! Affine points in the form that a backend computes in, and sums of very many pairs of them.

mod error;

use blst::{blst_fp, blst_fp2, blst_p1_affine, blst_p2_affine};
use std::fmt::Debug;

use crate::Backend;
use crate::scalar::{self, Point};
#[cfg(target_arch = "x86_64")]
use crate::{fma, ifma};
pub use error::{DecodeError, Fault};

/// One of the two groups: G1 over Fp, G2 over Fp2.
pub trait Group: Copy + Send + Sync + 'static {
    /// blst's affine point; the point at infinity is all zeros.
    type Affine: Copy + Send + Sync + Default + PartialEq + Debug;
    /// A point as a backend keeps it: 96 or 192 bytes, two coordinates of Montgomery residues. Their scale differs
    /// between backends, so a packed point means something only to the backend that made it. All zeros is infinity.
    type Packed: Copy + Send + Sync + Default + Debug;
    /// Bytes of an uncompressed point in a parameter file.
    const ENCODED: usize;

    /// From blst's form.
    fn pack(backend: Backend, point: &Self::Affine) -> Self::Packed;

    /// To blst's form.
    fn unpack(backend: Backend, point: &Self::Packed) -> Self::Affine;

    /// `sums[k] = ±left[pairs[k].left] ± right[pairs[k].right]`, about five multiplications and a squaring each.
    ///
    /// Complete: infinities, doublings and opposite points are handled. Panics when the lengths of `pairs` and `sums`
    /// differ or an index is out of range.
    ///
    /// Operands are fetched ahead, so points in no order cost memory's throughput rather than its latency; beyond some
    /// MiB that takes huge pages. A call has one inversion (2 µs) at least: pairs by the thousand.
    fn add_pairs(
        backend: Backend,
        left: &[Self::Packed],
        right: &[Self::Packed],
        pairs: &[Pair],
        sums: &mut [Self::Packed],
    );

    /// `points` from their uncompressed form ([`Self::ENCODED`] bytes each: x then y, big-endian, of Fp2 the second
    /// component first; flags in the top bits of the first byte), which no point at infinity may be among.
    ///
    /// The curve equation is checked, the subgroup is not. On an error `points` are unspecified. Panics when the
    /// lengths of `bytes` and `points` disagree.
    fn decode(backend: Backend, bytes: &[u8], points: &mut [Self::Packed]) -> Result<(), DecodeError>;

    /// The reverse of [`Self::decode`]; infinity is 0x40 and zeros. Panics when the lengths disagree.
    fn encode(backend: Backend, points: &[Self::Packed], bytes: &mut [u8]);
}

/// Two indices, each with a sign in its top bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Pair {
    pub left: u32,
    pub right: u32,
}

// Eight pairs are loaded as vectors of words, `left` the low half of each.
const _: () = assert!(std::mem::offset_of!(Pair, left) == 0 && size_of::<Pair>() == 8);

/// The bit of an index in a [`Pair`] that negates the point.
pub const NEGATE: u32 = 1 << 31;

#[derive(Clone, Copy, Debug)]
pub struct G1;

#[derive(Clone, Copy, Debug)]
pub struct G2;

/// `$scalar`, or `$wide` on AVX-512, or `$four`, if given, on AVX2.
macro_rules! dispatch {
    ($backend:expr, $scalar:expr, $wide:expr $(, $four:expr)?) => {
        match $backend {
            $(
                #[cfg(target_arch = "x86_64")]
                Backend::Avx2 => $four,
            )?
            #[cfg(target_arch = "x86_64")]
            Backend::Avx512 => {
                assert!($backend.is_supported(), "this CPU has no AVX-512 IFMA");
                $wide
            }
            _ => $scalar,
        }
    };
}

macro_rules! group {
    ($group:ident, $field:ident, $degree:literal, $affine:ident, $encoded:literal, $four:path) => {
        impl Group for $group {
            type Affine = $affine;
            type Packed = Point<$field>;
            const ENCODED: usize = $encoded;

            fn pack(backend: Backend, point: &$affine) -> Point<$field> {
                let point = Point { x: point.x, y: point.y };
                dispatch!(backend, point, ifma::scale::pack(point))
            }

            fn unpack(backend: Backend, point: &Point<$field>) -> $affine {
                let point = dispatch!(backend, *point, ifma::scale::unpack(*point));
                $affine { x: point.x, y: point.y }
            }

            fn add_pairs(
                backend: Backend,
                left: &[Point<$field>],
                right: &[Point<$field>],
                pairs: &[Pair],
                sums: &mut [Point<$field>],
            ) {
                dispatch!(
                    backend,
                    scalar::add_pairs(left, right, pairs, sums),
                    // SAFETY: the CPU has the features.
                    unsafe { ifma::addition::add_pairs::<$degree, $field>(left, right, pairs, sums) },
                    $four(left, right, pairs, sums)
                );
            }

            fn decode(
                backend: Backend,
                bytes: &[u8],
                points: &mut [Point<$field>],
            ) -> Result<(), DecodeError> {
                dispatch!(
                    backend,
                    scalar::decode(bytes, points),
                    // SAFETY: the CPU has the features.
                    unsafe { ifma::encoding::decode::<$degree, $field>(bytes, points) }
                )
            }

            fn encode(backend: Backend, points: &[Point<$field>], bytes: &mut [u8]) {
                dispatch!(
                    backend,
                    scalar::encode(points, bytes),
                    // SAFETY: the CPU has the features.
                    unsafe { ifma::encoding::encode::<$degree, $field>(points, bytes) }
                );
            }
        }
    };
}

group!(G1, blst_fp, 1, blst_p1_affine, 96, fma::add_pairs);
group!(G2, blst_fp2, 2, blst_p2_affine, 192, scalar::add_pairs);

#[cfg(test)]
mod tests {
    use super::*;
    use blst::{blst_p1, blst_p1_generator, blst_p1_mult, blst_p1_to_affine};

    fn multiple(scalar: u64) -> blst_p1_affine {
        let (mut point, mut affine) = (blst_p1::default(), blst_p1_affine::default());
        // SAFETY: valid pointers; 64 bits are read from eight bytes.
        unsafe {
            blst_p1_mult(&mut point, blst_p1_generator(), scalar.to_le_bytes().as_ptr(), 64);
            blst_p1_to_affine(&mut affine, &point);
        }
        affine
    }

    #[test]
    fn sums_are_those_of_the_scalars() {
        for backend in Backend::supported() {
            let multiples: Vec<_> = (0..40).map(|scalar| G1::pack(backend, &multiple(scalar))).collect();
            let signed = |n: i64| if n < 0 { n.unsigned_abs() as u32 | NEGATE } else { n as u32 };
            let cases: Vec<(i64, i64)> = (-30..30).flat_map(|a| (-9..10).map(move |b| (a, b))).collect();
            let pairs: Vec<_> =
                cases.iter().map(|&(a, b)| Pair { left: signed(a), right: signed(b) }).collect();
            let mut sums = vec![Default::default(); pairs.len()];
            G1::add_pairs(backend, &multiples, &multiples, &pairs, &mut sums);
            for ((a, b), sum) in cases.into_iter().zip(&sums) {
                let mut expected = multiple((a + b).unsigned_abs());
                if a + b < 0 {
                    expected.y = scalar::Field::negate(&expected.y);
                }
                assert_eq!(G1::unpack(backend, sum), expected, "{a} + {b} on {}", backend.name());
            }
        }
    }
}
