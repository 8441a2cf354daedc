//! TreeD: the binary tree over a sector's data, every row of it in one file, as the reference lays it out.

use padma_kernels::Backend;
use padma_kernels::node::Node;
use rayon::prelude::*;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::error::{ProofError, Result};
use crate::files;
use crate::node::{NodeFile, damaged};
use crate::sector::SectorSize;
use crate::tree;

/// Leaves that are read and hashed at a time: 1 MiB.
const TILE: u64 = 1 << 15;

/// Writes the tree over `unsealed`, which is followed by zeros up to the sector's size, and returns its root.
///
/// FAIL: killed in here → a temporary file is left, which the next run overwrites. Errors: PROOF_IO.
pub(crate) fn build(backend: Backend, size: SectorSize, unsealed: &Path, path: &Path) -> Result<Node> {
    let partial = files::temporary(path);
    let file = File::create(&partial).map_err(ProofError::io("create", &partial))?;
    let leaves = size.nodes();
    file.set_len((2 * leaves - 1) * 32).map_err(ProofError::io("extend", &partial))?;
    let data = File::open(unsealed).map_err(ProofError::io("open", unsealed))?;
    let tree = TreeD { backend, leaves, data: (data, unsealed), file: (file, &partial) };
    let root = tree.write()?;
    tree.file.0.sync_all().map_err(ProofError::io("write", &partial))?;
    files::publish(&partial, path)?;
    Ok(root)
}

struct TreeD<'a> {
    backend: Backend,
    leaves: u64,
    data: (File, &'a Path),
    /// As long as the whole tree; what is not written reads as zeros.
    file: (File, &'a Path),
}

impl TreeD<'_> {
    fn write(&self) -> Result<Node> {
        let tile = TILE.min(self.leaves);
        let height = tile.ilog2() as usize;
        let tiles = (0..self.leaves / tile).into_par_iter();
        let roots: Vec<Node> = tiles.map(|index| self.write_tile(index, tile)).collect::<Result<_>>()?;
        let rows = tree::rows(self.backend, &roots);
        for (row, nodes) in (height + 1..).zip(&rows) {
            self.write_nodes(row, 0, nodes)?;
        }
        Ok(rows.last().map_or(roots[0], |top| top[0]))
    }

    /// The rows over the `index`-th tile; returns its root. Zeros have known rows.
    fn write_tile(&self, index: u64, tile: u64) -> Result<Node> {
        let leaves = self.read(index * tile, tile)?;
        let height = tile.ilog2() as usize;
        if leaves.as_flattened().iter().all(|byte| *byte == 0) {
            for row in 1..=height {
                let nodes = vec![tree::zero_root(row); 1 << (height - row)];
                self.write_nodes(row, index << (height - row), &nodes)?;
            }
            return Ok(tree::zero_root(height));
        }
        self.write_nodes(0, index * tile, &leaves)?;
        let rows = tree::rows(self.backend, &leaves);
        for (row, nodes) in (1..).zip(&rows) {
            self.write_nodes(row, index << (height - row), nodes)?;
        }
        Ok(rows.last().map_or(leaves[0], |top| top[0]))
    }

    /// Leaves from the data, zeros behind its end.
    fn read(&self, first: u64, count: u64) -> Result<Vec<Node>> {
        let mut leaves: Vec<Node> = vec![[0; 32]; count as usize];
        let mut rest = leaves.as_flattened_mut();
        let mut offset = first * 32;
        while !rest.is_empty() {
            match self.data.0.read_at(rest, offset) {
                Ok(0) => break,
                Ok(read) => (rest, offset) = (&mut rest[read..], offset + read as u64),
                Err(cause) if cause.kind() == std::io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(ProofError::io("read", self.data.1)(cause)),
            }
        }
        Ok(leaves)
    }

    /// Nodes of a row (0: the leaves), from the `first` of that row on.
    fn write_nodes(&self, row: usize, first: u64, nodes: &[Node]) -> Result<()> {
        let before = 2 * (self.leaves - (self.leaves >> row));
        let written = self.file.0.write_all_at(nodes.as_flattened(), (before + first) * 32);
        written.map_err(ProofError::io("write", self.file.1))
    }
}

/// Each node of the file `tree` over so many leaves is the hash of its children. Errors: PROOF_SECTOR_DAMAGED.
pub(crate) fn check(backend: Backend, tree: &NodeFile, path: &Path, leaves: u64) -> Result<()> {
    let (mut start, mut width) = (0, leaves);
    while width > 1 {
        for first in (0..width).step_by(TILE as usize) {
            let mut children = vec![Node::default(); TILE.min(width) as usize];
            tree.read(start + first, &mut children)?;
            let mut stored = vec![Node::default(); children.len() / 2];
            tree.read(start + width + first / 2, &mut stored)?;
            let hashes = tree::parents(backend, &children);
            if let Some(wrong) = hashes.iter().zip(&stored).position(|(hash, node)| hash != node) {
                let node = start + width + first / 2 + wrong as u64;
                return Err(damaged(path, &format!("node {node} is not the hash of its children")));
            }
        }
        (start, width) = (start + width, width / 2);
    }
    Ok(())
}
