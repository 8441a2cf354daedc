//! fr32 padding: 127 bytes become 128, four times 254 bits with two zero bits after each, so that every 32-byte
//! node is a field element of BLS12-381. (Filecoin spec, "Sector: fr32 padding".)

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
    for (quad, out) in input.chunks_exact(QUAD).zip(output.chunks_exact_mut(PADDED_QUAD)) {
        pad_quad(quad, out);
    }
}

/// Node k holds the bits 254·k … 254·k + 253. In words of 64 bits: its j-th word has 2·k bits of word 4·k + j − 1 below
/// those of word 4·k + j, and the last one two zeros on top.
fn pad_quad(quad: &[u8], out: &mut [u8]) {
    let word = |i: usize| {
        let at = (8 * i).min(QUAD - 8); // The last word is one byte short: it is read from a byte before.
        let word = u64::from_le_bytes(std::array::from_fn(|byte| quad[at + byte]));
        if i < 15 { word } else { word >> 8 }
    };
    let mut before = 0;
    for (i, out) in out.chunks_exact_mut(8).enumerate() {
        let (here, node) = (word(i), i / 4);
        let below = if node == 0 { 0 } else { before >> (64 - 2 * node) };
        let top = if i % 4 == 3 { u64::MAX >> 2 } else { u64::MAX };
        out.copy_from_slice(&(((here << (2 * node)) | below) & top).to_le_bytes());
        before = here;
    }
}

/// The reverse of [`pad`]: `input` is k·128 bytes and `output` k·127. The two highest bits of each node are dropped.
pub fn unpad(input: &[u8], output: &mut [u8]) {
    debug_assert!(input.len().is_multiple_of(PADDED_QUAD));
    for (padded, out) in input.chunks_exact(PADDED_QUAD).zip(output.chunks_exact_mut(QUAD)) {
        unpad_quad(padded, out);
    }
}

/// Node k begins in the byte 31·k + ⌊6k/8⌋, at its bits 0, 6, 4 and 2.
fn unpad_quad(padded: &[u8], out: &mut [u8]) {
    out[..32].copy_from_slice(&padded[..32]);
    out[31] &= 0x3f;
    for (node, (start, shift)) in [(1, (31, 6)), (2, (63, 4)), (3, (95, 2))] {
        out[start + 1..(start + 33).min(QUAD)].fill(0);
        for i in 0..32 {
            let byte = padded[node * 32 + i] & if i == 31 { 0x3f } else { 0xff };
            out[start + i] |= byte << shift;
            if let Some(next) = out.get_mut(start + i + 1) {
                *next |= byte >> (8 - shift);
            }
        }
    }
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
