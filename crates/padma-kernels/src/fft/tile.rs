//! Levels of a transform on a tile: a buffer in cache, each of its rows a vector.
//!
//! A tile is either eight columns of an array (rows are far apart in it, and the lanes never meet), or a contiguous
//! block (eight neighbours in each row, which meet in the last three levels).

use super::eight::Eight;
use super::twiddles::Twiddles;

/// All levels that tell rows apart, from natural to bit-reversed order, on part `block` of the array.
#[inline(always)]
pub(super) fn forward<V: Eight>(twiddles: &Twiddles<V>, block: usize, rows: &mut [V]) {
    let mut size = rows.len();
    let mut blocks = 1;
    if size.ilog2() % 2 == 1 {
        forward2(twiddles, block, rows);
        (size, blocks) = (size / 2, 2);
    }
    while size > 1 {
        for (part, rows) in rows.chunks_exact_mut(size).enumerate() {
            forward4(twiddles, block * blocks + part, rows);
        }
        (size, blocks) = (size / 4, blocks * 4);
    }
}

/// The inverse of [`forward`], times the number of rows.
#[inline(always)]
pub(super) fn backward<V: Eight>(twiddles: &Twiddles<V>, block: usize, rows: &mut [V]) {
    let mut size = 4;
    while size <= rows.len() {
        let blocks = rows.len() / size;
        for (part, rows) in rows.chunks_exact_mut(size).enumerate() {
            backward4(twiddles, block * blocks + part, rows);
        }
        size *= 4;
    }
    if size / 2 == rows.len() {
        backward2(twiddles, block, rows);
    }
}

#[inline(always)]
fn forward2<V: Eight>(twiddles: &Twiddles<V>, k: usize, rows: &mut [V]) {
    let (low, high) = rows.split_at_mut(rows.len() / 2);
    if k == 0 {
        for (a, b) in low.iter_mut().zip(high) {
            V::first2([a, b]);
        }
        return;
    }
    let w = twiddles.forward::<1>(k);
    for (a, b) in low.iter_mut().zip(high) {
        V::forward2([a, b], &w);
    }
}

#[inline(always)]
fn backward2<V: Eight>(twiddles: &Twiddles<V>, k: usize, rows: &mut [V]) {
    let (low, high) = rows.split_at_mut(rows.len() / 2);
    if k == 0 {
        for (a, b) in low.iter_mut().zip(high) {
            V::first2([a, b]);
        }
        return;
    }
    let w = twiddles.backward::<1>(k);
    for (a, b) in low.iter_mut().zip(high) {
        V::backward2([a, b], &w);
    }
}

/// Replaces the rows j, j + q, j + 2q, j + 3q of each j, where q is a quarter of them. A macro, because a closure
/// would not have the CPU features of its caller.
macro_rules! for_each_four {
    ($rows:ident, |$four:ident| $butterfly:expr) => {
        let (low, high) = $rows.split_at_mut($rows.len() / 2);
        let (a, b) = low.split_at_mut(low.len() / 2);
        let (c, d) = high.split_at_mut(high.len() / 2);
        for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
            let $four = [a, b, c, d];
            $butterfly;
        }
    };
}

#[inline(always)]
fn forward4<V: Eight>(twiddles: &Twiddles<V>, k: usize, rows: &mut [V]) {
    if k == 0 {
        let w = twiddles.forward::<1>(1);
        for_each_four!(rows, |four| V::forward4_first(four, &w));
        return;
    }
    let w = [twiddles.forward::<1>(k), twiddles.forward::<1>(2 * k), twiddles.forward::<1>(2 * k + 1)];
    for_each_four!(rows, |four| V::forward4(four, &w));
}

#[inline(always)]
fn backward4<V: Eight>(twiddles: &Twiddles<V>, k: usize, rows: &mut [V]) {
    if k == 0 {
        let w = twiddles.backward::<1>(1);
        for_each_four!(rows, |four| V::backward4_first(four, &w));
        return;
    }
    let w = [twiddles.backward::<1>(k), twiddles.backward::<1>(2 * k), twiddles.backward::<1>(2 * k + 1)];
    for_each_four!(rows, |four| V::backward4(four, &w));
}

/// The last levels of a contiguous block, all of them: rows first, then the three within eight neighbours, two rows
/// at a time. Shuffles bring the lanes together that meet; four of them undo each other.
#[inline(always)]
pub(super) fn forward_block<V: Eight>(twiddles: &Twiddles<V>, block: usize, rows: &mut [V]) {
    forward(twiddles, block, rows);
    let first = block * rows.len();
    for (i, pair) in rows.as_chunks_mut::<2>().0.iter_mut().enumerate() {
        let k = first + 2 * i;
        meet(pair, &twiddles.forward::<2>(k));
        meet(pair, &twiddles.forward::<4>(2 * k));
        meet(pair, &twiddles.forward::<8>(4 * k));
        *pair = V::shuffle(*pair);
    }
}

#[inline(always)]
fn meet<V: Eight>(pair: &mut [V; 2], w: &V::Multiplier) {
    *pair = V::shuffle(*pair);
    V::forward2(pair.each_mut(), w);
}

/// The inverse of [`forward_block`], times the length of the block.
#[inline(always)]
pub(super) fn backward_block<V: Eight>(twiddles: &Twiddles<V>, block: usize, rows: &mut [V]) {
    let first = block * rows.len();
    for (i, pair) in rows.as_chunks_mut::<2>().0.iter_mut().enumerate() {
        let k = first + 2 * i;
        part(pair, &twiddles.backward::<8>(4 * k));
        part(pair, &twiddles.backward::<4>(2 * k));
        part(pair, &twiddles.backward::<2>(k));
        *pair = V::unshuffle(*pair);
    }
    backward(twiddles, block, rows);
}

#[inline(always)]
fn part<V: Eight>(pair: &mut [V; 2], w: &V::Multiplier) {
    *pair = V::unshuffle(*pair);
    V::backward2(pair.each_mut(), w);
}
