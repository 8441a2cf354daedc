//! The shape of TreeC and TreeR: Poseidon trees of eight children a node.
//!
//! A *base tree* is one file. Sectors of 32 GiB have eight of them under one node, those of 64 GiB sixteen under two
//! nodes of eight and a root of two; what is above the base trees, the *crown*, is in no file. Rows are counted from
//! the leaves; a file has them from the lowest to the root.

use filecoin_proofs::MerkleTreeTrait;
use padma_kernels::node::NotReduced;
use padma_kernels::poseidon::Arity;
use std::path::{Path, PathBuf};
use storage_proofs_core::merkle::get_base_tree_count;

use crate::node::{Node, store};
use crate::poseidon::{self, Hasher};

pub(crate) const ARITY: u64 = 8;
/// log₂ of it.
pub(crate) const SHIFT: u32 = 3;

/// `$body`, in which `$Tree` is the reference's type of the trees of a size. Three types serve the five sizes.
macro_rules! with_shape {
    ($size:expr, $Tree:ident => $body:expr) => {
        match $size {
            SectorSize::KiB2 | SectorSize::MiB8 | SectorSize::MiB512 => {
                type $Tree = filecoin_proofs::constants::SectorShape2KiB;
                $body
            }
            SectorSize::GiB32 => {
                type $Tree = filecoin_proofs::constants::SectorShape32GiB;
                $body
            }
            SectorSize::GiB64 => {
                type $Tree = filecoin_proofs::constants::SectorShape64GiB;
                $body
            }
        }
    };
}
pub(crate) use with_shape;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub bases: u64,
    /// Rows of a base tree above its leaves.
    pub height: u32,
}

impl Shape {
    /// Of a sector of `nodes`.
    pub(crate) fn of<T: MerkleTreeTrait>(nodes: u64) -> Self {
        let bases = get_base_tree_count::<T>() as u64;
        Self { bases, height: (nodes / bases).ilog2() / SHIFT }
    }

    /// Nodes of a row of one base tree.
    pub(crate) fn row(&self, row: u32) -> u64 {
        1 << (SHIFT * (self.height - row))
    }

    /// How many nodes of a base tree's file are before `row`, when `lowest` is its first.
    pub(crate) fn row_start(&self, lowest: u32, row: u32) -> u64 {
        (lowest..row).map(|row| self.row(row)).sum()
    }

    /// Nodes of a base tree's file.
    pub(crate) fn file_nodes(&self, lowest: u32) -> u64 {
        self.row_start(lowest, self.height + 1)
    }

    /// The file of a base tree of the tree `name`.
    pub(crate) fn file(&self, cache: &Path, name: &str, base: u64) -> PathBuf {
        let name = if self.bases == 1 { name.to_owned() } else { format!("{name}-{base}") };
        store(cache, &name)
    }

    /// Arities of the rows above the base trees' roots.
    pub(crate) fn crown(&self) -> Vec<Arity> {
        let arity = |children: u64| poseidon::arity(children as usize).expect("the network has such a tree");
        match self.bases {
            1 => Vec::new(),
            // At most eight under a node.
            2..=ARITY => vec![arity(self.bases)],
            _ => vec![Arity::Eight, arity(self.bases / ARITY)],
        }
    }

    /// The root over the base trees'.
    pub(crate) fn root(&self, hasher: &Hasher, mut roots: Vec<Node>) -> Result<Node, NotReduced> {
        for arity in self.crown() {
            roots = hasher.many(arity, &roots)?;
        }
        Ok(roots[0])
    }
}
