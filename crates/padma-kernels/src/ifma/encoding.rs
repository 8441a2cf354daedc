//! Uncompressed points (see [`crate::scalar::decode`]) to and from the form of [`super::addition`], eight at a time.

use std::arch::x86_64::*;

use super::extension::{ExtX8, FP_WORDS};
use super::fp::{FpX8, lanes, limbs};
use super::scale;
use super::words::{Places, gather_points, scatter_points};
use crate::curve::DecodeError;
use crate::scalar::{self, Field, Point};

const LANES: usize = 8;

/// 2⁸⁰⁰ mod p: x to 2³⁸⁴·x.
const X_FROM_INTEGER: [u64; 8] = limbs([
    0x3dc5_5103_9a1d_2c25,
    0xe8da_66c8_57a9_8437,
    0xb82e_8f65_1333_1128,
    0xb197_b625_2a29_ba38,
    0x5dcb_e4f4_e329_28cb,
    0x0e91_f80e_f81f_158c,
]);

/// 2⁷⁸⁴ mod p: y to 2³⁶⁸·y.
const Y_FROM_INTEGER: [u64; 8] = limbs([
    0x626d_1c34_5103_70ed,
    0xd65a_ec45_c53e_243d,
    0x4f36_a009_3317_d3b1,
    0x8c10_ea72_5d74_088b,
    0xd507_320a_7586_5d11,
    0x0c8d_4cc8_a759_fd5c,
]);

/// 2³²: 2³⁸⁴·x to x.
const X_TO_INTEGER: [u64; 8] = [1 << 32, 0, 0, 0, 0, 0, 0, 0];

/// 2⁴⁸: 2³⁶⁸·y to y.
const Y_TO_INTEGER: [u64; 8] = [1 << 48, 0, 0, 0, 0, 0, 0, 0];

/// 4·2³²⁰: what the constant 4 of the curves is where a square of 2³⁶⁸·y, divided by 2⁴¹⁶, is 2³²⁰·y².
const FOUR: [u64; 8] = limbs([0, 0, 0, 0, 0, 4]);

/// Flag of the point at infinity, in the first byte of the first word.
const INFINITY: u64 = 0x40;

/// See [`crate::curve::Group::decode`].
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(crate) fn decode<const DEGREE: usize, F: Field>(
    bytes: &[u8],
    points: &mut [Point<F>],
) -> Result<(), DecodeError> {
    assert_eq!(bytes.len(), points.len() * 2 * F::BYTES, "bytes for each point");
    let eight = LANES * 2 * F::BYTES;
    for (group, (bytes, points)) in bytes.chunks(eight).zip(points.chunks_mut(LANES)).enumerate() {
        // The tail, and what to say of a damaged point, are left to the other tier.
        if points.len() < LANES || !decode_eight::<DEGREE, F>(bytes, points) {
            scalar::decode(bytes, points)
                .map_err(|error| DecodeError { index: LANES * group + error.index, ..error })?;
            points.iter_mut().for_each(|point| *point = scale::pack(*point));
        }
    }
    Ok(())
}

/// See [`crate::curve::Group::encode`].
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(crate) fn encode<const DEGREE: usize, F: Field>(points: &[Point<F>], bytes: &mut [u8]) {
    assert_eq!(bytes.len(), points.len() * 2 * F::BYTES, "bytes for each point");
    let eight = LANES * 2 * F::BYTES;
    for (bytes, points) in bytes.chunks_mut(eight).zip(points.chunks(LANES)) {
        if points.len() == LANES {
            encode_eight::<DEGREE, F>(points, bytes);
        } else {
            let points: Vec<_> = points.iter().map(|point| scale::unpack(*point)).collect();
            scalar::encode(&points, bytes);
        }
    }
}

/// False, and `points` unspecified, unless all eight are points of the curve.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn decode_eight<const DEGREE: usize, F: Field>(bytes: &[u8], points: &mut [Point<F>]) -> bool {
    let element = FP_WORDS * DEGREE;
    assert!(bytes.len() == LANES * 2 * F::BYTES && points.len() == LANES && F::BYTES == 8 * element);
    let places = Places::in_a_row(bytes.as_ptr().cast(), 2 * F::BYTES);
    // SAFETY: eight points of two elements each.
    let (x, y) = unsafe { (read::<DEGREE>(&places, 0), read::<DEGREE>(&places, element)) };
    // A flag makes a coordinate pass p.
    let reduced = x.0.iter().chain(&y.0).fold(0xff, |lanes, component| lanes & component.below_modulus());
    let (x, y) = (x.scale(&X_FROM_INTEGER), y.scale(&Y_FROM_INTEGER));
    let constant = ExtX8([FpX8::splat(&FOUR); DEGREE]);
    let cube = x.square().mul(&x).plus(constant);
    let zero = y.square().minus(cube).plus_modulus::<4>().carry().multiples_of_modulus();
    // SAFETY: eight points.
    unsafe { ExtX8::store(x, y, points.as_mut_ptr().cast()) };
    reduced & zero == 0xff
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn encode_eight<const DEGREE: usize, F: Field>(points: &[Point<F>], bytes: &mut [u8]) {
    let element = FP_WORDS * DEGREE;
    assert!(bytes.len() == LANES * 2 * F::BYTES && points.len() == LANES && F::BYTES == 8 * element);
    let places = Places::in_a_row(points.as_ptr().cast(), 2 * F::BYTES);
    // SAFETY: eight points of two elements each.
    let (x, y) = unsafe { (ExtX8::<DEGREE>::load(&places, 0), ExtX8::<DEGREE>::load(&places, element)) };
    let infinite = x.zeros() & y.zeros();
    let (x, y) = (x.scale(&X_TO_INTEGER).canonical(), y.scale(&Y_TO_INTEGER).canonical());
    // SAFETY: bytes of eight points.
    unsafe { write(x, y, infinite, bytes.as_mut_ptr().cast()) };
}

impl<const DEGREE: usize> ExtX8<DEGREE> {
    /// Each component times an integer below p, divided by 2⁴¹⁶; of carried values below 2⁷·p, below 1.0001p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    fn scale(self, factor: &[u64; 8]) -> Self {
        let mut out = self.0;
        for component in &mut out {
            *component = component.product(FpX8::splat(factor)).carry();
        }
        Self(out)
    }
}

/// Big-endian integers, the last component first.
///
/// # Safety
/// Every point must be valid for reads of `word` words and an element; it need not be aligned.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
unsafe fn read<const DEGREE: usize>(points: &Places, word: usize) -> ExtX8<DEGREE> {
    let mut out = [FpX8::splat(&[0; 8]); DEGREE];
    for (i, component) in out.iter_mut().rev().enumerate() {
        // SAFETY: the caller's promise.
        let words = unsafe { gather_points(points, word + FP_WORDS * i) };
        *component = FpX8::from_words(reversed(words));
    }
    ExtX8(out)
}

/// Eight points in a row of canonical coordinates, with the flag of infinity on some.
///
/// # Safety
/// `points` must be valid for writes of eight points; it need not be aligned.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
unsafe fn write<const DEGREE: usize>(
    x: ExtX8<DEGREE>,
    y: ExtX8<DEGREE>,
    infinite: __mmask8,
    points: *mut u64,
) {
    let stride = 2 * FP_WORDS * DEGREE;
    let mut first = reversed(x.0[DEGREE - 1].to_words());
    first[0] = _mm512_mask_or_epi64(first[0], infinite, first[0], lanes(INFINITY));
    // SAFETY: the caller's promise.
    unsafe {
        if DEGREE == 1 {
            scatter_points([first, reversed(y.0[0].to_words())], points, stride, 0);
        } else {
            scatter_points([first, reversed(x.0[0].to_words())], points, stride, 0);
            let y = [reversed(y.0[1].to_words()), reversed(y.0[0].to_words())];
            scatter_points(y, points, stride, stride / 2);
        }
    }
}

/// All bytes of the six words in reverse order.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn reversed(words: [__m512i; 6]) -> [__m512i; 6] {
    let order = _mm512_set4_epi32(0x0809_0a0b, 0x0c0d_0e0f, 0x0001_0203, 0x0405_0607);
    let [a, b, c, d, e, f] = words;
    [
        _mm512_shuffle_epi8(f, order),
        _mm512_shuffle_epi8(e, order),
        _mm512_shuffle_epi8(d, order),
        _mm512_shuffle_epi8(c, order),
        _mm512_shuffle_epi8(b, order),
        _mm512_shuffle_epi8(a, order),
    ]
}
