//! Labels: what PC1 computes, node by node and layer by layer.

use sha2::{Digest, Sha256};

use super::column::Columns;
use super::hash::sha256;
use crate::node::Node;

/// Parents' labels that enter a label: those there are, over and over.
const PARENTS: usize = 37;
/// Parents in the same layer; the others are in the layer before.
pub(super) const BASE_PARENTS: usize = 6;

/// The parents' labels that make the label of a node in `layer` (counted from 1).
pub(super) fn labels_of_parents(columns: &Columns, layer: usize, parents: &[u64]) -> Vec<Node> {
    let (base, expander) = parents.split_at(BASE_PARENTS);
    // The first layer has none before it.
    let expander = if layer == 1 { &[] } else { expander };
    let base = base.iter().map(|parent| columns.labels(*parent)[layer - 1]);
    let expander = expander.iter().map(|parent| columns.labels(*parent)[layer - 2]);
    let labels: Vec<Node> = base.chain(expander).collect();
    labels.iter().copied().cycle().take(PARENTS).collect()
}

/// The label of `node` in `layer`.
pub(super) fn label(replica_id: &Node, layer: u32, node: u64, parents: &[Node]) -> Node {
    let hash = Sha256::new().chain_update(replica_id).chain_update(layer.to_be_bytes());
    let hash = hash.chain_update(node.to_be_bytes()).chain_update([0; 20]);
    sha256(hash.chain_update(parents.as_flattened()))
}
