//! Signed digits of scalars, for tables of multiples and for buckets.
//!
//! The smaller of `s` and `r − s` is below 2²⁵⁴ and is written in digits of −2^(w−1) … 2^(w−1) − 1. Adding 2^(w−1) to
//! every digit but the last beforehand makes each a plain field of bits, so that none depends on another.

use blstrs::Scalar;
use ff::PrimeField;

/// How scalars are cut.
#[derive(Clone, Copy)]
pub(crate) struct Digits {
    width: u32,
    /// Digits of a scalar.
    pub places: usize,
    /// What is added to a scalar, and to the complement of one that is negated.
    bias: [[u64; 4]; 2],
}

/// The group order, low limb first.
const ORDER: [u64; 4] =
    [0xffff_ffff_0000_0001, 0x53bd_a402_fffe_5bfe, 0x3339_d808_09a1_d805, 0x73ed_a753_299d_7d48];

/// The top limb of r/2.
const MIDDLE: u64 = ORDER[3] >> 1;

/// The bit of a recoded scalar that tells that `r − s` was written instead of `s`.
const NEGATED: u64 = 1 << 63;

impl Digits {
    /// `width` is from 4 to 20: there the last digit, which is never negative, is at most 2^(w−1).
    pub fn new(width: u32) -> Self {
        assert!((4..=20).contains(&width), "digits of {width} bits");
        let places = 255_u32.div_ceil(width);
        let mut bias = [0; 4];
        for place in 0..places - 1 {
            let bit = place * width + width - 1;
            bias[(bit / 64) as usize] |= 1 << (bit % 64);
        }
        // r − s is r + 1 plus the complement of s.
        let negated = add(&add(&ORDER, &[1, 0, 0, 0]), &bias);
        Self { width, places: places as usize, bias: [bias, negated] }
    }

    /// Table entries of a place: the digits from 0 to 2^(w−1).
    pub fn stride(self) -> usize {
        (1 << (self.width - 1)) + 1
    }

    /// A scalar, canonical and low limb first, in a form of which [`Self::at`] reads digits.
    ///
    /// Scalars are told from their negatives by the top limb alone: the last digit has room for the difference.
    #[inline]
    pub fn recode(self, value: &[u64; 4]) -> [u64; 4] {
        let negated = u64::from(value[3] > MIDDLE);
        let complement = negated.wrapping_neg();
        let mut recoded = add(&value.map(|limb| limb ^ complement), &self.bias[negated as usize]);
        recoded[3] |= negated << 63;
        recoded
    }

    /// A digit's magnitude and whether it is negative.
    #[inline]
    pub fn at(self, recoded: &[u64; 4], place: usize) -> (u32, bool) {
        let negated = recoded[3] & NEGATED != 0;
        let bit = place * self.width as usize;
        let (limb, shift) = (bit / 64, bit % 64);
        let top = place == self.places - 1;
        let low = recoded[limb] & if limb == 3 { !NEGATED } else { u64::MAX };
        let high = recoded.get(limb + 1).map_or(0, |limb| limb << 1 << (63 - shift));
        let raw = ((low >> shift | high) & ((1 << self.width) - 1)) as i32;
        let digit = if top { raw } else { raw - (1 << (self.width - 1)) };
        (digit.unsigned_abs(), (digit < 0) != negated)
    }
}

/// A scalar's canonical form, low limb first.
#[inline]
pub(crate) fn limbs(scalar: &Scalar) -> [u64; 4] {
    let bytes = scalar.to_repr();
    std::array::from_fn(|limb| {
        let mut word = [0; 8];
        word.copy_from_slice(&bytes[8 * limb..8 * limb + 8]);
        u64::from_le_bytes(word)
    })
}

fn add(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    let mut carry = false;
    std::array::from_fn(|limb| {
        let (sum, first) = a[limb].overflowing_add(b[limb]);
        let (sum, second) = sum.overflowing_add(carry.into());
        carry = first | second;
        sum
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ff::Field;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    #[test]
    fn digits_add_up_to_the_scalar() {
        let half = -Scalar::ONE * Scalar::from(2).invert().expect("not zero");
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        let random = std::iter::repeat_with(|| Scalar::random(&mut rng)).take(100);
        let edges = [Scalar::ZERO, Scalar::ONE, -Scalar::ONE, half, half + Scalar::ONE, half - Scalar::ONE];
        let scalars: Vec<_> = edges.into_iter().chain(random).collect();
        for digits in (4..=20).map(Digits::new) {
            for scalar in &scalars {
                let recoded = digits.recode(&limbs(scalar));
                let radix = Scalar::from(1 << digits.width);
                let sum = (0..digits.places).rev().fold(Scalar::ZERO, |sum, place| {
                    let (magnitude, negative) = digits.at(&recoded, place);
                    assert!((magnitude as usize) < digits.stride());
                    let digit = Scalar::from(u64::from(magnitude));
                    sum * radix + if negative { -digit } else { digit }
                });
                assert_eq!(sum, *scalar, "{} bits", digits.width);
            }
        }
    }
}
