//! One hash at a time in 64-bit words: blst's assembly in the S-boxes, sums of products reduced once.

use blst::blst_fr;
use blstrs::Scalar;
use std::sync::LazyLock;

use super::tables::{Tables, Tier};
use super::{Arity, Node};
use crate::node::{MODULUS, node, words};

/// Below r, at some scale.
type Element = [u64; 4];

/// −r⁻¹ mod 2⁶⁴.
const NEGATED_INVERSE: u64 = 0xffff_fffe_ffff_ffff;

const TIER: Tier<Element> =
    Tier { entry: 0, product: 256, sum: 256, narrow: 64, narrow_addend: 0, sum_addend: 0, element };

static TABLES: [LazyLock<Tables<Element>>; 4] = [
    LazyLock::new(|| Tables::new(Arity::Two, &TIER)),
    LazyLock::new(|| Tables::new(Arity::Four, &TIER)),
    LazyLock::new(|| Tables::new(Arity::Eight, &TIER)),
    LazyLock::new(|| Tables::new(Arity::Eleven, &TIER)),
];

fn element(value: &Scalar) -> Element {
    words(&value.to_bytes_le())
}

pub(super) fn hash_many(arity: Arity, preimages: &[Node], digests: &mut [Node]) {
    let tables = &TABLES[arity as usize];
    for (preimage, digest) in preimages.chunks_exact(arity.elements()).zip(digests) {
        *digest = node(match arity {
            Arity::Two => hash::<3>(tables, preimage),
            Arity::Four => hash::<5>(tables, preimage),
            Arity::Eight => hash::<9>(tables, preimage),
            Arity::Eleven => hash::<12>(tables, preimage),
        });
    }
}

/// `WIDTH` is the arity and one.
fn hash<const WIDTH: usize>(tables: &Tables<Element>, preimage: &[Node]) -> Element {
    let mut state = [[0; 4]; WIDTH];
    state[1..].iter_mut().zip(preimage).for_each(|(element, input)| *element = words(input));
    state.iter_mut().zip(&tables.first).for_each(|(element, constant)| *element = add(element, constant));
    for constants in &tables.before {
        state = mix(tables, &state.map(quintic), constants);
    }
    state = partial_rounds(tables, &state.map(quintic));
    for constants in &tables.after {
        state = mix(tables, &state.map(quintic), constants);
    }
    let digest = mix_row(&tables.hankel[1..], &state.map(quintic), &[0; 4]);
    multiply(&digest, &tables.digest)
}

fn mix<const WIDTH: usize>(
    tables: &Tables<Element>,
    state: &[Element; WIDTH],
    constants: &[Element],
) -> [Element; WIDTH] {
    std::array::from_fn(|row| mix_row(&tables.hankel[row..], state, &constants[row]))
}

/// The filter over its memory, which grows by one element a round.
fn partial_rounds<const WIDTH: usize>(
    tables: &Tables<Element>,
    state: &[Element; WIDTH],
) -> [Element; WIDTH] {
    let mut memory = Vec::with_capacity(WIDTH + tables.keys.len());
    let mut entered = tables.enter.chunks_exact(WIDTH).map(|row| dot(row, state, &[0; 4]));
    let first = entered.next().unwrap_or_default();
    memory.extend(entered);
    let mut y = add(&first, &tables.keys[0]);
    for (round, key) in tables.keys[1..].iter().enumerate() {
        let u = quintic(y);
        let (mut next, mut kept) = (Sum::of(key), Sum::of(&u));
        for (w, (forward, back)) in memory[round..].iter().zip(tables.forward.iter().zip(&tables.back)) {
            next.add_product(w, forward);
            kept.add_product(w, back);
        }
        next.add_product(&u, &tables.direct);
        y = next.reduce();
        memory.push(kept.reduce());
    }
    let memory = &memory[tables.keys.len() - 1..];
    let mut state = [y; WIDTH];
    for (row, (element, constant)) in state[1..].iter_mut().zip(&tables.after_exit).enumerate() {
        *element = dot(&tables.exit[row * memory.len()..], memory, constant);
    }
    state
}

fn dot(row: &[Element], values: &[Element], constant: &Element) -> Element {
    let mut sum = Sum::of(constant);
    row.iter().zip(values).for_each(|(entry, value)| sum.add_product(entry, value));
    sum.reduce()
}

/// Σ kᵢ·vᵢ / 2⁶⁴ + constant, of factors below 2⁴⁴ with a sum below 2⁴⁸.
fn mix_row(factors: &[u64], values: &[Element], constant: &Element) -> Element {
    let mut sum = [0, constant[0], constant[1], constant[2], constant[3]];
    for (factor, value) in factors.iter().zip(values) {
        let mut carry = 0;
        for i in 0..4 {
            (sum[i], carry) = multiply_add(sum[i], *factor, value[i], carry);
        }
        sum[4] += carry;
    }
    let digit = sum[0].wrapping_mul(NEGATED_INVERSE);
    let mut carry = multiply_add(sum[0], digit, MODULUS[0], 0).1;
    for i in 1..4 {
        (sum[i], carry) = multiply_add(sum[i], digit, MODULUS[i], carry);
    }
    let (top, over) = sum[4].overflowing_add(carry);
    below_modulus([sum[1], sum[2], sum[3], top, u64::from(over)])
}

/// low and high word of `sum + a·b + carry`
fn multiply_add(sum: u64, a: u64, b: u64, carry: u64) -> (u64, u64) {
    let wide = u128::from(a) * u128::from(b) + u128::from(sum) + u128::from(carry);
    (wide as u64, (wide >> 64) as u64)
}

/// A sum of up to 13 products of elements, and an element times 2²⁵⁶.
struct Sum([u64; 9]);

impl Sum {
    /// `value` · 2²⁵⁶
    fn of(value: &Element) -> Self {
        Self([0, 0, 0, 0, value[0], value[1], value[2], value[3], 0])
    }

    #[inline(always)]
    fn add_product(&mut self, a: &Element, b: &Element) {
        let mut product = [0; 8];
        for i in 0..4 {
            let mut carry = 0;
            for j in 0..4 {
                (product[i + j], carry) = multiply_add(product[i + j], a[i], b[j], carry);
            }
            product[i + 4] = carry;
        }
        let mut over = false;
        for (sum, word) in self.0.iter_mut().zip(product) {
            let (first, one) = sum.overflowing_add(word);
            let (second, other) = first.overflowing_add(u64::from(over));
            (*sum, over) = (second, one | other);
        }
        self.0[8] += u64::from(over);
    }

    /// The sum divided by 2²⁵⁶ modulo r: Montgomery.
    fn reduce(self) -> Element {
        let mut t = self.0;
        let mut over = 0;
        for i in 0..4 {
            let digit = t[i].wrapping_mul(NEGATED_INVERSE);
            let mut carry = 0;
            for j in 0..4 {
                (t[i + j], carry) = multiply_add(t[i + j], digit, MODULUS[j], carry);
            }
            let sum = u128::from(t[i + 4]) + u128::from(carry) + u128::from(over);
            (t[i + 4], over) = (sum as u64, (sum >> 64) as u64);
        }
        below_modulus([t[4], t[5], t[6], t[7], t[8] + over])
    }
}

/// A value below 15r modulo r.
fn below_modulus(value: [u64; 5]) -> Element {
    // ⌊value / 2²⁴⁰⌋ is below 2¹⁹; 2²⁴⁰ / r is 36180 / 2³⁰ rounded down. The estimate is exact or one too small.
    let top = (value[4] << 16) | (value[3] >> 48);
    let quotient = (top * RECIPROCAL) >> 30;
    let (mut carry, mut borrow) = (0, false);
    let mut rest = [0; 4];
    for i in 0..4 {
        let wide = u128::from(quotient) * u128::from(MODULUS[i]) + u128::from(carry);
        carry = (wide >> 64) as u64;
        let (first, one) = value[i].overflowing_sub(wide as u64);
        let (second, other) = first.overflowing_sub(u64::from(borrow));
        (rest[i], borrow) = (second, one | other);
    }
    subtract_once(rest)
}

/// ⌊2²⁷⁰ / r⌋
const RECIPROCAL: u64 = 36180;

/// A value below 2r modulo r.
fn subtract_once(value: Element) -> Element {
    let mut less = [0; 4];
    let mut borrow = false;
    for i in 0..4 {
        let (first, one) = value[i].overflowing_sub(MODULUS[i]);
        let (second, other) = first.overflowing_sub(u64::from(borrow));
        (less[i], borrow) = (second, one | other);
    }
    if borrow { value } else { less }
}

fn add(a: &Element, b: &Element) -> Element {
    let mut out = blst_fr::default();
    // SAFETY: three valid pointers to elements below r.
    unsafe { blst::blst_fr_add(&mut out, &blst_fr { l: *a }, &blst_fr { l: *b }) };
    out.l
}

/// ab / 2²⁵⁶
fn multiply(a: &Element, b: &Element) -> Element {
    let mut out = blst_fr::default();
    // SAFETY: three valid pointers to elements below r.
    unsafe { blst::blst_fr_mul(&mut out, &blst_fr { l: *a }, &blst_fr { l: *b }) };
    out.l
}

/// x⁵
fn quintic(x: Element) -> Element {
    let mut fourth = blst_fr { l: x };
    // SAFETY: valid pointers to elements below r; blst reads its operand before it writes.
    unsafe {
        let pointer: *mut blst_fr = &mut fourth;
        blst::blst_fr_sqr(pointer, pointer);
        blst::blst_fr_sqr(pointer, pointer);
    }
    multiply(&fourth.l, &x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reciprocal_is_that_of_the_modulus() {
        // r / 2²⁴⁰ rounded up and down
        let (low, high) = (u64::from(u16::MAX) & (MODULUS[3] >> 48), (MODULUS[3] >> 48) + 1);
        assert!((1 << 30) / high <= RECIPROCAL && RECIPROCAL <= (1 << 30) / low);
    }

    #[test]
    fn every_multiple_is_taken_off() {
        for rest in [[0; 4], [1, 0, 0, 0], subtract_once([0, MODULUS[1], MODULUS[2], MODULUS[3]])] {
            let mut value = [rest[0], rest[1], rest[2], rest[3], 0];
            for _ in 0..15 {
                assert_eq!(below_modulus(value), rest);
                let mut carry = 0;
                for i in 0..4 {
                    (value[i], carry) = multiply_add(value[i], 1, MODULUS[i], carry);
                }
                value[4] += carry;
            }
        }
    }
}
