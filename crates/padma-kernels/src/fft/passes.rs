//! A transform as few passes over memory: each brings a part of the array into cache and does several levels there.
//!
//! With n = 2^l₀·2^l₁·…·2^t the first passes take tiles of eight columns (2^lᵢ rows, far apart), and the last takes
//! contiguous blocks of 2^t elements. Forward transforms go down the list (natural to bit-reversed order), backward
//! ones go up.

use std::array;

use rayon::prelude::*;

use super::array::Array;
use super::eight::{Eight, Job};
use super::tile;
use super::twiddles::Twiddles;

/// Levels that a pass does at most. 2^11 rows of eight elements are 640 KiB in limbs of 52 bits: they fit the 1 MiB
/// of a second-level cache, and the lazy bounds of [`super::ifma`]. Two passes of eleven beat three of eight by a
/// fifth; asking for rows ahead of their loads gains nothing.
const LEVELS: u32 = 11;

/// A pass over tiles of eight columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    /// Levels before it: the array falls into 2^before blocks.
    before: u32,
    /// Its own levels: 2^levels rows a tile.
    levels: u32,
    /// Levels after it: rows are 2^after elements apart.
    after: u32,
}

/// The passes of a domain: columns first, and levels of the contiguous blocks.
#[derive(Clone, Debug)]
pub(super) struct Passes {
    pub(super) columns: Vec<Columns>,
    pub(super) block_levels: u32,
}

impl Passes {
    /// For 2^log elements, log ≥ 7: at least one pass over columns, and blocks of at least 16.
    pub(super) fn new(log: u32) -> Self {
        let count = log.div_ceil(LEVELS).max(2);
        let share = |i: u32| log / count + u32::from(i < log % count);
        // The blocks get the largest share.
        let block_levels = share(0).max(4);
        let mut columns = Vec::new();
        let mut before = 0;
        for i in 1..count {
            let levels = share(i).min(log - block_levels - before);
            columns.push(Columns { before, levels, after: log - before - levels });
            before += levels;
        }
        Self { columns, block_levels }
    }
}

impl Columns {
    pub(super) fn rows(self) -> usize {
        1 << self.levels
    }

    fn tiles(self) -> usize {
        1 << (self.before + self.after - 3)
    }

    /// Which of the 2^before parts of the array a tile belongs to.
    pub(super) fn block(self, tile: usize) -> usize {
        tile >> (self.after - 3)
    }

    /// The group of eight elements that is row `row` of a tile.
    #[inline(always)]
    fn group(self, tile: usize, row: usize) -> usize {
        let columns = 1 << (self.after - 3);
        (self.block(tile) * self.rows() + row) * columns + tile % columns
    }
}

/// Runs `work` on every number below `tiles`, on all cores, with `BUFFERS` buffers of `rows` vectors.
pub(super) fn for_each_tile<V: Eight, const BUFFERS: usize>(
    tiles: usize,
    rows: usize,
    work: impl Fn(usize, &mut [Vec<V>; BUFFERS]) + Sync,
) {
    let buffers = || array::from_fn(|_| vec![V::zero(); rows]);
    (0..tiles).into_par_iter().for_each_init(buffers, |buffers, tile| work(tile, buffers));
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Direction {
    /// Roots ω⁻¹, natural to bit-reversed order.
    Forward,
    /// Roots ω, bit-reversed to natural order.
    Backward,
}

/// One pass over columns. `last`: what is stored are results, below r.
pub(super) fn columns<V: Eight>(
    twiddles: &Twiddles<V>,
    pass: Columns,
    direction: Direction,
    last: bool,
    array: &Array<'_>,
) {
    for_each_tile::<V, 1>(pass.tiles(), pass.rows(), |tile, [rows]| {
        V::enter(ColumnsTile { twiddles, pass, direction, last, array, tile, rows });
    });
}

struct ColumnsTile<'a, V: Eight> {
    twiddles: &'a Twiddles<V>,
    pass: Columns,
    direction: Direction,
    last: bool,
    array: &'a Array<'a>,
    tile: usize,
    rows: &'a mut [V],
}

impl<V: Eight> Job for ColumnsTile<'_, V> {
    #[inline(always)]
    fn run(self) {
        let Self { twiddles, pass, tile, rows, .. } = self;
        load_columns(pass, tile, self.array, rows);
        match self.direction {
            Direction::Forward => tile::forward(twiddles, pass.block(tile), rows),
            Direction::Backward => tile::backward(twiddles, pass.block(tile), rows),
        }
        for (row, vector) in rows.iter().enumerate() {
            // SAFETY: the groups of a tile are its own.
            let group = unsafe { self.array.eight(pass.group(tile, row)) };
            if self.last { vector.store_reduced(group) } else { vector.store(group) }
        }
    }
}

#[inline(always)]
fn load_columns<V: Eight>(pass: Columns, tile: usize, array: &Array<'_>, rows: &mut [V]) {
    for (row, vector) in rows.iter_mut().enumerate() {
        // SAFETY: the groups of a tile are its own.
        *vector = V::load(unsafe { array.eight(pass.group(tile, row)) });
    }
}

/// The pass over columns that ends two backward transforms, multiplies them and begins the forward transform of the
/// product, which replaces `left`; it is off by [`Eight::PRODUCT_SCALE`].
pub(super) fn multiply<V: Eight>(twiddles: &Twiddles<V>, pass: Columns, left: &Array<'_>, right: &Array<'_>) {
    for_each_tile::<V, 2>(pass.tiles(), pass.rows(), |tile, [rows, others]| {
        V::enter(ProductTile { twiddles, pass, left, right, tile, rows, others });
    });
}

struct ProductTile<'a, V: Eight> {
    twiddles: &'a Twiddles<V>,
    pass: Columns,
    left: &'a Array<'a>,
    right: &'a Array<'a>,
    tile: usize,
    rows: &'a mut [V],
    others: &'a mut [V],
}

impl<V: Eight> Job for ProductTile<'_, V> {
    #[inline(always)]
    fn run(self) {
        let Self { twiddles, pass, tile, rows, others, .. } = self;
        load_columns(pass, tile, self.left, rows);
        tile::backward(twiddles, pass.block(tile), rows);
        load_columns(pass, tile, self.right, others);
        tile::backward(twiddles, pass.block(tile), others);
        for (row, other) in rows.iter_mut().zip(others.iter()) {
            row.multiply(other);
        }
        tile::forward(twiddles, pass.block(tile), rows);
        for (row, vector) in rows.iter().enumerate() {
            // SAFETY: the groups of a tile are its own.
            vector.store(unsafe { self.left.eight(pass.group(tile, row)) });
        }
    }
}
