//! Eight hashes at a time on the floating-point multiplier, one in each lane.

use blstrs::Scalar;
use std::sync::LazyLock;

use super::tables::{Tables, Tier};
use super::{Arity, Lanes, Node, by_eight};
use crate::fma::fr::{Dot, FrX8, Limbs, Narrow, balanced};
use crate::node::{MODULUS, add, subtract, words};

/// Constants are divided with the sums that they are added to, so that they do not make values larger.
const TIER: Tier<Limbs> =
    Tier { entry: 51, product: 255, sum: 306, narrow: 51, narrow_addend: 51, sum_addend: 306, element };

static TABLES: [LazyLock<Tables<Limbs>>; 4] = [
    LazyLock::new(|| Tables::new(Arity::Two, &TIER)),
    LazyLock::new(|| Tables::new(Arity::Four, &TIER)),
    LazyLock::new(|| Tables::new(Arity::Eight, &TIER)),
    LazyLock::new(|| Tables::new(Arity::Eleven, &TIER)),
];

/// The representative that is nearest to zero.
fn element(value: &Scalar) -> Limbs {
    let value = words(&value.to_bytes_le());
    let (negative, less) = subtract(MODULUS, value);
    debug_assert!(!less, "a scalar is below the modulus");
    // value > r − value
    if subtract(negative, value).1 {
        // value − r + 2²⁵⁶
        let wrapped = subtract(value, MODULUS).0;
        debug_assert!(add(wrapped, MODULUS).1);
        balanced(wrapped, true)
    } else {
        balanced(value, false)
    }
}

#[target_feature(enable = "avx2,fma")]
pub(super) fn hash_many(arity: Arity, preimages: &[Node], digests: &mut [Node]) {
    let tables = &*TABLES[arity as usize];
    match arity {
        Arity::Two => hash_blocks::<2, 3>(tables, preimages, digests),
        Arity::Four => hash_blocks::<4, 5>(tables, preimages, digests),
        Arity::Eight => hash_blocks::<8, 9>(tables, preimages, digests),
        Arity::Eleven => hash_blocks::<11, 12>(tables, preimages, digests),
    }
}

#[target_feature(enable = "avx2,fma")]
fn hash_blocks<const ARITY: usize, const WIDTH: usize>(
    tables: &Tables<Limbs>,
    preimages: &[Node],
    digests: &mut [Node],
) {
    by_eight(preimages, digests, |elements: &[Lanes; ARITY]| {
        let mut state = [FrX8::zero(); WIDTH];
        state[0] = FrX8::load(&[[0; 4]; 8], &tables.first[0]);
        for ((element, lanes), constant) in state[1..].iter_mut().zip(elements).zip(&tables.first[1..]) {
            *element = FrX8::load(lanes, constant);
        }
        permute(tables, &mut state);
        mix_row(&tables.hankel[1..], &state, &[0.0; 5]).mul_constant(&tables.digest).store()
    });
}

/// Up to the S-boxes of the last round. Bounds, in multiples of r: what matrices and sums give is below 0.53, squares
/// below 0.76, fourth powers below 1.03, S-boxes' outputs below 1.
#[target_feature(enable = "avx2,fma")]
fn permute<const WIDTH: usize>(tables: &Tables<Limbs>, state: &mut [FrX8; WIDTH]) {
    for constants in &tables.before {
        mix(tables, state, constants);
    }
    partial_rounds(tables, state);
    for constants in &tables.after {
        mix(tables, state, constants);
    }
    quintic(state);
}

/// S-boxes, matrix, constants.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn mix<const WIDTH: usize>(tables: &Tables<Limbs>, state: &mut [FrX8; WIDTH], constants: &[Limbs]) {
    quintic(state);
    let boxed = *state;
    for (row, (element, constant)) in state.iter_mut().zip(constants).enumerate() {
        *element = mix_row(&tables.hankel[row..], &boxed, constant);
    }
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn mix_row<const WIDTH: usize>(factors: &[u64], values: &[FrX8; WIDTH], constant: &Limbs) -> FrX8 {
    let mut sum = Narrow::begin(constant, WIDTH);
    for (factor, value) in factors.iter().zip(values) {
        sum.add_multiple(*factor as f64, value);
    }
    sum.reduce()
}

/// More than the rounds of any arity and its memory.
const MEMORY: usize = 11 + 57;

/// From the S-boxes of the last full round before to the state that the next one takes.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn partial_rounds<const WIDTH: usize>(tables: &Tables<Limbs>, state: &mut [FrX8; WIDTH]) {
    quintic(state);
    let rounds = tables.keys.len() - 1;
    let mut memory = [FrX8::zero(); MEMORY];
    let mut rows = tables.enter.chunks_exact(WIDTH);
    let first = rows.next().unwrap_or_default();
    let mut y = dot(first, state, &tables.keys[0]);
    for (w, row) in memory.iter_mut().zip(rows) {
        *w = dot(row, state, &[0.0; 5]);
    }
    for (round, key) in tables.keys[1..].iter().enumerate() {
        let (window, rest) = memory[round..].split_at_mut(WIDTH - 1);
        let u = quintic_one(&y);
        let mut next = Dot::begin(key, WIDTH);
        for (w, coefficient) in window.iter().zip(&tables.forward) {
            next.add_product(w, coefficient);
        }
        let mut kept = Dot::begin(&[0.0; 5], WIDTH - 1);
        for (w, coefficient) in window.iter().zip(&tables.back) {
            kept.add_product(w, coefficient);
        }
        kept.add_value(&u);
        rest[0] = kept.reduce();
        next.add_product(&u, &tables.direct);
        y = next.reduce();
    }
    state[0] = y;
    let memory = &memory[rounds..rounds + WIDTH - 1];
    for ((element, row), constant) in
        state[1..].iter_mut().zip(tables.exit.chunks_exact(WIDTH - 1)).zip(&tables.after_exit)
    {
        *element = dot(row, memory, constant);
    }
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn dot(row: &[Limbs], values: &[FrX8], constant: &Limbs) -> FrX8 {
    let mut sum = Dot::begin(constant, values.len());
    for (entry, value) in row.iter().zip(values) {
        sum.add_product(value, entry);
    }
    sum.reduce()
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn quintic<const WIDTH: usize>(state: &mut [FrX8; WIDTH]) {
    for element in state {
        *element = quintic_one(element);
    }
}

/// x⁵
#[inline]
#[target_feature(enable = "avx2,fma")]
fn quintic_one(x: &FrX8) -> FrX8 {
    x.square().square().mul(x)
}
