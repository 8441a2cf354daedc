//! What the reference's Poseidon gadget allocates, without the gadget and its linear combinations.

use blstrs::Scalar;
use ff::Field;
use filecoin_hashers::{
    POSEIDON_CONSTANTS_2, POSEIDON_CONSTANTS_4, POSEIDON_CONSTANTS_8, POSEIDON_CONSTANTS_11,
};
use neptune::poseidon::{Arity, PoseidonConstants};

/// Appends to `aux` what neptune's `poseidon_hash` allocates for 2, 4, 8 or 11 elements, but for the hash itself,
/// which comes last there and is returned. `None` for other numbers: no tree or column has them.
pub(super) fn hash(aux: &mut Vec<Scalar>, elements: &[Scalar]) -> Option<Scalar> {
    match elements.len() {
        2 => Some(permute(aux, elements, &POSEIDON_CONSTANTS_2)),
        4 => Some(permute(aux, elements, &POSEIDON_CONSTANTS_4)),
        8 => Some(permute(aux, elements, &POSEIDON_CONSTANTS_8)),
        11 => Some(permute(aux, elements, &POSEIDON_CONSTANTS_11)),
        _ => None,
    }
}

/// Poseidon with the constants that neptune has compressed: round keys after the S-boxes, sparse partial rounds.
fn permute<A: Arity<Scalar>>(
    aux: &mut Vec<Scalar>,
    elements: &[Scalar],
    constants: &PoseidonConstants<Scalar, A>,
) -> Scalar {
    let mut state: Vec<Scalar> = [&[constants.domain_tag], elements].concat();
    let (before, keys) = constants.compressed_round_constants.split_at(state.len());
    state.iter_mut().zip(before).for_each(|(element, key)| *element += key);
    // The last round has no keys.
    let mut keys = keys.iter().copied().chain(std::iter::repeat(Scalar::ZERO));
    let mut key = || keys.next().unwrap_or(Scalar::ZERO);
    // The tag is a constant: its S-box is computed, not constrained.
    state[0] = quintic(&mut Vec::new(), state[0], key());
    state[1..].iter_mut().for_each(|element| *element = quintic(aux, *element, key()));
    state = product(&state, &constants.mds_matrices.m);
    for round in 1..constants.half_full_rounds {
        full_round(aux, &mut state, &mut key);
        let last = round == constants.half_full_rounds - 1;
        let matrix = if last { &constants.pre_sparse_matrix } else { &constants.mds_matrices.m };
        state = product(&state, matrix);
    }
    for matrix in &constants.sparse_matrixes {
        full_round(aux, &mut state[..1], &mut key);
        let (head, first) = (state[0], dot(&state, &matrix.w_hat));
        state[1..].iter_mut().zip(&matrix.v_rest).for_each(|(element, factor)| *element += head * factor);
        state[0] = first;
    }
    for _ in 0..constants.half_full_rounds {
        full_round(aux, &mut state, &mut key);
        state = product(&state, &constants.mds_matrices.m);
    }
    state[1]
}

fn full_round(aux: &mut Vec<Scalar>, state: &mut [Scalar], key: &mut impl FnMut() -> Scalar) {
    for element in state {
        aux.push(*element);
        *element = quintic(aux, *element, key());
    }
}

/// `x⁵ + key`, after x² and x⁴ in the trace.
fn quintic(aux: &mut Vec<Scalar>, x: Scalar, key: Scalar) -> Scalar {
    let square = x.square();
    let fourth = square.square();
    let fifth = fourth * x + key;
    aux.extend([square, fourth, fifth]);
    fifth
}

fn product(state: &[Scalar], matrix: &[Vec<Scalar>]) -> Vec<Scalar> {
    let column = |column: usize| state.iter().zip(matrix).map(|(element, row)| *element * row[column]).sum();
    (0..state.len()).map(column).collect()
}

fn dot(a: &[Scalar], b: &[Scalar]) -> Scalar {
    a.iter().zip(b).map(|(a, b)| *a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellperson::ConstraintSystem;
    use bellperson::gadgets::num::AllocatedNum;
    use neptune::circuit::poseidon_hash;
    use padma_groth16::circuit::Witness;

    fn check<A: Arity<Scalar>>(constants: &PoseidonConstants<Scalar, A>) {
        let mut witness = Witness::default();
        let elements: Vec<_> = (0..A::to_usize() as u64).map(|index| Scalar::from(index * index)).collect();
        let numbers = elements.iter().map(|value| AllocatedNum::alloc(&mut witness, || Ok(*value)));
        let numbers = numbers.collect::<Result<Vec<_>, _>>().expect("values are known");
        witness.aux.clear();
        let wanted = poseidon_hash(witness.namespace(|| ""), numbers, constants).expect("values are known");
        let mut aux = Vec::new();
        let hash = hash(&mut aux, &elements);
        aux.extend(hash);
        assert_eq!(aux.last().copied(), wanted.get_value());
        assert_eq!(aux, witness.aux);
    }

    #[test]
    fn variables_are_those_of_the_gadget() {
        check(&POSEIDON_CONSTANTS_2);
        check(&POSEIDON_CONSTANTS_4);
        check(&POSEIDON_CONSTANTS_8);
        check(&POSEIDON_CONSTANTS_11);
        assert_eq!(hash(&mut Vec::new(), &[Scalar::ONE; 3]), None);
    }
}
