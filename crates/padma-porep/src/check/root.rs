//! CommD over data that comes in waves, and TreeD over its own leaves.

use padma_kernels::Backend;
use padma_kernels::sha256::hash_pairs;
use rayon::prelude::*;
use std::path::Path;

use crate::error::Result;
use crate::node::{Node, NodeFile, damaged};

/// A binary tree of SHA-256 that grows from the left by powers of two of equal size, a whole number of which makes it.
pub(crate) struct DataRoot {
    backend: Backend,
    /// The root of each wave.
    roots: Vec<Node>,
}

impl DataRoot {
    /// Error: PROOF_BACKEND.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self { backend: Backend::current()?, roots: Vec::new() })
    }

    pub(crate) fn push(&mut self, nodes: &[Node]) {
        self.roots.push(root(self.backend, nodes.to_vec()));
    }

    pub(crate) fn finish(self) -> Node {
        root(self.backend, self.roots)
    }
}

fn root(backend: Backend, mut row: Vec<Node>) -> Node {
    while row.len() > 1 {
        row = parents(backend, &row);
    }
    row[0]
}

/// Pairs that one thread hashes at a time.
const PAIRS: usize = 1 << 8;

fn parents(backend: Backend, row: &[Node]) -> Vec<Node> {
    let mut parents = vec![Node::default(); row.len() / 2];
    let parts = row.par_chunks(2 * PAIRS).zip(parents.par_chunks_mut(PAIRS));
    parts.for_each(|(children, parents)| hash_pairs(backend, children, parents));
    parents
}

/// Nodes of a row that are read at a time.
const PART: u64 = 1 << 15;

/// Each node is the hash of its children. Error: PROOF_SECTOR_DAMAGED.
pub(super) fn check_tree_d(tree: &NodeFile, path: &Path, leaves: u64) -> Result<()> {
    let backend = Backend::current()?;
    let (mut start, mut width) = (0, leaves);
    while width > 1 {
        for first in (0..width).step_by(PART as usize) {
            let mut children = vec![Node::default(); PART.min(width) as usize];
            tree.read(start + first, &mut children)?;
            let mut stored = vec![Node::default(); children.len() / 2];
            tree.read(start + width + first / 2, &mut stored)?;
            if let Some(wrong) =
                parents(backend, &children).iter().zip(&stored).position(|(hash, node)| hash != node)
            {
                let node = start + width + first / 2 + wrong as u64;
                return Err(damaged(path, &format!("node {node} is not the hash of its children")));
            }
        }
        (start, width) = (start + width, width / 2);
    }
    Ok(())
}
