//! Poseidon over nodes on all threads, on one backend.

use padma_kernels::Backend;
use padma_kernels::node::{Node, NotReduced};
use padma_kernels::poseidon::{Arity, hash_many};
use rayon::prelude::*;

/// Hashes that one thread does at a time: full lanes, and enough of them to be worth a task.
const CHUNK: usize = 32;

/// Hashes nodes on one backend.
#[derive(Clone, Copy)]
pub(crate) struct Hasher {
    backend: Backend,
}

impl Hasher {
    pub(crate) fn new(backend: Backend) -> Self {
        Self { backend }
    }

    /// The hashes of `nodes`, `arity` at a time. Error: a node that is no field element.
    pub(crate) fn many(&self, arity: Arity, nodes: &[Node]) -> Result<Vec<Node>, NotReduced> {
        let mut hashes = vec![Node::default(); nodes.len() / arity.elements()];
        nodes
            .par_chunks(CHUNK * arity.elements())
            .zip(hashes.par_chunks_mut(CHUNK))
            .enumerate()
            .try_for_each(|(chunk, (nodes, hashes))| {
                hash_many(self.backend, arity, nodes, hashes)
                    .map_err(|wrong| wrong.behind(chunk * CHUNK * arity.elements()))
            })?;
        Ok(hashes)
    }

    /// The hashes of columns: that of node i is over `layers[0][i]`, `layers[1][i]` … Panics unless there are as many
    /// layers as `arity` says, all equally long. Error: the place of a column with a label that is no field element.
    pub(crate) fn columns(&self, arity: Arity, layers: &[Vec<Node>]) -> Result<Vec<Node>, NotReduced> {
        assert_eq!(layers.len(), arity.elements(), "an element for each layer");
        let mut hashes = vec![Node::default(); layers[0].len()];
        hashes.par_chunks_mut(CHUNK).enumerate().try_for_each(|(chunk, hashes)| {
            let first = chunk * CHUNK;
            let column = |node: usize| layers.iter().map(move |layer| layer[node]);
            let columns: Vec<Node> = (first..first + hashes.len()).flat_map(column).collect();
            hash_many(self.backend, arity, &columns, hashes)
                .map_err(|wrong| NotReduced { index: first + wrong.index / layers.len() })
        })?;
        Ok(hashes)
    }

    /// The hash of two nodes.
    pub(crate) fn pair(&self, left: &Node, right: &Node) -> Result<Node, NotReduced> {
        Ok(self.many(Arity::Two, &[*left, *right])?[0])
    }
}

/// The hash of so many elements, where there is one.
pub(crate) fn arity(elements: usize) -> Option<Arity> {
    Arity::ALL.into_iter().find(|arity| arity.elements() == elements)
}
