//! The pass over contiguous blocks: the last levels forward, a scaling, the first levels backward.

use blstrs::Scalar;
use ff::Field;

use super::array::Array;
use super::eight::{Eight, Job};
use super::passes::for_each_tile;
use super::tile;
use super::twiddles::{Twiddles, groups, reversed_powers};

/// A factor for each element of an array in bit-reversed order.
pub(super) enum Scale<V: Eight> {
    One,
    Constant(V::Group),
    /// `constant · base^brev(i)`, as a factor for the block times a factor for the place in it.
    Powers {
        blocks: Vec<V::Group>,
        places: Vec<V::Group>,
    },
}

impl<V: Eight> Scale<V> {
    pub(super) fn constant(factor: Scalar) -> Self {
        Self::Constant(V::group(&[factor; 8]))
    }

    /// For 2^log elements in blocks of 2^block_levels.
    pub(super) fn powers(constant: Scalar, base: Scalar, log: u32, block_levels: u32) -> Self {
        let outer = log - block_levels;
        let mut blocks = reversed_powers(base, outer);
        blocks.iter_mut().for_each(|power| *power *= constant);
        let places = reversed_powers(base.pow_vartime([1_u64 << outer]), block_levels);
        Self::Powers { blocks: groups::<V>(&blocks), places: groups::<V>(&places) }
    }

    #[inline(always)]
    fn apply(&self, block: usize, rows: &mut [V]) {
        match self {
            Self::One => {}
            Self::Constant(factor) => {
                let factor = V::spread::<8, false>(factor, 0);
                for row in rows {
                    row.times(&factor);
                }
            }
            Self::Powers { blocks, places } => {
                let factor = V::spread::<1, false>(&blocks[block / 8], block % 8);
                for (row, place) in rows.iter_mut().zip(places) {
                    row.times(&V::spread::<8, false>(place, 0));
                    row.times(&factor);
                }
            }
        }
    }
}

/// What a pass over blocks does: the last levels forward, then the scale, then the first levels backward.
pub(super) struct Blocks<'a, V: Eight> {
    pub(super) twiddles: &'a Twiddles<V>,
    pub(super) levels: u32,
    pub(super) forward: bool,
    pub(super) scale: &'a Scale<V>,
    pub(super) backward: bool,
}

impl<V: Eight> Blocks<'_, V> {
    /// Runs the pass; what it stores is below r.
    pub(super) fn run(&self, array: &Array<'_>) {
        let rows = 1 << (self.levels - 3);
        for_each_tile::<V, 1>(array.len() / rows, rows, |block, [rows]| {
            V::enter(BlockTile { pass: self, array, block, rows });
        });
    }
}

struct BlockTile<'a, V: Eight> {
    pass: &'a Blocks<'a, V>,
    array: &'a Array<'a>,
    block: usize,
    rows: &'a mut [V],
}

impl<V: Eight> Job for BlockTile<'_, V> {
    #[inline(always)]
    fn run(self) {
        let Self { pass, array, block, rows } = self;
        load_block(array, block, rows);
        if pass.forward {
            tile::forward_block(pass.twiddles, block, rows);
        }
        pass.scale.apply(block, rows);
        if pass.backward {
            tile::backward_block(pass.twiddles, block, rows);
        }
        store_block(array, block, rows);
    }
}

#[inline(always)]
fn load_block<V: Eight>(array: &Array<'_>, block: usize, rows: &mut [V]) {
    let first = block * rows.len();
    for (i, row) in rows.iter_mut().enumerate() {
        // SAFETY: a block is its tile's own.
        *row = V::load(unsafe { array.eight(first + i) });
    }
}

#[inline(always)]
fn store_block<V: Eight>(array: &Array<'_>, block: usize, rows: &[V]) {
    let first = block * rows.len();
    for (i, row) in rows.iter().enumerate() {
        // SAFETY: a block is its tile's own.
        row.store_reduced(unsafe { array.eight(first + i) });
    }
}

/// The last levels forward of two transforms, each with its scale, and their difference in place of `left`.
pub(super) struct Difference<'a, V: Eight> {
    pub(super) twiddles: &'a Twiddles<V>,
    pub(super) levels: u32,
    pub(super) scale: &'a Scale<V>,
    pub(super) right_scale: &'a Scale<V>,
}

impl<V: Eight> Difference<'_, V> {
    pub(super) fn run(&self, left: &Array<'_>, right: &Array<'_>) {
        let rows = 1 << (self.levels - 3);
        for_each_tile::<V, 2>(left.len() / rows, rows, |block, [rows, others]| {
            V::enter(DifferenceTile { pass: self, left, right, block, rows, others });
        });
    }
}

struct DifferenceTile<'a, V: Eight> {
    pass: &'a Difference<'a, V>,
    left: &'a Array<'a>,
    right: &'a Array<'a>,
    block: usize,
    rows: &'a mut [V],
    others: &'a mut [V],
}

impl<V: Eight> Job for DifferenceTile<'_, V> {
    #[inline(always)]
    fn run(self) {
        let Self { pass, block, rows, others, .. } = self;
        load_block(self.left, block, rows);
        tile::forward_block(pass.twiddles, block, rows);
        pass.scale.apply(block, rows);
        load_block(self.right, block, others);
        tile::forward_block(pass.twiddles, block, others);
        pass.right_scale.apply(block, others);
        for (row, other) in rows.iter_mut().zip(others.iter()) {
            row.subtract(other);
        }
        store_block(self.left, block, rows);
    }
}
