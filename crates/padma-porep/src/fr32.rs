//! fr32 padding: 127 bytes become 128, four times 254 bits with two zero bits after each, so that every 32-byte
//! node is a field element of BLS12-381. (Filecoin spec, "Sector: fr32 padding".)

use padma_kernels::node::node;

use crate::error::{ProofError, Result};

/// Unpadded bytes of the smallest unit, and what they become.
pub const QUAD: usize = 127;
pub const PADDED_QUAD: usize = 128;

/// Padded size of `unpadded` bytes; `unpadded` is a multiple of 127.
pub const fn padded(unpadded: u64) -> u64 {
    unpadded / 127 * 128
}

/// Unpadded size of `padded` bytes; `padded` is a multiple of 128.
pub const fn unpadded(padded: u64) -> u64 {
    padded / 128 * 127
}

/// The smallest piece, 127·2ⁿ unpadded bytes, that holds `payload` bytes.
pub fn piece_size_for(payload: u64) -> u64 {
    127 * payload.div_ceil(127).next_power_of_two()
}

/// Refuses a size that no piece can have: pieces are 127·2ⁿ unpadded bytes.
pub fn check_piece_size(unpadded: u64) -> Result<()> {
    if unpadded >= 127 && unpadded.is_multiple_of(127) && (unpadded / 127).is_power_of_two() {
        return Ok(());
    }
    Err(ProofError::bad_input(format!("a piece is 127·2ⁿ bytes, not {unpadded}")))
}

/// Pads whole quads: `input` is k·127 bytes and `output` k·128.
pub fn pad(input: &[u8], output: &mut [u8]) {
    debug_assert!(input.len().is_multiple_of(QUAD));
    let quads = input.as_chunks::<QUAD>().0;
    for (quad, out) in quads.iter().zip(output.as_chunks_mut::<PADDED_QUAD>().0) {
        out[..32].copy_from_slice(&node(node_of::<0>(quad)));
        out[32..64].copy_from_slice(&node(node_of::<1>(quad)));
        out[64..96].copy_from_slice(&node(node_of::<2>(quad)));
        out[96..].copy_from_slice(&node(node_of::<3>(quad)));
    }
}

/// All but the two highest bits, which a node has no use for.
const TOP: u64 = u64::MAX >> 2;

/// Node N holds the bits 254·N … 254·N + 253. In words of 64 bits: its j-th word has 2·N bits of word 4·N + j − 1 below
/// those of word 4·N + j, and the last one two zeros on top. With N known the shifts are constants, and four words are
/// made at once.
fn node_of<const N: usize>(quad: &[u8; QUAD]) -> [u64; 4] {
    let word = |i: usize| {
        let at = (8 * i).min(QUAD - 8); // The last word is one byte short: it is read from a byte before.
        let word = u64::from_le_bytes(*quad[at..].first_chunk().expect("eight bytes are left"));
        if i < 15 { word } else { word >> 8 }
    };
    let mut words = std::array::from_fn(|j| {
        let below = if N == 0 { 0 } else { word(4 * N + j - 1) >> (64 - 2 * N) };
        (word(4 * N + j) << (2 * N)) | below
    });
    words[3] &= TOP;
    words
}

/// The reverse of [`pad`]: `input` is k·128 bytes and `output` k·127. The two highest bits of each node are dropped.
pub fn unpad(input: &[u8], output: &mut [u8]) {
    debug_assert!(input.len().is_multiple_of(PADDED_QUAD));
    let quads = input.as_chunks::<PADDED_QUAD>().0;
    for (padded, out) in quads.iter().zip(output.as_chunks_mut::<QUAD>().0) {
        out[..32].copy_from_slice(&node(part_of::<0>(padded)));
        out[32..64].copy_from_slice(&node(part_of::<1>(padded)));
        out[64..96].copy_from_slice(&node(part_of::<2>(padded)));
        out[96..].copy_from_slice(&node(part_of::<3>(padded))[..31]);
    }
}

/// The words 4·N … 4·N + 3 of a quad: those of node N without the 2·N bits that the words before have, filled up from the
/// node after it.
fn part_of<const N: usize>(padded: &[u8; PADDED_QUAD]) -> [u64; 4] {
    let words = padded.as_chunks::<8>().0;
    let word = |i: usize| words.get(i).map_or(0, |word| u64::from_le_bytes(*word));
    let above = |i: usize| if N == 0 { 0 } else { word(i) << (64 - 2 * N) };
    let mut part = std::array::from_fn(|j| (word(4 * N + j) >> (2 * N)) | above(4 * N + j + 1));
    part[3] = ((word(4 * N + 3) & TOP) >> (2 * N)) | (word(4 * N + 4) << (62 - 2 * N));
    part
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_core::{RngCore, SeedableRng};
    use std::io::Read;

    #[test]
    fn pads_like_the_reference() {
        let input: Vec<u8> = (0..QUAD * 9).map(|i| (i * 251 % 253) as u8 ^ 0xa5).collect();
        let mut expected = Vec::new();
        filecoin_proofs_api::fr32::Fr32Reader::new(&input[..]).read_to_end(&mut expected).expect("reads");
        let mut ours = vec![0; PADDED_QUAD * 9];
        pad(&input, &mut ours);
        assert_eq!(ours, expected);
    }

    #[test]
    fn unpads_what_was_padded() {
        let input: Vec<u8> = (0..QUAD * 9).map(|i| (i * 251 % 253) as u8 ^ 0x5a).collect();
        let (mut padded, mut back) = (vec![0; PADDED_QUAD * 9], vec![0xff; QUAD * 9]);
        pad(&input, &mut padded);
        padded.chunks_exact_mut(32).for_each(|node| node[31] |= 0xc0);
        unpad(&padded, &mut back);
        assert_eq!(back, input);
    }

    /// Bit by bit: two zeros after every 254.
    fn padded_bits(input: &[u8]) -> Vec<u8> {
        let mut output = vec![0; input.len() / QUAD * PADDED_QUAD];
        for bit in 0..8 * input.len() {
            let place = bit / 254 * 256 + bit % 254;
            output[place / 8] |= (input[bit / 8] >> (bit % 8) & 1) << (place % 8);
        }
        output
    }

    #[test]
    fn every_bit_has_its_place_at_any_length() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        for quads in (0..10).chain([15, 16, 17, 31, 32, 33]) {
            let mut input = vec![0xff; quads * QUAD];
            for round in 0..4 {
                let (mut padded, mut back) = (vec![0xaa; quads * PADDED_QUAD], vec![0xaa; quads * QUAD]);
                pad(&input, &mut padded);
                assert!(padded == padded_bits(&input), "{quads} quads, round {round}");
                unpad(&padded, &mut back);
                assert!(back == input, "{quads} quads, round {round}");
                random.fill_bytes(&mut input);
            }
        }
    }

    #[test]
    fn sizes_go_up_to_the_next_piece() {
        let table = [(1, 127), (127, 127), (128, 254), (254, 254), (255, 508), (2032, 2032), (2033, 4064)];
        for (payload, piece) in table {
            assert_eq!(piece_size_for(payload), piece);
        }
        assert!(check_piece_size(381).is_err());
        assert!(check_piece_size(0).is_err());
    }
}
