//! From the sums of rows and columns to the sum of a window.
//!
//! Bucket `k` holds the points of digit `k + 1`, so a window's sum is `Σ k·B_k + Σ B_k`. Bit by bit, `Σ k·B_k` is
//! `Σ 2^b·S_b` where `S_b` adds the buckets whose number has bit `b`, and such a bit is one of the number of a column,
//! of a row, or of a range: `S_b` adds whole columns, rows or ranges.

use group::Group as _;
use padma_kernels::Backend;

use super::buckets::Grid;
use super::curve::{Curve, unpack};
use super::plan::Plan;
use super::runs::Runs;

/// A window's sums `S_b`, the lowest bit first, and last the sum of all buckets.
pub(super) fn bit_sums<G: Curve>(plan: &Plan, grids: &[Grid<G>], runs: &mut Runs<G>) -> Vec<G::Packed> {
    let points: Vec<G::Packed> = grids.iter().flat_map(|grid| grid.sums.iter().copied()).collect();
    let totals = totals(plan, grids, &points, runs);
    let (rows, columns, ranges) = (plan.rows(), plan.columns(), plan.ranges() as u32);
    let (mut entries, mut lengths) = (Vec::new(), Vec::new());
    for (first, count) in [(rows, columns), (0, rows), (rows + columns, ranges)] {
        for bit in 0..count.ilog2() {
            entries.extend((0..count).filter(|line| line >> bit & 1 == 1).map(|line| first + line));
            lengths.push(count / 2);
        }
    }
    entries.extend(0..rows);
    lengths.push(rows);
    let mut sums = Vec::with_capacity(lengths.len());
    runs.sum(&totals, &entries, &lengths, &mut sums);
    sums
}

/// The window's sum of each row, of each column and of each range.
fn totals<G: Curve>(
    plan: &Plan,
    grids: &[Grid<G>],
    points: &[G::Packed],
    runs: &mut Runs<G>,
) -> Vec<G::Packed> {
    let (rows, lines) = (plan.rows(), plan.rows() + plan.columns());
    let count = grids.len() as u32;
    let mut entries: Vec<u32> =
        (0..lines).flat_map(|line| (0..count).map(move |grid| grid * lines + line)).collect();
    let mut lengths = vec![count; lines as usize];
    lengths.resize(lines as usize + plan.ranges(), 0);
    for (grid, index) in grids.iter().zip(0..) {
        entries.extend((0..rows).map(|row| index * lines + row));
        lengths[lines as usize + grid.range] += rows;
    }
    let mut sums = Vec::with_capacity(lengths.len());
    runs.sum(points, &entries, &lengths, &mut sums);
    sums
}

/// The whole sum: every `S_b` of every window, doubled as often as its bit says.
pub(super) fn combine<G: Curve>(backend: Backend, windows: &[Vec<G::Packed>]) -> G::Projective {
    let mut sum = G::Projective::identity();
    for window in windows.iter().rev() {
        let Some((all, bits)) = window.split_last() else { continue };
        sum = sum.double();
        for bit in bits.iter().rev() {
            sum = sum.double() + unpack::<G>(backend, bit);
        }
        sum += unpack::<G>(backend, all);
    }
    sum
}
