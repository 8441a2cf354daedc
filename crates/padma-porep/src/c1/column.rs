//! Columns: a node's labels in all layers.

use filecoin_proofs::{DefaultTreeDomain, DefaultTreeHasher};
use rayon::prelude::*;
use std::path::Path;
use storage_proofs_porep::stacked::Column;

use super::hash::{invalid, not_reduced};
use super::tree::Opened;
use crate::error::{ProofError, Result};
use crate::node::{Node, NodeFile, store};
use crate::poseidon::{self, Hasher};

/// The columns of some nodes.
pub(super) struct Columns {
    layers: usize,
    /// Ascending.
    nodes: Vec<u64>,
    /// Labels of layers 1, 2, … of each node.
    labels: Vec<Node>,
}

impl Columns {
    /// Reads the columns of `nodes` of a sector that has `size` nodes.
    pub(super) fn read(cache: &Path, size: u64, layers: usize, mut nodes: Vec<u64>) -> Result<Self> {
        nodes.sort_unstable();
        nodes.dedup();
        let file = |layer: usize| NodeFile::open(store(cache, &format!("layer-{layer}")), size);
        let files = (1..=layers).map(file).collect::<Result<Vec<_>>>()?;
        let column = |(labels, node): (&mut [Node], &u64)| {
            labels.iter_mut().zip(&files).try_for_each(|(label, file)| {
                *label = file.read_one(*node)?;
                Ok::<_, ProofError>(())
            })
        };
        let mut labels = vec![Node::default(); layers * nodes.len()];
        labels.par_chunks_mut(layers).zip(&nodes).try_for_each(column)?;
        Ok(Self { layers, nodes, labels })
    }

    pub(super) fn nodes(&self) -> &[u64] {
        &self.nodes
    }

    /// Each column hashes to its leaf in TreeC. Error: PROOF_VANILLA_INVALID.
    pub(super) fn check(&self, hasher: &Hasher, tree_c: &Opened) -> Result<()> {
        let arity = poseidon::arity(self.layers).ok_or_else(|| ProofError::Library {
            step: "C1",
            detail: format!("no hash takes {} elements", self.layers),
        })?;
        let hashes = hasher.many(arity, &self.labels).map_err(not_reduced)?;
        let wrong = self.nodes.iter().zip(&hashes).find(|(node, hash)| tree_c.leaf(**node) != **hash);
        wrong.map_or(Ok(()), |(node, _)| {
            Err(invalid(format!("the labels of node {node} do not hash to its leaf in tree-c")))
        })
    }

    /// The labels of `node`, one of those that were read.
    pub(super) fn labels(&self, node: u64) -> &[Node] {
        let place = self.nodes.partition_point(|other| *other < node);
        &self.labels[place * self.layers..(place + 1) * self.layers]
    }

    pub(super) fn column(&self, node: u64) -> Result<Column<DefaultTreeHasher>> {
        let labels = self.labels(node).iter().map(|label| DefaultTreeDomain::from(*label)).collect();
        Column::new(node as u32, labels)
            .map_err(|error| ProofError::Library { step: "C1", detail: format!("{error:#}") })
    }
}
