//! The bits of a hash beside those of the gadget.
#![allow(clippy::unwrap_used, reason = "a test whose circuit cannot be run has failed")]

use bellpepper::gadgets::boolean::{AllocatedBit, Boolean};
use bellpepper::gadgets::sha256::sha256;
use bellpepper_core::ConstraintSystem;
use blstrs::Scalar;
use padma_groth16::circuit::Witness;
use padma_groth16::circuit::sha256::Message;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

/// What the gadget allocates after its input, and its digest.
fn gadget(bytes: &[u8], constant: &[u8]) -> (Vec<Scalar>, Vec<u8>) {
    let mut witness = Witness::default();
    let bits = bytes.iter().zip(constant).flat_map(|(byte, constant)| {
        (0..8).rev().map(move |bit| (byte >> bit & 1 == 1, constant >> bit & 1 == 1))
    });
    let bits: Vec<_> = bits
        .map(|(value, constant)| match constant {
            true => Boolean::constant(value),
            false => AllocatedBit::alloc(witness.namespace(|| ""), Some(value)).unwrap().into(),
        })
        .collect();
    let before = witness.aux.len();
    let digest = sha256(witness.namespace(|| ""), &bits).unwrap();
    let byte =
        |bits: &[Boolean]| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(bit.get_value().unwrap()));
    (witness.aux.split_off(before), digest.chunks(8).map(byte).collect())
}

#[track_caller]
fn check(bytes: &[u8], constant: &[u8]) {
    let mut message = Message::default();
    message.push(bytes, constant);
    let mut aux = Vec::new();
    let digest = message.hash(&mut aux);
    let (wanted, wanted_digest) = gadget(bytes, constant);
    assert_eq!(digest[..], wanted_digest);
    assert_eq!(aux.len(), wanted.len());
    assert_eq!(aux.iter().zip(&wanted).position(|(ours, theirs)| ours != theirs), None);
}

fn random(length: usize, seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; length];
    ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
    bytes
}

#[test]
fn variables_are_those_of_the_gadget() {
    for length in [1, 32, 55, 56, 64, 119, 120, 200] {
        check(&random(length, length as u64), &vec![0; length]);
    }
}

#[test]
fn constants_allocate_nothing() {
    check(&random(64, 1), &[0xff; 64]);
    check(&[], &[]);
    let node: Vec<u8> = [vec![0; 31], vec![0x80]].concat();
    check(&[random(31, 2), vec![0x3f], random(31, 3), vec![0x3f]].concat(), &node.repeat(2));
}

#[test]
fn constants_anywhere_are_as_the_gadget_has_them() {
    for seed in 0..12 {
        let mut constant = random(70, 100 + seed);
        // Whole words too: constants meet each other, and the initial state, in the first rounds.
        for word in constant.chunks_mut(4).skip(seed as usize % 3).step_by(3) {
            word.fill(if seed % 2 == 0 { 0xff } else { 0 });
        }
        check(&random(70, seed), &constant);
    }
}
