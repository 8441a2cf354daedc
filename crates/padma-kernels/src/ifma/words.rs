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

/// Eight points: where they are, in bytes from a base.
#[derive(Clone, Copy)]
pub(super) struct Places {
    pub(super) base: *const u64,
    pub(super) offsets: [usize; 8],
}

impl Places {
    /// Eight in a row, of `size` bytes each.
    pub(super) fn in_a_row(base: *const u64, size: usize) -> Self {
        Self { base, offsets: std::array::from_fn(|i| i * size) }
    }

    fn at(&self, lane: usize, word: usize) -> *const u64 {
        self.base.wrapping_byte_add(self.offsets[lane]).wrapping_add(word)
    }
}

/// Vectors of the words `word` … `word + 5` of eight points.
///
/// # Safety
/// Every point must be valid for reads of `word + 6` words.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(super) unsafe fn gather_points(points: &Places, word: usize) -> [__m512i; 6] {
    // SAFETY: the caller's promise: four words at `word` of each point, then two.
    let (quads, couples) = unsafe {
        (
            [
                quads(points.at(0, word), points.at(2, word)),
                quads(points.at(1, word), points.at(3, word)),
                quads(points.at(4, word), points.at(6, word)),
                quads(points.at(5, word), points.at(7, word)),
            ],
            [
                couples([0, 2, 4, 6].map(|lane| points.at(lane, word + 4))),
                couples([1, 3, 5, 7].map(|lane| points.at(lane, word + 4))),
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

/// Two words from each of four places.
///
/// # Safety
/// All must be valid for reads of two words.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
unsafe fn couples(places: [*const u64; 4]) -> __m512i {
    // SAFETY: the caller's promise; the loads need no alignment.
    let [a, b, c, d] = unsafe {
        [
            _mm_loadu_si128(places[0].cast()),
            _mm_loadu_si128(places[1].cast()),
            _mm_loadu_si128(places[2].cast()),
            _mm_loadu_si128(places[3].cast()),
        ]
    };
    let low = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(a), b);
    let high = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(c), d);
    _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high)
}

/// Vectors of twelve words each to eight points in a row of `stride` words, from their word `offset` on.
///
/// # Safety
/// `points` must be valid for writes of `7·stride + offset + 12` words.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(super) unsafe fn scatter_points(
    words: [[__m512i; 6]; 2],
    points: *mut u64,
    stride: usize,
    offset: usize,
) {
    let [[a, b, c, d, e, f], [g, h, i, j, k, l]] = words;
    let first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    let second = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    for (quad, [a, b, c, d]) in [[a, b, c, d], [e, f, g, h], [i, j, k, l]].into_iter().enumerate() {
        let (even, odd) = (_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
        let (even_high, odd_high) = (_mm512_unpacklo_epi64(c, d), _mm512_unpackhi_epi64(c, d));
        let at = offset + 4 * quad;
        // SAFETY: the caller's promise: four words at `at` of each point.
        unsafe {
            store_quads(_mm512_permutex2var_epi64(even, first, even_high), points.add(at), 2 * stride);
            store_quads(_mm512_permutex2var_epi64(odd, first, odd_high), points.add(stride + at), 2 * stride);
            let points = points.add(4 * stride + at);
            store_quads(_mm512_permutex2var_epi64(even, second, even_high), points, 2 * stride);
            store_quads(_mm512_permutex2var_epi64(odd, second, odd_high), points.add(stride), 2 * stride);
        }
    }
}

/// Four words to each of two places.
///
/// # Safety
/// Four words must be writable at `low` and `distance` words on.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
unsafe fn store_quads(value: __m512i, low: *mut u64, distance: usize) {
    // SAFETY: the caller's promise; the stores need no alignment.
    unsafe {
        _mm256_storeu_si256(low.cast(), _mm512_castsi512_si256(value));
        _mm256_storeu_si256(low.add(distance).cast(), _mm512_extracti64x4_epi64::<1>(value));
    }
}
