//! TreeC and TreeR opened at many leaves at once.
//!
//! A node's index is that in its row over all base trees, so that node i of one row is a child of node i / 8 of the
//! next. The file of TreeR lacks the lowest rows: they are made again from the replica, a *segment* of it for each
//! lowest node in the file.

use filecoin_proofs::{DefaultTreeDomain, DefaultTreeHasher, MerkleTreeTrait};
use padma_kernels::poseidon::Arity;
use rayon::prelude::*;
use std::path::Path;
use storage_proofs_core::merkle::MerkleProof;

use super::hash::{invalid, not_reduced};
use crate::error::{ProofError, Result};
use crate::node::{Node, NodeFile, damaged};
use crate::poseidon::Hasher;
use crate::shape::{ARITY, SHIFT, Shape};

type Children = [Node; ARITY as usize];

/// The reference's inclusion proof in a tree of the shape `T`.
pub(super) type TreeProof<T> = MerkleProof<
    DefaultTreeHasher,
    <T as MerkleTreeTrait>::Arity,
    <T as MerkleTreeTrait>::SubTreeArity,
    <T as MerkleTreeTrait>::TopTreeArity,
>;

pub(super) struct Tree {
    name: &'static str,
    bases: Vec<NodeFile>,
    shape: Shape,
    /// Where the leaves are, and the lowest row in the files, when the files lack the leaves.
    replica: Option<NodeFile>,
    lowest: u32,
}

/// The children of the nodes `parents` (ascending) of one row.
#[derive(Default)]
struct Row {
    parents: Vec<u64>,
    children: Vec<Children>,
}

/// What was read of a tree and found right.
pub(super) struct Opened {
    rows: Vec<Row>,
    /// The base trees' roots, and the roots of those of 64 GiB that lie between them and the root; with the arity
    /// of their parents.
    crown: Vec<(usize, Vec<Node>)>,
    root: Node,
}

impl Tree {
    /// TreeC of a sector of `nodes`.
    pub(super) fn of_columns<T: MerkleTreeTrait>(cache: &Path, nodes: u64) -> Result<Self> {
        Self::new::<T>("tree-c", cache, nodes, 0)
    }

    /// TreeR, whose leaves are the replica and whose files lack `discarded` rows more.
    pub(super) fn of_replica<T: MerkleTreeTrait>(
        cache: &Path,
        sealed: &Path,
        nodes: u64,
        discarded: usize,
    ) -> Result<Self> {
        let replica = Some(NodeFile::open(sealed.to_owned(), nodes)?);
        let lowest = u32::try_from(discarded).unwrap_or(u32::MAX).saturating_add(1);
        Ok(Self { replica, ..Self::new::<T>("tree-r-last", cache, nodes, lowest)? })
    }

    fn new<T: MerkleTreeTrait>(name: &'static str, cache: &Path, nodes: u64, lowest: u32) -> Result<Self> {
        let shape = Shape::of::<T>(nodes);
        if lowest > shape.height {
            return Err(damaged(&cache.join("t_aux"), "a tree without a row"));
        }
        let file = |base: u64| NodeFile::open(shape.file(cache, name, base), shape.file_nodes(lowest));
        let bases = (0..shape.bases).map(file).collect::<Result<_>>()?;
        Ok(Self { name, bases, shape, replica: None, lowest })
    }

    /// Reads what proofs of `leaves` need and checks it against `root`.
    ///
    /// Errors: PROOF_VANILLA_INVALID when a node is not the hash of its children, PROOF_SECTOR_DAMAGED when a file
    /// cannot be read.
    pub(super) fn open(&self, hasher: &Hasher, leaves: &[u64], root: &Node) -> Result<Opened> {
        let roots =
            self.bases.iter().map(|base| base.read_one(base.len() - 1)).collect::<Result<Vec<_>>>()?;
        let (mut rows, segments, tops) = self.rows_of_replica(hasher, leaves)?;
        rows.extend(self.rows_of_files(leaves)?);
        let node = |row: u32, index: u64| match rows.get(row as usize) {
            Some(row) => row.node(index),
            None => roots[index as usize],
        };
        let right = |row: u32, parents: &[u64], hashes: &[Node]| {
            let wrong = parents.iter().zip(hashes).find(|(index, hash)| node(row, **index) != **hash);
            wrong.map_or(Ok(()), |(index, _)| Err(self.wrong(row, *index)))
        };
        right(self.lowest, &segments, &tops)?;
        let stored = &rows[self.lowest as usize..];
        let children = stored.iter().flat_map(|row| row.children.as_flattened()).copied().collect::<Vec<_>>();
        let hashes = hasher.many(Arity::Eight, &children).map_err(not_reduced)?;
        let mut rest = hashes.as_slice();
        for (row, stored) in (self.lowest + 1..).zip(stored) {
            let hashes = rest.split_off(..stored.parents.len()).unwrap_or_default();
            right(row, &stored.parents, hashes)?;
        }
        let (mut crown, mut nodes) = (Vec::new(), roots);
        for arity in self.shape.crown() {
            let parents = hasher.many(arity, &nodes).map_err(not_reduced)?;
            crown.push((arity.elements(), std::mem::replace(&mut nodes, parents)));
        }
        if nodes[0] != *root {
            return Err(invalid(format!("{}: its root is not the one in p_aux", self.name)));
        }
        Ok(Opened { rows, crown, root: *root })
    }

    fn wrong(&self, row: u32, index: u64) -> ProofError {
        invalid(format!("{}: node {index} of row {row} is not the hash of its children", self.name))
    }

    /// The rows that are in no file, over whole segments; which segments, and their highest nodes.
    fn rows_of_replica(&self, hasher: &Hasher, leaves: &[u64]) -> Result<(Vec<Row>, Vec<u64>, Vec<Node>)> {
        let Some(replica) = &self.replica else { return Ok(Default::default()) };
        let size = 1 << (SHIFT * self.lowest);
        let segments = distinct(leaves.iter().map(|leaf| leaf / size));
        let mut nodes = vec![Node::default(); segments.len() * size as usize];
        nodes
            .par_chunks_mut(size as usize)
            .zip(&segments)
            .try_for_each(|(nodes, segment)| replica.read(segment * size, nodes))?;
        let mut rows = Vec::new();
        for row in 0..self.lowest {
            let parents_each = size >> (SHIFT * (row + 1));
            let parents = |segment: &u64| segment * parents_each..(segment + 1) * parents_each;
            rows.push(Row {
                parents: segments.iter().flat_map(parents).collect(),
                children: nodes.as_chunks().0.to_vec(),
            });
            nodes = hasher.many(Arity::Eight, &nodes).map_err(not_reduced)?;
        }
        Ok((rows, segments, nodes))
    }

    /// The rows in the files, below the base trees' roots.
    fn rows_of_files(&self, leaves: &[u64]) -> Result<Vec<Row>> {
        let parents = |row: u32| distinct(leaves.iter().map(move |leaf| leaf >> (SHIFT * (row + 1))));
        let row = |row: u32| {
            let parents = parents(row);
            let children = parents.par_iter().map(|parent| self.children(row, *parent));
            Ok(Row { children: children.collect::<Result<_>>()?, parents })
        };
        (self.lowest..self.shape.height).into_par_iter().map(row).collect()
    }

    fn children(&self, row: u32, parent: u64) -> Result<Children> {
        let nodes = self.shape.row(row);
        let (base, first) = (parent * ARITY / nodes, parent * ARITY % nodes);
        let mut children = Children::default();
        self.bases[base as usize].read(self.shape.row_start(self.lowest, row) + first, &mut children)?;
        Ok(children)
    }
}

fn distinct(indices: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut indices: Vec<u64> = indices.collect();
    indices.sort_unstable();
    indices.dedup();
    indices
}

impl Row {
    /// The node `index` of the row, which must be among what was read.
    fn node(&self, index: u64) -> Node {
        self.siblings(index)[(index % ARITY) as usize]
    }

    fn siblings(&self, index: u64) -> &Children {
        let parent = self.parents.partition_point(|parent| *parent < index / ARITY);
        &self.children[parent]
    }
}

impl Opened {
    /// The leaf `index`, one of those that were asked for.
    pub(super) fn leaf(&self, index: u64) -> Node {
        self.rows[0].node(index)
    }

    /// The inclusion proof of the leaf `index`, one of those that were asked for.
    pub(super) fn proof<T: MerkleTreeTrait<Hasher = DefaultTreeHasher>>(&self, index: u64) -> TreeProof<T> {
        let (mut path, mut rest) = (Vec::new(), index);
        let mut step = |siblings: &[Node], place: usize| {
            let others = siblings.iter().enumerate().filter(|(i, _)| *i != place);
            path.push((others.map(|(_, node)| DefaultTreeDomain::from(*node)).collect(), place));
        };
        for row in &self.rows {
            step(row.siblings(rest), (rest % ARITY) as usize);
            rest /= ARITY;
        }
        for (arity, nodes) in &self.crown {
            let (parent, place) = (rest as usize / arity, rest as usize % arity);
            step(&nodes[parent * arity..(parent + 1) * arity], place);
            rest = parent as u64;
        }
        MerkleProof::from_parts(self.leaf(index).into(), self.root.into(), path)
    }
}
