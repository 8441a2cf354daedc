//! A tree that grows from left to right: into the files of its base trees, or beside them to be compared.

use padma_kernels::poseidon::Arity;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::waves::ROWS;
use crate::error::{ProofError, Result};
use crate::node::{Node, NodeFile, damaged};
use crate::poseidon::Hasher;
use crate::shape::Shape;

/// What becomes of the rows, by the cache folder.
#[derive(Clone, Copy)]
pub(crate) enum Target<'a> {
    /// They are written: each row in sequence, and each node once.
    Written(&'a Path),
    /// They must be those of the files.
    Compared(&'a Path),
    /// Only the root is wanted.
    Dropped,
}

/// The file of a base tree.
enum Base {
    Written(File, PathBuf),
    Compared(NodeFile, PathBuf),
    Dropped,
}

/// TreeC or TreeR.
pub(crate) struct GrowingTree<'a> {
    hasher: Hasher,
    shape: Shape,
    target: Target<'a>,
    name: &'static str,
    /// The first row that the files have.
    lowest: u32,
    /// The base tree that grows, and how many of its leaves there are.
    base: Option<Base>,
    leaves: u64,
    /// The highest row that waves are hashed to, as far as it has grown.
    top: Vec<Node>,
    /// Of the base trees that are whole.
    roots: Vec<Node>,
}

impl<'a> GrowingTree<'a> {
    pub(crate) fn new(
        hasher: Hasher,
        shape: Shape,
        target: Target<'a>,
        name: &'static str,
        lowest: u32,
    ) -> Self {
        let (base, top, roots) = (None, Vec::new(), Vec::new());
        Self { hasher, shape, target, name, lowest, base, leaves: 0, top, roots }
    }

    /// Adds a wave of leaves, which are field elements; `made` hears of each row's nodes.
    /// Errors: PROOF_IO, and PROOF_SECTOR_DAMAGED when a file that is compared is not whole or has another node.
    pub(crate) fn push(&mut self, leaves: Vec<Node>, mut made: impl FnMut(u64)) -> Result<()> {
        if self.base.is_none() {
            self.base = Some(self.open()?);
        }
        let (before, rows) = (self.leaves, ROWS.min(self.shape.height));
        self.leaves += leaves.len() as u64;
        let mut nodes = leaves;
        for row in 0..rows {
            self.put(row, before >> (3 * row), &nodes)?;
            made(nodes.len() as u64);
            nodes = self.parents(&nodes);
        }
        self.top.append(&mut nodes);
        if self.leaves == self.shape.row(0) { self.finish(rows, made) } else { Ok(()) }
    }

    fn open(&self) -> Result<Base> {
        let path = |cache: &Path| self.shape.file(cache, self.name, self.roots.len() as u64);
        Ok(match self.target {
            Target::Written(cache) => {
                let path = path(cache);
                Base::Written(File::create(&path).map_err(ProofError::io("create", &path))?, path)
            }
            Target::Compared(cache) => {
                let path = path(cache);
                Base::Compared(NodeFile::open(path.clone(), self.shape.file_nodes(self.lowest))?, path)
            }
            Target::Dropped => Base::Dropped,
        })
    }

    /// The rows above those of waves, and on to the next base tree.
    fn finish(&mut self, rows: u32, mut made: impl FnMut(u64)) -> Result<()> {
        let mut nodes = std::mem::take(&mut self.top);
        for row in rows..=self.shape.height {
            self.put(row, 0, &nodes)?;
            made(nodes.len() as u64);
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
    fn put(&self, row: u32, first: u64, nodes: &[Node]) -> Result<()> {
        if row < self.lowest {
            return Ok(());
        }
        let place = self.shape.row_start(self.lowest, row) + first;
        match &self.base {
            Some(Base::Written(file, path)) => file
                .write_all_at(nodes.as_flattened(), place * size_of::<Node>() as u64)
                .map_err(ProofError::io("write", path)),
            Some(Base::Compared(file, path)) => {
                let mut stored = vec![Node::default(); nodes.len()];
                file.read(place, &mut stored)?;
                let wrong = stored.iter().zip(nodes).position(|(stored, node)| stored != node);
                wrong.map_or(Ok(()), |index| {
                    let node = first + index as u64;
                    Err(damaged(
                        path,
                        &format!("node {node} of row {row} is not the one that its leaves make"),
                    ))
                })
            }
            _ => Ok(()),
        }
    }

    /// The root over all base trees, once they are whole.
    pub(crate) fn root(self) -> Node {
        self.shape.root(&self.hasher, self.roots).expect("hashes are field elements")
    }
}
