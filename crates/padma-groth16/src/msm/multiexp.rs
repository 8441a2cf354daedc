//! Sums over many scalars of full size.

use blstrs::Scalar;
use ff::PrimeField;
use group::Group as _;
use padma_kernels::Backend;
use rayon::prelude::*;
use std::sync::Mutex;

use super::buckets::{Grid, Summer, Task, tasks};
use super::curve::{Curve, unpack};
use super::plan::Plan;
use super::sort::{SEGMENT, Segment};
use super::weights::{bit_sums, combine};
use crate::digits::limbs;

/// Fewer points are multiplied one by one.
const FEW: usize = 8;

/// Scalars that are sorted at a time for each thread, unless a window has more: several small windows are in work
/// together, so that all threads are.
const SORTED_PER_THREAD: usize = 1 << 18;

/// Bytes of bases from which on they are read in a row, and buckets anywhere. The vectors of AVX-512 do without: they
/// add the points of several MB as fast as those of a cache.
const FAR: usize = 64 << 20;

/// Scalars whose points one thread adds to a window's buckets: many beside the buckets, few beside the whole.
const PART: usize = 1 << 21;

/// Bases that [`multiexp_many`] sums for all vectors before it goes on to the next.
const STRIDE: usize = 1 << 22;

/// Scalars in their canonical form, low word first: what [`multiexp`] takes.
pub fn canonical(scalars: &[Scalar]) -> Vec<[u64; 4]> {
    scalars.par_iter().map(limbs).collect()
}

/// `Σ scalars[i]·bases[i]` on all threads of the pool. Scalars are canonical, low word first.
///
/// Takes 8 bytes a scalar, or at least 2 MiB a thread, for what is sorted; 5 MB a thread to add in; and some 12 MB for
/// sums by window. Where nothing is sorted, since the bases are many: up to 10 MB a thread for its buckets. Panics when the lengths differ or there are 2^31 scalars or more. A scalar that is not below r
/// panics or makes the sum a wrong one.
pub fn multiexp<G: Curve>(backend: Backend, bases: &[G::Packed], scalars: &[[u64; 4]]) -> G::Projective {
    assert_eq!(bases.len(), scalars.len(), "a scalar for each base");
    assert!(bases.len() < 1 << 31, "{} bases", bases.len());
    if scalars.len() < FEW {
        return one_by_one::<G>(backend, bases, scalars);
    }
    let threads = rayon::current_num_threads();
    let in_a_row = backend != Backend::Avx512 && size_of_val(bases) >= FAR;
    let plan = Plan::new(if in_a_row { scalars.len().min(PART) } else { scalars.len() }, threads);
    let multiexp = Multiexp::<G> { backend, plan, bases, scalars, pool: Mutex::default() };
    if in_a_row { multiexp.sum_in_a_row() } else { multiexp.sum_sorted(threads) }
}

/// [`multiexp`] for several vectors of scalars over the same bases, which are read once in slices of 2^22: for bases
/// in a mapped file that memory does not hold.
///
/// Panics as [`multiexp`] does.
pub fn multiexp_many<G: Curve>(
    backend: Backend,
    bases: &[G::Packed],
    vectors: &[&[[u64; 4]]],
) -> Vec<G::Projective> {
    assert!(vectors.iter().all(|scalars| scalars.len() == bases.len()), "a scalar for each base");
    let mut sums = vec![G::Projective::identity(); vectors.len()];
    for (slice, bases) in bases.chunks(STRIDE).enumerate() {
        for (sum, scalars) in sums.iter_mut().zip(vectors) {
            *sum += multiexp::<G>(backend, bases, &scalars[slice * STRIDE..][..bases.len()]);
        }
    }
    sums
}

fn one_by_one<G: Curve>(backend: Backend, bases: &[G::Packed], scalars: &[[u64; 4]]) -> G::Projective {
    let products = bases.iter().zip(scalars).map(|(base, scalar)| {
        let mut repr = <Scalar as PrimeField>::Repr::default();
        for (bytes, word) in repr.as_mut().chunks_exact_mut(8).zip(scalar) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        let scalar = Scalar::from_repr_vartime(repr).expect("a canonical scalar");
        unpack::<G>(backend, base) * scalar
    });
    products.sum()
}

struct Multiexp<'a, G: Curve> {
    backend: Backend,
    plan: Plan,
    bases: &'a [G::Packed],
    scalars: &'a [[u64; 4]],
    /// What threads compute in, for the next that needs one.
    pool: Mutex<Vec<Summer<G>>>,
}

impl<G: Curve> Multiexp<'_, G> {
    /// Part after part of the bases, each thread with buckets of its own.
    fn sum_in_a_row(&self) -> G::Projective {
        let windows = self.plan.digits.places;
        let tasks = self.scalars.len().div_ceil(PART) * windows;
        let sum = |task| self.sum_window(task % windows, task / windows * PART);
        let sums: Vec<_> = (0..tasks).into_par_iter().with_max_len(1).map(sum).collect();
        sums.chunks(windows).map(|part| combine::<G>(self.backend, part)).sum()
    }

    /// The bit sums of a window of the part that begins at `first`.
    fn sum_window(&self, window: usize, first: usize) -> Vec<G::Packed> {
        let scalars = &self.scalars[first..self.scalars.len().min(first + PART)];
        self.with_summer(|Summer { scatter, runs, .. }| {
            let buckets = scatter.sum(&self.plan, window, self.bases, scalars, first as u32, runs);
            let ranges = buckets.chunks(1 << self.plan.inner_bits()).enumerate();
            let grids: Vec<_> =
                ranges.map(|(range, buckets)| Grid::of(&self.plan, range, buckets, runs)).collect();
            bit_sums(&self.plan, &grids, runs)
        })
    }

    fn sum_sorted(&self, threads: usize) -> G::Projective {
        let windows = self.plan.digits.places;
        let group = (SORTED_PER_THREAD * threads / self.scalars.len()).clamp(1, windows);
        let mut segments: Vec<Segment> = Vec::new();
        segments.resize_with(group * self.per_window(), Segment::default);
        let mut grids: Vec<Vec<Grid<G>>> = Vec::with_capacity(windows);
        for first in (0..windows).step_by(group) {
            let segments = &mut segments[..group.min(windows - first) * self.per_window()];
            self.sort(first, segments);
            grids.extend(self.sum_buckets(segments));
        }
        let sums: Vec<_> = grids
            .par_iter()
            .map(|grids| self.with_summer(|summer| bit_sums(&self.plan, grids, &mut summer.runs)))
            .collect();
        combine::<G>(self.backend, &sums)
    }

    /// The number of segments of a window.
    fn per_window(&self) -> usize {
        self.scalars.len().div_ceil(SEGMENT)
    }

    /// `segments` become those of the windows from `first` on.
    fn sort(&self, first: usize, segments: &mut [Segment]) {
        segments.par_iter_mut().with_max_len(1).enumerate().for_each(|(index, segment)| {
            let window = first + index / self.per_window();
            let start = index % self.per_window() * SEGMENT;
            let end = self.scalars.len().min(start + SEGMENT);
            self.with_summer(|summer| {
                segment.sort(&self.plan, window, &self.scalars[start..end], start as u32, &mut summer.digits);
            });
        });
    }

    /// The grids of each window.
    fn sum_buckets(&self, segments: &[Segment]) -> Vec<Vec<Grid<G>>> {
        let windows: Vec<&[Segment]> = segments.chunks(self.per_window()).collect();
        let ranges = self.plan.ranges();
        // The last window has few bits and may have large tasks: first.
        let tasks =
            windows.iter().enumerate().rev().flat_map(|(window, segments)| tasks(window, segments, ranges));
        let tasks: Vec<Task> = tasks.collect();
        let sum = |task: &Task| {
            let segments = windows[task.window];
            self.with_summer(|summer| summer.sum(&self.plan, self.bases, segments, task))
        };
        let sums: Vec<Grid<G>> = tasks.par_iter().with_max_len(1).map(sum).collect();
        let mut grids: Vec<Vec<Grid<G>>> = Vec::new();
        grids.resize_with(windows.len(), Vec::new);
        for (task, sum) in tasks.iter().zip(sums) {
            grids[task.window].push(sum);
        }
        grids
    }

    /// Runs `work` with a summer that no other thread has. Nothing in it waits, so there are as many as threads.
    fn with_summer<T>(&self, work: impl FnOnce(&mut Summer<G>) -> T) -> T {
        let spare = self.pool.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop();
        let mut summer = spare.unwrap_or_else(|| Summer::new(self.backend));
        let result = work(&mut summer);
        self.pool.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(summer);
        result
    }
}
