//! What is found wrong, and SHA-256.

use blstrs::Scalar;
use padma_kernels::node::NotReduced;
use sha2::{Digest, Sha256};

use crate::error::{ProofError, Result};
use crate::node::Node;

/// What is not as its commitment says.
pub(super) fn invalid(what: impl Into<String>) -> ProofError {
    ProofError::VanillaInvalid { detail: what.into() }
}

/// A node among those that were hashed is no field element. Its place is one in a list gathered for the hash, which
/// would mislead.
pub(super) fn not_reduced(_: NotReduced) -> ProofError {
    invalid("a node that is opened is no field element")
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
