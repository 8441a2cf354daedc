//! Coordinates of four points, 48 bytes each in memory, as limbs.

use blst::blst_fp;
use std::arch::x86_64::*;

use super::fp::{Elements, UNIT, lanes, with_unit};

/// Six words of each of four elements as limbs, each with 2⁵² added.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn load(elements: [&blst_fp; 4]) -> [__m256d; 8] {
    let [w0, w1] = couples(elements, 0);
    let [w2, w3] = couples(elements, 2);
    let [w4, w5] = couples(elements, 4);
    let ([l0, l1, l2, l3], [l4, l5, l6, l7]) = (split(w0, w1, w2), split(w3, w4, w5));
    [l0, l1, l2, l3, l4, l5, l6, l7]
}

/// Vectors of the words `word` and `word + 1`.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn couples(elements: [&blst_fp; 4], word: usize) -> [__m256i; 2] {
    let couples = elements.map(|element| {
        let couple: &[u64; 2] = element.l[word..].first_chunk().expect("two words");
        couple.as_ptr().cast::<__m128i>()
    });
    // SAFETY: two words each; the loads need no alignment.
    let [a, b, c, d] = unsafe {
        [
            _mm_loadu_si128(couples[0]),
            _mm_loadu_si128(couples[1]),
            _mm_loadu_si128(couples[2]),
            _mm_loadu_si128(couples[3]),
        ]
    };
    let even = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(a), c);
    let odd = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(b), d);
    [_mm256_unpacklo_epi64(even, odd), _mm256_unpackhi_epi64(even, odd)]
}

/// Three words of 64 bits as four limbs of 48 bits, each with 2⁵² added.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn split(a: __m256i, b: __m256i, c: __m256i) -> [__m256d; 4] {
    let unit = _mm256_castpd_si256(lanes(UNIT));
    [
        with_unit(a),
        with_unit(_mm256_or_si256(_mm256_srli_epi64::<48>(a), _mm256_slli_epi64::<16>(b))),
        with_unit(_mm256_or_si256(_mm256_srli_epi64::<32>(b), _mm256_slli_epi64::<32>(c))),
        _mm256_castsi256_pd(_mm256_or_si256(_mm256_srli_epi64::<16>(c), unit)),
    ]
}

/// The reverse of [`split`], without 2⁵².
#[inline]
#[target_feature(enable = "avx2,fma")]
fn join(a: __m256i, b: __m256i, c: __m256i, d: __m256i) -> [__m256i; 3] {
    [
        _mm256_or_si256(a, _mm256_slli_epi64::<48>(b)),
        _mm256_or_si256(_mm256_srli_epi64::<16>(b), _mm256_slli_epi64::<32>(c)),
        _mm256_or_si256(_mm256_srli_epi64::<32>(c), _mm256_slli_epi64::<16>(d)),
    ]
}

/// The reverse of [`load`].
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn store(value: &Elements, elements: [&mut blst_fp; 4]) {
    let [a, b, c, d, e, f, g, h] = value.0;
    let ([w0, w1, w2], [w3, w4, w5]) = (join(a, b, c, d), join(e, f, g, h));
    let [first, second, third, fourth] = elements;
    for (place, [even, odd]) in [[w0, w1], [w2, w3], [w4, w5]].into_iter().enumerate() {
        let (low, high) = (_mm256_unpacklo_epi64(even, odd), _mm256_unpackhi_epi64(even, odd));
        store_couple(_mm256_castsi256_si128(low), first, place);
        store_couple(_mm256_castsi256_si128(high), second, place);
        store_couple(_mm256_extracti128_si256::<1>(low), third, place);
        store_couple(_mm256_extracti128_si256::<1>(high), fourth, place);
    }
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn store_couple(value: __m128i, element: &mut blst_fp, place: usize) {
    let couple: &mut [u64] = &mut element.l[2 * place..2 * place + 2];
    // SAFETY: two words; the store needs no alignment.
    unsafe { _mm_storeu_si128(couple.as_mut_ptr().cast(), value) };
}
