//! Eight elements of four 64-bit words in memory, as four vectors: one for each word, element `i` in lane `i`.

use std::arch::x86_64::*;

/// Vectors of the words 0 … 3 of eight elements.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(super) fn gather(elements: &[[u64; 4]; 8]) -> [__m512i; 4] {
    let memory: *const __m512i = elements.as_ptr().cast();
    // SAFETY: eight elements are four vectors of 64 bytes; the loads need no alignment.
    let [e01, e23, e45, e67] = unsafe {
        [
            _mm512_loadu_si512(memory),
            _mm512_loadu_si512(memory.add(1)),
            _mm512_loadu_si512(memory.add(2)),
            _mm512_loadu_si512(memory.add(3)),
        ]
    };
    let (even, odd) = (_mm512_unpacklo_epi64(e01, e23), _mm512_unpackhi_epi64(e01, e23));
    let (even_high, odd_high) = (_mm512_unpacklo_epi64(e45, e67), _mm512_unpackhi_epi64(e45, e67));
    let low = _mm512_setr_epi64(0, 4, 1, 5, 8, 12, 9, 13);
    let high = _mm512_setr_epi64(2, 6, 3, 7, 10, 14, 11, 15);
    [
        _mm512_permutex2var_epi64(even, low, even_high),
        _mm512_permutex2var_epi64(odd, low, odd_high),
        _mm512_permutex2var_epi64(even, high, even_high),
        _mm512_permutex2var_epi64(odd, high, odd_high),
    ]
}

/// The inverse of [`gather`].
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(super) fn scatter(words: [__m512i; 4], elements: &mut [[u64; 4]; 8]) {
    let first = _mm512_setr_epi64(0, 2, 8, 10, 1, 3, 9, 11);
    let second = _mm512_setr_epi64(4, 6, 12, 14, 5, 7, 13, 15);
    let even = _mm512_permutex2var_epi64(words[0], first, words[2]);
    let odd = _mm512_permutex2var_epi64(words[1], first, words[3]);
    let even_high = _mm512_permutex2var_epi64(words[0], second, words[2]);
    let odd_high = _mm512_permutex2var_epi64(words[1], second, words[3]);
    let memory: *mut __m512i = elements.as_mut_ptr().cast();
    // SAFETY: eight elements are four vectors of 64 bytes; the stores need no alignment.
    unsafe {
        _mm512_storeu_si512(memory, _mm512_unpacklo_epi64(even, odd));
        _mm512_storeu_si512(memory.add(1), _mm512_unpackhi_epi64(even, odd));
        _mm512_storeu_si512(memory.add(2), _mm512_unpacklo_epi64(even_high, odd_high));
        _mm512_storeu_si512(memory.add(3), _mm512_unpackhi_epi64(even_high, odd_high));
    }
}
