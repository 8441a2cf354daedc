//! SHA-256 by the SHA extensions, one, two or four messages at a time.
//!
//! `sha256rnds2` wants the state as (A, B, E, F) and (C, D, G, H); it stays like that from block to block. Its result is
//! there after four cycles and a new one may begin in each of them, so four messages side by side take hardly longer
//! than one. Their states leave no registers for their message schedules: those are made beside the rounds of the block
//! before, one message after the other, and go through memory.

mod labels;

pub(super) use labels::label_nodes;

use std::arch::x86_64::*;

use super::{AFTER_64_BYTES, FIELD_MASK, INITIAL, Node, ROUND_CONSTANTS};

/// (A, B, E, F) and (C, D, G, H), the first of each in the highest lane.
type State = [__m128i; 2];

/// A block of a message: two nodes, or what stands for one.
type Block = [*const Node; 2];

/// W + K of a block, four rounds each.
#[repr(align(64))]
#[derive(Clone, Copy)]
struct Schedule([__m128i; 16]);

impl Schedule {
    const fn of(words: &[u32; 64]) -> Self {
        // SAFETY: 256 bytes of plain integers either way.
        Self(unsafe { std::mem::transmute::<[u32; 64], [__m128i; 16]>(*words) })
    }
}

static CONSTANTS: Schedule = Schedule::of(&ROUND_CONSTANTS);
static PADDING_AFTER_64: Schedule = Schedule::of(&AFTER_64_BYTES);

#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
fn initial() -> State {
    let [a, b, c, d, e, f, g, h] = INITIAL.map(u32::cast_signed);
    [_mm_set_epi32(a, b, e, f), _mm_set_epi32(c, d, g, h)]
}

/// Between bytes in memory and big-endian words.
#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
fn swapped(words: __m128i) -> __m128i {
    _mm_shuffle_epi8(words, _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203))
}

/// The words of a block in order, the first in the lowest lane.
///
/// # Safety
/// Both nodes are valid for reads.
#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
unsafe fn load(block: Block) -> [__m128i; 4] {
    let [left, right] = block.map(|node| node.cast::<__m128i>());
    // SAFETY: 32 bytes each, of any alignment.
    unsafe {
        [
            swapped(_mm_loadu_si128(left)),
            swapped(_mm_loadu_si128(left.add(1))),
            swapped(_mm_loadu_si128(right)),
            swapped(_mm_loadu_si128(right.add(1))),
        ]
    }
}

/// Writes the digest, cut to a field element.
///
/// # Safety
/// `node` is valid for writes.
#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
unsafe fn store(state: State, node: *mut Node) {
    let abef = _mm_shuffle_epi32::<0x1b>(state[0]);
    let ghcd = _mm_shuffle_epi32::<0xb1>(state[1]);
    let [low, high] = [_mm_blend_epi16::<0xf0>(abef, ghcd), _mm_alignr_epi8::<8>(ghcd, abef)];
    let high = _mm_and_si128(high, _mm_set_epi32(FIELD_MASK.cast_signed(), -1, -1, -1));
    // SAFETY: 32 bytes, of any alignment.
    unsafe {
        _mm_storeu_si128(node.cast(), swapped(low));
        _mm_storeu_si128(node.cast::<__m128i>().add(1), swapped(high));
    }
}

/// The four words of the message schedule that take the place of the `quad`-th four.
#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
fn extended(words: &[__m128i; 4], quad: usize) -> __m128i {
    let [first, second, third, fourth] = [0, 1, 2, 3].map(|i| words[(quad + i) % 4]);
    let half = _mm_add_epi32(_mm_sha256msg1_epu32(first, second), _mm_alignr_epi8::<4>(fourth, third));
    _mm_sha256msg2_epu32(half, fourth)
}

#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
fn four_rounds(state: &mut State, words: __m128i) {
    state[1] = _mm_sha256rnds2_epu32(state[1], state[0], words);
    state[0] = _mm_sha256rnds2_epu32(state[0], state[1], _mm_shuffle_epi32::<0x0e>(words));
}

#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
fn sums<const N: usize>(left: &[State; N], right: &[State; N]) -> [State; N] {
    std::array::from_fn(|n| [0, 1].map(|i| _mm_add_epi32(left[n][i], right[n][i])))
}

/// W + K of a block, made where they stay: what was written in quarters cannot be copied as a whole without a wait.
///
/// # Safety
/// The block is valid for reads.
#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
unsafe fn schedule(block: Block, made: &mut Schedule) {
    // SAFETY: as promised.
    let mut words = unsafe { load(block) };
    sixteen_times!(I => {
        made.0[I] = _mm_add_epi32(words[I % 4], CONSTANTS.0[I]);
        if I < 12 {
            words[I % 4] = extended(&words, I);
        }
    });
}

/// Blocks of one message, one after the other; their schedules are kept.
///
/// # Safety
/// The blocks are valid for reads.
#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
unsafe fn compress<'a>(state: &mut State, blocks: impl IntoIterator<Item = (Block, &'a mut Schedule)>) {
    let mut now = *state;
    for (block, kept) in blocks {
        let before = now;
        // SAFETY: as promised.
        let mut words = unsafe { load(block) };
        sixteen_times!(I => {
            let quad = _mm_add_epi32(words[I % 4], CONSTANTS.0[I]);
            kept.0[I] = quad;
            four_rounds(&mut now, quad);
            if I < 12 {
                words[I % 4] = extended(&words, I);
            }
        });
        [now] = sums(&[now], &[before]);
    }
    *state = now;
}

/// Blocks of each message, one after the other.
#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
fn rounds<'a, const N: usize>(states: &mut [State; N], blocks: impl IntoIterator<Item = [&'a Schedule; N]>) {
    let mut now = *states;
    for schedules in blocks {
        let before = now;
        for quad in 0..16 {
            for n in 0..N {
                four_rounds(&mut now[n], schedules[n].0[quad]);
            }
        }
        now = sums(&now, &before);
    }
    *states = now;
}

/// [`rounds`], with the schedules of blocks that come later made beside them. `N` divides 16.
///
/// # Safety
/// The blocks are valid for reads.
#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
unsafe fn rounds_beside<const N: usize>(
    states: &mut [State; N],
    schedules: [&Schedule; N],
    coming: [Block; N],
    made: &mut [Schedule; N],
) {
    let before = *states;
    for n in 0..N {
        // SAFETY: as promised.
        let mut words = unsafe { load(coming[n]) };
        let made = &mut made[n];
        sixteen_times!(I => {
            made.0[I] = _mm_add_epi32(words[I % 4], CONSTANTS.0[I]);
            if I < 12 {
                words[I % 4] = extended(&words, I);
            }
            if I % N == N - 1 {
                let quad = (16 * n + I) / N;
                for (state, schedule) in states.iter_mut().zip(schedules) {
                    four_rounds(state, schedule.0[quad]);
                }
            }
        });
    }
    *states = sums(states, &before);
}

/// # Safety
/// The CPU has SHA, SSE4.1 and SSSE3; there are twice as many children as parents.
#[target_feature(enable = "sha,sse4.1,ssse3")]
pub(super) unsafe fn hash_pairs(children: &[Node], parents: &mut [Node]) {
    let (fours, rest) = parents.as_chunks_mut::<4>();
    let blocks = |at: usize| {
        std::array::from_fn(|n| [&raw const children[2 * (at + n)], &raw const children[2 * (at + n) + 1]])
    };
    let last = 4 * fours.len().saturating_sub(1);
    // SAFETY: every block is two nodes of `children`.
    unsafe {
        if !fours.is_empty() {
            let mut schedules = [CONSTANTS; 4];
            blocks(0).into_iter().zip(&mut schedules).for_each(|(block, made)| schedule(block, made));
            for (i, four) in fours.iter_mut().enumerate() {
                let mut states = [initial(); 4];
                rounds(&mut states, [schedules.each_ref()]);
                let coming = blocks(last.min(4 * i + 4));
                rounds_beside(&mut states, [&PADDING_AFTER_64; 4], coming, &mut schedules);
                states.into_iter().zip(four).for_each(|(state, parent)| store(state, parent));
            }
        }
        let pairs = children.chunks_exact(2).skip(children.len() / 2 - rest.len());
        for (pair, parent) in pairs.zip(rest) {
            let mut state = initial();
            compress(&mut state, [([&raw const pair[0], &raw const pair[1]], &mut CONSTANTS.clone())]);
            rounds(std::array::from_mut(&mut state), [[&PADDING_AFTER_64]]);
            store(state, parent);
        }
    }
}
