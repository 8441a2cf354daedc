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

/// Vectors of the words `offset` … `offset + 5` of what eight pointers point to.
///
/// # Safety
/// Every pointer must be valid for reads of `offset + 6` words.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(super) unsafe fn gather_points(points: &[*const u64; 8], offset: usize) -> [__m512i; 6] {
    // SAFETY: the caller's promise: four words at `offset` of each point, then two.
    let (quads, couples) = unsafe {
        (
            [
                quads(points[0].add(offset), points[2].add(offset)),
                quads(points[1].add(offset), points[3].add(offset)),
                quads(points[4].add(offset), points[6].add(offset)),
                quads(points[5].add(offset), points[7].add(offset)),
            ],
            [
                couples([points[0], points[2], points[4], points[6]], offset + 4),
                couples([points[1], points[3], points[5], points[7]], offset + 4),
            ],
        )
    };
    let (low, high) = (_mm512_unpacklo_epi64(quads[0], quads[1]), _mm512_unpacklo_epi64(quads[2], quads[3]));
    let (odd, odd_high) =
        (_mm512_unpackhi_epi64(quads[0], quads[1]), _mm512_unpackhi_epi64(quads[2], quads[3]));
    [
        _mm512_shuffle_i64x2::<0b10_00_10_00>(low, high),
        _mm512_shuffle_i64x2::<0b10_00_10_00>(odd, odd_high),
        _mm512_shuffle_i64x2::<0b11_01_11_01>(low, high),
        _mm512_shuffle_i64x2::<0b11_01_11_01>(odd, odd_high),
        _mm512_unpacklo_epi64(couples[0], couples[1]),
        _mm512_unpackhi_epi64(couples[0], couples[1]),
    ]
}

/// Four words from each of two places.
///
/// # Safety
/// Both must be valid for reads of four words.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
unsafe fn quads(low: *const u64, high: *const u64) -> __m512i {
    // SAFETY: the caller's promise; the loads need no alignment.
    let (low, high) = unsafe { (_mm256_loadu_si256(low.cast()), _mm256_loadu_si256(high.cast())) };
    _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high)
}

/// Two words from each of four points.
///
/// # Safety
/// The points must be valid for reads of `offset + 2` words.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
unsafe fn couples(points: [*const u64; 4], offset: usize) -> __m512i {
    // SAFETY: the caller's promise; the loads need no alignment.
    let [a, b, c, d] = unsafe {
        [
            _mm_loadu_si128(points[0].add(offset).cast()),
            _mm_loadu_si128(points[1].add(offset).cast()),
            _mm_loadu_si128(points[2].add(offset).cast()),
            _mm_loadu_si128(points[3].add(offset).cast()),
        ]
    };
    let low = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(a), b);
    let high = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(c), d);
    _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high)
}

/// The inverse of [`gather_points`], into eight points in a row of `stride` words each.
///
/// # Safety
/// `points` must be valid for writes of `7·stride + offset + 6` words.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(super) unsafe fn scatter_points(words: [__m512i; 6], points: *mut u64, stride: usize, offset: usize) {
    for couple in 0..3 {
        let (first, second) = (words[2 * couple], words[2 * couple + 1]);
        let (even, odd) = (_mm512_unpacklo_epi64(first, second), _mm512_unpackhi_epi64(first, second));
        let at = offset + 2 * couple;
        // SAFETY: the caller's promise: two words at `at` of each point; the stores need no alignment.
        unsafe {
            _mm_storeu_si128(points.add(at).cast(), _mm512_extracti64x2_epi64::<0>(even));
            _mm_storeu_si128(points.add(stride + at).cast(), _mm512_extracti64x2_epi64::<0>(odd));
            _mm_storeu_si128(points.add(2 * stride + at).cast(), _mm512_extracti64x2_epi64::<1>(even));
            _mm_storeu_si128(points.add(3 * stride + at).cast(), _mm512_extracti64x2_epi64::<1>(odd));
            _mm_storeu_si128(points.add(4 * stride + at).cast(), _mm512_extracti64x2_epi64::<2>(even));
            _mm_storeu_si128(points.add(5 * stride + at).cast(), _mm512_extracti64x2_epi64::<2>(odd));
            _mm_storeu_si128(points.add(6 * stride + at).cast(), _mm512_extracti64x2_epi64::<3>(even));
            _mm_storeu_si128(points.add(7 * stride + at).cast(), _mm512_extracti64x2_epi64::<3>(odd));
        }
    }
}
