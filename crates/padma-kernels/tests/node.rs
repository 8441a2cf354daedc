//! Encoding and decoding compared with blst's field.

use blstrs::Scalar;
use ff::Field;
use padma_kernels::node::{Node, NotReduced, decode, encode};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

/// 0, 1, r − 1 and random elements.
fn elements() -> Vec<Scalar> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut elements =
        vec![Scalar::ZERO, Scalar::ONE, -Scalar::ONE, -Scalar::from(2), Scalar::from(u64::MAX)];
    elements.extend((0..20).map(|_| Scalar::random(&mut rng)));
    elements
}

#[test]
fn a_replica_is_the_sum_and_decodes_to_its_data() {
    for key in elements() {
        let data = elements();
        let keys = vec![key.to_bytes_le(); data.len()];
        let nodes: Vec<Node> = data.iter().map(Scalar::to_bytes_le).collect();
        let expected: Vec<Node> = data.iter().map(|data| (key + data).to_bytes_le()).collect();
        let (mut replica, mut back) = (vec![[0; 32]; data.len()], vec![[0; 32]; data.len()]);
        encode(&keys, &nodes, &mut replica).expect("field elements");
        assert_eq!(replica, expected);
        decode(&keys, &replica, &mut back).expect("field elements");
        assert_eq!(back, nodes);
    }
}

#[test]
fn what_is_no_field_element_is_named() {
    let (zeros, mut wrong) = ([[0; 32]; 3], [[0; 32]; 3]);
    wrong[1] = [0xff; 32];
    let refused = Err(NotReduced { index: 1 });
    assert_eq!(encode(&wrong, &zeros, &mut [[0; 32]; 3]), refused);
    assert_eq!(encode(&zeros, &wrong, &mut [[0; 32]; 3]), refused);
    assert_eq!(decode(&zeros, &wrong, &mut [[0; 32]; 3]), refused);
}
