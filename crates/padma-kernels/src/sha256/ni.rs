//! SHA-256 by the SHA extensions, one, two or four messages at a time.
//!
//! `sha256rnds2` wants the state as (A, B, E, F) and (C, D, G, H); it stays like that from block to block. Its result is
//! there after four cycles and a new one may begin in each of them, so four messages side by side take hardly longer
//! than one. Their states leave no registers for their message schedules: those are made beside the rounds of the block
//! before, one message after the other, and go through memory.

use std::arch::x86_64::*;

use super::labels::{BASE_PARENTS, Layer, Parents, pairs_in};
use super::{AFTER_64_BYTES, FIELD_MASK, INITIAL, LABEL_BYTES, Node, ROUND_CONSTANTS};

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

/// What follows the last label that goes into a label.
static LABEL_PADDING: Node = {
    let mut padding = [0; 32];
    padding[0] = 0x80;
    [padding[30], padding[31]] = ((8 * LABEL_BYTES) as u16).to_be_bytes();
    padding
};

/// How many nodes ahead parents are asked for: a label takes longer than a read from memory. They are asked for a few at a
/// time, beside the rounds: fourteen at once fill the queue for reads that miss, and the next read waits for it.
const AHEAD: usize = 4;

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

/// Nodes that all sectors are labelled for before the next ones: the pages that their parents lie in are known as long.
const BLOCK: usize = 64;

/// Labels of the sectors from `from` on.
///
/// # Safety
/// The CPU has SHA, SSE4.1 and SSSE3; nodes and parents are inside of the layer.
#[target_feature(enable = "sha,sse4.1,ssse3")]
pub(super) unsafe fn label_nodes(first: usize, parents: &[Parents], layer: &mut Layer<'_>, from: usize) {
    let labels = layer.labels.as_mut_ptr();
    let all = layer.replica_ids.len();
    let mut lanes: Vec<_> = (from..all).map(|sector| Lane::of(layer, labels, sector)).collect();
    for at in (0..parents.len()).step_by(BLOCK) {
        let run = Run { number: layer.number, first, parents, from: at, to: parents.len().min(at + BLOCK) };
        // SAFETY: as promised.
        unsafe { lanes.chunks_mut(4).for_each(|lanes| run.label(lanes)) };
    }
}

/// A sector's layer, and the second half of its messages' first block.
#[derive(Clone, Copy)]
struct Lane {
    replica_id: *const Node,
    place: Node,
    /// Of the sector's first node.
    labels: *mut Node,
    /// In the first layer there is none: the labels stand for it, and no parent is looked for there.
    previous: *const Node,
    /// From a label to the next one of the sector.
    stride: usize,
}

impl Lane {
    /// `labels`: the layer's, asked for once, so that no lane's are taken away by the next.
    fn of(layer: &Layer<'_>, labels: *mut Node, sector: usize) -> Self {
        let mut place = [0; 32];
        place[..4].copy_from_slice(&layer.number.to_be_bytes());
        let previous = layer.previous.map_or(labels.cast_const(), <[Node]>::as_ptr);
        let labels = labels.wrapping_add(sector);
        let previous = previous.wrapping_add(sector);
        let stride = layer.replica_ids.len();
        Self { replica_id: &raw const layer.replica_ids[sector], place, labels, previous, stride }
    }

    /// Long before [`Self::header`] is hashed: what was just written in parts is not there to be read as a whole.
    #[inline]
    fn turn_to(&mut self, node: usize) {
        self.place[4..12].copy_from_slice(&(node as u64).to_be_bytes());
    }

    /// The first block of the message of the node that was turned to.
    #[inline]
    fn header(&self) -> Block {
        [self.replica_id, &self.place]
    }

    /// The `k`-th of a node's parents.
    #[inline]
    fn parent(&self, parents: &Parents, k: usize) -> *const Node {
        let layer = if k < BASE_PARENTS { self.labels.cast_const() } else { self.previous };
        layer.wrapping_add(parents[k] as usize * self.stride)
    }

    #[inline]
    fn pair(&self, parents: &Parents, k: usize) -> Block {
        [self.parent(parents, 2 * k), self.parent(parents, 2 * k + 1)]
    }

    /// The 37th label and the padding: parents are taken in turn, six or fourteen of them.
    #[inline]
    fn last(&self, parents: &Parents, pairs: usize) -> Block {
        [self.parent(parents, 36 % (2 * pairs)), &LABEL_PADDING]
    }

    /// Asks for a pair: a node lies in one cache line.
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    #[inline]
    fn prefetch(&self, parents: &Parents, k: usize) {
        for node in self.pair(parents, k) {
            _mm_prefetch::<_MM_HINT_T0>(node.cast());
        }
    }

    /// # Safety
    /// The node is inside of the layer.
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    #[inline]
    unsafe fn store(&self, node: usize, state: State) {
        // SAFETY: as promised.
        unsafe { store(state, self.labels.add(node * self.stride)) }
    }
}

/// Nodes that are labelled in a row: those of the parents from `from` to `to`, of which the node of the first is `first`.
struct Run<'a> {
    number: u32,
    first: usize,
    parents: &'a [Parents],
    from: usize,
    to: usize,
}

impl<'a> Run<'a> {
    /// Each node, its parents, and those to ask for meanwhile.
    fn nodes(&self) -> impl Iterator<Item = (usize, &'a Parents, &'a Parents)> {
        let last = self.parents.len() - 1;
        let (first, parents) = (self.first, self.parents);
        (self.from..self.to).map(move |i| (first + i, &parents[i], &parents[last.min(i + AHEAD)]))
    }

    /// # Safety
    /// Nodes and parents are inside of the layer; there are at most four lanes.
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    unsafe fn label(&self, lanes: &mut [Lane]) {
        // SAFETY: as promised.
        unsafe {
            match lanes {
                [a, b, c, d] => self.side_by_side([a, b, c, d]),
                [a, b, c] => {
                    // Four take as long as three: one is made twice.
                    let mut again = Lane { ..*a };
                    self.side_by_side([a, b, c, &mut again]);
                }
                [a, b] => self.side_by_side([a, b]),
                alone => alone.iter_mut().for_each(|lane| self.alone(lane)),
            }
        }
    }

    /// One sector: its messages are a chain, in which only the next node's header can be hashed beside another block.
    ///
    /// # Safety
    /// Nodes and parents are inside of the layers.
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    unsafe fn alone(&self, lane: &mut Lane) {
        let pairs = pairs_in(self.number);
        let mut kept = [CONSTANTS; 7];
        let [mut unused, mut next] = [CONSTANTS; 2];
        let mut header = initial();
        // SAFETY: as promised.
        unsafe {
            lane.turn_to(self.first + self.from);
            compress(&mut header, [(lane.header(), &mut unused)]);
            for (node, own, coming) in self.nodes() {
                lane.turn_to(node + 1);
                let mut states = [header, initial()];
                if node == 0 {
                    schedule(lane.header(), &mut next);
                    rounds(&mut states, [[&PADDING_AFTER_64, &next]]);
                } else {
                    let blocks =
                        kept[..pairs].iter_mut().enumerate().map(|(k, kept)| (lane.pair(own, k), kept));
                    compress(&mut states[0], blocks);
                    schedule(lane.header(), &mut next);
                    rounds(&mut states, [[&kept[0], &next]]);
                    let [state, _] = &mut states;
                    let again = kept[..pairs].iter().cycle().skip(1).take(17 - pairs).enumerate();
                    let again = again.map(|(k, schedule)| {
                        if k < pairs {
                            lane.prefetch(coming, k);
                        }
                        [schedule]
                    });
                    rounds(std::array::from_mut(state), again);
                    compress(state, [(lane.last(own, pairs), &mut unused)]);
                }
                header = states[1];
                lane.store(node, states[0]);
            }
        }
    }

    /// Several sectors: all blocks of one are hashed beside those of the others.
    ///
    /// # Safety
    /// Nodes and parents are inside of the layer.
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    unsafe fn side_by_side<const N: usize>(&self, mut lanes: [&mut Lane; N]) {
        let pairs = pairs_in(self.number);
        // Of the pairs, then of the last block; two that are not needed in the first layer.
        let mut kept = [[CONSTANTS; N]; 8];
        // SAFETY: as promised.
        unsafe {
            lanes.iter_mut().for_each(|lane| lane.turn_to(self.first + self.from));
            let mut header = [CONSTANTS; N];
            lanes.iter().zip(&mut header).for_each(|(lane, made)| schedule(lane.header(), made));
            for (node, own, coming) in self.nodes() {
                lanes.iter_mut().for_each(|lane| lane.turn_to(node + 1));
                let mut states = [initial(); N];
                let next = lanes.each_ref().map(|lane| lane.header());
                if node == 0 {
                    rounds(&mut states, [header.each_ref()]);
                    rounds_beside(&mut states, [&PADDING_AFTER_64; N], next, &mut header);
                } else {
                    let mut done = &header;
                    let (first, last) = kept.split_at_mut(pairs);
                    for (k, made) in first.iter_mut().enumerate() {
                        let blocks = lanes.each_ref().map(|lane| lane.pair(own, k));
                        rounds_beside(&mut states, done.each_ref(), blocks, made);
                        done = made;
                    }
                    let [last, ..] = last else { unreachable!() };
                    let blocks = lanes.each_ref().map(|lane| lane.last(own, pairs));
                    rounds_beside(&mut states, done.each_ref(), blocks, last);
                    rounds_beside(&mut states, first[0].each_ref(), next, &mut header);
                    let again = first.iter().cycle().skip(1).take(17 - pairs).chain([&*last]).enumerate();
                    let again = again.map(|(k, schedules)| {
                        if k < pairs {
                            lanes.iter().for_each(|lane| lane.prefetch(coming, k));
                        }
                        schedules.each_ref()
                    });
                    rounds(&mut states, again);
                }
                for (lane, state) in lanes.iter().zip(states) {
                    lane.store(node, state);
                }
            }
        }
    }
}
