//! The variables of the reference's seal circuit from values alone: its allocations in their order, without the
//! constraints, and without the gadgets that take the time. Each function names what it stands for.

use bellperson::SynthesisError;
use bellperson::gadgets::boolean::{AllocatedBit, Boolean};
use bellperson::gadgets::num::AllocatedNum;
use blstrs::Scalar;
use padma_groth16::circuit::Witness;
use padma_groth16::circuit::sha256::Message;
use rayon::prelude::*;
use storage_proofs_core::gadgets::insertion::insert;

use super::opening::{Challenge, Opened, Path};
use super::poseidon;

type Made<T> = Result<T, SynthesisError>;

/// Bits of a field element.
const BITS: usize = 255;
/// The top bit of a node's 32 bytes is padding, a constant.
const NODE: [u8; 32] = {
    let mut constant = [0; 32];
    constant[31] = 0x80;
    constant
};
const CONSTANT: [u8; 1] = [0xff];
const VARIABLE: [u8; 1] = [0];
/// The parents of a label, with repetitions.
const PARENTS: usize = 37;

/// `StackedCircuit::synthesize`, its challenges on all threads of the pool.
pub(super) fn seal(opened: &Opened) -> Made<Witness> {
    let mut witness = Witness::default();
    let Opened { replica_id, comm_d, comm_r, comm_r_last, comm_c, .. } = *opened;
    public(&mut witness, replica_id);
    bits(&mut witness, replica_id);
    public(&mut witness, comm_d);
    public(&mut witness, comm_r);
    witness.aux.extend([comm_r_last, comm_c]);
    poseidon(&mut witness, &[comm_c, comm_r_last])?;
    let parts = opened.challenges.par_iter().map(|challenge| part(challenge, replica_id));
    for part in parts.collect::<Made<Vec<_>>>()? {
        witness.append(&part);
    }
    Ok(witness)
}

/// A number that is made an input.
fn public(witness: &mut Witness, value: Scalar) {
    witness.aux.push(value);
    witness.input.push(value);
}

/// `to_bits_le`; returns the bytes.
fn bits(witness: &mut Witness, value: Scalar) -> [u8; 32] {
    let bytes = value.to_bytes_le();
    let bit = |index: usize| Scalar::from(u64::from(bytes[index / 8] >> (index % 8) & 1));
    witness.aux.extend((0..BITS).map(bit));
    bytes
}

fn poseidon(witness: &mut Witness, elements: &[Scalar]) -> Made<Scalar> {
    let hash = poseidon::hash(&mut witness.aux, elements).ok_or(SynthesisError::Unsatisfiable)?;
    witness.aux.push(hash);
    Ok(hash)
}

/// `Proof::synthesize`: one challenge.
fn part(challenge: &Challenge, replica_id: Scalar) -> Made<Witness> {
    let mut witness = Witness::default();
    witness.aux.push(challenge.data);
    climb(&mut witness, challenge.data, &challenge.data_path, sha256)?;
    for parent in &challenge.parents {
        witness.aux.extend(&parent.rows);
        let hash = poseidon(&mut witness, &parent.rows)?;
        climb(&mut witness, hash, &parent.path, poseidon)?;
    }
    let node = challenge.node;
    witness.aux.extend((0..u64::BITS).map(|bit| Scalar::from(node >> bit & 1)));
    witness.input.push(Scalar::from(node));
    let layers = challenge.parents.first().map_or(0, |parent| parent.rows.len());
    let labels = (1..=layers).map(|layer| label(&mut witness, challenge, replica_id, layer));
    let labels: Vec<_> = labels.collect::<Made<_>>()?;
    let key = labels.last().ok_or(SynthesisError::AssignmentMissing)?;
    let replica = key + challenge.data;
    witness.aux.push(replica);
    climb(&mut witness, replica, &challenge.replica_path, poseidon)?;
    let hash = poseidon(&mut witness, &labels)?;
    climb(&mut witness, hash, &challenge.column_path, poseidon)?;
    Ok(witness)
}

/// `create_label_circuit` with the bits of its parents: those of this layer, and expanders of the one below.
fn label(witness: &mut Witness, challenge: &Challenge, replica_id: Scalar, layer: usize) -> Made<Scalar> {
    let (base, expanders) = challenge.parents.split_at(challenge.base_parents);
    let below = if layer > 1 { expanders } else { &[] };
    let values = base.iter().map(|parent| parent.rows[layer - 1]);
    let values = values.chain(below.iter().map(|parent| parent.rows[layer - 2]));
    let parents: Vec<_> = values.map(|value| bits(witness, value)).collect();
    let mut message = Message::default();
    message.push(&replica_id.to_bytes_le(), &NODE);
    message.push(&(layer as u32).to_be_bytes(), &CONSTANT);
    message.push(&challenge.node.to_be_bytes(), &VARIABLE);
    message.push(&[0; 20], &CONSTANT);
    parents.iter().cycle().take(PARENTS).for_each(|parent| message.push(parent, &NODE));
    digest(witness, &message)
}

/// SHA-256, and its 254 lower bits packed into a number.
fn digest(witness: &mut Witness, message: &Message) -> Made<Scalar> {
    let mut digest = message.hash(&mut witness.aux);
    digest[31] &= 0x3f;
    let number = Option::from(Scalar::from_bytes_le(&digest)).ok_or(SynthesisError::Unsatisfiable)?;
    witness.aux.push(number);
    Ok(number)
}

/// TreeD's `hash_multi_leaf_circuit`.
fn sha256(witness: &mut Witness, elements: &[Scalar]) -> Made<Scalar> {
    let mut message = Message::default();
    for &element in elements {
        message.push(&bits(witness, element), &NODE);
    }
    digest(witness, &message)
}

/// `PoRCircuit::synthesize` from an allocated leaf to a root; the path's bits become an input.
fn climb(
    witness: &mut Witness,
    leaf: Scalar,
    path: &Path,
    hash: fn(&mut Witness, &[Scalar]) -> Made<Scalar>,
) -> Made<()> {
    let (mut current, mut leaf_index, mut depth) = (leaf, 0, 0);
    for (siblings, index) in path {
        let width = (siblings.len() + 1).trailing_zeros();
        let children = inserted(witness, current, siblings, *index, width)?;
        current = hash(witness, &children)?;
        leaf_index |= (*index as u64) << depth;
        depth += width;
    }
    witness.input.push(Scalar::from(leaf_index));
    Ok(())
}

/// The children of a node: `element` at place `index` among its siblings. The reference's own gadget.
fn inserted(
    witness: &mut Witness,
    element: Scalar,
    siblings: &[Scalar],
    index: usize,
    width: u32,
) -> Made<Vec<Scalar>> {
    let mut elsewhere = Witness::default();
    let element = AllocatedNum::alloc(&mut elsewhere, || Ok(element))?;
    let bits = (0..width).map(|bit| AllocatedBit::alloc(&mut *witness, Some(index >> bit & 1 == 1)));
    let bits: Vec<Boolean> = bits.map(|bit| bit.map(Boolean::from)).collect::<Made<_>>()?;
    let siblings = siblings.iter().map(|sibling| AllocatedNum::alloc(&mut *witness, || Ok(*sibling)));
    let siblings: Vec<_> = siblings.collect::<Made<_>>()?;
    let children = insert(witness, &element, &bits, &siblings)?;
    children.iter().map(|child| child.get_value().ok_or(SynthesisError::AssignmentMissing)).collect()
}
