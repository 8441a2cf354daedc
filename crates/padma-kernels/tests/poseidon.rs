//! Digests compared with neptune's, on every tier that the CPU runs.

use blstrs::Scalar;
use ff::Field;
use generic_array::typenum::{U2, U4, U8, U11};
use neptune::poseidon::{Arity as NeptuneArity, Poseidon, PoseidonConstants};
use padma_kernels::Backend;
use padma_kernels::node::{Node, NotReduced};
use padma_kernels::poseidon::{Arity, hash_many};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

fn neptune<A: NeptuneArity<Scalar>>(preimages: &[Scalar]) -> Vec<Scalar> {
    let constants = PoseidonConstants::<Scalar, A>::new();
    let hash = |preimage: &[Scalar]| Poseidon::new_with_preimage(preimage, &constants).hash();
    preimages.chunks(A::to_usize()).map(hash).collect()
}

fn expected(arity: Arity, preimages: &[Scalar]) -> Vec<Node> {
    nodes(&match arity {
        Arity::Two => neptune::<U2>(preimages),
        Arity::Four => neptune::<U4>(preimages),
        Arity::Eight => neptune::<U8>(preimages),
        Arity::Eleven => neptune::<U11>(preimages),
    })
}

fn nodes(elements: &[Scalar]) -> Vec<Node> {
    elements.iter().map(Scalar::to_bytes_le).collect()
}

/// All zeros, all r − 1, each alone at each place, then random elements.
fn preimages(arity: Arity, count: usize) -> Vec<Scalar> {
    let (n, top) = (arity.elements(), -Scalar::ONE);
    let mut elements = vec![Scalar::ZERO; n];
    elements.extend(vec![top; n]);
    for place in 0..n {
        elements.extend((0..n).map(|i| if i == place { top } else { Scalar::ZERO }));
        elements.extend((0..n).map(|i| if i == place { Scalar::ONE } else { top }));
    }
    let mut rng = ChaCha8Rng::seed_from_u64(n as u64);
    elements.resize_with((count * n).max(elements.len()), || Scalar::random(&mut rng));
    elements
}

#[test]
fn digests_are_those_of_neptune() {
    for arity in Arity::ALL {
        let preimages = preimages(arity, 200);
        let (expected, preimages) = (expected(arity, &preimages), nodes(&preimages));
        for backend in Backend::ALL.into_iter().filter(|backend| backend.is_supported()) {
            let mut digests = vec![[0; 32]; expected.len()];
            hash_many(backend, arity, &preimages, &mut digests).expect("field elements");
            assert_eq!(digests, expected, "{} {arity:?}", backend.name());
        }
    }
}

#[test]
fn any_number_of_preimages_will_do() {
    for arity in Arity::ALL {
        let preimages = preimages(arity, 40);
        let (expected, preimages) = (expected(arity, &preimages), nodes(&preimages));
        for backend in Backend::ALL.into_iter().filter(|backend| backend.is_supported()) {
            for count in (0..=17).chain([23, 24, 25]) {
                let mut digests = vec![[0; 32]; count];
                let from = 40 - count;
                let preimages = &preimages[from * arity.elements()..40 * arity.elements()];
                hash_many(backend, arity, preimages, &mut digests).expect("field elements");
                assert_eq!(digests, expected[from..40], "{} {arity:?} {count}", backend.name());
            }
        }
    }
}

#[test]
fn what_is_no_field_element_is_refused() {
    let top = (-Scalar::ONE).to_bytes_le();
    let mut modulus = top;
    modulus[0] += 1;
    for backend in Backend::ALL.into_iter().filter(|backend| backend.is_supported()) {
        for wrong in [modulus, [0xff; 32]] {
            let mut digests = [[7; 32]; 2];
            let refused = hash_many(backend, Arity::Two, &[[0; 32], top, top, wrong], &mut digests);
            assert_eq!(refused, Err(NotReduced { index: 3 }));
            assert_eq!(digests, [[7; 32]; 2]);
        }
    }
}

#[test]
#[should_panic(expected = "disagree")]
fn a_torn_preimage_is_refused() {
    let _ = hash_many(Backend::Portable, Arity::Two, &[[0; 32]; 3], &mut [[0; 32]]);
}
