//! Domains too small for tiles of vectors: the textbook's recursion, one element at a time.

use blst::blst_fr;
use blstrs::Scalar;
use ff::{Field, PrimeField};

use super::twiddles::root_of_unity;

/// Σᵢ aᵢ·root^(i·k) for each k, root of order `a.len()`, a power of two.
fn transform(a: &[Scalar], root: Scalar) -> Vec<Scalar> {
    let half = a.len() / 2;
    if half == 0 {
        return a.to_vec();
    }
    let part = |odd: usize| a.iter().skip(odd).step_by(2).copied().collect::<Vec<_>>();
    let (even, odd) = (transform(&part(0), root.square()), transform(&part(1), root.square()));
    let mut out = vec![Scalar::ZERO; a.len()];
    let mut power = Scalar::ONE;
    for k in 0..half {
        let turned = odd[k] * power;
        out[k] = even[k] + turned;
        out[k + half] = even[k] - turned;
        power *= root;
    }
    out
}

/// Multiplies element i with constant · base^i.
fn scale(a: &mut [Scalar], constant: Scalar, base: Scalar) {
    let mut factor = constant;
    for element in a {
        *element *= factor;
        factor *= base;
    }
}

/// See [`super::plan::Plan::to_coefficients`].
pub(super) fn to_coefficients(a: &mut [Scalar], coset: bool) {
    let inverse = |scalar: Scalar| scalar.invert().unwrap_or(Scalar::ZERO);
    let root = inverse(root_of_unity(a.len().ilog2()));
    a.copy_from_slice(&transform(a, root));
    let base = if coset { inverse(Scalar::MULTIPLICATIVE_GENERATOR) } else { Scalar::ONE };
    scale(a, inverse(Scalar::from(a.len() as u64)), base);
}

/// See [`super::plan::Plan::to_evaluations`].
pub(super) fn to_evaluations(a: &mut [Scalar], coset: bool) {
    let base = if coset { Scalar::MULTIPLICATIVE_GENERATOR } else { Scalar::ONE };
    scale(a, Scalar::ONE, base);
    a.copy_from_slice(&transform(a, root_of_unity(a.len().ilog2())));
}

/// See [`super::plan::Plan::quotient`].
pub(super) fn quotient(a: &mut [Scalar], mut b: Vec<Scalar>, mut c: Vec<Scalar>) {
    for array in [&mut *a, &mut b, &mut c] {
        to_coefficients(array, false);
        to_evaluations(array, true);
    }
    let size = Scalar::MULTIPLICATIVE_GENERATOR.pow_vartime([a.len() as u64]);
    let vanishing = (size - Scalar::ONE).invert().unwrap_or(Scalar::ZERO);
    for ((a, b), c) in a.iter_mut().zip(b).zip(c) {
        *a = (*a * b - c) * vanishing;
    }
    to_coefficients(a, true);
    for element in a {
        let mut l = [0; 4];
        // SAFETY: four words are written from a valid residue.
        unsafe { blst::blst_uint64_from_fr(l.as_mut_ptr(), &blst_fr::from(*element)) };
        *element = Scalar::from(blst_fr { l });
    }
}
