//! SHA-256 of sixteen messages side by side, one in each lane of 32 bits, or of two such sets.
//!
//! A register is one word of sixteen messages, and a round is sixteen instructions for all of them. A CPU that begins two
//! of these in a cycle (Zen 4, Intel) is busy with one set; one that begins four and has each result two cycles later
//! (Zen 5) needs a second set to be busy. Nodes are turned into words and back where they are read and written, which is
//! one instruction in fifty.

use std::arch::x86_64::*;

use super::labels::{BLOCKS, Layer, Parents, pairs_in};
use super::{AFTER_64_BYTES, FIELD_MASK, INITIAL, LABEL_BYTES, Node, ROUND_CONSTANTS};

/// Messages of a set.
pub(super) const LANES: usize = 16;

/// A node of each message, as big-endian words.
type Words = [__m512i; 8];

/// W + K of a block of each message.
#[derive(Clone, Copy)]
struct Schedule([__m512i; 64]);

/// Four rows of four words, in each quarter of the registers: rows become columns.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn turned([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    let [low, high] = [_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b)];
    let [other_low, other_high] = [_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d)];
    [
        _mm512_unpacklo_epi64(low, other_low),
        _mm512_unpackhi_epi64(low, other_low),
        _mm512_unpacklo_epi64(high, other_high),
        _mm512_unpackhi_epi64(high, other_high),
    ]
}

/// Between bytes in memory and big-endian words.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn swapped(words: __m512i) -> __m512i {
    let order = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    _mm512_shuffle_epi8(words, _mm512_broadcast_i32x4(order))
}

/// The words of sixteen nodes.
///
/// # Safety
/// The nodes are valid for reads.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
unsafe fn load(nodes: [*const Node; LANES]) -> Words {
    let two = |low: usize, high: usize| {
        // SAFETY: 32 bytes each, of any alignment.
        let [low, high] = [low, high].map(|lane| unsafe { _mm256_loadu_si256(nodes[lane].cast()) });
        _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high)
    };
    // In each quarter a word of four nodes: the nodes' first half in the even quarters, their second in the odd ones.
    let first = turned([two(0, 4), two(1, 5), two(2, 6), two(3, 7)]);
    let second = turned([two(8, 12), two(9, 13), two(10, 14), two(11, 15)]);
    let even = |i: usize| _mm512_shuffle_i64x2::<0b10_00_10_00>(first[i], second[i]);
    let odd = |i: usize| _mm512_shuffle_i64x2::<0b11_01_11_01>(first[i], second[i]);
    [even(0), even(1), even(2), even(3), odd(0), odd(1), odd(2), odd(3)].map(|words| swapped(words))
}

/// Writes the digests, cut to field elements. Lanes of the same node have the same digest.
///
/// # Safety
/// The nodes are valid for writes.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
unsafe fn store(mut state: Words, nodes: [*mut Node; LANES]) {
    state[7] = _mm512_and_si512(state[7], _mm512_set1_epi32(FIELD_MASK.cast_signed()));
    let [a, b, c, d, e, f, g, h] = state.map(|words| swapped(words));
    let halves = [(a, e), (b, f), (c, g), (d, h)];
    let first = halves.map(|(low, high)| _mm512_shuffle_i64x2::<0b01_00_01_00>(low, high));
    let second = halves.map(|(low, high)| _mm512_shuffle_i64x2::<0b11_10_11_10>(low, high));
    for (from, rows) in [(0, turned(first)), (8, turned(second))] {
        for (lane, row) in (from..).zip(rows) {
            let two = _mm512_shuffle_i64x2::<0b11_01_10_00>(row, row);
            // SAFETY: 32 bytes each, of any alignment.
            unsafe {
                _mm256_storeu_si256(nodes[lane].cast(), _mm512_castsi512_si256(two));
                _mm256_storeu_si256(nodes[lane + 4].cast(), _mm512_extracti64x4_epi64::<1>(two));
            }
        }
    }
}

/// The same words in all lanes.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn everywhere<const W: usize>(words: [u32; W]) -> [__m512i; W] {
    words.map(|word| _mm512_set1_epi32(word.cast_signed()))
}

#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn exclusive_or(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<0x96>(a, b, c)
}

/// The message schedule of a block of two nodes each.
#[target_feature(enable = "avx512f,avx512bw")]
fn schedule(left: Words, right: Words, made: &mut Schedule) {
    let mut words: [__m512i; 16] = std::array::from_fn(|i| if i < 8 { left[i] } else { right[i - 8] });
    for t in (0..64).step_by(16) {
        sixteen_times!(I => {
            let constant = _mm512_set1_epi32(ROUND_CONSTANTS[t + I].cast_signed());
            made.0[t + I] = _mm512_add_epi32(words[I], constant);
            if t < 48 {
                words[I] = extended(&words, I);
            }
        });
    }
}

/// The word that takes the place of the `i`-th, sixteen later.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn extended(words: &[__m512i; 16], i: usize) -> __m512i {
    let [one, nine, fourteen] = [1, 9, 14].map(|after| words[(i + after) % 16]);
    let small0 =
        exclusive_or(_mm512_ror_epi32::<7>(one), _mm512_ror_epi32::<18>(one), _mm512_srli_epi32::<3>(one));
    let small1 = exclusive_or(
        _mm512_ror_epi32::<17>(fourteen),
        _mm512_ror_epi32::<19>(fourteen),
        _mm512_srli_epi32::<10>(fourteen),
    );
    let sum = _mm512_add_epi32(_mm512_add_epi32(words[i], nine), small0);
    _mm512_add_epi32(sum, small1)
}

/// A block of each message of each set.
#[target_feature(enable = "avx512f,avx512bw")]
fn rounds<const N: usize>(states: &mut [Words; N], schedules: [&Schedule; N]) {
    let mut now = *states;
    for t in (0..64).step_by(16) {
        sixteen_times!(I => {
            for (state, schedule) in now.iter_mut().zip(schedules) {
                round::<I>(state, schedule.0[t + I]);
            }
        });
    }
    for (state, change) in states.iter_mut().zip(now) {
        *state = std::array::from_fn(|i| _mm512_add_epi32(state[i], change[i]));
    }
}

/// The `I`-th round: words stay where they are, and are called by the next letter in the next one.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn round<const I: usize>(state: &mut Words, word: __m512i) {
    let at = |letter: usize| (letter + 16 - I) % 8;
    let [a, b, c, d, e, f, g, h] = [0, 1, 2, 3, 4, 5, 6, 7].map(|letter| state[at(letter)]);
    let big1 = exclusive_or(_mm512_ror_epi32::<6>(e), _mm512_ror_epi32::<11>(e), _mm512_ror_epi32::<25>(e));
    let choice = _mm512_ternarylogic_epi32::<0xca>(e, f, g);
    let first = _mm512_add_epi32(_mm512_add_epi32(_mm512_add_epi32(h, word), choice), big1);
    let big0 = exclusive_or(_mm512_ror_epi32::<2>(a), _mm512_ror_epi32::<13>(a), _mm512_ror_epi32::<22>(a));
    let majority = _mm512_ternarylogic_epi32::<0xe8>(a, b, c);
    state[at(3)] = _mm512_add_epi32(d, first);
    state[at(7)] = _mm512_add_epi32(first, _mm512_add_epi32(big0, majority));
}

#[target_feature(enable = "avx512f,avx512bw")]
fn blank() -> Schedule {
    Schedule([_mm512_setzero_si512(); 64])
}

/// As many parents as there are messages in `N` sets.
///
/// # Safety
/// The CPU has AVX-512 F and BW; there are twice as many children as parents, and as many parents as lanes.
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn hash_pairs<const N: usize>(children: &[Node], parents: &mut [Node]) {
    let padding = Schedule(everywhere(AFTER_64_BYTES));
    let mut schedules = [blank(); N];
    let sets = children.chunks_exact(2 * LANES * N).zip(parents.chunks_exact_mut(LANES * N));
    for (children, parents) in sets {
        for (set, made) in schedules.iter_mut().enumerate() {
            let half = |right: usize| {
                let nodes = std::array::from_fn(|lane| &raw const children[2 * (LANES * set + lane) + right]);
                // SAFETY: nodes of `children`.
                unsafe { load(nodes) }
            };
            schedule(half(0), half(1), made);
        }
        let mut states = [everywhere(INITIAL); N];
        rounds(&mut states, schedules.each_ref());
        rounds(&mut states, [&padding; N]);
        for (state, parents) in states.into_iter().zip(parents.as_chunks_mut::<LANES>().0) {
            // SAFETY: nodes of `parents`.
            unsafe { store(state, parents.each_mut().map(|node| &raw mut *node)) };
        }
    }
}

/// The layer of sixteen sectors. Where there are fewer, the last one is made more than once.
struct Set {
    replica_ids: Words,
    /// Where the sector of each lane is among all.
    sectors: [usize; LANES],
    /// From a node's labels to those of the next.
    stride: usize,
    labels: *mut Node,
    /// In the first layer there is none: the labels stand for it, and no parent is looked for there.
    previous: *const Node,
}

impl Set {
    /// Of the sectors from `first` on; there is one. `labels`: the layer's, asked for once, so that no set takes another's
    /// away.
    #[target_feature(enable = "avx512f,avx512bw")]
    fn of(layer: &Layer<'_>, labels: *mut Node, first: usize) -> Self {
        let stride = layer.replica_ids.len();
        let sectors = std::array::from_fn(|lane| (first + lane).min(stride - 1));
        let previous = layer.previous.map_or(labels.cast_const(), <[Node]>::as_ptr);
        // SAFETY: references.
        let replica_ids = unsafe { load(sectors.map(|sector| &raw const layer.replica_ids[sector])) };
        Self { replica_ids, sectors, stride, labels, previous }
    }

    /// A node's label in each lane's sector.
    #[inline]
    fn own(&self, node: usize) -> [*mut Node; LANES] {
        self.sectors.map(|sector| self.labels.wrapping_add(node * self.stride + sector))
    }

    /// The labels of the `k`-th of a node's parents.
    #[inline]
    fn labels_of(&self, parents: &Parents, k: usize) -> [*const Node; LANES] {
        let layer = if k < super::BASE_PARENTS { self.labels.cast_const() } else { self.previous };
        self.sectors.map(|sector| layer.wrapping_add(parents[k] as usize * self.stride + sector))
    }

    /// # Safety
    /// Parents are inside of the layers.
    #[target_feature(enable = "avx512f,avx512bw")]
    #[inline]
    unsafe fn parent(&self, parents: &Parents, k: usize) -> Words {
        // SAFETY: as promised.
        unsafe { load(self.labels_of(parents, k)) }
    }

    /// Into the second-level cache: the schedules fill the first.
    #[inline]
    fn prefetch(&self, parents: &Parents, pairs: usize) {
        for k in 0..2 * pairs {
            for label in self.labels_of(parents, k) {
                // SAFETY: a hint, of any address.
                unsafe { _mm_prefetch::<_MM_HINT_T1>(label.cast()) };
            }
        }
    }
}

/// Labels of the sectors from `first_sector` on: at most as many as there are lanes in `N` sets, and more than in one set
/// less.
///
/// # Safety
/// The CPU has AVX-512 F and BW; nodes and parents are inside of the layer.
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn label_nodes<const N: usize>(
    first: usize,
    parents: &[Parents],
    layer: &mut Layer<'_>,
    first_sector: usize,
) {
    let labels = layer.labels.as_mut_ptr();
    let sets: [Set; N] = std::array::from_fn(|set| Set::of(layer, labels, first_sector + set * LANES));
    let pairs = pairs_in(layer.number);
    let mut spare = [blank(); N];
    let mut kept = vec![[blank(); N]; pairs];
    let padding = everywhere([1 << 31, 0, 0, 0, 0, 0, 0, 8 * LABEL_BYTES]);
    for (i, own) in parents.iter().enumerate() {
        let node = first + i;
        if let Some(coming) = parents.get(i + 1) {
            sets.iter().for_each(|set| set.prefetch(coming, pairs));
        }
        let mut states = [everywhere(INITIAL); N];
        let place = everywhere([layer.number, (node as u64 >> 32) as u32, node as u32, 0, 0, 0, 0, 0]);
        for (set, made) in sets.iter().zip(&mut spare) {
            schedule(set.replica_ids, place, made);
        }
        rounds(&mut states, spare.each_ref());
        // SAFETY: as promised.
        unsafe {
            if node == 0 {
                rounds(&mut states, [&Schedule(everywhere(AFTER_64_BYTES)); N]);
            } else {
                for (k, made) in kept.iter_mut().enumerate() {
                    for (set, made) in sets.iter().zip(made.iter_mut()) {
                        schedule(set.parent(own, 2 * k), set.parent(own, 2 * k + 1), made);
                    }
                    rounds(&mut states, made.each_ref());
                }
                for again in kept.iter().cycle().take(BLOCKS - 2 - pairs) {
                    rounds(&mut states, again.each_ref());
                }
                for (set, made) in sets.iter().zip(&mut spare) {
                    schedule(set.parent(own, 36 % (2 * pairs)), padding, made);
                }
                rounds(&mut states, spare.each_ref());
            }
            for (set, state) in sets.iter().zip(states) {
                store(state, set.own(node));
            }
        }
    }
}
