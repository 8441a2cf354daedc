//! Eight hashes at a time, one in each lane.

use blstrs::Scalar;
use std::sync::LazyLock;

use super::tables::{Tables, Tier};
use super::{Arity, Lanes, Node, by_eight};
use crate::ifma::fr::{Columns, FrX8};
use crate::ifma::narrow::Narrow;
use crate::node::words;

/// In carried limbs of 52 bits, below r, at some scale.
type Limbs = [u64; 5];

const TIER: Tier<Limbs> =
    Tier { entry: 0, product: 260, sum: 260, narrow: 52, narrow_addend: 0, sum_addend: 0, element };

static TABLES: [LazyLock<Tables<Limbs>>; 4] = [
    LazyLock::new(|| Tables::new(Arity::Two, &TIER)),
    LazyLock::new(|| Tables::new(Arity::Four, &TIER)),
    LazyLock::new(|| Tables::new(Arity::Eight, &TIER)),
    LazyLock::new(|| Tables::new(Arity::Eleven, &TIER)),
];

fn element(value: &Scalar) -> Limbs {
    let [a, b, c, d] = words(&value.to_bytes_le());
    let mask = (1 << 52) - 1;
    [a & mask, (a >> 52 | b << 12) & mask, (b >> 40 | c << 24) & mask, (c >> 28 | d << 36) & mask, d >> 16]
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(super) fn hash_many(arity: Arity, preimages: &[Node], digests: &mut [Node]) {
    let tables = &*TABLES[arity as usize];
    match arity {
        Arity::Two => hash_blocks::<2, 3>(tables, preimages, digests),
        Arity::Four => hash_blocks::<4, 5>(tables, preimages, digests),
        Arity::Eight => hash_blocks::<8, 9>(tables, preimages, digests),
        Arity::Eleven => hash_blocks::<11, 12>(tables, preimages, digests),
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn hash_blocks<const ARITY: usize, const WIDTH: usize>(
    tables: &Tables<Limbs>,
    preimages: &[Node],
    digests: &mut [Node],
) {
    by_eight(preimages, digests, |elements: &[Lanes; ARITY]| {
        let mut state = [FrX8::zero(); WIDTH];
        for (element, lanes) in state[1..].iter_mut().zip(elements) {
            *element = FrX8::load(lanes);
        }
        let mut hashes = [[0; 4]; 8];
        permute(tables, state).store(&mut hashes);
        hashes
    });
}

/// The digests, fully reduced. Bounds, in multiples of r: what matrices give is below 2.1, the
/// filter's memory below 3.1, y below 3.1, S-boxes' outputs below 1.2.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn permute<const WIDTH: usize>(tables: &Tables<Limbs>, mut state: [FrX8; WIDTH]) -> FrX8 {
    for (element, constant) in state.iter_mut().zip(&tables.first) {
        *element = element.add(FrX8::splat(constant));
    }
    for constants in &tables.before {
        mix(tables, &mut state, constants);
    }
    partial_rounds(tables, &mut state);
    for constants in &tables.after {
        mix(tables, &mut state, constants);
    }
    quintic(&mut state);
    mix_row(&tables.hankel[1..], &state, FrX8::zero()).mul(FrX8::splat(&tables.digest)).canonical()
}

/// S-boxes, matrix, constants.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn mix<const WIDTH: usize>(tables: &Tables<Limbs>, state: &mut [FrX8; WIDTH], constants: &[Limbs]) {
    quintic(state);
    let boxed = *state;
    for (row, (element, constant)) in state.iter_mut().zip(constants).enumerate() {
        *element = mix_row(&tables.hankel[row..], &boxed, FrX8::splat(constant));
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn mix_row<const WIDTH: usize>(factors: &[u64], values: &[FrX8; WIDTH], constant: FrX8) -> FrX8 {
    let mut sum = Narrow::shifted(constant);
    for (factor, value) in factors.iter().zip(values) {
        sum = sum.add_multiple(*factor, *value);
    }
    sum.reduce()
}

/// More than the rounds of any arity and its memory.
const MEMORY: usize = 11 + 57;

/// From the S-boxes of the last full round before to the state that the next one takes.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn partial_rounds<const WIDTH: usize>(tables: &Tables<Limbs>, state: &mut [FrX8; WIDTH]) {
    quintic(state);
    let rounds = tables.keys.len() - 1;
    let mut memory = [FrX8::zero(); MEMORY];
    let mut rows = tables.enter.chunks_exact(WIDTH);
    let first = rows.next().unwrap_or_default();
    let mut y = dot(first, state, FrX8::splat(&tables.keys[0]));
    for (w, row) in memory.iter_mut().zip(rows) {
        *w = dot(row, state, FrX8::zero());
    }
    for (round, key) in tables.keys[1..].iter().enumerate() {
        let (window, rest) = memory[round..].split_at_mut(WIDTH - 1);
        let u = quintic_one(y);
        let mut next = Columns::shifted(FrX8::splat(key));
        for (w, coefficient) in window.iter().zip(&tables.forward) {
            next = next.add_product(*w, FrX8::splat(coefficient));
        }
        let mut kept = Columns::shifted(u);
        for (w, coefficient) in window.iter().zip(&tables.back) {
            kept = kept.add_product(*w, FrX8::splat(coefficient));
        }
        rest[0] = kept.reduce();
        y = next.add_product(u, FrX8::splat(&tables.direct)).reduce();
    }
    state[0] = y;
    let memory = &memory[rounds..rounds + WIDTH - 1];
    for ((element, row), constant) in
        state[1..].iter_mut().zip(tables.exit.chunks_exact(WIDTH - 1)).zip(&tables.after_exit)
    {
        *element = dot(row, memory, FrX8::splat(constant));
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn dot(row: &[Limbs], values: &[FrX8], constant: FrX8) -> FrX8 {
    let mut sum = Columns::shifted(constant);
    for (entry, value) in row.iter().zip(values) {
        sum = sum.add_product(*value, FrX8::splat(entry));
    }
    sum.reduce()
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn quintic<const WIDTH: usize>(state: &mut [FrX8; WIDTH]) {
    for element in state {
        *element = quintic_one(*element);
    }
}

/// x⁵
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn quintic_one(x: FrX8) -> FrX8 {
    x.square().square().mul(x)
}
