//! Binary trees of SHA-256 over nodes of 32 bytes: those of CommP, CommD and TreeD.

use padma_kernels::Backend;
use padma_kernels::node::Node;
use padma_kernels::sha256::hash_pairs;
use rayon::prelude::*;
use std::sync::LazyLock;

/// Levels of a tree over any u64 of bytes: 2^64 of them are 2^59 nodes. A piece may be larger than every sector.
const LEVELS: usize = 60;

/// Leaves, a power of two, that one thread hashes at a time.
const SUBTREE: usize = 1 << 9;

/// Roots of `2^level` zero nodes, known once a process.
static ZEROS: LazyLock<[Node; LEVELS]> = LazyLock::new(|| {
    let mut roots = [[0; 32]; LEVELS];
    for level in 1..LEVELS {
        roots[level] = hash_pair(Backend::Portable, &roots[level - 1], &roots[level - 1]);
    }
    roots
});

/// The root of `2^level` zero nodes.
pub(crate) fn zero_root(level: usize) -> Node {
    ZEROS[level]
}

/// SHA-256 of two nodes with the two highest bits cleared, so that the node is a field element.
fn hash_pair(backend: Backend, left: &Node, right: &Node) -> Node {
    let mut parent = [0; 32];
    hash_pairs(backend, &[*left, *right], std::slice::from_mut(&mut parent));
    parent
}

/// The rows above `leaves`, a power of two of them, down to the root: all but the lowest row.
pub(crate) fn rows(backend: Backend, leaves: &[Node]) -> Vec<Vec<Node>> {
    let mut rows: Vec<Vec<Node>> = Vec::new();
    loop {
        let below = rows.last().map_or(leaves, Vec::as_slice);
        if below.len() < 2 {
            return rows;
        }
        let mut row = vec![[0; 32]; below.len() / 2];
        hash_pairs(backend, below, &mut row);
        rows.push(row);
    }
}

/// The row above `row`, which has an even number of nodes; on all threads.
pub(crate) fn parents(backend: Backend, row: &[Node]) -> Vec<Node> {
    let mut parents = vec![[0; 32]; row.len() / 2];
    let parts = row.par_chunks(SUBTREE).zip(parents.par_chunks_mut(SUBTREE / 2));
    parts.for_each(|(children, parents)| hash_pairs(backend, children, parents));
    parents
}

/// The root of a power of two of nodes that are already in memory.
pub(crate) fn root_of(backend: Backend, leaves: &[Node]) -> Node {
    rows(backend, leaves).last().map_or(leaves[0], |top| top[0])
}

/// A binary tree that grows from the left and remembers one finished subtree a level.
pub(crate) struct Tree {
    backend: Backend,
    levels: Vec<Option<Node>>,
}

impl Tree {
    pub(crate) fn new(backend: Backend) -> Self {
        Self { backend, levels: Vec::new() }
    }

    /// Adds a finished subtree of `2^level` leaves; everything before it is a multiple of that size.
    pub(crate) fn push(&mut self, mut node: Node, mut level: usize) {
        loop {
            if self.levels.len() <= level {
                self.levels.resize(level + 1, None);
            }
            match self.levels[level].take() {
                None => {
                    self.levels[level] = Some(node);
                    return;
                }
                Some(left) => node = hash_pair(self.backend, &left, &node),
            }
            level += 1;
        }
    }

    /// Adds a power of two of leaves, hashed on all threads; everything before them is a multiple of as many.
    pub(crate) fn push_leaves(&mut self, leaves: &[Node]) {
        let subtrees = leaves.par_chunks(SUBTREE).map(|leaves| root_of(self.backend, leaves));
        let root = root_of(self.backend, &subtrees.collect::<Vec<_>>());
        self.push(root, leaves.len().ilog2() as usize);
    }

    /// The root over `2^height` leaves, those not yet there being zero.
    pub(crate) fn root(mut self, height: usize) -> Node {
        self.levels.resize(height + 1, None);
        let mut carry: Option<Node> = None;
        for (level, left) in self.levels[..height].iter().enumerate() {
            let zero = zero_root(level);
            carry = match (left, carry) {
                (None, None) => None,
                (None, Some(node)) => Some(hash_pair(self.backend, &node, &zero)),
                (Some(left), None) => Some(hash_pair(self.backend, left, &zero)),
                (Some(left), Some(node)) => Some(hash_pair(self.backend, left, &node)),
            };
        }
        self.levels[height].or(carry).unwrap_or_else(|| zero_root(height))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_zero() {
        let nodes: Vec<Node> = (1..=11).map(|i| [i; 32]).collect();
        for count in 0..=nodes.len() {
            let mut tree = Tree::new(Backend::detect());
            nodes[..count].iter().for_each(|node| tree.push(*node, 0));
            let mut all = nodes[..count].to_vec();
            all.resize(16, [0; 32]);
            assert_eq!(tree.root(4), root_of(Backend::Portable, &all), "{count} nodes");
        }
    }

    #[test]
    fn leaves_may_come_in_parts() {
        let leaves: Vec<Node> =
            (0..1_u32 << 12).map(|i| std::array::from_fn(|at| (i >> (at % 12)) as u8)).collect();
        let expected = root_of(Backend::Portable, &leaves);
        for part in [1, 2, 256, 512, 1 << 11, 1 << 12] {
            let mut tree = Tree::new(Backend::detect());
            leaves.chunks(part).for_each(|leaves| tree.push_leaves(leaves));
            assert_eq!(tree.root(12), expected, "{part} at a time");
        }
    }

    #[test]
    fn zeros_have_a_root_at_any_size() {
        for bits in 6..64 {
            let level = bits - 5;
            let child = zero_root(level - 1);
            assert_eq!(zero_root(level), hash_pair(Backend::Portable, &child, &child), "2^{bits} bytes");
        }
    }

    #[test]
    fn zeros_have_the_root_of_the_reference() {
        let expected = "fc7e928296e516faade986b28f92d44a4f24b935485223376a799027bc18f833";
        assert_eq!(hex::encode(zero_root(6)), expected);
    }
}
