//! SDR labels by the SHA extensions: of one sector as a chain, of two or four side by side.

use std::arch::x86_64::*;
use std::ops::Range;

use super::{
    Block, CONSTANTS, PADDING_AFTER_64, State, compress, initial, rounds, rounds_beside, schedule, store,
};
use crate::node::Node;
use crate::sha256::LABEL_BYTES;
use crate::sha256::labels::{BASE_PARENTS, BLOCKS, Layer, Parents, pairs_in};

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

/// Nodes that all sectors are labelled for before the next ones: the pages that their parents lie in are known as long.
const IN_A_ROW: usize = 64;

/// Labels of the sectors from `first_sector` on.
///
/// # Safety
/// The CPU has SHA, SSE4.1 and SSSE3; nodes and parents are inside of the layer.
#[target_feature(enable = "sha,sse4.1,ssse3")]
pub(in crate::sha256) unsafe fn label_nodes(
    first: usize,
    parents: &[Parents],
    layer: &mut Layer<'_>,
    first_sector: usize,
) {
    let labels = layer.labels.as_mut_ptr();
    let sectors = first_sector..layer.replica_ids.len();
    let mut lanes: Vec<_> = sectors.map(|sector| Lane::of(layer, labels, sector)).collect();
    for at in (0..parents.len()).step_by(IN_A_ROW) {
        let places = at..parents.len().min(at + IN_A_ROW);
        let run = Run { number: layer.number, first, parents, places };
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

/// Nodes that are labelled in a row.
struct Run<'a> {
    number: u32,
    /// The node that the first of all parents are of.
    first: usize,
    parents: &'a [Parents],
    /// Those in `parents` whose nodes these are.
    places: Range<usize>,
}

impl<'a> Run<'a> {
    /// Each node, its parents, and those to ask for meanwhile.
    fn nodes(&self) -> impl Iterator<Item = (usize, &'a Parents, &'a Parents)> {
        let last = self.parents.len() - 1;
        let (first, parents) = (self.first, self.parents);
        self.places.clone().map(move |i| (first + i, &parents[i], &parents[last.min(i + AHEAD)]))
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
            lane.turn_to(self.first + self.places.start);
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
                    let again = kept[..pairs].iter().cycle().skip(1).take(BLOCKS - 3 - pairs).enumerate();
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
            lanes.iter_mut().for_each(|lane| lane.turn_to(self.first + self.places.start));
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
                    let again =
                        first.iter().cycle().skip(1).take(BLOCKS - 3 - pairs).chain([&*last]).enumerate();
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
