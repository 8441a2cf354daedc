//! Digests compared with neptune's, on every tier that the CPU runs.

use blstrs::Scalar;
use ff::Field;
use generic_array::typenum::{U2, U4, U8, U11};
use neptune::poseidon::{Arity as NeptuneArity, HashMode, Poseidon, PoseidonConstants};
use padma_kernels::Backend;
use padma_kernels::node::{Node, NotReduced};
use padma_kernels::poseidon::{Arity, hash_many};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

/// By the slow definition: every round with its matrix in full.
fn neptune<A: NeptuneArity<Scalar>>(preimages: &[Scalar]) -> Vec<Scalar> {
    let constants = PoseidonConstants::<Scalar, A>::new();
    let hash = |preimage: &[Scalar]| {
        Poseidon::new_with_preimage(preimage, &constants).hash_in_mode(HashMode::Correct)
    };
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
        for backend in Backend::supported() {
            let mut digests = vec![[0; 32]; expected.len()];
            hash_many(backend, arity, &preimages, &mut digests).expect("field elements");
            assert_eq!(digests, expected, "{} {arity:?}", backend.name());
        }
    }
}

/// `hash_values_cases` of neptune: the hashes of 0, 1, 2 …, at its standard strength.
#[test]
fn digests_are_neptunes_pinned_ones() {
    let pinned = [
        [0x2e203c369a02e7ff, 0xa6fba9339d05a69d, 0x739e0fd902efe161, 0x396508d75e76a56b],
        [0x019814ff6662075d, 0xfb6b4605bf1327ec, 0x00db3c6579229399, 0x58a54b10a9e5848a],
        [0x2a9934f56d38a5e6, 0x4b682e9d9cc4aed9, 0x1201004211677077, 0x2394611da3a5de55],
        [0xcee3bbc32b693163, 0x09f3dcd8ccb08fc1, 0x6ca537e232ebe87a, 0x0c0fc1b2e5227f28],
    ];
    for (arity, words) in Arity::ALL.into_iter().zip(pinned) {
        let preimage: Vec<Scalar> = (0..arity.elements() as u64).map(Scalar::from).collect();
        let expected: Vec<u8> = words.into_iter().flat_map(u64::to_le_bytes).collect();
        for backend in Backend::supported() {
            let mut digests = [[0; 32]];
            hash_many(backend, arity, &nodes(&preimage), &mut digests).expect("field elements");
            assert_eq!(digests[0][..], expected, "{} {arity:?}", backend.name());
        }
    }
}

#[test]
fn any_number_of_preimages_will_do() {
    for arity in Arity::ALL {
        let preimages = preimages(arity, 40);
        let (expected, preimages) = (expected(arity, &preimages), nodes(&preimages));
        for backend in Backend::supported() {
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
    for backend in Backend::supported() {
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
