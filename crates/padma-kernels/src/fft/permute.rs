//! Bit reversal in place, in tiles of 8 × 8 elements: whole cache lines move.

use rayon::prelude::*;

use super::array::Array;
use super::eight::Words;

/// Puts the element at i where brev(i) is, for 2^log elements, log ≥ 7.
///
/// With i = (high, middle, low), three bits outside and the rest in the middle, the tile of one middle goes to the
/// tile of the reversed middle, transposed and with rows and columns reversed.
pub(super) fn reverse_bits(array: &Array<'_>, log: u32) {
    let middle_bits = log - 6;
    (0..1_usize << middle_bits).into_par_iter().with_min_len(1 << 4).for_each(|middle| {
        let reversed = middle.reverse_bits() >> (usize::BITS - middle_bits);
        if middle > reversed {
            return;
        }
        let (tile, other) = (read(array, middle, middle_bits), read(array, reversed, middle_bits));
        write(array, reversed, middle_bits, &tile);
        write(array, middle, middle_bits, &other);
    });
}

type Tile = [[Words; 8]; 8];

const REVERSED: [usize; 8] = [0, 4, 2, 6, 1, 5, 3, 7];

fn read(array: &Array<'_>, middle: usize, middle_bits: u32) -> Tile {
    // SAFETY: a tile is read and written only with its reversed one, by one thread.
    std::array::from_fn(|high| *unsafe { array.eight(high << middle_bits | middle) })
}

fn write(array: &Array<'_>, middle: usize, middle_bits: u32, tile: &Tile) {
    for high in 0..8 {
        // SAFETY: as in `read`.
        let eight = unsafe { array.eight(high << middle_bits | middle) };
        *eight = std::array::from_fn(|low| tile[REVERSED[low]][REVERSED[high]]);
    }
}
