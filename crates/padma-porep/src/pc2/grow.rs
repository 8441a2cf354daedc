//! A tree that grows from left to right, in the files of its base trees.

use padma_kernels::poseidon::Arity;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::waves::ROWS;
use crate::error::{ProofError, Result};
use crate::node::Node;
use crate::poseidon::Hasher;
use crate::progress::Progress;
use crate::shape::Shape;

/// TreeC or TreeR. Each row of a file is written in sequence, and each node once.
pub(super) struct Growing<'a> {
    hasher: Hasher,
    shape: Shape,
    cache: &'a Path,
    name: &'static str,
    /// The first row that the files have.
    lowest: u32,
    /// The base tree that grows, and how many of its leaves there are.
    base: Option<(File, PathBuf)>,
    leaves: u64,
    /// The highest row that waves are hashed to, as far as it has grown.
    top: Vec<Node>,
    /// Of the base trees that are whole.
    roots: Vec<Node>,
}

impl<'a> Growing<'a> {
    pub(super) fn new(
        hasher: Hasher,
        shape: Shape,
        cache: &'a Path,
        name: &'static str,
        lowest: u32,
    ) -> Self {
        let (base, top, roots) = (None, Vec::new(), Vec::new());
        Self { hasher, shape, cache, name, lowest, base, leaves: 0, top, roots }
    }

    /// Adds a wave of leaves, which are field elements. Error: PROOF_IO.
    pub(super) fn push(&mut self, leaves: Vec<Node>, progress: &mut Progress<'_>) -> Result<()> {
        if self.base.is_none() {
            let path = self.shape.file(self.cache, self.name, self.roots.len() as u64);
            self.base = Some((File::create(&path).map_err(ProofError::io("create", &path))?, path));
        }
        let (before, rows) = (self.leaves, ROWS.min(self.shape.height));
        self.leaves += leaves.len() as u64;
        let mut nodes = leaves;
        for row in 0..rows {
            self.write(row, before >> (3 * row), &nodes)?;
            progress.advance(nodes.len() as u64);
            nodes = self.parents(&nodes);
        }
        self.top.append(&mut nodes);
        if self.leaves == self.shape.row(0) { self.finish(rows, progress) } else { Ok(()) }
    }

    /// The rows above those of waves, and on to the next base tree.
    fn finish(&mut self, rows: u32, progress: &mut Progress<'_>) -> Result<()> {
        let mut nodes = std::mem::take(&mut self.top);
        for row in rows..=self.shape.height {
            self.write(row, 0, &nodes)?;
            progress.advance(nodes.len() as u64);
            if row < self.shape.height {
                nodes = self.parents(&nodes);
            }
        }
        (self.base, self.leaves) = (None, 0);
        self.roots.append(&mut nodes);
        Ok(())
    }

    fn parents(&self, nodes: &[Node]) -> Vec<Node> {
        self.hasher.many(Arity::Eight, nodes).expect("leaves and hashes are field elements")
    }

    /// Nodes of a row from the node `first`, if the files have that row.
    fn write(&self, row: u32, first: u64, nodes: &[Node]) -> Result<()> {
        let Some((file, path)) = self.base.as_ref().filter(|_| row >= self.lowest) else { return Ok(()) };
        let offset = (self.shape.row_start(self.lowest, row) + first) * size_of::<Node>() as u64;
        file.write_all_at(nodes.as_flattened(), offset).map_err(ProofError::io("write", path))
    }

    /// The root over all base trees, once they are whole.
    pub(super) fn root(self) -> Node {
        self.shape.root(&self.hasher, self.roots).expect("hashes are field elements")
    }
}
