//! TreeD: a binary tree of SHA-256 over the unsealed data.

use filecoin_proofs::{DefaultPieceDomain, DefaultPieceHasher};
use sha2::{Digest, Sha256};
use std::path::Path;
use storage_proofs_core::merkle::{BinaryMerkleTree, MerkleProof, MerkleTreeTrait};

use super::hash::{invalid, sha256};
use crate::error::Result;
use crate::node::{Node, NodeFile, store};

/// The reference's inclusion proof in TreeD.
type DataProof = <BinaryMerkleTree<DefaultPieceHasher> as MerkleTreeTrait>::Proof;

/// All rows in one file, from the leaves to the root.
pub(super) struct DataTree {
    file: NodeFile,
    leaves: u64,
}

impl DataTree {
    pub(super) fn of(cache: &Path, leaves: u64) -> Result<Self> {
        Ok(Self { file: NodeFile::open(store(cache, "tree-d"), 2 * leaves - 1)?, leaves })
    }

    /// The leaf `index` and its inclusion proof.
    ///
    /// Errors: PROOF_VANILLA_INVALID when the path does not lead to `comm_d`, PROOF_SECTOR_DAMAGED.
    pub(super) fn open(&self, index: u64, comm_d: &Node) -> Result<(Node, DataProof)> {
        let leaf = self.file.read_one(index)?;
        let (mut node, mut path) = (leaf, Vec::new());
        let (mut row_start, mut width, mut rest) = (0, self.leaves, index);
        while width > 1 {
            let sibling = self.file.read_one(row_start + (rest ^ 1))?;
            let (left, right) = if rest % 2 == 0 { (&node, &sibling) } else { (&sibling, &node) };
            node = sha256(Sha256::new().chain_update(left).chain_update(right));
            path.push((vec![DefaultPieceDomain::from(sibling)], (rest % 2) as usize));
            (row_start, width, rest) = (row_start + width, width / 2, rest / 2);
        }
        if node != *comm_d {
            return Err(invalid(format!("tree-d: the path of node {index} does not lead to CommD")));
        }
        Ok((leaf, MerkleProof::from_parts(leaf.into(), node.into(), path)))
    }
}
