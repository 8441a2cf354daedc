//! The roots of unity of a domain in the order in which blocks need them.

use blstrs::Scalar;
use ff::{Field, PrimeField};
use rayon::prelude::*;

use super::eight::Eight;

/// `table[k] = ω^−brev(k)` for k < n/2: the twiddle of block k, at every level, of the transform with ω⁻¹ from natural
/// to bit-reversed order. Level l has 2^l blocks, so a level needs a prefix of the table.
///
/// The inverse transform needs the inverses, and those are in the same table: where 2^s is the leading bit of k,
/// `−1 / table[k] = table[3·2^s − 1 − k]`.
pub(super) struct Twiddles<V: Eight> {
    groups: Vec<V::Group>,
    /// −1/table[k] for k < 8, where a group mixes leading bits.
    first_inverses: V::Group,
}

/// The primitive root of unity of order 2^log.
pub(super) fn root_of_unity(log: u32) -> Scalar {
    (log..Scalar::S).fold(Scalar::ROOT_OF_UNITY, |root, _| root.square())
}

/// `base^brev(k)` for k < 2^log, where brev reverses `log` bits.
pub(super) fn reversed_powers(base: Scalar, log: u32) -> Vec<Scalar> {
    let mut powers = Vec::with_capacity(1 << log);
    powers.push(Scalar::ONE);
    for bit in (0..log).rev() {
        let step = base.pow_vartime([1_u64 << bit]);
        let old = powers.len();
        powers.resize(2 * old, Scalar::ZERO);
        let (known, new) = powers.split_at_mut(old);
        new.par_iter_mut().with_min_len(1 << 10).zip(known).for_each(|(new, known)| *new = *known * step);
    }
    powers
}

/// Multipliers eight by eight; the last group is filled up with zeros.
pub(super) fn groups<V: Eight>(factors: &[Scalar]) -> Vec<V::Group> {
    let group = |eight: &[Scalar]| {
        let mut padded = [Scalar::ZERO; 8];
        padded[..eight.len()].copy_from_slice(eight);
        V::group(&padded)
    };
    factors.par_chunks(8).with_min_len(1 << 7).map(group).collect()
}

impl<V: Eight> Twiddles<V> {
    /// For a domain of 2^log elements, at least 16.
    pub(super) fn new(log: u32) -> Self {
        let inverse = root_of_unity(log).invert().unwrap_or(Scalar::ZERO);
        let table = reversed_powers(inverse, log - 1);
        let first: [Scalar; 8] = std::array::from_fn(|k| -table[k].invert().unwrap_or(Scalar::ZERO));
        Self { groups: groups::<V>(&table), first_inverses: V::group(&first) }
    }

    /// The twiddles of blocks k … k + PERIOD − 1, over and over; PERIOD divides k.
    #[inline(always)]
    pub(super) fn forward<const PERIOD: usize>(&self, k: usize) -> V::Multiplier {
        V::spread::<PERIOD, false>(&self.groups[k / 8], k % 8)
    }

    /// Minus the inverses of [`Self::forward`].
    #[inline(always)]
    pub(super) fn backward<const PERIOD: usize>(&self, k: usize) -> V::Multiplier {
        if k < 8 {
            return V::spread::<PERIOD, false>(&self.first_inverses, k);
        }
        let mirrored = (3 << k.ilog2()) - PERIOD - k;
        V::spread::<PERIOD, true>(&self.groups[mirrored / 8], mirrored % 8)
    }
}
