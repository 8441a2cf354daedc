//! Multiples of one point by very many scalars.
//!
//! A scalar is written in signed digits of `width` bits, and for every digit's place the small multiples of the base
//! are in a table: a multiple is one addition a digit, and the additions of thousands of scalars share an inversion.

use blstrs::Scalar;
use padma_kernels::Backend;
use padma_kernels::curve::{Group, NEGATE, Pair};
use padma_kernels::pages::large_vec;
use rayon::prelude::*;

use super::secret::Secret;
use crate::digits::{Digits, limbs};

/// The tables of a base: for each place `j` the points `d·2^(width·j)·base`, `d` from 0 to `2^(width − 1)`.
pub(super) struct FixedBase<G: Group> {
    backend: Backend,
    digits: Digits,
    table: Vec<G::Packed>,
}

/// Scalars that one thread works on together. 2,048 accumulators in G1 stay in the second-level cache.
pub(super) const CHUNK: usize = 2048;

/// What one thread computes in.
pub(super) struct Scratch<G: Group> {
    scalars: Secret<Scalar>,
    recoded: Secret<[u64; 4]>,
    pairs: Secret<Pair>,
    sums: Secret<G::Packed>,
    next: Secret<G::Packed>,
}

impl<G: Group> Scratch<G> {
    pub fn new() -> Self {
        Self {
            scalars: Secret::zeroed(CHUNK),
            recoded: Secret::zeroed(CHUNK),
            pairs: Secret::zeroed(CHUNK),
            sums: Secret::zeroed(CHUNK),
            next: Secret::zeroed(CHUNK),
        }
    }

    /// Where the next scalars go. `count` is at most [`CHUNK`].
    pub fn scalars(&mut self, count: usize) -> &mut [Scalar] {
        &mut self.scalars[..count]
    }
}

impl<G: Group> FixedBase<G> {
    /// Tables of `base`, `⌈255/width⌉·2^(width − 1)` points of them. `width` is from 4 to 20.
    pub fn new(backend: Backend, base: &G::Affine, width: u32) -> Self {
        let digits = Digits::new(width);
        let mut places = Vec::with_capacity(digits.places);
        let mut base = G::pack(backend, base);
        for _ in 0..digits.places {
            places.push(base);
            for _ in 0..width {
                base = sum::<G>(backend, base, base);
            }
        }
        let count = digits.places * digits.stride();
        let mut table = large_vec(count);
        table.resize(count, G::Packed::default());
        table
            .par_chunks_mut(digits.stride())
            .zip(places)
            .for_each(|(row, base)| fill_with_multiples::<G>(backend, row, base));
        Self { backend, digits, table }
    }

    /// `base·scalar` for the first `count` scalars in `scratch`.
    pub fn multiples<'s>(&self, count: usize, scratch: &'s mut Scratch<G>) -> &'s [G::Packed] {
        let Scratch { scalars, recoded, pairs, sums, next } = scratch;
        let (recoded, pairs) = (&mut recoded[..count], &mut pairs[..count]);
        for (recoded, scalar) in recoded.iter_mut().zip(scalars.iter()) {
            *recoded = self.digits.recode(&limbs(scalar));
        }
        for (pair, recoded) in pairs.iter_mut().zip(&*recoded) {
            *pair = Pair { left: self.entry(recoded, 0), right: self.entry(recoded, 1) };
        }
        G::add_pairs(self.backend, &self.table, &self.table, pairs, &mut sums[..count]);
        for place in 2..self.digits.places {
            for (index, (pair, recoded)) in pairs.iter_mut().zip(&*recoded).enumerate() {
                *pair = Pair { left: index as u32, right: self.entry(recoded, place) };
            }
            G::add_pairs(self.backend, &sums[..count], &self.table, pairs, &mut next[..count]);
            std::mem::swap(sums, next);
        }
        &sums[..count]
    }

    /// The table's index of a digit, with its sign.
    #[inline]
    fn entry(&self, recoded: &[u64; 4], place: usize) -> u32 {
        let (digit, negative) = self.digits.at(recoded, place);
        let index = (place * self.digits.stride()) as u32 + digit;
        if negative { index | NEGATE } else { index }
    }
}

fn sum<G: Group>(backend: Backend, left: G::Packed, right: G::Packed) -> G::Packed {
    let mut sum = [G::Packed::default()];
    G::add_pairs(backend, &[left], &[right], &[Pair { left: 0, right: 0 }], &mut sum);
    sum[0]
}

/// `row[d] = d·base`, twice as many of them in each step.
fn fill_with_multiples<G: Group>(backend: Backend, row: &mut [G::Packed], base: G::Packed) {
    row[1] = base;
    let mut known = 1;
    while known < row.len() - 1 {
        let pairs: Vec<_> = (1..=known as u32).map(|right| Pair { left: known as u32, right }).collect();
        let (low, high) = row.split_at_mut(known + 1);
        G::add_pairs(backend, low, low, &pairs, &mut high[..known]);
        known *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use blstrs::{G1Affine, G2Affine};
    use ff::Field;
    use group::prime::PrimeCurveAffine;
    use group::{Curve, UncompressedEncoding};
    use padma_kernels::curve::{G1, G2};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    fn scalars() -> Vec<Scalar> {
        let half = -Scalar::ONE * Scalar::from(2).invert().expect("not zero");
        let edges = [Scalar::ZERO, Scalar::ONE, Scalar::from(2), -Scalar::ONE, half, half + Scalar::ONE];
        let powers = (0..254).map(|power| Scalar::from(2).pow_vartime([power]));
        let mut rng = ChaCha20Rng::from_seed([5; 32]);
        let random = std::iter::repeat_with(|| Scalar::random(&mut rng)).take(40);
        edges.into_iter().chain(powers.flat_map(|power| [power, -power])).chain(random).collect()
    }

    /// Each backend and several widths against blstrs.
    fn agrees<G: Group, A>(base: A, packed: &G::Affine)
    where
        A: PrimeCurveAffine<Scalar = Scalar> + UncompressedEncoding,
        A::Curve: Curve<AffineRepr = A>,
    {
        let scalars = scalars();
        let expected: Vec<_> =
            scalars.iter().map(|scalar| (base * scalar).to_affine().to_uncompressed()).collect();
        for backend in Backend::supported() {
            for width in [4, 8, 13] {
                let tables = FixedBase::<G>::new(backend, packed, width);
                let mut scratch = Scratch::new();
                scratch.scalars(scalars.len()).copy_from_slice(&scalars);
                let points = tables.multiples(scalars.len(), &mut scratch);
                let mut bytes = vec![0; points.len() * G::ENCODED];
                G::encode(backend, points, &mut bytes);
                for (index, (bytes, expected)) in bytes.chunks(G::ENCODED).zip(&expected).enumerate() {
                    assert_eq!(bytes, expected.as_ref(), "scalar {index}, {width} bits, {}", backend.name());
                }
            }
        }
    }

    #[test]
    fn multiples_are_those_of_blstrs() {
        let mut rng = ChaCha20Rng::from_seed([6; 32]);
        let g1 = (G1Affine::generator() * Scalar::random(&mut rng)).to_affine();
        agrees::<G1, _>(g1, g1.as_ref());
        let g2 = (G2Affine::generator() * Scalar::random(&mut rng)).to_affine();
        agrees::<G2, _>(g2, g2.as_ref());
    }
}
