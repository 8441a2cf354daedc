//! Round constants: the self-shrinking Grain LFSR of the Poseidon paper, appendix E.

use blstrs::Scalar;

use super::Arity;

/// Bits of the modulus.
const FIELD_BITS: u64 = 255;
const FULL_ROUNDS: u64 = 8;

/// (8 + partial rounds) · (arity + 1) constants, round by round.
pub(super) fn round_constants(arity: Arity) -> Vec<Scalar> {
    let width = arity.elements() + 1;
    let mut grain = Grain::new(width as u64, arity.partial_rounds() as u64);
    let count = width * (FULL_ROUNDS as usize + arity.partial_rounds());
    (0..count).map(|_| grain.next_element()).collect()
}

/// The register's output, 64 bits at a time.
///
/// The register obeys b(i + 80) = b(i + 62) + b(i + 51) + b(i + 38) + b(i + 23) + b(i + 13) + b(i). So it obeys the
/// fourth power of that polynomial, which over GF(2) has the same terms at four times the distances, and a whole
/// word follows from the five before it.
struct Grain {
    words: [u64; 5],
    /// The output's bits that are not yet looked at, and how many.
    rest: u64,
    left: u32,
}

impl Grain {
    fn new(width: u64, partial_rounds: u64) -> Self {
        let mut bits = Vec::with_capacity(320);
        // A prime field, x^alpha, n, t, R_F, R_P, ones.
        let seed = [
            (2, 1),
            (4, 1),
            (12, FIELD_BITS),
            (12, width),
            (10, FULL_ROUNDS),
            (10, partial_rounds),
            (30, (1 << 30) - 1),
        ];
        for (count, value) in seed {
            bits.extend((0..count).rev().map(|bit| (value >> bit) & 1));
        }
        for i in 0..320 - 80 {
            bits.push([62, 51, 38, 23, 13, 0].iter().fold(0, |sum, tap| sum ^ bits[i + tap]));
        }
        let word = |i: usize| (0..64).fold(0, |word, bit| word | (bits[64 * i + bit] << bit));
        let mut grain = Self { words: std::array::from_fn(word), rest: 0, left: 0 };
        // The seed and the 160 bits after it are not used: three words and 48 bits.
        for _ in 0..4 {
            grain.rest = grain.next_word() >> 48;
        }
        grain.left = 16;
        grain
    }

    fn next_word(&mut self) -> u64 {
        let [w0, w1, w2, w3, w4] = self.words;
        let window = |low: u64, high: u64, shift: u32| (low >> shift) | (high << (64 - shift));
        // 0, 4·13, 4·23, 4·38, 4·51, 4·62
        let next = w0
            ^ window(w0, w1, 52)
            ^ window(w1, w2, 28)
            ^ window(w2, w3, 24)
            ^ window(w3, w4, 12)
            ^ window(w3, w4, 56);
        self.words = [w1, w2, w3, w4, next];
        w0
    }

    /// Self-shrinking: of each pair of bits the first says whether the second is put out. The highest comes first.
    fn next_bits(&mut self, count: u32) -> u64 {
        let (mut value, mut missing) = (0, count);
        while missing > 0 {
            if self.left == 0 {
                (self.rest, self.left) = (self.next_word(), 64);
            }
            let (taken, bit) = (self.rest & 1, (self.rest >> 1) & 1);
            value = (value << taken) | (taken & bit);
            missing -= taken as u32;
            self.rest >>= 2;
            self.left -= 2;
        }
        value
    }

    /// Numbers of 255 bits until one is below r.
    fn next_element(&mut self) -> Scalar {
        loop {
            let mut bytes = [0; 32];
            for (word, count) in bytes.chunks_exact_mut(8).zip([63, 64, 64, 64]) {
                word.copy_from_slice(&self.next_bits(count).to_be_bytes());
            }
            if let Some(element) = Option::from(Scalar::from_bytes_be(&bytes)) {
                return element;
            }
        }
    }
}
