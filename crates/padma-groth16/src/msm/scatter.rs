//! The points of a window, added to their buckets in the order of the scalars.
//!
//! Sorted by bucket, the points of a window lie all over the bases. Here the bases are read in a row, and what is read
//! anywhere are the buckets, a few MB: worth it where the bases are far larger than the caches.

use padma_kernels::Backend;
use padma_kernels::curve::{Group, NEGATE, Pair};

use super::plan::Plan;
use super::runs::Runs;

/// Additions of a turn, each to a bucket of its own. In a longer turn more points find their bucket taken.
const TURN: usize = 1 << 12;

/// Points that wait, since their bucket was taken, until they are added together: of random digits and 2^16 buckets one
/// in 30, where scalars share digits all but a few.
const WAITING: usize = 1 << 14;

/// The buckets of a window, and what is to be added to them.
pub(super) struct Scatter<G: Group> {
    backend: Backend,
    buckets: Vec<G::Packed>,
    /// A bit for each bucket of this turn.
    taken: Vec<u64>,
    /// A bucket to the left, a base to the right.
    turn: Vec<Pair>,
    sums: Vec<G::Packed>,
    /// A bucket in the high half, a base in the low one: in order of buckets when they are sorted.
    waiting: Vec<u64>,
}

impl<G: Group> Scatter<G> {
    pub fn new(backend: Backend) -> Self {
        Self {
            backend,
            buckets: Vec::new(),
            taken: Vec::new(),
            turn: Vec::new(),
            sums: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// The buckets of a window; the first of `scalars` belongs to base `first`. An empty bucket is infinity.
    pub fn sum(
        &mut self,
        plan: &Plan,
        window: usize,
        bases: &[G::Packed],
        scalars: &[[u64; 4]],
        first: u32,
        runs: &mut Runs<G>,
    ) -> &[G::Packed] {
        self.clear(plan.ranges() << plan.inner_bits());
        for (index, scalar) in (first..).zip(scalars) {
            let (magnitude, negative) = plan.digits.at(&plan.digits.recode(scalar), window);
            let Some(bucket) = magnitude.checked_sub(1) else { continue };
            self.offer(bucket, index | if negative { NEGATE } else { 0 });
            if self.turn.len() == TURN {
                self.add_turn(bases);
            }
            if self.waiting.len() == WAITING {
                self.add_waiting(bases, runs);
            }
        }
        self.add_turn(bases);
        self.add_waiting(bases, runs);
        &self.buckets
    }

    fn clear(&mut self, buckets: usize) {
        self.buckets.clear();
        self.buckets.resize(buckets, G::Packed::default());
        self.taken.clear();
        self.taken.resize(buckets.div_ceil(64), 0);
    }

    fn offer(&mut self, bucket: u32, base: u32) {
        let (bits, bit) = (&mut self.taken[bucket as usize / 64], 1 << (bucket % 64));
        if *bits & bit == 0 {
            *bits |= bit;
            self.turn.push(Pair { left: bucket, right: base });
        } else {
            self.waiting.push(u64::from(bucket) << 32 | u64::from(base));
        }
    }

    fn add_turn(&mut self, bases: &[G::Packed]) {
        let mut turn = std::mem::take(&mut self.turn);
        self.add(bases, &turn);
        for pair in turn.drain(..) {
            self.taken[pair.left as usize / 64] = 0;
        }
        self.turn = turn;
    }

    /// Adds to each bucket on the left, all of them different, its one of `terms`.
    fn add(&mut self, terms: &[G::Packed], pairs: &[Pair]) {
        self.sums.resize(pairs.len(), G::Packed::default());
        G::add_pairs(self.backend, &self.buckets, terms, pairs, &mut self.sums);
        for (pair, sum) in pairs.iter().zip(&self.sums) {
            self.buckets[pair.left as usize] = *sum;
        }
    }

    /// The points that wait are summed bucket by bucket, and those sums added in one go.
    fn add_waiting(&mut self, bases: &[G::Packed], runs: &mut Runs<G>) {
        self.waiting.sort_unstable();
        let (mut lengths, mut pairs) = (Vec::new(), Vec::new());
        for same in self.waiting.chunk_by(|a, b| a >> 32 == b >> 32) {
            pairs.push(Pair { left: (same[0] >> 32) as u32, right: lengths.len() as u32 });
            lengths.push(same.len() as u32);
        }
        let entries: Vec<u32> = self.waiting.drain(..).map(|entry| entry as u32).collect();
        let mut terms = Vec::with_capacity(lengths.len());
        runs.sum(bases, &entries, &lengths, &mut terms);
        self.add(&terms, &pairs);
    }
}
