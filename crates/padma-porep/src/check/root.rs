//! CommD over data that comes in waves, and TreeD over its own leaves.

use rayon::prelude::*;
use std::path::Path;

use crate::commp::hash_pair;
use crate::error::Result;
use crate::node::{Node, NodeFile, damaged};

/// A binary tree of SHA-256 that grows from the left by powers of two of equal size, a whole number of which makes it.
#[derive(Default)]
pub(crate) struct DataRoot {
    /// The root of each wave.
    roots: Vec<Node>,
}

impl DataRoot {
    pub(crate) fn push(&mut self, nodes: &[Node]) {
        self.roots.push(root(nodes.to_vec()));
    }

    pub(crate) fn finish(self) -> Node {
        root(self.roots)
    }
}

fn root(mut row: Vec<Node>) -> Node {
    while row.len() > 1 {
        row = parents(&row);
    }
    row[0]
}

/// Pairs that one thread hashes at a time.
const PAIRS: usize = 1 << 8;

fn parents(row: &[Node]) -> Vec<Node> {
    let pairs = row.as_chunks::<2>().0;
    pairs.par_iter().with_min_len(PAIRS).map(|[left, right]| hash_pair(left, right)).collect()
}

/// Nodes of a row that are read at a time.
const PART: u64 = 1 << 15;

/// Each node is the hash of its children. Error: PROOF_SECTOR_DAMAGED.
pub(super) fn check_tree_d(tree: &NodeFile, path: &Path, leaves: u64) -> Result<()> {
    let (mut start, mut width) = (0, leaves);
    while width > 1 {
        for first in (0..width).step_by(PART as usize) {
            let mut children = vec![Node::default(); PART.min(width) as usize];
            tree.read(start + first, &mut children)?;
            let mut stored = vec![Node::default(); children.len() / 2];
            tree.read(start + width + first / 2, &mut stored)?;
            if let Some(wrong) = parents(&children).iter().zip(&stored).position(|(hash, node)| hash != node)
            {
                let node = start + width + first / 2 + wrong as u64;
                return Err(damaged(path, &format!("node {node} is not the hash of its children")));
            }
        }
        (start, width) = (start + width, width / 2);
    }
    Ok(())
}
