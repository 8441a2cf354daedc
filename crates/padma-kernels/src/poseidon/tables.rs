//! What a tier needs to hash: constants of an equivalent sequence of rounds with fewer multiplications.
//!
//! # Full rounds: a matrix of small integers
//!
//! Multiplied by the least common multiple D of its denominators, the matrix 1 / (width + i + j) has entries of at most
//! 44 bits: a product with one is a fifth of a multiplication. The factor D, the powers of two that reductions
//! divide by, and what x⁵ makes of a factor stay on the state: a *scale*, the same for all its elements and known
//! in advance. Constants are added at the scale of their round.
//!
//! # Partial rounds: a linear filter
//!
//! Only the first element y passes an S-box; the others, x, are a linear system with an input u = (y + key)⁵ and an
//! output: y' = d·u + c·x, x' = b·u + A·x. Any system with the same outputs will do, and the controller canonical
//! form has the fewest constants: with pᵢ the coefficients of A's characteristic polynomial,
//!
//! ```text
//! wₖ   = uₖ   − p₁·wₖ₋₁ − … − pₙ·wₖ₋ₙ
//! yₖ₊₁ = d·uₖ + q₁·wₖ₋₁ + … + qₙ·wₖ₋ₙ      qᵢ = Σⱼ pⱼ · c·Aⁱ⁻¹⁻ʲ·b, p₀ = 1
//! xₖ   = T·(wₖ₋₁, …, wₖ₋ₙ)                 T's columns: t₁ = b, tᵢ₊₁ = A·tᵢ + pᵢ·b
//! ```
//!
//! Two sums of products a round, of n or n + 1 terms, each reduced once, with the same constants in every round. The
//! matrix before the partial rounds takes in T⁻¹, and T is applied once after them. Round constants of x move on
//! through the system into y's keys.

use blstrs::Scalar;
use ff::Field;

use super::Arity;
use super::grain::round_constants;
use super::linear::{Matrix, apply, dot, solve, transpose};

/// How a tier multiplies, in powers of two. Its elements are `E`.
pub(super) struct Tier<E> {
    /// What a preimage and the first constants are divided by.
    pub entry: u64,
    /// What a product is divided by.
    pub product: u64,
    /// What a sum of products is divided by.
    pub sum: u64,
    /// What a sum of multiples by small integers is divided by.
    pub narrow: u64,
    /// What addends to either kind of sum are divided by: as much as the sum, or nothing.
    pub narrow_addend: u64,
    pub sum_addend: u64,
    pub element: fn(&Scalar) -> E,
}

/// The tables of one arity for one tier. Matrices are row by row.
pub(super) struct Tables<E> {
    /// Added to tag and preimage, which come as they are.
    pub first: Vec<E>,
    /// D / (width + m); row i of the matrix starts at i.
    pub hankel: Vec<u64>,
    /// Added after the matrix of full rounds 0, 1 and 2.
    pub before: [Vec<E>; 3],
    /// From round 3's S-boxes to y₀ and the filter's memory, the oldest first.
    pub enter: Vec<E>,
    /// Keys of y₀ … of all partial rounds, and of the first element after them.
    pub keys: Vec<E>,
    /// qᵢ, for wₖ₋ₙ first.
    pub forward: Vec<E>,
    /// −pᵢ, for wₖ₋ₙ first.
    pub back: Vec<E>,
    /// d.
    pub direct: E,
    /// T, for the memory with the oldest first.
    pub exit: Vec<E>,
    /// Added to what T gives.
    pub after_exit: Vec<E>,
    /// Added after the matrix of the three full rounds that follow.
    pub after: [Vec<E>; 3],
    /// Multiplies the digest to what it is.
    pub digest: E,
}

/// The rounds without any scale.
struct Rounds {
    full: Vec<Vec<Scalar>>,
    enter: Matrix,
    keys: Vec<Scalar>,
    forward: Vec<Scalar>,
    back: Vec<Scalar>,
    direct: Scalar,
    exit: Matrix,
    after_exit: Vec<Scalar>,
}

const HALF: usize = 4;

impl<E> Tables<E> {
    pub fn new(arity: Arity, tier: &Tier<E>) -> Self {
        let width = arity.elements() + 1;
        let (hankel, common) = hankel(width as u64);
        let matrix = matrix(width, &hankel, common);
        let Rounds { full, enter, keys, forward, back, direct, exit, after_exit } =
            Rounds::new(arity, &matrix);

        // y and what the S-boxes make of it keep the scale `unit`, the filter's memory `unit / addend`: so u is an addend.
        let (unit, sum, addend) = (power(tier.product), power(tier.sum), power(tier.sum_addend));
        let per_matrix = common * inverse(power(tier.narrow));
        let per_box = |scale: Scalar| scale.square().square() * scale * inverse(unit.square().square());
        let encode = |values: &[Scalar], scale: Scalar| -> Vec<E> {
            values.iter().map(|value| (tier.element)(&(*value * scale))).collect()
        };
        // Three rounds from `scale`: their constants, and the scale after one more S-box.
        let three = |mut scale: Scalar, constants: &[Vec<Scalar>]| {
            let constants = [0, 1, 2].map(|i| {
                scale = per_box(scale) * per_matrix;
                encode(&constants[i], scale * power(tier.narrow_addend))
            });
            (constants, per_box(scale))
        };

        let mut first = full[0].clone();
        first[0] += Scalar::from((1 << arity.elements()) - 1);
        let (before, scale) = three(inverse(power(tier.entry)), &full[1..HALF]);
        let mut entered = encode(&enter[0], unit * sum * inverse(scale));
        entered.extend(encode(&enter[1..].concat(), unit * sum * inverse(scale * addend)));
        let (after, scale) = three(unit, &full[HALF..]);
        Self {
            first: encode(&first, Scalar::ONE),
            hankel,
            before,
            enter: entered,
            keys: encode(&keys, unit * addend),
            forward: encode(&forward, sum * addend),
            back: encode(&back, sum),
            direct: (tier.element)(&(direct * sum)),
            exit: encode(&exit.concat(), sum * addend),
            after_exit: encode(&after_exit, unit * addend),
            after,
            digest: (tier.element)(&(unit * inverse(scale * per_matrix))),
        }
    }
}

/// D / (width + m) for m = 0 … 2·width − 2, and D.
fn hankel(width: u64) -> (Vec<u64>, Scalar) {
    let gcd = |mut a: u64, mut b: u64| {
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let denominators = width..3 * width - 1;
    let common = denominators.clone().fold(1, |lcm, n| lcm / gcd(lcm, n) * n);
    (denominators.map(|n| common / n).collect(), Scalar::from(common))
}

fn matrix(width: usize, hankel: &[u64], common: Scalar) -> Matrix {
    let inverse = inverse(common);
    let entries: Vec<Scalar> = hankel.iter().map(|entry| Scalar::from(*entry) * inverse).collect();
    (0..width).map(|row| entries[row..row + width].to_vec()).collect()
}

impl Rounds {
    fn new(arity: Arity, matrix: &Matrix) -> Self {
        let constants = round_constants(arity);
        let rounds: Vec<&[Scalar]> = constants.chunks(matrix.len()).collect();
        let (full, rest) = rounds.split_at(HALF);
        let (partial, last) = rest.split_at(arity.partial_rounds());

        let direct = matrix[0][0];
        // The matrix is symmetric: b = c.
        let c = &matrix[0][1..];
        let a: Matrix = matrix[1..].iter().map(|row| row[1..].to_vec()).collect();
        let n = a.len();

        // Krylov: b, Ab, …, Aⁿb; the last depends on those before it as the polynomial says (Cayley, Hamilton).
        let mut krylov = vec![c.to_vec()];
        for i in 0..n {
            krylov.push(apply(&a, &krylov[i]));
        }
        let last_power = krylov[n].iter().map(|value| vec![-*value]).collect();
        let solved = solve(transpose(&krylov[..n].to_vec()), last_power);
        // p₀ = 1, p₁ … pₙ
        let p: Vec<Scalar> =
            std::iter::once(Scalar::ONE).chain(solved.iter().rev().map(|row| row[0])).collect();
        let response: Vec<Scalar> = krylov[..n].iter().map(|power| dot(c, power)).collect();
        let q = |i: usize| (0..i).map(|j| p[j] * response[i - 1 - j]).sum();
        let forward = (1..=n).rev().map(q).collect();
        let back = (1..=n).rev().map(|i| -p[i]).collect();

        // Columns of T, the oldest memory first: tₙ … t₁.
        let column = |i: usize| -> Vec<Scalar> {
            (0..n).map(|row| (0..i).map(|j| p[j] * krylov[i - 1 - j][row]).sum()).collect()
        };
        let exit = transpose(&(1..=n).rev().map(column).collect());
        let mut enter = vec![matrix[0].clone()];
        enter.extend(solve(exit.clone(), matrix[1..].to_vec()));

        // What the rounds' constants add to x and, through x, to y.
        let (mut in_x, mut in_y, mut keys) = (vec![Scalar::ZERO; n], Scalar::ZERO, Vec::new());
        for constants in partial {
            keys.push(in_y + constants[0]);
            in_x.iter_mut().zip(&constants[1..]).for_each(|(sum, constant)| *sum += constant);
            in_y = dot(c, &in_x);
            in_x = apply(&a, &in_x);
        }
        keys.push(in_y + last[0][0]);
        let after_exit = in_x.iter().zip(&last[0][1..]).map(|(sum, constant)| *sum + constant).collect();

        let full = full.iter().chain(&last[1..]).map(|constants| constants.to_vec()).collect();
        Self { full, enter, keys, forward, back, direct, exit, after_exit }
    }
}

fn power(bits: u64) -> Scalar {
    Scalar::from(2).pow_vartime([bits])
}

fn inverse(value: Scalar) -> Scalar {
    Option::from(value.invert()).expect("a power of two or a small integer is not zero")
}
