//! Sums of runs of points, many at a time.

use padma_kernels::Backend;
use padma_kernels::curve::{Group, NEGATE, Pair};

/// Bytes of points that a block of entries names. Its first sums are half of that, its second a quarter. Smaller
/// blocks would stay in the second-level cache, but share their inversions among fewer additions: from 0.75 to 3 MiB
/// the difference is below 3 %.
const BLOCK_BYTES: usize = 1536 << 10;

/// Longer runs are summed in pieces first: the rounds of one long run would end in additions that stand alone.
const PIECE: u32 = 256;

/// Adds up runs of points in rounds: each round adds the first to the second of a run, the third to the fourth, and so
/// on for all runs of a block together, and an odd last one waits.
pub(super) struct Runs<G: Group> {
    backend: Backend,
    pairs: Vec<Pair>,
    /// Additions of a run's odd last point to the last sum of its first round.
    odd: Vec<Pair>,
    /// The runs of a single negated point, and that point.
    opposites: Vec<(u32, u32)>,
    pairs_of_opposites: Vec<Pair>,
    /// The sums that the next round adds, and those that it makes.
    front: Vec<G::Packed>,
    back: Vec<G::Packed>,
    /// Where in `front` the sums of the open runs are, run after run.
    places: Vec<u32>,
    next_places: Vec<u32>,
    open: Vec<Open>,
}

/// A run with more than one sum left.
struct Open {
    /// Where its sum belongs.
    run: u32,
    /// Its number of sums.
    count: u32,
}

impl<G: Group> Runs<G> {
    pub fn new(backend: Backend) -> Self {
        Self {
            backend,
            pairs: Vec::new(),
            odd: Vec::new(),
            opposites: Vec::new(),
            pairs_of_opposites: Vec::new(),
            front: Vec::new(),
            back: Vec::new(),
            places: Vec::new(),
            next_places: Vec::new(),
            open: Vec::new(),
        }
    }

    /// Appends to `sums` the sum of each run: a run is as many of the next `entries` as `lengths` says, and an entry
    /// is an index of `points` with [`NEGATE`] for its opposite. An empty run's sum is infinity.
    pub fn sum(
        &mut self,
        points: &[G::Packed],
        mut entries: &[u32],
        lengths: &[u32],
        sums: &mut Vec<G::Packed>,
    ) {
        if lengths.iter().any(|&length| length > PIECE) {
            return self.sum_in_pieces(points, entries, lengths, sums);
        }
        let block = BLOCK_BYTES / size_of::<G::Packed>();
        let mut lengths = lengths;
        while !lengths.is_empty() {
            let (runs, size) = fitting(lengths, block);
            let (now, later) = entries.split_at(size);
            self.sum_block(points, now, &lengths[..runs], sums);
            (entries, lengths) = (later, &lengths[runs..]);
        }
    }

    fn sum_in_pieces(
        &mut self,
        points: &[G::Packed],
        entries: &[u32],
        lengths: &[u32],
        sums: &mut Vec<G::Packed>,
    ) {
        let (mut pieces, mut counts) = (Vec::new(), Vec::new());
        for &length in lengths {
            let count = length.div_ceil(PIECE);
            pieces.extend((0..count).map(|piece| (length + piece) / count));
            counts.push(count);
        }
        let mut partial = Vec::with_capacity(pieces.len());
        self.sum(points, entries, &pieces, &mut partial);
        let entries: Vec<u32> = (0..partial.len() as u32).collect();
        self.sum(&partial, &entries, &counts, sums);
    }

    /// Runs of at most [`PIECE`] entries.
    fn sum_block(
        &mut self,
        points: &[G::Packed],
        entries: &[u32],
        lengths: &[u32],
        sums: &mut Vec<G::Packed>,
    ) {
        let base = sums.len();
        sums.resize(base + lengths.len(), G::Packed::default());
        let sums = &mut sums[base..];
        self.first_round(points, entries, lengths, sums);
        while !self.open.is_empty() {
            self.next_round(sums);
        }
    }

    fn first_round(
        &mut self,
        points: &[G::Packed],
        mut entries: &[u32],
        lengths: &[u32],
        sums: &mut [G::Packed],
    ) {
        self.pairs.clear();
        self.odd.clear();
        self.opposites.clear();
        for (run, &length) in lengths.iter().enumerate() {
            let (now, later) = entries.split_at(length as usize);
            let (twos, rest) = now.as_chunks::<2>();
            self.pairs.extend(twos.iter().map(|&[left, right]| Pair { left, right }));
            match (rest, twos.len()) {
                (&[only], 0) if only & NEGATE == 0 => sums[run] = points[only as usize],
                (&[only], 0) => self.opposites.push((run as u32, only)),
                (&[last], _) => self.odd.push(Pair { left: self.pairs.len() as u32 - 1, right: last }),
                _ => {}
            }
            entries = later;
        }
        self.settle_opposites(points, sums);
        resize(&mut self.front, self.pairs.len());
        resize(&mut self.back, self.pairs.len());
        G::add_pairs(self.backend, points, points, &self.pairs, &mut self.front[..self.pairs.len()]);
        self.add_odd(points);
        self.open_runs(lengths, sums);
    }

    /// Runs of a single negated point: infinity is added, there is no other way to its opposite.
    fn settle_opposites(&mut self, points: &[G::Packed], sums: &mut [G::Packed]) {
        self.pairs_of_opposites.clear();
        self.pairs_of_opposites.extend(self.opposites.iter().map(|&(_, left)| Pair { left, right: 0 }));
        resize(&mut self.back, self.opposites.len());
        let (infinity, opposites) = ([G::Packed::default()], &mut self.back[..self.opposites.len()]);
        G::add_pairs(self.backend, points, &infinity, &self.pairs_of_opposites, opposites);
        for (&(run, _), opposite) in self.opposites.iter().zip(opposites) {
            sums[run as usize] = *opposite;
        }
    }

    fn add_odd(&mut self, points: &[G::Packed]) {
        let sums = &mut self.back[..self.odd.len()];
        G::add_pairs(self.backend, &self.front, points, &self.odd, sums);
        for (pair, sum) in self.odd.iter().zip(sums) {
            self.front[pair.left as usize] = *sum;
        }
    }

    /// Lists the sums of the first round; a run that has only one is done.
    fn open_runs(&mut self, lengths: &[u32], sums: &mut [G::Packed]) {
        self.open.clear();
        self.places.clear();
        let mut place = 0;
        for (run, length) in lengths.iter().enumerate() {
            let count = length / 2;
            match count {
                0 => {}
                1 => sums[run] = self.front[place as usize],
                _ => {
                    self.open.push(Open { run: run as u32, count });
                    self.places.extend(place..place + count);
                }
            }
            place += count;
        }
    }

    fn next_round(&mut self, sums: &mut [G::Packed]) {
        self.pairs.clear();
        let mut places = &self.places[..];
        for open in &self.open {
            let (now, later) = places.split_at(open.count as usize);
            self.pairs.extend(now.as_chunks::<2>().0.iter().map(|&[left, right]| Pair { left, right }));
            places = later;
        }
        resize(&mut self.back, self.pairs.len() + self.open.len());
        G::add_pairs(self.backend, &self.front, &self.front, &self.pairs, &mut self.back[..self.pairs.len()]);
        self.keep_odd(sums);
        std::mem::swap(&mut self.front, &mut self.back);
        std::mem::swap(&mut self.places, &mut self.next_places);
    }

    /// Moves odd last sums behind the new ones and lists what is where; a run that has one sum left is done.
    fn keep_odd(&mut self, sums: &mut [G::Packed]) {
        self.next_places.clear();
        let (mut made, mut odd, mut read) = (0, self.pairs.len() as u32, 0);
        let (places, next_places, front, back) =
            (&self.places, &mut self.next_places, &self.front, &mut self.back);
        self.open.retain_mut(|open| {
            let new = open.count / 2;
            read += open.count as usize;
            if open.count == 2 {
                sums[open.run as usize] = back[made as usize];
                made += 1;
                return false;
            }
            next_places.extend(made..made + new);
            made += new;
            if open.count % 2 == 1 {
                back[odd as usize] = front[places[read - 1] as usize];
                next_places.push(odd);
                odd += 1;
            }
            open.count = open.count.div_ceil(2);
            true
        });
    }
}

/// The number of runs at the start of `lengths` with at most `block` entries, but at least one, and their entries.
fn fitting(lengths: &[u32], block: usize) -> (usize, usize) {
    let mut size = 0;
    for (runs, &length) in lengths.iter().enumerate() {
        if runs > 0 && size + length as usize > block {
            return (runs, size);
        }
        size += length as usize;
    }
    (lengths.len(), size)
}

/// Makes room for `len` points without clearing those that are there.
fn resize<P: Copy + Default>(points: &mut Vec<P>, len: usize) {
    if points.len() < len {
        points.resize(len, P::default());
    }
}
