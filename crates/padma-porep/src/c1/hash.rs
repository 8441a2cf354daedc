//! The two hash functions of the proofs.

use blstrs::Scalar;
use ff::Field;
use padma_kernels::Backend;
use padma_kernels::poseidon::{Arity, hash_many};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::node::Node;
use crate::error::{ProofError, Result};

/// What is not as its commitment says.
pub(super) fn invalid(what: impl Into<String>) -> ProofError {
    ProofError::VanillaInvalid { detail: what.into() }
}

/// Hashes that one thread does at a time: full lanes, and enough of them to be worth a task.
const CHUNK: usize = 32;

/// Poseidon over nodes, on one backend.
pub(super) struct Hasher {
    backend: Backend,
}

impl Hasher {
    pub(super) fn new(backend: Backend) -> Self {
        Self { backend }
    }

    /// The hashes of `nodes`, `arity` at a time. Error: PROOF_VANILLA_INVALID when a node is no field element.
    pub(super) fn many(&self, arity: usize, nodes: &[Node]) -> Result<Vec<Node>> {
        let kind = Arity::ALL.into_iter().find(|kind| kind.elements() == arity);
        let kind = kind.ok_or_else(|| ProofError::Library {
            step: "C1",
            detail: format!("no hash takes {arity} elements"),
        })?;
        let mut hashes = vec![Node::default(); nodes.len() / arity];
        nodes.par_chunks(CHUNK * arity).zip(hashes.par_chunks_mut(CHUNK)).try_for_each(
            |(nodes, hashes)| {
                let elements: Vec<Scalar> = nodes.iter().map(element).collect::<Result<_>>()?;
                let mut digests = vec![Scalar::ZERO; hashes.len()];
                hash_many(self.backend, kind, &elements, &mut digests);
                hashes.iter_mut().zip(&digests).for_each(|(hash, digest)| *hash = digest.to_bytes_le());
                Ok::<_, ProofError>(())
            },
        )?;
        Ok(hashes)
    }

    /// The hash of two nodes.
    pub(super) fn pair(&self, left: &Node, right: &Node) -> Result<Node> {
        Ok(self.many(2, &[*left, *right])?[0])
    }
}

/// Error: PROOF_VANILLA_INVALID when the node is not below the modulus.
pub(super) fn element(node: &Node) -> Result<Scalar> {
    let element: Option<Scalar> = Scalar::from_bytes_le(node).into();
    element.ok_or_else(|| invalid("a node is no field element"))
}

/// SHA-256 without its two highest bits, so that it is a field element.
pub(super) fn sha256(hash: Sha256) -> Node {
    let mut node: Node = hash.finalize().into();
    node[31] &= 0x3f;
    node
}
