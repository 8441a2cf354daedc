//! Bit reversal in place, in tiles of 8 × 8 elements: whole cache lines move.

use rayon::prelude::*;

use super::array::Array;

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
        for (high, low) in (0..8).flat_map(|high| (0..8).map(move |low| (high, low))) {
            let (to_high, to_low) = (REVERSED[low], REVERSED[high]);
            if middle == reversed && (high, low) >= (to_high, to_low) {
                continue;
            }
            let (here, there) = (high << middle_bits | middle, to_high << middle_bits | reversed);
            // SAFETY: the groups of a middle and of its reverse are touched by one thread alone, and the borrows end
            // where each statement does.
            unsafe {
                let element = array.eight(here)[low];
                array.eight(here)[low] = array.eight(there)[to_low];
                array.eight(there)[to_low] = element;
            }
        }
    });
}

const REVERSED: [usize; 8] = [0, 4, 2, 6, 1, 5, 3, 7];
